"""When a person is best reached: weekday and hour, from when that person answered before.

A person's answers, spread a little over the hours beside, are joined with everybody's habits, which count as
a few answers: whoever answered once is not said to answer on that hour of the week alone. The confidence is a
matter of how many own answers there are, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.periods import Today
from scoring.days import EPOCH, day_number
from scoring.engagement.config import EngagementSegmentation, Reach
from scoring.engagement.events import SECONDS_PER_DAY, automatic, is_exact, local_seconds, places
from scoring.engagement.plan import Floats, Integers

HOURS_PER_DAY, SLOTS = 24, 168  # hours of a week, from Monday 00:00
SECONDS_PER_HOUR = 3_600
EPOCH_WEEKDAY = EPOCH.weekday()  # 1970 began on a Thursday
# Of an answer, so much stays on its hour, and so much goes to the hour before and to the one after.
OWN_HOUR, BESIDE = 0.5, 0.25
PEOPLE_AT_ONCE = 20_000  # 168 numbers each: 27 MB
Confidence = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class BestTime:
    """An hour of the week on the organisation's clock.

    Attributes:
        weekday: 0 is Monday.
        hour: 0 to 23; from then on, an hour long.
        answers: how many own answers say so.
        share: the share of the answers expected in that hour; an even week would give 1 / 168.
    """

    weekday: int
    hour: int
    answers: int
    share: float
    confidence: Confidence


def best_times(events: pd.DataFrame, segmentation: EngagementSegmentation, today: Today) -> pd.DataFrame:
    """The best time for each person who ever answered.

    Args:
        events: as the first lines of ``scoring.engagement.events`` say. Only exact instants count.
        segmentation: what counts as an answer.
        today: the day, and the zone whose hours are meant.

    Returns:
        A row per person, sorted by ``contact``: ``weekday``, ``hour``, ``answers``, ``share``,
        ``confidence``.
    """
    reach = segmentation.reach
    answers = _answers(events, segmentation, today)
    # By position, not by index: whose events they are is all that matters.
    people = sorted({str(one) for one in answers["contact"]})
    person = places(answers["contact"].astype(str), pd.Index(np.array(people, dtype=object)))
    slot, weight = answers["slot"].to_numpy(np.int64), answers["weight"].to_numpy(np.float64)
    whole: Floats = np.bincount(slot, weights=weight, minlength=SLOTS).astype(np.float64)
    usual = _spread(np.maximum(whole, 0)[None, :])[0]
    habits = usual / usual.sum() if usual.sum() else np.full(SLOTS, 1 / SLOTS)
    rows = list(_rows(person, slot, weight, len(people), reach, habits))
    columns = ["weekday", "hour", "answers", "share", "confidence"]
    frame = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
    frame.insert(0, "contact", pd.Series(people, dtype=object))
    return frame[frame["answers"] > 0].reset_index(drop=True)


def best_time(
    events: pd.DataFrame, contact: str, segmentation: EngagementSegmentation, today: Today
) -> BestTime | None:
    """The best time for one person, with everybody's events as background; None who never answered."""
    found = best_times(events, segmentation, today)
    mine = found[found["contact"] == contact]
    if mine.empty:
        return None
    row = mine.iloc[0]
    return BestTime(
        int(row["weekday"]), int(row["hour"]), int(row["answers"]), float(row["share"]), row["confidence"]
    )


def _answers(events: pd.DataFrame, segmentation: EngagementSegmentation, today: Today) -> pd.DataFrame:
    """Contact, hour of the week and weight of every event that tells something."""
    reach = segmentation.reach
    seconds, present = local_seconds(events["occurred_at"], today.zone)
    day = seconds // SECONDS_PER_DAY
    age = day_number(today.day) - day
    names: pd.Index[Any] = pd.Index(np.array(list(reach.weights), dtype=object))
    kind = places(events["event_type"], names)
    known = present & (kind >= 0) & (age >= 0) & (age <= reach.within_days) & is_exact(events)
    known &= events["contact"].notna().to_numpy(np.bool_)
    known &= ~automatic(events, segmentation.automation, seconds)
    weights = np.array(list(reach.weights.values()), dtype=np.float64)
    hour = (seconds % SECONDS_PER_DAY) // SECONDS_PER_HOUR
    slot = (day + EPOCH_WEEKDAY) % 7 * HOURS_PER_DAY + hour
    return pd.DataFrame(
        {
            "contact": events["contact"].to_numpy()[known],
            "slot": slot[known],
            "weight": weights[kind[known]],
        }
    )


def _rows(
    person: Integers, slot: Integers, weight: Floats, people: int, reach: Reach, habits: Floats
) -> Iterator[pd.DataFrame]:
    """Some people at a time, because each takes a week of numbers."""
    order = np.argsort(person, kind="stable")
    person, slot, weight = person[order], slot[order], weight[order]
    for first in range(0, people, PEOPLE_AT_ONCE):
        count = min(PEOPLE_AT_ONCE, people - first)
        low, high = np.searchsorted(person, [first, first + count])
        cell = (person[low:high] - first) * SLOTS + slot[low:high]
        flat: Floats = np.bincount(cell, weights=weight[low:high], minlength=count * SLOTS).astype(np.float64)
        week = flat.reshape(count, SLOTS)
        good = weight[low:high] > 0
        answers = np.bincount(person[low:high][good] - first, minlength=count)
        yield _best(np.maximum(_spread(week), 0), answers.astype(np.int64), reach, habits)


def _best(week: Floats, answers: Integers, reach: Reach, habits: Floats) -> pd.DataFrame:
    """The hour with the largest share; the first of the week among equals."""
    shares = week + reach.usual * habits
    total = shares.sum(axis=1, keepdims=True)
    shares = np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)
    # Rounded, so that no hour wins by the last bit of a sum.
    best = np.argmax(np.round(shares, 12), axis=1)
    confidence = np.where(answers >= reach.high, "high", np.where(answers >= reach.medium, "medium", "low"))
    return pd.DataFrame(
        {
            "weekday": best // HOURS_PER_DAY,
            "hour": best % HOURS_PER_DAY,
            "answers": answers,
            "share": shares[np.arange(len(best)), best],
            "confidence": confidence.astype(object),
        }
    )


def _spread(weeks: npt.NDArray[np.float64]) -> Floats:
    return OWN_HOUR * weeks + BESIDE * (np.roll(weeks, 1, axis=1) + np.roll(weeks, -1, axis=1))
