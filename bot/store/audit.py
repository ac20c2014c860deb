"""The append-only record of everything that changes something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from bot.app.ports import Clock
from bot.store.tables import AuditRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_audit = table_of(AuditRow)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what on what, with which outcome, where."""

    at: datetime
    actor: str
    action: str
    target: str
    outcome: str
    place: str


class SqlAudit:
    """The port ``Audit``, and reading it. There is no way to change or remove a line."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(self, actor: str, action: str, target: str, outcome: str, place: str) -> None:
        """Add one line."""
        with self._database.writes.begin() as connection:
            connection.execute(
                insert(_audit).values(
                    at=self._clock.now(),
                    actor=actor,
                    action=action,
                    target=target,
                    outcome=outcome,
                    place=place,
                )
            )

    def lines(self, limit: int = 50) -> list[AuditLine]:
        """The newest lines."""
        columns = [_audit.c[name] for name in AuditLine.__dataclass_fields__]
        with self._database.reads.begin() as connection:
            rows = connection.execute(select(*columns).order_by(_audit.c.id.desc()).limit(limit)).mappings()
            return [AuditLine(**row) for row in rows]
