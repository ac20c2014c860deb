"""Regression of what happens: yes or no by Newton's method, one of several classes by L-BFGS.

Deterministic: a fit begins at a fixed place and draws nothing. Penalties are squares of the weights (ridge).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize, sparse, special

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Matrix = Any  # scipy.sparse.csr_matrix or a dense array of floats

MOST_LOG_RATE = 3.5  # e^3.5 = 33 times in a period: above it the chance of at least one is 1
_MOST_STEPS, _MOST_HALVINGS = 50, 30
_SETTLED = 1e-10  # of the loss: what a step has to gain to be followed by another
_FREE = 1e-9  # a penalty that only keeps an equation solvable
_CONSTANT = 1e-9  # a feature that varies less than this does not vary
_LEAST_CHANCE = 1e-12
_RAREST = 1e-6  # a fit begins no nearer to never or always
_ROWS_PER_PIECE = 50_000

_MOST_ROUNDS = 300  # of L-BFGS
_REMEMBERED = 6  # pairs that L-BFGS keeps; each is as large as the weights
FEW_EXAMPLES = 2_000  # up to so many it is cheaper to turn them first
_ALONE = 250_000  # multiplications; OpenBLAS shares out from 262,144 up
_WORTH_SHARING = 50_000_000  # multiplications: longer than threads take to meet
_LITTLE = 1e-9


@dataclass(frozen=True, slots=True)
class Link:
    """How a chance follows from a sum of weighted features.

    Attributes:
        inverse: the sum at which the chance is this.
        parts: of sums and outcomes (0 or 1): minus the log likelihood, its slope, its expected curvature.
    """

    inverse: Callable[[float], float]
    parts: Callable[[Floats, Floats], tuple[Floats, Floats, Floats]]


def _odds(sums: Floats, happened: Floats) -> tuple[Floats, Floats, Floats]:
    chance = special.expit(sums)
    return np.logaddexp(0, sums) - happened * sums, chance - happened, chance * (1 - chance)


def _rates(sums: Floats, happened: Floats) -> tuple[Floats, Floats, Floats]:
    rate = np.exp(np.minimum(sums, MOST_LOG_RATE))
    silent, chance = np.exp(-rate), np.maximum(-np.expm1(-rate), _LEAST_CHANCE)
    told = rate * silent / chance
    return np.where(happened, -np.log(chance), rate), np.where(happened, -told, rate), rate * told


LOG_ODDS = Link(lambda chance: float(special.logit(chance)), _odds)
# The complementary log-log link: the sum is the logarithm of a rate, and rates of periods add up.
LOG_RATE = Link(lambda chance: float(np.log(-np.log1p(-chance))), _rates)


@dataclass(frozen=True)
class Cases:
    """What is learned from; widened to 64 bits a piece at a time, so that memory stays bounded.

    Attributes:
        features: shape (cases, features).
        happened: of each case.
        centre, spread: what features are standardised by.
        weight: how often each case counts; None: once.
        group: of each case, 0 to ``groups`` − 1; each group has a level of its own.
        groups: how many there are; 0 for none.
    """

    features: npt.NDArray[np.floating]
    happened: Truths
    centre: Floats | float = 0.0
    spread: Floats | float = 1.0
    weight: Floats | None = None
    group: Integers | None = None
    groups: int = 0

    def pieces(self) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Columns (a constant, features, one of each group), outcomes and weights."""
        levels = np.eye(self.groups)
        for start in range(0, len(self.features), _ROWS_PER_PIECE):
            part = slice(start, start + _ROWS_PER_PIECE)
            standard = (self.features[part] - self.centre) / self.spread
            columns = [np.ones((len(standard), 1)), standard]
            if self.group is not None:
                columns.append(levels[self.group[part]])
            weight = np.ones(len(standard)) if self.weight is None else self.weight[part]
            yield np.concatenate(columns, axis=1), self.happened[part].astype(np.float64), weight

    def share(self) -> float:
        """How often it happened; never quite 0 or 1."""
        return float(np.clip(np.average(self.happened, weights=self.weight), _RAREST, 1 - _RAREST))


