"""The sandbox's present: the machine's, moved by the seconds that stand in a file."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path


class SandboxClock:
    """A clock that a file can move; without a file it is the machine's clock and stays so."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._last = 0

    @property
    def can_move(self) -> bool:
        """Whether there is a file to move it with."""
        return self._file is not None

    def offset_seconds(self) -> float:
        """The seconds in the file; 0 when it is not there or not a number."""
        if self._file is None:
            return 0.0
        try:
            return float(self._file.read_text(encoding="ascii").strip() or 0)
        except (FileNotFoundError, ValueError):
            return 0.0

    def time(self) -> float:
        """Seconds since 1970, moved."""
        return time.time() + self.offset_seconds()

    def now(self) -> datetime:
        """The moved present, UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def add(self, seconds: float) -> None:
        """Move the clock for everyone who reads the file; readers see the old or the new number."""
        if self._file is None:
            raise RuntimeError("This clock has no file and cannot be moved.")
        beside = self._file.with_name(f"{self._file.name}.new")
        beside.write_text(f"{self.offset_seconds() + seconds:.0f}\n", encoding="ascii")
        os.replace(beside, self._file)  # noqa: PTH105 - says "atomic" to whoever reads it

    def timestamp(self) -> str:
        """A message's ``ts``: always later than the one before, even when the clock was moved back."""
        self._last = max(int(self.time() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
