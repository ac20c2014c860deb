"""INSERT … ON CONFLICT for both databases, which spell it alike but in two SQLAlchemy dialects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError


@lru_cache(maxsize=64)
def upsert(table: Table, dialect: str, columns: frozenset[str]) -> Insert:
    """Insert rows with these columns; where the key is held already, overwrite the other columns.

    The statement is the same object for the same arguments, so that SQLAlchemy compiles it once.
    """
    keys = table.primary_key
    others = sorted(columns.difference(column.name for column in keys))
    if dialect == "postgresql":
        on_postgresql = postgresql.insert(table)
        return on_postgresql.on_conflict_do_update(keys, set_={n: on_postgresql.excluded[n] for n in others})
    on_sqlite = sqlite.insert(table)
    return on_sqlite.on_conflict_do_update(keys, set_={n: on_sqlite.excluded[n] for n in others})


@lru_cache(maxsize=8)
def insert_missing(table: Table, dialect: str) -> Insert:
    """Insert rows whose key is not held yet; leave the others as they are."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing(table.primary_key)
    return sqlite.insert(table).on_conflict_do_nothing(table.primary_key)


@lru_cache(maxsize=1000)
def upsert_text(
    table: str,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    mark: str,
    rows: int = 1,
    *,
    over: tuple[str, ...] = (),
) -> str:
    """The statement for the driver that writes so many rows.

    Args:
        table: is written to.
        keys: the columns of its primary key.
        columns: those that rows have.
        mark: stands for a value.
        rows: in one statement.
        over: the columns that are overwritten where the key is held already: of those that rows have not,
            with NULL. Empty: those that rows have.
    """
    row = f"({', '.join(mark for _ in columns)})"
    overwritten = ", ".join(f"{name} = excluded.{name}" for name in over or columns if name not in keys)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join(row for _ in range(rows))} "  # noqa: S608
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {overwritten}"
    )


def fetched(result: CursorResult[Any]) -> Sequence[tuple[Any, ...]]:
    """Every row as the driver gives it: plain tuples, in half the time of SQLAlchemy's rows."""
    rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall() if result.cursor is not None else ()
    result.close()
    return rows


@contextmanager
def said_by_sqlalchemy(connection: Connection, statement: str) -> Iterator[None]:
    """The driver's errors become those that everything else here raises, without the rows they quote."""
    driver: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        primary = getattr(getattr(error, "diag", None), "message_primary", None)
        # SQLite's errors quote no values, and keep their code only as they are.
        said = error if primary is None else type(error)(primary)
        raise DBAPIError.instance(
            statement, None, said, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from None
