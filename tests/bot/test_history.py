"""Who had which label when, on both kinds of database: history says what the runs of that day said."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import col

from bot.app.errors import UserError
from bot.app.history import ABSENT, NO_LABEL, History
from bot.store.tables import LabelChangeRow, RunRow, ScoreRow
from bot.store.technique_tables import LearnedRow, ScoreHistoryRow, StandingSnapshotRow
from connector.cache.engine import Database, open_database
from connector.cache.tables import AccountRow
from tests.support.postgres import create_tables, postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import BANDS, DAY, World, database, settled, shared_postgres  # noqa: F401  (fixtures)

SIZE = """\
version: 1
segmentations:
  - {name: Purchases, technique: firmographics, accounts: employees is not empty,
     labels: [{name: Large, when: employees >= 100}, {name: Small, when: employees >= 1}]}
"""


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    return settled(database)


def history(world: World) -> History:
    return scoring_of(world).history


def on(world: World, day: date) -> dict[str, str | None]:
    return {one.account_id: one.label for one in history(world).labels(day).accounts}


def remove(world: World, account_id: str) -> None:
    with world.database.writes.begin() as connection:
        connection.execute(delete(AccountRow).where(col(AccountRow.id) == account_id))
    world.touch(account_id)


def test_who_had_which_label_on_a_day_accounts_that_are_gone_among_them(world: World) -> None:
    first = world.labels()
    world.pass_time(days=10)
    world.lose("big", 120)
    remove(world, "tiny")
    world.run("daily")
    found = history(world).labels(DAY + timedelta(days=9))
    assert found.segmentation == "Purchases"
    assert found.counts == (("Top", 1), ("Good", 2), ("Slipping", 1), ("Gone", 1), (None, 1))
    assert {one.account_id: one.label for one in found.accounts} == first
    assert [one.name for one in found.accounts if one.account_id == "tiny"] == [None]
    assert on(world, DAY + timedelta(days=10)) == world.labels()
    assert "tiny" not in world.labels()
    tops = history(world).labels(DAY, label="top")
    assert [(one.name, one.label, one.r, one.since) for one in tops.accounts] == [
        ("Account big", "Top", 3, DAY)
    ]
    assert tops.as_json()["accounts"][0]["since"] == DAY.isoformat()


def test_moves_are_counted_with_the_money_of_the_later_day(world: World) -> None:
    world.pass_time(days=10)
    world.lose("big", 120)
    remove(world, "tiny")
    world.account("new", (1, 70))
    world.run("daily")
    found = history(world).moves(DAY, world.today())
    cells = {(one.old, one.new): (one.accounts, one.spend_minor) for one in found.moves}
    assert cells == {
        ("Top", "Slipping"): (1, 400_000),
        ("Good", "Good"): (2, 545_000),
        ("Slipping", "Slipping"): (1, 250_000),
        ("Gone", ABSENT): (1, 2_000),
        (NO_LABEL, NO_LABEL): (1, 0),
        (ABSENT, "Good"): (1, 7_000),
    }
    assert found.labels == ("Top", "Good", "Slipping", "Gone", NO_LABEL, ABSENT)
    assert found.as_json()["currency"] == "USD"
    still = history(world).moves(DAY, DAY)
    assert {one.old for one in still.moves} == {one.new for one in still.moves} == {*found.labels} - {ABSENT}


def test_an_account_is_followed_with_the_reasons(world: World) -> None:
    world.pass_time(days=10)
    world.lose("big", 120)
    world.run("daily")
    remove(world, "big")
    world.pass_time(days=1)
    world.run("daily")
    found = history(world).account("big")
    assert found.name == "big"
    assert [(one.day, one.label, one.gone) for one in found.entries] == [
        (DAY, "Top", False),
        (DAY + timedelta(days=10), "Slipping", False),
        (DAY + timedelta(days=11), None, True),
    ]
    assert any("no longer count" in one for one in found.entries[1].why)
    assert history(world).account("account FAIR", "purchases").entries[0].label == "Good"


def test_refusals_are_sentences(world: World) -> None:
    past = history(world)
    world.add(AccountRow(id="twin", name="account BIG", raw="{}"))
    for call, sentence in (
        (lambda: past.labels(DAY - timedelta(days=1)), "'Purchases' was first scored as of 24 Nov 2026;"),
        (lambda: past.labels(DAY + timedelta(days=1)), "25 Nov 2026 is still to come."),
        (
            lambda: past.labels(DAY, "Purchase"),
            "There is no segmentation 'Purchase'. Did you mean 'Purchases'?",
        ),
        (lambda: past.labels(DAY, label="Tip"), "There is no label 'Tip'. Did you mean 'Top'?"),
        (lambda: past.moves(DAY, DAY - timedelta(days=1)), "24 Nov 2026 is after 23 Nov 2026."),
        (
            lambda: past.account("Acount fair"),
            "There is no account 'Acount fair'. Did you mean 'Account fair'?",
        ),
        (
            lambda: past.account("account big"),
            "2 accounts are called 'account big'. Give the id of one: big, twin.",
        ),
    ):
        with pytest.raises(UserError) as refused:
            call()
        assert str(refused.value).startswith(sentence)


def test_before_the_first_run_one_is_told_to_score(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish()
    with pytest.raises(UserError, match="'Purchases' has not been scored yet"):
        history(world).labels(DAY)


def test_labels_of_any_day_are_rehearsed_and_nothing_is_written(world: World) -> None:
    before = world.counts()
    past = world.recompute().rehearse(as_of=DAY - timedelta(days=200)).parts[0]
    # Then big had bought on two days, 100 and 0 days before; fair 0 days before; old 100 days before.
    assert dict(past.labels) == {"Top": 0, "Good": 2, "Slipping": 1, "Gone": 1, None: 2}
    assert (past.as_of, past.alerts) == (DAY - timedelta(days=200), 0)
    coming = world.recompute().rehearse(as_of=DAY + timedelta(days=100)).parts[0]
    assert dict(coming.labels)["Top"] == 0
    assert dict(world.recompute().rehearse(as_of=DAY).parts[0].labels) == {
        one: list(world.labels().values()).count(one) for one in ("Top", "Good", "Slipping", "Gone", None)
    }
    assert world.counts() == before


MANY = BANDS.replace(
    "alerts:\n",
    """\
  - {name: Leaving, technique: leaving}
  - {name: Closeness, technique: engagement}
  - {name: Size, technique: firmographics,
     labels: [{name: Large, when: employees >= 100}, {name: Small, when: employees >= 1}]}
