"""One writer at a time, where the database does not see to it by itself."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Transaction, func, select, text
from sqlalchemy.exc import OperationalError

from bot.app.errors import UserError
from connector.cache.engine import BUSY_TIMEOUT_MS, Database
from connector.cache.folding_in import not_folding_in

# SET LOCAL takes no parameters; this does the same until the transaction ends.
_LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', :wait, true)")
BRIEFLY_SECONDS = 2  # longer than PostgreSQL needs to send its own vacuum away (deadlock_timeout: 1 s)
_HOLD = "BEGIN EXCLUSIVE"
_LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE, PostgreSQL, appendix A


def take_turn(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds this name; given back when the transaction ends.

    SQLite's writers already stand in one line (``BEGIN IMMEDIATE``), so only PostgreSQL needs the lock; but
    a name that is held by who does not write yet needs ``beside_writers`` on SQLite, before the transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(zlib.crc32(name.encode()))))


@contextmanager
def beside_writers(database: Database, name: str, seconds: float = BUSY_TIMEOUT_MS / 1000) -> Iterator[None]:
    """Hold a name on SQLite without keeping its other writers waiting; elsewhere, nothing.

    The lock is that of an empty database of SQLite's own beside ours: it is gone with who held it. Take it
    before the write lock, never after.

    Raises:
        sqlalchemy.exc.OperationalError: somebody held it for longer than so many seconds.
    """
    file = database.reads.url.database if database.dialect == "sqlite" else None
    if not file or file == ":memory:" or file.startswith("file:"):
        yield
        return
    with closing(sqlite3.connect(f"{file}-{name}", timeout=seconds, isolation_level=None)) as beside:
        try:
            beside.execute(_HOLD)
        except sqlite3.OperationalError as error:
            raise OperationalError(_HOLD, None, error) from None
        yield


@contextmanager
def writing_in_turn(database: Database, name: str) -> Iterator[Connection]:
    """A transaction that writes and holds this name, begun when nobody else does."""
    with beside_writers(database, name), database.writes.begin() as connection:
        take_turn(connection, name)
        yield connection


@contextmanager
def looking_in_turn(database: Database, name: str) -> Iterator[tuple[Connection, Callable[[], None]]]:
    """A transaction that holds this name and reads first; what is called before its first writing statement.

    On SQLite others write until then, as they do on PostgreSQL the whole time: what was read may so be older
    than what is written beside it; and its commit does not fold the write-ahead log in.
    """
    if database.dialect != "sqlite":
        with writing_in_turn(database, name) as connection:
            yield connection, lambda: None
        return
    with (
        beside_writers(database, name),
        database.reads.connect() as connection,
        not_folding_in(connection),
        connection.begin(),
    ):
        yield connection, _Begins(connection)


class _Begins:
    """Ends the look and takes the write lock, once: who writes in a look fails when it is not the newest."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begun = False

    def __call__(self) -> None:
        if not self._begun:
            self._begun = True
            self._connection.exec_driver_sql("COMMIT")
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def in_turn(database: Database, name: str, seconds: float) -> Iterator[Connection]:
    """A transaction that holds this name, begun when nobody else does.

    Raises:
        UserError: somebody held it for longer than so many seconds; nothing was done.
    """
    with ExitStack() as held:
        connection = held.enter_context(database.writes.connect())
        try:
            held.enter_context(beside_writers(database, name, seconds))
            transaction = _begun(connection, name, max(1, round(seconds * 1000)))
        except OperationalError as error:
            if not kept_waiting(error):
                raise
            raise UserError(
                f"A run is under way and did not end within {seconds:g} seconds, so nothing was done.",
                "It goes on with the configuration that it began with. Try again when it has ended.",
            ) from None
        with transaction:
            yield connection


def _begun(connection: Connection, name: str, milliseconds: int) -> Transaction:
    if connection.dialect.name == "postgresql":
        transaction = connection.begin()
        connection.execute(_LOCK_TIMEOUT, {"wait": f"{milliseconds}ms"})
        take_turn(connection, name)
        connection.execute(_LOCK_TIMEOUT, {"wait": "0"})
        return transaction
    # Before the transaction begins, because to begin is to wait.
    file: Any = connection.connection.dbapi_connection
    file.execute(f"PRAGMA busy_timeout = {milliseconds:d}")
    try:
        return connection.begin()
    finally:
        file.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS:d}")


def wait_briefly(connection: Connection) -> None:
    """Until the transaction ends, wait for what others hold no longer than ``BRIEFLY_SECONDS`` each time.

    For what can be left for the next time, whoever writes: see ``kept_waiting``. SQLite's writers stand in
    line before their transactions begin, so only PostgreSQL is told.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_TIMEOUT, {"wait": f"{round(BRIEFLY_SECONDS * 1000)}ms"})


def kept_waiting(error: OperationalError) -> bool:
    """Whether somebody else held a lock for longer than was waited for."""
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE
