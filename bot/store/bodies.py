"""Reading large bodies of bytes: PostgreSQL's driver would otherwise have each byte written as two digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select

from bot.store.frames import WHOLE


def read_bodies(connection: Connection, statement: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, bytes, texts and whole numbers, one after another: the database reads ahead.

    Args:
        connection: in a transaction; asked for nothing else until the last row was taken.
        statement: of such columns.
    """
    if connection.dialect.name != "postgresql":
        with connection.execute(statement) as rows:
            for row in rows:
                yield tuple(row)
        return
    compiled = statement.compile(connection, compile_kwargs=WHOLE)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        yield from cursor.stream(str(compiled), compiled.construct_params(), binary=True)


def read_body(connection: Connection, statement: Select[Any]) -> tuple[Any, ...] | None:
    """The first row of a query; None where there is none."""
    found = list(read_bodies(connection, statement.limit(1)))
    return found[0] if found else None
