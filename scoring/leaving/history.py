"""Transactions as purchase days by account, and what is known of every account at the end of any day.

A day with at least one transaction that is not negative is one purchase, however many documents it has. A
negative transaction (a credit note, a refund) nets off money and is no purchase.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.days import day_number, day_numbers

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

SPEND_DAYS = 365
# Purchases count half after so many days: a month, a quarter and a year of memory.
HALF_LIVES = (30, 90, 365)
_LARGEST = 9.2e18
_EXACT_FLOAT = 2**53


@dataclass(frozen=True)
class History:
    """Every account's days with money, sorted by account and day.

    Attributes:
        accounts: the accounts' ids, sorted by their text.
        account: position in ``accounts``, one for each account and day.
        day: days since 1970.
        minor: what was bought less what was given back that day.
        bought: whether there was a purchase, and not only a credit.
        warnings: sentences about transactions that were left out.
    """

    accounts: npt.NDArray[np.object_]
    account: Integers
    day: Integers
    minor: Integers
    bought: Truths
    warnings: tuple[str, ...] = ()

    @property
    def first_day(self) -> int:
        """The day of the first purchase of all; 0 without any."""
        return int(self.day[self.bought].min()) if self.bought.any() else 0

    def of(self, chosen: Truths) -> History:
        """The history of some accounts, by a mask over ``accounts``."""
        rows = chosen[self.account]
        place = np.cumsum(chosen) - 1
        return History(
            self.accounts[chosen],
            place[self.account[rows]],
            self.day[rows],
            self.minor[rows],
            self.bought[rows],
        )


@dataclass(frozen=True)
class States:
    """What is known at the end of a day of every account that had bought by then; arrays of equal length.

    Attributes:
        account: position in the history's ``accounts``.
        first: day of the first purchase.
        repeats: purchase days after the first (x).
        spread: days from the first purchase to the last (t_x).
        age: days since the first purchase (T).
        last_gap: days between the last two purchases; 0 without a repeat.
        gap_squares: sum of the squared gaps, in days squared.
        memory: purchases discounted by age, a column for each of ``HALF_LIVES``.
        spend_minor: all money.
        recent_minor: money of the last 365 days.
    """

    account: Integers
    first: Integers
    repeats: Integers
    spread: Integers
    age: Integers
    last_gap: Integers
    gap_squares: Integers
    memory: Floats
    spend_minor: Integers
    recent_minor: Integers

    @property
    def recency(self) -> Integers:
        """Days since the last purchase."""
        return self.age - self.spread

    def __len__(self) -> int:
        return len(self.account)


def read_history(transactions: pd.DataFrame, as_of: date) -> History:
    """Sort transactions by account and day.

    Args:
        transactions: ``account_id``; ``day`` a date, datetime64 or None; ``amount_minor`` integers.
            Transactions without an account, a day or an amount, and those after ``as_of``, are left out with
            a warning.
        as_of: the last day that counts.

    Raises:
        ValueError: the amounts are not whole, or together do not fit 64 bits.
    """
    end = day_number(as_of)
    frame, warnings = _usable(transactions, end)
    minor = _whole(frame["amount_minor"])
    if np.abs(minor.astype(np.float64)).sum() > _LARGEST:
        raise ValueError("The amounts of all transactions together are too large: are they in minor units?")
    codes, distinct = pd.factorize(frame["account_id"], sort=False)
    ids = np.asarray(distinct, dtype=object)
    by_text = np.argsort(ids.astype(str), kind="stable") if len(ids) else np.zeros(0, dtype=np.int64)
    rank = np.empty(len(ids), dtype=np.int64)
    rank[by_text] = np.arange(len(ids))
    return _by_day(ids[by_text], rank[codes], frame["day"].to_numpy(np.int64), minor, warnings)


def states_at(history: History, end: int) -> States:
    """The states at the end of a day, from purchases up to and with it."""
    money = history.day <= end
    known = money & history.bought
    account, day = history.account[known], history.day[known]
    begins = (
        np.flatnonzero(np.r_[True, account[1:] != account[:-1]]) if len(account) else np.zeros(0, np.int64)
    )
    who, counts = account[begins], np.diff(np.r_[begins, len(account)])
    first, last = day[begins], day[begins + counts - 1]
    gaps = np.diff(day, prepend=day[:1])
    gaps[begins] = 0
    place = np.repeat(np.arange(len(who)), counts)
    ages = (end - day).astype(np.float64)
    memory = [np.bincount(place, np.exp2(ages / -half), len(who)) for half in HALF_LIVES]
    recent = money & (history.day > end - SPEND_DAYS)
    return States(
        account=who,
        first=first,
        repeats=counts - 1,
        spread=last - first,
        age=end - first,
        last_gap=gaps[begins + counts - 1],
        gap_squares=_summed(gaps * gaps, begins),
        memory=np.stack(memory, axis=1) if len(who) else np.zeros((0, len(HALF_LIVES))),
        spend_minor=_totals(history, money)[who],
        recent_minor=_totals(history, recent)[who],
    )


def bought_within(history: History, states: States, end: int, days: int) -> Truths:
    """Whether each account of the states bought in the ``days`` days after ``end``."""
    later = history.bought & (history.day > end) & (history.day <= end + days)
    buyers = np.zeros(len(history.accounts), dtype=np.bool_)
    buyers[history.account[later]] = True
    return buyers[states.account]


def _usable(transactions: pd.DataFrame, end: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    days, dated = day_numbers(transactions["day"])
    frame = pd.DataFrame(
        {
            "account_id": transactions["account_id"].array,
            "day": days,
            "amount_minor": transactions["amount_minor"].array,
        }
    )
    whole = dated & frame["account_id"].notna().to_numpy() & frame["amount_minor"].notna().to_numpy()
    future = whole & (days > end)
    warnings = []
    if missing := int((~whole).sum()):
        warnings.append(f"Left out, without an account, a day or an amount: {_transactions(missing)}.")
    if count := int(future.sum()):
        warnings.append(f"Left out, dated after the day of the run: {_transactions(count)}.")
    return frame[whole & ~future], tuple(warnings)


def _whole(amounts: pd.Series) -> Integers:
    """Amounts as integers; floats only where a missing value made floats of them."""
    if pd.api.types.is_float_dtype(amounts.dtype):
        values = amounts.to_numpy(np.float64)
        if (values != np.rint(values)).any() or (np.abs(values) > _EXACT_FLOAT).any():
            raise ValueError("Amounts have to be whole minor units (cents): multiply and round them first.")
        return values.astype(np.int64)
    return amounts.to_numpy(np.int64)


def _transactions(count: int) -> str:
    return f"{count:,} transaction{'' if count == 1 else 's'}"


def _by_day(
    ids: npt.NDArray[np.object_], account: Integers, day: Integers, minor: Integers, warnings: tuple[str, ...]
) -> History:
    """One row for each account and day."""
    order = np.lexsort((day, account))
    account, day, minor = account[order], day[order], minor[order]
    differs = (account[1:] != account[:-1]) | (day[1:] != day[:-1])
    begins = np.flatnonzero(np.r_[True, differs]) if len(account) else np.zeros(0, np.int64)
    bought = _summed((minor >= 0).astype(np.int64), begins) > 0
    return History(ids, account[begins], day[begins], _summed(minor, begins), bought, warnings)


def _summed(values: Integers, begins: Integers) -> Integers:
    return np.add.reduceat(values, begins) if len(begins) else np.zeros(0, np.int64)


def _totals(history: History, rows: Truths) -> Integers:
    """Money by account, exactly; rows are sorted by account."""
    account = history.account[rows]
    begins = (
        np.flatnonzero(np.r_[True, account[1:] != account[:-1]]) if len(account) else np.zeros(0, np.int64)
    )
    totals = np.zeros(len(history.accounts), dtype=np.int64)
    totals[account[begins]] = _summed(history.minor[rows], begins)
    return totals
