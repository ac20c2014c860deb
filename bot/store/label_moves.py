"""Changes of label in the database, read by what they were and whose: the port ``LabelChanges``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select

from bot.app.answering.moves import ChangesAsked, ChangesFound, ListedChange, WentWhere
from bot.language.question import Sort
from bot.store.account_reading import (
    AccountReading,
    Readings,
    beside_accounts,
    counted_beside,
    first_keys,
)
from bot.store.places import ACCOUNT, OWNER, SCORE, TABLES
from scoring.criteria.tree import Node

_CHANGE, _RUN = TABLES["label_change"], TABLES["run"]


class SqlLabelChanges:
    """Changes of accounts that the CRM still has."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def changes(
        self, criteria: Node, asked: ChangesAsked, sort: Sequence[Sort], limit: int, offset: int
    ) -> ChangesFound:
        """Page, counts and what was left out, of one moment."""
        with self._readings() as reading:
            looked = _Look(reading, criteria, asked)
            return ChangesFound(
                page=tuple(looked.page(tuple(sort), limit, offset)),
                accounts=looked.accounts(),
                cells=tuple(looked.cells()),
                left_out=looked.baselines(),
                began=first_run(reading.connection, asked.segmentation),
            )


def went_where(
    reading: AccountReading, criteria: Node, asked: ChangesAsked
) -> tuple[tuple[WentWhere, ...], date | None]:
    """The counted changes alone, and the day of the first run."""
    cells = tuple(_Look(reading, criteria, asked).cells())
    return cells, first_run(reading.connection, asked.segmentation)


def first_run(connection: Connection, segmentation: str) -> date | None:
    """The day as of which a segmentation was first scored: no later run is of an earlier day."""
    query = select(_RUN.c.as_of).where(_RUN.c.segmentation == segmentation).order_by(_RUN.c.id).limit(1)
    return connection.execute(query).scalar()


@dataclass(frozen=True)
class _Look:
    reading: AccountReading
    criteria: Node
    asked: ChangesAsked

    def page(self, sort: tuple[Sort, ...], limit: int, offset: int) -> list[ListedChange]:
        """First which ones, with their keys only: whole rows of every change would have to be sorted."""
        newest = (_CHANGE.c.as_of.desc(), _CHANGE.c.id.desc())
        order = (*first_keys(self.reading, sort), *newest)
        rows = self._counted() if not sort else self._joined()
        ids = self._chosen(select(_CHANGE.c.id).select_from(rows)).order_by(*order)
        shown = ids.limit(limit).offset(offset)
        query = (
            select(
                *(func.coalesce(ACCOUNT.c.name, ACCOUNT.c.id), _CHANGE.c.old_label, _CHANGE.c.new_label),
                *(_CHANGE.c.as_of, func.coalesce(SCORE.c.spend_minor, literal(0)), OWNER.c.name),
            )
            .select_from(self._joined())
            .where(_CHANGE.c.id.in_(shown))
            .order_by(*order)
        )
        return [ListedChange(*row) for row in self.reading.connection.execute(query)]

    def accounts(self) -> int:
        """How many accounts changed."""
        count = select(func.count(_CHANGE.c.account_id.distinct())).select_from(self._counted())
        return int(self.reading.connection.execute(self._chosen(count)).scalar_one())

    def cells(self) -> list[WentWhere]:
        """How many changes from which label to which, the most first."""
        both = (_CHANGE.c.old_label, _CHANGE.c.new_label)
        query = self._chosen(select(*both, func.count()).select_from(self._counted())).group_by(*both)
        found = [WentWhere(*row) for row in self.reading.connection.execute(query)]
        return sorted(found, key=lambda one: (-one.changes, one.old or "", one.new or ""))

    def baselines(self) -> int:
        """How many there are of those that a first run or another configuration has made."""
        count = select(func.count()).select_from(self._counted())
        return int(self.reading.connection.execute(self._chosen(count, baseline=True)).scalar_one())

    def _counted(self) -> Any:
        return counted_beside(_CHANGE, _CHANGE.c.account_id, self.reading, self.criteria)

    def _joined(self) -> Any:
        return beside_accounts(_CHANGE, _CHANGE.c.account_id, self.reading.columns)

    def _chosen(self, query: Select[Any], *, baseline: bool = False) -> Select[Any]:
        return query.where(*self._conditions(), _CHANGE.c.baseline.is_(baseline))

    def _conditions(self) -> list[ColumnElement[bool]]:
        asked = self.asked
        found = [_CHANGE.c.segmentation == asked.segmentation, self.reading.meets(self.criteria)]
        if asked.old:
            found.append(_CHANGE.c.old_label.in_(asked.old))
        if asked.new:
            found.append(_CHANGE.c.new_label.in_(asked.new))
        if asked.course is not None:
            found.append(_CHANGE.c.direction == asked.course.value)
        if asked.days.first is not None:
            found.append(_CHANGE.c.as_of >= asked.days.first)
        if asked.days.last is not None:
            found.append(_CHANGE.c.as_of <= asked.days.last)
        return found
