"""Sites of companies are visited politely, and however a visit ends there is one reading of each company."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector.enrichment.crawling import Crawler, addresses_of, user_agent
from connector.enrichment.fetching import Limits
from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.own_sites import registered_domain
from connector.enrichment.pace import Pace, Stopped, asked_seconds
from connector.enrichment.parsing import ParsingLimits, ParsingProcesses
from connector.enrichment.values import ERROR_OF_OURS, Company, CompanyReading, Outcome
from tests.connector.enrichment.test_parsing import TINY
from tests.support.hostile_answers import answer
from tests.support.local_web import Asked, LocalWeb, LoopbackResolver, response

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
Urls = Mapping[str, bytes]
MISSING = response(b"", status="404 Not Found")
BUSY = response(b"", "Retry-After: 0", status="503 Busy")
LINKS = "".join(
    f'<a href="{link}">'
    for link in (
        "/contact",
        "/contact#map",
        "http://127.0.0.1/admin",
        "http://other.example/",
        "//www.acme.example/about",
        "/private/team",
        "/gone",
        "/?d=1",
        "/?d=2",
        "/?d=3",
    )
)
WEB: dict[str, bytes] = {
    "acme.example/": response(f"Acme {LINKS}".encode()),
    "acme.example/robots.txt": response(b"User-agent: *\nDisallow: /private\n", "Content-Type: text/plain"),
    "acme.example/contact": response(b"tel:+49301234", "Set-Cookie: a=b"),
    "www.acme.example/about": response(b"about us"),
    "silent.example/": response(b"Silent"),
    "parked.example/": response(b"Parked FOR SALE"),
    "elsewhere.example/": response(b"Elsewhere"),
    "moved.example/": response(b"", "Location: http://new.example/", status="301 Moved"),
    "new.example/": response(b"Moved tel:+1"),
    "closed.example/robots.txt": response(b"User-agent: bellwether\nDisallow: /"),
    "closed.example/": response(b"Closed"),
    "broken.example/robots.txt": response(b"", status="503 Broken"),
    "broken.example/": response(b"Broken"),
    "trap.example/robots.txt": response(b"", "Location: http://127.0.0.1/", status="302 Found"),
    "trap.example/": response(b"Trap"),
    "inside.example/": response(b"", "Location: http://10.0.0.1/", status="302 Found"),
    "failing.example/": response(b"", status="500 Broken"),
    "hard.example/": response(b"HANG"),
    "later.example/": response(b"", "Retry-After: 120", status="429 Too Many Requests"),
    "busy.example/": BUSY,
    "slow.example/robots.txt": response(b"User-agent: *\nCrawl-delay: 60"),
    "slow.example/": response(b"Slow"),
}


@pytest.fixture(scope="module")
def parsing() -> Iterator[ParsingProcesses]:
    with ParsingProcesses(TINY, ParsingLimits(seconds=1.0), processes=1) as made:
        yield made


@pytest.fixture(scope="module")
def web() -> Iterator[LocalWeb]:
    def answers(asked: Asked) -> Iterable[bytes]:
        if asked.url == "dripping.example/":
            return answer(served, "dripped body")
        return [WEB.get(asked.url, MISSING)]

    served = LocalWeb(answers)
    yield served
    served.close()


PATIENCE = Limits(page_seconds=1.5)


def crawler(
    web: LocalWeb,
    parsing: ParsingProcesses,
    stop: Callable[[], bool] = lambda: False,
    limits: Limits = PATIENCE,
) -> Crawler:
    resolver = LoopbackResolver(
        web.port,
        unknown=frozenset({"unknown.example"}),
        closed=frozenset({"down.example"}),
        mail={"acme.example": ("mx.acme.example",)},
    )
    return Crawler(resolver, lambda: NOW, parsing=parsing, limits=limits, seconds_between=0.001, stop=stop)


def read(one: Crawler, *websites: str) -> dict[str, CompanyReading]:
    companies = [
        Company(site, site.removeprefix("http://").partition(".")[0].title(), site) for site in websites
    ]
    readings = list(one.read(companies))
    assert Counter(reading.company for reading in readings) == Counter(companies)
    return {reading.company.website: reading for reading in readings}


def test_every_company_has_one_reading_however_its_visit_ends(
    web: LocalWeb, parsing: ParsingProcesses
) -> None:
    expected = {
        "acme.example": Outcome.FOUND,
        "http://moved.example/": Outcome.FOUND,
        "silent.example": Outcome.NOTHING_FOUND,
        "": Outcome.NO_WEBSITE,
        "http://127.0.0.1/": Outcome.REFUSED_ADDRESS,
        "javascript:alert(1)": Outcome.REFUSED_ADDRESS,
        "n/a": Outcome.REFUSED_ADDRESS,
        "inside.example": Outcome.REFUSED_ADDRESS,
        "closed.example": Outcome.BLOCKED_BY_ROBOTS,
        "broken.example": Outcome.BLOCKED_BY_ROBOTS,
        "trap.example": Outcome.BLOCKED_BY_ROBOTS,
        "down.example": Outcome.UNREACHABLE,
        "unknown.example": Outcome.UNREACHABLE,
        "failing.example": Outcome.UNREACHABLE,
        "dripping.example": Outcome.UNREACHABLE,
        "later.example": Outcome.UNREACHABLE,
        "busy.example": Outcome.UNREACHABLE,
        "slow.example": Outcome.UNREACHABLE,
        "hard.example": Outcome.PAGE_TOO_HARD,
    }
    web.asked.clear()
    found = read(crawler(web, parsing), *expected)
    assert {website: reading.outcome for website, reading in found.items()} == expected, found
    visits = Counter(asked.url for asked in web.asked)
    assert [visits[f"{name}.example/"] for name in ("closed", "broken", "trap", "slow")] == [0] * 4
    assert [visits[f"{name}.example/"] for name in ("later", "busy")] == [1, 3]
    assert not any(word in reading.reason for reading in found.values() for word in ("127.0", "10.0", "HANG"))
    moved = found["http://moved.example/"].reading
    assert moved is not None
    assert moved.names[-1] == "new.example", "where it was found in the end"


def test_the_reason_says_what_stands_there_instead_and_that_a_site_was_read_elsewhere(
    web: LocalWeb, parsing: ParsingProcesses
) -> None:
    found = read(crawler(web, parsing), "parked.example", "http://moved.example/", "acme.example")
    assert {website: (one.outcome, one.reason) for website, one in found.items()} == {
        "parked.example": (
            Outcome.NOT_THIS_COMPANY,
            "The website's domain is parked or for sale; correct it in the CRM.",
        ),
        "http://moved.example/": (
            Outcome.FOUND,
            "The website was read at another domain, to which it leads.",
        ),
        "acme.example": (Outcome.FOUND, "The website was read."),
    }


def test_a_site_is_its_home_page_and_what_it_links_to_within_its_domain(
    web: LocalWeb, parsing: ParsingProcesses
) -> None:
    web.asked.clear()
    reading = read(crawler(web, parsing), "acme.example")["acme.example"]
    assert [asked.url for asked in web.asked] == [
        "acme.example/robots.txt",
        "acme.example/",
        "acme.example/contact",
        "www.acme.example/robots.txt",
        "www.acme.example/about",
        "acme.example/gone",
    ]
    assert reading.pages == 3
    assert reading.reading is not None
    assert reading.reading.names[2:] == ("mx.acme.example", "v=spf1 acme.example", "")
    assert {asked.headers["user-agent"] for asked in web.asked} == {user_agent()}
    assert not any("cookie" in asked.headers for asked in web.asked)


def test_an_error_of_ours_in_one_reading_ends_no_other(
    web: LocalWeb, parsing: ParsingProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(website: str) -> tuple[str, ...]:
        if "silent" in website:
            raise ValueError("a shape that nobody has seen")
        return addresses_of(website)

    monkeypatch.setattr("connector.enrichment.crawling.addresses_of", odd)
    found = read(crawler(web, parsing), "acme.example", "silent.example", "http://moved.example/")
    assert [one.outcome for one in found.values()].count(Outcome.FOUND) == 2
    silent = found["silent.example"]
    assert (silent.outcome, silent.reason) == (Outcome.UNREACHABLE, ERROR_OF_OURS)


def test_it_ends_early_when_it_is_told_to(web: LocalWeb, parsing: ParsingProcesses) -> None:
    web.asked.clear()
    one = crawler(web, parsing, stop=lambda: len(web.asked) >= 3)
    companies = [Company(str(number), "Acme", "http://acme.example/") for number in range(50)]
    assert len(list(one.read(companies))) < 50
    assert len(web.asked) < 50


def endless(asked: Asked) -> Iterable[bytes]:
    """A site of slow answers, each of whose pages leads from one of its names to the next."""
    time.sleep(0.1)
    host, _, path = asked.url.partition("/")
    if path == "robots.txt":
        return [MISSING]
    if host == "kestrel.example" and not path:
        return [response(f"Kestrel {PAGES}".encode())]
    name, _, number = host.partition(".")[0].rpartition("-")
    following = f"{name or path}-{int(number or 0) + 1}" if name else f"{path}-1"
    return [response(b"", f"Location: http://{following}.kestrel.example/x", status="302 Found")]


PAGES = "".join(f'<a href="/{page}">' for page in ("contact", "about", "imprint", "team"))


@pytest.fixture(scope="module")
def endless_web() -> Iterator[LocalWeb]:
    served = LocalWeb(endless)
    yield served
    served.close()


def test_a_visit_leads_to_few_origins(endless_web: LocalWeb, parsing: ParsingProcesses) -> None:
    endless_web.asked.clear()
    reading = read(crawler(endless_web, parsing), "http://kestrel.example")["http://kestrel.example"]
    assert (reading.outcome, reading.pages) == (Outcome.NOTHING_FOUND, 1)
    asked = [one.url.partition("/") for one in endless_web.asked]
    assert sum(path == "robots.txt" for _, _, path in asked) == PATIENCE.origins


def test_no_request_of_a_visit_begins_when_its_time_is_over(
    endless_web: LocalWeb, parsing: ParsingProcesses
) -> None:
    endless_web.asked.clear()
    limits = replace(PATIENCE, visit_seconds=0.5, origins=1_000)
    one = crawler(endless_web, parsing, limits=limits)
    reading = read(one, "http://kestrel.example")["http://kestrel.example"]
    assert (reading.outcome, reading.pages) == (Outcome.NOTHING_FOUND, 1), "what was read is not lost"
    assert len(endless_web.asked) <= 6, "of 26; each takes a tenth of a second"
    late = crawler(endless_web, parsing, limits=replace(limits, visit_seconds=0.05))
    reading = read(late, "http://kestrel.example")["http://kestrel.example"]
    assert (reading.outcome, reading.reason) == (Outcome.UNREACHABLE, Why.TOO_SLOW.value)


class Time:
    """Moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_host_is_visited_once_a_second_and_later_when_it_asks_for_that() -> None:
    clock, stopped = Time(), list[str]()
    pace = Pace(stop=lambda: bool(stopped), clock=lambda: clock.now, sleep=clock.sleep)
    began: list[float] = []
    for host, delay in (("a", 0), ("a", 0), ("b", 0), ("a", 4.0), ("a", 0)):
        pace.wait(host, delay)
        began.append(clock.now - 1_000)
    assert began == pytest.approx([0, 1, 1, 2, 6])
    pace.hold("b", 8)
    pace.wait("b")
    assert clock.now == pytest.approx(1_014)
    pace.hold("b", 120)
    with pytest.raises(NotFetched) as refused:
        pace.wait("b")
    assert refused.value.why is Why.LATER
    stopped.append("now")
    with pytest.raises(Stopped):
        pace.wait("a")


