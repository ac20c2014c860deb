"""Engagement: its properties on random histories, the cost of one account, labels against later purchases.

Run as ``python -m benchmarks.truth.engagement``. There is no public activity-level set of B2B sales with
outcomes, so purchases stand in for activity: an account's past purchases are scored at a day, and the outcome
is a purchase in the 30 days after it (protocol D3). Half-life (90 days, that of personal contact) and the
predefined labels are the product's defaults; nothing is chosen on these sets.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.truth.activity import PURCHASE, adventureworks, cdnow
from benchmarks.truth.report import Goal, goals_table, table
from scoring.criteria.periods import Today
from scoring.engagement.config import MEETING_HALF_LIFE, Channel, EngagementSegmentation
from scoring.engagement.explain import explain
from scoring.engagement.learn import propose_points
from scoring.engagement.scores import score
from scoring.ranking import area_under_curve

DAY = date(2026, 11, 29)
TODAY = Today(DAY)
PLAIN = EngagementSegmentation(name="Engagement")
HISTORIES = 100_000
EVENTS_EACH, EVENTS_OF_ONE = 12, 200
HORIZONS = (30, 90, 182)  # days; the first is protocol D3, the last that of the set's leaving protocol C3
BEST, NOISE = 100, 2  # of scores; in standard errors
REPEATS = 200
BY_PURCHASES = EngagementSegmentation(
    name="Purchases",
    channels=(Channel(name="order", points={PURCHASE: 20}, half_life_days=MEETING_HALF_LIFE, cap=200),),
)
CUTOFFS = {
    "CDNOW": [date(1997, 6, 30), date(1997, 9, 30), date(1997, 12, 30), date(1998, 3, 31), date(1998, 5, 31)],
    "AdventureWorks": [date(2018, 6, 1), date(2018, 12, 1), date(2019, 6, 1), date(2019, 12, 1)],
}
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Property:
    """What has to hold of every history, and of how many it did not."""

    name: str
    violations: int


def histories(count: int, *, good_only: bool = False, seed: int = 0) -> pd.DataFrame:
    """Random events of so many accounts, some without any, many of them old, rated and repeated."""
    rng = np.random.default_rng(seed)
    worth = {name: points for one in PLAIN.channels for name, points in one.points.items()}
    rated = {name for one in PLAIN.channels for name in one.rated}
    kinds = [name for name in worth if not good_only or (worth[name] > 0 and name not in rated)]
    rows = count * EVENTS_EACH
    accounts = [str(at) for at in range(count)]
    return pd.DataFrame(
        {
            "account_id": _category(rng.integers(0, count, rows), accounts),
            "contact": _category(rng.integers(-1, count * 3, rows), [f"p{at}" for at in range(count * 3)]),
            "event_type": _category(rng.integers(0, len(kinds), rows), kinds),
            "occurred_at": np.datetime64(DAY, "s")
            - rng.integers(0, 500 * 86_400, rows).astype("timedelta64[s]"),
            "score": rng.integers(-100, 101, rows),
        }
    )


def _category(codes: npt.NDArray[np.int64], names: Sequence[str]) -> pd.Series[Any]:
    return pd.Series(pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(pd.Index(names))))


def properties(count: int) -> Iterator[Property]:
    """Every property of protocol D3 on so many histories."""
    accounts = [str(at) for at in range(count)]
    events, good = histories(count), histories(count, good_only=True, seed=1)
    before = score(events, accounts, PLAIN, TODAY)
    scale = before.scale

    def scores(rows: pd.DataFrame, today: Today = TODAY) -> Scores:
        return score(rows, accounts, PLAIN, today, scale).frame["score"].to_numpy(np.float64)

    base = before.frame["score"].to_numpy(np.float64)
    yield Property("bounded: 0 to 100", int(((base < 0) | (base > BEST)).sum()))
    more = good.drop_duplicates("account_id")
    raised = scores(pd.concat([events, more], ignore_index=True))
    yield Property("monotone: one good event more lowers nothing", int((raised < base).sum()))
    falls = 0
    now = scores(good)
    for days in (1, 7, 30, 90, 365):
        later = scores(good, Today(DAY + timedelta(days=days)))
        falls += int((later > now).sum())
        now = later
    yield Property("falls: without events no score rises (5 later days)", falls)
    mixed = scores(events.sample(frac=1, random_state=2))
    yield Property("commutes: the order of rows changes nothing", int((mixed != base).sum()))
    cap = max(one.cap for one in PLAIN.channels)
    crowd = pd.concat([events] * 3, ignore_index=True).assign(event_type="page_visited")
    crowd["occurred_at"] = np.datetime64(DAY, "s")
    points = score(crowd, accounts, PLAIN, TODAY, scale).frame["points"].to_numpy(np.int64)
    web = next(one.cap for one in PLAIN.channels if one.name == "web")
    limit = round(web * (1 + PLAIN.breadth.most) * 1_000_000)
    yield Property(
        f"capped: a channel of {web:g} (largest {cap:g}) adds no more", int((points > limit).sum())
    )
    alone = 0
    for at in range(0, count, max(1, count // 500)):
        mine = events[events["account_id"] == str(at)]
        alone += int(score(mine, [str(at)], PLAIN, TODAY, scale).frame["score"][0] != base[at])
    yield Property("alone: 500 accounts scored by themselves have the same score", alone)


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor, and of the clock: on a machine that others share, the first tells more."""

    processor: float
    clock: float


