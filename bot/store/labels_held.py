"""Who had a label in a period, by the changes of label: the port ``LabelsHeld``.

A label that was given lasts until the account's next change. Changes are far fewer than rows of the history
of scores, which has one whenever a score differs; both say the same of every day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, literal, not_, select

from bot.app.answering.held import HeldAsked, Holder, HoldersFound, LabelGiven, StartedAnew
from bot.language.question import Sort
from bot.store.account_reading import AccountReading, Readings
from bot.store.label_moves import first_run
from bot.store.ordering import in_order
from bot.store.places import ACCOUNT, OWNER, SCORE, TABLES
from scoring.criteria.tree import Node

_CHANGE, _RUN = TABLES["label_change"], TABLES["run"]


class SqlLabelsHeld:
    """Labels that accounts had which the CRM still has."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def began(self, segmentation: str) -> date | None:
        """The day of the first run."""
        with self._readings() as reading:
            return first_run(reading.connection, segmentation)

    def holders(
        self, criteria: Node, asked: HeldAsked, sort: Sequence[Sort], limit: int, offset: int
    ) -> HoldersFound:
        """Page and number, of one moment."""
        with self._readings() as reading:
            anew = starts_anew(reading.connection, asked.segmentation)
            looked = _Look(reading, criteria, asked, anew)
            return HoldersFound(tuple(looked.page(sort, limit, offset)), looked.accounts(), anew)


def starts_anew(connection: Connection, segmentation: str) -> tuple[StartedAnew, ...]:
    """The runs that began another technique under the name."""
    mine = _RUN.c.segmentation == segmentation
    least, most = (
        select(one(_RUN.c.technique)).where(mine).scalar_subquery() for one in (func.min, func.max)
    )
    if connection.execute(select(least == most)).scalar() in {None, True}:
        return ()  # the usual case, without a look at every run
    before = func.lag(_RUN.c.technique).over(order_by=_RUN.c.id).label("before")
    runs = select(_RUN.c.id, _RUN.c.as_of, _RUN.c.technique, before).where(mine).subquery()
    query = select(runs.c.as_of, runs.c.id).where(runs.c.before != runs.c.technique).order_by(runs.c.id)
    return tuple(StartedAnew(*row) for row in connection.execute(query))


@dataclass(frozen=True)
class _Look:
    reading: AccountReading
    criteria: Node
    asked: HeldAsked
    anew: tuple[StartedAnew, ...]

    def accounts(self) -> int:
        """How many there are."""
        rows = self.reading.columns.rows()
        count = select(func.count()).select_from(rows).where(*self._conditions())
        return self.reading.connection.execute(count).scalar_one()

    def page(self, sort: Sequence[Sort], limit: int, offset: int) -> list[Holder]:
        """First which ones, then everything that is told of them."""
        order = tuple(in_order(sort, self.reading.catalog, self.reading.columns))
        rows = self.reading.columns.rows()
        ids = select(ACCOUNT.c.id).select_from(rows).where(*self._conditions()).order_by(*order)
        chosen = self._run(ids.limit(limit).offset(offset)).scalars().all()
        given = self._given(chosen)
        rows = self._run(self._told().where(ACCOUNT.c.id.in_(chosen)).order_by(*order))
        return [Holder(name, now, minor, owner, given[account]) for account, name, now, minor, owner in rows]

    def _run(self, query: Select[Any]) -> Any:
        return self.reading.connection.execute(query)

    def _told(self) -> Select[Any]:
        now = SCORE.alias("now")
        this = and_(now.c.account_id == ACCOUNT.c.id, now.c.segmentation == self.asked.segmentation)
        return select(
            *(ACCOUNT.c.id, func.coalesce(ACCOUNT.c.name, ACCOUNT.c.id), now.c.label),
            *(func.coalesce(SCORE.c.spend_minor, literal(0)), OWNER.c.name),
        ).select_from(self.reading.columns.rows().outerjoin(now, this))

    def _given(self, accounts: Sequence[str]) -> Mapping[str, tuple[LabelGiven, ...]]:
        mine = (_CHANGE.c.account_id.in_(accounts), _CHANGE.c.segmentation == self.asked.segmentation)
        columns = (_CHANGE.c.account_id, _CHANGE.c.as_of, _CHANGE.c.new_label, _CHANGE.c.run_id)
        found: dict[str, list[LabelGiven]] = {one: [] for one in accounts}
        row: Row[Any]
        for row in self._run(select(*columns).where(*mine).order_by(_CHANGE.c.id)):
            found[row.account_id].append(LabelGiven(row.as_of, row.new_label, row.run_id))
        return {account: tuple(changes) for account, changes in found.items()}

    def _conditions(self) -> tuple[ColumnElement[bool], ...]:
        return ACCOUNT.c.id.in_(self._holding()), self.reading.meets(self.criteria)

    def _holding(self) -> Select[Any]:
        """The accounts whose label was given before the last day and not taken away by the first.

        Of several changes on one day the last one says what the label of that day is.
        """
        given, later, asked = _CHANGE.alias("given"), _CHANGE.alias("later"), self.asked
        until = case((given.c.as_of > literal(asked.first), given.c.as_of), else_=literal(asked.first))
        superseded = select(later.c.id).where(
            later.c.segmentation == asked.segmentation,
            later.c.account_id == given.c.account_id,
            later.c.id > given.c.id,
            later.c.as_of <= until,
        )
        return select(given.c.account_id).where(
            given.c.segmentation == asked.segmentation,
            given.c.new_label.in_(asked.labels),
            given.c.as_of <= asked.last,
            not_(superseded.exists()),
            *(not_(and_(given.c.run_id < one.run_id, until >= literal(one.on))) for one in self.anew),
        )
