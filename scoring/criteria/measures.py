"""Facts over a data frame's related rows: counts, sums, averages, extremes, first and last days, by group.

Whole numbers and money are exact; what a sum does beyond 64 bits, and what fractional numbers become, is
said in ``scoring.criteria.tree``. SQL does the same in ``bot.store.related_sql``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.bounds import FRACTION, LARGEST, LARGEST_FRACTION, LOW_BITS, SMALLEST, parts_of
from scoring.criteria.fields import Field
from scoring.criteria.tree import Measure

Whole = npt.NDArray[np.int64]
LOW = (1 << LOW_BITS) - 1


@dataclass(frozen=True)
class Groups:
    """Which group each related row belongs to: 0 to ``count`` - 1."""

    at: npt.NDArray[np.intp]
    count: int

    def sizes(self) -> Whole:
        """How many rows each has."""
        return np.bincount(self.at, minlength=self.count).astype(np.int64)

    def of(self, chosen: npt.NDArray[np.bool_]) -> Groups:
        """Of some of the rows."""
        return Groups(self.at[chosen], self.count)

    def add(self, values: Whole) -> Whole:
        """The sum of each; it must stay within 64 bits."""
        sums = np.zeros(self.count, dtype=np.int64)
        np.add.at(sums, self.at, values)
        return sums

    def smallest(self, values: Any) -> Any:
        """The smallest of each; the largest there can be where there is none."""
        whole = values.dtype == np.int64
        found = np.full(self.count, LARGEST if whole else np.inf, dtype=values.dtype)
        np.minimum.at(found, self.at, values)
        return found

    def largest(self, values: Any) -> Any:
        """The largest of each."""
        whole = values.dtype == np.int64
        found = np.full(self.count, SMALLEST if whole else -np.inf, dtype=values.dtype)
        np.maximum.at(found, self.at, values)
        return found


def numbers(column: pd.Series[Any]) -> tuple[Any, npt.NDArray[np.bool_]]:
    """The numbers of a column, as int64 or float64, 0 where there is none; and where there is one."""
    known = column.convert_dtypes() if column.dtype == object else column
    whole = pd.api.types.is_integer_dtype(known.dtype)
    present = column.notna().to_numpy(np.bool_)
    return known.fillna(0).to_numpy(np.int64 if whole else np.float64), present


def measured_numbers(
    measure: Measure, values: Any, groups: Groups, field: Field
) -> tuple[pd.Series[Any], Field]:
    """The fact of each group, and the field as which it is compared.

    Args:
        measure: sum, average, smallest or largest.
        values: int64, or float64, of the rows that have one.
        groups: of those rows.
        field: of the related records.
    """
    parts = parts_of(field)
    fractional = values.dtype != np.int64
    if fractional and parts != 1:
        values, fractional = np.rint(values).astype(np.int64), False
    if measure in {Measure.SMALLEST, Measure.LARGEST}:
        found = groups.smallest(values) if measure is Measure.SMALLEST else groups.largest(values)
        return _where_any(found, groups), field
    if fractional:
        values = _in_fractions(values)
    total = _sum(values, groups)
    if measure is Measure.SUM:
        return pd.Series(total), replace(field, parts=FRACTION) if fractional else field
    scale = FRACTION if parts == 1 and not fractional else 1
    mean = _where_any(_quotient(total, groups.sizes(), scale), groups)
    return mean, replace(field, parts=FRACTION) if parts == 1 else field


def measured_days(measure: Measure, days: Whole, groups: Groups) -> pd.Series[Any]:
    """The first or last day of each group; ``days`` since 1970 of the rows that have one."""
    found = groups.smallest(days) if measure is Measure.FIRST else groups.largest(days)
    there = groups.sizes() > 0
    dates = np.where(there, found, 0).astype("datetime64[D]").astype("datetime64[s]")
    dates[~there] = np.datetime64("NaT")
    return pd.Series(dates)


def _where_any(found: Any, groups: Groups) -> pd.Series[Any]:
    there = groups.sizes() > 0
    whole = found.dtype == np.int64
    column = pd.Series(np.where(there, found, 0), dtype="Int64" if whole else "Float64")
    return column.where(pd.Series(there))


def _in_fractions(values: npt.NDArray[np.float64]) -> Whole:
    """Fractional numbers as ten-thousandths, half away from zero; what is larger counts as the largest."""
    within = np.clip(values, -LARGEST_FRACTION, LARGEST_FRACTION)
    scaled = within * FRACTION
    return np.trunc(scaled + np.where(scaled < 0, -0.5, 0.5)).astype(np.int64)


def _sum(values: Whole, groups: Groups) -> Whole:
    """Exact, in two halves; beyond 64 bits the largest or smallest there is."""
    high, low = groups.add(values >> LOW_BITS), groups.add(values & LOW)
    high, low = high + (low >> LOW_BITS), low & LOW
    limit = 1 << (63 - LOW_BITS)
    within = np.clip(high, -limit, limit - 1)
    exact = (within << LOW_BITS) + low
    return np.where(high >= limit, LARGEST, np.where(high < -limit, SMALLEST, exact))


def _quotient(total: Whole, count: Whole, scale: int) -> Whole:
    """``total * scale / count`` rounded down; beyond 64 bits the largest or smallest there is."""
    count = np.maximum(count, 1)
    whole, rest = total // count, total % count
    limit = LARGEST // scale - 1
    exact = np.clip(whole, -limit, limit) * scale + (rest * scale) // count
    return np.where(whole > limit, LARGEST, np.where(whole < -limit, SMALLEST, exact))
