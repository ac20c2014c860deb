"""What is answered from memory is what the database answers, whatever is asked and whatever is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from bot.app.answering.held import HeldAsked
from bot.app.answering.moves import ChangesAsked
from bot.app.scope import EVERYTHING, Scope, Whose, seen_by
from bot.language.question import Aggregate, Course, Days, Figure, Metric, Sort
from bot.store.accounts import SqlAccountBook
from bot.store.figures import SqlFigureBook
from bot.store.flock import SqlFlock
from bot.store.label_moves import SqlLabelChanges
from bot.store.labels_held import SqlLabelsHeld
from bot.store.memory import adding_up, keeper, marks, of_accounts, whole
from bot.store.memory.keeper import AccountMemory, at_once
from bot.store.places import ACCOUNT, SCORE, TABLES, TRANSACTION
from connector.cache.engine import Database
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.criteria.tree import Rolling, Unit
from tests.support import figures_by_hand as by_hand
from tests.support.buying_world import BuyingWorld, counting, migrated_world

LABELS = ("Top", "Good", "Gone", None)
MUCH = 1 << 30
SEGMENTATION = "Purchases"
GROUPS = (
    *(("industry", None), (None, None), ("owner", None), ("deal_owner", None), ("each_product", None)),
    (None, Unit.MONTH),
)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
HELD_OF_PURCHASES = (
    *(
        f"purchases.first(occurred_on) {on}"
        for on in ("in last 200 days", "before 2026-03-01", ">= 2026-03-01")
    ),
    "purchases.sum(amount) where (occurred_on in last 200 days) > 20",
    "purchases.sum(amount) <= 90 and any purchase",
    "purchases.sum(amount) where (occurred_on before 2026-06-01) != 0 or purchases.sum(amount) in (0, 5)",
    "purchases.count where (occurred_on >= 2026-03-01) between 1 and 2",
    "not bought in last 90 days",
    "any purchase where (occurred_on = yesterday) or purchases.count < 2",
)
CRITERIA = (
    "",
    'industry = "retail"',
    'not (industry = "retail") and owner is not empty',
    'industry is empty or label in ("Top", "Good")',
    "total_spend > 10 or purchases = 0",
    "annual_revenue between 0 and 9000",
    "last_purchase < 2026-06-01 or last_purchase is empty",
    'owner = "ANNA" and city contains "o"',
    "r >= 3 or employees is empty",
    'label != "Top"',
    "deals.count > 3",
    "created >= 2026-02-01 and created < 2026-05-01 or employees > 5",
    *HELD_OF_PURCHASES,
    # of which the database tells
    "purchases.first(occurred_on) where (amount > 10) >= 2026-03-01 or purchases.first(occurred_on) is empty",
    "all purchases where (occurred_on after 2026-01-31)",
    "any purchase where (occurred_on != 2026-03-01 and amount > 10)",
)
OF_PURCHASES = (
    *("purchases.sum(amount) > 50k", "purchases.sum(amount) = 0", "purchases.count >= 3", "no purchase"),
    *(f"purchases.sum(amount) where (occurred_on {on}) > 10" for on in ("> 2026-03-01", "in last month")),
    *(f"purchases.count where (occurred_on {on}) < 2" for on in ("<= 2026-03-01", "= 2025-11-09")),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BuyingWorld]:
    with migrated_world(request, tmp_path) as made:
        yield made


class Books:
    """Everything that reads accounts; with a memory or without one."""

    def __init__(self, world: BuyingWorld, memory: AccountMemory | None) -> None:
        configuration = world.configurations.current().configuration
        self.memory, self._configuration = memory, configuration
        self.accounts = SqlAccountBook(
            world.database, lambda: configuration, world.clock, lambda _: None, memory=memory
        )
        reader = self.accounts.reader
        self._figures = SqlFigureBook(world.database, lambda: configuration, world.clock, reader)

    def answers(self, chance: Random, today: date) -> list[Any]:
        """Some of everything that can be asked."""
        book, name = self.accounts, self._configuration.primary.name
        found: list[Any] = []
        with book.together(), book.reading() as reading:
            assert (reading.held is not None) == (self.memory is not None)
            for text in chance.sample(CRITERIA, 4):
                node = parse(text, reading.catalog.open()) if text else parse("", reading.catalog)
                found.append((text, book.count(node)))
                by = chance.choice(["industry", "owner", "label", "r", "city", "purchases"])
                found.append(book.breakdown(node, by))
                key = chance.choice(["total_spend", "name", "label", "city", "last_purchase", "created"])
                sort = (Sort(key, descending=chance.random() < 0.5),)
                found.append((sort, book.page(node, sort, 4, chance.choice([0, 2]))))
                found += self._figured(node, chance, today)
                asked = ChangesAsked(name, days=Days(today - timedelta(days=chance.randrange(90)), today))
                moves, held = SqlLabelChanges(book.reading), SqlLabelsHeld(book.reading)
                found.append(moves.changes(node, asked, (), 5, 0))
                worse = ChangesAsked(name, new=("Top", "Gone"), course=Course.WORSE, days=Days(None, None))
                found.append(moves.changes(node, worse, (Sort("total_spend"),), 5, 1))
                then = HeldAsked(name, ("Top", "Gone"), today - timedelta(days=40), today)
                found.append(held.holders(node, then, sort, 5, 0))
                flock = SqlFlock(book.reading).look(node, asked)
                labels = sorted(flock.labels, key=lambda one: str(one.label))
                found.append((labels, flock.went, flock.ownerless, flock.open_alerts))
        return found

    def _figured(self, node: Any, chance: Random, today: date) -> Iterator[Any]:
        span = chance.choice([None, Days(today - timedelta(days=200), today - timedelta(days=3))])
        for metric in chance.sample(list(Metric), 4):
            by, every = chance.choice(GROUPS)
            if metric is Metric.SHARE:
                yield self._figures.figure(
                    node, Figure(metric, by=None if by in {"deal_owner", "each_product"} else by)
                )
                continue
            figure = Figure(metric, by=by, every=every, span=span)
            rows = self._figures.figure(node, figure)
            # A group that has only given money back is one of no buyers; only some plans tell it.
            none = metric is Metric.BUYERS and every is None
            yield figure, [one for one in rows if one.value or not none]
            if every is None and metric is not Metric.BUYERS:
                each = replace(figure, by="each_account", versus=chance.choice([None, span]))
                yield each, self._figures.of_accounts(node, each, chance.choice([2, 5, 99]))
                if metric in (Metric.REVENUE, Metric.PURCHASES):
                    course, of_late = chance.choice(list(Course)), span or Rolling(200, Unit.DAY)
                    changed = replace(each, span=of_late, versus=None, course=course)
                    yield changed, self._figures.of_accounts(node, changed, chance.choice([2, 5, 99]))
        for how in chance.sample(list(Aggregate), 2):
            of = chance.choice(["annual_revenue", "employees", "total_spend"])
            yield self._figures.figure(node, Figure(how=how, of=of, by=chance.choice([None, "industry"])))


def organised(world: BuyingWorld, seed: int) -> by_hand.Organisation:
    made, chance = by_hand.organisation(world, seed, accounts=25), Random(seed)
    world.publish(counting(by_hand.PURCHASES[0]))  # deals alone
    with world.database.writes.begin() as connection:
        for at, account in enumerate(made.accounts):
            born = LONG_AGO + timedelta(hours=chance.randrange(4000)) if at % 2 else None
            mine = update(ACCOUNT).where(ACCOUNT.c.id == account["id"])
            connection.execute(mine.values(created_at=born))
            scored(connection, account["id"], chance)
            for months in range(chance.randrange(4)):
                changed(connection, account["id"], made.today - timedelta(days=30 * months), chance)
        connection.execute(
            update(ACCOUNT).values(annual_revenue_minor=ACCOUNT.c.annual_revenue_minor % 10**9)
        )
        connection.execute(update(TRANSACTION).values(amount_minor=TRANSACTION.c.amount_minor % 10**9))
    marks.watch(world.database, 0)
    return made


def scored(connection: Connection, account: str, chance: Random) -> None:
    connection.execute(delete(SCORE).where(SCORE.c.account_id == account))
    row = {
        "label": chance.choice(LABELS),
        "r": chance.choice([None, 1, 5]),
        "purchases": chance.randrange(3),
        "spend_minor": chance.randrange(-5, 3000),
        "last_purchase": chance.choice([None, date(2026, 1, 5), date(2026, 8, 5)]),
    }
    fixed = {"segmentation": SEGMENTATION, "run_id": 1, "scored_at": LONG_AGO}
    connection.execute(insert(SCORE).values(account_id=account, **fixed, **row))


def changed(connection: Connection, account: str, day: date, chance: Random) -> None:
    old, new = chance.sample(LABELS, 2)
    connection.execute(
        insert(TABLES["label_change"]).values(
            segmentation=chance.choice([SEGMENTATION, SEGMENTATION, "Other"]),
            account_id=account,
            old_label=old,
            new_label=new,
            direction=chance.choice(["worse", "better"]),
            baseline=chance.random() < 0.2,
            as_of=day,
            ended_on=chance.choice([None, day, day + timedelta(days=9)]),
            changed_at=LONG_AGO,
            run_id=1,
            facts="{}",
        )
    )


def memory_of(database: Database) -> AccountMemory:
    return AccountMemory(database, MUCH, at_once, fewest=0, rest=0)


@pytest.mark.parametrize("seed", range(2))
def test_what_memory_answers_is_what_the_database_answers(
    world: BuyingWorld, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_accounts, "MOST_SORTED", 3)
    monkeypatch.setattr(adding_up, "BLOCK", 7)
    monkeypatch.setattr(adding_up, "LARGE_BLOCK", 9)
    made, chance = organised(world, seed), Random(seed)
    plain, held = Books(world, None), Books(world, memory_of(world.database))
    scopes = (
        EVERYTHING,
        Scope(Whose.OWN, frozenset({"u2", "u3"})),
        Scope(Whose.TERRITORY, territories=frozenset("1")),
    )
    for step in range(4):
        for scope in scopes[: 3 if step == 0 else 1]:
            with seen_by(scope):
                kind = f"{seed} {step}"
                assert held.answers(Random(kind), made.today) == plain.answers(Random(kind), made.today)
        with world.database.writes.begin() as connection:
            for _ in range(3):
                write(connection, made, chance)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_bought_within_a_time_is_told_from_memory(world: BuyingWorld, seed: int) -> None:
    organised(world, seed)
    with world.database.writes.begin() as connection:  # something that was given back is told by the database
        connection.execute(update(TRANSACTION).where(TRANSACTION.c.amount_minor < 0).values(amount_minor=7))
    plain, held = Books(world, None).accounts, Books(world, memory_of(world.database)).accounts
    for text in (*HELD_OF_PURCHASES, *OF_PURCHASES):
        with held.together(), held.reading() as reading:
            node = parse(text, reading.catalog)
            assert reading.held is not None
            found = reading.held.first(node, (), 50)
            assert found is not None, text
            ids = [line.id for line in held.page(node, (), 50)]
        assert ids == [line.id for line in plain.page(node, (), 50)], text


def write(connection: Connection, made: by_hand.Organisation, chance: Random) -> None:
    """One change of what is held."""
    account, deal = f"a{chance.randrange(25)}", TRANSACTION.c.id == f"d{chance.randrange(120)}"
    day = made.today - timedelta(days=chance.randrange(-5, 40))
    kind, run = chance.randrange(10), connection.execute
    if kind == 0:
        run(delete(ACCOUNT).where(ACCOUNT.c.id == account))
    elif kind == 1:
        run(insert(ACCOUNT).values(id=f"n{chance.random()}", name="new", industry="Retail", raw="{}"))
    elif kind == 2:
        run(update(ACCOUNT).where(ACCOUNT.c.id == account).values(industry="Kept", owner_id="u3", name="Zed"))
    elif kind == 3:
        scored(connection, account, chance)
    elif kind == 4:
        changed(connection, account, day, chance)
    elif kind == 5:
        run(update(TRANSACTION).where(deal).values(account_id=account, stage=chance.choice(["Won", None])))
    elif kind == 6:
        values = {"id": f"n{chance.random()}", "account_id": account, "raw": "{}", "amount_minor": 7}
        run(insert(TRANSACTION).values(stage="Closed Won", occurred_on=day, **values))
    elif kind == 7:
        run(delete(TRANSACTION).where(deal))
    elif kind == 8:
        run(update(TRANSACTION).where(deal).values(owner_id=chance.choice(["u1", "u4", "new", None])))
    else:
        run(delete(TABLES["label_change"]).where(TABLES["label_change"].c.account_id == account))


@contextmanager
def reads_counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    read: list[int] = []
    all_of = whole.read_whole

    def counted(*given: Any) -> Any:
        read.append(1)
        return all_of(*given)

    monkeypatch.setattr(whole, "read_whole", counted)
    yield read


def test_a_change_is_read_alone_and_all_only_when_marks_are_missing(
    world: BuyingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    organised(world, 3)
    monkeypatch.setattr(keeper, "MOST_CHANGED_PERCENT", 100)
    book = Books(world, memory_of(world.database)).accounts
    with reads_counted(monkeypatch) as read:
        assert [one.count for one in book.breakdown(parse("", book.catalog()), "owner")]
        with world.database.writes.begin() as connection:
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == "a1").values(city="Ulm"))
        assert book.count(parse('city = "ulm"', book.catalog())) == 1
        assert len(read) == 1
        monkeypatch.setattr(marks, "KEPT_MARKS", 1)
        for city in ("Bern", "Ulm"):
            with world.database.writes.begin() as connection:
                connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == "a2").values(city=city))
        marks.watch(world.database, 0)
        assert book.count(parse('city = "ulm"', book.catalog())) == 2
        assert len(read) == 2


def test_who_is_erased_is_in_no_answer_from_the_moment_on(world: BuyingWorld) -> None:
    organised(world, 4)
    memory = memory_of(world.database)
    book = Books(world, memory).accounts
    assert book.count(parse("", book.catalog())) == 25
    with world.database.writes.begin() as connection:
        connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == "a7"))
    with book.reading() as reading:
        held = reading.held
        assert held is not None
        assert int(held.look.held.alive.sum()) == 24
    assert book.count(parse("", book.catalog())) == 24
    assert "a7" not in {one.id for one in book.page(parse("", book.catalog()), (Sort("name"),), 50)}


@pytest.mark.parametrize(
    "world", ["sqlite"], indirect=True
)  # PostgreSQL's statements see each their own moment
def test_a_look_older_than_what_is_held_is_answered_by_the_database(world: BuyingWorld) -> None:
    organised(world, 5)
    memory = memory_of(world.database)
    book = Books(world, memory).accounts
    with book.together():
        before = book.count(parse("", book.catalog()))
        other = Books(world, memory).accounts
        with world.database.writes.begin() as connection:
            connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == "a1"))
        assert other.count(parse("", other.catalog())) == before - 1
        with book.reading() as reading:
            assert memory.held(reading.connection, SEGMENTATION) is None
            assert reading.connection.execute(select(ACCOUNT.c.id).where(ACCOUNT.c.id == "a1")).all()


def test_nothing_is_held_beyond_what_is_allowed_or_without_triggers(world: BuyingWorld) -> None:
    made = organised(world, 6)
    small = AccountMemory(world.database, 100, at_once, fewest=0)
    none = AccountMemory(world.database, 0, at_once, fewest=0)
    few = AccountMemory(world.database, MUCH, at_once, fewest=len(made.accounts) + 1)
    with world.database.writes.begin() as connection:
        assert [one.held(connection, SEGMENTATION) for one in (small, none, few)] == [None] * 3
        assert memory_of(world.database).held(connection, SEGMENTATION) is not None
        on = " ON score" if world.database.dialect == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER memory_score_added{on}")
        assert memory_of(world.database).held(connection, SEGMENTATION) is None


def test_what_is_not_known_is_refused_alike(world: BuyingWorld) -> None:
    organised(world, 7)
    for memory in (None, memory_of(world.database)):
        books = Books(world, memory)
        with pytest.raises(CriteriaError, match="last_purchase"):
            books.accounts.breakdown(parse("", books.accounts.catalog()), "last_purchase")
