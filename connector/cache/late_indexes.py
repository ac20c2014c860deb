"""Secondary indexes wait while a table is read for the first time.

Rows come in the order of their ids, but accounts, stages and days in none: with every page a few hundred
scattered leaves of each index would be read, changed and written. Measured on 200,000 deals: a first read
into SQLite takes 27–54 µs a row with the indexes in place and 15–16 with all of them made at the end; into
PostgreSQL 22–29 and 13–18.

Nothing is lost when the process dies in between. Indexes change no answer; which are missing is read from
the database itself, and they are made when the run ends, or the next one begins or ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, func, literal, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import DropIndex

from connector.cache.engine import Database
from connector.cache.record_tables import TABLES, RecordTable
from connector.cache.tables import SyncCursorRow, table_of

ROWS_WORTH_WAITING_FOR = 200  # of a first page; a module that ends within it is as fast either way
LOCK_PATIENCE = "1s"
SORTING_THREADS = 2
MADE_AT_A_TIME = 4
ALONE: Final = nullcontext()
PAUSE_SECONDS = 0.001  # between two indexes, so that who waits to write has its turn
_PRESENT = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = ANY (current_schemas(false))",
}
_CURSOR = table_of(SyncCursorRow)


def set_aside(connection: Connection, kept: RecordTable) -> bool:
    """Drop the secondary indexes of a table if it is empty; whether it was."""
    if connection.execute(select(literal(1)).select_from(kept.table).limit(1)).first() is not None:
        return False
    if connection.dialect.name == "sqlite":
        _drop(connection, kept)
        return True
    try:
        with connection.begin_nested():
            # Dropping waits for whoever reads the table, and later readers would wait behind it.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'")
            _drop(connection, kept)
            connection.exec_driver_sql("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError:
        pass  # then this first read is slower
    return True


def make_missing(
    database: Database, table: Table | None = None, before: AbstractContextManager[Any] = ALONE
) -> None:
    """Make every index that is missing, each in a transaction of its own: none holds the lock for long.

    PostgreSQL makes several at a time, which is work for as many processors; SQLite has one writer.

    Args:
        database: the deployment's.
        table: the one whose indexes are made; None: every one.
        before: is entered before each transaction on SQLite; other writers of the process wait there.
    """
    with database.reads.connect() as connection:
        missing = tuple(_missing(connection, TABLES.values() if table is None else (table,)))
    if database.dialect == "sqlite" or len(missing) <= 1:
        for index in missing:
            with before:
                _make(database, index)
            time.sleep(PAUSE_SECONDS)
        return
    with ThreadPoolExecutor(MADE_AT_A_TIME, thread_name_prefix="index") as threads:
        for made in [threads.submit(_make, database, index) for index in missing]:
            made.result()


def _make(database: Database, index: Index) -> None:
    with database.writes.begin() as connection, _sorted_by_threads(connection):
        index.create(connection, checkfirst=True)


@contextmanager
def _sorted_by_threads(connection: Connection) -> Iterator[None]:
    """SQLite sorts an index's entries with the help of threads meanwhile; of itself it takes none."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql(f"PRAGMA threads = {SORTING_THREADS}")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA threads = 0")


def make_missing_unless_filling(database: Database) -> None:
    """The same, unless a first read goes on: indexes would slow down the rest of it."""
    with database.reads.connect() as connection:
        filling = select(func.count()).where(_CURSOR.c.whole_at.is_(None), _CURSOR.c.position.is_not(None))
        under_way = bool(connection.execute(filling).scalar_one())
    if not under_way:
        make_missing(database)


def _drop(connection: Connection, kept: RecordTable) -> None:
    for index in kept.table.indexes:
        connection.execute(DropIndex(index, if_exists=True))


def _missing(connection: Connection, tables: Iterable[Table]) -> Iterator[Index]:
    present = set(connection.exec_driver_sql(_PRESENT[connection.dialect.name]).scalars())
    for table in tables:
        yield from sorted((one for one in table.indexes if one.name not in present), key=str)
