"""Schedules of exports: the port ``ExportScheduleBook``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update

from bot.app.exporting_rhythm import ExportSchedule, Rhythm, ScheduleState
from bot.app.exporting_values import Export, Status
from bot.store.dialect import insert_or
from bot.store.export_tables import ExportScheduleRow
from bot.store.exports import wanted_of, wanted_values
from connector.cache.engine import Database
from connector.cache.tables import table_of

_schedule = table_of(ExportScheduleRow)
_PLAIN = ("public_id", "reason", "told", "last_day", "created_at")


class SqlExportSchedules:
    """Schedules in the database. A change names the states from which it may be made: the first one wins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, schedule: ExportSchedule) -> bool:
        """Enter one; False when there is one of that id already."""
        entered = insert_or(self._database.dialect, _schedule).values(**_values(schedule))
        once = entered.on_conflict_do_nothing(index_elements=["public_id"])
        with self._database.writes.begin() as connection:
            return connection.execute(once).rowcount == 1

    def find(self, public_id: str) -> ExportSchedule | None:
        """The schedule of that id; None when there is none."""
        found = self._read(_schedule.c.public_id == public_id)
        return found[0] if found else None

    def change(self, public_id: str, given: Sequence[ScheduleState], changes: Mapping[str, Any]) -> bool:
        """Change attributes of a schedule that is in one of these states; False when it is in none."""
        this = (_schedule.c.public_id == public_id, _schedule.c.state.in_([one.value for one in given]))
        with self._database.writes.begin() as connection:
            return connection.execute(update(_schedule).where(*this).values(**changes)).rowcount == 1

    def listed(self, requested_by: str | None) -> list[ExportSchedule]:
        """Those of one person, or all: the newest first."""
        return self._read(*(() if requested_by is None else (_schedule.c.requested_by == requested_by,)))

    def remove(self, public_id: str) -> bool:
        """Remove one; False when there is none of that id."""
        with self._database.writes.begin() as connection:
            gone = connection.execute(delete(_schedule).where(_schedule.c.public_id == public_id))
            return gone.rowcount == 1

    def _read(self, *conditions: ColumnElement[bool]) -> list[ExportSchedule]:
        newest = (_schedule.c.created_at.desc(), _schedule.c.id.desc())
        with self._database.reads.begin() as connection:
            return [
                _of(row) for row in connection.execute(select(_schedule).where(*conditions).order_by(*newest))
            ]


def _values(schedule: ExportSchedule) -> dict[str, Any]:
    return {
        **wanted_values(schedule.wanted),
        **{name: getattr(schedule, name) for name in _PLAIN},
        "rhythm": schedule.rhythm.value,
        "state": schedule.state.value,
    }


def _of(row: Row[Any]) -> ExportSchedule:
    wanted = Export(**wanted_of(row), public_id=row.public_id, status=Status.DRAFT, created_at=row.created_at)
    return ExportSchedule(
        **{name: getattr(row, name) for name in _PLAIN},
        wanted=wanted,
        rhythm=Rhythm(row.rhythm),
        state=ScheduleState(row.state),
    )
