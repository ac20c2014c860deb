"""Triggers are made when something first needs them, and nobody who writes waits for them in vain."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import delete, insert, select, text, update

from bot.app.figure_ports import FigureRow
from bot.language.question import Figure, Metric
from bot.store import account_deal_triggers, deal_day_triggers, locks
from bot.store.account_deals import add_up, kept_accounts
from bot.store.deal_blocks import triggers as block_triggers
from bot.store.deal_days import bring_up_to_date, summed_deals
from bot.store.memory import marks
from bot.store.memory import triggers as memory_triggers
from bot.store.places import ACCOUNT, SCORE, TABLES, TRANSACTION
from bot.store.triggers import TriggerFamily, triggers
from connector.cache.engine import Database
from scoring.criteria.tree import Always
from tests.bot.test_account_deals import ACCOUNTS, facts, filled, from_the_deals
from tests.support import figures_by_hand as by_hand
from tests.support.buying_world import BuyingWorld, migrated_world

DAYS, SUMS, MEMORY = deal_day_triggers.TRIGGERS, account_deal_triggers.TRIGGERS, memory_triggers.TRIGGERS
# Who needs each of them.
FIRST: list[tuple[TriggerFamily, Callable[[Database], object]]] = [
    (DAYS, bring_up_to_date),
    (SUMS, lambda database: add_up(database, ACCOUNTS)),
    (MEMORY, lambda database: marks.watch(database, 0)),
]
NAMES = [family.purpose for family, _ in FIRST]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BuyingWorld]:
    with migrated_world(request, tmp_path) as made:
        yield filled(made)


on_postgresql = pytest.mark.parametrize("world", ["postgresql"], indirect=True)
each_family = pytest.mark.parametrize(("family", "need"), FIRST, ids=NAMES)


def are_made(database: Database, family: TriggerFamily) -> bool:
    with database.reads.connect() as connection:
        return family.are_made(connection)


def some_are_made(database: Database, family: TriggerFamily) -> bool:
    with database.reads.connect() as connection:
        return bool({*family.of_sqlite, *family.of_postgresql} & triggers(connection))


def earned(world: BuyingWorld) -> list[FigureRow]:
    """What is read from sums where there are some."""
    return by_hand.book(world).figure(Always(), Figure(Metric.REVENUE, by="deal_owner"))


def test_before_anybody_needs_them_there_are_none(world: BuyingWorld) -> None:
    for family in (DAYS, SUMS, MEMORY, block_triggers.TRIGGERS):
        assert not some_are_made(world.database, family)
    with world.database.reads.connect() as connection:
        assert {"account_gone", "contact_gone", "territory_added"} <= triggers(connection), "these stay"
        assert summed_deals(connection, by_owner=True) is None
        assert kept_accounts(connection) == ()
        assert marks.version(connection) is None


@each_family
def test_who_needs_them_makes_them_once(
    world: BuyingWorld, family: TriggerFamily, need: Callable[[Database], object]
) -> None:
    need(world.database)
    assert are_made(world.database, family)
    need(world.database)
    for other in {DAYS.purpose: (SUMS, MEMORY), SUMS.purpose: (DAYS, MEMORY), MEMORY.purpose: (DAYS, SUMS)}[
        family.purpose
    ]:
        assert not some_are_made(world.database, other)


def test_what_is_written_before_and_after_is_seen(world: BuyingWorld) -> None:
    for values in ({"amount_minor": 700}, {"amount_minor": 300, "owner_id": "u7"}, {"stage": "Closed Paid"}):
        bare = earned(world)
        bring_up_to_date(world.database)
        add_up(world.database, ACCOUNTS)
        with world.database.reads.connect() as connection:
            assert summed_deals(connection, by_owner=True) is not None
            assert set(kept_accounts(connection)) == {*ACCOUNTS}
        assert earned(world) == bare
        with world.database.writes.begin() as connection:
            some = TRANSACTION.c.account_id.in_(ACCOUNTS[:3])
            connection.execute(update(TRANSACTION).where(some).values(**values))
        pd.testing.assert_frame_equal(facts(world, some=True), from_the_deals(world))
        sums = TABLES["deal_day"]
        seen = earned(world)
        with world.database.writes.begin() as connection:
            connection.execute(delete(sums))
        assert seen == earned(world) != bare


def test_memory_knows_nothing_of_the_time_before(world: BuyingWorld) -> None:
    marks.watch(world.database, 0)
    with world.database.writes.begin() as connection:
        assert marks.every_mark(connection) == {1: None}
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == "a1").values(city="Ulm"))
        assert marks.every_mark(connection) == {1: None, 2: "a1"}


WRITTEN = {
    DAYS.purpose: update(TRANSACTION).values(amount_minor=1),
    SUMS.purpose: update(TRANSACTION).values(amount_minor=1),
    MEMORY.purpose: insert(SCORE).values(
        segmentation="any", account_id="a1", run_id=1, scored_at=text("now()"), purchases=0, spend_minor=0
    ),
}


@on_postgresql
@each_family
def test_who_writes_is_not_waited_for_long(
    world: BuyingWorld,
    family: TriggerFamily,
    need: Callable[[Database], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(locks, "BRIEFLY_SECONDS", 0.3)
    with world.database.writes.begin() as writer:
        writer.execute(WRITTEN[family.purpose])
        began = time.monotonic()
        assert not need(world.database)
        assert time.monotonic() - began < 2
        assert not are_made(world.database, family)
        with world.database.reads.connect() as connection:
            assert summed_deals(connection, by_owner=True) is None
            assert kept_accounts(connection) == ()
            assert marks.version(connection) is None
    need(world.database)
    assert are_made(world.database, family)
    assert earned(world)
    pd.testing.assert_frame_equal(facts(world, some=True), from_the_deals(world))


@on_postgresql
@pytest.mark.parametrize(("family", "need"), [FIRST[0], FIRST[2]], ids=[NAMES[0], NAMES[2]])
@pytest.mark.parametrize("tables", [(ACCOUNT, TRANSACTION), (TRANSACTION, ACCOUNT)], ids=["up", "down"])
def test_who_writes_to_several_tables_is_not_waited_for_in_a_circle(
    world: BuyingWorld, family: TriggerFamily, need: Callable[[Database], object], tables: tuple[object, ...]
) -> None:
    first, second = tables
    with world.database.writes.begin() as writer:
        writer.execute(update(first).values(owner_id="u1"))  # type: ignore[arg-type]
        needing = threading.Thread(target=need, args=(world.database,))
        needing.start()
        time.sleep(0.3)
        writer.execute(update(second).values(owner_id="u2"))  # type: ignore[arg-type]
    needing.join()
    assert are_made(world.database, family)


@on_postgresql
def test_two_who_need_them_at_once_take_turns(world: BuyingWorld) -> None:
    bare = earned(world)
    both = [threading.Thread(target=bring_up_to_date, args=(world.database,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with world.database.reads.connect() as connection:
        assert summed_deals(connection, by_owner=True) is not None
        assert connection.execute(select(TABLES["deal_day_mark"])).all() == []
    assert earned(world) == bare


@on_postgresql
@each_family
def test_they_do_what_those_of_earlier_schemas_did(
    world: BuyingWorld, family: TriggerFamily, need: Callable[[Database], object]
) -> None:
    """A downgrade makes these again, with the functions that there are."""
    before = functions(world.database)
    assert family.of_postgresql.keys() <= before.keys()
    need(world.database)
    assert functions(world.database) == before


def functions(database: Database) -> dict[str, str]:
    query = text(
        "SELECT proname, prosrc FROM pg_proc WHERE prorettype = 'trigger'::regtype AND prolang <> 12"
    )
    with database.reads.connect() as connection:
        return {name: re.sub(r"\s+", " ", source) for name, source in connection.execute(query)}
