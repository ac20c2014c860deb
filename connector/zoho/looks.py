"""When a bulk job is looked at again: a look costs a credit, and a wait may be longer than the job takes."""

from __future__ import annotations

from typing import Final

SHORTEST_SECONDS: Final = 0.1
LONGEST_SECONDS: Final = 60.0
# A wait is this share of what was waited already: no finished job lies for longer than that, and the first
# job of a reading, if it takes a minute, some 30 looks.
SHARE, SHARE_AT_FIRST, AT_FIRST_SECONDS = 0.3, 0.125, 3.0
# Jobs of one reading have the same number of rows; the next one was at work while the last file was read.
SURELY_NOT_BEFORE: Final = 0.75  # of the last job's time


class Looks:
    """The waits of one reading's jobs."""

    def __init__(self) -> None:
        self._last = 0.0

    def wait(self, waited: float) -> float:
        """Seconds until the next look at a job for which so many have been waited."""
        surely = self._last * SURELY_NOT_BEFORE - waited
        share = SHARE_AT_FIRST if waited < AT_FIRST_SECONDS else SHARE
        return min(max(SHORTEST_SECONDS, waited * share, surely), LONGEST_SECONDS)

    def ended(self, waited: float) -> None:
        """A job was waited for so long."""
        self._last = waited
