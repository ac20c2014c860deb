"""Facts of an earlier day and what was bought since then give the facts of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bot.app.moved import Sums
from scoring.account_ids import alike, compact, places
from scoring.standings import Standings

Integers = npt.NDArray[np.int64]
_SURE = 2**61  # a sum of two numbers below it is exact; larger ones may be the utmost there is already


def unsure(since: Sums, before: Standings) -> frozenset[str]:
    """The accounts whose sums are so large that they are to be read again."""
    at = places(*alike(since.ids, before.ids))
    spend = (
        np.where(at >= 0, before.column("spend_minor")[at], 0)
        if len(before)
        else np.zeros(len(at), dtype=np.int64)
    )
    large = _are_large(spend) | _are_large(since.spend)
    return frozenset(since.ids.filter(pa.array(large)).cast(pa.string()).to_pylist())


def _are_large(values: Integers) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (values >= _SURE) | (values <= -_SURE)
    return found


def add(since: Sums, ids: pa.Array, facts: Mapping[str, Integers], read: Sequence[str]) -> None:
    """Add what was bought since then to the facts of an earlier day, in place.

    Args:
        since: what was bought, of accounts that take part or do not.
        ids: those that take part, with ``facts`` in their order.
        facts: ``last_purchase`` as ordinals, ``purchases``, ``spend_minor``.
        read: the accounts whose facts are those of today already.
    """
    at = places(*alike(since.ids, ids))
    counts = at >= 0
    if len(read):
        counts &= places(*alike(since.ids, compact(read))) < 0
    rows, of = at[counts], np.flatnonzero(counts)
    number = since.number[of]
    facts["purchases"][rows] += number
    facts["spend_minor"][rows] += since.spend[of]
    last = facts["last_purchase"]
    last[rows] = np.where(number > 0, np.maximum(last[rows], since.last[of]), last[rows])
