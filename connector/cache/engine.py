"""Opening the database. One engine, two views: ``reads``, and ``writes`` that take the write lock first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from connector.cache.folding import fold_or_none

BUSY_TIMEOUT_MS = 15_000


@dataclass(frozen=True)
class Database:
    """The one database of a deployment.

    Attributes:
        reads: for queries; on SQLite its transactions are deferred.
        writes: for anything that writes; on SQLite its transactions begin IMMEDIATE, because a deferred one
            that later wants the write lock fails at once instead of waiting.
    """

    reads: Engine
    writes: Engine

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.reads.dialect.name

    def close(self) -> None:
        """Give every connection back."""
        self.reads.dispose()


def open_database(url: str) -> Database:
    """Open the database at a SQLAlchemy URL (``sqlite:///file`` or ``postgresql+psycopg://…``).

    Raises:
        sqlalchemy.exc.ArgumentError: when the URL cannot be read.
    """
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return Database(reads=engine, writes=engine.execution_options(bellwether_writes=True))


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    connection.create_function("bw_fold", 1, fold_or_none, deterministic=True)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("bellwether_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
