"""What does not work: told to the administrators once when it begins, and once when it works again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.app.ports import Clock
from bot.store.dialect import insert_or
from bot.store.locks import take_turn
from bot.store.outbox import put_message
from bot.store.tables import IncidentRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_incident = table_of(IncidentRow)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that does not work now."""

    name: str
    since: datetime
    message: str
    what_to_do: str


class SqlIncidents:
    """Incidents and, in the same transaction, the message that tells of them."""

    def __init__(self, database: Database, clock: Clock, admin_channel: Callable[[], str | None]) -> None:
        self._database = database
        self._clock = clock
        self._admin_channel = admin_channel

    def begin(self, name: str, message: str, what_to_do: str, *, told: bool = True) -> bool:
        """Something does not work; True when that is news.

        Not ``told`` when Slack itself is what does not work: then its end alone is told.
        """
        now = self._clock.now()
        values = {"since": now, "message": message, "what_to_do": what_to_do, "ended_at": None}
        with self._database.writes.begin() as connection:
            take_turn(connection, "incident")
            if self._open(connection, name):
                return False
            connection.execute(
                insert_or(self._database.dialect, _incident)
                .values(name=name, **values)
                .on_conflict_do_update(index_elements=["name"], set_=values)
            )
            if told:
                text = f"⚠️ {message} {what_to_do}".strip()
                self._tell(connection, f"incident:{name}:{now.isoformat()}", text)
        return True

    def end(self, name: str) -> bool:
        """It works again; True when that is news."""
        now = self._clock.now()
        with self._database.reads.begin() as connection:
            if not self._open(connection, name):
                return False  # the usual case, without taking the write lock
        with self._database.writes.begin() as connection:
            ended = connection.execute(
                update(_incident)
                .where(_incident.c.name == name, _incident.c.ended_at.is_(None))
                .values(ended_at=now)
                .returning(_incident.c.since, _incident.c.message)
            ).first()
            if ended is None:
                return False
            since = f"{ended.since:%d %b %H:%M} UTC"
            text = f"✅ Works again (since {since} it did not): {ended.message}"
            self._tell(connection, f"incident-end:{name}:{now.isoformat()}", text)
        return True

    def open_ones(self) -> list[Incident]:
        """What does not work now, the oldest first."""
        columns = [_incident.c[field] for field in Incident.__dataclass_fields__]
        statement = select(*columns).where(_incident.c.ended_at.is_(None)).order_by(_incident.c.since)
        with self._database.reads.begin() as connection:
            return [Incident(**row) for row in connection.execute(statement).mappings()]

    def _open(self, connection: Connection, name: str) -> bool:
        statement = select(_incident.c.name).where(_incident.c.name == name, _incident.c.ended_at.is_(None))
        return connection.execute(statement).first() is not None

    def _tell(self, connection: Connection, key: str, text: str) -> None:
        channel = self._admin_channel()
        if channel:
            put_message(
                connection,
                key=key,
                kind="text",
                channel=channel,
                payload={"text": text},
                now=self._clock.now(),
            )
