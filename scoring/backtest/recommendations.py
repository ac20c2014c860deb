"""Recommendations on past days: what was recommended beside what was bought within the horizon.

Protocol: analytics D5: products that the account had and new ones apart; beside them what sells best, and
what the account bought most often. Products that nobody had bought by then are left out of what was bought:
nothing could have named them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from scoring.backtest.days import Trial
from scoring.backtest.measures import Floats, Truths
from scoring.backtest.results import Backtest, Listed, listed
from scoring.backtest.samples import Labelled, Sample, Score, label_shares, measured
from scoring.backtest.verdict import judged
from scoring.recommendations.config import Kind, RecommendationSegmentation
from scoring.recommendations.features import Pairs
from scoring.recommendations.model import all_pairs
from scoring.recommendations.offers import Knowledge
from scoring.recommendations.purchases import Integers, ordinals, positions, quantities
from scoring.recommendations.recommend import RecommendationResult, score
from scoring.recommendations.signals import blocks, sample_by_hash

OWN, POPULAR, OFTEN = "probability", "what sells best", "what the account bought most often"
LIST = "the recommendations"
ALL, BOUGHT, NEW, FIRST, TOGETHER = (
    "all products",
    "bought before",
    "new to the account",
    "first buy",
    "bundles",
)
# Pairs of an account and a product are measured of so many accounts at most.
MOST_ACCOUNTS = 2_000


def backtest_recommendations(
    lines: pd.DataFrame, accounts: pd.DataFrame, segmentation: RecommendationSegmentation, trial: Trial
) -> Backtest:
    """Try a recommendation segmentation.

    Args:
        lines: see ``scoring.recommendations.purchases.read_lines``; days without a time.
        accounts: ``account_id`` and the segmentation's firmographic columns, today's values.
        segmentation: its horizon is replaced by the trial's.
        trial: the days.

    Raises:
        ValueError: a column is missing, or an account is twice in ``accounts``.
    """
    plan = segmentation.model_copy(update={"horizon_days": trial.horizon_days})
    days = ordinals(pd.to_datetime(lines["day"]))
    samples: list[Sample] = []
    warnings: tuple[str, ...] = ()
    for day in trial.days:
        at = day.toordinal()
        result = score(lines[days <= at], accounts, plan, day)
        later = lines[(days > at) & (days <= at + trial.horizon_days)]
        samples += _Look(result, later, day, trial).samples()
        warnings = result.warnings
    what = f"were bought within {trial.horizon_days} days"
    of_all = [one for one in samples if one.group == ALL]
    verdict = judged(of_all, OWN, f"products that {what}")
    return Backtest(
        technique="recommendations",
        segmentation=plan.name,
        horizon_days=trial.horizon_days,
        happened=f"bought what was recommended within {trial.horizon_days} days",
        windows=tuple(measured(one, what) for one in samples),
        labels=label_shares(samples, [one.name for one in plan.labels]),
        lead_times=(),
        better=verdict.better,
        verdict=verdict.sentences,
        warnings=warnings,
    )


@dataclass(frozen=True)
class _Look:
    """One day: what was recommended, and the lines that followed."""

    result: RecommendationResult
    later: pd.DataFrame
    day: date
    trial: Trial

    def samples(self) -> Iterator[Sample]:
        """Of each group; labels stand with all products."""
        pairs = all_pairs(self._knowledge.signals, self._chosen, self.trial.horizon_days)
        own = self._knowledge.model.probability(pairs, self._knowledge.signals)
        whole = self._sample(pairs, own)
        yield whole
        yield whole.part(BOUGHT, pairs.owned, self._lists(Kind.REPEAT_BUY))
        yield whole.part(NEW, ~pairs.owned, self._lists(Kind.CROSS_SELL))
        nothing = np.zeros(len(pairs.owned), dtype=np.bool_)
        for group, lists in ((FIRST, self._first_lists()), (TOGETHER, self._bundle_lists())):
            if lists:
                yield whole.part(group, nothing, lists)

    @property
    def _knowledge(self) -> Knowledge:
        return self.result.knowledge

    @property
    def _width(self) -> int:
        return max(len(self._knowledge.purchases.product_ids), 1)

    @cached_property
    def _chosen(self) -> Integers:
        """The accounts whose pairs are measured."""
        purchases = self._knowledge.purchases
        return sample_by_hash(purchases, np.flatnonzero(purchases.baskets > 0), MOST_ACCOUNTS, seed=1)

    @cached_property
    def _bought(self) -> tuple[Integers, Integers]:
        """Sorted keys (account × width + product) of what was bought afterwards, and after how many days."""
        lines = self.later[(quantities(self.later) > 0)]
        account = positions(self._knowledge.purchases.account_ids, lines["account_id"])
        product = positions(self._knowledge.purchases.product_ids, lines["product_id"])
        known = (account >= 0) & (product >= 0)
        wait = ordinals(pd.to_datetime(lines["day"]))[known] - self.day.toordinal()
        key = account[known] * self._width + product[known]
        order = np.lexsort((wait, key))
        keys, first = np.unique(key[order], return_index=True)
        return keys, wait[order][first]

    @cached_property
    def _offers(self) -> pd.DataFrame:
        """Recommendations: ``key`` of the pair; ``other``, that of a bundle's other product, or -1."""
        frame, purchases = self.result.frame, self._knowledge.purchases
        account = positions(purchases.account_ids, frame["account_id"])
        product = positions(purchases.product_ids, frame["product_id"])
        other = positions(purchases.product_ids, frame["with_product_id"])
        return pd.DataFrame(
            {
                "kind": frame["kind"].astype(str),
                "account": account,
                "key": account * self._width + product,
                "other": np.where(other >= 0, account * self._width + other, -1),
            }
        )

    def _sample(self, pairs: Pairs, own: Floats) -> Sample:
        counts, purchases = self._knowledge.signals.counts, self._knowledge.purchases
        popular = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
        often = np.zeros(len(pairs.account))
        for block in blocks(self._chosen, self._width, 1):
            mine = np.flatnonzero(np.isin(pairs.account, block))
            row = np.searchsorted(block, pairs.account[mine])
            often[mine] = counts[block].toarray()[row, pairs.product[mine]]
        key = pairs.account * self._width + pairs.product
        return Sample(
            day=self.day,
            until=self.trial.until(self.day),
            group=ALL,
            account=purchases.account_ids[pairs.account],
            happened=np.isin(key, self._bought[0]),
            scores={
                OWN: Score(own, own=True, chance=True),
                POPULAR: Score(popular[pairs.product]),
                OFTEN: Score(often),
            },
            lists=self._lists(),
            labels=self._labels(),
        )

    def _labels(self) -> Labelled:
        """Whether an account bought anything of what was recommended to it."""
        offers = self._offers[self._offers["other"] < 0]
        right = np.unique(offers["account"].to_numpy()[np.isin(offers["key"], self._bought[0])])
        accounts = self.result.accounts
        place = positions(self._knowledge.purchases.account_ids, accounts["account_id"])
        return Labelled(accounts["label"].tolist(), np.isin(place, right))

    def _lists(self, kind: Kind | None = None) -> tuple[Listed, ...]:
        """Recommended, and as many to each account by the rules; None: repeat buys and cross-sells."""
        kinds = (Kind.REPEAT_BUY, Kind.CROSS_SELL) if kind is None else (kind,)
        offers = self._offers[self._offers["kind"].isin([str(one) for one in kinds])]
        offers = offers[np.isin(offers["account"], self._chosen)]
        often, sells, wanted = self._by_rules(np.bincount(offers["account"], minlength=self._accounts), kind)
        own = self._listed(LIST, offers["key"].to_numpy(), wanted, own=True)
        rules = [self._listed(POPULAR, sells, wanted)]
        if kind is not Kind.CROSS_SELL:  # of new products none was bought before
            rules.append(self._listed(OFTEN, often, wanted))
        return (own, *rules)

    @property
    def _accounts(self) -> int:
        return len(self._knowledge.purchases.account_ids)

    def _by_rules(self, count: Integers, kind: Kind | None) -> tuple[Integers, Integers, int]:
        """Keys of what each account bought most often, and of what sells best; how many were wanted."""
        counts = self._knowledge.signals.counts
        popular = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
        share = popular / (popular.max(initial=0) + 1)
        often, sells, wanted = [], [], 0
        for block in blocks(self._chosen, self._width, 1):
            mine = counts[block].toarray()
            allowed = np.ones(mine.shape, dtype=np.bool_) if kind is None else mine > 0
            if kind is Kind.CROSS_SELL:
                allowed = ~allowed
            keys = block[:, None] * self._width + np.arange(len(popular))
            wanted += int(np.isin(keys[allowed], self._bought[0]).sum())
            often.append(_best(mine + share, allowed, keys, count[block]))
            sells.append(_best(np.broadcast_to(share, mine.shape), allowed, keys, count[block]))
        nothing = np.zeros(0, dtype=np.int64)
        return np.concatenate([nothing, *often]), np.concatenate([nothing, *sells]), wanted

    def _first_lists(self) -> tuple[Listed, ...]:
        """To accounts without a purchase, beside what sells best."""
        offers = self._offers[self._offers["kind"] == str(Kind.FIRST_BUY)]
        if not len(offers):
            return ()
        account, count = np.unique(offers["account"].to_numpy(), return_counts=True)
        popular = np.asarray(self._knowledge.signals.counts.sum(axis=0)).ravel()
        best = np.argsort(-popular, kind="stable")[: int(count.max())]
        place = np.arange(len(best))[None, :] < count[:, None]
        sells = (account[:, None] * self._width + best)[place]
        wanted = int(np.isin(self._bought[0] // self._width, account).sum())
        own = self._listed(LIST, offers["key"].to_numpy(), wanted, own=True)
        return (own, self._listed(POPULAR, sells, wanted))

    def _bundle_lists(self) -> tuple[Listed, ...]:
        """Bundles of which both products were bought; nothing simple is like them."""
        offers = self._offers[self._offers["other"] >= 0]
        if not len(offers):
            return ()
        right = np.isin(offers["key"], self._bought[0]) & np.isin(offers["other"], self._bought[0])
        return (listed(LIST, float(right.sum()), len(offers), 0, own=True),)

    def _listed(self, name: str, keys: Integers, wanted: int, *, own: bool = False) -> Listed:
        bought, wait = self._bought
        right = np.isin(keys, bought)
        found = listed(name, float(right.sum()), len(keys), wanted, own=own)
        return found.after(wait[np.searchsorted(bought, keys[right])].astype(np.float64))


def _best(scores: Floats, allowed: Truths, keys: Integers, count: Integers) -> Integers:
    """The keys of so many of each row's allowed products with the highest scores, ties by product."""
    asked = np.where(allowed, scores, -np.inf)
    most = min(int(count.max(initial=0)), scores.shape[1])
    order = np.argsort(-asked, axis=1, kind="stable")[:, :most]
    kept = (np.arange(most)[None, :] < count[:, None]) & np.take_along_axis(allowed, order, axis=1)
    return np.take_along_axis(keys, order, axis=1)[kept]
