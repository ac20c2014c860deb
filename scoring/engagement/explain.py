"""Why an account has its engagement score, and what would change its label. Values only, no sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from scoring.criteria.periods import Today
from scoring.engagement.config import EngagementSegmentation
from scoring.engagement.events import Counted, counted
from scoring.engagement.plan import MICRO, OLDEST, Floats, Integers, Plan, fading, plan_of
from scoring.engagement.scores import (
    channel_sums,
    labels_of,
    people_of,
    scores_of,
    total_points,
    worth,
)

MOST_CONTRIBUTIONS = 5
MOST_WAYS = 5
MOST_TIMES = 50  # of one event; what takes more is no advice
DAYS_AHEAD = 365
FIRST_DAYS, MOST_NUMBERS = 61, 1_000_000


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one kind of event adds or takes away, before its channel's limit.

    Attributes:
        times: how many such events count.
        points: what they are worth together today.
        last: when the latest was.
    """

    channel: str
    event: str
    times: int
    points: float
    last: date


@dataclass(frozen=True, slots=True)
class ChannelSum:
    """What a channel gives: ``points`` of its events, and what of them ``counted`` within its ``cap``."""

    channel: str
    points: float
    counted: float
    cap: float


@dataclass(frozen=True, slots=True)
class Way:
    """So many events of a kind, today, would give the better label."""

    event: str
    times: int


