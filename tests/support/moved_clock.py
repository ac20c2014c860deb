"""A clock that tests set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SetClock:
    """Stands still until it is moved."""

    def __init__(self, present: datetime | None = None) -> None:
        self.present = present or datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.present

    def move(self, **parts: float) -> None:
        """Go forward (or back) by the parts of a timedelta."""
        self.present += timedelta(**parts)
