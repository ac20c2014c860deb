"""Histories of engagement, and a plain second opinion on their scores, event by event."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from hypothesis import strategies as st

from scoring.criteria.periods import Today
from scoring.engagement.config import Channel, EngagementSegmentation

DAY = date(2026, 11, 29)
TODAY = Today(DAY)
KINDS = tuple(event for channel in EngagementSegmentation(name="E").channels for event in channel.points)


@dataclass(frozen=True)
class Happened:
    """An event as a test writes it: so many minutes before the end of the day."""

    account: str
    contact: str | None
    event: str
    days_ago: int
    minute: int = 0
    score: int | None = None


def frame(events: Sequence[Happened]) -> pd.DataFrame:
    """The events as the scores read them."""
    return pd.DataFrame(
        {
            "account_id": pd.Series([one.account for one in events], dtype=object),
            "contact": pd.Series([one.contact for one in events], dtype=object),
            "event_type": pd.Series([one.event for one in events], dtype=object),
            "occurred_at": pd.Series(
                [
                    datetime(DAY.year, DAY.month, DAY.day)  # noqa: DTZ001 -- the organisation's clock
                    - timedelta(days=one.days_ago)
                    + timedelta(minutes=one.minute)
                    for one in events
                ],
                dtype="datetime64[s]",
            ),
            "quality": pd.Series(["exact"] * len(events), dtype=object),
            "score": pd.Series([one.score for one in events], dtype="float64"),
        }
    )


def plain_points(events: Sequence[Happened], segmentation: EngagementSegmentation, account: str) -> int:
    """Millionths of points of one account, one event after the other."""
    machine = segmentation.automation.openings
    seen: set[tuple[str | None, str, int, int]] = set()
    sums: dict[str, int] = {}
    people: set[str] = set()
    for one in events:
        key = (one.contact, one.event, one.days_ago, one.minute)
        if one.account != account or one.days_ago < 0 or (one.event in machine and key in seen):
            continue
        seen.add(key)
        for channel in segmentation.channels:
            if one.event not in channel.points:
                continue
            share = (one.score or 0) / 100 if one.event in channel.rated else 1
            points = channel.points[one.event] * share
            worth = round(points * 1_000_000 * _left(channel, one.days_ago))
            sums[channel.name] = sums.get(channel.name, 0) + worth
            if points > 0 and one.contact and one.days_ago <= segmentation.breadth.within_days:
                people.add(one.contact)
    limits = {channel.name: round(channel.cap * 1_000_000) for channel in segmentation.channels}
    total = sum(max(-limits[name], min(limits[name], value)) for name, value in sums.items())
    breadth = segmentation.breadth
    bonus = min(round(breadth.most * 1000), round(breadth.per_person * 1000) * max(0, len(people) - 1))
    return total + (total * bonus // 1000 if total > 0 else 0)


def plain_score(points: int, scale: float) -> float:
    """A score from millionths of points."""
    return round(100 * (1 - math.exp(-max(points, 0) / 1_000_000 / scale)), 1)


def _left(channel: Channel, age: int) -> float:
    if age > 3650:
        return 0.0
    if channel.decay == "linear":
        return max(0.0, 1 - age / (2 * channel.half_life_days))
    return float(2 ** (-age / channel.half_life_days))


happenings = st.builds(
    Happened,
    account=st.sampled_from(["a", "b", "c"]),
    contact=st.sampled_from(["p", "q", "r", "s", None]),
    event=st.sampled_from([*KINDS, "email_sent", "unheard_of"]),
    days_ago=st.integers(-3, 400) | st.sampled_from([89, 90, 91, 3650, 3651, 9000]),
    minute=st.integers(0, 3),
    score=st.none() | st.integers(-100, 100),
)
histories = st.lists(happenings, max_size=25)
