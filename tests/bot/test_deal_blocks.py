"""Blocks and marked accounts together give what the rows give, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update

from bot.store import account_facts, locks
from bot.store.account_deals import add_up
from bot.store.deal_blocks import keeping, reading
from bot.store.deal_blocks.block import Block, block_from, chosen, joined
from bot.store.deal_blocks.keeping import BLOCK, BLOCKS, absorb, held, keep
from bot.store.deal_blocks.reading import MARK, read_block
from bot.store.deal_blocks.triggers import TRIGGERS
from bot.store.erasing import SqlErasures
from bot.store.memory.marks import StillChanging
from bot.store.places import ACCOUNT, TRANSACTION
from bot.store.purchase_values import NEVER
from bot.store.triggers import MOST_MARKED, triggers
from connector.cache.engine import Database
from scoring.account_ids import compact
from scoring.criteria.bounds import LARGEST, SMALLEST
from scoring.days import day_number
from tests.bot.test_account_deals import ACCOUNTS, AMOUNTS, deal, facts, filled
from tests.bot.test_account_deals import write as write_deals
from tests.support.buying_world import BuyingWorld, migrated_world

STAGES = ("Closed Won", "Closed Lost", None, 'a "quoted", one')
NEWCOMERS = ("a9", "b1", "é")


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BuyingWorld]:
    """Scored, with blocks of two accounts each."""
    with migrated_world(request, tmp_path) as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "ACCOUNTS_EACH", 2)
        patch.setattr(keeping, "MOST_MARKED_PERCENT", 100)
        filled(made).run("first")
        keep(made.database, fewest=1)
        yield made


@pytest.fixture
def new(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BuyingWorld]:
    with migrated_world(request, tmp_path) as made:
        yield made


def from_the_deals(world: BuyingWorld, *, days: int = 0) -> pd.DataFrame:
    """Where no blocks are read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account_facts, "in_blocks", lambda *_: None)
        return facts(world, days=days)


def write(connection: Connection, world: BuyingWorld, chance: Random) -> None:
    one = chance.choice([*ACCOUNTS, *NEWCOMERS])
    kind = chance.randrange(8)
    if kind == 0:
        connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == one))
    elif kind == 1 and connection.execute(select(ACCOUNT.c.id).where(ACCOUNT.c.id == one)).first() is None:
        connection.execute(insert(ACCOUNT).values(id=one, name=one, raw="{}"))
    elif kind == 2:
        values = {**deal(world, chance), "account_id": one}
        connection.execute(insert(TRANSACTION).values(id=f"m{chance.random()}", **values))
    else:
        write_deals(connection, world, chance)


def state(database: Database) -> tuple[int, int] | None:
    with database.reads.connect() as connection:
        return held(connection)


