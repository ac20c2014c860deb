"""When and how much: an account's rhythm, its history of a product, a product's sales. Once a run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from scoring.recommendations.purchases import Integers, Numbers, Purchases

# An interval is drawn towards a broader one as if this many of those had been seen.
INTERVALS_ASSUMED = 1.0
# Days since a sale that has not been yet.
NEVER = 3_650
_AGAIN_ASSUMED = 5.0


@dataclass(frozen=True)
class Rhythm:
    """Facts of accounts, pairs and products; each is worked out when it is first asked for."""

    purchases: Purchases

    @cached_property
    def interval(self) -> Numbers:
        """Mean days between an account's baskets, drawn towards everybody's mean; at least 1."""
        purchases = self.purchases
        intervals = np.maximum(purchases.baskets - 1, 0)
        span = (purchases.last_day - purchases.first_day).astype(np.float64)
        common = span.sum() / intervals.sum() if intervals.sum() else 0.0
        drawn = (span + INTERVALS_ASSUMED * common) / (intervals + INTERVALS_ASSUMED)
        return np.asarray(np.maximum(drawn, 1), dtype=np.float64)

    @cached_property
    def silent_days(self) -> Numbers:
        """Days since an account's last basket."""
        days = np.maximum(self.purchases.today - self.purchases.last_day, 0)
        return np.asarray(days, dtype=np.float64)

    @cached_property
    def breadth(self) -> Numbers:
        """Mean number of products in an account's basket."""
        lines = np.bincount(self.purchases.account, minlength=len(self.purchases.baskets))
        return np.asarray(lines / np.maximum(self.purchases.baskets, 1), dtype=np.float64)

    @cached_property
    def latest(self) -> sparse.csr_array:
        """Of each pair, 1 + days since it was last bought."""
        return self.purchases.matrix(self._ago, together=np.minimum)

    @cached_property
    def earliest(self) -> sparse.csr_array:
        """Of each pair, 1 + days since it was first bought."""
        return self.purchases.matrix(self._ago, together=np.maximum)

    @cached_property
    def basket(self) -> sparse.csr_array:
        """Of each pair, 1 + baskets since it was last bought."""
        return self.purchases.matrix((self.purchases.basket + 1).astype(np.float64), together=np.minimum)

    @cached_property
    def pieces(self) -> sparse.csr_array:
        """Of each pair, all pieces."""
        return self.purchases.matrix(self.purchases.quantity)

    @cached_property
    def amount(self) -> sparse.csr_array:
        """Of each pair, all money in minor units."""
        return self.purchases.matrix(self.purchases.amount.astype(np.float64))

    @cached_property
    def again(self) -> Numbers:
        """Of each product's buyers the share that bought it more than once, drawn towards that of all."""
        counts = self.purchases.matrix(np.ones(len(self.purchases.account)))
        products = counts.shape[1]
        buyers = np.bincount(counts.indices, minlength=products)
        again = np.bincount(counts.indices, weights=counts.data > 1, minlength=products)
        common = again.sum() / max(int(buyers.sum()), 1)
        return np.asarray((again + _AGAIN_ASSUMED * common) / (buyers + _AGAIN_ASSUMED), dtype=np.float64)

    @cached_property
    def active(self) -> int:
        """Accounts with a purchase; at least 1."""
        return max(int((self.purchases.baskets > 0).sum()), 1)

    def own_interval(self, times: Numbers, span: Numbers, account: Integers) -> Numbers:
        """Mean days between an account's purchases of one product, drawn towards its general interval."""
        assumed = INTERVALS_ASSUMED * self.interval[account]
        interval = (span + assumed) / np.maximum(times - 1 + INTERVALS_ASSUMED, 1)
        return np.asarray(np.maximum(interval, 1), dtype=np.float64)

    def sales(self, account: Integers, product: Integers, days: int) -> tuple[Numbers, Numbers, Numbers]:
        """Of each pair, seen from the account's day: purchases by anybody, those of late, silence.

        Args:
            account: positions.
            product: positions.
            days: what "of late" means.
        """
        key, day, width = self._sales
        today = self.purchases.today[account]
        start = np.searchsorted(key, product * width)
        end = np.searchsorted(key, product * width + today, side="right")
        late = np.searchsorted(key, product * width + np.maximum(today - days, 0), side="right")
        silent = np.where(end > start, today - day[end - 1], NEVER)
        return (
            (end - start).astype(np.float64),
            (end - np.maximum(late, start)).astype(np.float64),
            silent.astype(np.float64),
        )

    @cached_property
    def _ago(self) -> Numbers:
        ago = self.purchases.today[self.purchases.account] - self.purchases.day + 1
        return np.asarray(ago, dtype=np.float64)

    @cached_property
    def _sales(self) -> tuple[Integers, Integers, int]:
        purchases = self.purchases
        order = np.lexsort((purchases.day, purchases.product))
        width = int(max(purchases.day.max(initial=0), purchases.today.max(initial=0))) + 2
        day = purchases.day[order]
        return purchases.product[order] * width + day, np.append(day, 0), width
