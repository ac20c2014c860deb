"""A logistic regression that gives probabilities, by Newton's method; isotonic with many positives."""

from __future__ import annotations

from collections.abc import Iterator
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
# fighting each other. Between 1 and 1,000 it makes little difference (benchmarks/truth/recommending.py).
RIDGE = 10.0
_LEVEL_RIDGE = 1.0
# Steps make ties, and the lowest may be 0; this share of the raw probability keeps the order and some doubt.
_RAW_SHARE = 0.1
_FREE, _CONSTANT = 1e-9, 1e-9
_SETTLED = 1e-10
_ROWS_PER_PIECE = 50_000


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
    count = int(day.max()) + 1 if days is None else days
    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    scale = np.where(scale > _CONSTANT, scale, 1.0)
    width = features.shape[1]
    penalty = np.concatenate([[_FREE], np.full(width, ridge), np.full(count, _LEVEL_RIDGE)])
    found = _newton(_Task(features, happened, weight, day, mean, scale, penalty))
    return Logistic(
        mean, scale, found[1 : 1 + width], found[0] + found[1 + width :], level, np.zeros(0), np.zeros(0)
    )


@dataclass(frozen=True)
class _Task:
    """What is to be fitted; rows are widened to float64 a piece at a time, so that memory stays bounded."""

    features: npt.NDArray[np.floating]
    happened: Flags
    weight: Numbers
    day: Integers
    mean: Numbers
    scale: Numbers
    penalty: Numbers

    def pieces(self) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        """Design, outcome and weight."""
        days = np.eye(len(self.penalty) - 1 - self.features.shape[1])
        for start in range(0, len(self.features), _ROWS_PER_PIECE):
            part = slice(start, start + _ROWS_PER_PIECE)
            standard = (self.features[part] - self.mean) / self.scale
            design = np.column_stack([np.ones(len(standard)), standard, days[self.day[part]]])
            yield design, self.happened[part].astype(np.float64), self.weight[part]

    def loss(self, found: Numbers) -> float:
        """Penalised negative log likelihood."""
        total = float(self.penalty @ (found * found) / 2)
        for design, happened, weight in self.pieces():
            odds = design @ found
            total += float(weight @ (np.logaddexp(0, odds) - happened * odds))
        return total

    def step(self, found: Numbers) -> Numbers:
        """Newton's step from here."""
        gradient, bend = self.penalty * found, np.diag(self.penalty)
        for design, happened, weight in self.pieces():
            chance = _sigmoid(design @ found)
            gradient = gradient + design.T @ (weight * (chance - happened))
            bend = bend + (design * (weight * chance * (1 - chance))[:, None]).T @ design
        return np.asarray(np.linalg.solve(bend, gradient), dtype=np.float64)


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


def _newton(task: _Task) -> Numbers:
    rate = float(np.average(task.happened, weights=task.weight))
    found = np.zeros(len(task.penalty))
    found[0] = np.log(rate / (1 - rate))
    loss = task.loss(found)
    for _ in range(MOST_ITERATIONS):
        found, now = _halved(task, found, task.step(found), loss)
        if loss - now < _SETTLED * max(1.0, abs(now)):
            break
        loss = now
    return found


def _halved(task: _Task, found: Numbers, step: Numbers, loss: float) -> tuple[Numbers, float]:
    """The step, halved until it does no harm."""
    for halving in range(30):
        tried = found - step / 2**halving
        now = task.loss(tried)
        if now <= loss:
            return tried, now
    return found, loss


def _sigmoid(odds: Numbers) -> Numbers:
    return np.exp(-np.logaddexp(0, -odds))
