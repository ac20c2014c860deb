"""The probability that an account buys a product within a horizon, learned from past days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from scoring.recommendations.config import DISMISSAL_COLUMNS
from scoring.recommendations.features import FEATURES, Pairs, pairs_of
from scoring.recommendations.odds import Odds, calibrated, fit_odds
from scoring.recommendations.purchases import Flags, Integers, Names, Numbers, Purchases, ordinals, positions
from scoring.recommendations.signals import Cells, Signals, blocks, learn_signals, sample_by_hash

# Within the range of EASE's paper; on last but one baskets, 50 and 500 do as well within half a hundredth
# (benchmarks/truth/recommending.py).
EASE_RIDGE = 200.0
MOST_NEW = 100
# Learned from the last horizon, and from those that began a year ago and a sixth of a horizon before and
# after that, whose level is taken: another season's must not be (chosen on two earlier days, same program).
# Without a year of purchases: from the last three horizons, with the level of the last.
RECENT_CUTOFFS, YEAR, SEASON_SPREAD = 3, 365, 6
MOST_LEARNERS = 2_000
FEWEST_POSITIVES = 50
# A person who says no knows more than an account that merely did not buy.
DISMISSAL_WEIGHT = 5.0
_EXPOSED_ASSUMED = 100.0


@dataclass(frozen=True)
class Rates:
    """How often a product is bought within the horizon, accounts in general; one element per product.

    Attributes:
        new: by accounts with purchases but not of this product.
        again: by accounts that have it.
    """

    new: Numbers
    again: Numbers


@dataclass(frozen=True)
class Model:
    """What was learned.

    Attributes:
        product_ids: the products that ``rates`` are about, sorted.
        horizon_days: what the probability is about.
        again: weights for products that the account bought before; None when there was too little to learn
            from, and probabilities follow each account's own rhythm.
        new: weights for products that it never bought; None likewise, and probabilities are
            the product's rate.
        rates: of products.
        cutoffs: the days from which it was looked back.
        positives: pairs that were bought, of those learned from.
        warnings: sentences about what makes the probabilities say little.
    """

    product_ids: Names
    horizon_days: int
    again: Odds | None
    new: Odds | None
    rates: Rates
    cutoffs: tuple[date, ...]
    positives: int
    warnings: tuple[str, ...] = ()

    def over(self, product_ids: Names) -> Model:
        """The same model for other products; one that it did not know has the lowest rates that it knows."""
        if np.array_equal(self.product_ids, product_ids):
            return self
        at = positions(self.product_ids, pd.Series(product_ids, dtype=object))
        new, again = (
            np.append(rate, rate.min(initial=1.0))[at] for rate in (self.rates.new, self.rates.again)
        )
        return replace(self, product_ids=product_ids, rates=Rates(new, again))

    def probability(self, pairs: Pairs, signals: Signals) -> Numbers:
        """Of each pair, 0–1."""
        found = np.zeros(len(pairs.account))
        for odds, part in ((self.again, pairs.owned), (self.new, ~pairs.owned)):
            chosen = pairs.part(part)
            rough = _by_rhythm(self, chosen, signals) if odds is None else None
            found[part] = odds.probability(chosen.features) if odds is not None else rough
        return found

    def base(self, pairs: Pairs) -> Numbers:
        """The rate of each pair's product among accounts in the same position, never 0."""
        return np.where(pairs.owned, self.rates.again[pairs.product], self.rates.new[pairs.product])


@dataclass(frozen=True)
class Lesson:
    """Pairs of one past day with what came of them.

    Attributes:
        pairs: candidates of that day.
        happened: whether each was bought within the horizon.
        weight: how often each counts.
        of_season: whether it was at the same time of an earlier year.
    """

    pairs: Pairs
    happened: Flags
    weight: Numbers
    of_season: bool = False

    def part(self, kept: Flags) -> Lesson:
        """Only these pairs."""
        return replace(
            self, pairs=self.pairs.part(kept), happened=self.happened[kept], weight=self.weight[kept]
        )


