"""The sandbox's time: the machine's clock plus the seconds in a file, told in the organisation's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE_NAME = "America/New_York"
ZONE = ZoneInfo(ZONE_NAME)


class SandboxClock:
    """A clock that a file can move; a missing or empty file adds nothing."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._stamp = -1
        self._offset = timedelta()

    def now(self) -> datetime:
        """The present, UTC, without fractions: Zoho knows no finer time than a second."""
        if self._file is not None:
            self._read(self._file)
        return (datetime.now(UTC) + self._offset).replace(microsecond=0)

    def epoch(self) -> int:
        """The present as seconds since 1970."""
        return int(self.now().timestamp())

    def today(self) -> date:
        """The day it is in the organisation's zone."""
        return self.now().astimezone(ZONE).date()

    def _read(self, file: Path) -> None:
        try:
            stamp = file.stat().st_mtime_ns
            if stamp != self._stamp:
                self._offset = timedelta(seconds=float(file.read_text(encoding="utf-8").strip() or 0))
                self._stamp = stamp
        except (FileNotFoundError, ValueError):
            pass  # not written yet, or being written: the last known offset stands


def wire_time(epoch: int) -> str:
    """An instant as Zoho writes it: ISO 8601 with the offset of the API user's zone, no fraction."""
    return datetime.fromtimestamp(epoch, ZONE).isoformat()
