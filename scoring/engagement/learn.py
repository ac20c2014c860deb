"""Points learned from the organisation's own won deals: a proposal, printed as a plain points table.

At days of the past, the faded events of every active account stand beside whether it won a deal in the days
after. A logistic model whose weights keep the signs of the points set by hand, and which stays near them
where there are few examples, gives new points. They are tried on a later time that the fit has not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from scoring.criteria.periods import Today
from scoring.days import day_number, day_numbers, day_of
from scoring.engagement.config import MOST_POINTS, EngagementSegmentation
from scoring.engagement.events import Counted, counted, places
from scoring.engagement.plan import OLDEST, Floats, Integers, Plan, Truths, fading, plan_of
from scoring.engagement.scores import channel_sums, people_of, total_points
from scoring.logistic import Cases, Prior, fit_yes_or_no
from scoring.ranking import area_under_curve

# Below so many won deals scores are not worth learning (RevOps practice, analytics A4).
FEWEST_WINS = 20
FEWEST_ACCOUNTS = 5  # an event seen at fewer accounts keeps the points set by hand
ACTIVE_DAYS = 365  # an account takes part on a day when something happened in so many days before
MOST_ACCOUNTS, MOST_EXAMPLES = 20_000, 100_000
DECIMALS = 1
TESTED_SHARE = 0.25  # of the days, the last


@dataclass(frozen=True, slots=True)
class LearnedPoints:
    """A line of the table: an event's points by hand and learned, and how many accounts it was seen at."""

    channel: str
    event: str
    by_hand: float
    learned: float
    accounts: int


@dataclass(frozen=True)
class PointsProposal:
    """What the organisation's own history says of the points.

    Attributes:
        segmentation: the same one with the learned points; None when there is too little to learn from.
        table: line by line; empty then.
        examples, wins: how many accounts-on-a-day were learned from, and how many of them won.
        tested_from: the first day of the later time on which both tables were tried.
        by_hand, learned: how often an account that won ranks above one that did not, there (AUC); None where
            nobody won or everybody did.
        better: whether the learned points rank better there.
        warnings: sentences.
    """

    segmentation: EngagementSegmentation | None
    table: tuple[LearnedPoints, ...]
    examples: int
    wins: int
    tested_from: date | None
    by_hand: float | None
    learned: float | None
    better: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Moment:
    """Every account that was active before a day, and which of them won after it."""

    day: date
    rows: Counted
    accounts: int
    active: Integers
    won: Truths


def propose_points(
    events: pd.DataFrame,
    deals: pd.DataFrame,
    segmentation: EngagementSegmentation,
    today: Today,
    *,
    horizon_days: int = 30,
    every_days: int = 30,
) -> PointsProposal:
    """Learn points.

    Args:
        events: as the first lines of ``scoring.engagement.events`` say.
        deals: a row per closed deal: ``account_id``, ``closed_on``, ``won``.
        segmentation: the points set by hand; its half-lives, limits and breadth stay.
        today: the day; later events and deals are not looked at.
        horizon_days: a win within so many days after a moment counts.
        every_days: how far moments are apart.

    Raises:
        KeyError: a column is missing.
    """
    plan = plan_of(segmentation)
    accounts: pd.Index[str] = pd.Index(np.array(sorted({str(one) for one in events["account_id"].dropna()})))
    accounts = _some_accounts(accounts, _wins(deals, accounts, today))
    wins = _wins(deals, accounts, today)
    if len(wins) < FEWEST_WINS:
        count = f"{len(wins)} won deal{'' if len(wins) == 1 else 's'} of accounts with events"
        return _nothing(f"{count}: learning takes at least {FEWEST_WINS}.")
    moments = list(_moments(events, accounts, wins, plan, today, horizon_days, every_days))
    tested = max(1, round(len(moments) * TESTED_SHARE))
    # What was won in the last days of learning must not lie in the time of the test.
    learned_from, tried_on = moments[:-tested], moments[-tested:]
    learned_from = [one for one in learned_from if one.day + timedelta(days=horizon_days) <= tried_on[0].day]
    won = sum(int(one.won.sum()) for one in learned_from)
    if won < FEWEST_WINS:
        return _nothing(f"Only {won} wins lie before the time of the test; learning takes {FEWEST_WINS}.")
    return _learned(learned_from, tried_on, plan)


