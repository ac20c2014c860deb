"""Why a score is what it is, and what would change the label."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from scoring.criteria.periods import Today
from scoring.engagement.config import EngagementSegmentation
from scoring.engagement.explain import Explanation, Way, explain
from scoring.engagement.scores import score
from tests.support.engagement_cases import DAY, TODAY, Happened, frame, histories

PLAIN = EngagementSegmentation(name="Engagement")
SCALE = 20.0


def explained(events: list[Happened]) -> Explanation:
    return explain(frame(events), "a", PLAIN, TODAY, SCALE)


def scored(events: list[Happened], today: Today = TODAY) -> tuple[float, str, float]:
    row = score(frame(events), ["a"], PLAIN, today, SCALE).frame.iloc[0]
    return float(row["score"]), row["label"], row["points"] / 1e6


@settings(max_examples=40, deadline=None)
@given(histories)
def test_the_parts_add_up_to_the_score(events: list[Happened]) -> None:
    found = explained(events)
    assert (found.score, found.label, found.points) == scored(events)
    parts = sum(one.counted for one in found.channels) + found.breadth_points
    assert parts == pytest.approx(found.points, abs=1e-5)
    sizes = [abs(one.points) for one in found.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) <= 5


@settings(max_examples=25, deadline=None)
@given(histories)
def test_the_ways_reach_the_better_label_and_one_event_less_does_not(events: list[Happened]) -> None:
    found = explained(events)
    if found.better is None:
        assert found.label == "Highly Engaged"
        return
    for way in found.better.ways[:1] + found.better.ways[-1:]:
        more = [Happened("a", None, way.event, 0, 500 + number, 100) for number in range(way.times)]
        assert scored([*events, *more])[0] >= found.better.at_least
        assert scored([*events, *more[1:]])[0] < found.better.at_least


@settings(max_examples=30, deadline=None)
@given(histories)
def test_the_label_changes_on_the_day_that_is_told_and_not_before(events: list[Happened]) -> None:
    past = [replace(one, days_ago=abs(one.days_ago)) for one in events]
    found = explained(past)
    last = found.drift.day if found.drift else DAY + timedelta(days=365)
    if found.drift:
        assert scored(past, Today(last))[1] == found.drift.label != found.label
        last -= timedelta(days=1)
    assert scored(past, Today(last))[1] == found.label
    assert scored(past, Today(DAY + (last - DAY) // 2))[1] == found.label


def test_an_account_in_numbers() -> None:
    events = [
        *[Happened("a", "p", "page_visited", 0, minute) for minute in range(50)],
        Happened("a", "p", "call_made", 30),
        Happened("a", "q", "call_made", 60),
        Happened("a", "q", "email_bounced", 0),
        Happened("b", "p", "meeting_held", 0),
    ]
    found = explained(events)
    assert [(one.event, one.times, one.points) for one in found.contributions] == [
        ("page_visited", 50, 50.0),
        ("email_bounced", 1, -10.0),
        ("call_made", 2, 6.0),
    ]
    assert found.contributions[2].last == date(2026, 10, 30)
    web = next(one for one in found.channels if one.channel == "web")
    assert (web.points, web.counted, web.cap) == (50.0, 20.0, 20.0)
    assert (found.points, found.breadth_points, found.people) == (17.6, 1.6, 2)
    assert found.left_out["others"] == 1
    assert found.label == "Interested"
    assert found.better is not None
    assert found.better.label == "Engaged"
    assert found.better.points == pytest.approx(0.71, abs=0.02)
    assert Way("call_made", 1) in found.better.ways
    assert all(way.event != "page_visited" for way in found.better.ways)  # that channel is at its limit


def test_a_silent_account_is_told_what_would_wake_it() -> None:
    found = explained([])
    assert (found.score, found.label, found.drift, found.contributions) == (0.0, "Silent", None, ())
    assert found.better is not None
    assert found.better.label == "Cooling"
    assert {way.times for way in found.better.ways} == {1}
