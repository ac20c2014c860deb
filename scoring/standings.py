"""What a segmentation says of many accounts, by column: a million of them are compared in a second.

An account by itself is a ``scoring.rfm.Standing``; it is made only for accounts that somebody looks at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.rfm import Standing

NO_DAY, NO_SCORE, NO_LABEL = 0, 0, -1  # ordinals, scores and places of labels begin above
Integers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Standings:
    """Standings of accounts, each of them once.

    Attributes:
        ids: of the accounts.
        last_purchase: ordinals of days; NO_DAY without a counted transaction.
        purchases, spend_minor: number of counted transactions and their sum in minor units.
        r, f, m: scores; NO_SCORE without a counted transaction.
        label: places in ``names``; NO_LABEL where no criteria hold.
        names: of the labels.
    """

    ids: pa.Array
    last_purchase: Integers
    purchases: Integers
    spend_minor: Integers
    r: Integers
    f: Integers
    m: Integers
    label: Integers
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def scored(self) -> int:
        """How many have a counted transaction."""
        return int((self.purchases > 0).sum())

    def counts(self) -> Mapping[str | None, int]:
        """How many have each label, and none."""
        numbers, counted = np.unique(self.label, return_counts=True)
        return {self.name_of(int(one)): int(many) for one, many in zip(numbers, counted, strict=True)}

    def name_of(self, place: int) -> str | None:
        """The label at a place."""
        return None if place == NO_LABEL else self.names[place]

    def id_of(self, row: int) -> str:
        """The account of a row."""
        return str(self.ids[int(row)].as_py())

    def at(self, row: int) -> Standing:
        """One account's standing."""
        if self.r[row] == NO_SCORE:
            scores: tuple[int | None, int | None, int | None, int | None] = (None, None, None, None)
        else:
            r, f, m = int(self.r[row]), int(self.f[row]), int(self.m[row])
            scores = (r, f, m, r + f + m)
        day = int(self.last_purchase[row])
        return Standing(
            None if day == NO_DAY else date.fromordinal(day),
            int(self.purchases[row]),
            int(self.spend_minor[row]),
            *scores,
            self.name_of(int(self.label[row])),
        )


@dataclass(frozen=True, eq=False)
class Moves:
    """What differs between two runs, as rows of the standings before and after.

    Attributes:
        added: rows of ``after`` whose accounts had no standing.
        changed: rows of ``after`` that differ in anything, label or not; ``old`` are their rows before.
        gone: rows of ``before`` whose accounts take no part any more.
    """

    before: Standings
    after: Standings
    added: Rows
    changed: Rows
    old: Rows
    gone: Rows

    def __len__(self) -> int:
        """How many score rows are written or removed."""
        return len(self.added) + len(self.changed) + len(self.gone)

    @cached_property
    def relabelled(self) -> Rows:
        """Which of ``changed`` have another label."""
        translated = _translated(self.before, self.after.names)[self.old]
        return np.flatnonzero(translated != self.after.label[self.changed])


def compare(before: Standings, after: Standings) -> Moves:
    """Everything that differs, label or not."""
    place = _places(after.ids, before.ids)
    known = np.flatnonzero(place >= 0)
    old = place[known]
    differs = _translated(before, after.names)[old] != after.label[known]
    for name in ("last_purchase", "purchases", "spend_minor", "r", "f", "m"):
        differs |= getattr(before, name)[old] != getattr(after, name)[known]
    came = np.zeros(len(before), dtype=bool)
    came[old] = True
    return Moves(
        before,
        after,
        added=np.flatnonzero(place < 0),
        changed=known[differs],
        old=old[differs],
        gone=np.flatnonzero(~came),
    )


def _places(wanted: pa.Array, among: pa.Array) -> Rows:
    """Where each of the wanted ids is among others; -1 where it is not."""
    if wanted.equals(among):  # as it is from day to day
        return np.arange(len(wanted))
    found: Rows = pc.fill_null(pc.index_in(wanted, value_set=among), -1).to_numpy().astype(np.intp)
    return found


def _translated(standings: Standings, names: Sequence[str]) -> Integers:
    """The labels as places in other names; one that is not among them is a place of its own."""
    if tuple(names) == standings.names:
        return standings.label
    places = {name: place for place, name in enumerate(names)}
    table = [places.get(name, -2 - number) for number, name in enumerate(standings.names)]
    return np.array([*table, NO_LABEL], dtype=np.int64)[standings.label]
