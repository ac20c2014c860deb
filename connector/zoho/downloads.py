"""Taking bulk jobs' files no faster than Zoho gives them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from connector.errors import Retriable

AT_ONCE: Final = 10  # downloads in a minute (Zoho CRM v8, "Bulk Read API: Limits")
MINUTE_SECONDS: Final = 61.0  # a second more, as clocks are read at other moments
REFUSED: Final = "TOO_MANY_REQUESTS"


class Downloads:
    """The pace of one client's downloads. Used by one thread at a time."""

    def __init__(self, sleep: Callable[[float], None], now: Callable[[], float] = time.monotonic) -> None:
        self._sleep = sleep
        self._now = now
        self._begun: deque[float] = deque(maxlen=AT_ONCE)

    def take(self, download: Callable[[], None]) -> None:
        """Take a file, in the next minute if this one has had its downloads.

        Raises:
            Retriable: Zoho refuses a minute later too, or did not answer.
        """
        if len(self._begun) == AT_ONCE:
            self._sleep_for(self._begun[0] + MINUTE_SECONDS - self._now())
        try:
            self._counted(download)
        except Retriable as error:
            if error.code != REFUSED:
                raise
            self._sleep_for(MINUTE_SECONDS)  # another process, or one that was killed, has taken some
            self._counted(download)

    def _counted(self, download: Callable[[], None]) -> None:
        self._begun.append(self._now())
        download()

    def _sleep_for(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)
