"""Order lines as sorted integer columns: who bought what, in which basket, when. Nothing is scored here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from scoring.days import EPOCH_ORDINAL, day_numbers

LINE_COLUMNS = ("account_id", "product_id", "day", "quantity", "amount_minor", "order_id")

# More than a line can mean: beyond these, numbers are cut so that sums stay within 64 bits.
MOST_PIECES, MOST_MINOR = 1e12, 1e16

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Names = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Purchases:
    """What every account bought until a day, one element per account, day and product.

    A basket is what an account bought on one day, however many orders that were. Rows are sorted by account,
    day and product, and ids are sorted, so that nothing depends on the order in which lines came.

    Attributes:
        account_ids: sorted ids of all accounts, also of those without a purchase.
        product_ids: sorted ids of all products.
        today: for each account the day (ordinal) from which one looks back.
        account: position among ``account_ids``.
        product: position among ``product_ids``.
        day: ordinal of the day.
        basket: 0 for the account's latest basket, 1 for the one before …
        quantity: pieces bought that day.
        amount: what they cost, minor units.
    """

    account_ids: Names
    product_ids: Names
    today: Integers
    account: Integers
    product: Integers
    day: Integers
    basket: Integers
    quantity: Numbers
    amount: Integers

    @cached_property
    def baskets(self) -> Integers:
        """The number of baskets of each account."""
        found = np.zeros(len(self.account_ids), dtype=np.int64)
        np.maximum.at(found, self.account, self.basket + 1)
        return found

    @cached_property
    def last_day(self) -> Integers:
        """The ordinal of each account's latest basket; 0 without one."""
        found = np.zeros(len(self.account_ids), dtype=np.int64)
        np.maximum.at(found, self.account, self.day)
        return found

    @cached_property
    def first_day(self) -> Integers:
        """The ordinal of each account's first basket; 0 without one."""
        found = np.full(len(self.account_ids), np.iinfo(np.int64).max, dtype=np.int64)
        np.minimum.at(found, self.account, self.day)
        return np.where(self.baskets > 0, found, 0)

    def until(self, day: int) -> Purchases:
        """The same accounts and products as they were known at the end of a day (ordinal)."""
        kept = self.day <= day
        return _arranged(self, kept, np.full(len(self.account_ids), day, dtype=np.int64))

    def of(self, kept: Flags, today: Integers) -> Purchases:
        """Only these rows, seen from a day of its own for each account."""
        return _arranged(self, kept, today)

    def bought_between(self, after: int, until: int) -> sparse.csr_array:
        """Who bought what after one day and until another (ordinals), accounts × products of ones."""
        kept = (self.day > after) & (self.day <= until)
        return self.matrix(np.ones(int(kept.sum())), kept, together=np.maximum)

    def matrix(self, values: Numbers, kept: Flags | None = None, together: Any = np.add) -> sparse.csr_array:
        """Values of rows as accounts × products; those of one pair are put together by a ufunc."""
        account = self.account if kept is None else self.account[kept]
        product = self.product if kept is None else self.product[kept]
        return _pairs(account, product, values, (len(self.account_ids), len(self.product_ids)), together)


def read_lines(
    lines: pd.DataFrame, as_of: date, accounts: pd.Series[Any] | None = None
) -> tuple[Purchases, tuple[str, ...]]:
    """Order lines as purchases, and sentences about what was left out.

    Args:
        lines: ``account_id``, ``product_id`` (text), ``day`` (dates of the organisation's time zone),
            ``quantity``, ``amount_minor``, ``order_id``.
        as_of: the day of the run; lines of later days do not count.
        accounts: ids of accounts that are known, with purchases or without. None: those of the lines. Lines
            of other accounts do not count.

    Raises:
        ValueError: a column is missing.
    """
    missing = [name for name in LINE_COLUMNS if name not in lines.columns]
    if missing:
        raise ValueError(
            f"The order lines have no column {', '.join(missing)}; they need {', '.join(LINE_COLUMNS)}."
        )
    days = pd.to_datetime(lines["day"], errors="coerce")
    known = lines["account_id"].notna() & lines["product_id"].notna() & days.notna()
    if accounts is not None:
        known &= lines["account_id"].isin(accounts)
    future = known & (days > pd.Timestamp(as_of) + pd.Timedelta(hours=23, minutes=59, seconds=59))
    returned = known & ~future & ~(quantities(lines) > 0)
    kept = (known & ~future & ~returned).to_numpy(dtype=bool)
    warnings = _left_out(int((~known).sum()), int(future.sum()), int(returned.sum()), as_of)
    return _columns(lines[kept], days[kept], as_of, accounts), warnings


