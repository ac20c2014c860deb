"""A long query by account in two halves at once, on SQLite, which uses one processor for each connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Select

from bot.store.frames import written_rows
from scoring.account_ids import id_at

# With fewer accounts the second connection costs more than it saves.
FEWEST_ACCOUNTS = 50_000


def in_parts(
    connection: Connection, statement: Select[Any], account: ColumnElement[Any], ids: pa.Array
) -> list[bytes]:
    """The rows of a query, in one part or two.

    The second half is read on another connection, as it stands committed: this is for tables that the
    connection's own transaction does not write, while it holds the lock that keeps others from writing.

    Args:
        connection: in a transaction that writes.
        statement: a row for each account.
        account: its column.
        ids: all accounts, in any order; the one in the middle divides them.
    """
    if connection.dialect.name == "postgresql" or len(ids) < FEWEST_ACCOUNTS:
        return [written_rows(connection, statement)]
    middle = id_at(ids, len(ids) // 2)
    reading = connection.engine.execution_options(bellwether_writes=False)
    with ThreadPoolExecutor(1) as other, reading.connect() as second:
        upper = other.submit(written_rows, second, statement.where(account >= middle))
        lower = written_rows(connection, statement.where(account < middle))
        return [lower, upper.result()]
