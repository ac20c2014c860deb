"""Regressions against what defines them: other minimisers of the same loss, and what must not matter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse
from scipy.special import expit

from scoring.logistic import LOG_ODDS, LOG_RATE, Cases, Link, Prior, Weights, fit_classes, fit_yes_or_no

Loss = Callable[[np.ndarray, np.ndarray], float]


def _odds_loss(sums: np.ndarray, happened: np.ndarray) -> float:
    return float((np.logaddexp(0, sums) - happened * sums).sum())


def _rate_loss(sums: np.ndarray, happened: np.ndarray) -> float:
    rate = np.exp(np.minimum(sums, 3.5))
    return float(np.where(happened, -np.log(np.maximum(-np.expm1(-rate), 1e-12)), rate).sum())


def _drawn(seed: int, rows: int = 120, width: int = 3) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(rows, width))
    happened = draw.random(rows) < expit(features @ draw.normal(size=width) - 0.5)
    happened[:2] = [True, False]
    return features, happened


@pytest.mark.parametrize(("link", "loss"), [(LOG_ODDS, _odds_loss), (LOG_RATE, _rate_loss)])
@given(
    seed=st.integers(0, 10_000),
    ridge=st.lists(st.floats(0.1, 20), min_size=3, max_size=3),
    centre=st.lists(st.floats(0, 2), min_size=3, max_size=3),
    signed=st.none() | st.lists(st.sampled_from([-1, 1]), min_size=3, max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_weights_are_those_that_scipy_finds(
    link: Link, loss: Loss, seed: int, ridge: list[float], centre: list[float], signed: list[int] | None
) -> None:
    features, happened = _drawn(seed)
    signs = None if signed is None else np.array(signed)
    middle = np.array(centre) * (1 if signs is None else signs)
    found = fit_yes_or_no(Cases(features, happened), Prior(np.array(ridge), middle, signs), link)

    def total(weights: np.ndarray) -> float:
        away = weights[1:] - middle
        return loss(weights[0] + features @ weights[1:], happened) + float(ridge @ away**2) / 2

    free = (-np.inf, np.inf)
    bounds = [
        free,
        *([free] * 3 if signed is None else [(0, np.inf) if s > 0 else (-np.inf, 0) for s in signed]),
    ]
    start = np.array([0.0, *middle])
    wanted = optimize.minimize(total, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14})
    assert total(np.array([found.constant, *found.features])) <= wanted.fun + 1e-6
    np.testing.assert_allclose([found.constant, *found.features], wanted.x, atol=5e-3)
    if signs is not None:
        assert (found.features * signs >= 0).all()


def test_a_weight_that_would_take_the_other_sign_is_exactly_nothing() -> None:
    draw = np.random.default_rng(5)
    features = draw.normal(size=(400, 2))
    happened = draw.random(400) < expit(0.4 + 1.2 * features[:, 0] + 0.8 * features[:, 1])
    bound = fit_yes_or_no(Cases(features, happened), Prior(1.0, signs=np.array([1, -1])))
    assert bound.features[1] == 0
    free = fit_yes_or_no(Cases(features, happened), Prior(1.0, signs=np.array([1, 1])))
    assert free.features == pytest.approx([1.2, 0.8], abs=0.35)
    plain = fit_yes_or_no(Cases(features, happened), Prior(1.0))
    np.testing.assert_allclose(free.features, plain.features, atol=1e-9)


def test_a_case_of_weight_two_counts_as_two_and_pieces_make_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features, happened = _drawn(7)
    group = np.arange(120) % 3
    twice = np.append(np.arange(120), np.arange(10))
    weight = np.where(np.arange(120) < 10, 2.0, 1.0)
    one = fit_yes_or_no(Cases(features, happened, weight=weight, group=group, groups=3), Prior(2.0))
    monkeypatch.setattr("scoring.logistic._ROWS_PER_PIECE", 7)
    cases = Cases(features[twice], happened[twice], group=group[twice], groups=3)
    other = fit_yes_or_no(cases, Prior(2.0))
    np.testing.assert_allclose(one.features, other.features, atol=1e-8)
    np.testing.assert_allclose(one.levels, other.levels, atol=1e-8)


def test_standardising_is_the_same_as_features_that_are_so_already() -> None:
    features, happened = _drawn(8)
    middle, spread = features.mean(axis=0), features.std(axis=0)
    inside = fit_yes_or_no(Cases(features, happened, middle, spread), Prior(3.0))
    outside = fit_yes_or_no(Cases((features - middle) / spread, happened), Prior(3.0))
    np.testing.assert_array_equal(inside.features, outside.features)


@pytest.mark.parametrize("link", [LOG_ODDS, LOG_RATE])
@pytest.mark.parametrize("always", [True, False])
def test_what_always_or_never_happened_is_near_certain_and_finite(link: Link, always: bool) -> None:
    features, _ = _drawn(9)
    found = fit_yes_or_no(Cases(features, np.full(120, always)), Prior(1.0), link)
    assert np.isfinite(found.features).all()
    assert np.isfinite(found.constant)
    assert found.constant > 1 if always else found.constant < -5


def test_a_fit_can_be_repeated_to_the_bit() -> None:
    def fit() -> Weights:
        features, happened = _drawn(10, rows=3_000)
        return fit_yes_or_no(Cases(features, happened), Prior(1.0, signs=np.array([1, -1, 1])))

    one, other = fit(), fit()
    assert one.constant == other.constant
    assert one.features.tobytes() == other.features.tobytes()


def test_yes_or_no_takes_cases() -> None:
    with pytest.raises(ValueError, match="no examples"):
        fit_yes_or_no(Cases(np.zeros((0, 2)), np.zeros(0, dtype=bool)), Prior(1.0))


def _random_problem(seed: int, rows: int = 40) -> tuple[sparse.csr_matrix, np.ndarray]:
    draw = np.random.default_rng(seed)
    return sparse.csr_matrix(draw.normal(size=(rows, 5))), draw.integers(0, 3, rows)


def test_the_fit_is_where_the_gradient_is_nothing() -> None:
    features, classes = _random_problem(1)
    fit = fit_classes(features, classes, 3, strength=2.0, tolerance=1e-8)

    def loss(weights: np.ndarray, intercepts: np.ndarray) -> float:
        scores = features.toarray() @ weights + intercepts
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return float(-2.0 * logs[np.arange(40), classes].sum() + (weights**2).sum() / 2)

    least = loss(fit.weights, fit.intercepts)
    draw = np.random.default_rng(2)
    for _ in range(50):
        assert loss(fit.weights + draw.normal(scale=0.05, size=fit.weights.shape), fit.intercepts) > least
        assert loss(fit.weights, fit.intercepts + draw.normal(scale=0.05, size=3)) > least - 1e-6


def test_probabilities_sum_to_one() -> None:
    features, classes = _random_problem(3)
    probabilities = fit_classes(features, classes, 3, strength=1.0).probabilities(features)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities > 0).all()


def test_an_example_of_weight_two_counts_as_two() -> None:
    features, classes = _random_problem(4)
    twice = sparse.vstack([features, features[:10]], format="csr")
    weights = np.where(np.arange(40) < 10, 2.0, 1.0)
    one = fit_classes(features, classes, 3, strength=1.0, weights=weights, tolerance=1e-8)
    other = fit_classes(twice, np.append(classes, classes[:10]), 3, strength=1.0, tolerance=1e-8)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-4)


def test_dense_and_sparse_features_are_one() -> None:
    features, classes = _random_problem(5)
    one = fit_classes(features, classes, 3, strength=1.0, tolerance=1e-8)
    other = fit_classes(features.toarray(), classes, 3, strength=1.0, tolerance=1e-8)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-5)


def test_turning_few_examples_first_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(6)
    features, classes = sparse.csr_matrix(draw.normal(size=(20, 60))), draw.integers(0, 3, 20)
    turned = fit_classes(features, classes, 3, strength=1.0, tolerance=1e-9)
    monkeypatch.setattr("scoring.logistic.FEW_EXAMPLES", 0)
    plain = fit_classes(features, classes, 3, strength=1.0, tolerance=1e-9)
    np.testing.assert_allclose(turned.weights, plain.weights, atol=1e-5)
    np.testing.assert_allclose(turned.intercepts, plain.intercepts, atol=1e-5)


def test_from_nothing_nothing_is_learned() -> None:
    with pytest.raises(ValueError, match="no examples"):
        fit_classes(sparse.csr_matrix((0, 3)), np.array([], dtype=np.int64), 2, strength=1.0)
