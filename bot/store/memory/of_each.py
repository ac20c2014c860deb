"""Figures of each account for itself from what is held, ranked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
import numpy.typing as npt

from bot.language.question import Days, Figure, Metric
from bot.store.figure_values import MEANS, NUMBERS, SHARES, Tally
from bot.store.memory.adding_up import Asked, summed
from bot.store.memory.conditions import Look
from bot.store.memory.held import HeldAccounts, Truths, Whole
from bot.store.memory.of_accounts import LOW_BITS
from bot.store.memory.of_deals import asked_of
from scoring.account_ids import compact
from scoring.criteria.tree import Node

Fractions = npt.NDArray[np.float64]
_ROWS, _RECORDS, _PART, _UPPER, _LOWER = range(5)


@dataclass(frozen=True)
class EachAccount:
    """What is counted of each account: by its number five rows, as ``adding_up.summed`` gives them."""

    held: HeldAccounts
    table: Whole

    @property
    def number(self) -> int:
        """How many accounts have a record."""
        return int(np.count_nonzero(self.table[_ROWS]))

    @property
    def records(self) -> Whole:
        """How many records each account has, by its number."""
        found: Whole = self.table[_RECORDS]
        return found

    @property
    def gave_back(self) -> bool:
        """Whether there are records that give something back: they are none of ``records``."""
        return bool((self.table[_ROWS] != self.table[_RECORDS]).any())

    @property
    def halves(self) -> tuple[Whole, Whole]:
        """The sum of each account in two: what is to be shifted by ``LOW_BITS``, and what is to be added."""
        return self.table[_UPPER], self.table[_LOWER]

    def tallies(self, ids: Sequence[str]) -> dict[str, Tally]:
        """What is counted of accounts that are held, by id."""
        table: list[list[int]] = self.table[1:, self.held.numbers_of(compact(list(ids)))].T.tolist()
        return {
            one: Tally(records, part, (upper << LOW_BITS) + lower)
            for one, (records, part, upper, lower) in zip(ids, table, strict=True)
        }

    def largest(self, metric: Metric, most: int) -> list[str]:
        """The ids of those with the largest figure, of at most so many; of two alike the smaller id."""
        at = np.flatnonzero(self.table[_ROWS])
        values, records = self._values(metric, at), self.table[_RECORDS][at]
        if len(at) > most:
            last = np.partition(-values, most - 1)[most - 1]
            near = np.flatnonzero(-values <= last)
            at, values, records = at[near], values[near], records[near]
        order = np.lexsort((-records, -values))
        if len(order) <= most:
            return [self.held.id_of(int(one)) for one in at[order]]
        end = order[most - 1]
        alike = (values == values[end]) & (records == records[end])
        ahead = [one for one in order[:most] if not alike[one]]
        ids = (self.held.id_of(int(one)) for one in at[alike])
        return [*(self.held.id_of(int(at[one])) for one in ahead), *nsmallest(most - len(ahead), ids)]

    def changed(self, then: EachAccount, metric: Metric, most: int, *, less: bool) -> tuple[list[str], int]:
        """The ids of those with less than then, or more, and how many they are; the largest change first."""
        at = np.flatnonzero(self.table[_ROWS] | then.table[_ROWS])
        values = self._values(metric, at) - then._values(metric, at)
        values = values if less else -values
        at, values = at[values < 0], values[values < 0]
        number = len(at)
        if number > most:
            near = values <= np.partition(values, most - 1)[most - 1]
            at, values = at[near], values[near]
        named = [(float(value), self.held.id_of(int(one))) for value, one in zip(values, at, strict=True)]
        return [one for _, one in nsmallest(most, named)], number

    def _values(self, metric: Metric, at: npt.NDArray[np.intp]) -> Fractions:
        """What accounts are ranked by; the least there is where nothing was counted."""
        told: Fractions = self.table[1:, at].astype(np.float64)
        records, part, upper, lower = told
        values: Fractions = upper * float(1 << LOW_BITS) + lower
        if metric in NUMBERS:
            values = records
        elif metric in SHARES | MEANS:
            whole = part if metric in SHARES else values
            values = np.where(records > 0, whole / np.maximum(records, 1), -np.inf)
        return values


def of_each(look: Look, criteria: Node, figure: Figure, metric: Metric, days: Days) -> EachAccount:
    """What is counted of the accounts that meet the criteria, each for itself.

    Raises:
        CriteriaError: a field or value that is not known.
        NotHeldError: what is held does not say it.
    """
    return each_of(look, look.meets(criteria), asked_of(look, figure, metric, days))


def each_of(look: Look, chosen: Truths, asked: Asked) -> EachAccount:
    """What is counted of some accounts, each for itself.

    Raises:
        NotHeldError: sums may leave what is held exactly.
    """

    def tables() -> Iterator[Whole]:
        for part in look.held.parts:
            allowed = chosen if part.without is None else chosen & ~part.without
            yield summed(part.deals, allowed, asked)

    return EachAccount(look.held, sum(tables(), start=np.zeros((5, len(chosen)), dtype=np.int64)))
