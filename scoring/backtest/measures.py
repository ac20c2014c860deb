"""How good a chance, a ranking or a list is: AUC, Brier, calibration, precision; and how sure that is."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from scoring.ranking import area_under_curve, average_ranks

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
BINS = 10
Z = 1.959964  # of the normal distribution: intervals hold 95 %
TINY = 1e-9
Interval = tuple[float, float]


def auc(truth: Truths, score: Floats) -> float:
    """The chance that one that is true scores above one that is not, ties half; not a number without both."""
    area = area_under_curve(score, truth)
    return float("nan") if area is None else area


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


def wilson(right: float, shown: int) -> Interval | None:
    """Wilson's interval of a share (1927); None of nothing."""
    if shown <= 0:
        return None
    share, room = right / shown, Z**2 / shown
    middle = (share + room / 2) / (1 + room)
    half = Z / (1 + room) * sqrt(max(share * (1 - share) / shown + room / (4 * shown), 0.0))
    # Rounding must not push the share itself out.
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)


def auc_interval(area: float, true: int, false: int) -> Interval:
    """The areas from which one that was measured is not further away than chance explains.

    Hanley and McNeil's variance at the area that is asked about (Newcombe 2006, method 5): unlike the
    variance at the measured area it is not 0 where the few that there are happen to stand in perfect order.
    """

    def apart(asked: float) -> float:
        return (area - asked) ** 2 - Z**2 * _variance(asked, true, false)

    # At 0 and 1 themselves the variance is 0, and the area that was measured an end of its interval.
    inside = min(max(area, TINY), 1 - TINY)
    low = 0.0 if apart(TINY) <= 0 else float(brentq(apart, TINY, inside))
    high = 1.0 if apart(1 - TINY) <= 0 else float(brentq(apart, inside, 1 - TINY))
    return low, high


def _variance(area: float, true: int, false: int) -> float:
    many = (true + false) / 2 - 1
    spread = (1 - area) / (2 - area) + area / (1 + area)
    return area * (1 - area) * (1 + many * spread) / (true * false)


def influence(truth: Truths, score: Floats) -> Floats:
    """By how much each row moves the AUC away from what it is: the terms of DeLong's variance (1988)."""
    true, false = int(truth.sum()), int((~truth).sum())
    among_all = average_ranks(score)
    above = (among_all[truth] - average_ranks(score[truth])) / false
    below = 1 - (among_all[~truth] - average_ranks(score[~truth])) / true
    moved = np.empty(len(truth))
    moved[truth] = (above - above.mean()) / true
    moved[~truth] = (below - below.mean()) / false
    return moved


def _error(truth: Truths, chance: Floats, place: npt.NDArray[np.int_]) -> float:
    total = np.bincount(place, minlength=BINS)
    gap = np.bincount(place, truth.astype(np.float64), BINS) - np.bincount(place, chance, BINS)
    return float(np.abs(gap).sum() / total.sum())
