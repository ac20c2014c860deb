"""What robots.txt allows (RFC 9309), asked before every address that is visited for a company."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

import httpx2
from protego import Protego

from connector.enrichment.bodies import text_of
from connector.enrichment.fetching import Fetcher, Limits, Wanted
from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.pace import LONGEST_WAIT_SECONDS, Pace
from connector.enrichment.public_addresses import host_of

TOKEN: Final = "Bellwether"  # noqa: S105 - what site owners write after User-agent
_ROBOTS: Final = Wanted(500 * 1024, refuse_longer=False)  # RFC 9309, 2.5: at least so much is read
_MOST_RULES: Final = 5_000  # for us; each is about 1.5 KB of memory once parsed
_EVERYBODY: Final = "*"
# Spelt as Protego takes them, with a colon or without.
_AGENT: Final = re.compile(r"user[-\s]?agent(?:\s*:|\s|$)\s*(?P<named>.*)", re.IGNORECASE)
_RULE: Final = re.compile(
    r"(?P<word>allow|dis{1,2}al{1,2}ow|diasllow|disallaw|crawl[-\s]delay|request[-\s]rate|visit[-\s]time)"
    r"(?:\s*:|\s|$)\s*(?P<value>.*)",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"[a-z_-]+")  # RFC 9309, 2.2.1; a version behind it is no part of it
_TOO_MANY: Final = 429
_CLIENT_ERRORS: Final = range(400, 500)
# Whatever the reason, the page itself would not be had either.
_SAME_FOR_THE_PAGE: Final = frozenset(
    {Why.NOT_PUBLIC, Why.NO_SUCH_NAME, Why.NO_DNS, Why.NO_ANSWER, Why.TOO_SLOW, Why.LATER}
)


class Manners:
    """Of one visit: asks robots.txt of each origin once, and keeps the pace and the limits. For one thread.

    A site that answers just in time, and leads from one of its names to the next, would hold a thread for a
    quarter of an hour.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        pace: Pace,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = fetcher
        self._pace = pace
        self._limits = limits
        self._clock = clock
        self._until = clock() + limits.visit_seconds
        self._rules: dict[httpx2.URL, Protego | None] = {}

    def before(self, url: httpx2.URL) -> None:
        """Wait until the address may be visited.

        Raises:
            NotFetched: it may not be, its host cannot be reached, or the visit has taken too long.
            Stopped: the reading is to end early.
        """
        self._check_time()
        rules = self._of(url)
        if rules is None or not rules.can_fetch(str(url), TOKEN):
            raise NotFetched(Why.ROBOTS)
        delay = rules.crawl_delay(TOKEN) or 0.0
        if delay > LONGEST_WAIT_SECONDS:
            raise NotFetched(Why.LATER)
        self._pace.wait(host_of(url), delay)
        self._check_time()

    def _wait(self, url: httpx2.URL) -> None:
        self._pace.wait(host_of(url))
        self._check_time()

    def _check_time(self) -> None:
        if self._clock() >= self._until:
            raise NotFetched(Why.TOO_SLOW)

    def _of(self, url: httpx2.URL) -> Protego | None:
        place = url.copy_with(raw_path=b"/robots.txt")
        if place not in self._rules:
            if len(self._rules) >= self._limits.origins:
                raise NotFetched(Why.REDIRECTS)
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
    """The rules for us; none are allowed where there are so many that they are meant to fill our memory."""
    rules = _for_us(text)
    if len(rules) > _MOST_RULES:
        return None
    return Protego.parse("\n".join((f"User-agent: {_EVERYBODY}", *rules)))


def _for_us(text: str) -> list[str]:
    """The rules of all groups that name us; where none does, of those for everybody (RFC 9309, 2.2.1).

    Protego is not given the others: it keeps a rule once for each agent of its group, so that 2,000 agents
    above 2,000 rules, 60 KB of text, are millions of rules.
    """
    groups: dict[str, list[str]] = {}
    agents: set[str] = set()
    begun = False  # whether the group has a rule: the next agent begins another group
    for line in text.splitlines():
        bare = line.partition("#")[0].strip()
        if agent := _AGENT.fullmatch(bare):
            agents = set() if begun else agents
            begun = False
            if (name := _named(agent["named"])) is not None:
                agents.add(name)
                groups.setdefault(name, [])
        elif rule := _RULE.fullmatch(bare):
            begun = True
            for name in agents:
                groups[name].append(f"{rule['word']}: {rule['value']}")
    return groups.get(TOKEN.lower(), groups.get(_EVERYBODY, []))


def _named(agent: str) -> str | None:
    """Our token or everybody, if a line's agent is one of them."""
    if agent == _EVERYBODY:
        return agent
    token = _TOKEN.match(agent.lower().replace(_EVERYBODY, ""))
    return TOKEN.lower() if token is not None and token[0] == TOKEN.lower() else None
