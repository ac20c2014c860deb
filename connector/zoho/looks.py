"""When a bulk job is looked at again: a look costs a credit, and a wait may be longer than the job takes."""

from __future__ import annotations

from typing import Final

SHORTEST_SECONDS: Final = 0.2
LONGEST_SECONDS: Final = 60.0
# A wait is this share of what was waited already: no finished job lies for longer than that, and a job of
# five minutes takes some 28 looks, where it is the first.
SHARE: Final = 0.25
# Jobs of one reading have the same number of rows; the next one was at work while the last file was read.
SURELY_NOT_BEFORE: Final = 0.5  # of the last job's time


class Looks:
    """The waits of one reading's jobs."""

    def __init__(self) -> None:
        self._last = 0.0

    def wait(self, waited: float) -> float:
        """Seconds until the next look at a job for which so many have been waited."""
        surely = self._last * SURELY_NOT_BEFORE - waited
        return min(max(SHORTEST_SECONDS, waited * SHARE, surely), LONGEST_SECONDS)

    def ended(self, waited: float) -> None:
        """A job was waited for so long."""
        self._last = waited
