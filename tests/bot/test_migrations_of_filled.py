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

from bot.store import account_deal_triggers, deal_day_triggers
from bot.store.account_deals import add_up, kept_accounts
from bot.store.deal_days import bring_up_to_date, summed_deals
from bot.store.memory import marks
from bot.store.memory import triggers as memory_triggers
from bot.store.migrating import config_for, differences
from bot.store.places import TABLES
from bot.store.schema import head, migrate, revision
from bot.store.triggers import triggers
from connector.cache.engine import Database, open_database
from connector.cache.folding import create_fold_function
from tests.support.postgres import PostgresServer

FAMILIES = (deal_day_triggers.TRIGGERS, account_deal_triggers.TRIGGERS, memory_triggers.TRIGGERS)
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
        command.upgrade(config_for(connection), RELEASED)
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


def test_triggers_that_were_not_there_for_a_while_are_trusted_by_nobody(released: Database) -> None:
    migrate(released)
    assert watched(released) == [False] * 3
    for _ in range(2):
        watch(released)
        assert watched(released) == [True] * 3
        with released.writes.begin() as connection:
            command.downgrade(config_for(connection), "0021")
        assert watched(released) == [True] * 3, "PostgreSQL's came with the schema"
        with released.reads.connect() as connection:
            on_postgresql = released.dialect == "postgresql"
            days = connection.execute(select(TABLES["deal_day_mark"].c.day)).scalars().all()
            assert len(days) == (ROWS if on_postgresql else 0)
            assert (None in list(marks.every_mark(connection).values())[1:]) == on_postgresql
            assert kept_accounts(connection) == (() if on_postgresql else ("0",))
        migrate(released)
        assert watched(released) == [not on_postgresql] * 3
        with released.reads.connect() as connection:
            assert differences(connection) == []
            assert (summed_deals(connection, by_owner=False) is None) == on_postgresql
            assert (marks.version(connection) is None) == on_postgresql
            there = triggers(connection)
            assert {"account_gone", "contact_gone", "territory_added"} <= there
            if on_postgresql:
                assert not {name for one in FAMILIES for name in one.of_postgresql} & there


def watch(database: Database) -> None:
    bring_up_to_date(database)
    add_up(database, ["0"])
    marks.watch(database, 0)


def watched(database: Database) -> list[bool]:
    with database.reads.connect() as connection:
        return [one.are_made(connection) for one in FAMILIES]
