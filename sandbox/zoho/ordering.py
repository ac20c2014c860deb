"""Rows in an order: those that are computed, less the hidden ones, and those that are kept, merged by key.

A key is a tuple that ends with the row's id. Computed rows never move, so the place that a kept row takes
among them is found once, when it comes in.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Key = tuple[int, ...]


class ComputedOrder(Protocol):
    """An order of rows that nobody keeps: row number, key and id are computed from each other."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    def rank(self, key: Key) -> int:
        """How many rows have a smaller key."""

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids of a stretch of rows."""


class Nothing:
    """The order of no rows."""

    count = 0

    def rank(self, _key: Key) -> int:
        """No row is before another."""
        return 0

    def ids(self, _start: int, _stop: int) -> list[int]:
        """No rows."""
        return []


class Order:
    """An order over computed and kept rows."""

    def __init__(self, computed: ComputedOrder | None = None) -> None:
        self._computed = computed or Nothing()
        self._hidden: list[int] = []
        self._kept: list[Key] = []
        self._places: list[int] = []  # of each kept row: how many computed rows come before it

    def __len__(self) -> int:
        return self._computed.count - len(self._hidden) + len(self._kept)

    def add(self, key: Key) -> None:
        """Keep a row."""
        at = bisect_left(self._kept, key)
        self._kept.insert(at, key)
        self._places.insert(at, self._computed.rank(key))

    def drop(self, key: Key) -> None:
        """A kept row goes."""
        at = bisect_left(self._kept, key)
        del self._kept[at], self._places[at]

    def hide(self, place: int) -> None:
        """A computed row goes."""
        insort(self._hidden, place)

    def rank(self, key: Key) -> int:
        """How many rows have a smaller key."""
        computed = self._computed.rank(key)
        return computed - bisect_left(self._hidden, computed) + bisect_left(self._kept, key)

    def window(self, low: Key | None = None, high: Key | None = None, *, descending: bool = False) -> Window:
        """The rows with ``low`` < key < ``high``; a bound that is None bounds nothing."""
        first = 0 if low is None else self.rank(just_after(low))
        last = len(self) if high is None else self.rank(high)
        return Window(self, first, max(first, last), descending)

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids of a stretch of rows."""
        wanted = min(stop, len(self)) - start
        kept = self._kept_before(start)
        place, hidden = self._computed_place(start - kept)
        found: list[int] = []
        while len(found) < wanted:
            until = self._places[kept] if kept < len(self._kept) else self._computed.count
            if hidden < len(self._hidden):
                until = min(until, self._hidden[hidden])
            if place < until:
                taken = min(until, place + wanted - len(found))
                found += self._computed.ids(place, taken)
                place = taken
            elif kept < len(self._kept) and self._places[kept] <= place:
                found.append(self._kept[kept][-1])
                kept += 1
            else:
                place, hidden = place + 1, hidden + 1
        return found

    def _kept_before(self, rank: int) -> int:
        """How many of the first ``rank`` rows are kept ones."""
        return bisect_left(range(len(self._kept)), rank, key=self._rank_of_kept)

    def _rank_of_kept(self, number: int) -> int:
        place = self._places[number]
        return number + place - bisect_left(self._hidden, place)

    def _computed_place(self, visible: int) -> tuple[int, int]:
        """Where the computed row stands before which ``visible`` are not hidden; how many are hidden."""
        hidden = bisect_right(range(len(self._hidden)), visible, key=lambda at: self._hidden[at] - at)
        return visible + hidden, hidden


def just_after(key: Key) -> Key:
    """The smallest key that is greater than a key."""
    return (*key[:-1], key[-1] + 1)


@dataclass(frozen=True)
class Window:
    """A stretch of an order, perhaps backwards."""

    order: Order
    first: int
    last: int
    descending: bool = False

    def __len__(self) -> int:
        return self.last - self.first

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids of some rows of the stretch."""
        start, stop = min(start, len(self)), min(stop, len(self))
        if start >= stop:
            return []
        if self.descending:
            return self.order.ids(self.last - stop, self.last - start)[::-1]
        return self.order.ids(self.first + start, self.first + stop)

    def past(self, key: Key) -> int:
        """Where the first row stands that comes after the row with the key, be it there or not."""
        if self.descending:
            place = self.last - self.order.rank(key)
        else:
            place = self.order.rank(just_after(key)) - self.first
        return min(max(place, 0), len(self))


@dataclass(frozen=True)
class Chosen:
    """Rows that were picked out: their keys, ascending."""

    keys: Sequence[Key]
    descending: bool = False

    def __len__(self) -> int:
        return len(self.keys)

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids of some of the rows."""
        count = len(self.keys)
        start, stop = min(start, count), min(stop, count)
        if self.descending:
            return [key[-1] for key in self.keys[count - stop : count - start]][::-1]
        return [key[-1] for key in self.keys[start:stop]]

    def past(self, key: Key) -> int:
        """Where the first row stands that comes after the row with the key, be it there or not."""
        if self.descending:
            return len(self.keys) - bisect_left(self.keys, key)
        return bisect_right(self.keys, key)
