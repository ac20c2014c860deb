"""Many rows of one of our tables, written over what is held: past the ORM, by column.

SQLite takes them from the driver's own loop; PostgreSQL by COPY into a temporary table and one statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice, repeat
from typing import Any

from sqlalchemy import Connection, Table

from connector.cache.statements import said_by_sqlalchemy, upsert_text

ROWS_AT_ONCE = 50_000


def write_rows(
    connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]
) -> None:
    """Insert rows; where the key is held already, overwrite the other columns.

    Args:
        connection: in a transaction that writes.
        table: with a primary key among the columns.
        columns: of equal length: texts, whole numbers, truths, days or None.
        fixed: what is the same in every row, instants too.
    """
    rows = len(next(iter(columns.values())))
    if not rows:
        return
    names = (*columns, *fixed)
    keys = tuple(column.name for column in table.primary_key)
    every = zip(*columns.values(), *(repeat(one, rows) for one in fixed.values()), strict=True)
    write = _copied if connection.dialect.name == "postgresql" else _inserted
    write(connection, table.name, keys, names, every)


def _inserted(
    connection: Connection,
    table: str,
    keys: tuple[str, ...],
    names: tuple[str, ...],
    rows: Iterator[tuple[Any, ...]],
) -> None:
    statement = upsert_text(table, keys, names, "?")
    driver: Any = connection.connection.driver_connection
    with said_by_sqlalchemy(connection, statement):
        driver.executemany(statement, (tuple(map(_as_text, row)) for row in rows))


def _as_text(value: Any) -> Any:
    """Days and instants as SQLAlchemy writes them on SQLite."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def _copied(
    connection: Connection,
    table: str,
    keys: tuple[str, ...],
    names: tuple[str, ...],
    rows: Iterator[tuple[Any, ...]],
) -> None:
    incoming, listed = f"incoming_{table}", ", ".join(names)
    driver: Any = connection.connection.driver_connection
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} (LIKE {table} INCLUDING DEFAULTS) "
        "ON COMMIT DELETE ROWS"
    )
    overwritten = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    merge = (
        f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {incoming} "  # noqa: S608 -- our own names
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {overwritten}"
    )
    while some := list(islice(rows, ROWS_AT_ONCE)):
        connection.exec_driver_sql(f"TRUNCATE {incoming}")
        statement = f"COPY {incoming} ({listed}) FROM STDIN"
        with (
            said_by_sqlalchemy(connection, statement),
            driver.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for row in some:
                copy.write_row(row)
        connection.exec_driver_sql(merge)
