"""Engagement scores: exact, bounded, and moved only by what happens to the account itself."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.periods import Today
from scoring.engagement.config import (
    Breadth,
    Channel,
    EngagementLimits,
    EngagementSegmentation,
    RangeLabel,
    predefined_channels,
    problems,
)
from scoring.engagement.scores import EngagementResult, labels_of, scale_of, score, scores_of
from scoring.problems import Problem
from tests.support.engagement_cases import (
    DAY,
    KINDS,
    TODAY,
    Happened,
    frame,
    happenings,
    histories,
    plain_points,
    plain_score,
)

ACCOUNTS = ("a", "b", "c")
PLAIN = EngagementSegmentation(name="Engagement")
SCALE = 30.0


def scored(events: list[Happened], scale: float | None = SCALE, **changes: object) -> EngagementResult:
    return score(frame(events), ACCOUNTS, PLAIN.model_copy(update=changes), TODAY, scale)


def score_of(result: EngagementResult, account: str = "a") -> float:
    return float(dict(zip(result.frame["account_id"], result.frame["score"], strict=True))[account])


@settings(max_examples=100, deadline=None)
@given(histories)
def test_scores_are_those_of_the_plain_arithmetic(events: list[Happened]) -> None:
    result = scored(events)
    for account, points, value in result.frame[["account_id", "points", "score"]].itertuples(index=False):
        expected = plain_points(events, PLAIN, account)
        assert points == expected
        assert value == plain_score(expected, SCALE)
        assert 0 <= value <= 100


@settings(max_examples=40, deadline=None)
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(events: list[Happened], random: Random) -> None:
    mixed = list(events)
    random.shuffle(mixed)
    one, other = scored(events, None), scored(mixed, None)
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert one.scale == other.scale


@settings(max_examples=40, deadline=None)
@given(histories)
def test_one_account_alone_has_the_score_that_it_has_among_all(events: list[Happened]) -> None:
    whole = scored(events, None)
    for account in ACCOUNTS:
        alone = score(frame(events), [account], PLAIN, TODAY, whole.scale)
        expected = whole.frame[whole.frame["account_id"] == account].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone.frame, expected)


@settings(max_examples=60, deadline=None)
@given(histories, happenings)
def test_what_is_worth_points_never_lowers_a_score(events: list[Happened], more: Happened) -> None:
    points = {event: worth for channel in PLAIN.channels for event, worth in channel.points.items()}
    more = replace(more, account="a", score=abs(more.score or 0))
    before, after = scored(events), scored([*events, more])
    change = score_of(after) - score_of(before)
    assert change >= 0 if points.get(more.event, 0) >= 0 else change <= 0
    pd.testing.assert_frame_equal(before.frame.iloc[1:], after.frame.iloc[1:])


@settings(max_examples=40, deadline=None)
@given(histories, st.integers(1, 200))
def test_scores_fall_when_nothing_happens(events: list[Happened], days: int) -> None:
    good = [replace(one, event="call_made", days_ago=abs(one.days_ago)) for one in events]
    later = [replace(one, days_ago=one.days_ago + days) for one in good]
    assert score_of(scored(later)) <= score_of(scored(good))


def test_half_is_left_after_a_half_life() -> None:
    points = scored([Happened("a", "p", "call_made", 30), Happened("b", "p", "meeting_held", 90)]).frame
    assert points["points"].tolist() == [4_000_000, 10_000_000, 0]
    linear = tuple(
        one.model_copy(update={"decay": "linear"}) if one.name == "call" else one for one in PLAIN.channels
    )
    ages = [("a", 30), ("b", 45), ("c", 60)]
    faded = scored([Happened(who, "p", "call_made", age) for who, age in ages], channels=linear).frame
    assert faded["points"].tolist() == [4_000_000, 2_000_000, 0]


def test_a_channel_adds_no_more_than_its_limit_and_takes_no_more() -> None:
    visits = [Happened("a", "p", "page_visited", 0, minute) for minute in range(60)]
    complaints = [Happened("b", "p", "mailing_marked_as_spam", 0, minute) for minute in range(9)]
    held = [Happened("b", "p", "meeting_held", 0), Happened("b", "p", "meeting_held", 1)]
    result = scored([*visits, *complaints, *held]).frame.set_index("account_id")["points"]
    assert result["a"] == 20_000_000
    assert -1_000_000 < result["b"] < 0
    assert score_of(scored([*visits, *complaints, *held]), "b") == 0


def test_several_people_add_a_share() -> None:
    calls = [Happened("a", person, "call_made", 0) for person in "pqr"]
    same = [Happened("b", "p", "call_made", 0)] * 3
    unknown = [Happened("c", None, "call_made", 0)] * 3
    result = scored([*calls, *same, *unknown]).frame
    assert result["points"].tolist() == [28_800_000, 24_000_000, 24_000_000]
    assert result["people"].tolist() == [3, 1, 0]
    crowd = [Happened("a", f"p{number}", "call_made", 0) for number in range(9)]
    assert scored(crowd, breadth=Breadth(most=0.2)).frame["points"][0] == 60_000_000 * 12 // 10


def test_the_95th_of_the_active_scores_80() -> None:
    accounts = [str(number) for number in range(200)]
    events = [
        Happened(who, "p", "call_made", 0, minute) for who in accounts[:100] for minute in range(int(who) + 1)
    ]
    wide = PLAIN.model_copy(update={"channels": (Channel(name="call", points={"call_made": 1}, cap=1e6),)})
    result = score(frame(events), accounts, wide, TODAY)
    assert result.warnings == ()
    assert result.frame["score"][94] == 80.0
    assert (result.frame["score"][:94] < 80).all()
    assert result.scale == pytest.approx(95 / math.log(5))
    assert scale_of(np.array([0, -5, 7_000_000])) == pytest.approx(7 / math.log(5))


def test_nobody_active_and_few_active_are_said() -> None:
    empty = scored([], None)
    assert empty.frame["score"].tolist() == [0, 0, 0]
    assert empty.frame["label"].tolist() == ["Silent"] * 3
    assert empty.frame["last_event"].tolist() == [None] * 3
    assert empty.warnings == ("No account has points: every score is 0.",)
    few = scored([Happened("a", "p", "call_made", 0)], None)
    assert "Only 1 account is active" in few.warnings[0]
    assert score_of(few) == 80.0
    fixed = PLAIN.model_copy(update={"scale": 12.0})
    assert score(frame([]), ACCOUNTS, fixed, TODAY).scale == 12.0
    assert score(frame([]), [], PLAIN, TODAY).frame.empty


def test_what_does_not_count_is_told() -> None:
    events = frame(
        [
            Happened("a", "p", "meeting_held", -2),
            Happened("a", "p", "unheard_of", 1),
            Happened("x", "p", "call_made", 1),
            Happened("a", "p", "call_made", 1),
            Happened("a", "p", "call_made", 2),
        ]
    )
    events.loc[4, "occurred_at"] = pd.NaT
    result = score(events, ACCOUNTS, PLAIN, TODAY, SCALE)
    assert result.left_out == {"others": 1, "pointless": 1, "undated": 1, "future": 1, "automatic": 0}
    assert result.frame["events"].tolist() == [1, 0, 0]
    assert result.frame["last_event"][0] == date(2026, 11, 28)


@pytest.mark.parametrize("kind", ["aware", "objects", "days", "naive"])
def test_days_are_those_of_the_organisation(kind: str) -> None:
    tokyo = Today(DAY, zone=ZoneInfo("Asia/Tokyo"))
    moment = datetime(2026, 11, 28, 16, tzinfo=UTC)  # the 29th in Tokyo
    columns: dict[str, pd.Series[Any]] = {
        "aware": pd.Series([moment], dtype="datetime64[ns, UTC]"),
        "objects": pd.Series([moment], dtype=object),
        "days": pd.Series([date(2026, 11, 29)], dtype=object),
        "naive": pd.Series([datetime(2026, 11, 29, 1)], dtype="datetime64[us]"),  # noqa: DTZ001
    }
    events = frame([Happened("a", "p", "call_made", 5)])
    events["occurred_at"] = columns[kind]
    result = score(events, ["a"], PLAIN, tokyo, SCALE)
    assert result.frame["last_event"].tolist() == [DAY]
    assert result.frame["points"].tolist() == [8_000_000]


def test_categories_give_the_same_as_texts() -> None:
    events = frame([Happened("abc"[n % 3], "pq"[n % 2], KINDS[n % len(KINDS)], n) for n in range(60)])
    same = events.astype({"account_id": "category", "contact": "category", "event_type": "category"})
    one, other = (score(each, ACCOUNTS, PLAIN, TODAY, SCALE) for each in (events, same))
    pd.testing.assert_frame_equal(one.frame, other.frame)


def test_a_row_may_stand_for_many_and_for_absurdly_many() -> None:
    events = frame([Happened("a", "p", "call_made", 0), Happened("b", "p", "call_made", 0)])
    events["count"] = [3, 10**15]
    events["score"] = [math.inf, -math.inf]
    result = score(events, ACCOUNTS, PLAIN, TODAY, SCALE).frame
    assert result["points"].tolist() == [24_000_000, 60_000_000, 0]
    assert result["events"].tolist() == [3, 10_000, 0]


def test_labels_begin_where_they_say() -> None:
    scores = np.array([0.0, 9.9, 10.0, 34.9, 35.0, 59.9, 60.0, 79.9, 80.0, 100.0])
    assert labels_of(scores, PLAIN.labels).tolist() == [
        *("Silent", "Silent", "Cooling", "Cooling", "Interested", "Interested"),
        *("Engaged", "Engaged", "Highly Engaged", "Highly Engaged"),
    ]
    assert labels_of(scores[:1], PLAIN.labels[:1]).tolist() == [None]


@given(st.integers(-(2**52), 2**52), st.integers(0, 2**50), st.floats(0.001, 1e6))
def test_more_points_never_score_less(points: int, more: int, scale: float) -> None:
    low, high = scores_of(np.array([points, points + more]), scale)
    assert 0 <= low <= high <= 100


def test_scales_at_the_edge_of_numbers_give_scores_too() -> None:
    points = np.array([0, 1, 2**52])
    assert scores_of(points, 5e-324).tolist() == [0, 100, 100]
    assert scores_of(points, 1e308).tolist() == [0, 0, 0]


def test_an_account_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        score(frame([]), ["a", "a"], PLAIN, TODAY)


def sentences(segmentation: EngagementSegmentation, **limits: int) -> list[Problem]:
    return list(problems(segmentation, EngagementLimits(**limits)))


def test_the_predefined_document_has_no_problems() -> None:
    assert sentences(PLAIN) == []
    assert EngagementSegmentation.model_validate(PLAIN.model_dump()) == PLAIN


def test_problems_say_where_and_what_to_do() -> None:
    labels = (
        *PLAIN.labels[:3],
        RangeLabel(name="silent", at_least=40),
        RangeLabel(name="Silent", at_least=5),
    )
    twice = Channel(name="CALL", points={"call_made": 1}, rated=("call_missed",))
    wrong = PLAIN.model_copy(update={"labels": labels, "channels": (*predefined_channels(), twice)})
    found = {problem.path: problem.sentence for problem in sentences(wrong, channels=12)}
    assert "not below 'Interested' at 35" in found[("labels", 3, "at_least")]
    assert "no label" in found[("labels", 4, "at_least")]
    assert "stands twice" in found[("labels", 4)]
    assert "stands twice" in found[("channels", 12)]
    assert "one channel" in found[("channels", 12, "points", "call_made")]
    assert "rated but has no points" in found[("channels", 12, "rated", 0)]
    few = PLAIN.model_copy(update={"labels": PLAIN.labels[-4:], "channels": ()})
    found = {problem.path: problem.sentence for problem in sentences(few)}
    assert "5 to 10" in found[("labels",)]
    assert "no channels" in found[("channels",)]
    assert "limit is 3" in sentences(PLAIN, events=3)[0].sentence