def learn(
    purchases: Purchases,
    horizon_days: int,
    *,
    seed: int = 1,
    dismissals: pd.DataFrame | None = None,
) -> Model:
    """Learn from what was bought within the horizon after each of some past days.

    Args:
        purchases: until the day of the run.
        horizon_days: what the probability is about.
        seed: chooses accounts where there are too many to learn from all.
        dismissals: ``account_id``, ``product_id``, ``day``: a person said that this is nothing for them.
    """
    days = cutoffs_of(purchases, horizon_days)
    season = {int(purchases.today.max()) - back for back in _season(horizon_days)} if days else set()
    lessons = [
        replace(lesson(purchases, day, horizon_days, seed, dismissals), of_season=day in season)
        for day in days
    ]
    again = [one.part(one.pairs.owned) for one in lessons]
    new = [one.part(~one.pairs.owned) for one in lessons]
    positives = sum(int(one.happened.sum()) for one in lessons)
    return Model(
        purchases.product_ids,
        horizon_days,
        _fitted(again),
        _fitted(new),
        _rates(purchases, days, horizon_days),
        tuple(date.fromordinal(day) for day in days),
        positives,
        () if positives >= FEWEST_POSITIVES else (_too_little(horizon_days, positives),),
    )


def lesson(
    purchases: Purchases, day: int, horizon_days: int, seed: int, dismissals: pd.DataFrame | None = None
) -> Lesson:
    """The candidates as they were at the end of a day (ordinal), and which were bought within the horizon."""
    known = purchases.until(day)
    signals = learn_signals(known, seed=seed, ridge=EASE_RIDGE)
    learners = sample_by_hash(known, np.flatnonzero(known.baskets > 0), MOST_LEARNERS, seed)
    pairs = all_pairs(signals, learners, horizon_days)
    bought = purchases.bought_between(day, day + horizon_days)
    happened = _among(bought.nonzero(), bought.shape[1], pairs)
    weight = np.ones(len(happened))
    if dismissals is not None and len(dismissals):
        weight[_dismissed_after(purchases, dismissals, day, pairs) & ~happened] = DISMISSAL_WEIGHT
    return Lesson(pairs, happened, weight)


def all_pairs(signals: Signals, accounts: Integers, horizon_days: int) -> Pairs:
    """The candidates of many accounts, block by block."""
    pieces = [
        pairs_of(signals, block, MOST_NEW, horizon_days)
        for block in blocks(accounts, len(signals.purchases.product_ids), len(signals.references))
    ]
    if not pieces:
        nothing = np.zeros(0, dtype=np.int64)
        return Pairs(nothing, nothing, nothing.astype(bool), np.zeros((0, len(FEATURES)), dtype=np.float32))
    return Pairs(
        np.concatenate([one.account for one in pieces]),
        np.concatenate([one.product for one in pieces]),
        np.concatenate([one.owned for one in pieces]),
        np.concatenate([one.features for one in pieces]),
    )


def _fitted(lessons: Sequence[Lesson]) -> Odds | None:
    if sum(int(one.happened.sum()) for one in lessons) < FEWEST_POSITIVES:
        return None
    features: Cells = np.concatenate([one.pairs.features for one in lessons])
    happened = np.concatenate([one.happened for one in lessons])
    weight = np.concatenate([one.weight for one in lessons])
    account = np.concatenate([one.pairs.account for one in lessons])
    day = np.repeat(np.arange(len(lessons)), [len(one.happened) for one in lessons])
    level = _level(lessons)
    whole = fit_odds(features, happened, weight, day, level=level)
    # Steps are learned from halves of the accounts that the weights behind them have not seen.
    half = account % 2 == 0
    if not (happened[half].any() and happened[~half].any()):
        return whole
    odds = np.zeros(len(happened))
    for kept in (half, ~half):
        part = fit_odds(features[kept], happened[kept], weight[kept], day[kept], days=len(lessons))
        odds[~kept] = part.log_odds_then(features[~kept], day[~kept])
    return calibrated(whole, odds, happened)


def _level(lessons: Sequence[Lesson]) -> tuple[int, ...]:
    """The lessons whose level holds: those of the season, if enough was bought then; else the latest."""
    season = tuple(at for at, one in enumerate(lessons) if one.of_season)
    enough = sum(int(lessons[at].happened.sum()) for at in season) >= FEWEST_POSITIVES
    return season if enough else (0,)


