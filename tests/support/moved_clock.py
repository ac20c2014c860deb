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


class Seconds:
    """A monotonic clock that stands still until time passes by."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed

    def pass_by(self, seconds: float) -> None:
        self.passed += seconds
