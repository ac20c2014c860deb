"""What a first reading leaves for its end is made while the CRM is asked for the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Index, inspect

from connector.cache import engine, late_indexes
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database, open_database
from connector.cache.record_tables import record_table
from connector.mapping import COLUMNS, ModuleMapping, Role
from connector.ports import CrmRecord, Cursor, PageChanges
from tests.support.crm_world import add_account, add_deal, new_world
from tests.support.postgres import create_tables

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
DEALS = ModuleMapping(Role.TRANSACTIONS, "Deals")
LEADS = ModuleMapping(Role.OTHER, "Leads")
PATIENCE_SECONDS = 20


def indexes(database: Database, mapping: ModuleMapping) -> set[str | None]:
    return {one["name"] for one in inspect(database.reads).get_indexes(record_table(mapping).name)}


def filled(copy: SqlCopy, mapping: ModuleMapping) -> None:
    """As a first reading leaves it."""
    nothing = (None,) * len(COLUMNS[mapping.role])
    records = tuple(CrmRecord(str(number), nothing, "{}") for number in range(1_000, 1_300))
    with copy.writing() as writer:
        writer.apply(mapping, PageChanges(upserts=records, inserted=len(records)), NOW)


def test_the_indexes_of_a_module_are_there_when_the_block_ends(database: Database) -> None:
    late_indexes.make_missing(database)
    wanted, copy = indexes(database, DEALS), SqlCopy(database)
    filled(copy, DEALS)
    assert indexes(database, DEALS) == set()
    with copy.settling(DEALS), copy.writing() as writer:
        writer.save_cursor(Cursor("Deals", rows_read=300))
    assert indexes(database, DEALS) == wanted
    assert copy.cursor("Deals") == Cursor("Deals", rows_read=300)


def test_those_of_a_shared_table_wait_for_the_end_of_the_run(database: Database) -> None:
    late_indexes.make_missing(database)
    wanted, copy = indexes(database, LEADS), SqlCopy(database)
    run = copy.begin_run(NOW)
    filled(copy, LEADS)
    with copy.settling(LEADS):
        pass
    assert indexes(database, LEADS) == set()
    copy.end_run(run, NOW, report="{}", error=None)
    assert indexes(database, LEADS) == wanted


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A file of SQLite whose writers wait for one another for no time at all."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 0)
    url = f"sqlite:///{tmp_path / 'impatient.sqlite'}"
    create_tables(url)
    opened = open_database(url)
    yield opened
    opened.close()


@contextmanager
def slow_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Making an index ends when what is given here is called; it holds the write lock until then."""
    begun, ended, make = threading.Event(), threading.Event(), late_indexes._make

    def held(database: Database, index: Index) -> None:
        with database.writes.begin():
            begun.set()
            assert ended.wait(PATIENCE_SECONDS)
        make(database, index)

    def end_soon() -> None:
        assert begun.wait(PATIENCE_SECONDS)
        threading.Timer(0.2, ended.set).start()

    monkeypatch.setattr(late_indexes, "_make", held)
    yield end_soon
    ended.set()


def test_who_writes_meanwhile_waits_longer_than_the_database_would(
    impatient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = SqlCopy(impatient)
    wanted = indexes(impatient, DEALS)
    filled(copy, DEALS)
    with slow_index(monkeypatch) as end_soon, copy.settling(DEALS):
        end_soon()
        with copy.writing() as writer:
            writer.save_cursor(Cursor("Deals", rows_read=300))
    assert copy.cursor("Deals") == Cursor("Deals", rows_read=300)
    assert indexes(impatient, DEALS) == wanted


def test_what_goes_wrong_with_an_index_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_database: Database, _index: Index) -> None:
        raise ZeroDivisionError

    late_indexes.make_missing(database)
    copy = SqlCopy(database)
    filled(copy, DEALS)
    with monkeypatch.context() as patched:
        patched.setattr(late_indexes, "_make", broken)
        settling = copy.settling(DEALS)
        settling.__enter__()
        with pytest.raises(ZeroDivisionError):
            settling.__exit__(None, None, None)
    late_indexes.make_missing(database)


def test_a_first_sync_counts_each_module_once_before_it_is_read(database: Database) -> None:
    world = new_world(database)
    account = add_account(world.crm)
    for _ in range(4):
        add_deal(world.crm, account)
    world.run(modules=["Deals"])
    assert world.asked("count") == [("count", "Deals")], "only what is wanted"
    world.crm.asked.clear()
    world.run()
    assert world.asked("count").count(("count", "Accounts")) == 1
    world.crm.asked.clear()
    world.run()
    assert world.asked("count") == []
    assert world.is_exact()
