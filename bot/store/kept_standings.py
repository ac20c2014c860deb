"""Standings in the memory of a process that scores: the next run reads what later runs wrote, and no more.

What is held is the snapshot of the database (``bot.store.snapshots``) with the rows of runs up to a number
put over it. Rows of these runs change no more: only a run writes scores, under a number of its own. Where an
account has gone, or a segmentation has another technique, there is another snapshot or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.standings import Standings

MOST_BYTES = 128_000_000  # of all segmentations together; a million accounts of one take 64 MB


@dataclass(frozen=True)
class Held:
    """Standings as they were after a run.

    Attributes:
        snapshot: the number of the run that the snapshot was made in.
        newest: that of the last run of any segmentation whose rows are in them.
    """

    snapshot: int
    newest: int
    standings: Standings


class KeptStandings:
    """What a process holds, by segmentation. Nobody may change the arrays of what is held."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: dict[str, Held] = {}  # what was used last stands last

    def of(self, segmentation: str, snapshot: int, newest: int, columns: Sequence[str]) -> Held | None:
        """What is held of a segmentation, made of this snapshot and of no later run than that."""
        held = self._held.get(segmentation)
        if held is None or held.snapshot != snapshot or held.newest > newest:
            return None
        return held if held.standings.columns.keys() == {*columns} else None

    def keep(self, segmentation: str, held: Held) -> None:
        """Hold this instead of what was held of the segmentation; what was not used for longest goes."""
        self._held.pop(segmentation, None)
        held.standings.freeze()
        self._held[segmentation] = held
        while sum(one.standings.bytes for one in self._held.values()) > self._most_bytes:
            del self._held[next(iter(self._held))]