def _learned(learned_from: list[_Moment], tried_on: list[_Moment], plan: Plan) -> PointsProposal:
    features = np.concatenate([_faded_counts(one, plan) for one in learned_from])
    won = np.concatenate([one.won for one in learned_from])
    chosen = _some(won)
    features, won = features[chosen], won[chosen]
    seen = _seen_at(learned_from, plan)
    points = _fitted(features, won, plan, seen >= FEWEST_ACCOUNTS)
    new = _with_points(plan.segmentation, points, plan)
    before, after = _quality(tried_on, plan), _quality(tried_on, plan_of(new))
    better = before is not None and after is not None and after > before
    warnings = [] if before is not None else ["Nobody won in the time of the test, so nothing was tried."]
    if before is not None and not better:
        warnings.append("The points set by hand rank at least as well: keep them.")
    return PointsProposal(
        segmentation=new,
        table=tuple(_table(plan, points, seen)),
        examples=len(won),
        wins=int(won.sum()),
        tested_from=tried_on[0].day,
        by_hand=before,
        learned=after,
        better=better,
        warnings=tuple(warnings),
    )


def _nothing(sentence: str) -> PointsProposal:
    return PointsProposal(None, (), 0, 0, None, None, None, better=False, warnings=(sentence,))


def _some_accounts(accounts: pd.Index[str], wins: pd.DataFrame) -> pd.Index[str]:
    """All of them, or as many as there is room for: half of it for those that won, evenly spread."""
    if len(accounts) <= MOST_ACCOUNTS:
        return accounts
    won = np.unique(wins["account"].to_numpy(np.int64))
    others = np.setdiff1d(np.arange(len(accounts)), won)
    chosen = np.concatenate([_spread(won, MOST_ACCOUNTS // 2), _spread(others, MOST_ACCOUNTS // 2)])
    return accounts[np.sort(chosen)]


def _spread(numbers: Integers, most: int) -> Integers:
    if len(numbers) <= most:
        return numbers
    return numbers[np.linspace(0, len(numbers) - 1, most).astype(np.int64)]


def _wins(deals: pd.DataFrame, accounts: pd.Index[str], today: Today) -> pd.DataFrame:
    """Place of the account and day (since 1970) of every won deal."""
    day, present = day_numbers(deals["closed_on"], today.zone)
    account = places(deals["account_id"], accounts)
    won = deals["won"].fillna(value=False).to_numpy(np.bool_)
    counts = won & present & (account >= 0) & (day <= day_number(today.day))
    return pd.DataFrame({"account": account[counts], "day": day[counts]})


def _moments(
    events: pd.DataFrame,
    accounts: pd.Index[str],
    wins: pd.DataFrame,
    plan: Plan,
    today: Today,
    horizon: int,
    every: int,
) -> Iterator[_Moment]:
    """The days of the past, the oldest first; the last one lies a horizon before today."""
    rows = counted(events, accounts, plan, today)
    last = day_number(today.day) - horizon
    span = int(rows.age.max(initial=0)) - horizon
    for back in range(span // every * every, -1, -every):
        before = rows.age - horizon - back
        past = before >= 0
        some = replace(
            rows,
            account=rows.account[past],
            person=rows.person[past],
            kind=rows.kind[past],
            age=before[past],
            times=rows.times[past],
            seen=rows.seen[past],
        )
        active = np.unique(some.account[some.age <= ACTIVE_DAYS])
        day = last - back
        after = wins["account"][(wins["day"] > day) & (wins["day"] <= day + horizon)].to_numpy(np.int64)
        if len(active):
            yield _Moment(day_of(day), some, len(accounts), active, np.isin(active, after))


def _faded_counts(moment: _Moment, plan: Plan) -> Floats:
    """How much of each kind of event is left, by active account: shape (active, kinds)."""
    rows, kinds = moment.rows, len(plan.points)
    faded = fading(plan.segmentation.channels)
    left = np.where(rows.age <= OLDEST, faded[plan.channel[rows.kind], np.minimum(rows.age, OLDEST)], 0.0)
    place = np.full(moment.accounts, -1, dtype=np.int64)
    place[moment.active] = np.arange(len(moment.active))
    mine = place[rows.account] >= 0
    cell = place[rows.account[mine]] * kinds + rows.kind[mine]
    value = (left * rows.times)[mine]
    flat: Floats = np.bincount(cell, weights=value, minlength=len(moment.active) * kinds).astype(np.float64)
    return flat.reshape(len(moment.active), kinds)


def _some(won: Truths) -> Integers:
    """All winners and as many others as there is room for, evenly spread."""
    if len(won) <= MOST_EXAMPLES:
        return np.arange(len(won))
    others = np.flatnonzero(~won)
    room = max(MOST_EXAMPLES - int(won.sum()), MOST_EXAMPLES // 2)
    return np.sort(np.concatenate([np.flatnonzero(won), _spread(others, room)]))


def _seen_at(moments: list[_Moment], plan: Plan) -> Integers:
    """At how many accounts each kind was seen, up to the last of these days."""
    rows = moments[-1].rows
    pairs = np.unique(rows.account * len(plan.points) + rows.kind)
    return np.bincount(pairs % len(plan.points), minlength=len(plan.points)).astype(np.int64)


def _fitted(features: Floats, won: Truths, plan: Plan, known: Truths) -> Floats:
    """Points per kind, on the scale of those set by hand."""
    spread = features.std(axis=0)
    usable = known & (spread > 0)
    points = plan.points.copy()
    if not usable.any():
        return points
    scaled = features[:, usable] / spread[usable]
    by_hand = plan.points[usable] * spread[usable]
    signs = np.where(by_hand < 0, -1, 1).astype(np.int64)
    near = by_hand * _worth_of_a_point(scaled @ by_hand, won)
    raw = _weights(scaled, won, near, signs) / spread[usable]
    size = float(np.abs(raw * features[:, usable].mean(axis=0)).sum())
    wanted = float(np.abs(plan.points[usable] * features[:, usable].mean(axis=0)).sum())
    if size > 0:
        points[usable] = np.clip(np.round(raw * wanted / size, DECIMALS), -MOST_POINTS, MOST_POINTS)
    return points


def _worth_of_a_point(totals: Floats, won: Truths) -> float:
    """How much a point set by hand is worth in log-odds: where the learned weights begin."""
    spread = float(totals.std()) or 1.0
    weights = _weights((totals / spread)[:, None], won, np.zeros(1), np.ones(1, dtype=np.int64))
    return float(weights[0]) / spread


def _weights(features: Floats, won: Truths, near: Floats, signs: Integers) -> Floats:
    """Those that keep the signs; how far they go from ``near`` has a standard deviation of 1."""
    return fit_yes_or_no(Cases(features, won), Prior(1.0, near, signs)).features


def _with_points(segmentation: EngagementSegmentation, points: Floats, plan: Plan) -> EngagementSegmentation:
    channels = tuple(
        channel.model_copy(
            update={
                "points": {
                    str(plan.events[int(kind)]): float(points[kind])
                    for kind in np.flatnonzero(plan.channel == at)
                }
            }
        )
        for at, channel in enumerate(segmentation.channels)
    )
    return segmentation.model_copy(update={"channels": channels})


def _quality(moments: list[_Moment], plan: Plan) -> float | None:
    """How well the whole score, limits and breadth included, ranks who wins."""
    totals = []
    for one in moments:
        people = people_of(one.rows, plan, one.accounts)
        points = total_points(channel_sums(one.rows, plan, one.accounts), people, plan)
        totals.append(np.maximum(points[one.active], 0).astype(np.float64))
    return area_under_curve(np.concatenate(totals), np.concatenate([one.won for one in moments]))


def _table(plan: Plan, points: Floats, seen: Integers) -> Iterator[LearnedPoints]:
    for kind, event in enumerate(plan.events):
        yield LearnedPoints(
            plan.segmentation.channels[int(plan.channel[kind])].name,
            str(event),
            float(plan.points[kind]),
            float(points[kind]),
            int(seen[kind]),
        )
