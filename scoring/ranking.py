"""How good a ranking is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def area_under_curve(scores: npt.NDArray[np.floating], outcome: npt.NDArray[np.bool_]) -> float | None:
    """How often one that happened ranks above one that did not, ties half; None without one of either."""
    positives = int(outcome.sum())
    negatives = len(outcome) - positives
    if not positives or not negatives:
        return None
    ranks = float(average_ranks(scores)[outcome].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def average_ranks(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The rank of each value from 1; equal values share the mean of their ranks."""
    return np.asarray(pd.Series(values).rank(method="average"), dtype=np.float64)
