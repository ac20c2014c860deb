"""Who changed label and who had one, and how accounts are together, from what is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bot.app.answering.flock import LabelSum
from bot.app.answering.held import HeldAsked
from bot.app.answering.moves import ChangesAsked
from bot.store.memory.conditions import Look, NotHeldError
from bot.store.memory.held import STANDS, Changes, Coded, Truths, Wholes
from bot.store.memory.of_accounts import exact_sums
from scoring.criteria.tree import Node
from scoring.days import day_number

Rows = npt.NDArray[np.intp]


def _parts(look: Look, chosen: Truths) -> Iterator[tuple[Changes, Truths]]:
    """The changes, and the accounts of which they tell."""
    for part in look.held.parts:
        yield part.changes, chosen if part.without is None else chosen & ~part.without


def _numbers(look: Look, words: Sequence[str | None]) -> Truths:
    wanted = set(words)
    return np.array([one in wanted for one in look.held.words], dtype=np.bool_)


def holders(look: Look, criteria: Node, asked: HeldAsked) -> Truths:
    """The accounts that meet criteria and had one of the labels on a day of the period.

    A label that was taken away on the day on which it was given is the label of no day.

    Raises:
        CriteriaError: a field or value that is not known.
        NotHeldError: they speak of what is not held.
    """
    first, last = day_number(asked.first), day_number(asked.last)
    labels, mine = _numbers(look, asked.labels), _numbers(look, (asked.segmentation,))
    found = np.zeros(len(look.held.alive), dtype=np.bool_)
    for of, allowed in _parts(look, look.meets(criteria)):
        holds = labels[of.new] & mine[of.segmentation] & (of.as_of <= last)
        holds &= (of.ended_on == STANDS) | ((of.ended_on > first) & (of.ended_on > of.as_of))
        account = of.account[holds]
        found[account[allowed[account]]] = True
    return found


class Moved:
    """The changes of accounts that meet criteria.

    Raises:
        CriteriaError: a field or value that is not known.
        NotHeldError: they speak of what is not held.
    """

    def __init__(self, look: Look, criteria: Node, asked: ChangesAsked) -> None:
        self._look, self._asked = look, asked
        chosen = look.meets(criteria)
        self._found = [(of, _asked_for(look, of, asked, allowed)) for of, allowed in _parts(look, chosen)]

    def has_baselines(self) -> bool:
        """Whether a first run or another configuration has made some; of whatever accounts there are."""
        parts = _parts(self._look, self._look.held.alive)
        return any(len(_asked_for(self._look, of, self._asked, there, baseline=True)) for of, there in parts)

    def accounts(self) -> int:
        """How many accounts they are of."""
        seen = np.zeros(len(self._look.held.alive), dtype=np.bool_)
        for of, rows in self._found:
            seen[of.account[rows]] = True
        return int(seen.sum())

    def counts(self) -> Counter[tuple[str | None, str | None]]:
        """How many went from where to where."""
        words, many = self._look.held.words, Counter[tuple[str | None, str | None]]()
        for of, rows in self._found:
            pairs = of.old[rows].astype(np.int64) * len(words) + of.new[rows]
            sums = np.bincount(pairs, minlength=len(words) ** 2)
            for at in np.flatnonzero(sums):
                old, new = divmod(int(at), len(words))
                many[words[old], words[new]] += int(sums[at])
        return many

    def latest(self, limit: int, offset: int) -> list[int]:
        """The numbers of some of them: the latest day first, of one day the latest number."""
        days = np.concatenate([of.as_of[rows] for of, rows in self._found]).astype(np.int64)
        ids = np.concatenate([of.id[rows] for of, rows in self._found])
        needed = limit + offset
        if len(days) > needed > 0:
            last = np.partition(days, len(days) - needed)[len(days) - needed]
            days, ids = days[days >= last], ids[days >= last]
        order = np.lexsort((-ids, -days))
        return [int(one) for one in ids[order][offset : offset + limit]]


def _asked_for(
    look: Look, of: Changes, asked: ChangesAsked, allowed: Truths, *, baseline: bool = False
) -> Rows:
    holds = _numbers(look, (asked.segmentation,))[of.segmentation] & (of.baseline == baseline)
    if asked.old:
        holds &= _numbers(look, asked.old)[of.old]
    if asked.new:
        holds &= _numbers(look, asked.new)[of.new]
    if asked.course is not None:
        holds &= _numbers(look, (asked.course.value,))[of.course]
    if asked.days.first is not None:
        holds &= of.as_of >= day_number(asked.days.first)
    if asked.days.last is not None:
        holds &= of.as_of <= day_number(asked.days.last)
    rows = np.flatnonzero(holds)
    return rows[allowed[of.account[rows]]]


def label_sums(look: Look, criteria: Node) -> tuple[LabelSum, ...]:
    """The accounts that meet criteria by label, with what they have spent. Raises as ``Moved``."""
    labels, spent = look.column("score.label"), look.column("score.spend_minor")
    if not isinstance(labels, Coded) or not isinstance(spent, Wholes):
        raise NotHeldError
    at = np.flatnonzero(look.meets(criteria))
    codes = labels.codes[at]
    many = np.bincount(codes, minlength=len(labels.values))
    sums = exact_sums(codes, spent.values[at], len(labels.values))
    return tuple(LabelSum(labels.values[one], int(many[one]), sums[one]) for one in np.flatnonzero(many))


def ownerless(look: Look, criteria: Node) -> int:
    """How many of them nobody owns. Raises as ``Moved``."""
    owners = look.column("owner.name")
    if not isinstance(owners, Coded):
        raise NotHeldError
    nobody = np.array([not one for one in owners.values], dtype=np.bool_)
    return int((nobody[owners.codes] & look.meets(criteria)).sum())
