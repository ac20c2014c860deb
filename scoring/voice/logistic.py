"""Multinomial logistic regression with an L2 penalty, by L-BFGS. Deterministic: it begins at zero.

Minimises C · Σ wᵢ · −ln p(yᵢ | xᵢ) + ½ ‖W‖² (Bishop 2006, 4.3.4); intercepts are not penalised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize, sparse, special

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Matrix = Any  # scipy.sparse.csr_matrix or a dense array of 32-bit floats

MOST_STEPS = 300
FEW_EXAMPLES = 2_000  # up to so many it is cheaper to turn them first
_ALONE = 250_000  # multiplications; OpenBLAS shares out from 262,144 up
_WORTH_SHARING = 50_000_000  # multiplications: longer than threads take to meet
_LITTLE = 1e-9
_REMEMBERED = 6  # pairs that L-BFGS keeps; each is as large as the weights


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted model.

    Attributes:
        weights: shape (features, classes).
        intercepts: shape (classes,).
    """

    weights: Floats
    intercepts: Floats

    def probabilities(self, features: Matrix) -> Floats:
        """Shape (rows, classes); each row sums to 1."""
        scores = np.asarray(features @ self.weights) + self.intercepts
        return np.asarray(special.softmax(scores, axis=1), dtype=np.float64)


def fit_logistic(
    features: Matrix,
    classes: Integers,
    count: int,
    *,
    strength: float,
    weights: Floats | None = None,
    tolerance: float = 1e-4,
) -> Logistic:
    """Fit one.

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
        return Logistic(np.asarray(features.T @ back), small.intercepts)
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
) -> Logistic:
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
        options={"maxiter": MOST_STEPS, "maxcor": _REMEMBERED, "gtol": tolerance, "ftol": 1e-9},
    )
    return Logistic(found.x[: width * count].reshape(width, count).copy(), found.x[width * count :].copy())
