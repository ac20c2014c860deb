"""Figures of each account for itself: who bought most this year. The database, or what is held, ranks them.

Values are ranked as floating-point numbers: two that are the same in their first 53 bits may change places
at the end of what is shown. What is shown is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, cast, func, select

from bot.app.figure_ports import AccountFigures, FigureRow
from bot.language.question import Days, Figure, Metric, Span
from bot.language.spans import days_of
from bot.store.account_reading import Reading
from bot.store.figure_counts import (
    MONEY,
    accounts_that_meet,
    day_of,
    is_long,
    joined_to,
    records_of,
    sums_of,
    tally_of,
)
from bot.store.figure_records import within
from bot.store.figure_values import MEANS, NOTHING, NUMBERS, SHARES, SUMS, Scale, Tally, value_of
from bot.store.groups import spelling
from bot.store.places import ACCOUNT
from bot.store.stages import without_index
from scoring.criteria.bounds import LOW_BITS
from scoring.criteria.errors import CriteriaError
from scoring.criteria.tree import Node

_NOT_OF_ONE = {Metric.BUYERS, Metric.SHARE}


@dataclass(frozen=True)
class _First:
    """The accounts with the largest figure, by id, and how many accounts have one."""

    tallies: Mapping[str, Tally]
    number: int


def figures_of_accounts(reading: Reading, criteria: Node, figure: Figure, most: int) -> AccountFigures:
    """The figure of each account that meets the criteria; of at most so many, the largest first.

    Raises:
        CriteriaError: it is no figure of one account; fields or criteria that are not known.
    """
    metric = figure.metric
    if metric is None or metric in _NOT_OF_ONE or figure.every is not None:
        raise CriteriaError(
            "Of each account there are revenue, purchases and deals, over one period; by a field of accounts "
            "ask for a list that is sorted by it."
        )
    first = _first(reading, criteria, figure, metric, most)
    then = {} if figure.versus is None else _of_these(reading, criteria, figure, metric, list(first.tallies))
    names = names_of(reading, list(first.tallies))
    scale = Scale(money=metric in MONEY)

    def row(key: str, tally: Tally) -> FigureRow:
        versus = None if figure.versus is None else value_of(metric, then.get(key, NOTHING), scale)
        return FigureRow(names.get(key), value_of(metric, tally, scale), tally.records, versus)

    rows = [(key, row(key, tally)) for key, tally in first.tallies.items()]
    rows.sort(key=lambda one: _rank(*one))
    return AccountFigures([one for _, one in rows], first.number)


def _rank(key: str, row: FigureRow) -> tuple[Any, ...]:
    return (row.value is None, -(row.value or 0), -row.records, str(row.group or "").casefold(), key)


def names_of(reading: Reading, ids: Sequence[str]) -> dict[str, str | None]:
    """What accounts are called, by id."""
    rows = reading.connection.execute(select(ACCOUNT.c.id, ACCOUNT.c.name).where(ACCOUNT.c.id.in_(ids)))
    return {row.id: row.name or None for row in rows}


def _days(reading: Reading, span: Span | None) -> Days:
    return days_of(span, reading.today.day, reading.today.fiscal_year_starts)


def _first(reading: Reading, criteria: Node, figure: Figure, metric: Metric, most: int) -> _First:
    days = _days(reading, figure.span)
    held = reading.held and reading.held.of_each(criteria, figure, metric, days)
    if held is not None:
        return _First(held.tallies(held.largest(metric, most)), held.number)
    each = each_account(reading, criteria, figure, metric, days).cte("each_account")
    order = (
        ranked_by(each.c, metric, reading.dialect).desc().nulls_last(),
        each.c.records.desc(),
        spelling(each.c.id, reading.dialect),
    )
    statement = select(each, func.count().over().label("number")).order_by(*order).limit(most)
    rows = reading.connection.execute(statement).all()
    return _First({row.id: tally_of(row) for row in rows}, int(rows[0].number) if rows else 0)


def _of_these(
    reading: Reading, criteria: Node, figure: Figure, metric: Metric, ids: Sequence[str]
) -> dict[str, Tally]:
    """The same accounts over the second period."""
    days = _days(reading, figure.versus)
    held = reading.held and reading.held.of_each(criteria, figure, metric, days)
    if held is not None:
        return held.tallies(ids)
    statement = each_account(reading, criteria, figure, metric, days, ids)
    return {row.id: tally_of(row) for row in reading.connection.execute(statement)}


def each_account(
    reading: Reading,
    criteria: Node,
    figure: Figure,
    metric: Metric,
    days: Days,
    ids: Sequence[str] | None = None,
) -> Select[Any]:
    """A row for each account, or each of some, that has a record on these days: its id and a tally."""
    walks = reading.dialect == "sqlite" and is_long(days)
    records = records_of(reading, criteria, figure, metric, walks=walks)
    account = records.account
    if account is None:
        raise TypeError("these records have no account")
    mine = accounts_that_meet(reading, criteria, None)
    rows = joined_to(records, mine, without_index(mine.c.id, reading.dialect) if walks else None)
    statement = select(account.label("id"), *sums_of(records, reading.dialect)).select_from(rows)
    some = () if ids is None else (mine.c.id.in_(ids),)
    return statement.where(*records.chosen, *within(day_of(records), days.first, days.last), *some).group_by(
        account
    )


def ranked_by(of: Any, metric: Metric, dialect: str) -> ColumnElement[Any]:
    """What accounts are ranked by, from the columns of a tally."""
    records = cast(func.nullif(of.records, 0), Float)
    if metric in NUMBERS:
        return cast(of.records, Float)
    if metric in SHARES:
        return cast(of.part, Float) / records
    whole: ColumnElement[Any] = cast(of.lower, Float)
    if dialect == "sqlite":  # PostgreSQL has one sum
        whole = cast(of.upper, Float) * float(1 << LOW_BITS) + whole
    if metric in SUMS:
        return whole
    if metric not in MEANS:
        raise TypeError(f"{metric} is not ranked")
    return whole / records
