"""Purchases whose day has come are added to the facts of the day before; nobody is read again for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import Connection, Select, insert, text

from bot.app.moved import Moved, Sums
from bot.app.techniques import came_due
from bot.store import came_due as store_came_due
from bot.store.account_facts import moved_since
from bot.store.catalog import account_catalog
from bot.store.frames import account_columns
from bot.store.places import TABLES
from bot.store.tables import ScoreRow
from connector.cache.engine import Database
from connector.ports import EVERY_ACCOUNT
from scoring.account_ids import compact
from scoring.criteria.bounds import LARGEST
from scoring.criteria.periods import Today
from scoring.rfm_config import RfmSegmentation
from scoring.standings import Standings
from tests.bot.test_incremental import RANKS, WITH_BOOKS
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import NOON, World, database, shared_postgres  # noqa: F401  (fixtures)


def moved(world: World, days: int = 1) -> Moved:
    """What the last run does not know of the day so many days later."""
    configuration = world.configurations.current().configuration
    segmentation = configuration.primary
    assert isinstance(segmentation, RfmSegmentation)
    then, now = Today(world.today()), Today(world.today() + timedelta(days=days))
    with world.database.reads.connect() as connection:
        catalog = account_catalog(connection, configuration).open()
        found = moved_since(connection, segmentation, configuration, now, then.day, catalog)
    assert found is not None
    return found


def told(found: Moved) -> dict[str, tuple[int, int, int]]:
    since = found.since
    assert since is not None
    columns = (since.ids.to_pylist(), since.last.tolist(), since.number.tolist(), since.spend.tolist())
    return {str(one): (last, number, spend) for one, last, number, spend in zip(*columns, strict=True)}


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    made = World(database)
    made.publish(RANKS)
    made.account("1", (5, 100), (-1, 40), (-1, -7), (-3, 500))
    made.account("2", (5, 100), (-1, -30))
    made.account("3", (5, 100))
    made.run("first")
    return made


def test_what_came_due_since(world: World) -> None:
    tomorrow = (world.today() + timedelta(days=1)).toordinal()
    found = moved(world)
    assert found.accounts == frozenset()
    assert told(found) == {"1": (tomorrow, 1, 3_300), "2": (1, 0, -3_000)}
    assert told(moved(world, 3))["1"] == (tomorrow + 2, 2, 53_300)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_they_are_found_by_their_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by a walk over every deal in the order of accounts."""
    asked: list[str] = []

    def told_how(connection: Connection, statement: Select[Any], types: Sequence[pa.DataType]) -> pa.Table:
        compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
        rows = connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
        asked.extend(str(row.detail) for row in rows)
        return account_columns(connection, statement, types)

    monkeypatch.setattr(store_came_due, "account_columns", told_how)
    assert told(moved(world))
    assert any("ix_crm_transaction_days (occurred_on>?)" in one for one in asked), asked


def test_whoever_was_marked_meanwhile_is_read_again(world: World) -> None:
    world.touch("2")
    found = moved(world)
    assert found.accounts == {"2"}
    assert told(found).keys() == {"1"}
    world.touch(EVERY_ACCOUNT)
    assert moved(world) == Moved(frozenset({"1", "2"}))


def test_of_purchases_of_several_kinds_everybody_is_read_again(world: World) -> None:
    world.publish(WITH_BOOKS)
    found = moved(world)
    assert found.since is None
    assert found.accounts == {"1", "2"}


def test_a_sum_beyond_64_bits_is_read_carefully(world: World) -> None:
    world.deal("3", -1, 2**55)
    world.deal("3", -1, 2**55)
    world.deal("3", -1, 2**55)
    world.pass_time(days=1)
    world.touch("1")
    world.run("change")
    assert {one.account_id: one.spend_minor for one in world.rows(ScoreRow)} == {
        "1": 13_300,
        "2": 7_000,
        "3": LARGEST,
    }


def test_days_pass_and_nobody_is_marked(world: World) -> None:
    world.run("change")
    with world.database.writes.begin() as connection:
        connection.execute(insert(TABLES["touched_account"]).values(account_id="gone", touched_at=NOON))
    world.pass_time(days=3)
    world.run("change")
    assert {one.account_id: (one.purchases, one.spend_minor) for one in world.rows(ScoreRow)} == {
        "1": (3, 63_300),
        "2": (1, 7_000),
        "3": (1, 10_000),
    }


def test_large_sums_are_not_added_to() -> None:
    ids = compact(["1", "2", "3", "4"])
    spend = np.array([LARGEST, 5, -(2**61), 2**61 - 1], dtype=np.int64)
    label = np.zeros(4, dtype=np.int64)
    before = Standings(ids, label, ("Top",), {"spend_minor": spend})
    since = Sums(
        compact(["1", "2", "3", "4", "9"]),
        np.full(5, 9),
        np.ones(5, dtype=np.int64),
        np.array([1, 2**61, 1, 2, 3], dtype=np.int64),
    )
    assert came_due.unsure(since, before) == {"1", "2", "3"}


def test_what_was_read_today_is_not_added_to_again() -> None:
    ids = compact(["1", "2", "3"])
    facts = {
        "last_purchase": np.array([10, 0, 10], dtype=np.int64),
        "purchases": np.array([1, 0, 1], dtype=np.int64),
        "spend_minor": np.array([5, -2, 5], dtype=np.int64),
    }
    since = Sums(
        compact(["1", "2", "3", "9"]), np.array([12, 1, 12, 12]), np.array([2, 0, 2, 2]), np.full(4, 7)
    )
    came_due.add(since, ids, facts, ["3"])
    assert {name: values.tolist() for name, values in facts.items()} == {
        "last_purchase": [12, 0, 10],
        "purchases": [3, 0, 1],
        "spend_minor": [12, 5, 5],
    }
