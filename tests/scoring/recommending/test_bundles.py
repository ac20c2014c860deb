"""Bundles against a naive count of orders."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.recommendations.bundles import find_bundles, support_low
from tests.scoring.recommending.shop import AS_OF, lines_of

IDS = np.array(["a", "b", "c", "d"], dtype=object)
orders = st.lists(st.sets(st.sampled_from("abcd"), min_size=1), max_size=40)


@given(orders)
@settings(max_examples=50, deadline=None)
def test_pairs_are_those_whose_lower_bound_exceeds_chance(baskets: list[set[str]]) -> None:
    rows = [("A", one, AS_OF, 1, 1, f"{at}") for at, basket in enumerate(baskets) for one in basket]
    found = find_bundles(lines_of([*rows, *rows]), IDS)
    expected: dict[tuple[str, str], object] = {}
    n = len(baskets)
    for one, other in combinations("abcd", 2):
        both = sum({one, other} <= basket for basket in baskets)
        if both < 3:
            continue
        share = both / n
        z = 1.959964
        low = (share + z * z / 2 / n - z * sqrt(share * (1 - share) / n + z * z / 4 / n / n)) / (
            1 + z * z / n
        )
        chance = sum(one in basket for basket in baskets) * sum(other in basket for basket in baskets) / n / n
        if low > chance:
            expected[(one, other)] = (both, pytest.approx(share / chance))
    pairs = zip(found["product_id"], found["with_product_id"], strict=True)
    told = {
        pair: (together, lift)
        for pair, together, lift in zip(pairs, found["together"], found["lift"], strict=True)
    }
    assert expected == told
    assert (found["lift"] > 1).all()


def test_a_pair_seen_once_in_two_orders_is_no_bundle() -> None:
    rows = [("A", one, AS_OF, 1, 1, order) for one, order in (("a", "1"), ("b", "1"), ("c", "2"))]
    assert find_bundles(lines_of(rows), IDS).empty


def test_the_bound_lies_below_the_share_and_nears_it() -> None:
    low = support_low(np.array([3, 30, 300]), 1_000)
    assert (low < np.array([0.003, 0.03, 0.3])).all()
    assert low[2] / 0.3 > low[1] / 0.03 > low[0] / 0.003
    assert support_low(np.array([0]), 0).tolist() == [0.0]
