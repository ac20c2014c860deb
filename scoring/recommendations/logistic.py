"""A logistic regression that gives probabilities, by Newton's method; isotonic with many positives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from scoring.recommendations.purchases import Flags, Integers, Numbers

MOST_ITERATIONS = 50
# Isotonic calibration is a step function with as many steps as it likes; below this it learns noise
# (Niculescu-Mizil and Caruana, ICML 2005, put the limit near 1,000 cases).
FEWEST_FOR_ISOTONIC = 1_000
# Pairs of one account, and of one day, are far from independent; a light hand keeps like features from
# fighting each other. Chosen on the validation days of benchmarks/truth/recommending.py.
RIDGE = 10.0
_LEVEL_RIDGE = 1.0
# Steps make ties, and the lowest may be 0; this share of the raw probability keeps the order and some doubt.
_RAW_SHARE = 0.1
_CONSTANT = 1e-9


@dataclass(frozen=True)
class Logistic:
    """Weights of standardised features.

    Attributes:
        mean: of each feature.
        scale: standard deviation of each feature; 1 for a constant one.
        weights: log odds per standard deviation.
        levels: log odds at the mean on each day that was learned from.
        level: the days whose mean level holds.
        knots: raw probabilities where the isotonic steps stand, ascending; empty without calibration.
        values: the calibrated probability at each knot.
    """

    mean: Numbers
    scale: Numbers
    weights: Numbers
    levels: Numbers
    level: tuple[int, ...]
    knots: Numbers
    values: Numbers

    @property
    def intercept(self) -> float:
        """Log odds at the mean, at the level that holds."""
        return float(self.levels[list(self.level)].mean())

    def probability(self, features: npt.NDArray[np.floating]) -> Numbers:
        """The probability of each row."""
        raw = _sigmoid(self.log_odds(features))
        if not len(self.knots):
            return raw
        return (1 - _RAW_SHARE) * np.interp(raw, self.knots, self.values) + _RAW_SHARE * raw

    def log_odds(self, features: npt.NDArray[np.floating]) -> Numbers:
        """What the weights add up to, each row; before calibration."""
        return np.asarray(self.intercept + ((features - self.mean) / self.scale) @ self.weights)

    def log_odds_then(self, features: npt.NDArray[np.floating], day: Integers) -> Numbers:
        """Likewise, each row with the level of its own day."""
        return self.log_odds(features) - self.intercept + self.levels[day]

    def contributions(self, features: npt.NDArray[np.floating]) -> Numbers:
        """What each feature adds to the log odds of a row, against the mean of all pairs."""
        return np.asarray((features - self.mean) / self.scale * self.weights)


def fit(
    features: npt.NDArray[np.floating],
    happened: Flags,
    weight: Numbers,
    day: Integers,
    *,
    level: tuple[int, ...] = (0,),
    days: int | None = None,
    ridge: float = RIDGE,
) -> Logistic:
    """Fit by Newton's method, with a level of its own for each past day.

    What differs between few days is season and chance; weights are learned from what differs within them.

    Args:
        features: rows × features.
        happened: what came true.
        weight: how often each row counts.
        day: the past day that each row belongs to, counted from 0.
        level: the days whose mean level holds for the future.
        days: how many days there are; None: as many as are seen.
        ridge: squared penalty of the standardised weights and of the days' levels.

    Raises:
        ValueError: nothing or everything happened.
    """
    if not happened.any() or happened.all():
        raise ValueError("Probabilities cannot be learned where nothing or everything was bought.")
    rows = np.asarray(features, dtype=np.float64)
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > _CONSTANT, scale, 1.0)
    levels = np.eye(int(day.max()) + 1 if days is None else days)[day]
    design = np.column_stack([np.ones(len(rows)), (rows - mean) / scale, levels])
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-9
    penalty[1 + rows.shape[1] :] = _LEVEL_RIDGE
    found = _newton(design, happened.astype(np.float64), weight, penalty)
    weights, above = found[1 : 1 + rows.shape[1]], found[1 + rows.shape[1] :]
    return Logistic(mean, scale, weights, found[0] + above, level, np.zeros(0), np.zeros(0))


def calibrated(model: Logistic, odds: Numbers, happened: Flags) -> Logistic:
    """The same model with isotonic steps, if there are enough positives.

    Args:
        model: fitted.
        odds: log odds of cases by weights that have not seen them.
        happened: what came of these cases.
    """
    if int(happened.sum()) <= FEWEST_FOR_ISOTONIC:
        return model
    raw = _sigmoid(odds)
    order = np.argsort(raw, kind="stable")
    steps = np.asarray(isotonic_regression(happened[order].astype(np.float64)).x)
    knots, first = np.unique(raw[order], return_index=True)
    # Equal probabilities share the mean of their steps.
    means = np.add.reduceat(steps, first) / np.diff(np.append(first, len(steps)))
    return replace(model, knots=knots, values=means)


def _newton(design: Numbers, happened: Numbers, weight: Numbers, penalty: Numbers) -> Numbers:
    rate = float(np.average(happened, weights=weight))
    found = np.zeros(design.shape[1])
    found[0] = np.log(rate / (1 - rate))
    loss = _loss(design, happened, weight, found, penalty)
    for _ in range(MOST_ITERATIONS):
        probability = _sigmoid(design @ found)
        gradient = design.T @ (weight * (probability - happened)) + penalty * found
        curve = weight * probability * (1 - probability)
        bend = (design * curve[:, None]).T @ design + np.diag(penalty)
        step = np.asarray(np.linalg.solve(bend, gradient), dtype=np.float64)
        found, loss, moved = _halved(design, happened, weight, penalty, found, step, loss)
        if moved < 1e-10 * max(1.0, abs(loss)):
            break
    return found


def _halved(
    design: Numbers,
    happened: Numbers,
    weight: Numbers,
    penalty: Numbers,
    found: Numbers,
    step: Numbers,
    loss: float,
) -> tuple[Numbers, float, float]:
    for halving in range(30):
        tried = found - step / 2**halving
        now = _loss(design, happened, weight, tried, penalty)
        if now <= loss:
            return tried, now, loss - now
    return found, loss, 0.0


def _loss(design: Numbers, happened: Numbers, weight: Numbers, found: Numbers, penalty: Numbers) -> float:
    odds = design @ found
    return float(weight @ (np.logaddexp(0, odds) - happened * odds) + penalty @ (found * found) / 2)


def _sigmoid(odds: Numbers) -> Numbers:
    return np.exp(-np.logaddexp(0, -odds))
