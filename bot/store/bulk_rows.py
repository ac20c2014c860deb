"""Many rows of one of our tables, written over what is held: past the ORM, by column.

SQLite takes them from the driver's own loop; PostgreSQL by COPY into a temporary table and one statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice, repeat
from typing import Any

from sqlalchemy import Connection, Table, func, select

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
    postgresql = connection.dialect.name == "postgresql"
    written = columns.values() if postgresql else map(_texts, columns.values())
    same = fixed.values() if postgresql else map(_as_text, fixed.values())
    every = zip(*written, *(repeat(one, rows) for one in same), strict=True)
    write = _copied if postgresql else _inserted
    write(connection, table.name, keys, names, every)


def next_numbers(connection: Connection, table: Table, count: int) -> Sequence[int]:
    """Numbers for new rows of a table whose key is a number that the database gives.

    On SQLite the caller holds the write lock; PostgreSQL's sequence gives a number once.
    """
    if connection.dialect.name == "postgresql":
        sequence = f"{table.name}_id_seq"
        asked = "SELECT nextval(%s::regclass) FROM generate_series(1, %s)"
        return list(connection.exec_driver_sql(asked, (sequence, count)).scalars())
    last = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    return range(last + 1, last + 1 + count)


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
        driver.executemany(statement, rows)


def _texts(column: Sequence[Any]) -> Sequence[Any]:
    """A column as SQLite takes it; one of texts or numbers as it is."""
    first = next((one for one in column if one is not None), None)
    return [_as_text(one) for one in column] if isinstance(first, date) else column


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
