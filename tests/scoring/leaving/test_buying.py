"""The two counting models against published figures, numerical integrals, and data that drives them away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta as beta_law
from scipy.stats import gamma as gamma_law

from scoring.leaving.buying import Counting, Kind, fit_counting
from scoring.leaving.history import Floats
from scoring.leaving.spend import Spend, fit_spend

# Fitted to the published tenth of CDNOW, in weeks (Fader, Hardie and Lee 2005 for BG/NBD).
BG = Counting("bg_nbd", 0.242594, 4.413534, 0.792919, 2.425895, -9582.43, ran_away=False)
MBG = Counting("mbg_nbd", 0.524838, 6.182992, 0.891356, 1.613999, -9582.13, ran_away=False)
KINDS: tuple[Kind, ...] = ("bg_nbd", "mbg_nbd")


def of(repeats: float, spread: float, age: float) -> tuple[Floats, Floats, Floats]:
    return np.array([float(repeats)]), np.array([float(spread)]), np.array([float(age)])


def test_published_chances_and_expectations() -> None:
    assert BG.alive(*of(2, 30.43, 38.86))[0] == pytest.approx(0.726609, abs=2e-5)
    assert BG.expected(*of(2, 30.43, 38.86), 39)[0] == pytest.approx(1.225910, abs=5e-5)
    assert BG.alive(*of(1, 1.71, 38.86))[0] == pytest.approx(0.212227, abs=2e-5)
    assert BG.expected(*of(1, 1.71, 38.86), 39)[0] == pytest.approx(0.203251, abs=5e-5)
    assert BG.alive(*of(0, 0, 38.86))[0] == 1.0
    assert MBG.alive(*of(0, 0, 38.86))[0] == pytest.approx(0.389716, abs=1e-5)


@pytest.mark.parametrize("model", [BG, MBG])
@pytest.mark.parametrize(("repeats", "spread", "age"), [(0, 0.0, 38.86), (1, 1.71, 38.86), (4, 30.0, 31.0)])
def test_the_chance_of_none_equals_an_integral_over_all_accounts(
    model: Counting, repeats: int, spread: float, age: float
) -> None:
    """P(none) = ∫∫ (gone + there · e^(-λH)) dF / ∫∫ (gone + there) dF, by quantiles of the priors F."""
    horizon = 26.0
    middle = (np.arange(1500) + 0.5) / 1500
    rate = gamma_law.ppf(middle, model.r, scale=1 / model.alpha)[:, None]
    leaves = beta_law.ppf(middle, model.a, model.b)[None, :]
    occasions = repeats + model.shift  # on which it could have gone
    there = (1 - leaves) ** occasions * rate**repeats * np.exp(-rate * age)
    gone = np.zeros_like(there)
    if occasions:
        gone = leaves * (1 - leaves) ** (occasions - 1) * rate**repeats * np.exp(-rate * spread)
    expected = (gone + there * np.exp(-rate * horizon)).sum() / (gone + there).sum()
    assert model.none_within(*of(repeats, spread, age), horizon)[0] == pytest.approx(expected, abs=2e-3)


@given(st.integers(0, 30), st.floats(0, 50), st.floats(0, 50), st.floats(0.1, 80), st.sampled_from([BG, MBG]))
@settings(max_examples=200, deadline=None)
def test_bounds_and_monotony(
    repeats: int, spread: float, silence: float, horizon: float, model: Counting
) -> None:
    spread = spread if repeats else 0.0
    known = of(repeats, spread, spread + silence)
    none, longer = model.none_within(*known, horizon)[0], model.none_within(*known, horizon * 2)[0]
    assert 0 <= longer <= none <= 1
    expected = model.expected(*known, horizon)[0]
    assert 1 - none <= expected + 1e-9
    assert expected <= (model.r + repeats) * horizon / (model.alpha + known[2][0]) + 1e-9


def test_the_integral_stands_in_where_the_series_overflows() -> None:
    regular = Counting("mbg_nbd", 900.0, 30_000.0, 0.05, 800.0, 0.0, ran_away=True)
    found = regular.expected(*of(400, 13_000, 13_010), 182.0)[0]
    assert found == pytest.approx(182 * 1300 / 43_010, rel=0.05)
    agree = MBG._integrated(np.array([2.0]), np.array([MBG.r + 2]), np.array([MBG.alpha + 38.86]), 39.0)
    assert agree[0] * MBG.alive(*of(2, 30.43, 38.86))[0] == pytest.approx(
        MBG.expected(*of(2, 30.43, 38.86), 39)[0], rel=1e-4
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_finds_the_law_and_weights_are_repeated_rows(kind: Kind) -> None:
    random = np.random.default_rng(3)
    rows = []
    for _ in range(3000):
        rate, leaves = random.gamma(0.8, 1 / 10), random.beta(1.0, 3.0)
        days, at, there = [], 0.0, kind == "bg_nbd" or random.random() > leaves
        while there and (at := at + random.exponential(1 / rate)) < 50:
            days.append(at)
            there = random.random() > leaves
        rows.append((len(days), days[-1] if days else 0.0, 50.0))
    repeats, spread, age = np.array(rows).T
    found = fit_counting(kind, repeats, spread, age)
    assert not found.ran_away
    assert found.r == pytest.approx(0.8, rel=0.25)
    assert found.alpha == pytest.approx(10, rel=0.25)
    assert found.a / (found.a + found.b) == pytest.approx(0.25, abs=0.06)
    unique, counts = np.unique(np.array(rows), axis=0, return_counts=True)
    again = fit_counting(kind, unique[:, 0], unique[:, 1], unique[:, 2], counts.astype(np.float64))
    assert again.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-3)
    assert again.r == pytest.approx(found.r, rel=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_unit_of_time_does_not_matter(kind: Kind) -> None:
    random = np.random.default_rng(5)
    age = random.uniform(20, 50, 500)
    repeats = random.poisson(age * random.gamma(1, 0.05, 500)).astype(np.float64)
    spread = np.where(repeats > 0, age * random.uniform(0, 1, 500), 0.0)
    weeks, days = fit_counting(kind, repeats, spread, age), fit_counting(kind, repeats, spread * 7, age * 7)
    chances = (
        weeks.none_within(repeats, spread, age, 26.0),
        days.none_within(repeats, spread * 7, age * 7, 182.0),
    )
    assert np.allclose(*chances, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_regular_buyers_drive_the_fit_away_and_it_says_so(kind: Kind) -> None:
    age = np.full(200, 720.0)
    found = fit_counting(kind, np.full(200, 24.0), age, age)
    assert found.ran_away
    assert all(np.isfinite(one) and one > 0 for one in (found.r, found.alpha, found.a, found.b))
    chance = found.none_within(*of(24, 720, 720), 182.0)[0]
    assert 0 <= chance <= 1


def test_a_fit_without_rows_or_with_impossible_ones_is_refused() -> None:
    empty = np.zeros(0)
    for rows in ((empty, empty, empty), of(1, 5, 4), of(1, -1, 4)):
        with pytest.raises(ValueError, match="last purchase lies between"):
            fit_counting("bg_nbd", *rows)


def test_spend_is_drawn_to_the_mean_of_the_base() -> None:
    random = np.random.default_rng(2)
    level = 1 / random.gamma(4, 1 / 20, 2000)
    purchases = random.integers(1, 9, 2000).astype(np.float64)
    mean = random.gamma(6 * purchases, 1 / (6 * purchases)) * level * 1000
    found = fit_spend(purchases, mean)
    assert found is not None
    assert found.has_mean
    one, many = found.mean_purchase(np.array([1.0, 50.0]), np.array([900.0, 900.0]))
    base = found.p * found.v / (found.q - 1)
    assert base < one < 900 or 900 < one < base
    assert abs(many - 900) < abs(one - 900)
    dearer = fit_spend(purchases, mean * 100)
    assert dearer is not None
    assert dearer.v == pytest.approx(found.v * 100, rel=1e-3)


def test_without_a_mean_of_the_base_the_own_one_stands() -> None:
    heavy = Spend(2.0, 0.9, 10.0)
    assert heavy.mean_purchase(np.array([3.0]), np.array([70.0]))[0] == 70.0
    assert fit_spend(np.ones(5), np.ones(5)) is None
