"""Pairs of an account and a product as numbers: what a probability is made of. One row per pair, float32."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scoring.recommendations.purchases import Flags, Integers, Numbers
from scoring.recommendations.signals import BlockScores, Cells, Signals, block_scores

FEATURES = (
    "times bought",
    "share of its baskets",
    "more of it lately than before",
    "baskets since it bought this",
    "pieces at a time",
    "own interval of this product",
    "part of that interval that has passed",
    "overdue by up to one interval",
    "overdue by more",
    "accounts like it",
    "goes with what it has",
    "buyers of the product",
    "buyers of late",
    "days since anybody bought it",
    "buyers that came back",
    "own interval between baskets",
    "part of that interval since its last basket",
    "late by up to one interval",
    "late by more",
    "products in a basket",
)
# Scores are shares that span orders of magnitude; a logistic is straight in their logarithm.
LEAST_SHARE = 1e-4


@dataclass(frozen=True)
class Pairs:
    """Candidates with their features.

    Attributes:
        account: position among the accounts.
        product: position among the products.
        owned: whether the account ever bought the product.
        features: pairs × ``FEATURES``.
    """

    account: Integers
    product: Integers
    owned: Flags
    features: Cells

    def part(self, kept: Flags) -> Pairs:
        """Only these pairs."""
        return Pairs(self.account[kept], self.product[kept], self.owned[kept], self.features[kept])


@dataclass(frozen=True)
class Chosen:
    """Pairs of one block: rows of the block with the accounts behind them, and products."""

    accounts: Integers
    row: Integers
    product: Integers

    @property
    def account(self) -> Integers:
        """The account of each pair."""
        return self.accounts[self.row]

    def of(self, matrix: sparse.csr_array) -> Numbers:
        """Each pair's element of an accounts × products matrix."""
        return np.asarray(matrix[self.accounts].toarray()[self.row, self.product], dtype=np.float64)


def pairs_of(signals: Signals, accounts: Integers, most_new: int, horizon_days: int) -> Pairs:
    """The candidates of some accounts with their features.

    Args:
        signals: of everybody.
        accounts: positions; few enough for dense rows.
        most_new: of the products an account never bought, so many with the best scores are candidates; those
            as good as the last of them are too.
        horizon_days: the time that the probability will be about; what "of late" means.
    """
    scores = block_scores(signals, accounts)
    owned = np.asarray(signals.counts[accounts].toarray() > 0)
    row, product = np.nonzero(owned | _best_new(scores, owned, most_new))
    chosen = Chosen(accounts, row, product)
    return Pairs(
        chosen.account, product, owned[row, product], _features(signals, scores, chosen, horizon_days)
    )


def _best_new(scores: BlockScores, owned: Flags, most: int) -> Flags:
    found = np.zeros(owned.shape, dtype=np.bool_)
    for one in (scores.companions, scores.neighbours):
        free = np.where(owned, 0, one)
        if free.shape[1] > most:
            edge = np.partition(free, free.shape[1] - most, axis=1)[:, free.shape[1] - most]
        else:
            edge = np.zeros(len(free), dtype=free.dtype)
        found |= (free >= edge[:, None]) & (free > 0)
    return found


def _features(signals: Signals, scores: BlockScores, chosen: Chosen, horizon_days: int) -> Cells:
    rhythm, account, product = signals.rhythm, chosen.account, chosen.product
    buyers, recent, silent = rhythm.sales(account, product, horizon_days)
    interval = rhythm.interval[account]
    columns = (
        *_own_history(signals, chosen, horizon_days),
        _log(scores.neighbours[chosen.row, product]),
        _log(scores.companions[chosen.row, product]),
        np.log((buyers + 1) / rhythm.active),
        np.log((recent + 1) / (buyers + 1)),
        np.log1p(silent),
        rhythm.again[product],
        np.log(interval / horizon_days),
        *_passed(rhythm.silent_days[account] / interval),
        np.log1p(rhythm.breadth[account]),
    )
    return np.column_stack([np.asarray(column, dtype=np.float32) for column in columns])


def _own_history(signals: Signals, chosen: Chosen, horizon_days: int) -> tuple[Numbers, ...]:
    """Of each pair what the account's own purchases of the product say; 0 when it is new."""
    rhythm, account = signals.rhythm, chosen.account
    times, latest = chosen.of(signals.counts), chosen.of(rhythm.latest)
    share = _log(times / np.maximum(signals.purchases.baskets[account], 1))
    interval = rhythm.own_interval(times, chosen.of(rhythm.earliest) - latest, account)
    found = (
        np.log1p(times),
        share,
        _log(chosen.of(signals.decayed)) - share,
        np.log1p(chosen.of(rhythm.basket)),
        np.log1p(chosen.of(rhythm.pieces) / np.maximum(times, 1)),
        np.log(interval / horizon_days),
        *_passed((latest - 1) / interval),
    )
    return tuple(column * (times > 0) for column in found)


def _passed(intervals: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """How many intervals have passed, bent at one and two: waiting, overdue and gone are different."""
    return (
        np.minimum(intervals, 1),
        np.clip(intervals - 1, 0, 1),
        np.log(np.maximum(intervals, 2) / 2),
    )


def _log(share: npt.NDArray[np.floating]) -> Numbers:
    return np.log(np.maximum(np.asarray(share, dtype=np.float64), 0) + LEAST_SHARE)
