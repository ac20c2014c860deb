"""Pairs of products that are ordered together more often than chance allows. Exact counts, no sampling."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from scoring.recommendations.purchases import Integers, Names, Numbers, positions

FEWEST_TOGETHER = 3
MOST_BUNDLES = 500
MOST_COUNTED = 3_000
# Two-sided 95 %: a support that chance alone would reach once in forty times is not believed.
_Z = 1.959964

BUNDLE_COLUMNS = ("product_id", "with_product_id", "orders", "together", "support", "support_low", "lift")


def find_bundles(lines: pd.DataFrame, product_ids: Names) -> pd.DataFrame:
    """Pairs with a lift above 1 whose support, at its lower bound of confidence, still exceeds chance.

    Args:
        lines: ``order_id``, ``product_id``; a product twice in an order counts once. Lines without an order
            are left out.
        product_ids: sorted; others are left out. Of more than ``MOST_COUNTED`` the most ordered are counted.

    Returns:
        ``product_id`` (the smaller id), ``with_product_id``, ``orders`` in all, ``together``, ``support``
        (share of orders), ``support_low`` (Wilson's lower bound), ``lift``; ``first`` and ``second`` are
        positions, ``given_first`` the share of the first's orders that hold the second, ``given_second``
        likewise. The best supported first; at most ``MOST_BUNDLES``.
    """
    held, orders = _held(lines, product_ids)
    sold = np.asarray(held.sum(axis=0)).ravel().astype(np.int64)
    counted = np.sort(np.lexsort((np.arange(len(sold)), -sold))[:MOST_COUNTED])
    part = held[:, counted]
    together = sparse.coo_array(sparse.triu(part.T @ part, k=1))
    count = np.asarray(together.data, dtype=np.int64)
    first, second = counted[together.row], counted[together.col]
    chance = sold[first] * (sold[second] / max(orders, 1) ** 2)
    low = support_low(count, orders)
    kept = (count >= FEWEST_TOGETHER) & (low > chance)
    order = np.lexsort((second[kept], first[kept], -count[kept]))[:MOST_BUNDLES]
    first, second, count = first[kept][order], second[kept][order], count[kept][order]
    return pd.DataFrame(
        {
            "product_id": product_ids[first],
            "with_product_id": product_ids[second],
            "orders": np.full(len(count), orders),
            "together": count,
            "support": count / max(orders, 1),
            "support_low": low[kept][order],
            "lift": count / max(orders, 1) / chance[kept][order],
            "first": first,
            "second": second,
            "given_first": count / sold[first],
            "given_second": count / sold[second],
        }
    )


def support_low(together: Integers, orders: int) -> Numbers:
    """Wilson's lower bound (1927) of the share of orders that hold both."""
    if orders == 0:
        return np.zeros(len(together))
    share = together / orders
    middle = share + _Z**2 / (2 * orders)
    spread = _Z * np.sqrt(share * (1 - share) / orders + _Z**2 / (4 * orders**2))
    return np.asarray((middle - spread) / (1 + _Z**2 / orders), dtype=np.float64)


def _held(lines: pd.DataFrame, product_ids: Names) -> tuple[sparse.csr_array, int]:
    product = positions(product_ids, lines["product_id"])
    order, names = pd.factorize(lines["order_id"], sort=True)
    known = (product >= 0) & (order >= 0)
    shape = (len(names), len(product_ids))
    ones = np.ones(int(known.sum()), dtype=np.int64)
    held = sparse.csr_array(sparse.coo_array((ones, (order[known], product[known])), shape=shape))
    held.data = np.ones_like(held.data)
    return held, int((np.diff(held.indptr) > 0).sum())
