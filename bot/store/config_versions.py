"""Every published version of the configuration document. Versions are only ever added."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from bot.app.config.published import ConfigVersion
from bot.app.errors import UserError
from bot.app.ports import Clock
from bot.store.locks import in_turn
from bot.store.tables import ConfigVersionRow
from connector.cache.engine import Database
from connector.cache.tables import table_of

_TABLE = table_of(ConfigVersionRow)


# As long as a run of a million accounts may take.
PATIENCE_SECONDS = 60.0


class SqlConfigVersions:
    """The versions in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def publish(
        self,
        document: str,
        author: str,
        note: str = "",
        *,
        expected: int | None = None,
        seconds: float = PATIENCE_SECONDS,
    ) -> ConfigVersion:
        """Make a document the one in force. The caller has checked it. Waits for a run that is under way.

        Args:
            document: its text.
            author: who publishes it.
            note: why.
            expected: the version that it was compared with; None: whichever is in force.
            seconds: how long to wait.

        Returns:
            The new version; the one in force when it is the same document, to the character.

        Raises:
            UserError: a run did not end in time, or somebody else published meanwhile. Nothing was done.
        """
        with in_turn(self._database, "scoring", seconds) as connection:
            current = _first(connection, _newest().limit(1))
            if current is not None and expected not in (None, current.version):
                raise UserError(
                    f"{current.author} published version {current.version} meanwhile, so nothing was done.",
                    "See what it says with `bellwether config export`, and compare again.",
                )
            if current is not None and current.document == document:
                return current
            values: dict[str, Any] = {
                "published_at": self._clock.now(),
                "author": author,
                "note": note,
                "document": document,
            }
            number = connection.execute(
                insert(_TABLE).values(values).returning(_TABLE.c.version)
            ).scalar_one()
            return ConfigVersion(version=number, **values)

    def current(self) -> ConfigVersion | None:
        """The version in force; None when none was published."""
        with self._database.reads.begin() as connection:
            return _first(connection, _newest().limit(1))

    def version(self, number: int) -> ConfigVersion | None:
        """One version; None when there is none of that number."""
        with self._database.reads.begin() as connection:
            return _first(connection, select(_TABLE).where(_TABLE.c.version == number))

    def history(self, limit: int = 50) -> list[ConfigVersion]:
        """The versions, newest first."""
        with self._database.reads.begin() as connection:
            return [_version(row) for row in connection.execute(_newest().limit(limit))]

    def latest(self) -> tuple[int, str] | None:
        """Number and text of the version in force."""
        found = self.current()
        return None if found is None else (found.version, found.document)

    def document(self, version: int) -> str | None:
        """The text of a version."""
        found = self.version(version)
        return None if found is None else found.document


def _newest() -> Select[Any]:
    return select(_TABLE).order_by(_TABLE.c.version.desc())


def _first(connection: Connection, query: Select[Any]) -> ConfigVersion | None:
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def _version(row: Row[Any]) -> ConfigVersion:
    return ConfigVersion(row.version, row.published_at, row.author, row.note, row.document)
