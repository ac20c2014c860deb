"""Sums of large accounts are what their deals give, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from sqlalchemy import Connection, delete, func, insert, select, text, update

from bot.store import account_deals, account_facts, halves, scores
from bot.store.account_deals import add_up, added_up, sums_of
from bot.store.account_facts import read_facts
from bot.store.catalog import account_catalog
from bot.store.counted import counted_purchases
from bot.store.places import TABLES, TRANSACTION
from bot.store.schema import migrate
from connector.cache.engine import Database, open_database
from scoring.criteria.bounds import LARGEST
from scoring.criteria.periods import Today
from scoring.rfm_config import RfmSegmentation
from tests.support.buying_world import BuyingWorld, counting
from tests.support.postgres import PostgresServer

DEALS = """{from: deals, when: 'stage = "Closed Won" or stage = "Closed Paid"'}"""
ACCOUNTS = [f"a{one}" for one in range(5)]
STAGES = ("Closed Won", "Closed Lost", "closed won", "Closed Paid", None)
AMOUNTS = (None, 0, -7, 5, 10_000, -(2**62), 2**62)
SUMS = TABLES["account_deals"]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BuyingWorld]:
    """With the schema that the migrations make."""
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
        migrate(opened)
        yield filled(BuyingWorld(opened))
        opened.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.fresh(template="template1") as url:
        opened = open_database(url)
        migrate(opened)
        yield filled(BuyingWorld(opened))
        opened.close()


def filled(world: BuyingWorld) -> BuyingWorld:
    world.publish(counting(DEALS))
    for account in ACCOUNTS:
        world.account(account)
    chance = Random(1)
    with world.database.writes.begin() as connection:
        for number in range(60):
            connection.execute(insert(TRANSACTION).values(id=f"d{number}", **deal(world, chance)))
    return world


def deal(world: BuyingWorld, chance: Random) -> dict[str, object]:
    day = world.today() - timedelta(days=chance.randrange(-2, 6))
    return {
        "account_id": chance.choice([*ACCOUNTS, None]),
        "stage": chance.choice(STAGES),
        "occurred_on": chance.choice([day, day, day, None]),
        "amount_minor": chance.choice(AMOUNTS),
        "raw": "{}",
    }


def write(connection: Connection, world: BuyingWorld, chance: Random) -> None:
    this = TRANSACTION.c.id == f"d{chance.randrange(60)}"
    some = TRANSACTION.c.account_id == chance.choice(ACCOUNTS)
    new = deal(world, chance)
    statements = (update(TRANSACTION).where(this).values(**{one: new[one]}) for one in new)
    connection.execute(
        chance.choice(
            (
                *statements,
                delete(TRANSACTION).where(this),
                insert(TRANSACTION).values(id=f"n{chance.random()}", **new),
                update(TRANSACTION).where(some).values(amount_minor=TRANSACTION.c.amount_minor + 3),
                update(TRANSACTION).where(some).values(account_id=chance.choice(ACCOUNTS)),
            )
        )
    )


def facts(world: BuyingWorld, *, some: bool = False, days: int = 0) -> pd.DataFrame:
    """By account, of all of them at once or of some, which here are all."""
    configuration = world.configurations.current().configuration
    segmentation = configuration.primary
    assert isinstance(segmentation, RfmSegmentation)
    today = Today(world.today() + timedelta(days=days))
    with world.database.reads.connect() as connection:
        found = read_facts(connection, segmentation, configuration, today, ACCOUNTS if some else None)
    return found.frame.set_index(pd.Index(found.ids.to_pylist()))


def from_the_deals(world: BuyingWorld, *, days: int = 0) -> pd.DataFrame:
    """Where nothing is added up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account_facts, "added_up", lambda *_: ())
        return facts(world, days=days)


def rows(database: Database) -> int:
    with database.reads.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(SUMS)).scalar_one())


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_written_the_sums_follow(world: BuyingWorld, seed: int) -> None:
    add_up(world.database, ACCOUNTS[:3])
    assert rows(world.database)
    chance = Random(seed)
    for _ in range(8):
        with world.database.writes.begin() as connection:
            for _ in range(3):
                write(connection, world, chance)
        for days in (0, 1, -2):
            for some in (True, False):
                sums = facts(world, some=some, days=days)
                pd.testing.assert_frame_equal(sums, from_the_deals(world, days=days))


