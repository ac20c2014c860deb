"""The common quintile recipe of RFM, as notebooks have it, for comparing with numbers made elsewhere.

Fifths of recency, of the rank of frequency ("first": equal counts are told apart by their place in the file)
and of money; ten segments by recency and frequency. Because of that rank it depends on the order of the rows,
which is why the product's own scores (``scoring.rfm``) do it otherwise.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

FIFTHS = 5
# The names are those of the recipe, as they are found everywhere: recency, then frequency.
SEGMENTS = (
    (r"[1-2][1-2]", "hibernating"),
    (r"[1-2][3-4]", "at_Risk"),
    (r"[1-2]5", "cant_loose"),
    (r"3[1-2]", "about_to_sleep"),
    (r"33", "need_attention"),
    (r"[3-4][4-5]", "loyal_customers"),
    (r"41", "promising"),
    (r"51", "new_customers"),
    (r"[4-5][2-3]", "potential_loyalists"),
    (r"5[4-5]", "champions"),
)


def quintiles(facts: pd.DataFrame) -> pd.DataFrame:
    """Scores and segments by the recipe.

    Args:
        facts: one row per account, in the order that decides ties of frequency: ``recency_days``,
            ``purchases``, ``spend_minor``; other columns are carried along.

    Returns:
        The rows with integer columns ``r f m`` (5 is best) and ``segment``.

    Raises:
        ValueError: a measure has too few different values for fifths. The recipe cannot score it; bands or
            the product's percentiles can.
    """
    ranks = facts["purchases"].rank(method="first")
    r = FIFTHS + 1 - _fifths(facts["recency_days"], "recency")
    f = _fifths(ranks, "frequency")
    m = _fifths(facts["spend_minor"], "spend")
    codes = [segment_of(int(recency), int(frequency)) for recency, frequency in zip(r, f, strict=True)]
    return facts.assign(r=r, f=f, m=m, segment=pd.Series(codes, index=facts.index, dtype=object))


def segment_of(recency: int, frequency: int) -> str:
    """The recipe's segment of two scores from 1 to 5."""
    return _MAP[f"{recency}{frequency}"]


def cut_points(values: pd.Series) -> tuple[float, ...]:
    """The four values between the fifths, by linear interpolation."""
    return tuple(float(one) for one in values.quantile([0.2, 0.4, 0.6, 0.8]))


def _fifths(values: pd.Series, what: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """1 to 5: over the cut points; a value on one belongs below it."""
    edges = values.quantile(np.linspace(0, 1, FIFTHS + 1)).to_numpy(np.float64)
    if len(values) < FIFTHS or (np.diff(edges) <= 0).any():
        raise ValueError(
            f"The quintile recipe cannot score {what}: too few different values to cut into fifths. "
            "Use the product's percentiles or bands."
        )
    return np.searchsorted(edges[1:-1], values.to_numpy(np.float64), side="left").astype(np.int64) + 1


_MAP = {
    f"{recency}{frequency}": next(
        name for pattern, name in SEGMENTS if re.fullmatch(pattern, f"{recency}{frequency}")
    )
    for recency in range(1, FIFTHS + 1)
    for frequency in range(1, FIFTHS + 1)
}