@dataclass(frozen=True, slots=True)
class Better:
    """The next better label.

    Attributes:
        points: how many more points it takes, at least.
        ways: one kind of event each that reaches it, the fewest events first; empty when none does.
    """

    label: str
    at_least: float
    points: float
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """What becomes of the label when nothing happens: on that day it is another one."""

    label: str | None
    day: date


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind one account's score.

    Attributes:
        scale: S: score = 100 * (1 - exp(-points / S)).
        points: after limits and breadth.
        people: how many different people, and ``breadth_points``, what they add.
        contributions: the five largest, either way.
        channels: every channel in which something counted.
        better: None for the best label.
        drift: None when the label stays for a year.
        left_out: how many rows did not count, by reason; see ``events.Counted``.
    """

    score: float
    label: str | None
    scale: float
    points: float
    people: int
    breadth_points: float
    contributions: tuple[Contribution, ...]
    channels: tuple[ChannelSum, ...]
    better: Better | None
    drift: Drift | None
    left_out: dict[str, int]


def explain(
    events: pd.DataFrame,
    account: str,
    segmentation: EngagementSegmentation,
    today: Today,
    scale: float,
) -> Explanation:
    """Explain one account's score.

    Args:
        events: with those of the account; others are not looked at.
        account: its id.
        segmentation: how it was scored.
        today: the day of the score.
        scale: S of the run that scored it.

    Raises:
        KeyError: a column is missing.
    """
    plan = plan_of(segmentation)
    rows = counted(events, pd.Index(np.array([account], dtype=object)), plan, today)
    sums, people = channel_sums(rows, plan, 1), people_of(rows, plan, 1)
    points = total_points(sums, people, plan)
    score = scores_of(points, scale)
    label = labels_of(score, segmentation.labels)[0]
    within = int(np.clip(sums, -plan.caps, plan.caps).sum())
    return Explanation(
        score=float(score[0]),
        label=label,
        scale=scale,
        points=int(points[0]) / MICRO,
        people=int(people[0]),
        breadth_points=(int(points[0]) - within) / MICRO,
        contributions=tuple(_contributions(rows, plan, today)),
        channels=tuple(_channels(rows, sums[0], plan)),
        better=_better(sums[0], int(people[0]), plan, scale),
        drift=_drift(rows, plan, today, scale, label),
        left_out=rows.left_out,
    )


def _contributions(rows: Counted, plan: Plan, today: Today) -> list[Contribution]:
    value = np.bincount(rows.kind, weights=worth(rows, plan), minlength=len(plan.points)).astype(np.int64)
    times = np.bincount(rows.kind, weights=rows.seen, minlength=len(plan.points)).astype(np.int64)
    present = [int(kind) for kind in np.unique(rows.kind) if value[kind]]
    largest = sorted(present, key=lambda kind: (-abs(int(value[kind])), plan.events[kind]))
    return [
        Contribution(
            channel=plan.segmentation.channels[int(plan.channel[kind])].name,
            event=str(plan.events[kind]),
            times=int(times[kind]),
            points=int(value[kind]) / MICRO,
            last=today.day - timedelta(days=int(rows.age[rows.kind == kind].min())),
        )
        for kind in largest[:MOST_CONTRIBUTIONS]
    ]


def _channels(rows: Counted, sums: Integers, plan: Plan) -> Iterator[ChannelSum]:
    for at in np.unique(plan.channel[rows.kind]):
        channel, limit = plan.segmentation.channels[int(at)], int(plan.caps[at])
        within = max(-limit, min(limit, int(sums[at])))
        yield ChannelSum(channel.name, int(sums[at]) / MICRO, within / MICRO, channel.cap)


def _better(sums: Integers, people: int, plan: Plan, scale: float) -> Better | None:
    now = _points(sums[None, :], people, plan)
    score = float(scores_of(now, scale)[0])
    above = [one for one in plan.segmentation.labels if one.at_least > score]
    if not above:
        return None
    label = min(above, key=lambda one: one.at_least)
    return Better(
        label.name,
        label.at_least,
        max(0, least_points(label.at_least, scale) - int(now[0])) / MICRO,
        tuple(_ways(sums, people, plan, scale, label.at_least)),
    )


def least_points(score: float, scale: float) -> int:
    """The fewest millionths of a point that score so much, as scores are rounded."""
    low, high = 0, 1
    while scores_of(np.array([high], dtype=np.int64), scale)[0] < score:
        high *= 2
    while low < high:
        middle = (low + high) // 2
        if scores_of(np.array([middle], dtype=np.int64), scale)[0] >= score:
            high = middle
        else:
            low = middle + 1
    return low


def _ways(sums: Integers, people: int, plan: Plan, scale: float, at_least: float) -> list[Way]:
    """By known people, so that breadth stays as it is; a rating at its best."""
    found: list[Way] = []
    for kind in np.flatnonzero(plan.points > 0):
        tries = np.repeat(sums[None, :], MOST_TIMES, axis=0)
        each = round(float(plan.points[kind]) * MICRO)
        tries[:, plan.channel[kind]] += each * np.arange(1, MOST_TIMES + 1)
        reached = np.flatnonzero(scores_of(_points(tries, people, plan), scale) >= at_least)
        if len(reached):
            found.append(Way(str(plan.events[int(kind)]), int(reached[0]) + 1))
    return sorted(found, key=lambda one: (one.times, one.event))[:MOST_WAYS]


def _points(sums: Integers, people: int, plan: Plan) -> Integers:
    # Who has not done anything yet counts as one person anyway: the first adds nothing.
    return total_points(sums, np.full(len(sums), people, dtype=np.int64), plan)


def _drift(rows: Counted, plan: Plan, today: Today, scale: float, label: str | None) -> Drift | None:
    """The first of the coming days on which the label is another one."""
    # So many days at once that the numbers stay few; often the first days decide.
    at_once = max(1, min(FIRST_DAYS, MOST_NUMBERS // max(1, len(rows.age))))
    faded = fading(plan.segmentation.channels, int(min(OLDEST, rows.age.max(initial=0) + DAYS_AHEAD)))
    latest = _latest_by_person(rows, plan)
    for first in range(1, DAYS_AHEAD + 1, at_once):
        later = np.arange(first, min(first + at_once, DAYS_AHEAD + 1))
        within = latest[None, :] + later[:, None] <= plan.segmentation.breadth.within_days
        people = np.asarray(within.sum(axis=1), dtype=np.int64)
        points = total_points(_sums_ahead(rows, plan, faded, later), people, plan)
        labels = labels_of(scores_of(points, scale), plan.segmentation.labels)
        other = np.flatnonzero(labels != label)
        if len(other):
            return Drift(labels[other[0]], today.day + timedelta(days=int(later[other[0]])))
    return None


def _sums_ahead(rows: Counted, plan: Plan, faded: Floats, later: Integers) -> Integers:
    """Points by coming day and channel: shape (days, channels)."""
    sums = np.zeros((len(later), len(plan.caps)), dtype=np.int64)
    channel = plan.channel[rows.kind]
    whole = plan.points[rows.kind] * MICRO * rows.times
    for at in np.unique(channel):
        mine = channel == at
        ages = rows.age[mine][None, :] + later[:, None]
        left = np.where(ages <= OLDEST, faded[at, np.minimum(ages, faded.shape[1] - 1)], 0.0)
        sums[:, at] = np.rint(whole[mine][None, :] * left).astype(np.int64).sum(axis=1)
    return sums


def _latest_by_person(rows: Counted, plan: Plan) -> Integers:
    """How old the latest good event of each person is."""
    good = (rows.person >= 0) & (plan.points[rows.kind] * rows.times > 0)
    people, place = np.unique(rows.person[good], return_inverse=True)
    latest = np.full(len(people), np.iinfo(np.int64).max // 2, dtype=np.int64)
    np.minimum.at(latest, place, rows.age[good])
    return latest
