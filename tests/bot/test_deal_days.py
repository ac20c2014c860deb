"""Figures from the sums of deals by day are what the deals themselves give, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import delete, insert, select, text, update

from bot.app.figure_ports import FigureRow
from bot.language.question import Days, Figure, Metric
from bot.store.account_reading import AccountReader
from bot.store.deal_days import DAYS_AT_ONCE, MOST_MARKED, bring_up_to_date, summed_deals
from bot.store.figures import SqlFigureBook
from bot.store.places import ACCOUNT, TABLES, TRANSACTION
from connector.cache.engine import Database
from scoring.criteria.tree import Always, Unit
from tests.support import figures_by_hand as by_hand
from tests.support.buying_world import BuyingWorld, counting, migrated_world

METRICS = [one for one in Metric if one is not Metric.SHARE]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BuyingWorld]:
    with migrated_world(request, tmp_path) as made:
        yield made


def figures(today: date) -> Iterator[Figure]:
    spans = (None, Days(today - timedelta(days=200), today - timedelta(days=3)))
    for metric in METRICS:
        for span in spans:
            yield Figure(metric, span=span)
            yield Figure(metric, by="deal_owner", span=span)
            yield Figure(metric, every=Unit.QUARTER, span=span)


Found = list[tuple[list[FigureRow], tuple[str, ...]]]


def every(world: BuyingWorld, some: Sequence[Figure] = ()) -> Found:
    book = by_hand.book(world)
    with book.together():
        return [(book.figure(Always(), one), book.remarks(one)) for one in some or figures(world.today())]


def from_the_deals(world: BuyingWorld, some: Sequence[Figure] = ()) -> Found:
    """What is found where nothing has been added up."""
    sums = TABLES["deal_day"]
    with world.database.writes.begin() as connection:
        kept = [dict(row) for row in connection.execute(select(sums)).mappings()]
        connection.execute(delete(sums))
    found = every(world, some)
    with world.database.writes.begin() as connection:
        if kept:
            connection.execute(insert(sums), kept)
    return found


def marked(database: Database) -> set[date | None]:
    with database.reads.connect() as connection:
        return set(connection.execute(select(TABLES["deal_day_mark"].c.day)).scalars())


def organised(world: BuyingWorld, seed: int) -> by_hand.Organisation:
    made = by_hand.organisation(world, seed)
    world.publish(counting(by_hand.PURCHASES[0]))  # deals alone
    return made


def test_sums_are_what_the_deals_give(world: BuyingWorld) -> None:
    organised(world, 11)
    bare = every(world)
    assert bring_up_to_date(world.database) > DAYS_AT_ONCE
    assert marked(world.database) == set()
    with world.database.reads.connect() as connection:
        assert summed_deals(connection, by_owner=True) is not None
    assert every(world) == bare


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_written_the_sums_follow(world: BuyingWorld, seed: int) -> None:
    made, chance = organised(world, seed), Random(seed)
    bring_up_to_date(world.database)
    for step in range(4):
        with world.database.writes.begin() as connection:
            for _ in range(3):
                write(connection, made, chance)
        some = chance.sample(list(figures(world.today())), 5)
        assert every(world, some) == from_the_deals(world, some)
        if step % 2:
            bring_up_to_date(world.database)
            assert every(world, some) == from_the_deals(world, some)


def write(connection: object, made: by_hand.Organisation, chance: Random) -> None:
    """One change of a deal, or of the accounts that there are."""
    run = connection.execute  # type: ignore[attr-defined]
    deal = TRANSACTION.c.id == f"d{chance.randrange(120)}"
    day = made.today - timedelta(days=chance.randrange(-5, 40))
    row = {"id": f"n{chance.random()}", "account_id": chance.choice(["a1", "ghost", None]), "raw": "{}"}
    more = {"stage": "Closed Won", "amount_minor": chance.choice([None, -7, 10**18]), "occurred_on": day}
    statements = (
        update(TRANSACTION).where(deal).values(occurred_on=chance.choice([day, None])),
        update(TRANSACTION).where(deal).values(stage=chance.choice(by_hand.STAGES)),
        update(TRANSACTION).where(deal).values(amount_minor=chance.choice([None, -1, 5, 10**18])),
        update(TRANSACTION).where(deal).values(owner_id=chance.choice(["u1", "u4", None])),
        update(TRANSACTION).where(deal).values(account_id=chance.choice(["a2", "ghost", None])),
        delete(TRANSACTION).where(deal),
        insert(TRANSACTION).values(**row, **more),
        delete(ACCOUNT).where(ACCOUNT.c.id == f"a{chance.randrange(12)}"),
        insert(ACCOUNT).values(id=f"n{chance.random()}", name="New", raw="{}"),
    )
    run(chance.choice(statements))


def test_an_account_that_comes_counts_its_deals(world: BuyingWorld) -> None:
    organised(world, 3)
    bring_up_to_date(world.database)
    with world.database.writes.begin() as connection:
        connection.execute(insert(ACCOUNT).values(id="ghost", name="Ghost", raw="{}"))
    assert marked(world.database)
    some = [Figure(Metric.REVENUE), Figure(Metric.WON, by="deal_owner")]
    assert every(world, some) == from_the_deals(world, some)


def test_what_says_nothing_new_marks_nothing(world: BuyingWorld) -> None:
    organised(world, 4)
    bring_up_to_date(world.database)
    with world.database.writes.begin() as connection:
        connection.execute(update(TRANSACTION).values(stage=TRANSACTION.c.stage, raw='{"other": 1}'))
        connection.execute(update(ACCOUNT).values(industry="Retail"))
    assert marked(world.database) == set()


def test_many_marked_days_are_not_put_together(world: BuyingWorld) -> None:
    organised(world, 5)
    bring_up_to_date(world.database)
    with world.database.writes.begin() as connection:
        connection.execute(update(TRANSACTION).values(owner_id="u9"))
    assert len(marked(world.database)) > MOST_MARKED
    with world.database.reads.connect() as connection:
        assert summed_deals(connection, by_owner=False) is None
    assert bring_up_to_date(world.database, 1) == DAYS_AT_ONCE


def test_the_first_adding_up_adds_up_every_day_and_watches_from_then_on(world: BuyingWorld) -> None:
    organised(world, 6)
    with world.database.reads.connect() as connection:
        days = set(connection.execute(select(TRANSACTION.c.occurred_on)).scalars())
        assert summed_deals(connection, by_owner=False) is None
    assert bring_up_to_date(world.database) == len(days)
    with world.database.reads.connect() as connection:
        assert summed_deals(connection, by_owner=False) is not None
    with world.database.writes.begin() as connection:
        connection.execute(update(TRANSACTION).values(owner_id="u9"))
    assert marked(world.database) == days


def test_sums_are_not_used_where_a_trigger_is_missing(world: BuyingWorld) -> None:
    made = organised(world, 8)
    bring_up_to_date(world.database)
    on = " ON crm_transaction" if world.database.dialect == "postgresql" else ""
    with world.database.writes.begin() as connection:
        connection.execute(text(f"DROP TRIGGER deal_changed{on}"))
    with world.database.reads.connect() as connection:
        assert summed_deals(connection, by_owner=False) is None
    later = made.today + timedelta(days=400)
    with world.database.writes.begin() as connection:  # then no day that was added up has a deal
        connection.execute(update(TRANSACTION).values(occurred_on=later))
    bare = every(world)
    assert bring_up_to_date(world.database) > 0
    with world.database.reads.connect() as connection:
        assert summed_deals(connection, by_owner=False) is not None
    assert every(world) == bare == from_the_deals(world)


def test_looks_together_are_one(world: BuyingWorld) -> None:
    organised(world, 7)
    configuration = world.configurations.current().configuration
    reader = AccountReader(world.database, lambda: configuration, world.clock)
    book = SqlFigureBook(world.database, lambda: configuration, world.clock, reader=reader)
    with reader.together(), reader.together(), reader.reading() as first, reader.reading() as second:
        assert first is second is reader.held
        found = book.figure(Always(), Figure(Metric.WON))
    assert found == book.figure(Always(), Figure(Metric.WON))
    with world.database.writes.begin() as connection:
        connection.execute(text("DELETE FROM crm_transaction"))
    assert book.figure(Always(), Figure(Metric.WON)) == [FigureRow(None, 0, 0)]
