"""Before its first run RFM is scored as of past weeks: a history from the beginning, and no alert of it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.app.look_back import days_before
from bot.language.question import Days, Held, Kind, Moved, Question
from bot.store.tables import LabelChangeRow, OutboxRow, RunRow
from connector.cache.engine import Database
from tests.support.past_questions import answered
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import (  # noqa: F401  (fixtures)
    BANDS,
    DAY,
    World,
    database,
    shared_postgres,
)

LOOKS_BACK = f"{BANDS}scoring: {{look_back_weeks: 26}}\n"


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 520))
def test_past_days_are_a_week_apart_and_end_with_yesterday(today: date, weeks: int) -> None:
    days = list(days_before(today, weeks))
    assert (days == []) == (weeks == 0)
    if days:
        assert days[-1] == today - timedelta(days=1)
        assert len(days) in {weeks, weeks + 1}
        assert all(timedelta(0) < after - before <= timedelta(days=7) for before, after in pairwise(days))


def test_a_first_run_has_a_history_and_alerts_nobody(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(LOOKS_BACK)
    world.account("1", (100, 9_000), (101, 9_000), (102, 9_000))  # days ago, amount
    summary = world.run("first")
    assert [one.segmentation for one in summary.parts] == ["Purchases"]
    assert summary.parts[0].baseline
    runs = world.rows(RunRow)
    assert [one.cause for one in runs] == ["past"] * (len(runs) - 1) + ["first"]
    assert [one.as_of for one in runs] == sorted({one.as_of for one in runs}), "every day once, in order"
    assert runs[-2].as_of == DAY - timedelta(days=1)
    changes = world.rows(LabelChangeRow)
    assert [(one.old_label, one.new_label, one.baseline) for one in changes][-2:] == [
        ("Top", "Good", False),
        ("Good", "Slipping", False),
    ]
    assert all(one.changed_at.date() - one.as_of <= timedelta(days=1) for one in changes)
    assert [one.kind for one in world.rows(OutboxRow)] == ["alert_summary"], "the summary of a first run"


def test_a_look_back_that_was_stopped_goes_on(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(LOOKS_BACK)
    world.account("1", (100, 9_000), (40, 9_000))
    recompute = world.recompute()
    published = world.configurations.current()
    segmentation = published.configuration.primary
    recompute._score_past(published, segmentation, 4)
    some = len(world.rows(RunRow))
    recompute._score_past(published, segmentation, 4)
    assert len(world.rows(RunRow)) == some, "what is there is not made again"
    world.run("first")
    runs = world.rows(RunRow)
    assert [one.cause for one in runs] == ["past"] * some + ["first"]
    world.run("daily")
    assert len(world.rows(RunRow)) == some + 2, "once there was a first run, there is no looking back"


def test_nothing_looks_back_unless_the_document_says_so(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(BANDS)
    world.account("1", (100, 9_000))
    world.run("first")
    assert [one.cause for one in world.rows(RunRow)] == ["first"]


def test_what_was_reckoned_back_is_said_with_the_answer(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(LOOKS_BACK)
    world.account("1", (100, 9_000), (101, 9_000), (102, 9_000))
    world.run("first")
    told = "reckoned back"
    held = Question(Kind.HISTORY, held=Held(("Top",), Days(DAY - timedelta(days=99), DAY)))
    found = answered(world, held)
    assert found.total == 1
    assert any(told in one for one in found.remarks)
    moved = answered(world, Question(Kind.MOVED, moved=Moved(old=("Good",))))
    assert any(told in one for one in moved.remarks)
    today = answered(world, Question(Kind.MOVED, moved=Moved(span=Days(DAY, DAY))))
    assert not any(told in one for one in today.remarks)
