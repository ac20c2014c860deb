"""A database with rows in every table becomes what the tables say, and no row is lost, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    MetaData,
    Numeric,
    Table,
    func,
    insert,
    select,
    text,
)
from sqlalchemy import types as sa_types

from bot.store.schema import _config, differences, head, migrate, revision
from connector.cache.engine import Database, open_database
from connector.cache.folding import create_fold_function
from tests.support.postgres import PostgresServer

RELEASED = "0012"  # before exports were repeated, companies enriched and the gone forgotten
ROWS = 3


@pytest.fixture(params=["sqlite", "postgresql"])
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Of that release, with rows in every table."""
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'old.sqlite'}")
        _fill(opened)
        yield opened
        opened.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.fresh(template="template1") as url:
        opened = open_database(url)
        _fill(opened)
        yield opened
        opened.close()


def _fill(database: Database) -> None:
    with database.writes.begin() as connection:
        create_fold_function(None, connection)
        command.upgrade(_config(connection), RELEASED)
        for table in _tables(connection):
            filled = [
                {one.name: _value(one, number) for one in table.columns if not _numbers_itself(one)}
                for number in range(ROWS)
            ]
            connection.execute(insert(table), filled)
        connection.execute(text("DELETE FROM crm_account WHERE id = '2'"))  # nothing noted it then


def _tables(connection: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(connection)
    return [one for one in found.sorted_tables if one.name != "alembic_version"]


def _numbers_itself(column: Column[Any]) -> bool:
    return (
        column.primary_key
        and isinstance(column.type, sa_types.Integer)
        and len(column.table.primary_key) == 1
    )


def _value(column: Column[Any], number: int) -> Any:
    kind = column.type
    if isinstance(kind, Boolean):
        return number % 2 == 0
    if isinstance(kind, DateTime):
        return datetime(2026, 1, 1 + number, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(2026, 1, 1 + number)
    if isinstance(kind, sa_types.Integer | Numeric):
        return number
    if isinstance(kind, sa_types.LargeBinary):
        return bytes([number])
    return str(number)


def _counts(connection: Connection) -> dict[str, int]:
    return {
        one.name: connection.execute(select(func.count()).select_from(one)).scalar_one()
        for one in _tables(connection)
    }


def test_a_filled_database_of_a_released_version_is_upgraded(released: Database) -> None:
    with released.reads.begin() as connection:
        before = _counts(connection)
    assert min(before.values()) == before["crm_account"] == ROWS - 1, "triggers may have added some"
    migrate(released)
    with released.reads.begin() as connection:
        assert revision(connection) == head()
        assert differences(connection) == []
        after = _counts(connection)
    assert {name: after[name] for name in before} == before
    added = {name: after[name] for name in after.keys() - before.keys() if after[name]}
    assert added == {"erasure": 1}, "whose history was left behind"