def ordinals(days: pd.Series[Any]) -> Integers:
    """Days since 1 January of year 1, as ``date.toordinal`` counts them."""
    return day_numbers(days)[0] + EPOCH_ORDINAL


def quantities(lines: pd.DataFrame) -> Numbers:
    """The pieces of each line; what is no number is 1."""
    found = pd.to_numeric(lines["quantity"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(found), 1.0, found)


def positions(ids: Names, wanted: pd.Series[Any]) -> Integers:
    """Where each wanted id stands among sorted ids; -1 for one that does not."""
    return np.asarray(pd.Index(ids).get_indexer(pd.Index(wanted)), dtype=np.int64)


def _columns(
    lines: pd.DataFrame, days: pd.Series[Any], as_of: date, accounts: pd.Series[Any] | None
) -> Purchases:
    account_ids = _sorted_ids(lines["account_id"] if accounts is None else accounts.dropna())
    product_ids = _sorted_ids(lines["product_id"])
    frame = pd.DataFrame(
        {
            "account": positions(account_ids, lines["account_id"]),
            "product": positions(product_ids, lines["product_id"]),
            "day": ordinals(days),
            "quantity": np.minimum(quantities(lines), MOST_PIECES),
            "amount": _minor(lines["amount_minor"]),
        }
    )
    rows = frame.groupby(["account", "day", "product"], sort=True, as_index=False).sum()
    column = {name: rows[name].to_numpy() for name in rows.columns}
    nothing = np.zeros(len(rows), dtype=np.int64)
    today = np.full(len(account_ids), as_of.toordinal(), dtype=np.int64)
    whole = Purchases(account_ids, product_ids, today, basket=nothing, **column)
    return _arranged(whole, np.ones(len(rows), dtype=bool), today)


def _minor(column: pd.Series[Any]) -> Integers:
    """Whole minor units, exact where they are given as integers; what is no finite number is 0."""
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.dtype.kind == "f":
        numbers = numbers.where(np.isfinite(numbers)).clip(-MOST_MINOR, MOST_MINOR)
    whole: Integers = numbers.fillna(0).to_numpy(dtype=np.int64)
    return np.clip(whole, -int(MOST_MINOR), int(MOST_MINOR))


def _sorted_ids(column: pd.Series[Any]) -> Names:
    return np.sort(np.asarray(column.unique(), dtype=object))


def _arranged(purchases: Purchases, kept: Flags, today: Integers) -> Purchases:
    account, day = purchases.account[kept], purchases.day[kept]
    begins = np.ones(len(account), dtype=bool)
    begins[1:] = (account[1:] != account[:-1]) | (day[1:] != day[:-1])
    running = np.cumsum(begins)
    latest = np.zeros(len(purchases.account_ids), dtype=np.int64)
    np.maximum.at(latest, account, running)
    return Purchases(
        purchases.account_ids,
        purchases.product_ids,
        today,
        account,
        purchases.product[kept],
        day,
        np.asarray(latest[account] - running, dtype=np.int64),
        purchases.quantity[kept],
        purchases.amount[kept],
    )


def _pairs(
    account: Integers, product: Integers, values: Numbers, shape: tuple[int, int], together: Any
) -> sparse.csr_array:
    key = account * shape[1] + product
    order = np.argsort(key, kind="stable")
    key, values = key[order], values[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    joined = together.reduceat(values, first) if len(first) else np.zeros(0)
    at = key[first]
    width = max(shape[1], 1)
    bounds = np.searchsorted(at // width, np.arange(shape[0] + 1))
    return sparse.csr_array((joined, (at % width).astype(np.int32), bounds), shape=shape)


def _left_out(unknown: int, future: int, returned: int, as_of: date) -> tuple[str, ...]:
    told = (
        (unknown, "without a known account, a product or a day"),
        (future, f"after {as_of.isoformat()}"),
        (returned, "with no or a negative quantity (a return or a credit note)"),
    )
    return tuple(
        f"{count:,} order line{' ' if count == 1 else 's '}{what} {'was' if count == 1 else 'were'} left out."
        for count, what in told
        if count
    )
