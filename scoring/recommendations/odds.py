"""The log odds of a purchase as a sum over features, and isotonic steps from them to probabilities."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression
from scipy.special import expit

from scoring.logistic import Cases, Prior, fit_yes_or_no, standards
from scoring.recommendations.purchases import Flags, Integers, Numbers

# Isotonic calibration is a step function with as many steps as it likes; below this it learns noise
# (Niculescu-Mizil and Caruana, ICML 2005, put the limit near 1,000 cases).
FEWEST_FOR_ISOTONIC = 1_000
# Pairs of one account, and of one day, are far from independent; a light hand keeps like features from
# fighting each other. Between 1 and 1,000 it makes little difference (benchmarks/truth/recommending.py).
RIDGE = 10.0
# Steps make ties, and the lowest may be 0; this share of the raw probability keeps the order and some doubt.
_RAW_SHARE = 0.1


@dataclass(frozen=True)
class Odds:
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
        raw = np.asarray(expit(self.log_odds(features)), dtype=np.float64)
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


def fit_odds(
    features: npt.NDArray[np.floating],
    happened: Flags,
    weight: Numbers,
    day: Integers,
    *,
    level: tuple[int, ...] = (0,),
    days: int | None = None,
    ridge: float = RIDGE,
) -> Odds:
    """Fit with a level of its own for each past day.

    What differs between few days is season and chance; weights are learned from what differs within them.

    Args:
        features: rows × features.
        happened: what came true.
        weight: how often each row counts.
        day: the past day that each row belongs to, counted from 0.
        level: the days whose mean level holds for the future.
        days: how many days there are; None: as many as are seen.
        ridge: squared penalty of the standardised weights.

    Raises:
        ValueError: nothing or everything happened.
    """
    if not happened.any() or happened.all():
        raise ValueError("Probabilities cannot be learned where nothing or everything was bought.")
    count = int(day.max()) + 1 if days is None else days
    mean, scale = standards(features)
    found = fit_yes_or_no(Cases(features, happened, mean, scale, weight, day, count), Prior(ridge))
    nothing = np.zeros(0)
    return Odds(mean, scale, found.features, found.constant + found.levels, level, nothing, nothing)


def calibrated(model: Odds, odds: Numbers, happened: Flags) -> Odds:
    """The same model with isotonic steps, if there are enough positives.

    Args:
        model: fitted.
        odds: log odds of cases by weights that have not seen them.
        happened: what came of these cases.
    """
    if int(happened.sum()) <= FEWEST_FOR_ISOTONIC:
        return model
    raw = expit(odds)
    order = np.argsort(raw, kind="stable")
    steps = np.asarray(isotonic_regression(happened[order].astype(np.float64)).x)
    knots, first = np.unique(raw[order], return_index=True)
    # Equal probabilities share the mean of their steps.
    means = np.add.reduceat(steps, first) / np.diff(np.append(first, len(steps)))
    return replace(model, knots=knots, values=means)
