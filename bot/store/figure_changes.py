"""Accounts that buy less, or more, than in another period: those that have changed most come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, union

from bot.app.figure_ports import AccountFigures, FigureRow
from bot.language.question import Course, Days, Figure, Metric
from bot.language.spans import side_by_side
from bot.store.account_reading import Reading
from bot.store.figure_accounts import each_account, names_of, ranked_by
from bot.store.figure_counts import MONEY, tally_of
from bot.store.figure_values import NOTHING, Scale, Tally, value_of
from bot.store.groups import spelling
from scoring.criteria.errors import CriteriaError
from scoring.criteria.tree import Node

CHANGING = {Metric.REVENUE, Metric.PURCHASES}


@dataclass(frozen=True)
class _Changed:
    """Ids of accounts, those that have changed most first; what was counted of them in the two periods."""

    ids: Sequence[str]
    number: int
    now: Mapping[str, Tally]
    then: Mapping[str, Tally]


def changes_of_accounts(reading: Reading, criteria: Node, figure: Figure, most: int) -> AccountFigures:
    """The accounts whose figure has become smaller, or larger; of at most so many.

    Raises:
        CriteriaError: it is no figure that is compared so, or has no two periods; fields or criteria that are
            not known.
    """
    metric, today = figure.metric, reading.today
    if metric is None or metric not in CHANGING:
        raise CriteriaError("Of accounts, revenue and purchases are compared between periods.")
    days = side_by_side(figure.span, figure.versus, today.day, today.fiscal_year_starts)
    if days is None:
        raise CriteriaError("Say which period is to be compared: this quarter, last 90 days, since June.")
    found = _held(reading, criteria, figure, metric, days, most)
    found = found or _read(reading, criteria, figure, metric, days, most)
    names, scale = names_of(reading, found.ids), Scale(money=metric in MONEY)

    def row(key: str) -> FigureRow:
        now, then = (tallies.get(key, NOTHING) for tallies in (found.now, found.then))
        value, before = (value_of(metric, one, scale) for one in (now, then))
        return FigureRow(names.get(key), value, now.records, before)

    return AccountFigures([row(one) for one in found.ids], found.number, days)


def _held(
    reading: Reading, criteria: Node, figure: Figure, metric: Metric, days: tuple[Days, Days], most: int
) -> _Changed | None:
    if reading.held is None:
        return None
    now, then = (reading.held.of_each(criteria, figure, metric, one) for one in days)
    if now is None or then is None:
        return None
    ids, number = now.changed(then, metric, most, less=figure.course is Course.WORSE)
    return _Changed(ids, number, now.tallies(ids), then.tallies(ids))


def _read(
    reading: Reading, criteria: Node, figure: Figure, metric: Metric, days: tuple[Days, Days], most: int
) -> _Changed:
    now, then = (
        each_account(reading, criteria, figure, metric, one).cte(name)
        for one, name in zip(days, ("now", "then_"), strict=True)
    )
    each = union(select(now.c.id), select(then.c.id)).subquery("either")
    rows = each.outerjoin(now, now.c.id == each.c.id).outerjoin(then, then.c.id == each.c.id)
    values = (func.coalesce(ranked_by(one.c, metric, reading.dialect), 0.0) for one in (now, then))
    change = next(values) - next(values)
    less = figure.course is Course.WORSE
    statement = (
        select(each.c.id, func.count().over().label("number"))
        .select_from(rows)
        .where(change < 0 if less else change > 0)
        .order_by(change.asc() if less else change.desc(), spelling(each.c.id, reading.dialect))
        .limit(most)
    )
    found = reading.connection.execute(statement).all()
    ids = [row.id for row in found]

    def tallies(of: Days) -> dict[str, Tally]:
        some = reading.connection.execute(each_account(reading, criteria, figure, metric, of, ids))
        return {row.id: tally_of(row) for row in some}

    number = int(found[0].number) if found else 0
    return _Changed(ids, number, tallies(days[0]), tallies(days[1]))
