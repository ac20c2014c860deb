"""What robots.txt allows (RFC 9309), asked before every address that is visited for a company."""

from __future__ import annotations

from typing import Final

import httpx2
from protego import Protego

from connector.enrichment.bodies import text_of
from connector.enrichment.fetching import Fetcher, Wanted
from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.pace import LONGEST_WAIT_SECONDS, Pace
from connector.enrichment.public_addresses import host_of

TOKEN: Final = "Bellwether"  # noqa: S105 - what site owners write after User-agent
_ROBOTS: Final = Wanted(500 * 1024, refuse_longer=False)  # RFC 9309, 2.5: at least so much is read
_MOST_LINES: Final = 5_000  # each is about 1.5 KB of memory once parsed
_TOO_MANY: Final = 429
_CLIENT_ERRORS: Final = range(400, 500)
# Whatever the reason, the page itself would not be had either.
_SAME_FOR_THE_PAGE: Final = frozenset(
    {Why.NOT_PUBLIC, Why.NO_SUCH_NAME, Why.NO_DNS, Why.NO_ANSWER, Why.TOO_SLOW, Why.LATER}
)


class Manners:
    """Of one visit: asks robots.txt of each origin once, and keeps the pace. For one thread."""

    def __init__(self, fetcher: Fetcher, pace: Pace) -> None:
        self._fetcher = fetcher
        self._pace = pace
        self._rules: dict[httpx2.URL, Protego | None] = {}

    def before(self, url: httpx2.URL) -> None:
        """Wait until the address may be visited.

        Raises:
            NotFetched: it may not be, or its host cannot be reached.
            Stopped: the reading is to end early.
        """
        rules = self._of(url)
        if rules is None or not rules.can_fetch(str(url), TOKEN):
            raise NotFetched(Why.ROBOTS)
        delay = rules.crawl_delay(TOKEN) or 0.0
        if delay > LONGEST_WAIT_SECONDS:
            raise NotFetched(Why.LATER)
        self._pace.wait(host_of(url), delay)

    def _wait(self, url: httpx2.URL) -> None:
        self._pace.wait(host_of(url))

    def _of(self, url: httpx2.URL) -> Protego | None:
        place = url.copy_with(raw_path=b"/robots.txt")
        if place not in self._rules:
            self._rules[place] = self._asked(place)
        return self._rules[place]

    def _asked(self, place: httpx2.URL) -> Protego | None:
        """The rules; None when nothing is allowed: an error of the server, or no answer (RFC 9309, 2.3.1)."""
        try:
            found = self._fetcher.fetch(str(place), _ROBOTS, before=self._wait)
        except NotFetched as failure:
            if failure.why in _SAME_FOR_THE_PAGE and not failure.redirected:
                raise
            return None
        if found.status in _CLIENT_ERRORS and found.status != _TOO_MANY:
            return Protego.parse("")
        return _rules(text_of(found.body, "utf-8")) if found.is_good else None


def _rules(text: str) -> Protego | None:
    """The rules; none are allowed where there are so many of them that they are meant to fill our memory."""
    lines = sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return Protego.parse(text) if lines <= _MOST_LINES else None
