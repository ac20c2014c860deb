"""What may be used once, remembered for a while, by all processes together."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete

from bot.app.ports import Clock
from bot.store.dialect import insert_or
from bot.store.installation_tables import UsedOnceRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_used = table_of(UsedOnceRow)


class SqlUsedOnce:
    """The port ``UsedOnce``. Only hashes are kept: what was used can not be read out of the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def first_use(self, name: str, until: datetime) -> bool:
        """Use it up; False when it was used before. Remembered until the given instant."""
        statement = (
            insert_or(self._database.dialect, _used)
            .values(name=_hash(name), until=until)
            .on_conflict_do_nothing()
            .returning(_used.c.name)
        )
        with self._database.writes.begin() as connection:
            return connection.execute(statement).first() is not None

    def forget(self, name: str) -> None:
        """Let it be used again: nothing came of the first use."""
        with self._database.writes.begin() as connection:
            connection.execute(delete(_used).where(_used.c.name == _hash(name)))

    def forget_old(self) -> None:
        """Remove what could not be used any more in any case."""
        with self._database.writes.begin() as connection:
            connection.execute(delete(_used).where(_used.c.until < self._clock.now()))


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
