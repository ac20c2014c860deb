"""The fallback: how likely a silence of this length goes on, from the base's gaps alone.

Gaps between purchases follow a Lomax distribution (a gamma mixture of exponentials), fitted with the present
silences as gaps that are not over. Its chance to stay silent rises with the days since the last purchase and
with nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from scoring.leaving.history import Floats, Integers

# Weight of what is assumed before any data: gaps of about a quarter, one account in two comes back within it.
_ASSUMED_LOGS = (0.0, 4.5)  # shape 1, scale 90 days
_ASSUMED_WEIGHT = 0.5


@dataclass(frozen=True)
class Recency:
    """Chance that a gap is longer than t days: ``(1 + t / scale_days) ** -shape``."""

    shape: float
    scale_days: float

    def none_within(self, recency: Integers, horizon: int) -> Floats:
        """The chance that a silence of so many days goes on for ``horizon`` more."""
        return np.exp(-self.shape * np.log1p(horizon / (self.scale_days + recency)))


def fit_recency(gaps: Integers, silences: Integers) -> Recency:
    """Fit to gaps that ended and to silences that go on, in days; without any, what is assumed."""
    ended, open_ = gaps.astype(np.float64), silences.astype(np.float64)

    def loss(logs: Floats) -> float:
        shape, scale = np.exp(logs)
        survived = np.log1p(ended / scale).sum() + np.log1p(open_ / scale).sum()
        density = len(ended) * (np.log(shape) - np.log(scale)) - np.log1p(ended / scale).sum()
        away = float(((logs - np.asarray(_ASSUMED_LOGS)) ** 2).sum())
        return float(shape * survived - density + _ASSUMED_WEIGHT * away)

    # A silence of many years or a base of same-week gaps still gives a shape and a scale that exist.
    found = minimize(loss, np.asarray(_ASSUMED_LOGS), method="L-BFGS-B", bounds=((-4.0, 4.0), (0.0, 9.0)))
    shape, scale = (float(one) for one in np.exp(found.x))
    return Recency(shape, scale)
