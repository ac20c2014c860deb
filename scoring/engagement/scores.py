"""Engagement scores: score = 100 * (1 - exp(-points / S)), points faded by age and limited by channel.

Points of an event are counted in millionths, as whole numbers; a day's fading is looked up in a table of
whole days. Sums are therefore exact, whatever order the events come in, and one account scored alone has to
the digit the score that it has among all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.periods import Today
from scoring.days import day_number
from scoring.engagement.config import Breadth, EngagementSegmentation, RangeLabel
from scoring.engagement.events import Counted, counted
from scoring.engagement.plan import MICRO, OLDEST, Floats, Integers, Plan, fading, plan_of

MILLI = 1_000  # of the share that breadth adds
# The 95th of 100 active accounts scores 80 (analytics D3).
ACTIVE_RANK, ACTIVE_SCORE = 95, 80.0
# Without active accounts: as if the 95th had the points of an answer, two clicks and two openings.
FALLBACK_POINTS = 50.0
FEWEST_ACTIVE = 20  # below it a 95th percentile is the one busiest account
DECIMALS = 1  # of a score: what is shown is what is compared with the labels
_LOG = math.log(1 / (1 - ACTIVE_SCORE / 100))


@dataclass(frozen=True)
class EngagementResult:
    """Scores of one run.

    Attributes:
        frame: a row per account, in the order they were given: ``account_id``; ``score`` 0 to 100, to one
            decimal; ``points`` after limits and breadth, in millionths, may be negative; ``people`` who did
            something worth points lately; ``events`` that counted; ``last_event`` a date or None; ``label``.
        scale: S, to be kept with the run: with it one account is scored exactly as in the run.
        left_out: how many rows did not count, by reason; see ``events.Counted``.
        warnings: sentences about what makes the scores say little.
    """

    frame: pd.DataFrame
    scale: float
    left_out: dict[str, int]
    warnings: tuple[str, ...]


def score(
    events: pd.DataFrame,
    accounts: Sequence[str],
    segmentation: EngagementSegmentation,
    today: Today,
    scale: float | None = None,
) -> EngagementResult:
    """Score accounts; one alone, or all of them.

    Args:
        events: as the first lines of ``scoring.engagement.events`` say; of any accounts, in any order.
        accounts: ids of those to be scored, each once; those without events score 0.
        segmentation: points, limits, labels.
        today: the day of the run; events after it do not count yet.
        scale: S of an earlier run, to score some accounts as it would have. None: that of the segmentation,
            or one that fits the accounts.

    Raises:
        KeyError: a column is missing.
        ValueError: an account stands twice.
    """
    index: pd.Index[Any] = pd.Index(np.array(accounts, dtype=object))
    if not index.is_unique:
        raise ValueError("an account stands twice among those to be scored")
    plan = plan_of(segmentation)
    rows = counted(events, index, plan, today)
    people = people_of(rows, plan, len(index))
    points = total_points(channel_sums(rows, plan, len(index)), people, plan)
    warnings: tuple[str, ...] = ()
    if scale is None:
        scale = segmentation.scale
    if scale is None:
        scale = scale_of(points)
        warnings = _warnings(points)
    scores = scores_of(points, scale)
    frame = pd.DataFrame(
        {
            "account_id": index,
            "score": scores,
            "points": points,
            "people": people,
            "events": np.bincount(rows.account, weights=rows.seen, minlength=len(index)).astype(np.int64),
            "last_event": _last_days(rows, len(index), today),
            "label": labels_of(scores, segmentation.labels),
        }
    )
    return EngagementResult(frame, scale, rows.left_out, warnings)


def worth(rows: Counted, plan: Plan) -> Integers:
    """What every event is worth on the day of the run, in millionths of a point."""
    faded = fading(plan.segmentation.channels, int(min(OLDEST, rows.age.max(initial=0))))
    left = faded[plan.channel[rows.kind], np.minimum(rows.age, faded.shape[1] - 1)]
    left[rows.age > OLDEST] = 0.0
    micro: Integers = np.rint(plan.points[rows.kind] * MICRO * rows.times * left).astype(np.int64)
    return micro


def channel_sums(rows: Counted, plan: Plan, accounts: int) -> Integers:
    """Points by account and channel, in millionths, before the limits: shape (accounts, channels)."""
    channels = len(plan.caps)
    cell = rows.account * channels + plan.channel[rows.kind]
    # Whole numbers below 2**53 add up exactly as floats, in any order.
    sums = np.bincount(cell, weights=worth(rows, plan), minlength=accounts * channels)
    return sums.astype(np.int64).reshape(accounts, channels)


def people_of(rows: Counted, plan: Plan, accounts: int) -> Integers:
    """How many different people of each account did something worth points lately."""
    within = rows.age <= plan.segmentation.breadth.within_days
    chosen = (rows.person >= 0) & within & (plan.points[rows.kind] * rows.times > 0)
    account, person = rows.account[chosen], rows.person[chosen]
    width = int(person.max(initial=0)) + 1
    each_once = np.unique(account * width + person) // width
    return np.bincount(each_once, minlength=accounts).astype(np.int64)


def total_points(sums: Integers, people: Integers, plan: Plan) -> Integers:
    """Points of each account in millionths: channels within their limits, and what breadth adds."""
    total = np.clip(sums, -plan.caps, plan.caps).sum(axis=1, dtype=np.int64)
    added = total * bonus_of(people, plan.segmentation.breadth) // MILLI
    points: Integers = total + np.where(total > 0, added, 0)
    return points


def bonus_of(people: Integers, breadth: Breadth) -> Integers:
    """The share that breadth adds, in thousandths."""
    each, most = round(breadth.per_person * MILLI), round(breadth.most * MILLI)
    bonus: Integers = np.minimum(most, each * np.maximum(0, people - 1)).astype(np.int64)
    return bonus


def scale_of(points: Integers) -> float:
    """S with which the active account at rank ceil(95 % of n) scores 80.

    An order statistic, so that it depends on nothing but one account's points.
    """
    active = np.sort(points[points > 0])
    if not len(active):
        return FALLBACK_POINTS / _LOG
    rank = -(-ACTIVE_RANK * len(active) // 100)
    return float(active[rank - 1]) / MICRO / _LOG


def scores_of(points: Integers, scale: float) -> Floats:
    """Scores from points in millionths."""
    positive = np.maximum(points, 0).astype(np.float64) / MICRO
    with np.errstate(over="ignore"):  # of a tiny scale: the score is 100
        return np.round(-100.0 * np.expm1(-positive / scale), DECIMALS)


def labels_of(scores: Floats, labels: Sequence[RangeLabel]) -> npt.NDArray[np.object_]:
    """The label of each score; None below the lowest."""
    ascending = sorted(labels, key=lambda one: one.at_least)
    names = np.array([None, *(one.name for one in ascending)], dtype=object)
    begins = np.array([one.at_least for one in ascending], dtype=np.float64)
    return names[np.searchsorted(begins, scores, side="right")]


def _last_days(rows: Counted, accounts: int, today: Today) -> npt.NDArray[np.object_]:
    youngest = np.full(accounts, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(youngest, rows.account, rows.age)
    known = youngest < np.iinfo(np.int64).max
    days = np.full(accounts, None, dtype=object)
    numbers = day_number(today.day) - youngest[known]
    days[known] = numbers.astype("datetime64[D]").astype(object)
    return days


def _warnings(points: Integers) -> tuple[str, ...]:
    active = int((points > 0).sum())
    if not active:
        return ("No account has points: every score is 0.",)
    if active < FEWEST_ACTIVE:
        accounts = "1 account is" if active == 1 else f"{active} accounts are"
        sentence = f"Only {accounts} active: the scale follows the busiest one."
        return (f"{sentence} Scores mean more from {FEWEST_ACTIVE} on, or with a fixed scale.",)
    return ()
