"""Conditions for many ids: portions of a list on SQLite, one array on PostgreSQL, which reads it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY

SQLITE_AT_ONCE = 500  # it takes some thousands of parameters in a statement
POSTGRESQL_AT_ONCE = 20_000


def among(
    connection: Connection, column: ColumnElement[Any], ids: Sequence[str]
) -> Iterator[ColumnElement[bool]]:
    """That a column's value is one of these, as conditions each of which holds for some of them.

    Args:
        connection: whose dialect counts.
        column: with texts.
        ids: each of them once.
    """
    if connection.dialect.name == "sqlite":
        for start in range(0, len(ids), SQLITE_AT_ONCE):
            yield column.in_(ids[start : start + SQLITE_AT_ONCE])
        return
    for start in range(0, len(ids), POSTGRESQL_AT_ONCE):
        some = literal(list(ids[start : start + POSTGRESQL_AT_ONCE]), ARRAY(Text))
        yield column == any_(some)
