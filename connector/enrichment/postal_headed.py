"""Addresses of the US and Canada whose city stands above the street: in the line before it, or in a heading.

Only whole streets count, alone on their line or where a sentence says that the company is there; and only
where the page's title and headings name one city with its state, and no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.enrichment.documents import LONGEST_LINE, Document
from connector.enrichment.postal_tables import (
    PROVINCE_NAMES,
    PROVINCES,
    STATE_NAMES,
    STREET_WORDS,
    ZIP_PREFIXES,
)
from connector.enrichment.postal_value import Address
from connector.enrichment.postal_windows import consistent, state_code

MOST_HEADINGS = 30
_STATE = "|".join(
    (*ZIP_PREFIXES, *PROVINCES, *(one.title() for one in (*STATE_NAMES, *PROVINCE_NAMES) if one != "georgia"))
)
_NAME = r"[A-Z][A-Za-z'’.-]+(?:\s[A-Z][A-Za-z'’.-]+){0,2}"
_CITY_LINE = re.compile(
    rf"(?P<city>{_NAME}),?\s(?P<state>{_STATE})\.?(?:,?\s(?P<code>\d{{5}}(?:-\d{{4}})?))?:?"
)
_CITY = re.compile(
    rf"(?:^|[|:•–—-]\s|\b(?:in|of|near|serving)\s)(?P<city>{_NAME}),\s(?P<state>{_STATE})(?![\w-])"
)
_STREET = (
    r"\d{1,6}\s(?!(?i:hours?|days?|stars?|years?|easy|steps?|ways?|reasons?|tips?)\b)(?:(?:[NSEW]{1,2}|North|South|East|West)\.?\s)?(?:[A-Z\d][\w'’.-]*\s){1,3}"
    rf"(?:(?i:{STREET_WORDS})\b\.?)(?:\s(?:[NSEW]{{1,2}})\b\.?)?"
    r"(?:,?\s(?:(?i:suites?|ste|units?|bldg)\.?\s?#?\s?[\w-]{1,6}|#\s?[\w-]{1,6}))?"
)
_ALONE = re.compile(rf"(?:(?i:address|location|visit\sus)\s?:?\s)?(?P<street>{_STREET}),?")
_LED = re.compile(
    r"\b(?i:(?:is|are)\slocated\sat|located\sat|(?:showroom|shop|store|office|studio|clinic)\s(?:is\s)?at|"
    rf"(?:visit|find|see)\sus\sat)\s(?P<street>{_STREET})(?![\w,])"
)
_SAID = re.compile(rf"\bin\s(?P<city>{_NAME}),\s(?P<state>{_STATE}),?\sat\s(?P<street>{_STREET})(?![\w,])")


def headed(document: Document, text: str) -> Iterator[tuple[Address, int, int]]:
    """Such addresses, and where each begins and ends."""
    lines = text.split("\n")
    begins = [0]
    for one in lines:
        begins.append(begins[-1] + len(one) + 1)
    cities = _cities(document)
    streets = [(at, found) for at, one in enumerate(lines) if (found := _ALONE.fullmatch(one) or _led(one))]
    single = len({found.group("street") for _, found in streets}) == 1
    for at, found in streets:
        above = _above(lines, at)
        if "city" in found.groupdict():
            above = found.group("city"), state_code(found.group("state")), ""
        city = above or (cities[0] if single and len(cities) == 1 else None)
        if city is not None:
            name, state, code = city
            country = "US" if state in ZIP_PREFIXES else "CA"
            method = "text below its city" if above else "text, city in a heading"
            begin = begins[at - 1] if above and at else begins[at] + found.start("street")
            yield (
                Address(found.group("street").rstrip(" ."), name, state, code, country, method),
                begin,
                begins[at] + found.end("street"),
            )


def _led(line: str) -> re.Match[str] | None:
    return _SAID.search(line[:LONGEST_LINE]) or _LED.search(line[:LONGEST_LINE])


def _above(lines: Sequence[str], at: int) -> tuple[str, str, str] | None:
    """The city in the line before, if it is not that of an address which ends there or goes on."""
    found = _CITY_LINE.fullmatch(lines[at - 1]) if at else None
    if found is None or (at > 1 and re.search(r"\d", lines[at - 2])):
        return None
    if at + 1 < len(lines) and re.search(rf"(?:{_STATE})\b", lines[at + 1]):
        return None
    state, code = state_code(found.group("state")), found.group("code") or ""
    return (found.group("city"), state, code) if not code or consistent(state, code, "US") else None


def _cities(document: Document) -> list[tuple[str, str, str]]:
    """The cities with their states in the title and the headings."""
    headings = [
        one for one, _ in zip(document.tree.iter("h1", "h2", "h3"), range(MOST_HEADINGS), strict=False)
    ]
    texts = (document.title, *(" ".join(one.text_content().split())[:LONGEST_LINE] for one in headings))
    found = {
        (one.group("city"), state_code(one.group("state")), "")
        for text in texts
        for one in _CITY.finditer(text)
    }
    return sorted(found)
