"""Who was: labels of the past, on both kinds of database; they are what the history says of each day."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.answering.held import HeldAsked, Stint, together
from bot.language.question import Days, Held, Kind, Question, Sort
from bot.store.labels_held import SqlLabelsHeld
from connector.cache.engine import Database, open_database
from scoring.criteria.tree import Always, Calendar, Unit
from tests.bot.test_history import STEPS, step
from tests.support.past_questions import answered, book_of, criteria, delete_account, rows_of
from tests.support.postgres import create_tables, postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import DAY, World, database, settled, shared_postgres  # noqa: F401  (fixtures)

TODAY = DAY + timedelta(days=10)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = settled(database)
    found.pass_time(days=10)
    found.lose("big", 120)
    delete_account(found, "tiny")
    found.run("daily")
    return found


def was(*labels: str, first: date | None = DAY, last: date | None = DAY, **more: object) -> Question:
    return Question(Kind.HISTORY, held=Held(labels, Days(first, last)), **more)  # type: ignore[arg-type]


def test_who_had_a_label_with_its_days_and_what_it_is_now(world: World) -> None:
    answer = answered(world, was("Top", "Good", last=None))
    assert rows_of(answer) == [
        ("Account fair", "Good", DAY, None, "Good", 540_000, "Darcel Schlecht"),
        ("Account big", "Top", DAY, TODAY - timedelta(days=1), "Slipping", 400_000, "Darcel Schlecht"),
        ("Account small", "Good", DAY, None, "Good", 5_000, "Darcel Schlecht"),
    ]
    assert answer.said == "3 accounts were Top or Good since 24 Nov 2026."
    assert (answer.kind, answer.total, answer.shown, answer.remarks) == (Kind.HISTORY, 3, 3, ())


def test_one_day_is_enough_and_the_days_count(world: World) -> None:
    def names(*labels: str, first: date, last: date) -> list[str]:
        return [row[0] for row in rows_of(answered(world, was(*labels, first=first, last=last)))]

    assert names("Top", first=TODAY - timedelta(days=1), last=TODAY) == ["Account big"]
    assert names("Top", first=TODAY, last=TODAY) == []
    assert names("Slipping", first=DAY, last=TODAY - timedelta(days=1)) == ["Account old"]
    assert names("Slipping", first=DAY, last=TODAY) == ["Account big", "Account old"]
    assert names("Gone", first=DAY, last=TODAY) == [], "deleted accounts do not show"
    nobody = answered(world, was("Top", first=TODAY, last=TODAY))
    assert nobody.said == "No account was Top on 4 Dec 2026."


def test_criteria_order_and_pages(world: World) -> None:
    asked = was("Good", criteria=criteria(world, "total_spend > 1000"))
    answer = answered(world, asked)
    assert ([row[0] for row in rows_of(answer)], answer.total) == (["Account fair"], 1)
    assert answer.remarks == ("The label is that of then; everything else is as it is now.",)
    ordered = was("Good", sort=(Sort("total_spend", descending=False),), limit=1)
    first, second = (answered(world, ordered, offset=one) for one in (0, 1))
    assert [row[0] for one in (first, second) for row in rows_of(one)] == ["Account small", "Account fair"]
    assert (second.total, second.shown, second.offset) == (2, 1, 1)


def test_days_of_which_nothing_is_known(world: World) -> None:
    before = answered(world, was("Top", first=date(2026, 6, 1), last=date(2026, 6, 30)))
    assert before.said == (
        "History begins on 24 Nov 2026, when 'Purchases' was first scored: nothing is known before."
    )
    assert (before.total, rows_of(before)) == (0, [])
    month = answered(world, Question(Kind.HISTORY, held=Held(("Top",), Calendar(Unit.YEAR, 0))))
    assert month.said == "1 account was Top this year."
    assert month.remarks == ("History begins on 24 Nov 2026; of the days before nothing is known.",)
    to_come = answered(world, was("Top", first=TODAY + timedelta(days=1), last=None))
    assert to_come.said == "5 Dec 2026 is still to come."
    never = answered(
        world, Question(Kind.HISTORY, held=Held(("Large",), Days(DAY, DAY), segmentation="Size"))
    )
    assert never.said == "'Size' has not been scored yet: nothing is known of the past."


def test_a_label_that_did_not_last_a_day_is_the_label_of_none() -> None:
    one, two, three = (date(2026, 6, day) for day in (1, 2, 3))
    given = [Stint("A", one, two), Stint("B", two, two), Stint("A", two, three), Stint("A", three, None)]
    assert together(given) == (Stint("A", one, None),)
    assert together(given[:2]) == (Stint("A", one, two),)
    assert together([Stint("A", one, two), Stint("A", three, None)]) == (
        Stint("A", one, two),
        Stint("A", three, None),
    )


def agree(world: World, steps: list[str], seed: int) -> None:
    """Whoever had a label on a day of a period by the history is found, with days, and nobody else."""
    random, past = Random(seed), scoring_of(world).history
    start = world.today()
    for what in steps:
        step(world, what, random)
    known = {line.id: line.name for line in book_of(world).page(Always(), (), 100)}
    held = SqlLabelsHeld(book_of(world).reading)
    for _ in range(4):
        days = (world.today() - start).days
        first, last = sorted(start + timedelta(days=random.randint(0, days)) for _ in range(2))
        labels = tuple(random.sample(["Top", "Good", "Slipping", "Gone", "Large", "Small"], 2))
        on = {
            known[one.account_id]
            for day in range((last - first).days + 1)
            for one in past.labels(first + timedelta(days=day)).accounts
            if one.label in labels and one.account_id in known
        }
        asked = HeldAsked("Purchases", labels, first, last)
        found = held.holders(Always(), asked, (), 50, 0)
        assert {one.account for one in found.page} == on, (first, last, labels)
        assert found.accounts == len(on)
        for one in found.page:
            assert any(
                each.label in labels
                and each.since <= last
                and (each.ended_on is None or each.ended_on > first)
                for each in together(one.stints)
            )


@settings(max_examples=3, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=3, max_size=14), st.integers(0, 2**32))
def test_it_is_what_the_history_says_of_each_day(steps: list[str], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bellwether.sqlite'}"
        create_tables(url)
        opened = open_database(url)
        try:
            agree(settled(opened), steps, seed)
        finally:
            opened.close()


@pytest.mark.parametrize("seed", range(2))
def test_so_it_is_on_both_kinds_of_database(database: Database, seed: int) -> None:  # noqa: F811
    random = Random(seed)
    agree(settled(database), random.choices(STEPS, k=10), seed)
