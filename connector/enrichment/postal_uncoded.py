"""Addresses of English-speaking countries with neither state nor postcode: a numbered street, then its town.

Something must tell where the town ends: a county, a country or half a postcode behind it, or the end of the
line on a site whose ending tells the country. Only streets count that say so and have a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from connector.enrichment.countries import code_of
from connector.enrichment.documents import Document, Kind
from connector.enrichment.postal_labels import after_lead
from connector.enrichment.postal_tables import BRITISH_COUNTIES, IRISH_COUNTIES, STREET_WORDS
from connector.enrichment.postal_value import Address
from connector.enrichment.postal_whole import front, is_building

MOST_FOUND = 40  # streets of one page
MOST_TOWNS = 3  # parts behind a street that may be a district, a town and a city
MOST_TOWN_WORDS = 4
LONGEST_STREET, LONGEST_SENTENCE, LONGEST_TOWN = 60, 180, 40
_COUNTRIES = frozenset(("GB", "IE", "NZ", "AU", "CA", "US"))
_BY_ENDING = frozenset(("GB", "IE", "NZ"))  # where addresses may end with the town
_CUT = re.compile(r"\n|[,|•·;]|\s[–/*~-]\s|\s{3,}|:\s|(?<=[a-z])(?<!\bCo)\.(?=\s|$)")
_STREET = re.compile(
    r"(?:(?i:no\.?)\s)?\d{1,4}[A-Za-z]?(?:\s?[-–/&]\s?\d{1,4}[A-Za-z]?)?,?\s(?:[A-Z][\w'’.-]*\s){1,4}"
    rf"(?i:{STREET_WORDS}|gate|mall)\.?(?:\s(?i:north|south|east|west|upper|lower))?"
)
_NUMBER_ALONE = re.compile(r"\s{0,3}\d{1,4}[A-Za-z]?")
_BOX = re.compile(r"(?i:p\.?\s?o\.?\s?box)\s\d{1,6}")
_LED = re.compile(r"(?:^|\b(?:at|visit|in|is)\s)(?=(?:(?i:no\.?)\s)?\d|(?i:p\.?\s?o\.?\s?box)\s)")
_ENDS = frozenset(("\n", ".", "|", "•", "·"))  # what may end an address that nothing else ends
_TOWN = re.compile(r"[A-Z][A-Za-zÀ-ÿ'’-]+(?:[ .-]{1,2}[A-Z]?[A-Za-zÀ-ÿ'’-]+){0,3}")
_NO_TOWN = re.compile(
    r"\b(?:phone|tel|telephone|fax|e-?mail|suite|address|box|contact|floor|copyright|map|hours|home|open(?:ing)?|"
    r"menu|directions?|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mobile|website|office|us|our|we|free|the|and|for|"
    r"ltd|limited|plc|llp|inc|view|get|book|call|unit|floor|building|house|centre)\b",
    re.IGNORECASE,
)
_STREET_WORD = re.compile(rf"(?:{STREET_WORDS})\.?", re.IGNORECASE)
_IRISH = re.compile(
    rf"(?P<co>Co\.?\s?|County\s)?(?P<county>{IRISH_COUNTIES})(?P<city>\sCity)?", re.IGNORECASE
)
_OUTWARD = re.compile(r"(?P<town>[A-Z][\w'’ -]{2,30}?)\s[A-Z]{1,2}\d{1,2}[A-Z]?")
_DUBLIN = re.compile(r"(?:Dublin[\s-]?|D)\d{1,2}W?|Dublin", re.IGNORECASE)
_STATE = re.compile(r"[A-Z]{2,3}(?:\s\d{4,5})?")
_TELEPHONE = re.compile(r"(?:tel|telephone|phone|ph|call|t)\b|\(?\+?0\d[\d() -]{7,14}", re.IGNORECASE)

_TELEPHONES = {
    "GB": re.compile(
        r"(?<![\d+])\+44[ (]|(?<![\d+.-])\(?0(?:[12]\d{1,4}|7\d{3})\)?(?: ?\d){6,8}(?!\d|[.-]\d)"
    ),
    "IE": re.compile(r"(?<![\d+])(?:\+|00)353[ (]"),
    "NZ": re.compile(r"(?<![\d+])(?:\+|00)64[ (]"),
}


@dataclass(frozen=True)
class _Part:
    text: str
    begin: int
    end: int
    cut: str  # what stands behind it


_NOTHING = _Part("", 0, 0, "")


@dataclass(frozen=True)
class _Closed:
    """What ends an address."""

    country: str
    county: str = ""
    towns: tuple[str, ...] = ()


def uncoded(document: Document, text: str, site: str) -> Iterator[tuple[Address, int, int]]:
    """Such addresses, and where each begins and ends; ``site`` is the country of the site's ending."""
    parts = tuple(_parts(text))
    site = site or _told_by_telephones(text)
    met = 0
    for at, part in enumerate(parts):
        street = _street(part.text)
        if not street or part.cut == ".":
            continue
        met += 1
        if met > MOST_FOUND:
            return
        found = _town(parts, at, site, assured=_is_assured(parts, at, document))
        if found is not None:
            country, towns, county, end = found
            before = [after_lead(one.text) for one in parts[max(0, at - 3) : at]]
            house = country in {"GB", "IE"} and bool(before) and is_building(before[-1])
            ahead = front(before) or (before[-1:] if house else [])
            whole = ", ".join((*ahead, street, *towns[:-1]))
            begin = part.end - len(street)
            yield Address(whole, towns[-1], county, "", country, "text, street and town"), begin, end


