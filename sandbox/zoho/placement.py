"""Where a generated record stands: its id and its two times, computed from its number and back.

Records are made in the order of their numbers. They are modified in another order: numbers fall into groups,
and the groups of a block change places, so that the latest id is not the latest modification. Every fifth
group was modified within one second, as an import does it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from math import gcd

import numpy as np

from sandbox.zoho.draws import Indexes
from sandbox.zoho.ordering import Key

ID_STEP = 10  # ids leave gaps, as an organisation's ids do
ID_SCATTER = 7
SMALL_GROUP, LARGE_GROUP, LARGE_FROM = 8, 100, 20_000
BLOCKS, SMALLEST_BLOCK = 64, 4
IMPORTED = 5  # one group of so many was modified within one second
MULTIPLIER = 7_919


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds since 1970."""

    start: int
    end: int


@dataclass(frozen=True)
class Placement:
    """The records of one module: how many, their first id, when they were made and modified.

    Where the two spans are one, records were modified while others were still made; otherwise the second
    begins when the first has ended.
    """

    count: int
    first_id: int
    created_span: Span
    modified_span: Span

    @cached_property
    def group(self) -> int:
        """How many records change places together."""
        return LARGE_GROUP if self.count >= LARGE_FROM else SMALL_GROUP

    @cached_property
    def _groups(self) -> int:
        """Full groups; the records after them keep their place."""
        return self.count // self.group

    @cached_property
    def _block(self) -> int:
        return max(self._groups // BLOCKS, min(self._groups, SMALLEST_BLOCK), 1)

    @cached_property
    def _spacing(self) -> tuple[int, int]:
        """Seconds from group to group, of making and of modifying."""
        slots = self._groups + 1
        made, changed = self.created_span, self.modified_span
        if made == changed:
            both = (made.end - made.start) // (slots + self._block)
            return both, both
        return (made.end - made.start) // slots, (changed.end - changed.start) // slots

    @cached_property
    def _first_modified(self) -> int:
        late = self._block * self._spacing[1] if self.created_span == self.modified_span else 0
        return self.modified_span.start + late

    def identity(self, number: int) -> int:
        """The id of a record."""
        return self.first_id + number * ID_STEP + number * ID_SCATTER % ID_STEP

    def stretch(self, start: int, stop: int) -> list[int]:
        """The ids of neighbouring records."""
        first = self.first_id
        return [first + number * ID_STEP + number * ID_SCATTER % ID_STEP for number in range(start, stop)]

    def identities(self, index: Indexes) -> Indexes:
        """The ids of records."""
        return index * ID_STEP + index * ID_SCATTER % ID_STEP + self.first_id

    def number(self, identity: int) -> int | None:
        """The number of the record with an id; None when there is none."""
        number = (identity - self.first_id) // ID_STEP
        return number if 0 <= number < self.count and self.identity(number) == identity else None

    def numbers(self, identities: Indexes) -> Indexes | None:
        """The numbers of the records with these ids; None when one of them is not there."""
        index = (identities - self.first_id) // ID_STEP
        there = (index >= 0) & (index < self.count) & (self.identities(index) == identities)
        return index if there.all() else None

    def created(self, number: int) -> int:
        """When a record was made."""
        group, offset = divmod(number, self.group)
        spacing = self._spacing[0]
        return self.created_span.start + group * spacing + offset * spacing // self.group

    def modified(self, number: int) -> int:
        """When a record was last modified."""
        return self.modified_at(self.modified_place(number))

    def modified_at(self, place: int) -> int:
        """When the record was modified that stands at a place of the order of modification."""
        slot, offset = divmod(place, self.group)
        spacing = self._spacing[1]
        within = offset * (spacing // self.group) if slot % IMPORTED else 0
        return self._first_modified + slot * spacing + within

    def modified_place(self, number: int) -> int:
        """Where a record stands in the order of modification."""
        group, offset = divmod(number, self.group)
        return self._slot(group) * self.group + offset

    def number_at(self, place: int) -> int:
        """Which record stands at a place of the order of modification."""
        slot, offset = divmod(place, self.group)
        return self._group_at(slot) * self.group + offset

    def created_times(self, index: Indexes) -> Indexes:
        """When records were made."""
        group, offset = np.divmod(index, self.group)
        spacing = self._spacing[0]
        return np.asarray(
            self.created_span.start + group * spacing + offset * spacing // self.group, dtype=np.int64
        )

    def modified_times(self, index: Indexes) -> Indexes:
        """When records were last modified."""
        group, offset = np.divmod(index, self.group)
        block, inside = np.divmod(group, self._block)
        sizes = np.minimum(self._block, self._groups - block * self._block)
        short = sizes < self._block
        moved = inside * self._factors[0] % self._block
        if short.any():
            last = max(self._groups % self._block, 1)
            moved = np.where(short, inside * self._last_factors[0] % last, moved)
        slot = np.where(group >= self._groups, group, block * self._block + moved)
        spacing = self._spacing[1]
        within = np.where(slot % IMPORTED != 0, offset * (spacing // self.group), 0)
        return np.asarray(self._first_modified + slot * spacing + within, dtype=np.int64)

    def _slot(self, group: int) -> int:
        return self._moved(group, 0)

    def _group_at(self, slot: int) -> int:
        return self._moved(slot, 1)

    def _moved(self, group: int, direction: int) -> int:
        """A group's place after its block was shuffled, or the other way round."""
        if group >= self._groups:
            return group
        start = group - group % self._block
        size = min(self._block, self._groups - start)
        factors = self._factors if size == self._block else self._last_factors
        return start + (group - start) * factors[direction] % size

    @cached_property
    def _factors(self) -> tuple[int, int]:
        return _factors(self._block)

    @cached_property
    def _last_factors(self) -> tuple[int, int]:
        return _factors(self._groups % self._block or self._block)


def _factors(size: int) -> tuple[int, int]:
    """A multiplier that shuffles ``size`` places, and the one that undoes it."""
    if size == 1:
        return 0, 0
    factor = MULTIPLIER % size
    while gcd(factor, size) != 1 or (factor == 1 and size > 2):  # noqa: PLR2004 - two places have one shuffle
        factor = (factor + 1) % size
    return factor, pow(factor, -1, size)


@dataclass(frozen=True)
class ById:
    """The computed order by id."""

    placement: Placement

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.placement.count

    def rank(self, key: Key) -> int:
        """How many rows have a smaller id."""
        near = (key[0] - self.placement.first_id) // ID_STEP
        if near < 0:
            return 0
        if near >= self.count:
            return self.count
        return near + (self.placement.identity(near) < key[0])

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids of a stretch of rows."""
        return self.placement.stretch(start, stop)


@dataclass(frozen=True)
class ByCreated:
    """The computed order by time of creation, which is that by id."""

    placement: Placement

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.placement.count

    def rank(self, key: Key) -> int:
        """How many rows were made earlier, or in the same second with a smaller id."""
        place = self.placement
        return bisect_left(range(self.count), key, key=lambda n: (place.created(n), place.identity(n)))

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids of a stretch of rows."""
        return self.placement.stretch(start, stop)


@dataclass(frozen=True)
class ByModified:
    """The computed order by time of modification."""

    placement: Placement

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.placement.count

    def rank(self, key: Key) -> int:
        """How many rows were modified earlier, or in the same second with a smaller id."""
        return bisect_left(range(self.count), key, key=self._key)

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids of a stretch of rows."""
        place, found = self.placement, list[int]()
        while start < stop:
            until = min(start - start % place.group + place.group, stop)
            number = place.number_at(start)
            found += self.placement.stretch(number, number + until - start)
            start = until
        return found

    def _key(self, at: int) -> Key:
        return self.placement.modified_at(at), self.placement.identity(self.placement.number_at(at))
