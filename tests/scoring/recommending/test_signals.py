"""Signals against their definitions, written out naively."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.recommendations import signals as module
from scoring.recommendations.purchases import Purchases, read_lines
from scoring.recommendations.signals import (
    companion_scores,
    learn_signals,
    neighbour_scores,
    neighbour_weights,
    sample_by_hash,
)
from tests.scoring.recommending.shop import AS_OF, Line, lines_of, shop

one_line = st.tuples(
    st.sampled_from(("A", "B", "C", "D")),
    st.sampled_from(("v", "w", "x", "y", "z")),
    st.integers(0, 30).map(lambda days: AS_OF - timedelta(days=days)),
    st.just(1),
    st.just(100),
    st.just("1"),
)
many_lines = st.lists(one_line, min_size=1, max_size=60)


def purchases_of(rows: list[Line]) -> Purchases:
    return read_lines(lines_of(rows), AS_OF)[0]


def baskets_of(purchases: Purchases) -> list[list[set[int]]]:
    """Of each account its baskets, the latest first."""
    return [
        [
            {
                int(product)
                for product in purchases.product[(purchases.account == at) & (purchases.basket == k)]
            }
            for k in range(int(purchases.baskets[at]))
        ]
        for at in range(len(purchases.account_ids))
    ]


@given(many_lines)
@settings(max_examples=30, deadline=None)
def test_decayed_shares_and_habits_follow_their_papers(rows: list[Line]) -> None:
    purchases = purchases_of(rows)
    signals = learn_signals(purchases, seed=1, ridge=10)
    decayed, habits = signals.decayed.toarray(), signals.habits.toarray()
    for at, baskets in enumerate(baskets_of(purchases)):
        groups = [baskets[start : start + 7] for start in range(0, len(baskets), 7)]
        for product in range(len(purchases.product_ids)):
            weights = [0.9**k for k in range(len(baskets))]
            held = sum(w for w, basket in zip(weights, baskets, strict=True) if product in basket)
            assert decayed[at, product] == pytest.approx(held / sum(weights))
            means = [
                sum(0.9**k for k, basket in enumerate(group) if product in basket) / len(group)
                for group in groups
            ]
            vector = sum(0.7**k * mean for k, mean in enumerate(means)) / len(groups)
            assert habits[at, product] == pytest.approx(vector)


@given(many_lines)
@settings(max_examples=30, deadline=None)
def test_similar_baskets_follow_their_paper(rows: list[Line]) -> None:
    purchases = purchases_of(rows)
    found = companion_scores(
        learn_signals(purchases, seed=1, ridge=10), np.arange(len(purchases.account_ids))
    )
    all_baskets = baskets_of(purchases)
    ever = [set().union(*baskets) for baskets in all_baskets]
    for one, mine in enumerate(ever):
        expected = np.zeros(len(purchases.product_ids))
        for other, theirs in enumerate(ever):
            if one == other:
                continue
            near = len(mine & theirs) / (len(mine) ** 0.75 * len(theirs) ** 0.25)
            recent = all_baskets[other][:10]
            for basket in recent:
                for product in basket:
                    expected[product] += near**10 / len(recent)
        assert found[one] == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_the_regression_leaves_out_a_product_itself_and_solves_for_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FEWEST_FOR_REGRESSION", 2)
    purchases = read_lines(shop(20), AS_OF)[0]
    signals = learn_signals(purchases, seed=1, ridge=5)
    assert signals.regression is not None
    owned = signals.bought.toarray().astype(np.float64)
    for product in range(owned.shape[1]):
        others = np.delete(np.arange(owned.shape[1]), product)
        design = owned[:, others]
        alone = np.linalg.solve(design.T @ design + 5 * np.eye(len(others)), design.T @ owned[:, product])
        assert signals.regression[others, product] == pytest.approx(alone, abs=1e-5)
        assert signals.regression[product, product] == 0


def test_equally_near_neighbours_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEIGHBOURS", 2)
    day = AS_OF - timedelta(days=1)
    rows: list[Line] = [(name, "x", day, 1, 1, "1") for name in ("A", "B", "C", "D")]
    signals = learn_signals(purchases_of([*rows, ("E", "y", day, 1, 1, "1")]), seed=1, ridge=10)
    weights = neighbour_weights(signals, np.array([0, 4])).toarray()
    assert weights[0] == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3, 0])
    assert weights[1] == pytest.approx([0, 0, 0, 0, 0])
    assert neighbour_scores(signals, np.array([0]))[0] == pytest.approx([1, 0])


def test_a_sample_changes_by_one_account_at_most() -> None:
    purchases = read_lines(shop(40), AS_OF)[0]
    everyone = np.arange(40)
    whole = set(sample_by_hash(purchases, everyone, 10, 1).tolist())
    assert len(whole) == 10
    for left_out in range(40):
        part = set(sample_by_hash(purchases, np.delete(everyone, left_out), 10, 1).tolist())
        assert len(whole - part) == (1 if left_out in whole else 0)
    assert set(sample_by_hash(purchases, everyone, 10, 2).tolist()) != whole
