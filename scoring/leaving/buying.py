"""BG/NBD and MBG/NBD: purchases as a rate that differs between accounts, until an account is gone.

Fader, Hardie and Lee, "Counting your customers the easy way" (Marketing Science 24, 2005) for BG/NBD;
Batislam, Denizel and Filiztekin (IJRM 24, 2007) for MBG/NBD, in which an account can be gone after its first
purchase. Both have the same shape but for one unit in ``b``, which is ``Counting.shift``. Any unit of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaincinv, digamma, expit, gammaln, hyp2f1

from scoring.leaving.history import Floats

Kind = Literal["bg_nbd", "mbg_nbd"]
# A parameter beyond e^±7 (about 1,100) says that the data does not determine it: purchases as regular as a
# clock drive r and alpha to infinity, a base that never lapses drives b there. The penalty keeps it finite.
FARTHEST_LOG = 7.0
_PENALTY = 0.05
_NEAR_ONE = 1e-6
_NODES = 64
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Counting:
    """A fitted model.

    Attributes:
        kind: which of the two.
        r, alpha: shape and rate of the gamma that purchase rates come from.
        a, b: of the beta that the chance of going after a purchase comes from.
        log_likelihood: of the data, without the penalty.
        ran_away: whether a parameter left the region in which the data says anything.
    """

    kind: Kind
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    ran_away: bool

    @property
    def shift(self) -> int:
        """1 where an account can be gone after its first purchase."""
        return 1 if self.kind == "mbg_nbd" else 0

    def alive(self, repeats: Floats, spread: Floats, age: Floats) -> Floats:
        """The chance that each account is still there; 1 without a repeat in BG/NBD."""
        ratio = (self.r + repeats) * np.log((self.alpha + age) / (self.alpha + spread))
        # Without a repeat BG/NBD has no chance to have gone; the 1 only avoids a division by zero.
        gone = np.log(self.a) - np.log(
            np.where(repeats + self.shift > 0, self.b + repeats + self.shift - 1, 1.0)
        )
        alive = np.asarray(expit(-(gone + ratio)), dtype=np.float64)
        return alive if self.shift else np.where(repeats == 0, 1.0, alive)

    def none_within(self, repeats: Floats, spread: Floats, age: Floats, horizon: float) -> Floats:
        """The chance of no purchase in the next ``horizon``: exact for both models."""
        alive = self.alive(repeats, spread, age)
        silent = np.exp(-(self.r + repeats) * np.log1p(horizon / (self.alpha + age)))
        return np.asarray(1 - alive + alive * silent, dtype=np.float64)

    def expected(self, repeats: Floats, spread: Floats, age: Floats, horizon: float) -> Floats:
        """Expected purchases in the next ``horizon``."""
        alive = self.alive(repeats, spread, age)
        shape, rate = self.r + repeats, self.alpha + age
        most = shape * horizon / rate  # by somebody who never goes
        with np.errstate(all="ignore"):
            total = self.a + self.b + repeats + self.shift - 1
            series = hyp2f1(shape, self.b + repeats + self.shift, total, horizon / (rate + horizon))
            shrunk = np.exp(-shape * np.log1p(horizon / rate))
            closed = total / (self.a - 1) * (1 - shrunk * series) if abs(self.a - 1) > _NEAR_ONE else most + 1
        # The series overflows for regular buyers; the integral it stands for does not.
        bad = ~np.isfinite(closed) | (closed > most) | (closed < 0)
        if bad.any():
            closed = np.where(bad, most, closed)
            rows = np.flatnonzero(bad)
            for part in np.array_split(rows, len(rows) // _ROWS_AT_ONCE + 1):
                closed[part] = self._integrated(repeats[part], shape[part], rate[part], horizon)
        return np.asarray(alive * np.minimum(closed, most), dtype=np.float64)

    def _integrated(self, repeats: Floats, shape: Floats, rate: Floats, horizon: float) -> Floats:
        """Expected purchases of an account that is there, over the chances of going, by their quantiles."""
        at, weight = np.polynomial.legendre.leggauss(_NODES)
        leaves = betaincinv(self.a, (self.b + repeats + self.shift)[:, None], (at[None, :] + 1) / 2)
        leaves = np.maximum(leaves, 1e-12)
        bought = -np.expm1(-shape[:, None] * np.log1p(leaves * horizon / rate[:, None])) / leaves
        return np.asarray((bought * weight[None, :]).sum(axis=1) / 2, dtype=np.float64)


def fit_counting(
    kind: Kind, repeats: Floats, spread: Floats, age: Floats, weights: Floats | None = None
) -> Counting:
    """Fit by maximum likelihood, in logarithms of the parameters.

    Args:
        kind: which model.
        repeats: x, purchases after the first.
        spread: t_x, time from the first purchase to the last.
        age: T, time since the first purchase.
        weights: how many accounts each row stands for.

    Raises:
        ValueError: no rows, or a last purchase after the end.
    """
    if not len(repeats) or (spread > age).any() or (spread < 0).any():
        raise ValueError("A fit needs accounts whose last purchase lies between their first one and the end.")
    counts = np.ones(len(repeats)) if weights is None else weights
    scale = max(float(age.max()) / 10, 1e-9)  # times of about the size of the parameters
    data = (repeats, spread / scale, age / scale, counts / counts.sum(), 1 if kind == "mbg_nbd" else 0)
    starts = ((0.0, 0.0, 0.0, 0.7), (-1.0, 0.5, -0.5, 0.5))
    found = [_minimised(start, data) for start in starts]
    best = min(found, key=lambda one: float(one.fun))
    r, alpha, a, b = (float(one) for one in np.exp(best.x))
    likelihood = -_loss(best.x, *data, penalty=0.0)[0] * counts.sum()
    # Each repeat's density is by unit of time.
    likelihood -= float((counts * repeats).sum()) * np.log(scale)
    ran_away = bool((np.abs(best.x) > FARTHEST_LOG - _NEAR_ONE).any())
    return Counting(kind, r, alpha * scale, a, b, float(likelihood), ran_away)


def _minimised(start: tuple[float, ...], data: tuple[Any, ...]) -> Any:
    return minimize(
        _loss,
        np.asarray(start),
        args=data,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-9},
    )


def _loss(
    logs: Floats,
    repeats: Floats,
    spread: Floats,
    age: Floats,
    weights: Floats,
    shift: int,
    penalty: float = _PENALTY,
) -> tuple[float, Floats]:
    """Minus the mean log-likelihood with its gradient, and a penalty on parameters that run away."""
    r, alpha, a, b = np.exp(np.clip(logs, -20, 20))
    x = repeats + shift
    silent, gone_at = np.log(alpha + age), np.log(alpha + spread)
    there = -(r + repeats) * silent
    could_go = x > 0
    gone = np.where(
        could_go, np.log(a) - np.log(np.where(could_go, b + x - 1, 1.0)) - (r + repeats) * gone_at, -np.inf
    )
    either = np.logaddexp(there, gone)
    w = np.exp(gone - either)
    terms = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    terms += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x) + either
    both = digamma(a + b) - digamma(a + b + x)
    slopes = (
        digamma(r + repeats) - digamma(r) + np.log(alpha) - (1 - w) * silent - w * gone_at,
        r / alpha - (r + repeats) * ((1 - w) / (alpha + age) + w / (alpha + spread)),
        both + w / a,
        both + digamma(b + x) - digamma(b) - np.where(could_go, w / np.where(could_go, b + x - 1, 1.0), 0.0),
    )
    gradient = np.array([float((weights * one).sum()) for one in slopes]) * np.array([r, alpha, a, b])
    excess = np.sign(logs) * np.maximum(np.abs(logs) - FARTHEST_LOG, 0)
    loss = -float((weights * terms).sum()) + penalty * float((excess**2).sum())
    return loss, -gradient + 2 * penalty * excess
