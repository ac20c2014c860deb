"""A web of many companies, of which a third cannot be read, each in one of many ways."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connector.enrichment.values import Outcome
from sandbox.web.companies import SiteCompany
from sandbox.web.pages import pages_of
from tests.support.local_web import Asked, LocalWeb, response

_ROBOTS: Final = response(b"User-agent: *\nDisallow: /\n", "Content-Type: text/plain")
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_ENTANGLED: Final = response(b"<div " + b" ".join(b"a%d=1" % one for one in range(100_000)) + b">")
_NOTHING: Final = b"<html><head><title>%s</title></head><body></body></html>"


@dataclass(frozen=True)
class Manner:
    """A way in which a site fails.

    Attributes:
        outcome: how the account must be counted.
        website: what stands in the CRM; None is the company's own address.
        answers: what the site says at any path but robots.txt.
        robots: what it says there; None is that there is none.
    """

    outcome: Outcome
    website: str | None = None
    answers: Callable[[SiteCompany], Iterable[bytes]] = lambda _company: ()
    robots: bytes | None = None


MANNERS: Final[Mapping[str, Manner]] = {
    "asks not to be read": Manner(Outcome.BLOCKED_BY_ROBOTS, robots=_ROBOTS),
    "robots.txt fails": Manner(Outcome.BLOCKED_BY_ROBOTS, robots=response(b"", status="500 Broken")),
    "another company's": Manner(
        Outcome.NOT_THIS_COMPANY,
        answers=lambda _company: [response(b"", "Location: http://other.example/", status="301 Gone")],
    ),
    "says nothing": Manner(
        Outcome.NOTHING_FOUND, answers=lambda company: [response(_NOTHING % company.name.encode())]
    ),
    "answers with an error": Manner(
        Outcome.UNREACHABLE, answers=lambda _company: [response(b"", status="500 Broken")]
    ),
    "has no such page": Manner(
        Outcome.UNREACHABLE, answers=lambda _company: [response(b"", status="404 Not Found")]
    ),
    "asks to come back": Manner(
        Outcome.UNREACHABLE,
        answers=lambda _company: [response(b"", "Retry-After: 3600", status="503 Busy")],
    ),
    "hangs up": Manner(Outcome.UNREACHABLE),
    "in circles": Manner(
        Outcome.UNREACHABLE, answers=lambda _company: [response(b"", "Location: /there", status="302 Found")]
    ),
    "a length that is none": Manner(
        Outcome.UNREACHABLE, answers=lambda _company: [_HEAD + b"Content-Length: ten\r\n\r\n0123456789"]
    ),
    "no page of text": Manner(
        Outcome.UNREACHABLE, answers=lambda _company: [response(b"PNG", "Content-Type: image/png")]
    ),
    "entangled": Manner(Outcome.PAGE_TOO_HARD, answers=lambda _company: [_ENTANGLED]),
    "no website": Manner(Outcome.NO_WEBSITE, website=""),
    "no such name": Manner(Outcome.UNREACHABLE, website="http://no-such-name.invalid"),
    "this machine": Manner(Outcome.REFUSED_ADDRESS, website="http://127.0.0.1/"),
    "a file": Manner(Outcome.REFUSED_ADDRESS, website="file:///etc/passwd"),
}


def company_called(name: str, host: str, number: int) -> SiteCompany:
    """A company in Austin whose site says everything."""
    return SiteCompany(
        name, host, "goods", "United States", f"{100 + number} Main Street", "Austin", "TX", "78701",
        f"(512) 555-0{100 + number % 100}", 1970 + number % 40, 10 + number,
    )  # fmt: skip


class ManySites:
    """The web; ``asked`` says what was fetched of whom.

    Args:
        companies: by their hosts.
        manners: of those that fail, by host.
    """

    def __init__(self, companies: Mapping[str, SiteCompany], manners: Mapping[str, Manner]) -> None:
        self._companies, self._manners = companies, manners
        self.web = LocalWeb(self._answers)

    def fetches(self) -> Counter[str]:
        """How often each address was asked for, by host and path."""
        return Counter(one.url for one in self.web.asked)

    def _answers(self, asked: Asked) -> Iterable[bytes]:
        host, _, path = asked.url.partition("/")
        company = self._companies.get(host.partition(":")[0])
        if company is None:
            return [response(b"<title>Quite Another</title><p>We are Quite Another Inc.")]
        manner = self._manners.get(company.host)
        if path == "robots.txt":
            found = manner.robots if manner is not None else None
            return [found or response(b"", status="404 Not Found")]
        if manner is not None:
            return manner.answers(company)
        page = pages_of(company).get("/" + path.rstrip("/"))
        return [response(b"", status="404 Not Found") if page is None else response(page.encode())]


def manners_for(hosts: Sequence[str]) -> dict[str, Manner]:
    """Every third of them fails, in all the ways in turn."""
    return dict(zip(hosts[::3], itertools.cycle(MANNERS.values()), strict=False))
