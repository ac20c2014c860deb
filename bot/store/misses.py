"""Sentences that were not understood, in the database."""

from __future__ import annotations

import json
from collections.abc import Sequence

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from bot.app.ports import Clock, Miss
from bot.store.dialect import insert_or
from bot.store.tables import MissRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_MISS = table_of(MissRow)

log = structlog.get_logger(__name__)


class SqlMisses:
    """The port ``Misses``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def count(self, text: str, words: Sequence[str], reason: str) -> None:
        """Count one more. That it could not be written is logged, and takes no answer away."""
        now = self._clock.now()
        told = {"words": json.dumps(words), "reason": reason, "last_at": now}
        insert = insert_or(self._database.dialect, _MISS).values(text=text, count=1, first_at=now, **told)
        statement = insert.on_conflict_do_update(
            index_elements=[_MISS.c.text], set_={**told, "count": _MISS.c["count"] + 1}
        )
        try:
            with self._database.writes.begin() as connection:
                connection.execute(statement)
        except SQLAlchemyError as error:
            log.warning("miss.not_counted", reason=type(error).__name__)

    def recent(self, limit: int) -> tuple[Miss, ...]:
        """Those that were typed most often, of equal ones the latest first."""
        order = (_MISS.c["count"].desc(), _MISS.c.last_at.desc(), _MISS.c.id)
        with self._database.reads.begin() as connection:
            rows = connection.execute(select(_MISS).order_by(*order).limit(limit)).mappings()
            return tuple(Miss(**{**row, "words": tuple(json.loads(row["words"]))}) for row in rows)

    def forget(self, miss_id: int, *, keep: bool = True) -> bool:
        """Forget one; False when there is none of that number. Without ``keep`` it is undone."""
        statement = delete(_MISS).where(_MISS.c.id == miss_id).returning(_MISS.c.id)
        with self._database.writes.connect() as connection, connection.begin() as transaction:
            found = connection.execute(statement).first() is not None
            if not keep:
                transaction.rollback()
            return found
