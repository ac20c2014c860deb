"""The same organisation in two databases, and what scoring has written in each, to be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sqlmodel import SQLModel

from connector.cache.engine import Database, open_database
from tests.support.postgres import create_tables, without_rows
from tests.support.scoring_world import World

Kept = Mapping[type[SQLModel], Sequence[str]]


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Database]:
    """A second database, on SQLite."""
    url = f"sqlite:///{tmp_path / 'beside.sqlite'}"
    create_tables(url)
    opened = open_database(url)
    yield opened
    opened.close()


def emptied(database: Database) -> Database:
    """Without a row, and with numbers from 1 again."""
    with database.writes.begin() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql(without_rows())
            return database
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(delete(table))
    return database


def written(world: World, kept: Kept) -> dict[str, list[tuple[Any, ...]]]:
    """The kept columns of every row, table by table."""
    return {
        table.__name__: [tuple(_value(one, name) for name in names) for one in world.rows(table)]
        for table, names in kept.items()
    }


def _value(row: Any, name: str) -> Any:
    """A column; of a message without the alert's number: SQLite gives that of a withdrawn alert again."""
    value = getattr(row, name)
    if name != "payload":
        return value
    return {key: one for key, one in json.loads(value).items() if key != "alert_id"}