def _parts(text: str) -> Iterator[_Part]:
    """The text cut into its parts; a comma between a street and its number is none that cuts."""
    begin = 0
    for cut in (*_CUT.finditer(text), None):
        if cut is not None and cut.group() == "," and _NUMBER_ALONE.fullmatch(text, begin, cut.start()):
            continue
        end = len(text) if cut is None else cut.start()
        bare = text[begin:end].strip(" \t.–-")
        if bare:
            start = text.index(bare, begin)
            yield _Part(
                bare, start, start + len(bare), "\n" if cut is None else cut.group().strip(" ") or " "
            )
        begin = end if cut is None else cut.end()


def _street(text: str) -> str:
    if not text[-1:].isalnum() or len(text) > LONGEST_SENTENCE:
        return ""
    for led in _LED.finditer(text):
        street = text[led.end() :]
        if len(street) <= LONGEST_STREET and (_STREET.fullmatch(street) or _BOX.fullmatch(street)):
            return street
    return ""


def _town(
    parts: Sequence[_Part], at: int, site: str, *, assured: bool
) -> tuple[str, list[str], str, int] | None:
    """The country, the towns behind a street, the county, and where the address ends."""
    towns: list[str] = []
    over = 0  # towns at the first of which the line or the clause ends
    for one, behind in pairwise((*parts[at + 1 : at + 3 + MOST_TOWNS], _NOTHING)):
        closed = _closed(one.text, towns, site)
        if closed is not None:
            towns += closed.towns
            named = towns and not _STATE.fullmatch(behind.text)
            return (closed.country, towns, closed.county, one.end) if named else None
        if not _is_town(one.text) or len(towns) == MOST_TOWNS:
            break
        towns.append(one.text)
        over = over or (len(towns) if one.cut in _ENDS else 0)
    behind_towns = parts[at + over + 1].text if at + over + 1 < len(parts) else ""
    if over and site in _BY_ENDING and (assured or _TELEPHONE.match(behind_towns)):
        return site, towns[:over], "", parts[at + over].end
    return None


def _closed(text: str, towns: Sequence[str], site: str) -> _Closed | None:
    """What a part says if it ends an address: the country, the county, and a town that stands in it."""
    bare = text.lower().replace("e. ", "east ").replace("w. ", "west ")
    country = code_of(text)
    if country in _COUNTRIES and (len(text) > len("UK") or bare in {"uk", "nz"}):
        return _Closed(country)
    if site in {"", "GB"} and (bare in BRITISH_COUNTIES or (bare.endswith("shire") and " " not in bare)):
        return _Closed("GB", text)
    if site == "IE":
        return _closed_irish(text, towns)
    outward = _OUTWARD.fullmatch(text)
    if outward and _is_town(outward.group("town")) and (site == "GB" or outward.group("town") == "London"):
        return _Closed("GB", towns=(outward.group("town"),))
    return None


def _closed_irish(text: str, towns: Sequence[str]) -> _Closed | None:
    """The county, or the city that is called as its county."""
    if _DUBLIN.fullmatch(text):
        return _Closed("IE", towns=("Dublin",))
    found = _IRISH.fullmatch(text)
    if found is None:
        return None
    if not towns and found.group("co"):
        return _Closed("IE")  # a county without a town
    return _Closed("IE", towns=(text,)) if not towns or found.group("city") else _Closed("IE", text)


def _is_town(text: str) -> bool:
    return (
        len(text) <= LONGEST_TOWN
        and bool(_TOWN.fullmatch(text))
        and len(text.split()) <= MOST_TOWN_WORDS
        and not _NO_TOWN.search(text)
        and not re.match(r"(?:Co|County)\b", text)
        and not _STREET_WORD.fullmatch(text.rsplit(maxsplit=1)[-1])
    )


def _is_assured(parts: Sequence[_Part], at: int, document: Document) -> bool:
    """Whether what stands behind a street is likely its town: on such pages, in a footer, or in the title."""
    if document.kind in {Kind.CONTACT, Kind.LEGAL} or any(parts[at].text in one for one in document.footer):
        return True
    town = parts[at + 1].text if at + 1 < len(parts) else ""
    return bool(town) and bool(re.search(rf"\b{re.escape(town)}\b", document.title))


def _told_by_telephones(text: str) -> str:
    """The country whose telephones' numbers a page has, if it has no other's."""
    found = {country for country, pattern in _TELEPHONES.items() if pattern.search(text)}
    return next(iter(found)) if len(found) == 1 else ""
