"""What a purchase of an account is worth, its own mean drawn towards the base's: the gamma-gamma model.

Fader and Hardie, "The gamma-gamma model of monetary value" (2013). Its mean exists only for q > 1; where the
data says otherwise an account's own mean stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from scoring.leaving.history import Floats

FEWEST_ACCOUNTS = 30  # ten for each of three parameters
_FARTHEST_LOG = 7.0
_PENALTY = 0.05


@dataclass(frozen=True)
class Spend:
    """A fitted model; ``v`` has the unit of money."""

    p: float
    q: float
    v: float

    @property
    def has_mean(self) -> bool:
        """Whether the base has a mean at all."""
        return self.q > 1

    def mean_purchase(self, purchases: Floats, mean: Floats) -> Floats:
        """What the next purchase is worth on average, of accounts with so many purchases of that mean."""
        if not self.has_mean:
            return mean
        drawn = self.p * (self.v + purchases * mean) / (self.p * purchases + self.q - 1)
        return np.asarray(drawn, dtype=np.float64)


def fit_spend(purchases: Floats, mean: Floats) -> Spend | None:
    """Fit by maximum likelihood to accounts with a positive mean; None when there are too few."""
    known = (mean > 0) & (purchases > 0)
    count, worth = purchases[known], mean[known]
    if len(count) < FEWEST_ACCOUNTS:
        return None
    scale = float(np.median(worth))
    start = np.array([1.0, 1.0, 0.0])
    found = minimize(
        _loss,
        start,
        args=(count, worth / scale),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-9},
    )
    p, q, v = (float(one) for one in np.exp(found.x))
    return Spend(p, q, v * scale)


def _loss(logs: Floats, count: Floats, worth: Floats) -> tuple[float, Floats]:
    p, q, v = np.exp(np.clip(logs, -20, 20))
    shape, total = p * count, count * worth
    both = np.log(total + v)
    terms = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
    terms += (shape - 1) * np.log(worth) + shape * np.log(count) - (shape + q) * both
    slopes = (
        count * (digamma(shape + q) - digamma(shape) + np.log(worth) + np.log(count) - both),
        digamma(shape + q) - digamma(q) + np.log(v) - both,
        q / v - (shape + q) / (total + v),
    )
    gradient = np.array([float(one.mean()) for one in slopes]) * np.array([p, q, v])
    excess = np.sign(logs) * np.maximum(np.abs(logs) - _FARTHEST_LOG, 0)
    loss = -float(terms.mean()) + _PENALTY * float((excess**2).sum())
    return loss, -gradient + 2 * _PENALTY * excess