def cutoffs_of(purchases: Purchases, horizon_days: int) -> tuple[int, ...]:
    """Past days (ordinals), the latest first.

    Each has at least a horizon of purchases before it and the whole horizon after it.
    """
    if not len(purchases.day):
        return ()
    today = int(purchases.today.max())
    earliest = int(purchases.day.min()) + horizon_days
    season = [today - back for back in _season(horizon_days)]
    if min(season) >= earliest:
        return tuple(dict.fromkeys((today - horizon_days, *season)))
    recent = (today - k * horizon_days for k in range(1, RECENT_CUTOFFS + 1))
    return tuple(day for day in recent if day >= earliest)


def _season(horizon_days: int) -> tuple[int, ...]:
    """How many days back the same time of an earlier year was, give or take; not within the horizon."""
    year = -(-horizon_days // YEAR) * YEAR
    spread = horizon_days // SEASON_SPREAD
    around = (year - spread, year, year + spread)
    return around if around[0] > horizon_days else (year, year + spread, year + 2 * spread)


def _rates(purchases: Purchases, days: Sequence[int], horizon_days: int) -> Rates:
    products = len(purchases.product_ids)
    bought = {True: np.zeros(products), False: np.zeros(products)}
    exposed = {True: np.zeros(products), False: np.zeros(products)}
    for day in days:
        known = purchases.until(day)
        active = known.baskets > 0
        owned = known.matrix(np.ones(len(known.account))).sign()
        after = purchases.bought_between(day, day + horizon_days).multiply(active[:, None]).tocsr()
        again = owned.multiply(after).sum(axis=0)
        owners = owned.sum(axis=0)
        bought[True] += again
        exposed[True] += owners
        bought[False] += after.sum(axis=0) - again
        exposed[False] += active.sum() - owners
    return Rates(_drawn(bought[False], exposed[False]), _drawn(bought[True], exposed[True]))


def _drawn(bought: Numbers, exposed: Numbers) -> Numbers:
    """Rates of products drawn towards the rate of all, so that a rare product has no wild lift; never 0."""
    common = (bought.sum() + 1) / (exposed.sum() + 1_000)
    return np.asarray((bought + _EXPOSED_ASSUMED * common) / (exposed + _EXPOSED_ASSUMED), dtype=np.float64)


def _by_rhythm(model: Model, pairs: Pairs, signals: Signals) -> Numbers:
    """Expected baskets within the horizon times the product's share of them; new products at their rate."""
    rhythm = signals.rhythm
    expected = model.horizon_days / np.maximum(rhythm.interval, rhythm.silent_days)[pairs.account]
    share = np.exp(pairs.features[:, FEATURES.index("share of its baskets")])
    return np.where(pairs.owned, 1 - np.exp(-expected * share), model.rates.new[pairs.product])


def _dismissed_after(purchases: Purchases, dismissals: pd.DataFrame, day: int, pairs: Pairs) -> Flags:
    account, product, when = dismissed(purchases, dismissals)
    late = when > day
    return _among((account[late], product[late]), len(purchases.product_ids), pairs)


def dismissed(purchases: Purchases, dismissals: pd.DataFrame) -> tuple[Integers, Integers, Integers]:
    """Positions and days (ordinals) of dismissals whose account and product are known.

    Raises:
        ValueError: a column is missing.
    """
    missing = [name for name in DISMISSAL_COLUMNS if name not in dismissals.columns]
    if missing:
        raise ValueError(f"The dismissals have no column {', '.join(missing)}.")
    account = positions(purchases.account_ids, dismissals["account_id"])
    product = positions(purchases.product_ids, dismissals["product_id"])
    known = (account >= 0) & (product >= 0)
    return account[known], product[known], ordinals(pd.to_datetime(dismissals["day"]))[known]


def _among(wanted: tuple[Integers, Integers], width: int, pairs: Pairs) -> Flags:
    keys = np.asarray(wanted[0], dtype=np.int64) * width + wanted[1]
    return np.isin(pairs.account * width + pairs.product, keys)


def _too_little(horizon_days: int, positives: int) -> str:
    found = f"Only {positives} purchase{'' if positives == 1 else 's'} could be learned from"
    return (
        f"{found}: probabilities follow each account's own rhythm and say little. They are learned from "
        f"{FEWEST_POSITIVES} purchases on, made within {horizon_days} days of a day that has as many days of "
        f"purchases before it."
    )
