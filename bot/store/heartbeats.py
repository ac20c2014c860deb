"""Signs of life of the processes, by role."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from bot.app.ports import Clock
from bot.store.dialect import insert_or
from bot.store.tables import HeartbeatRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_beat = table_of(HeartbeatRow)


class SqlHeartbeats:
    """Signs of life of the processes, by role."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def beat(self, role: str, holder: str) -> None:
        """This process lives; what has been silent for a day is forgotten."""
        now = self._clock.now()
        statement = insert_or(self._database.dialect, _beat).values(role=role, holder=holder, beat_at=now)
        with self._database.writes.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["role", "holder"], set_={"beat_at": now})
            )
            connection.execute(delete(_beat).where(_beat.c.beat_at < now - timedelta(days=1)))

    def newest(self, role: str) -> datetime | None:
        """The last sign of life of any process in this role."""
        statement = select(func.max(_beat.c.beat_at)).where(_beat.c.role == role)
        with self._database.reads.begin() as connection:
            return connection.execute(statement).scalar()