def cost(count: int) -> tuple[Cost, Cost, Cost]:
    """A full run, one account of 200 events recomputed, and the same one explained."""
    accounts = [str(at) for at in range(count)]
    events = histories(count)
    scale = score(events, accounts, PLAIN, TODAY).scale
    full = _median(lambda: score(events, accounts, PLAIN, TODAY), 3)
    # As texts, as they come from the database.
    one = events.iloc[:EVENTS_OF_ONE].astype({"account_id": str, "contact": str, "event_type": str})
    one["account_id"] = "1"
    single = _median(lambda: score(one, ["1"], PLAIN, TODAY, scale), REPEATS)
    return full, single, _median(lambda: explain(one, "1", PLAIN, TODAY, scale), REPEATS)


def _median(act: Callable[[], object], repeats: int) -> Cost:
    times = []
    for _ in range(repeats):
        began = time.process_time(), time.perf_counter()
        act()
        times.append((time.process_time() - began[0], time.perf_counter() - began[1]))
    return Cost(*(statistics.median(column) for column in zip(*times, strict=True)))


@dataclass(frozen=True)
class Outcome:
    """A set at a cut-off: accounts, who bought after it, their label and several scores."""

    day: date
    bought: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.object_]
    scores: dict[str, Scores]


def outcome(events: pd.DataFrame, day: date, horizon: int) -> Outcome:
    """Score every account that bought up to a day."""
    moment = pd.Timestamp(day)
    past = events[events["occurred_at"] <= moment]
    after = events[
        (events["occurred_at"] > moment) & (events["occurred_at"] <= moment + pd.Timedelta(days=horizon))
    ]
    accounts = sorted({str(one) for one in past["account_id"]})
    result = score(past, accounts, BY_PURCHASES, Today(day)).frame
    per_account = past.groupby(past["account_id"].astype(str))["occurred_at"]
    recency = -(moment - per_account.max().reindex(accounts)).dt.days.to_numpy(np.float64)
    frequency = np.asarray(per_account.size().reindex(accounts), dtype=np.float64)
    ranks = [pd.Series(one).rank(pct=True).to_numpy(np.float64) for one in (recency, frequency)]
    return Outcome(
        day,
        np.isin(np.array(accounts), after["account_id"].astype(str).unique()),
        result["label"].to_numpy(object),
        {
            "engagement": result["points"].to_numpy(np.float64),
            "recency": recency,
            "purchases so far": frequency,
            "recency rank + purchases rank": np.asarray(ranks[0] + ranks[1], dtype=np.float64),
        },
    )


def lift(scores: Scores, bought: npt.NDArray[np.bool_]) -> float:
    """Conversion of the best tenth against that of all; equal scores at its edge count in proportion."""
    base = float(bought.mean())
    frame = pd.DataFrame({"score": scores, "bought": bought}).groupby("score")["bought"].agg(["size", "sum"])
    left, hits = len(scores) / 10, 0.0
    for size, sum_ in frame.iloc[::-1].itertuples(index=False):
        share = min(1.0, left / size)
        hits, left = hits + share * sum_, left - share * size
        if left <= 0:
            break
    return hits / (len(scores) / 10) / base if base else 0.0


def conversions(found: Sequence[Outcome]) -> list[tuple[str, int, float]]:
    """Accounts and conversion by label, best label first; labels without accounts are left out."""
    labels = np.concatenate([one.labels for one in found])
    bought = np.concatenate([one.bought for one in found])
    return [
        (label.name, int((labels == label.name).sum()), float(bought[labels == label.name].mean()))
        for label in BY_PURCHASES.labels
        if (labels == label.name).any()
    ]


