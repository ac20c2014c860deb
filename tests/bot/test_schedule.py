"""Which slots are due: a day once, a rhythm without piling up, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.schedule import Daily, Every, due_slot

NEW_YORK = ZoneInfo("America/New_York")
POLL = Every("sync", 180)
instants = st.integers(1_577_836_800, 1_893_456_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_day_is_due_once_its_hour_has_come() -> None:
    daily = Daily("daily", time(6, 15), NEW_YORK)
    assert due_slot("2026-11-23", at("2026-11-24T11:14:59+00:00"), daily) is None
    assert due_slot("2026-11-23", at("2026-11-24T11:15:00+00:00"), daily) == "2026-11-24"
    assert due_slot("2026-11-24", at("2026-11-24T20:00:00+00:00"), daily) is None


def test_days_that_were_missed_are_caught_up_by_the_newest() -> None:
    daily = Daily("daily", time(6, 15), NEW_YORK)
    assert due_slot("2026-11-10", at("2026-11-24T12:00:00+00:00"), daily) == "2026-11-24"


@pytest.mark.parametrize("hour", [time(1, 30), time(2, 30), time(6, 15)])
def test_summer_time_repeats_and_skips_no_day(hour: time) -> None:
    """Every minute of the two days on which New York changes its clocks gives one slot a day."""
    daily = Daily("daily", hour, NEW_YORK)
    for start, days in (("2026-11-01T04:00:00+00:00", 2), ("2026-03-08T05:00:00+00:00", 2)):
        last, entered = "2000-01-01", []
        now = at(start)
        for _ in range(days * 24 * 60):
            now += timedelta(minutes=1)
            slot = due_slot(last, now, daily)
            if slot:
                entered.append(slot)
                last = slot
        local_days = {str((at(start) + timedelta(days=n)).astimezone(NEW_YORK).date()) for n in range(days)}
        assert local_days <= set(entered)
        assert len(entered) == len(set(entered))


@given(instants, st.integers(0, 10_000))
def test_a_rhythm_is_due_once_per_slot_and_never_early(now: datetime, later_seconds: int) -> None:
    first = due_slot(None, now, POLL)
    assert first is not None
    assert at(first) <= now < at(first) + timedelta(seconds=180)
    later = now + timedelta(seconds=later_seconds)
    second = due_slot(first, later, POLL)
    assert second is None or at(first) < at(second) <= later
    assert (second is None) == (later < at(first) + timedelta(seconds=180))


def test_a_clock_that_was_set_back_does_not_stop_the_rhythm_nor_repeat_a_day() -> None:
    assert due_slot("2026-12-24T12:00:00Z", at("2026-11-24T12:00:00+00:00"), POLL) == "2026-11-24T12:00:00Z"
    daily = Daily("daily", time(6, 15), NEW_YORK)
    assert due_slot("2026-12-24", at("2026-11-24T12:00:00+00:00"), daily) is None