def marks(database: Database) -> int:
    with database.reads.connect() as connection:
        return len(connection.execute(select(MARK.c.id)).all())


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_written_the_blocks_follow(
    world: BuyingWorld, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ROWS_AT_ONCE", 4)
    monkeypatch.setattr(reading, "IDS_AT_ONCE", 2)
    assert state(world.database) == (2, len(ACCOUNTS))
    chance = Random(seed)
    for _ in range(8):
        with world.database.writes.begin() as connection:
            for _ in range(3):
                write(connection, world, chance)
        for days in (0, 1, -2):
            pd.testing.assert_frame_equal(facts(world, days=days), from_the_deals(world, days=days))
        if chance.random() < 0.6:
            keep(world.database, fewest=1, fewest_marks=1)
            assert marks(world.database) == 0
            pd.testing.assert_frame_equal(facts(world), from_the_deals(world))
    known = state(world.database)
    assert known is not None
    assert known[1] == len(from_the_deals(world))


@pytest.mark.parametrize("seed", range(2))
def test_accounts_that_are_added_up_elsewhere_are_in_no_block(
    world: BuyingWorld, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ROWS_AT_ONCE", 4)
    add_up(world.database, ["a1", "a3"])
    keeping._make(world.database)
    with world.database.reads.connect() as connection:
        bodies = connection.execute(select(BLOCK.c.body)).scalars().all()
        assert sorted(connection.execute(select(MARK.c.account)).scalars()) == ["a1", "a3"]
    assert sorted(one for body in bodies for one in block_from(body).ids.to_pylist()) == ["a0", "a2", "a4"]
    chance = Random(seed)
    for _ in range(6):
        with world.database.writes.begin() as connection:
            for _ in range(3):
                write_deals(connection, world, chance)
        pd.testing.assert_frame_equal(facts(world), from_the_deals(world))
        keep(world.database, fewest=1, fewest_marks=1)
        with world.database.reads.connect() as connection:
            kept = connection.execute(select(MARK.c.account)).scalars().all()
        assert len(kept) == len(set(kept)), "one mark of each"
        assert set(kept) <= {"a1", "a3"}
        pd.testing.assert_frame_equal(facts(world), from_the_deals(world))


def test_blocks_are_what_is_read_but_of_marked_accounts(world: BuyingWorld) -> None:
    before = facts(world)
    with world.database.writes.begin() as connection:
        connection.execute(update(TRANSACTION).values(amount_minor=700))
        connection.execute(delete(MARK).where(MARK.c.account != "a1"))  # which nobody does
    after, rows = facts(world), from_the_deals(world)
    assert after.drop("a1").equals(before.drop("a1"))
    assert after.loc[["a1"]].equals(rows.loc[["a1"]])
    assert not rows.drop("a1").equals(before.drop("a1"))


def test_what_is_not_in_a_block_marks_nobody(world: BuyingWorld) -> None:
    with world.database.writes.begin() as connection:
        connection.execute(update(TRANSACTION).values(raw='{"other": 1}', name="other"))
        connection.execute(update(ACCOUNT).values(name="other"))
    assert marks(world.database) == 0


@pytest.mark.parametrize("new", ["sqlite", "postgresql"], indirect=True)
def test_there_are_no_blocks_before_a_run_or_of_few_accounts(new: BuyingWorld) -> None:
    filled(new)
    keep(new.database, fewest=1)
    assert state(new.database) is None
    new.run("first")
    keep(new.database, fewest=6)
    assert state(new.database) is None
    with new.database.reads.connect() as connection:
        assert not {one for one in triggers(connection) if one.startswith("deal_block")}
    keep(new.database, fewest=5)
    assert state(new.database) == (2, 5)


def test_blocks_are_not_read_where_a_trigger_is_missing(world: BuyingWorld) -> None:
    on_postgresql = world.database.dialect == "postgresql"
    lost = "deal_block_changed ON crm_transaction" if on_postgresql else "deal_block_came"
    with world.database.writes.begin() as connection:
        connection.execute(text(f"DROP TRIGGER {lost}"))
        connection.execute(update(TRANSACTION).values(amount_minor=1))
    assert state(world.database) is None
    pd.testing.assert_frame_equal(facts(world), from_the_deals(world))
    keep(world.database, fewest=1)
    assert state(world.database) is not None
    pd.testing.assert_frame_equal(facts(world), from_the_deals(world))


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_statement_over_many_accounts_says_so_and_all_is_made_anew(
    world: BuyingWorld,
) -> None:
    function, _ = TRIGGERS.of_postgresql["deal_block_changed"].statements("deal_block_changed")
    with world.database.writes.begin() as connection:
        connection.execute(text(function.replace(str(MOST_MARKED), "2")))
        connection.execute(update(TRANSACTION).values(amount_minor=TRANSACTION.c.amount_minor + 1))
    with world.database.reads.connect() as connection:
        assert connection.execute(select(MARK.c.account)).scalars().all() == [None]
    pd.testing.assert_frame_equal(facts(world), from_the_deals(world))
    keep(world.database, fewest=1)
    assert (state(world.database), marks(world.database)) == ((4, 5), 0)
    pd.testing.assert_frame_equal(facts(world), from_the_deals(world))


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_who_writes_deals_is_not_waited_for_long(world: BuyingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "BRIEFLY_SECONDS", 0.5)
    with world.database.writes.begin() as connection:
        connection.execute(text("DROP TRIGGER deal_block_added ON crm_transaction"))
    with world.database.writes.begin() as writer:
        writer.execute(update(TRANSACTION).values(amount_minor=1))
        keep(world.database, fewest=1)
        assert state(world.database) is None
    keep(world.database, fewest=1)
    assert state(world.database) is not None


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_who_begins_later_makes_them_and_the_other_ends(
    world: BuyingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = keeping._begin

    def overtaken(database: Database) -> int:
        made = begun(database)
        monkeypatch.setattr(keeping, "_begin", begun)
        keeping._make(database)
        return made

    monkeypatch.setattr(keeping, "_begin", overtaken)
    keeping._make(world.database)
    assert state(world.database) == (5, len(ACCOUNTS))
    pd.testing.assert_frame_equal(facts(world), from_the_deals(world))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_an_end_in_the_middle_leaves_no_blocks_and_the_next_time_makes_them(
    world: BuyingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Block, "as_bytes", lambda _block: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            keeping._make(world.database)
    assert state(world.database) is None
    pd.testing.assert_frame_equal(facts(world), from_the_deals(world))
    keep(world.database, fewest=1)
    assert state(world.database) is not None


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_blocks_that_change_while_they_are_read_are_not_taken(
    world: BuyingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.store.deal_blocks import summing

    seen = iter([(1, 5), (2, 5)])
    monkeypatch.setattr(summing, "held", lambda _connection: next(seen))
    with world.database.reads.connect() as connection:
        assert summing.in_blocks(connection, frozenset({"Closed Won"}), world.today()) is None


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_block_that_has_become_large_is_divided(world: BuyingWorld) -> None:
    new = [f"a0-{number}" for number in range(20)]
    with world.database.writes.begin() as connection:
        for number, one in enumerate(new):
            connection.execute(insert(ACCOUNT).values(id=one, name="new", raw="{}"))
            values = {**deal(world, Random(number)), "account_id": one}
            connection.execute(insert(TRANSACTION).values(id=f"x{number}", **values))
        absorb(connection, new)
    with world.database.reads.connect() as connection:
        rows = connection.execute(select(BLOCK.c.first, BLOCK.c.body)).all()
    sizes = {row.first: block_from(row.body).ids.to_pylist() for row in rows}
    assert len(rows) == 4
    for first, ids in sizes.items():
        assert min(ids) >= first
    assert sorted(one for ids in sizes.values() for one in ids) == sorted(facts(world).index)
    pd.testing.assert_frame_equal(facts(world), from_the_deals(world))


def test_a_stage_that_comes_while_a_block_is_read_is_no_other_one(world: BuyingWorld) -> None:
    with world.database.reads.connect() as connection, pytest.raises(StillChanging):
        read_block(connection, ACCOUNTS, (None, "Closed Won"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "stages_of", lambda _connection: (None,))
        keep(world.database, fewest=1, fewest_marks=0)
    assert state(world.database) is not None


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_nothing_is_taken_into_blocks_that_there_are_not(world: BuyingWorld) -> None:
    with world.database.writes.begin() as connection:
        connection.execute(delete(BLOCKS))
        absorb(connection, ACCOUNTS)
        assert connection.execute(select(BLOCKS)).all() == []


def test_whoever_is_erased_is_in_no_block_from_that_moment_on(world: BuyingWorld) -> None:
    erasures = SqlErasures(world.database, world.clock)
    gone = erasures.ask("account", "a1")
    assert gone is not None
    erasures.erase([gone])
    with world.database.reads.connect() as connection:
        bodies = connection.execute(select(BLOCK.c.body)).scalars().all()
    assert sorted(one for body in bodies for one in block_from(body).ids.to_pylist()) == sorted(
        {*ACCOUNTS} - {"a1"}
    )
    assert marks(world.database) == 0


DEALS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, len(STAGES) - 1),
        st.integers(-3, 3),
        st.sampled_from(AMOUNTS) | st.integers(-300, 300),
    ),
    max_size=30,
)


def block_of(deals: list[tuple[int, int, int, int | None]]) -> Block:
    ordered = sorted(deals, key=lambda one: one[0])
    account, stage, day, amount = (
        np.array([one[place] or 0 for one in ordered], dtype=np.int64) for place in range(4)
    )
    starts = np.searchsorted(account, np.arange(6))
    return Block(compact([str(one) for one in range(1, 6)]), starts, STAGES, stage, day, amount)


@given(DEALS, st.sets(st.sampled_from(STAGES)), st.integers(-3, 3), st.integers(1, 7))
def test_sums_are_exact(
    deals: list[tuple[int, int, int, int | None]], counted: set[str | None], day: int, at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.store.deal_blocks.block.DEALS_AT_ONCE", at_once)
        read = block_from(block_of(deals).as_bytes())
        parts = joined([chosen(read, np.array([3, 0])), chosen(read, np.array([1, 2, 4]))])
        for block, order in ((read, range(5)), (parts, (3, 0, 1, 2, 4))):
            sums = block.sums(counted, day)
            for row, account in enumerate(order):
                mine = [
                    (on, amount or 0)
                    for whose, stage, on, amount in deals
                    if whose == account and STAGES[stage] in counted and on <= day
                ]
                bought = [on for on, amount in mine if amount >= 0]
                whole = min(max(sum(amount for _, amount in mine), SMALLEST), LARGEST)
                found = (int(sums.last[row]), int(sums.number[row]), int(sums.spend[row]))
                assert found == (max(bought, default=day_number(NEVER)), len(bought), whole)
