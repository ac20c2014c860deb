"""How good a ranking is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata


def area_under_curve(scores: npt.NDArray[np.floating], outcome: npt.NDArray[np.bool_]) -> float | None:
    """How often one that happened ranks above one that did not, ties half; None without one of either."""
    positives = int(outcome.sum())
    negatives = len(outcome) - positives
    if not positives or not negatives:
        return None
    ranks = float(rankdata(scores)[outcome].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)
