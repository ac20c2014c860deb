"""How good a chance or a ranking is: AUC, Brier, calibration, precision of the most certain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
BINS = 10


def auc(truth: Truths, score: Floats) -> float:
    """The chance that one that is true scores above one that is not; ties count half."""
    ranks = rankdata(score)
    true, false = int(truth.sum()), int((~truth).sum())
    return float((ranks[truth].sum() - true * (true + 1) / 2) / (true * false))


def brier(truth: Truths, chance: Floats) -> float:
    """Mean squared error of chances."""
    return float(((chance - truth) ** 2).mean())


def calibration_error(truth: Truths, chance: Floats) -> float:
    """Expected calibration error over ten bins of equal width."""
    return _error(truth, chance, np.minimum((chance * BINS).astype(int), BINS - 1))


def calibration_error_by_count(truth: Truths, chance: Floats) -> float:
    """Expected calibration error over ten bins of equal count."""
    ranks = np.argsort(np.argsort(chance, kind="stable"), kind="stable")
    return _error(truth, chance, ranks * BINS // max(len(chance), 1))


def precision_at(truth: Truths, score: Floats, count: int) -> float:
    """Share of true ones among the ``count`` highest; of a tie at the end its mean."""
    if count <= 0:
        return float("nan")
    least = np.sort(score)[::-1][min(count, len(score)) - 1]
    above, tied = score > least, score == least
    room = count - int(above.sum())
    return float((truth[above].sum() + room * truth[tied].mean()) / count)


def _error(truth: Truths, chance: Floats, place: npt.NDArray[np.int_]) -> float:
    total = np.bincount(place, minlength=BINS)
    gap = np.bincount(place, truth.astype(np.float64), BINS) - np.bincount(place, chance, BINS)
    return float(np.abs(gap).sum() / total.sum())
