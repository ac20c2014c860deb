"""The odds of a purchase: where they must end up, and that their probabilities come true."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.recommendations.odds import FEWEST_FOR_ISOTONIC, calibrated, fit_odds


def drawn(rows: int, curve: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    features = random.normal(size=(rows, 3))
    odds = features @ np.array([1.0, -0.5, 0.0]) - 1.5
    chance = 1 / (1 + np.exp(-odds))
    chance = chance**3 if curve else chance
    return features, random.random(rows) < chance, chance


def test_weights_are_where_the_gradient_vanishes() -> None:
    features, happened, _ = drawn(500)
    weight = np.where(happened, 2.0, 1.0)
    model = fit_odds(features, happened, weight, np.zeros(500, dtype=int), ridge=4.0)
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    missed = weight * (model.probability(features) - happened)
    assert missed.sum() == pytest.approx(0, abs=1e-5)
    assert standard.T @ missed + 4.0 * model.weights == pytest.approx(np.zeros(3), abs=1e-5)


def test_probabilities_come_true() -> None:
    features, happened, chance = drawn(20_000)
    model = fit_odds(features, happened, np.ones(20_000), np.zeros(20_000, dtype=int))
    assert np.abs(model.probability(features) - chance).max() < 0.05
    assert np.abs(model.weights[2]) < 0.05


def test_each_day_has_its_level_and_the_chosen_one_holds() -> None:
    random = np.random.default_rng(4)
    features = random.normal(size=(20_000, 1))
    day = np.repeat([0, 1], 10_000)
    chance = 1 / (1 + np.exp(-(features[:, 0] + np.where(day == 0, -3.0, 0.0))))
    happened = random.random(20_000) < chance
    for level, middle in (((0,), -3.0), ((1,), 0.0), ((0, 1), -1.5)):
        model = fit_odds(features, happened, np.ones(20_000), day, level=level)
        assert model.log_odds(np.zeros((1, 1)))[0] == pytest.approx(middle, abs=0.15)


def test_steps_need_many_positives_and_then_bend_the_curve_without_ties() -> None:
    features, happened, chance = drawn(40_000, curve=True)
    model = fit_odds(features, happened, np.ones(40_000), np.zeros(40_000, dtype=int))
    few = np.flatnonzero(happened)[:FEWEST_FOR_ISOTONIC]
    assert calibrated(model, model.log_odds(features[few]), happened[few]) is model
    bent = calibrated(model, model.log_odds(features), happened)
    error = [np.abs(one.probability(features) - chance).mean() for one in (model, bent)]
    assert error[1] < error[0]
    order = np.argsort(model.log_odds(features))
    assert (np.diff(bent.probability(features[order])) > 0).all()


def test_a_constant_feature_weighs_nothing_and_one_outcome_cannot_be_learned() -> None:
    features, happened, _ = drawn(200)
    features[:, 1] = 7
    model = fit_odds(features, happened, np.ones(200), np.zeros(200, dtype=int))
    assert model.weights[1] == 0
    with pytest.raises(ValueError, match="nothing or everything"):
        fit_odds(features, np.zeros(200, dtype=bool), np.ones(200), np.zeros(200, dtype=int))


def test_a_feature_that_tells_everything_keeps_finite_weights() -> None:
    happened = np.arange(100) % 2 == 0
    model = fit_odds(happened[:, None].astype(float), happened, np.ones(100), np.zeros(100, dtype=int))
    assert np.isfinite(model.weights).all()
    assert model.probability(np.array([[1.0]]))[0] > 0.8
