"""When alerts may be told: quiet hours through nights and changes of the clock; digests; reminders."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.alert_times import (
    FollowUp,
    Waiting,
    digest_at,
    follow_up,
    next_digest,
    quiet_until,
    within_cooldown,
)
from scoring.alert_config import (
    WEEKDAYS,
    Destination,
    Quiet,
    Rhythm,
    Route,
    To,
    destination,
    duration,
    rhythm,
)

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(start=time(18), to=time(8))
WEEKEND = Quiet(start=time(0), to=time(0), days=("sat", "sun"))


def local(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-24T17:59", None),
        ("2026-11-24T18:00", "2026-11-25T08:00"),
        ("2026-11-25T07:59", "2026-11-25T08:00"),
        ("2026-11-25T08:00", None),
        ("2026-11-27T20:00", "2026-11-30T08:00"),  # Friday night, the weekend, and Sunday night
        ("2026-11-29T12:00", "2026-11-30T08:00"),
    ],
)
def test_a_night_and_a_weekend_are_one_quiet_time(now: str, until: str | None) -> None:
    found = quiet_until((NIGHT, WEEKEND), local(now), NEW_YORK)
    assert found == (None if until is None else local(until))


def test_quiet_hours_have_their_own_zone() -> None:
    berlin = NIGHT.model_copy(update={"zone": "Europe/Berlin"})
    now = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)  # 18:30 in Berlin, 12:30 in New York
    assert quiet_until((berlin,), now, NEW_YORK) == local("2026-11-25T08:00", BERLIN)
    assert quiet_until((NIGHT,), now, NEW_YORK) is None


def test_the_night_that_has_an_hour_more_is_an_hour_longer() -> None:
    start = local("2026-10-31T18:00")  # summer time ends on 1 November in New York
    until = quiet_until((NIGHT,), start, NEW_YORK)
    assert until is not None
    assert until - start == timedelta(hours=15)
    spring = local("2027-03-13T18:00")
    assert quiet_until((NIGHT,), spring, NEW_YORK) == spring + timedelta(hours=13)


INSTANTS = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
QUIETS = st.builds(
    Quiet,
    start=TIMES,
    to=TIMES,
    zone=st.sampled_from([None, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"]),
    days=st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4, unique=True).map(tuple),
)


@given(st.lists(QUIETS, min_size=1, max_size=2), INSTANTS)
def test_quiet_hours_end_later_and_are_then_over(quiet: list[Quiet], now: datetime) -> None:
    until = quiet_until(quiet, now, NEW_YORK)
    if until is not None:
        assert now < until <= now + timedelta(days=14)
        assert until.tzinfo is UTC
        assert quiet_until(quiet, until, NEW_YORK) is None or until - now > timedelta(days=6)
        middle = now + (until - now) / 2
        assert quiet_until(quiet, middle, NEW_YORK) is not None, "it is quiet all the way"


@given(st.builds(Rhythm, TIMES, st.none() | st.integers(0, 6)), INSTANTS)
def test_a_digest_comes_at_its_local_time_within_its_rhythm(when: Rhythm, now: datetime) -> None:
    at = next_digest(when, now, NEW_YORK)
    here = at.astimezone(NEW_YORK)
    assert now < at <= now + timedelta(days=1 if when.weekday is None else 7, hours=1)
    left_out = here.replace(tzinfo=None).time() != when.at  # 02:30 on the day that has no such time
    assert not left_out or (here.month, here.weekday()) == (3, 6)
    assert when.weekday is None or here.weekday() == when.weekday


def test_a_digest_that_falls_into_quiet_hours_comes_after_them() -> None:
    route = Route(name="x", channel="#x", digest="daily at 07:00", quiet=(NIGHT,))
    assert digest_at(route, local("2026-11-24T12:00"), NEW_YORK) == local("2026-11-25T08:00")
    assert digest_at(Route(name="x", channel="#x"), local("2026-11-24T12:00"), NEW_YORK) is None


def test_without_a_cooldown_what_was_told_is_remembered_for_good() -> None:
    told, now = local("2026-11-01T12:00"), local("2026-11-07T12:00")
    assert within_cooldown(Route(name="x", channel="#x", cooldown="7 days"), told, now)
    assert not within_cooldown(Route(name="x", channel="#x", cooldown="6 days"), told, now - timedelta(0))
    assert within_cooldown(Route(name="x", channel="#x", again="if worse"), told, now)


def test_an_alert_is_reminded_of_and_then_goes_further_but_not_at_night() -> None:
    route = Route(name="x", channel="#x", remind_after="4 hours", escalate_after="1 day", quiet=(NIGHT,))
    sent = local("2026-11-24T09:00")
    at = {hours: sent + timedelta(hours=hours) for hours in (3, 4, 10, 24, 25)}
    waiting = Waiting(sent)
    assert follow_up(route, waiting, at[3], NEW_YORK) is None
    assert follow_up(route, waiting, at[4], NEW_YORK) is FollowUp.REMIND
    assert follow_up(route, waiting, at[10], NEW_YORK) is None, "19:00 is quiet"
    assert follow_up(route, Waiting(sent, reminded=True), at[10], NEW_YORK) is None
    assert follow_up(route, Waiting(sent, reminded=True), at[24], NEW_YORK) is FollowUp.ESCALATE
    done = Waiting(sent, reminded=True, escalated=True)
    assert follow_up(route, done, at[25], NEW_YORK) is None
    assert follow_up(route, Waiting(sent), at[25], NEW_YORK) is FollowUp.ESCALATE, "the further step first"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('channel "#cs-alerts"', Destination(To.CHANNEL, "#cs-alerts")),
        ("#cs-alerts", Destination(To.CHANNEL, "#cs-alerts")),
        ("owner", Destination(To.OWNER)),
        ("Owner’s  manager", Destination(To.MANAGER)),
        ('field "Account_Manager"', Destination(To.FIELD, "Account_Manager")),
        ("field Account_Manager", Destination(To.FIELD, "Account_Manager")),
        ("group @cs-leads", Destination(To.GROUP, "cs-leads")),
        ("manager", None),
        ('channel "#"', None),
        ("", None),
    ],
)
def test_destinations_are_read(text: str, found: Destination | None) -> None:
    assert destination(text) == found


def test_lengths_and_rhythms_are_read() -> None:
    assert duration("7 days") == timedelta(days=7)
    assert duration("1 Hour") == timedelta(hours=1)
    assert [duration(one) for one in ("", "0 days", "soon", "7", "-1 day")] == [None] * 5
    assert rhythm("daily at 08:30") == Rhythm(time(8, 30))
    assert rhythm("Weekly on Monday at 8:05") == Rhythm(time(8, 5), 0)
    assert [rhythm(one) for one in ("daily", "daily at 25:00", "weekly on Mondy at 08:00")] == [None] * 3


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (destination, duration, rhythm):
        read(text)
