"""The clock of production, and the one that tests and the demo can move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app.ports import Clock


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, UTC."""
        return datetime.now(UTC)


class MovedClock:
    """The machine's clock plus the seconds that stand in a file; a missing or empty file adds none."""

    def __init__(self, offset_file: Path) -> None:
        self._file = offset_file
        self._stamp = -1
        self._offset = timedelta()

    def now(self) -> datetime:
        """The present as the file has it, UTC."""
        try:
            stamp = self._file.stat().st_mtime_ns
            if stamp != self._stamp:
                self._offset = timedelta(seconds=float(self._file.read_text().strip() or 0))
                self._stamp = stamp
        except (FileNotFoundError, ValueError):
            pass  # not written yet, or being written: the last known offset stands
        return datetime.now(UTC) + self._offset


def clock_for(offset_file: Path | None) -> Clock:
    """The system clock, unless a file moves it."""
    return SystemClock() if offset_file is None else MovedClock(offset_file)
