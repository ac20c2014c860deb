"""How often a Finance organisation may be called, and what happens to who calls more often.

Per minute: 100 calls; more of them, and the whole organisation is refused for half an hour (HTTP 429, code
44; ``Retry-After: 1800`` was measured). Per day: by plan, counted from the organisation's own midnight
(code 45). At once: 10 (code 1070). While the block lasts, Retry-After is what is left of it; no live answer
was seen that says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

from sandbox.finance.refusals import FinanceRefused
from sandbox.finance.wire import ZONE
from sandbox.zoho.clock import SandboxClock

PER_MINUTE, PER_DAY, CONCURRENT, BLOCK_SECONDS = 100, 10_000, 10, 1_800
WINDOW_SECONDS = 60
NAMES = ("per_minute", "per_day", "concurrent", "block_seconds")


class Limits:
    """The counters of the organisation, by the sandbox's clock."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self.per_minute, self.per_day = PER_MINUTE, PER_DAY
        self.concurrent, self.block_seconds = CONCURRENT, BLOCK_SECONDS
        self._calls: deque[int] = deque()
        self._day = self._today()
        self._blocked_until = 0
        self._active = 0
        self.used = 0

    def reset(self) -> None:
        """Forget all calls and every block."""
        self._calls.clear()
        self._blocked_until = self.used = 0

    def take(self) -> None:
        """Count a call.

        Raises:
            FinanceRefused: it is one too many for this minute, a block lasts, or the day's calls are used up.
        """
        now = self._clock.epoch()
        self._turn_day()
        if now < self._blocked_until:
            raise blocked(self._blocked_until - now)
        if self.used >= self.per_day:
            raise day_used_up(self.per_day)
        while self._calls and self._calls[0] <= now - WINDOW_SECONDS:
            self._calls.popleft()
        self._calls.append(now)
        self.used += 1
        if len(self._calls) > self.per_minute:
            self._calls.clear()
            self._blocked_until = now + self.block_seconds
            raise blocked(self.block_seconds)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among the calls in progress.

        Raises:
            FinanceRefused: there is none.
        """
        if self._active >= self.concurrent:
            raise too_many_at_once()
        self._active += 1
        try:
            yield
        finally:
            self._active -= 1

    def headers(self) -> dict[str, str]:
        """What every answer says: the day's calls, what is left of them, seconds to the local midnight."""
        self._turn_day()
        return {
            "X-Rate-Limit-Limit": str(self.per_day),
            "X-Rate-Limit-Remaining": str(max(self.per_day - self.used, 0)),
            "X-Rate-Limit-Reset": str(self._seconds_to_midnight()),
        }

    def as_json(self) -> dict[str, Any]:
        """As the ``/_sandbox`` API shows them."""
        now = self._clock.epoch()
        left = max(self._blocked_until - now, 0)
        state = {"used_today": self.used, "blocked_seconds": left}
        return {name: getattr(self, name) for name in NAMES} | state

    def _today(self) -> str:
        return self._clock.now().astimezone(ZONE).date().isoformat()

    def _turn_day(self) -> None:
        if self._today() != self._day:
            self._day, self.used = self._today(), 0

    def _seconds_to_midnight(self) -> int:
        now = self._clock.now().astimezone(ZONE)
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), ZONE)
        return int(midnight.timestamp() - now.timestamp())


def blocked(seconds: int) -> FinanceRefused:
    """The refusal of the minute's limit."""
    said = "You have made too many requests continuously. Please try again after some time."
    return FinanceRefused(429, 44, said, {"Retry-After": str(seconds)})


def day_used_up(allowed: int) -> FinanceRefused:
    """The refusal of the day's limit."""
    return FinanceRefused(429, 45, f"You have exceeded the maximum call rate limit of {allowed}.")


def too_many_at_once() -> FinanceRefused:
    """The refusal of calls at once."""
    return FinanceRefused(429, 1070, "There are too many requests in process for this organisation.")
