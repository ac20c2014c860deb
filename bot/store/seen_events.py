"""Slack deliveries that have been taken."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from bot.app.ports import Clock
from bot.store.dialect import insert_or
from bot.store.tables import SeenEventRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

# Slack gives up on a delivery after about an hour; a day is safe and keeps the table small.
REMEMBER_DELIVERIES = timedelta(days=1)

_seen = table_of(SeenEventRow)


class SqlSeenEvents:
    """The port ``SeenEvents``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def first_time(self, event_id: str) -> bool:
        """Remember the delivery; False when it was known already."""
        statement = (
            insert_or(self._database.dialect, _seen)
            .values(event_id=event_id, seen_at=self._clock.now())
            .on_conflict_do_nothing()
            .returning(_seen.c.event_id)  # not the row count, which psycopg does not give for an insert
        )
        with self._database.writes.begin() as connection:
            return connection.execute(statement).first() is not None

    def forget_old(self) -> None:
        """Remove deliveries that Slack will not repeat any more."""
        with self._database.writes.begin() as connection:
            connection.execute(delete(_seen).where(_seen.c.seen_at < self._clock.now() - REMEMBER_DELIVERIES))
