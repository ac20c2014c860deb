"""How often a host is visited: one request a second, later when it asks for that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from connector.enrichment.not_fetched import NotFetched, Why

SECONDS_BETWEEN: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 10.0  # who asks for more is left in peace
_SLICE_SECONDS: Final = 0.5  # of waiting, before it is asked again whether to stop
_MOST_HOSTS: Final = 1_000


class Stopped(Exception):
    """The reading is to end early."""


class Pace:
    """Keeps the distance between requests to a host, for all threads."""

    def __init__(
        self,
        seconds_between: float = SECONDS_BETWEEN,
        *,
        stop: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Wire.

        Args:
            seconds_between: between the beginnings of two requests to a host.
            stop: whether to end early.
            clock: monotonic seconds.
            sleep: waits for so many seconds.
        """
        self._between = seconds_between
        self._stop = stop
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}
        self._held: dict[str, float] = {}

    def wait(self, host: str, seconds_between: float = 0.0) -> None:
        """Until it is this request's turn.

        Args:
            host: which is visited.
            seconds_between: what its robots.txt asks for, if that is more.

        Raises:
            NotFetched: the host has asked for more patience than we have.
            Stopped: the reading is to end early.
        """
        turn = self._turn(host, max(self._between, seconds_between))
        while not self._stop():
            left = turn - self._clock()
            if left <= 0:
                return
            self._sleep(min(left, _SLICE_SECONDS))
        raise Stopped

    def hold(self, host: str, seconds: float) -> None:
        """No request to the host for so long."""
        with self._lock:
            self._held[host] = max(self._held.get(host, 0.0), self._clock() + seconds)

    def _turn(self, host: str, between: float) -> float:
        with self._lock:
            now = self._clock()
            held = self._held.get(host, now)
            if held - now > LONGEST_WAIT_SECONDS:
                raise NotFetched(Why.LATER)
            turn = max(now, held, self._next.get(host, now))
            self._next[host] = turn + between
            for kept in (self._next, self._held):
                if len(kept) > _MOST_HOSTS:
                    _forget(kept, now)
            return turn


def _forget(kept: dict[str, float], now: float) -> None:
    for host in [host for host, until in kept.items() if until < now]:
        del kept[host]


def asked_seconds(retry_after: str, now: datetime) -> float | None:
    """What the header Retry-After asks for, in seconds; None when it says nothing (RFC 9110, 10.2.3)."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a day or an offset that no calendar has
        return None
    return max(0.0, (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now.timestamp())