def test_retry_after_is_seconds_or_a_date() -> None:
    texts = ("120", "Sun, 29 Nov 2026 12:00:30 GMT", "Sun, 29 Nov 2026 11:00:00 GMT", "soon", "", "-5", "²")
    assert [asked_seconds(text, NOW) for text in texts] == [120, 30, 0, None, None, None, None]
    endless = ("Sun, 99999999999 Nov 2026 12:00:30 GMT", f"Sun, 29 Nov 2026 12:00:30 +{10**20}")
    assert [asked_seconds(text, NOW) for text in endless] == [None, None]


def test_a_website_without_a_scheme_is_tried_securely_first() -> None:
    assert addresses_of("acme.com/a") == ("https://acme.com/a", "http://acme.com/a")
    assert addresses_of("acme.com:80") == ("https://acme.com:80", "http://acme.com:80")
    assert addresses_of("HTTP://acme.com") == ("HTTP://acme.com",)
    assert addresses_of("mailto:a@acme.com") == ("mailto:a@acme.com",)
    hosts = ("www.acme.co.uk", "shop.acme.de", "a.acme.example", "acme.github.io", "93.184.215.14")
    assert [registered_domain(host) for host in hosts] == [
        "acme.co.uk",
        "acme.de",
        "acme.example",
        "acme.github.io",
        "93.184.215.14",
    ]
