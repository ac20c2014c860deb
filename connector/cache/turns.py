"""One process at a time: a right that ends with the process that holds it, however that ends.

PostgreSQL's advisory locks and a lock on a file beside SQLite's are given back by the server and by the
operating system when their holder dies; a row with a date would have to be waited for.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from connector.cache.engine import Database


@contextmanager
def turn(database: Database, name: str) -> Iterator[bool]:
    """Whether this process has the turn of this name, until the block ends. Never waits."""
    if database.dialect == "postgresql":
        with database.reads.connect() as connection, _locked_on_server(connection, name) as mine:
            yield mine
        return
    file = database.reads.url.database
    if not file or file == ":memory:":
        yield True  # nobody else can see such a database
        return
    with _locked_beside(f"{file}-{name}.lock") as mine:
        yield mine


@contextmanager
def _locked_on_server(connection: Connection, name: str) -> Iterator[bool]:
    # No transaction stays open while the turn is held: it would keep old rows from being cleaned up.
    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    key = zlib.crc32(f"turn {name}".encode())
    mine = bool(connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one())
    try:
        yield mine
    finally:
        if mine:
            with suppress(DBAPIError):  # a session that is lost has given it back
                connection.execute(select(func.pg_advisory_unlock(key)))


@contextmanager
def _locked_beside(path: str) -> Iterator[bool]:
    """An empty SQLite database whose exclusive lock is the turn: SQLite locks files on every system."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)) as file:
        try:
            file.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            yield False
            return
        try:
            yield True
        finally:
            file.execute("ROLLBACK")
