"""When a person is best reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from scoring.criteria.periods import Today
from scoring.engagement.config import EngagementSegmentation, Reach
from scoring.engagement.timing import BestTime, best_time, best_times
from tests.support.engagement_cases import DAY, TODAY

PLAIN = EngagementSegmentation(name="Engagement")
MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001 -- the organisation's clock
Answer = tuple[str | None, str, int, int]  # contact, event, weekday, hour


def events(answers: Sequence[Answer], quality: str = "exact") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": ["a"] * len(answers),
            "contact": pd.Series([one[0] for one in answers], dtype=object),
            "event_type": [one[1] for one in answers],
            "occurred_at": pd.Series(
                [MONDAY + timedelta(days=one[2], hours=one[3], minutes=at) for at, one in enumerate(answers)],
                dtype="datetime64[s]",
            ),
            "quality": [quality] * len(answers),
        }
    )


def best(answers: Sequence[Answer], contact: str = "p") -> BestTime | None:
    return best_time(events(answers), contact, PLAIN, TODAY)


@pytest.mark.parametrize(("count", "confidence"), [(1, "low"), (4, "low"), (5, "medium"), (15, "high")])
def test_it_is_when_the_person_answered_before(count: int, confidence: str) -> None:
    found = best([("p", "call_made", 2, 15)] * count + [("p", "email_received", 0, 9)])
    assert found is not None
    assert (found.weekday, found.hour) == ((2, 15) if count > 1 else (0, 9))  # the week's first of equals
    assert found.answers == count + 1
    exact = best([("p", "call_made", 2, 15)] * count)
    assert exact is not None
    assert exact.confidence == confidence


def test_everybodys_habits_decide_where_a_person_says_little() -> None:
    others: list[Answer] = [(f"q{number}", "call_made", 1, 10) for number in range(40)]
    found = best([*others, ("p", "email_opened", 4, 18)])
    assert found is not None
    assert (found.weekday, found.hour, found.confidence) == (1, 10, "low")
    many = best([*others, *[("p", "email_received", 4, 18)] * 12])
    assert many is not None
    assert (many.weekday, many.hour, many.confidence) == (4, 18, "medium")


def test_calls_that_nobody_answers_speak_against_an_hour() -> None:
    answers: list[Answer] = [*[("p", "call_made", 0, 9)] * 2, ("p", "call_made", 3, 14)]
    found = best(answers)
    assert found is not None
    assert (found.weekday, found.hour) == (0, 9)
    found = best([*answers, *[("p", "call_unanswered", 0, 9)] * 3])
    assert found is not None
    assert (found.weekday, found.hour) == (3, 14)
    assert best([("p", "call_unanswered", 0, 9)]) is None


def test_hours_are_those_of_the_organisations_zone() -> None:
    frame = events([("p", "call_made", 0, 0)] * 3)
    moment = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # Monday half past eight in Tokyo
    frame["occurred_at"] = pd.Series([moment] * 3, dtype="datetime64[ns, UTC]")
    found = best_time(frame, "p", PLAIN, Today(DAY, zone=ZoneInfo("Asia/Tokyo")))
    assert found is not None
    assert (found.weekday, found.hour) == (0, 8)


def test_only_exact_instants_of_known_people_and_of_the_past_tell_something() -> None:
    assert best_times(events([("p", "call_made", 0, 9)], "day"), PLAIN, TODAY).empty
    assert best_times(events([(None, "call_made", 0, 9)]), PLAIN, TODAY).empty
    assert best_times(events([("p", "task_done", 0, 9)]), PLAIN, TODAY).empty
    assert best_times(events([("p", "call_made", 9, 9)]), PLAIN, TODAY).empty
    assert best_times(events([("p", "call_made", -380, 9)]), PLAIN, TODAY).empty
    assert best_times(events([]), PLAIN, TODAY).columns.tolist() == [
        *("contact", "weekday", "hour", "answers", "share", "confidence")
    ]


def test_people_are_sorted_and_the_order_of_rows_decides_nothing() -> None:
    answers: list[Answer] = [(f"p{n % 7}", "email_received", n % 5, 8 + n % 9) for n in range(90)]
    rows = events(answers)
    one, other = (best_times(each, PLAIN, TODAY) for each in (rows, rows.iloc[::-1]))
    pd.testing.assert_frame_equal(one, other)
    assert one["contact"].tolist() == [f"p{n}" for n in range(7)]
    assert one["share"].between(1 / 168, 1).all()


def test_without_habits_of_others_a_person_stands_alone() -> None:
    alone = PLAIN.model_copy(update={"reach": Reach(usual=0)})
    found = best_time(events([("p", "call_made", 6, 23), ("q", "call_made", 1, 9)]), "p", alone, TODAY)
    assert found == BestTime(6, 23, 1, 0.5, "low")
