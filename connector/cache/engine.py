"""Opening the database. One engine, two views: ``reads``, and ``writes`` that take the write lock first."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from connector.cache.folding import fold_or_none

BUSY_TIMEOUT_MS = 15_000
# Measured on a first read of 200,000 deals in pages of 2,000: with SQLite's own 4,096 bytes and 1,000 pages
# (4 MB) a row takes a quarter longer. The write-ahead log grows to 64 MB before it is folded in.
SQLITE_PAGE_BYTES = 8192  # counts for a new file only
SQLITE_CHECKPOINT_PAGES = 8000
# A web process answers forty requests at once, each of which looks a person up; PostgreSQL lets a hundred
# connections in unless it is told otherwise.
KEPT_CONNECTIONS: Final = 10
FURTHER_CONNECTIONS: Final = 30
IDLE_SECONDS: Final = 1.0
_GIVEN_BACK: Final = "given_back"


@dataclass
class Broken:
    """How many connections were found broken: after the server was stopped or has broken down."""

    connections: int = 0


@dataclass(frozen=True)
class Database:
    """The one database of a deployment.

    Attributes:
        reads: for queries; on SQLite its transactions are deferred.
        writes: for anything that writes; on SQLite its transactions begin IMMEDIATE, because a deferred one
            that later wants the write lock fails at once instead of waiting.
        broken: of this process; it grows before a connection is given that replaces a broken one.
    """

    reads: Engine
    writes: Engine
    broken: Broken = field(default_factory=Broken, compare=False)

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
    # Parameters are customers' data: they stay out of errors, and so out of logs.
    engine = create_engine(
        url,
        pool_size=KEPT_CONNECTIONS,
        max_overflow=FURTHER_CONNECTIONS,
        hide_parameters=True,
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        _look_at_idle_connections(engine)
    database = Database(reads=engine, writes=engine.execution_options(bellwether_writes=True))

    def found_broken(*_which: Any) -> None:
        database.broken.connections += 1

    event.listen(engine, "invalidate", found_broken)
    return database


def _look_at_idle_connections(engine: Engine) -> None:
    """Of a connection that was not used for a while it is asked whether it still stands, before it is given.

    SQLAlchemy's ``pool_pre_ping`` asks every time: one exchange more with each page of a sync.
    """

    def given_back(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[_GIVEN_BACK] = time.monotonic()

    def taken(connection: Any, entry: ConnectionPoolEntry, _fairy: Any) -> None:
        since = entry.info.get(_GIVEN_BACK)
        if since is None or time.monotonic() - since < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # then the pool makes new ones

    event.listen(engine, "checkin", given_back)
    event.listen(engine, "checkout", taken)


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    connection.create_function("bw_fold", 1, fold_or_none, deterministic=True)
    for pragma in (
        f"page_size={SQLITE_PAGE_BYTES}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"wal_autocheckpoint={SQLITE_CHECKPOINT_PAGES}",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("bellwether_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