def _beyond_noise(one: tuple[str, int, float], other: tuple[str, int, float]) -> bool:
    spread = sum(share * (1 - share) / count for _, count, share in (one, other)) ** 0.5
    return bool(other[2] - one[2] > NOISE * spread)


def report_set(name: str, events: pd.DataFrame) -> list[Goal]:
    """Print a set's tables; its goals."""
    print(f"\n## {name}: purchases as activity\n")
    goals = []
    last = events["occurred_at"].max().date()
    for horizon in HORIZONS:
        days = [day for day in CUTOFFS[name] if day + timedelta(days=horizon) <= last]
        found = [outcome(events, day, horizon) for day in days]
        rows = [
            (
                f"{one.day} + {horizon} d",
                len(one.bought),
                float(one.bought.mean()),
                *(area_under_curve(scores, one.bought) for scores in one.scores.values()),
                *(lift(scores, one.bought) for scores in one.scores.values()),
            )
            for one in found
        ]
        scores = list(found[0].scores)
        headings = [
            "cut-off",
            "accounts",
            "base",
            *(f"AUC {key}" for key in scores),
            *(f"lift {key}" for key in scores),
        ]
        print(table(headings, rows))
        by_label = conversions(found)
        print()
        print(table(("label", "accounts", f"bought within {horizon} days"), by_label))
        print()
        falls = [pair for pair in pairwise(by_label) if pair[0][2] < pair[1][2]]
        real = sum(_beyond_noise(*pair) for pair in falls)
        note = f"{real} of them by more than {NOISE} standard errors" if falls else ""
        goals.append(Goal(f"{name}, {horizon} days: labels out of order", 0, len(falls), "less", note))
    return goals


def learned(name: str, events: pd.DataFrame, last: date) -> None:
    """Points learned for small, middling and large purchases against equal points set by hand."""
    cuts = events["size"].quantile([1 / 3, 2 / 3]).to_numpy(np.float64)
    kinds = np.array(["small order", "middling order", "large order"], dtype=object)
    sized = events.assign(event_type=kinds[np.searchsorted(cuts, events["size"].to_numpy(np.float64))])
    points = {str(kind): 20.0 for kind in kinds}
    channel = Channel(name="order", points=points, half_life_days=MEETING_HALF_LIFE, cap=200)
    by_hand = EngagementSegmentation(name="By hand", channels=(channel,))
    deals = pd.DataFrame(
        {"account_id": events["account_id"], "closed_on": events["occurred_at"], "won": True}
    )
    found = propose_points(sized, deals, by_hand, Today(last))
    rows = [(line.event, line.by_hand, line.learned, line.accounts) for line in found.table]
    print(f"\n### {name}: points learned\n")
    print(table(("event", "by hand", "learned", "accounts"), rows))
    print(f"\n{found.examples:,} examples, {found.wins:,} wins; tried from {found.tested_from} on.", end=" ")
    print(f"AUC by hand {found.by_hand or 0:.4f}, learned {found.learned or 0:.4f}.", *found.warnings)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=HISTORIES)
    count = parser.parse_args().histories
    sets = {"CDNOW": cdnow(), "AdventureWorks": adventureworks()}
    print(f"# Engagement\n\n## Properties on {count:,} random histories\n")
    held = list(properties(count))
    print(table(("property", "violations"), [(one.name, one.violations) for one in held]))
    full, single, told = cost(count)
    ratio = full.processor / single.processor
    print("\n## Cost\n")
    rows = [
        (f"full run, {count:,} accounts of {EVENTS_EACH} events", full.processor * 1e3, full.clock * 1e3),
        (f"one account of {EVENTS_OF_ONE} events", single.processor * 1e3, single.clock * 1e3),
        ("the same, explained", told.processor * 1e3, told.clock * 1e3),
    ]
    print(table(("", "ms of the processor", "ms of the clock"), rows))
    print(f"\nA full run costs {ratio:,.0f} times what one account does.")
    goals = [
        Goal("violated properties", 0, sum(one.violations for one in held), "less"),
        Goal(
            "recompute of one account, ms of the processor",
            5,
            single.processor * 1e3,
            "less",
            f"1/{ratio:,.0f} of a full run",
        ),
    ]
    for name, activity in sets.items():
        goals += report_set(name, activity)
        learned(name, activity, activity["occurred_at"].max().date())
    print(f"\n## Goals\n\n{goals_table(goals)}")


if __name__ == "__main__":
    main()
