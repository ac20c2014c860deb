"""What a segmentation says of many accounts, by column: a million of them are compared in a second.

An account by itself is a ``scoring.rfm.Standing``; it is made only for accounts that somebody looks at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.account_ids import id_at, places
from scoring.standing import EPOCH_ORDINAL, Standing

NO_DAY, NO_SCORE, NO_LABEL = 0, 0, -1
NO_NUMBER = 1 - 2**63  # one more than the least: PostgreSQL reads the sign apart, and 2**63 is no bigint
# Column -> what stands in it where there is nothing. Days are ordinals, money minor units; ``measure`` counts
# ten-thousandths of whatever the technique measures, ``digest`` stands for the details.
NOTHING: Mapping[str, int] = {
    "last_purchase": NO_DAY,
    "purchases": 0,
    "spend_minor": 0,
    "r": NO_SCORE,
    "f": NO_SCORE,
    "m": NO_SCORE,
    "measure": NO_NUMBER,
    "value_minor": NO_NUMBER,
    "digest": NO_NUMBER,
}
_SCORES = ("r", "f", "m")
Integers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Standings:
    """Standings of accounts, each of them once.

    Attributes:
        ids: of the accounts, ascending; texts, or whole numbers (``scoring.account_ids``).
        label: places in ``names``; NO_LABEL where no criteria hold.
        names: of the labels.
        columns: what the technique has of ``NOTHING``; a column that is not there has nothing in it.
        details: JSON texts, or nulls; None where they were not read or there are none.
    """

    ids: pa.Array
    label: Integers
    names: tuple[str, ...]
    columns: Mapping[str, Integers]
    details: pa.Array | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def bytes(self) -> int:
        """How much memory the ids and numbers take."""
        return int(self.ids.nbytes) + sum(one.nbytes for one in (self.label, *self.columns.values()))

    def freeze(self) -> None:
        """From now on nobody can write into the numbers."""
        for one in (self.label, *self.columns.values()):
            one.flags.writeable = False

    def column(self, name: str) -> Integers:
        """One of the columns, whether the technique has it or not."""
        found = self.columns.get(name)
        return np.full(len(self), NOTHING[name], dtype=np.int64) if found is None else found

    @cached_property
    def scored(self) -> int:
        """How many have something to be scored by: a counted transaction, or the technique's measure."""
        for name in ("measure", "purchases"):
            if name in self.columns:
                return int((self.columns[name] > NOTHING[name]).sum())
        return int((self.label != NO_LABEL).sum())

    def counts(self) -> Mapping[str | None, int]:
        """How many have each label, and none."""
        counted = np.bincount(self.label - NO_LABEL).tolist()  # from 0 on; without sorting a million
        return {self.name_of(at + NO_LABEL): many for at, many in enumerate(counted) if many}

    def name_of(self, place: int) -> str | None:
        """The label at a place."""
        return None if place == NO_LABEL else self.names[place]

    def id_of(self, row: int) -> str:
        """The account of a row."""
        return id_at(self.ids, row)

    def at(self, row: int) -> Standing:
        """One account's standing."""
        return self.each_at(np.array([row], dtype=np.intp))[0]

    def each_at(self, rows: Rows) -> list[Standing]:
        """The standings in some rows."""
        found = {name: self.values_at(name, rows) for name in self.columns}
        nothing: list[Any] = [None] * len(rows)
        days, *numbers = (found.get(name, nothing) for name in NOTHING if name != "digest")
        every = zip(days, *numbers, self.labels_at(rows), self.details_at(rows), strict=True)
        return [
            Standing(
                *(day, purchases or 0, spend or 0, r, f, m),
                None if r is None or f is None or m is None else r + f + m,
                *(label, measure, value, details),
            )
            for day, purchases, spend, r, f, m, measure, value, label, details in every
        ]

    def ids_at(self, rows: Rows) -> list[str]:
        """The accounts of some rows."""
        return [str(one) for one in self.ids.take(pa.array(rows)).to_pylist()]

    def labels_at(self, rows: Rows) -> list[str | None]:
        """The labels of some rows."""
        names = (*self.names, None)
        return [names[place] for place in self.label[rows].tolist()]

    def values_at(self, name: str, rows: Rows) -> list[Any]:
        """The values of a column in some rows, as ``at`` gives them."""
        found, nothing = self.column(name)[rows], NOTHING[name]
        if name == "last_purchase":
            days = (found - EPOCH_ORDINAL).astype("datetime64[D]").astype(object)
            return [None if one == nothing else day for one, day in zip(found.tolist(), days, strict=True)]
        if nothing == 0 and name not in _SCORES:
            whole: list[Any] = found.tolist()
            return whole
        return [None if one == nothing else one for one in found.tolist()]

    def totals_at(self, rows: Rows) -> list[int | None]:
        """The sum of r, f and m in some rows; None where there are none."""
        total = sum(self.column(name)[rows] for name in _SCORES)
        return [one or None for one in np.asarray(total).tolist()]

    def details_at(self, rows: Rows) -> list[str | None]:
        """The details of some rows."""
        if self.details is None:
            return [None] * len(rows)
        found: list[str | None] = self.details.take(pa.array(rows)).to_pylist()
        return found


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
    place = places(after.ids, before.ids)
    known = np.flatnonzero(place >= 0)
    old = place[known]
    # From day to day the accounts are the same ones: their columns are compared as they are.
    same = len(before) == len(after) == len(known) and bool((old == known).all())
    then, now = (slice(None), slice(None)) if same else (old, known)
    differs = _translated(before, after.names)[then] != after.label[now]
    for name in before.columns.keys() | after.columns.keys():
        differs |= before.column(name)[then] != after.column(name)[now]
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


def digests(details: Sequence[str | None]) -> Integers:
    """A number for each text of details: another text has another number, as far as anybody will ever see."""
    return np.fromiter(
        (NO_NUMBER if one is None else _digest(one) for one in details), np.int64, len(details)
    )


def _digest(text: str) -> int:
    found = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return max(NO_NUMBER + 1, int.from_bytes(found, signed=True))


def _translated(standings: Standings, names: Sequence[str]) -> Integers:
    """The labels as places in other names; one that is not among them is a place of its own."""
    if tuple(names) == standings.names:
        return standings.label
    known = {name: place for place, name in enumerate(names)}
    table = [known.get(name, -2 - number) for number, name in enumerate(standings.names)]
    return np.array([*table, NO_LABEL], dtype=np.int64)[standings.label]


def no_standings(columns: Sequence[str] = ()) -> Standings:
    """Of nobody."""
    nothing: Any = pa.array([], pa.int64()).to_numpy()
    return Standings(pa.array([], pa.string()), nothing, (), dict.fromkeys(columns, nothing))
