"""One writer at a time, where the database does not see to it by itself."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Transaction, func, select, text
from sqlalchemy.exc import OperationalError

from bot.app.errors import UserError
from connector.cache.engine import BUSY_TIMEOUT_MS, Database

# SET LOCAL takes no parameters; this does the same until the transaction ends.
_LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', :wait, true)")
_LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE, PostgreSQL, appendix A


def take_turn(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds this name; given back when the transaction ends.

    SQLite's writers already stand in one line (``BEGIN IMMEDIATE``), so only PostgreSQL needs the lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(zlib.crc32(name.encode()))))


@contextmanager
def in_turn(database: Database, name: str, seconds: float) -> Iterator[Connection]:
    """A transaction that holds this name, begun when nobody else does.

    Raises:
        UserError: somebody held it for longer than so many seconds; nothing was done.
    """
    with database.writes.connect() as connection:
        try:
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


def kept_waiting(error: OperationalError) -> bool:
    """Whether somebody else held a lock for longer than was waited for."""
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE
