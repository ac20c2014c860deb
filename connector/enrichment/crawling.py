"""The provider ``crawler``: visits the companies' own sites, politely, and has their pages read elsewhere.

Of a company its home page and up to four further pages are fetched, as robots.txt allows, one request a
second a host. Pages are parsed by other processes only (``parsing``).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import structlog

from connector.enrichment.fetching import Fetched, Fetcher, Limits
from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.own_sites import registered_domain
from connector.enrichment.pace import LONGEST_WAIT_SECONDS, Pace, Stopped, asked_seconds
from connector.enrichment.parsing import ParsingProcesses, TooHard
from connector.enrichment.public_addresses import checked_url, host_of
from connector.enrichment.resolving import Resolver
from connector.enrichment.robots import TOKEN, Manners
from connector.enrichment.values import (
    ERROR_OF_OURS,
    Company,
    CompanyReading,
    Instead,
    Outcome,
    Site,
    SiteReading,
)

COMPANIES_AT_ONCE: Final = 20
FURTHER_PAGES: Final = 4
ENOUGH_SITE_BYTES: Final = 3_000_000  # after which no page is fetched; twenty sites are held at a time
_TRIES: Final = 3
_BACK_OFF_SECONDS: Final = 2.0
_COME_BACK: Final = frozenset({429, 503})
_HAS_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_TOO_HARD: Final = "The website's pages are too large or too entangled to be read."
_OUTCOMES: Final = {
    Why.NOT_AN_ADDRESS: Outcome.REFUSED_ADDRESS,
    Why.NOT_PUBLIC: Outcome.REFUSED_ADDRESS,
    Why.ROBOTS: Outcome.BLOCKED_BY_ROBOTS,
}
_SENTENCES: Final = {
    Outcome.FOUND: "The website was read.",
    Outcome.NOTHING_FOUND: "The website says nothing of what is asked for.",
    Outcome.NOT_THIS_COMPANY: "The website does not name this company; correct it in the CRM if it is wrong.",
}
_INSTEAD: Final = {
    Instead.FOR_SALE: "The website's domain is parked or for sale; correct it in the CRM.",
    Instead.SUSPENDED: "The website is suspended or has expired.",
    Instead.DEFAULT_PAGE: "Nothing but its server's own page stands at the website's address.",
    Instead.HUMAN_CHECK: "The website asks its visitors to show that they are people, and was not read.",
    Instead.SIGN_IN: "The website shows nothing but a form to sign in.",
    Instead.ANOTHER_SITE: "The website leads to another domain, which does not name this company.",
}
_READ_ELSEWHERE: Final = "The website was read at another domain, to which it leads."

log = structlog.get_logger(__name__)


def user_agent(url: str = "") -> str:
    """What sites are told of us: the token that their robots.txt may name, and where we explain ourselves."""
    return f"Mozilla/5.0 (compatible; {TOKEN}/1.0; +{url or TOKEN.lower()})"


def _never() -> bool:
    return False


class Crawler:
    """Implements ``Provider``. Close it in the end: its processes live from one reading to the next."""

    def __init__(
        self,
        resolver: Resolver,
        now: Callable[[], datetime],
        *,
        explained_at: str = "",
        parsing: ParsingProcesses | None = None,
        limits: Limits | None = None,
        seconds_between: float = 1.0,
        stop: Callable[[], bool] = _never,
    ) -> None:
        """Wire.

        Args:
            resolver: says where to connect: ``PublicResolver``.
            now: the time, for readings.
            explained_at: the address of a page that explains to site owners what this is.
            parsing: the processes that read pages.
            limits: of fetching.
            seconds_between: between two requests to a host.
            stop: asked often; once it is true no site is visited, and those under way have no reading.
        """
        self._resolver = resolver
        self._now = now
        self._stop = stop
        self._limits = limits or Limits()
        self._fetcher = Fetcher(resolver, user_agent(explained_at), self._limits)
        self._pace = Pace(seconds_between, stop=stop)
        self._parsing = parsing or ParsingProcesses()

    @property
    def name(self) -> str:
        """What the history calls it."""
        return "crawler"

    def read(self, companies: Sequence[Company]) -> Iterator[CompanyReading]:
        """One reading for each company, in whatever order they end; fewer when it is stopped."""
        with ThreadPoolExecutor(COMPANIES_AT_ONCE, thread_name_prefix="crawl") as threads:
            try:
                begun = {threads.submit(self._reading, one): one for one in companies}
                for done in as_completed(begun):
                    reading = self._ended(done, begun[done])
                    if reading is not None:
                        yield reading
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the processes that read pages."""
        self._parsing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ended(self, done: Future[CompanyReading | None], company: Company) -> CompanyReading | None:
        """How a reading ended; an error of ours in one of them keeps the others not out."""
        error = done.exception()
        if not isinstance(error, Exception):
            return done.result()
        log.error("site_not_read", account=company.account_id, exc_info=error)
        return CompanyReading(company, Outcome.UNREACHABLE, ERROR_OF_OURS, self._now())

    def _reading(self, company: Company) -> CompanyReading | None:
        website = company.website.strip()
        if not website:
            reason = "The account has no website in the CRM."
            return CompanyReading(company, Outcome.NO_WEBSITE, reason, self._now())
        manners = Manners(self._fetcher, self._pace, self._limits)
        visit = _Visit(self._fetcher, self._pace, self._parsing, self._now, self._stop, manners)
        try:
            visit.fetch(website, self._resolver)
            with self._parsing.turn() as process:
                reading = process.read_site(company, visit.site())
        except Stopped:
            return None
        except NotFetched as failure:
            outcome = _OUTCOMES.get(failure.why, Outcome.UNREACHABLE)
            return CompanyReading(company, outcome, failure.why.value, self._now(), pages=len(visit.pages))
        except TooHard:
            pages = len(visit.pages)
            return CompanyReading(company, Outcome.PAGE_TOO_HARD, _TOO_HARD, self._now(), pages=pages)
        outcome = _outcome(reading)
        return CompanyReading(
            company, outcome, _sentence(outcome, reading), self._now(), reading, pages=len(visit.pages)
        )


class _Visit:
    """Of one company's site."""

    def __init__(
        self,
        fetcher: Fetcher,
        pace: Pace,
        parsing: ParsingProcesses,
        now: Callable[[], datetime],
        stop: Callable[[], bool],
        manners: Manners,
    ) -> None:
        self._fetcher = fetcher
        self._pace = pace
        self._parsing = parsing
        self._now = now
        self._stop = stop
        self._manners = manners
        self._told: tuple[tuple[str, ...], tuple[str, ...], str] = ((), (), "")
        self.pages: list[Fetched] = []

    def site(self) -> Site:
        """Its pages, decoded, and what DNS says of it."""
        return Site(tuple(one.page() for one in self.pages), *self._told)

    def fetch(self, website: str, resolver: Resolver) -> None:
        """Its pages, and what DNS says.

        Raises:
            NotFetched: its home page could not be had.
            TooHard: its home page could not be parsed.
            Stopped: it is to end early.
        """
        home = self._home(website)
        self.pages.append(home)
        for address in self._worth_reading(home):
            self._further(address)
            if sum(len(one.body) for one in self.pages) >= ENOUGH_SITE_BYTES:
                break
        found_at = registered_domain(host_of(home.url))
        domain = registered_domain(host_of(checked_url(addresses_of(website)[0])))
        redirected_to = found_at if found_at != domain else ""
        self._told = (resolver.mail_hosts(domain), resolver.text_records(domain), redirected_to)

    def _home(self, website: str) -> Fetched:
        addresses = addresses_of(website)
        for address in addresses[:-1]:
            try:
                return self._fetched(address)
            except NotFetched as failure:
                if failure.why is not Why.NO_ANSWER or failure.redirected:
                    raise
        return self._fetched(addresses[-1])

    def _worth_reading(self, home: Fetched) -> tuple[str, ...]:
        """The links that the home page's parser proposes, of the same registered domain; not yet visited."""
        own, seen = registered_domain(host_of(home.url)), {str(home.url)}
        chosen: list[str] = []
        with self._parsing.turn() as process:
            links = process.pages_to_read(home.page())
        for link in links:
            try:
                url = checked_url(link)
            except NotFetched:
                continue
            if registered_domain(host_of(url)) == own and str(url) not in seen:
                seen.add(str(url))
                chosen.append(str(url))
        return tuple(chosen[:FURTHER_PAGES])

    def _further(self, address: str) -> None:
        """One more page, if it can be had: a site is read without it as well."""
        try:
            found = self._fetched(address)
        except NotFetched:
            return
        if all(found.url != one.url for one in self.pages):
            self.pages.append(found)

    def _fetched(self, address: str) -> Fetched:
        """A page; one that asks to come back soon is asked again.

        Raises:
            NotFetched: it could not be had.
            Stopped: it is to end early.
        """
        for attempt in range(_TRIES):
            if self._stop():
                raise Stopped
            found = self._fetcher.fetch(address, before=self._manners.before)
            if found.is_good:
                return found
            if found.status not in _COME_BACK:
                raise NotFetched(Why.ERROR_STATUS)
            seconds = _come_back_after(found, attempt, self._now())
            self._pace.hold(host_of(found.url), seconds)
            if seconds > LONGEST_WAIT_SECONDS:
                break
        raise NotFetched(Why.LATER)


def _come_back_after(
    found: Fetched, attempt: int, now: datetime, jitter: Callable[[], float] = random.random
) -> float:
    """In how many seconds: as the answer asks, else longer each time."""
    asked = asked_seconds(found.header("retry-after"), now)
    return asked if asked is not None else _BACK_OFF_SECONDS * 2**attempt * (1 + jitter() / 2)


def addresses_of(website: str) -> tuple[str, ...]:
    """What the website of an account may mean; without a scheme https is tried before http."""
    if _HAS_SCHEME.match(website):
        return (website,)
    return (f"https://{website.lstrip('/')}", f"http://{website.lstrip('/')}")


def _sentence(outcome: Outcome, reading: SiteReading) -> str:
    if reading.instead is not None:
        return _INSTEAD[reading.instead]
    return _READ_ELSEWHERE if outcome is Outcome.FOUND and reading.redirected_to else _SENTENCES[outcome]


def _outcome(reading: SiteReading) -> Outcome:
    if not reading.is_company:
        return Outcome.NOT_THIS_COMPANY
    return Outcome.FOUND if reading.proposals else Outcome.NOTHING_FOUND