def test_large_accounts_are_read_from_sums_and_the_others_are_not(world: BuyingWorld) -> None:
    add_up(world.database, ["a1"])
    with world.database.writes.begin() as connection:  # wrong sums, which nothing but reading them can tell
        connection.execute(update(SUMS).values(upper=0, lower=SUMS.c.deals * 100))
    deals, sums = from_the_deals(world), facts(world, some=True)
    assert sums.drop("a1").equals(deals.drop("a1"))
    assert sums.loc["a1", "spend_minor"] not in {0, deals.loc["a1", "spend_minor"]}


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fewest", [2, 100])
def test_of_all_accounts_the_rows_of_large_ones_are_left_out(
    world: BuyingWorld, monkeypatch: pytest.MonkeyPatch, fewest: int
) -> None:
    """In one part and in two."""
    monkeypatch.setattr(halves, "FEWEST_ACCOUNTS", fewest)
    for large in (["a0"], ["a1", "a2"], ["a4"]):
        add_up(world.database, large)
        pd.testing.assert_frame_equal(facts(world), from_the_deals(world))


def test_a_sum_beyond_64_bits_is_the_utmost_there_is(world: BuyingWorld) -> None:
    add_up(world.database, ["a1"])
    with world.database.writes.begin() as connection:
        mine = TRANSACTION.c.account_id == "a1"
        connection.execute(update(TRANSACTION).where(mine).values(amount_minor=2**62, stage="Closed Won"))
    assert facts(world, some=True).loc["a1", "spend_minor"] == LARGEST


def test_a_run_adds_up_the_accounts_with_many_purchases(
    world: BuyingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "FEWEST", 3)
    with world.database.writes.begin() as connection:
        connection.execute(delete(TRANSACTION).where(TRANSACTION.c.account_id != "a1"))
    world.run("first")
    configuration = world.configurations.current().configuration
    today = Today(world.today())
    with world.database.reads.connect() as connection:
        catalog = account_catalog(connection, configuration)
        contributions = configuration.primary.contributions  # type: ignore[union-attr]
        counted = counted_purchases(connection, contributions, configuration, today, catalog)
        assert added_up(connection, counted) == ("a1",)
        assert len(connection.execute(sums_of(connection, counted, ["a1"])).all()) == 1


def test_more_than_the_stage_is_asked_of_the_deals(world: BuyingWorld) -> None:
    add_up(world.database, ACCOUNTS)
    world.publish(counting("{from: deals, when: 'stage = \"Closed Won\" and amount < 100'}"))
    pd.testing.assert_frame_equal(facts(world, some=True), from_the_deals(world))
    world.publish(counting("{from: deals, when: 'amount < 100'}"))
    pd.testing.assert_frame_equal(facts(world, some=True), from_the_deals(world))


def test_rows_that_have_become_many_are_put_together(
    world: BuyingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_up(world.database, ["a1", "a2"])
    few = rows(world.database)
    for amount in (1, 2, 3, 4):
        with world.database.writes.begin() as connection:
            connection.execute(update(TRANSACTION).values(amount_minor=amount))
    add_up(world.database, ["a1", "a2"])
    assert rows(world.database) > 2 * few
    monkeypatch.setattr(account_deals, "MOST_ROWS", few // 4)
    add_up(world.database, ["a1", "a2"])
    assert rows(world.database) == few
    pd.testing.assert_frame_equal(facts(world, some=True), from_the_deals(world))


def test_other_accounts_cost_nothing(world: BuyingWorld) -> None:
    add_up(world.database, ["a1"])
    held = rows(world.database)
    with world.database.writes.begin() as connection:
        others = TRANSACTION.c.account_id != "a1"
        connection.execute(update(TRANSACTION).where(others).values(amount_minor=1))
        connection.execute(update(TRANSACTION).values(raw='{"other": 1}'))
    assert rows(world.database) == held


def test_sums_are_not_used_where_a_trigger_is_missing(world: BuyingWorld) -> None:
    add_up(world.database, ["a1"])
    on_postgresql = world.database.dialect == "postgresql"
    lost = "account_deal_changed ON crm_transaction" if on_postgresql else "account_deal_came"
    with world.database.writes.begin() as connection:
        connection.execute(text(f"DROP TRIGGER {lost}"))
        connection.execute(update(TRANSACTION).values(amount_minor=1))
    pd.testing.assert_frame_equal(facts(world, some=True), from_the_deals(world))
    add_up(world.database, ["a2"])
    with world.database.reads.connect() as connection:
        assert set(connection.execute(select(SUMS.c.account_id)).scalars()) == {"a2"}
    pd.testing.assert_frame_equal(facts(world, some=True), from_the_deals(world))
    assert account_deals.FEWEST > 1_000
