"""Deals in memory added up: what counts in each group or period, in blocks that fit the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.language.question import Metric
from bot.store.figure_periods import number_of
from bot.store.figure_records import PURCHASED
from bot.store.figure_values import Tally
from bot.store.memory.conditions import Groups, NotHeldError
from bot.store.memory.held import NO_DAY, Deals, Truths, Whole
from bot.store.memory.loading import as_day
from bot.store.memory.of_accounts import LOW_BITS, halved_sums
from scoring.criteria.tree import Unit

BLOCK = 1 << 17  # deals: what is made of them takes a megabyte or two
LARGE_BLOCK = 1 << 20  # where there are as many groups as accounts, each block costs a row of all of them
MOST_BLOCKS = 1 << 10  # of sums that are exact in doubles, or the whole may leave 64 bits
_WITHOUT_AMOUNT = {
    Metric.BUYERS,
    Metric.PURCHASES,
    Metric.WON,
    Metric.LOST,
    Metric.WIN_RATE,
    Metric.OPEN_DEALS,
}


@dataclass(frozen=True)
class Asked:
    """What is added up.

    Attributes:
        metric: which number.
        stages: of each stage's number whether its deals are among the records.
        part: likewise whether they are of the kind that is asked for.
        first: days since 1970, None where it is open; with ``last`` both are included.
        dated: whether records without a day are none.
        unit: of the periods; None without periods.
    """

    metric: Metric
    stages: Truths
    part: Truths
    first: int | None
    last: int | None
    dated: bool
    unit: Unit | None
    fiscal_year_starts: int


def tallied(
    deals: Deals, allowed: Truths, asked: Asked, groups: Groups | None, *, owned: bool
) -> Iterator[tuple[int, Tally]]:
    """What is counted of deals, by the number of the group or of the period.

    Args:
        deals: of which those of the allowed accounts count.
        allowed: of each account whether it counts.
        asked: what is added up.
        groups: of accounts, or of the deals' owners; never with periods.
        owned: whether they are those of the owners.

    Raises:
        NotHeldError: sums may leave what is held exactly.
    """
    for period, start, end in _spans(deals, asked):
        found = _Sum(asked, groups, len(allowed))
        _add(found, deals, allowed, (start, end, BLOCK), owned=owned)
        yield from ((at if asked.unit is None else period, tally) for at, tally in found.tallies())


def summed(deals: Deals, allowed: Truths, asked: Asked) -> Whole:
    """What is counted of deals, by the number of their account; without periods.

    Returns:
        For each account its records, those that are told, those of the kind that is asked for, and the sum
        in two halves: five rows of numbers.

    Raises:
        NotHeldError: sums may leave what is held exactly.
    """
    number = len(allowed)
    found = _Sum(asked, Groups(np.arange(number, dtype=np.int32), (None,) * number), number)
    for _, start, end in _spans(deals, asked):
        _add(found, deals, allowed, (start, end, LARGE_BLOCK), owned=False)
    return found.table()


def _add(found: _Sum, deals: Deals, allowed: Truths, rows: tuple[int, int, int], *, owned: bool) -> None:
    """Add some rows, block by block."""
    start, end, block = rows
    every, asked, groups = bool(allowed.all()), found.asked, found.groups
    for first in range(start, end, block):
        some = slice(first, min(first + block, end))
        account, stage = deals.account[some], deals.stage[some]
        counted = asked.stages[stage]
        if not every:
            counted &= allowed[account]
        at = np.flatnonzero(counted)
        of = deals.owner[some][at] if owned else account[at]
        codes = None if groups is None else groups.codes[of]
        found.add(account[at], codes, stage[at], deals.amount[some][at])


def _spans(deals: Deals, asked: Asked) -> Iterator[tuple[int, int, int]]:
    """The rows of each period, for deals are in the order of days; without periods all of them as one."""
    low = 0 if asked.first is None else int(np.searchsorted(deals.days, asked.first))
    if asked.dated and low == 0 and len(deals.days) and deals.days[0] == NO_DAY:
        low = 1
    high = len(deals.days) if asked.last is None else int(np.searchsorted(deals.days, asked.last, "right"))
    if asked.unit is None:
        yield 0, int(deals.starts[low]), int(deals.starts[max(high, low)])
        return
    numbers = ((_number(int(deals.days[at]), asked), at) for at in range(low, high))
    for period, days in groupby(numbers, lambda one: one[0]):
        of_period = [at for _, at in days]
        yield period, int(deals.starts[of_period[0]]), int(deals.starts[of_period[-1] + 1])


def _number(day: int, asked: Asked) -> int:
    found = as_day(day)
    if found is None or asked.unit is None:
        raise TypeError("no period without a day")
    return number_of(found, asked.unit, asked.fiscal_year_starts)


class _Sum:
    """What is counted in each group; without groups all is one."""

    def __init__(self, asked: Asked, groups: Groups | None, accounts: int) -> None:
        size = 1 if groups is None else len(groups.names)
        self.asked, self.groups, self._blocks = asked, groups, 0
        # Rows; of purchases those that give nothing back; those of a kind; sums in two halves.
        self._rows, self._bought, self._part, self._upper, self._lower = np.zeros((5, size), dtype=np.int64)
        self._buyers = np.zeros(accounts if asked.metric is Metric.BUYERS else 0, dtype=np.bool_)

    def add(
        self,
        account: npt.NDArray[Any],
        codes: npt.NDArray[Any] | None,
        stage: npt.NDArray[Any],
        amount: npt.NDArray[np.int64],
    ) -> None:
        """Add a block of records that count; ``codes``: the number of each one's group."""
        asked, self._blocks = self.asked, self._blocks + 1
        self._rows += self._counted(codes, len(amount))
        if asked.metric not in _WITHOUT_AMOUNT:
            if self._blocks > MOST_BLOCKS:
                raise NotHeldError
            upper, lower = halved_sums(codes, amount, len(self._rows))
            self._upper += upper
            self._lower += lower
        if asked.metric is Metric.WIN_RATE:
            won = asked.part[stage]
            self._part += self._counted(None if codes is None else codes[won], int(won.sum()))
        if asked.metric in PURCHASED:
            bought = amount >= 0
            self._bought += self._counted(None if codes is None else codes[bought], int(bought.sum()))
            if asked.metric is Metric.BUYERS:
                self._buyers[account[bought]] = True

    def _counted(self, codes: npt.NDArray[Any] | None, many: int) -> npt.NDArray[np.int64] | int:
        return many if codes is None else np.bincount(codes, minlength=len(self._rows))

    def tallies(self) -> Iterator[tuple[int, Tally]]:
        """By the number of the group, where anything was counted."""
        asked, part = self.asked, self._part
        if asked.metric is Metric.BUYERS:
            part = self._accounts_by_group()
        records = self._bought if asked.metric in PURCHASED else self._rows
        # Of buyers a group that has only given something back is none; a period is one.
        told = records if asked.metric is Metric.BUYERS and asked.unit is None else self._rows
        for at in np.flatnonzero(told):
            whole = (int(self._upper[at]) << LOW_BITS) + int(self._lower[at])
            yield int(at), Tally(int(records[at]), int(part[at]), whole)

    def table(self) -> Whole:
        """Of each group: rows, records that are told, those of a kind, the sum in two halves."""
        records = self._bought if self.asked.metric in PURCHASED else self._rows
        return np.array([self._rows, records, self._part, self._upper, self._lower])

    def _accounts_by_group(self) -> npt.NDArray[np.int64]:
        """An account is in one group, so those who bought are counted by account."""
        if self.groups is None:
            return np.array([np.count_nonzero(self._buyers)])
        return np.bincount(self.groups.codes[self._buyers], minlength=len(self._rows))
