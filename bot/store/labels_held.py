"""Who had a label in a period, by the changes of label: the port ``LabelsHeld``.

A label that was given lasts until the account's next change. Changes are far fewer than rows of the history
of scores, which has one whenever a score differs; both say the same of every day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select

from bot.app.answering.held import HeldAsked, Holder, HoldersFound, Stint
from bot.language.question import Sort
from bot.store.account_reading import Reading, Readings
from bot.store.beside_accounts import needed_beside
from bot.store.label_moves import first_run, reckoned_until
from bot.store.ordering import in_order
from bot.store.places import ACCOUNT, OWNER, SCORE, TABLES
from scoring.criteria.tree import Node

_CHANGE = TABLES["label_change"]


class SqlLabelsHeld:
    """Labels that accounts had which the CRM still has."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def began(self, segmentation: str) -> date | None:
        """The day of the first run."""
        with self._readings() as reading:
            return first_run(reading.connection, segmentation)

    def reckoned(self, segmentation: str) -> date | None:
        """The day before which labels are reckoned back; None where none are."""
        with self._readings() as reading:
            return reckoned_until(reading.connection, segmentation)

    def holders(
        self, criteria: Node, asked: HeldAsked, sort: Sequence[Sort], limit: int, offset: int
    ) -> HoldersFound:
        """Page and number, of one moment."""
        with self._readings() as reading:
            held = reading.held and reading.held.holders(criteria, asked, sort, limit, offset)
            if held is not None:
                return HoldersFound(tuple(_holders(reading, asked, held.ids)), held.number)
            holding = _holding(reading, criteria, asked, sort)
            order = in_order(sort, reading.catalog, reading.columns)
            page = reading.connection.execute(holding.order_by(*order).limit(limit).offset(offset))
            ids = page.scalars().all()
            every = select(func.count()).select_from(_holding(reading, criteria, asked).subquery())
            number = reading.connection.execute(every).scalar_one()
            return HoldersFound(tuple(_holders(reading, asked, ids)), number)


def accounts_that_held(asked: HeldAsked) -> Select[Any]:
    """The ids of those whose label was given before the last day and not taken away by the first.

    A label that was taken away on the day on which it was given is the label of no day.
    """
    stands = _CHANGE.c.ended_on.is_(None)
    lasted = and_(_CHANGE.c.ended_on > asked.first, _CHANGE.c.ended_on > _CHANGE.c.as_of)
    given = select(_CHANGE.c.account_id).where(*_of(asked), _CHANGE.c.as_of <= asked.last)
    return given.where(or_(stands, lasted))


def _holding(reading: Reading, criteria: Node, asked: HeldAsked, sort: Sequence[Sort] = ()) -> Select[Any]:
    """The accounts that are meant, of those that meet the criteria."""
    held = accounts_that_held(asked).distinct().subquery("held")
    rows = needed_beside(held, held.c.account_id, reading, criteria, sort)
    return select(ACCOUNT.c.id).select_from(rows).where(reading.meets(criteria))


def _holders(reading: Reading, asked: HeldAsked, ids: Sequence[str]) -> Iterator[Holder]:
    now = SCORE.alias("now")
    this = and_(now.c.account_id == ACCOUNT.c.id, now.c.segmentation == asked.segmentation)
    spent = func.coalesce(SCORE.c.spend_minor, literal(0))
    name = func.coalesce(ACCOUNT.c.name, ACCOUNT.c.id)
    query = select(ACCOUNT.c.id, name, now.c.label, spent, OWNER.c.name)
    query = query.select_from(reading.columns.rows().outerjoin(now, this)).where(ACCOUNT.c.id.in_(ids))
    told = {account: values for account, *values in reading.connection.execute(query)}
    stints = _stints(reading, asked, ids)
    for one in ids:
        called, label, minor, owner = told[one]
        yield Holder(called, label, minor, owner, tuple(stints[one]))


def _stints(reading: Reading, asked: HeldAsked, ids: Sequence[str]) -> Mapping[str, list[Stint]]:
    columns = (_CHANGE.c.account_id, _CHANGE.c.new_label, _CHANGE.c.as_of, _CHANGE.c.ended_on)
    query = select(*columns).where(*_of(asked), _CHANGE.c.account_id.in_(ids)).order_by(_CHANGE.c.id)
    found: dict[str, list[Stint]] = {one: [] for one in ids}
    for account, label, since, ended_on in reading.connection.execute(query):
        found[account].append(Stint(label, since, ended_on))
    return found


def _of(asked: HeldAsked) -> tuple[ColumnElement[bool], ...]:
    return _CHANGE.c.segmentation == asked.segmentation, _CHANGE.c.new_label.in_(asked.labels)
