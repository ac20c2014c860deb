"""Notification channels and hints of changed records in the database. Tokens lie there sealed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from connector.cache.engine import Database
from connector.cache.tables import ChangeHintRow, ChannelRow, table_of
from connector.feed_ports import ChannelOrder, Hint, KeptChannel

ROWS_AT_ONCE = 500

_CHANNEL, _HINT = table_of(ChannelRow), table_of(ChangeHintRow)


class SqlChannels:
    """The channels that we know of. One that was sealed with another key has no token."""

    def __init__(self, database: Database, secret_key: str) -> None:
        self._database = database
        self._seal = Fernet(secret_key)

    def all(self) -> tuple[KeptChannel, ...]:
        """Every channel, by module."""
        with self._database.reads.begin() as connection:
            rows = connection.execute(select(_CHANNEL).order_by(_CHANNEL.c.module)).all()
        return tuple(map(self._kept, rows))

    def find(self, channel_id: str) -> KeptChannel | None:
        """A channel by its id."""
        with self._database.reads.begin() as connection:
            row = connection.execute(
                select(_CHANNEL).where(_CHANNEL.c.channel_id == channel_id)
            ).one_or_none()
        return None if row is None else self._kept(row)

    def expect(self, orders: Sequence[ChannelOrder], at: datetime) -> None:
        """Know new channels before Zoho does, so that its first callback is not refused.

        They take the place of their modules' channels of before, and count as unconfirmed.
        """
        if not orders:
            return
        rows = [
            {
                "channel_id": one.channel_id,
                "module": one.module,
                "token": self._seal.encrypt(one.token.encode()).decode(),
                "url": one.url,
                "created_at": at,
            }
            for one in orders
        ]
        with self._database.writes.begin() as connection:
            connection.execute(delete(_CHANNEL).where(_CHANNEL.c.module.in_([one.module for one in orders])))
            connection.execute(insert(_CHANNEL), rows)

    def confirm(self, ends: Mapping[str, datetime], at: datetime) -> None:
        """Keep until when channels live, by id, as Zoho says at this instant."""
        if not ends:
            return
        statement = (
            update(_CHANNEL)
            .where(_CHANNEL.c.channel_id == bindparam("identity"))
            .values(expires_at=bindparam("ends"), checked_at=at)
        )
        with self._database.writes.begin() as connection:
            connection.execute(statement, [{"identity": one, "ends": end} for one, end in ends.items()])

    def forget(self, channel_ids: Collection[str]) -> None:
        """Know these channels no more."""
        if channel_ids:
            with self._database.writes.begin() as connection:
                connection.execute(delete(_CHANNEL).where(_CHANNEL.c.channel_id.in_(list(channel_ids))))

    def miss(self, modules: Collection[str], at: datetime) -> None:
        """Note that a poll found changes in these modules of which no callback had told."""
        if modules:
            with self._database.writes.begin() as connection:
                connection.execute(
                    update(_CHANNEL).where(_CHANNEL.c.module.in_(list(modules))).values(missed_at=at)
                )

    def _kept(self, row: Row[Any]) -> KeptChannel:
        try:
            token = self._seal.decrypt(row.token.encode()).decode()
        except InvalidToken:
            token = None
        return KeptChannel(
            row.channel_id,
            row.module,
            row.url,
            token,
            row.created_at,
            row.expires_at,
            row.checked_at,
            row.heard_at,
            row.missed_at,
        )


@dataclass(frozen=True, slots=True)
class HintBatch:
    """Hints of one module of one source, the oldest first."""

    source: str
    module: str
    hints: tuple[Hint, ...]


class SqlHints:
    """Records that are said to have changed, until they have been read again. A record stands there once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, source: str, hints: Sequence[Hint], at: datetime, *, channel_id: str | None = None) -> None:
        """Insert hints, or refresh those that wait already; note that their channel was heard.

        ``source`` is ``crm``, ``books`` …; ``channel_id`` says whose callback it was.
        """
        # In one order, so that two processes that write the same rows never wait for each other.
        distinct = {(one.module, one.record_id): one for one in hints}
        rows = [_row(source, one, at) for _, one in sorted(distinct.items())]
        with self._database.writes.begin() as connection:
            for start in range(0, len(rows), ROWS_AT_ONCE):
                connection.execute(self._insert_or_refresh(), rows[start : start + ROWS_AT_ONCE])
            if channel_id is not None:
                connection.execute(
                    update(_CHANNEL).where(_CHANNEL.c.channel_id == channel_id).values(heard_at=at)
                )

    def take(self, sources: Collection[str], limit: int, but: Collection[str] = ()) -> HintBatch | None:
        """The oldest hints of one module, not one of ``but``; they stay until they are settled.

        None when nothing waits.
        """
        of_sources = _HINT.c.source.in_(list(sources)) & _HINT.c.module.not_in(list(but))
        with self._database.reads.begin() as connection:
            oldest = connection.execute(
                select(_HINT.c.source, _HINT.c.module).where(of_sources).order_by(_HINT.c.hinted_at).limit(1)
            ).one_or_none()
            if oldest is None:
                return None
            return HintBatch(oldest[0], oldest[1], _hints(connection, oldest[0], oldest[1], limit))

    def settle(self, batch: HintBatch) -> None:
        """Forget what was dealt with, unless it was hinted at again meanwhile."""
        statement = delete(_HINT).where(
            _HINT.c.source == batch.source,
            _HINT.c.module == batch.module,
            _HINT.c.record_id == bindparam("identity"),
            _HINT.c.times == bindparam("taken"),
        )
        rows = [{"identity": one.record_id, "taken": one.times} for one in batch.hints]
        if rows:
            with self._database.writes.begin() as connection:
                connection.execute(statement, rows)

    def any_waits(self, sources: Collection[str]) -> bool:
        """Whether something is to be read again."""
        statement = select(_HINT.c.record_id).where(_HINT.c.source.in_(list(sources))).limit(1)
        with self._database.reads.begin() as connection:
            return connection.execute(statement).first() is not None

    def waiting(self) -> int:
        """How many records wait."""
        with self._database.reads.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(_HINT)).scalar_one())

    def _insert_or_refresh(self) -> Any:
        dialect = postgresql if self._database.dialect == "postgresql" else sqlite
        made = dialect.insert(_HINT)
        refreshed = {name: made.excluded[name] for name in ("operation", "fields", "hinted_at")}
        return made.on_conflict_do_update(_HINT.primary_key, set_=refreshed | {"times": _HINT.c.times + 1})


def _row(source: str, hint: Hint, at: datetime) -> dict[str, Any]:
    return {
        "source": source,
        "module": hint.module,
        "record_id": hint.record_id,
        "operation": hint.operation,
        "fields": None if hint.fields is None else orjson.dumps(sorted(hint.fields)).decode(),
        "hinted_at": at,
        "times": 1,
    }


def _hints(connection: Connection, source: str, module: str, limit: int) -> tuple[Hint, ...]:
    rows = connection.execute(
        select(_HINT)
        .where(_HINT.c.source == source, _HINT.c.module == module)
        .order_by(_HINT.c.hinted_at, _HINT.c.record_id)
        .limit(limit)
    )
    return tuple(
        Hint(
            row.module,
            row.record_id,
            row.operation,
            None if row.fields is None else frozenset(orjson.loads(row.fields)),
            row.times,
        )
        for row in rows
    )
