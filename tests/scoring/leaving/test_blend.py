"""Which model is believed: the preferred one, unless another was clearly better on days that are over."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.leaving.blend import Trial, blended, choose
from scoring.leaving.recency import Recency, fit_recency


def trial(preferred: np.ndarray, other: np.ndarray, silent: np.ndarray) -> Trial:
    return Trial(np.arange(len(silent)), {"hazard": preferred, "recency": other}, silent)


def outcomes(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    chance = random.uniform(0.05, 0.95, count)
    return chance, random.uniform(size=count) < chance


def test_the_preferred_stands_alone_without_trials_and_when_it_is_as_good() -> None:
    assert choose([], ["hazard", "recency"]) == {"hazard": 1.0}
    chance, silent = outcomes(500)
    assert choose([trial(chance, chance, silent)], ["hazard", "recency"]) == {"hazard": 1.0}


def test_another_that_is_clearly_better_takes_over() -> None:
    chance, silent = outcomes(2000)
    wrong = np.full(2000, 0.5)
    assert choose([trial(wrong, chance, silent)], ["hazard", "recency"])["recency"] >= 0.75
    assert choose([trial(chance, wrong, silent)], ["hazard", "recency"]) == {"hazard": 1.0}


def test_an_overconfident_one_is_drawn_in() -> None:
    chance, silent = outcomes(4000)
    odds = np.log(chance / (1 - chance))
    bold, shy = 1 / (1 + np.exp(-2.5 * odds)), 1 / (1 + np.exp(-0.2 * odds))
    weights = choose([trial(bold, shy, silent)], ["hazard", "recency"])
    assert 0 < weights["hazard"] < 1
    assert sum(weights.values()) == pytest.approx(1)


def test_a_mean_of_odds_lies_between_and_one_alone_is_left_as_it_is() -> None:
    chances = {"hazard": np.array([0.2, 0.0, 1.0]), "recency": np.array([0.6, 1.0, 1.0])}
    assert blended(chances, {"hazard": 1.0, "recency": 0.0}).tolist() == [0.2, 0.0, 1.0]
    mixed = blended(chances, {"hazard": 0.5, "recency": 0.5})
    assert 0.2 < mixed[0] < 0.6
    assert mixed[1] == pytest.approx(0.5)
    assert np.isfinite(mixed).all()


def test_silence_is_believed_more_the_longer_it_lasts() -> None:
    random = np.random.default_rng(1)
    found = fit_recency(random.integers(1, 60, 500), random.integers(1, 400, 200))
    chances = found.none_within(np.arange(0, 1000), 90)
    assert (np.diff(chances) > 0).all()
    assert 0 < chances[0] < chances[-1] < 1


def test_with_nothing_to_fit_a_quarter_is_assumed() -> None:
    empty = np.zeros(0, dtype=np.int64)
    found = fit_recency(empty, empty)
    assert found == Recency(pytest.approx(1.0, rel=0.01), pytest.approx(90, rel=0.01))  # type: ignore[arg-type]


def test_gaps_that_follow_the_law_give_its_parameters() -> None:
    random = np.random.default_rng(8)
    gaps = (random.pareto(2.0, 20_000) * 120).astype(np.int64)
    ended, open_ = gaps[gaps < 400], np.full(int((gaps >= 400).sum()), 400)
    found = fit_recency(ended, open_)
    assert found.shape == pytest.approx(2.0, rel=0.1)
    assert found.scale_days == pytest.approx(120, rel=0.1)
