"""What calls cost and how many may run at once; and the count of calls that tests and benchmarks read."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.zoho.answers import Refused
from sandbox.zoho.clock import SandboxClock

DAY_SECONDS = 24 * 3600
DEFAULT_EDITION = "enterprise"
CONCURRENT_HEAVY_CALLS = 10  # sub-concurrency, the same on every edition


@dataclass(frozen=True)
class Edition:
    """What an edition allows: credits in 24 hours by the number of users, and calls at once."""

    base: int
    per_user: int
    most: int | None
    concurrent: int

    def credits_a_day(self, users: int) -> int:
        """The credits of an organisation with so many users."""
        earned = self.base + self.per_user * users
        return earned if self.most is None else min(earned, self.most)


# The API limits page.
EDITIONS = {
    "free": Edition(5_000, 0, 5_000, 5),
    "standard": Edition(50_000, 250, 100_000, 10),
    "professional": Edition(50_000, 500, 3_000_000, 15),
    "enterprise": Edition(50_000, 1_000, 5_000_000, 20),
    "ultimate": Edition(50_000, 2_000, None, 25),
}


class Ledger:
    """Credits of a rolling 24 hours."""

    def __init__(self, clock: SandboxClock, users: int) -> None:
        self._clock = clock
        self._spent: deque[tuple[int, int]] = deque()
        self._total = 0
        self.daily = EDITIONS[DEFAULT_EDITION].credits_a_day(users)
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
        self.limit = EDITIONS[DEFAULT_EDITION].concurrent
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