@dataclass(frozen=True)
class Prior:
    """What is thought before any case is seen.

    Attributes:
        ridge: squared penalty of the weights, one for all or one for each; the constant is free.
        centre: the weights to which the penalty draws; None: 0.
        signs: 1 for a weight of at least 0, −1 for one of at most 0; None: both may be.
        level_ridge: squared penalty of the groups' levels.
    """

    ridge: Floats | float
    centre: Floats | None = None
    signs: Integers | None = None
    level_ridge: float = 1.0


@dataclass(frozen=True, slots=True)
class Weights:
    """A fit: the constant, a weight for each standardised feature, a level for each group."""

    constant: float
    features: Floats
    levels: Floats


def standards(features: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each feature; 1 for one that does not vary."""
    spread = features.std(axis=0, dtype=np.float64)
    return features.mean(axis=0, dtype=np.float64), np.where(spread > _CONSTANT, spread, 1.0)


def fit_yes_or_no(cases: Cases, prior: Prior, link: Link = LOG_ODDS) -> Weights:
    """The most probable weights, by Newton's method (Fisher scoring where the link is not the odds').

    Raises:
        ValueError: no cases.
    """
    rows, width = cases.features.shape
    if rows == 0:
        raise ValueError("Nothing can be learned from no examples; give some that happened and some not.")
    middle = np.zeros(1 + width + cases.groups)
    if prior.centre is not None:
        middle[1 : 1 + width] = prior.centre
    every = np.broadcast_to(np.asarray(prior.ridge, dtype=np.float64), width)
    ridge = np.concatenate([[0.0], every, np.full(cases.groups, prior.level_ridge)]) + _FREE
    start = middle.copy()
    start[0] = link.inverse(cases.share())
    found = _newton(_Task(cases, link, middle, ridge, prior.signs), start)
    return Weights(float(found[0]), found[1 : 1 + width], found[1 + width :])


@dataclass(frozen=True)
class _Task:
    cases: Cases
    link: Link
    middle: Floats
    ridge: Floats
    signs: Integers | None

    def at(self, weights: Floats) -> tuple[float, Floats, Floats]:
        """The loss at some weights, its slope and its curvature."""
        away = weights - self.middle
        loss, slope, curve = float(self.ridge @ (away * away)) / 2, self.ridge * away, np.diag(self.ridge)
        for columns, happened, weight in self.cases.pieces():
            losses, slopes, curves = self.link.parts(columns @ weights, happened)
            loss += float(weight @ losses)
            slope = slope + columns.T @ (weight * slopes)
            curve = curve + (columns * (weight * curves)[:, None]).T @ columns
        return loss, slope, curve

    def step(self, weights: Floats, slope: Floats, curve: Floats) -> Floats:
        """To the bottom of the parabola at these weights, within the signs."""
        if self.signs is None:
            return np.asarray(np.linalg.solve(curve, -slope), dtype=np.float64)
        # With curve = L·Lᵀ the parabola is ½‖Lᵀ·step + L⁻¹·slope‖² and a constant: least squares.
        root = linalg.cholesky(curve, lower=True)
        target = root.T @ weights - linalg.solve_triangular(root, slope, lower=True)
        free = np.full(len(weights) - len(self.signs), np.inf)
        least = np.concatenate([-free[:1], np.where(self.signs > 0, 0.0, -np.inf), -free[1:]])
        most = np.concatenate([free[:1], np.where(self.signs < 0, 0.0, np.inf), free[1:]])
        bottom = optimize.lsq_linear(root.T, target, bounds=(least, most), method="bvls").x
        return np.asarray(bottom - weights, dtype=np.float64)


def _newton(task: _Task, weights: Floats) -> Floats:
    loss, slope, curve = task.at(weights)
    for _ in range(_MOST_STEPS):
        step = task.step(weights, slope, curve)
        if -float(slope @ step) / 2 <= _SETTLED * (1 + abs(loss)):
            return weights + step
        for halving in range(_MOST_HALVINGS):
            tried = weights + step / 2**halving
            found = task.at(tried)
            if found[0] <= loss:
                break
        else:
            return weights
        weights, (loss, slope, curve) = tried, found
    return weights


@dataclass(frozen=True, slots=True)
class Multinomial:
    """Weights, shape (features, classes), and intercepts, shape (classes,)."""

    weights: Floats
    intercepts: Floats

    def probabilities(self, features: Matrix) -> Floats:
        """Shape (rows, classes); each row sums to 1."""
        scores = np.asarray(features @ self.weights) + self.intercepts
        return np.asarray(special.softmax(scores, axis=1), dtype=np.float64)


def fit_classes(
    features: Matrix,
    classes: Integers,
    count: int,
    *,
    strength: float,
    weights: Floats | None = None,
    tolerance: float = 1e-4,
) -> Multinomial:
    """Minimise C · Σ wᵢ · −ln p(yᵢ | xᵢ) + ½ ‖W‖² (Bishop 2006, 4.3.4); intercepts are not penalised.

    Args:
        features: shape (examples, features).
        classes: of each example, 0 to ``count`` − 1.
        count: how many classes there are; one without an example gets a small probability everywhere.
        strength: C above: larger follows the examples more closely.
        weights: of each example; 1 when not given.
        tolerance: the gradient's largest part, per example, at which it is good enough.

    Raises:
        ValueError: no examples.
    """
    rows, width = features.shape
    if rows == 0:
        raise ValueError("Nothing can be learned from no examples; give at least one for each label.")
    given = np.ones(rows) if weights is None else weights
    if rows <= FEW_EXAMPLES and rows < width:
        turned = _turned(features)
        small = _minimised(turned, classes, count, strength, given, tolerance)
        back = linalg.solve_triangular(turned, small.weights, lower=True, trans="T")
        return Multinomial(np.asarray(features.T @ back), small.intercepts)
    return _minimised(features, classes, count, strength, given, tolerance)


def _turned(features: Matrix) -> Floats:
    """The examples in coordinates of the space that they span: L of X·Xᵀ = L·Lᵀ, shape (examples, examples).

    A turn changes neither products nor lengths, so the minimum is the same, with a coordinate for each
    example in place of one for each feature. Weights V in it are Xᵀ·L⁻ᵀ·V among the features.
    """
    products = features @ features.T
    dense = products.toarray() if sparse.issparse(products) else np.asarray(products, dtype=np.float64)
    # Examples that are alike leave no room between them; this little keeps them apart.
    dense[np.diag_indices_from(dense)] += _LITTLE * max(float(dense.diagonal().mean()), _LITTLE)
    return np.asarray(linalg.cholesky(dense, lower=True))


def _product(left: Matrix, right: Floats) -> Floats:
    """A product; a small one in pieces that no BLAS shares out.

    Threads that wait for each other a thousand times a second cost ten times what they save as soon as
    another process wants the processor too.
    """
    large = left.shape[0] * right.shape[0] * right.shape[1] > _WORTH_SHARING
    if sparse.issparse(left) or large:
        return np.asarray(left @ right)
    rows = max(_ALONE // (right.shape[0] * right.shape[1]), 1)
    return np.concatenate([left[at : at + rows] @ right for at in range(0, left.shape[0], rows)])


def _minimised(
    features: Matrix, classes: Integers, count: int, strength: float, given: Floats, tolerance: float
) -> Multinomial:
    rows, width = features.shape
    truth = np.zeros((rows, count))
    truth[np.arange(rows), classes] = 1
    scale = 1 / (strength * given.sum())
    turned = sparse.csr_matrix(features.T) if sparse.issparse(features) else np.ascontiguousarray(features.T)

    def loss(flat: Floats) -> tuple[float, Floats]:
        matrix, intercepts = flat[: width * count].reshape(width, count), flat[width * count :]
        scores = _product(features, matrix) + intercepts
        logs = special.log_softmax(scores, axis=1)
        value = -(given * logs[np.arange(rows), classes]).sum() / given.sum()
        slope = (np.exp(logs) - truth) * (given / given.sum())[:, None]
        gradient = np.concatenate([(_product(turned, slope) + scale * matrix).ravel(), slope.sum(axis=0)])
        return float(value + scale / 2 * (matrix * matrix).sum()), gradient

    found = optimize.minimize(
        loss,
        np.zeros(width * count + count),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _MOST_ROUNDS, "maxcor": _REMEMBERED, "gtol": tolerance, "ftol": 1e-9},
    )
    return Multinomial(found.x[: width * count].reshape(width, count).copy(), found.x[width * count :].copy())