alerts:
""",
)


@pytest.mark.parametrize("days", [3, 150])
def test_a_rehearsal_of_an_earlier_day_says_what_a_first_run_on_that_day_would_have_said(
    world: World, days: int
) -> None:
    world.publish(MANY)
    world.account("huge", (4, 90), (40, 900), employees=500)
    world.run("command")
    past = world.recompute().rehearse(as_of=DAY - timedelta(days=days)).parts
    assert [one.segmentation for one in past] == ["Purchases", "Leaving", "Closeness", "Size"]
    with world.database.writes.begin() as connection:
        for table in (ScoreRow, ScoreHistoryRow, LabelChangeRow, RunRow, LearnedRow, StandingSnapshotRow):
            connection.execute(delete(table))
    world.pass_time(days=-days)
    fresh = world.run("first").parts
    assert [(one.labels, one.scored, one.warnings) for one in past] == [
        (one.labels, one.scored, one.warnings) for one in fresh
    ]


def test_a_run_of_an_earlier_or_a_coming_day_is_not_kept(world: World) -> None:
    before = world.counts()
    for day, sentence in (
        (
            DAY - timedelta(days=1),
            "'Purchases' was last scored as of 24 Nov 2026, so a run as of 23 Nov 2026",
        ),
        (DAY + timedelta(days=1), "25 Nov 2026 is still to come. Add --dry-run"),
    ):
        with pytest.raises(UserError) as refused:
            world.recompute().run("command", as_of=day)
        assert str(refused.value).startswith(sentence)
    assert world.counts() == before
    world.pass_time(days=10)
    assert world.recompute().run("command", as_of=DAY + timedelta(days=5)).parts[0].as_of.day == 29
    assert world.run("daily").parts[0].as_of == DAY + timedelta(days=10)


def test_another_technique_of_the_same_name_ends_what_the_first_one_said(world: World) -> None:
    first = world.labels()
    world.pass_time(days=1)
    world.publish(SIZE)
    world.account("huge", employees=500)
    world.run("daily")
    assert world.labels() == {"huge": "Large"}
    assert on(world, DAY + timedelta(days=1)) == {"huge": "Large"}
    assert on(world, DAY) == first


STEPS = ("buy", "lose", "delete", "new", "document", "day", "days")


def step(world: World, what: str, random: Random) -> None:
    """Something happens, and what it touches is scored."""
    known = [one.id for one in world.rows(AccountRow)]
    some = random.choice(known) if known else None
    if what == "buy" and some:
        world.deal(some, random.randrange(120), random.choice([20, 900, 20_000]))
    elif what == "lose" and some:
        world.lose(some, random.choice([50, 400]))
    elif what == "delete" and some:
        remove(world, some)
    elif what == "new":
        name = f"n{random.randrange(4)}"
        if name not in known:
            world.account(
                name,
                *[(random.randrange(100), 500.0)] * random.randrange(3),
                employees=random.choice([None, 5, 500]),
            )
    elif what == "document":
        world.publish(random.choice([BANDS, SIZE, BANDS.replace("r = 3 and m = 3", "r = 3")]))
    elif what in {"day", "days"}:
        world.pass_time(days=1 if what == "day" else random.randrange(2, 60))
    world.run("daily" if what in {"day", "days"} else "change")


def replayed(world: World, steps: list[str], seed: int) -> None:
    """After each step the labels of its day are noted; the last note of each day is what history says."""
    random, noted = Random(seed), dict[date, dict[str, str | None]]()
    first = world.today()
    noted[first] = world.labels()
    for what in steps:
        step(world, what, random)
        noted[world.today()] = world.labels()
    day = first
    while day <= world.today():
        last = max(one for one in noted if one <= day)
        assert on(world, day) == noted[last], day
        day += timedelta(days=max(1, (min((one for one in noted if one > day), default=day) - day).days // 2))


@settings(max_examples=5, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=3, max_size=14), st.integers(0, 2**32))
def test_the_label_on_any_day_is_what_the_last_run_of_that_day_said(steps: list[str], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bellwether.sqlite'}"
        create_tables(url)
        opened = open_database(url)
        try:
            replayed(settled(opened), steps, seed)
        finally:
            opened.close()


@pytest.mark.parametrize("seed", range(2))
def test_so_it_is_on_both_kinds_of_database(database: Database, seed: int) -> None:  # noqa: F811
    random = Random(seed)
    replayed(settled(database), random.choices(STEPS, k=20), seed)
