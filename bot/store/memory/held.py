"""What is held of accounts by column, as it was in one moment. Nothing here reads or changes anything.

Accounts are numbered as they were read; ``alive`` says which of them there still are. Texts and days are
numbers of values that are told once; number 0 is no value. Deals are ordered by day. What has changed since
everything was read stands in a second part, and the accounts of the second part are passed over in the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bot.store.memory.marks import Version
from scoring.account_ids import id_at, places

Truths = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Small = npt.NDArray[np.int16]
NO_DAY = -(2**31)
STANDS = 2**31 - 1  # the day on which a label ends that stands


@dataclass(frozen=True)
class Coded:
    """Texts or days: of each account the number of its value; the value 0 is None."""

    codes: Numbers
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Wholes:
    """Whole numbers, 0 where there is none."""

    values: Whole
    present: Truths


Column = Coded | Wholes


@dataclass(frozen=True)
class Deals:
    """Deals that have an account, by day: those of ``days[i]`` are the rows ``starts[i]:starts[i + 1]``.

    Attributes:
        account: the number of each one's account.
        stage: the number of its stage.
        owner: the number of its owner.
        amount: minor units, 0 without one.
        days: since 1970, ascending; ``NO_DAY`` first, if there are such deals.
    """

    account: Numbers
    stage: Small
    owner: Small
    amount: Whole
    days: Whole
    starts: Whole


@dataclass(frozen=True)
class Changes:
    """Changes of label, by their own number."""

    id: Whole
    account: Numbers
    segmentation: Small
    old: Small
    new: Small
    course: Small
    baseline: Truths
    as_of: Numbers
    ended_on: Numbers


@dataclass(frozen=True)
class Part:
    """Some records, and which accounts of the whole they are not of (None: of none)."""

    deals: Deals
    changes: Changes
    without: Truths | None = None


@dataclass(frozen=True)
class HeldAccounts:
    """Everything that is held.

    Attributes:
        segmentation: whose scores the columns ``score.…`` are.
        version: what the marks came to when it was read.
        marks: their numbers.
        ids: of the accounts, as they were read first.
        further: ids of those that came later, and their numbers.
        alive: which accounts there are.
        columns: by ``Field.source``; ``account.owner_id`` beside them.
        prefix: the first eight bytes of each name without case, as a number; the largest without a name.
        parts: everything that was read at once, and what has changed since.
        stages: of deals, by number.
        owners: of deals, likewise: ids.
        words: labels, segmentations and courses of changes, by number.
    """

    segmentation: str
    version: Version
    marks: frozenset[int]
    ids: pa.Array
    further: Mapping[str, int]
    alive: Truths
    columns: Mapping[str, Column]
    prefix: npt.NDArray[np.uint64]
    parts: tuple[Part, ...]
    stages: tuple[str | None, ...]
    owners: tuple[str | None, ...]
    words: tuple[str | None, ...]

    @property
    def worn_percent(self) -> float:
        """How many of the accounts changed since everything was read."""
        without = self.parts[0].without
        return 0.0 if without is None else 100 * int(without.sum()) / len(self.alive)

    def id_of(self, number: int) -> str:
        """The id of an account."""
        if number < len(self.ids):
            return id_at(self.ids, number)
        return list(self.further)[number - len(self.ids)]

    def numbers_of(self, ids: pa.Array) -> npt.NDArray[np.intp]:
        """The numbers of accounts; -1 of those that there are not."""
        found = places(ids, self.ids)
        if self.further:
            for at in np.flatnonzero(found < 0):
                found[at] = self.further.get(str(ids[int(at)].as_py()), -1)
        return found

    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(one.nbytes for one in _arrays(self)) + int(self.ids.nbytes)


def _arrays(held: HeldAccounts) -> Iterator[npt.NDArray[Any]]:
    yield from (held.alive, held.prefix)
    for column in held.columns.values():
        yield from (column.codes,) if isinstance(column, Coded) else (column.values, column.present)
    for part in held.parts:
        yield from vars(part.deals).values()
        yield from vars(part.changes).values()
        if part.without is not None:
            yield part.without
