"""What accounts without a purchase may buy first: what accounts like them bought first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scoring.recommendations.purchases import Integers, Numbers, Purchases

# Each further field that is equal makes a buyer count so many times more.
MATCH_FACTOR = 4.0
# Shares of products are drawn towards everybody's as if so many like buyers had bought those.
_BUYERS_ASSUMED = 5.0
# Conversion is drawn towards one in a hundred as if so many accounts had been watched.
_CONVERSION_ASSUMED, _WAITING_ASSUMED = 0.01, 100.0


@dataclass(frozen=True)
class FirstBuys:
    """Kinds of accounts by their fields, and what buyers of each kind bought first.

    Attributes:
        kind: of each account, a position among the kinds.
        marks: kinds × values of fields, ones.
        buyers: kinds, the number of accounts with a purchase.
        firsts: kinds × products, how many of them had the product in their first basket.
        conversion: the share of accounts without a purchase that buy within the horizon.
    """

    kind: Integers
    marks: sparse.csr_array
    buyers: Numbers
    firsts: sparse.csr_array
    conversion: float

    def likeness(self, kinds: Integers) -> Numbers:
        """How much a buyer of each kind counts for some kinds: 1 with all fields equal, 0 with none."""
        matches = np.asarray((self.marks[kinds] @ self.marks.T).toarray(), dtype=np.float64)
        most = max(float(self.marks.sum(axis=1).max(initial=0)), 1)
        return np.asarray(np.where(matches > 0, MATCH_FACTOR ** (matches - most), 0), dtype=np.float64)

    def shares(self, kinds: Integers) -> tuple[Numbers, Numbers]:
        """For some kinds × products the share of like buyers that began with it; and that of all buyers."""
        weight = self.likeness(kinds)
        everybody = np.asarray(self.firsts.sum(axis=0)).ravel() / max(self.buyers.sum(), 1)
        like = (weight @ self.firsts + _BUYERS_ASSUMED * everybody) / (
            (weight @ self.buyers)[:, None] + _BUYERS_ASSUMED
        )
        return np.asarray(like, dtype=np.float64), everybody


def learn_first_buys(
    purchases: Purchases,
    accounts: pd.DataFrame,
    fields: Sequence[str],
    days: Sequence[int],
    horizon_days: int,
) -> FirstBuys:
    """Learn from first baskets.

    Args:
        purchases: until the day of the run.
        accounts: one row per account of ``purchases``, in the same order.
        fields: columns to compare; text without regard to case, numbers by size on a scale of doublings.
        days: past days (ordinals) from which conversion is counted; without one it is a guess.
        horizon_days: what the conversion is about.
    """
    kind, marks = _kinds(accounts, fields)
    first = purchases.day == purchases.first_day[purchases.account]
    basket = purchases.matrix(np.ones(int(first.sum())), first).sign()
    count = marks.shape[0]
    buyer = purchases.baskets > 0
    whose = sparse.csr_array(
        (buyer[buyer].astype(np.float64), (kind[buyer], np.flatnonzero(buyer))), shape=(count, len(kind))
    )
    return FirstBuys(
        kind,
        marks,
        np.bincount(kind[buyer], minlength=count).astype(np.float64),
        sparse.csr_array(whose @ basket),
        _conversion(purchases, days, horizon_days),
    )


def _conversion(purchases: Purchases, days: Sequence[int], horizon_days: int) -> float:
    without, bought = 0, 0
    for day in days:
        waiting = (purchases.baskets == 0) | (purchases.first_day > day)
        without += int(waiting.sum())
        bought += int((waiting & (purchases.baskets > 0) & (purchases.first_day <= day + horizon_days)).sum())
    return (bought + _CONVERSION_ASSUMED * _WAITING_ASSUMED) / (without + _WAITING_ASSUMED)


def _kinds(accounts: pd.DataFrame, fields: Sequence[str]) -> tuple[Integers, sparse.csr_array]:
    """The kind of each account, and what marks each kind; an empty field is no mark."""
    if not fields or not len(accounts):
        nothing = np.zeros(len(accounts), dtype=np.int64)
        return nothing, sparse.csr_array((max(min(len(accounts), 1), 1), 0))
    coded = pd.DataFrame({field: pd.factorize(_values(accounts[field]), sort=True)[0] for field in fields})
    distinct = coded.drop_duplicates().sort_values(list(fields)).reset_index(drop=True)
    kind = pd.MultiIndex.from_frame(distinct).get_indexer(pd.MultiIndex.from_frame(coded))
    row, column, start = [], [], 0
    for field in fields:
        codes = distinct[field].to_numpy()
        known = np.flatnonzero(codes >= 0)
        row.append(known)
        column.append(codes[known] + start)
        start += int(codes.max(initial=-1)) + 1
    rows, columns = np.concatenate(row), np.concatenate(column)
    marks = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(distinct), start))
    return np.asarray(kind, dtype=np.int64), marks


def _values(column: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        size = pd.Series(np.floor(np.log2(np.abs(column.to_numpy(dtype=np.float64, na_value=np.nan)) + 1)))
        return size.where(np.isfinite(size))
    text: pd.Series[Any] = column.astype("string").str.strip().str.casefold()
    return text.where(text != "")
