"""What calls cost and how many may run at once; and the count of calls that tests and benchmarks read."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.zoho.answers import Refused
from sandbox.zoho.clock import SandboxClock

# Enterprise edition (API limits page): 50,000 credits and 1,000 per user in 24 hours, 20 calls at once.
BASE_CREDITS, CREDITS_PER_USER = 50_000, 1_000
DAY_SECONDS = 24 * 3600
CONCURRENT_CALLS = 20
CONCURRENT_HEAVY_CALLS = 10  # sub-concurrency, the same on every edition


class Ledger:
    """Credits of a rolling 24 hours."""

    def __init__(self, clock: SandboxClock, users: int) -> None:
        self._clock = clock
        self._spent: deque[tuple[int, int]] = deque()
        self._total = 0
        self.daily = BASE_CREDITS + CREDITS_PER_USER * users
        self.used = 0  # since the last reset, whatever the hour

    @property
    def remaining(self) -> int:
        """What is left now."""
        yesterday = self._clock.epoch() - DAY_SECONDS
        while self._spent and self._spent[0][0] <= yesterday:
            self._total -= self._spent.popleft()[1]
        return self.daily - self._total

    def charge(self, price: int) -> None:
        """Take credits."""
        now = self._clock.epoch()
        if self._spent and self._spent[-1][0] == now:
            self._spent[-1] = (now, self._spent[-1][1] + price)
        else:
            self._spent.append((now, price))
        self._total += price
        self.used += price

    def header(self) -> dict[str, str]:
        """``X-API-CREDITS-REMAINING``, which appears only once half of the day's credits are used."""
        remaining = self.remaining
        return {"X-API-CREDITS-REMAINING": str(max(remaining, 0))} if remaining * 2 <= self.daily else {}

    def reset(self) -> None:
        """Forget everything."""
        self._spent.clear()
        self._total = self.used = 0


class Concurrency:
    """Calls in progress."""

    def __init__(self) -> None:
        self.limit = CONCURRENT_CALLS
        self.heavy_limit = CONCURRENT_HEAVY_CALLS
        self._active = self._heavy = 0

    @contextmanager
    def place(self, *, heavy: bool) -> Iterator[None]:
        """A place among the calls in progress.

        Raises:
            Refused: TOO_MANY_REQUESTS, there is none.
        """
        if self._active >= self.limit or (heavy and self._heavy >= self.heavy_limit):
            raise Refused(429, "TOO_MANY_REQUESTS")
        self._active += 1
        self._heavy += heavy
        try:
            yield
        finally:
            self._active -= 1
            self._heavy -= heavy


class CallCounter:
    """Calls by method and path, the ids in the path left out; and answers by status."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()

    def count(self, method: str, path: str, status: int) -> None:
        """Note one answered call."""
        self.calls[f"{method} {path}"] += 1
        self.statuses[status] += 1

    def reset(self) -> None:
        """Forget everything."""
        self.calls.clear()
        self.statuses.clear()
