"""What a site answers: its pages, and the ways in which some sites do not give them. No network here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sandbox.web.companies import SiteCompany, companies
from sandbox.web.pages import pages_of

DEFAULT_ROBOTS: Final = "User-agent: *\nDisallow: /intern\n"
NO_ROBOTS: Final = "User-agent: *\nDisallow: /\n"


class Manner(StrEnum):
    """How a site behaves."""

    USUAL = "usual"
    ROBOTS = "asks not to be read"
    OTHER = "belongs to another company"
    DRIPS = "sends its page a letter at a time"
    EMPTY = "says nothing"
    FAILS = "answers with an error"
    GONE = "hangs up"
    CIRCLES = "sends its visitors in circles"


# By host; every other one is as usual.
MANNERS: Final = {
    "bioholding.example": Manner.ROBOTS,
    "condax.example": Manner.OTHER,
    "xx-holding.example": Manner.DRIPS,
    "labdrill.example": Manner.EMPTY,
    "silis.example": Manner.FAILS,
    "zoomit.example": Manner.FAILS,
    "isdom.example": Manner.GONE,
    "ron-tech.example": Manner.CIRCLES,
}
_OTHER: Final = "toughzap.example"  # whose site is found where another company's should be


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP.

    Attributes:
        drips: the body comes a letter at a time, and has no end.
    """

    status: int
    body: str = ""
    kind: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default=())
    drips: bool = False


def answer(host: str, path: str, *, secure: bool) -> Answer | None:
    """What a site says at a path; None when it hangs up.

    Args:
        host: in lower case, without a port.
        path: with its query.
        secure: whether it was asked over TLS; else the visitor is sent there.
    """
    company = companies().get(host.removeprefix("www."))
    manner = MANNERS.get(host.removeprefix("www."), Manner.USUAL)
    if company is None or manner is Manner.GONE:
        return None
    if not secure:
        return Answer(301, headers=(("Location", f"https://{host}{path}"),))
    place = path.partition("?")[0].rstrip("/") or "/"
    if place == "/robots.txt":
        return Answer(200, NO_ROBOTS if manner is Manner.ROBOTS else DEFAULT_ROBOTS, "text/plain")
    unusual = _UNUSUAL.get(manner)
    return unusual(company, place) if unusual is not None else _page(company, place)


def _page(company: SiteCompany, place: str) -> Answer:
    page = pages_of(company).get(place)
    return Answer(404, "<h1>Not found</h1>") if page is None else Answer(200, page)


def _others(_company: SiteCompany, place: str) -> Answer:
    return Answer(301, headers=(("Location", f"https://{_OTHER}{place}"),))


def _dripping(company: SiteCompany, place: str) -> Answer:
    return Answer(200, pages_of(company).get(place, ""), drips=True)


def _nothing(company: SiteCompany, _place: str) -> Answer:
    return Answer(200, f"<html><head><title>{company.name}</title></head><body></body></html>")


def _failing(_company: SiteCompany, _place: str) -> Answer:
    return Answer(500, "<h1>Internal error</h1>")


def _circling(_company: SiteCompany, place: str) -> Answer:
    return Answer(302, headers=(("Location", "/there" if place != "/there" else "/here"),))


_UNUSUAL: Final[dict[Manner, Callable[[SiteCompany, str], Answer]]] = {
    Manner.OTHER: _others,
    Manner.DRIPS: _dripping,
    Manner.EMPTY: _nothing,
    Manner.FAILS: _failing,
    Manner.CIRCLES: _circling,
}
