"""Addresses with a postcode of digits, read part by part: the city beside the postcode, the street before it.

A page is cut into parts at its lines, commas, bars, dots and dashes. Each postcode is an anchor: the shape of
it, the country's name behind it, and the site's ending tell the country; the country tells on which side the
city stands and how a street without a word for street may look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connector.enrichment.countries import of_ending
from connector.enrichment.postal_cities import city_of
from connector.enrichment.postal_countries import (
    BOX,
    CITIES_WITHOUT_CODES,
    COUNTRY_NAMES,
    NUMBER_FIRST,
    NUMBER_LAST,
    PREFIXES,
    REGIONS,
    ROOM,
    SHAPES,
    STREET_WORD,
)
from connector.enrichment.postal_labels import after_lead
from connector.enrichment.postal_tables import STREETS_ABROAD
from connector.enrichment.postal_value import Address

MOST_ANCHORS = 200  # of one page
MOST_BEFORE = 6  # parts before the city in which the street stands
MOST_BEHIND = 3  # parts behind the anchor in which the country's name may stand
MOST_PASSED = 2  # parts between street and city that are neither, such as a district
LONGEST_STREET, LONGEST_PASSED, LONGEST_NUMBER = 70, 40, 3
_CUT = re.compile(
    r"\n|[,|•·;]|\s[–—-]\s|\s[–—](?=\S)|\s{3,}|:\s|(?<=[^\W\d_A-Z]{4})(?<!boul)\.\s(?=[^\W\d_a-z])|\t"
)
_CODE = re.compile(
    r"(?<![\w/.-])(?P<prefix>[A-Z]{1,2}\s?[-–]\s?)?\(?"
    r"(?P<code>\d{2}-\d{3}|\d{3}-\d{4}|\d{5}-\d{3}|\d{4}[-–]\d{3}|\d{4}\s?[A-Z]{2}(?!\w)|\d{3} \d{3}|"
    r"\d{3} \d{2}|\d{4,6})\)?(?![\w/]|[-–]\d|[.,]\d)"
)
_CODE_LABEL = re.compile(
    r"^(?:c\.?p\.?|cep|cap|plz(?:\s?/\s?ort)?|zip|pin(?:\s?code)?|postcode|〒)\.?$", re.IGNORECASE
)
_NUMBER = re.compile(
    r"^(?:n[.º°]{1,2}\s?|nr\.?\s?|no\.?\s?)?\d{1,5}(?:\s?[-–/+]\s?\d{1,5})?\s?(?:[a-z]|bis|ter|quater)?$",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"^[^\W\d_a-z][^\W\d_'’.:-]*(?:[ '’./:-]{1,2}[^\W\d_]+){0,5}[.']?,?"
    r"\s\d{1,4}(?:\s?[a-zA-Z](?!\w))?(?:\s?[-–/+]\s?\d{1,4}\s?[a-z]?){0,2}"
    r"(?:\s[A-Z])?\.?$|^'s-[^\W\d_]+\s\d{1,4}$"
)
_FIRST = re.compile(r"^(?:no\.?\s)?\d{1,5}(?:[-–/]\d{1,5}){0,3}[a-zA-Z]?(?:\s(?:bis|ter))?,?\s[^\W\d_a-z]")
_FRONT = re.compile(
    r"^[A-Z]{1,2}-?\d{1,4}[A-Z]?$|^(?:plot|no\.?|door|flat|unit|level|floor|shop|suite|office|block|blk|house|h\.?\s?no)\.?\s(?:no\.?\s)?[\w#/-]{1,8}$|"
    r"^(?:\d{1,2}(?:st|nd|rd|th)|ground|first|second|third)\s(?:floor|fl)\.?$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_LANGUAGES = tuple(
    (country, re.compile(rf"(?<!\w)(?:{street})", re.IGNORECASE)) for country, street in STREETS_ABROAD
)
_POLISH = re.compile(r"(?<!\w)(?:ul|al|os|pl|aleja|aleje|rynek|plac)(?!\w)", re.IGNORECASE)
_JAPANESE = re.compile(r"\w-(?:ku|shi|cho|machi)\b|\b(?:tokyo|osaka|kyoto|yokohama|nagoya)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Part:
    text: str
    begin: int
    end: int


@dataclass(frozen=True)
class _Anchor:
    """A postcode with its city.

    Attributes:
        at: the part behind the last one that may hold the street.
        told: whether something but the shape tells the country.
    """

    code: str
    city: str
    country: str
    told: bool
    at: int
    before: str
    end: int


@dataclass(frozen=True)
class _Street:
    text: str
    begin: int


def abroad(text: str, url: str) -> Iterator[tuple[Address, int, int]]:
    """Addresses with postcodes of digits but those of the US and Australia: where each begins and ends.

    Where a postcode could be of two countries and nothing else tells, the country stays empty.
    """
    parts = tuple(_parts(text))
    site = of_ending(url)
    anchors = 0
    for at, part in enumerate(parts):
        anchored = _without_code(parts, at)
        for found in _CODE.finditer(part.text) if anchored is None else ():
            anchors += 1
            if anchors > MOST_ANCHORS:
                return
            if anchored := _anchor(parts, at, found, site):
                break
        if anchored is not None and (one := _address(parts, anchored)):
            yield one


def _parts(text: str) -> Iterator[_Part]:
    begin = 0
    for cut in (*_CUT.finditer(text), None):
        end = len(text) if cut is None else cut.start()
        raw = text[begin:end]
        bare = raw.strip(" \t.:–-")
        if bare:
            start = begin + raw.index(bare)
            yield _Part(bare, start, start + len(bare))
        begin = end if cut is None else cut.end()


def _anchor(parts: Sequence[_Part], at: int, found: re.Match[str], site: str) -> _Anchor | None:
    part, code = parts[at], found.group("code")
    before, after = part.text[: found.start()].strip(" ,-–("), part.text[found.end() :].strip(" ,-–)")
    before = "" if _CODE_LABEL.match(before) else before
    shape = next((one for one in SHAPES if one.pattern.fullmatch(code)), None)
    if shape is None:
        return None
    prefix = PREFIXES.get(re.sub(r"[^A-Z]", "", found.group("prefix") or ""), "")
    named = _named(parts, at, after) or _region(parts, at, before)
    may_be = (*shape.after, *shape.before)
    if (named and named not in may_be) or (found.group("prefix") and prefix not in may_be):
        return None
    if (
        not before
        and not prefix
        and at
        and parts[at - 1].text in PREFIXES
        and PREFIXES[parts[at - 1].text] in may_be
    ):
        prefix, at = PREFIXES[parts[at - 1].text], at - 1
    told = prefix or named or (site if site in may_be else "")
    country = told or shape.alone
    if not country and _JAPANESE.search(before or (parts[at - 1].text if at else "")) and "JP" in may_be:
        country = told = "JP"
    if country in shape.after or not country:
        if city := city_of(after):
            return _Anchor(code, city, country, bool(told), at, before, part.end)
        if not after and at + 1 < len(parts) and (city := city_of(parts[at + 1].text)):
            return _Anchor(code, city, country, bool(told), at, before, parts[at + 1].end)
    if country in shape.before and (not after or after.lower() in COUNTRY_NAMES):
        return _city_before(parts, at, before, code, country, told=bool(told))
    return None


def _city_before(
    parts: Sequence[_Part], at: int, before: str, code: str, country: str, *, told: bool
) -> _Anchor | None:
    city, back = before, at
    while not city or city.lower() in REGIONS or re.fullmatch(r"[A-Z]{2}", city):
        back -= 1
        if back < max(0, at - 3):
            return None
        city = parts[back].text
    rest = ""
    if not city_of(city) and (found := re.fullmatch(r"(.*\d.*?)\s([^\W\d_a-z][^\W\d_]{2,20})", city)):
        rest, city = found.group(1), found.group(2)
    clean = city_of(city)
    return _Anchor(code, clean, country, told, back, rest, parts[at].end) if clean else None


def _without_code(parts: Sequence[_Part], at: int) -> _Anchor | None:
    country = CITIES_WITHOUT_CODES.get(parts[at].text.lower(), "")
    if not country:
        return None
    return _Anchor("", parts[at].text, country, told=True, at=at, before="", end=parts[at].end)


def _region(parts: Sequence[_Part], at: int, before: str) -> str:
    """The country of a region, or of a city that is a country, before the postcode."""
    bare = (before or (parts[at - 1].text if at else "")).lower()
    return "SG" if bare == "singapore" else REGIONS.get(bare, "")


def _named(parts: Sequence[_Part], at: int, after: str) -> str:
    """The country whose name stands behind the postcode, or is the last word of the anchor's part."""
    for text in (after, *(one.text for one in parts[at + 1 : at + 1 + MOST_BEHIND])):
        bare = text.lower().strip(" .")
        words = bare.split()
        for known in (bare, " ".join(words[-2:]), *words[-1:]):
            if (code := COUNTRY_NAMES.get(known)) and (code != "SG" or known == bare):
                return code
        if _CODE.search(text) and text != after:
            break
    return ""


def _address(parts: Sequence[_Part], anchor: _Anchor) -> tuple[Address, int, int] | None:
    street = _street(parts, anchor)
    if street is None and anchor.told and anchor.at + 1 < len(parts):
        behind = parts[anchor.at + 1]
        next_code = anchor.at + 2 < len(parts) and _CODE.match(parts[anchor.at + 2].text)
        if STREET_WORD.search(behind.text) and re.search(r"\d", behind.text) and not next_code:
            street = _Street(behind.text, parts[anchor.at].begin)
    if street is None:
        return None
    country = anchor.country
    if not anchor.told:
        spoken = _spoken_country(street.text, anchor)
        if spoken is None:
            return None
        country = spoken
    method = "text, street and postcode" if anchor.code else "text, street and city"
    return (
        Address(street.text, anchor.city, "", _written(anchor.code, country), country, method),
        street.begin,
        anchor.end,
    )


def _spoken_country(street: str, anchor: _Anchor) -> str | None:
    """The country whose language the street is in; empty if several have it, None if no language is known."""
    if anchor.country:
        return anchor.country
    if re.fullmatch(r"\d{2}-\d{3}", anchor.code):
        return "PL" if _POLISH.search(street) else None
    spoken = next((country for country, one in _LANGUAGES if one.search(street)), None)
    if spoken is None or not re.fullmatch(r"\d{4,5}", anchor.code):
        return None
    return spoken if len(anchor.code) == 5 and spoken != "PT" else ""  # noqa: PLR2004


def _written(code: str, country: str) -> str:
    bare = re.sub(r"\s", "", code)
    if country == "NL" and len(bare) == 6:  # noqa: PLR2004
        return f"{bare[:4]} {bare[4:]}"
    return bare if country in {"IN", "SG"} else code


def _street(parts: Sequence[_Part], anchor: _Anchor) -> _Street | None:
    """The street before the anchor: rooms and a district may stand between them."""
    first = max(0, anchor.at - MOST_BEFORE)
    before = list(parts[first : anchor.at])
    if anchor.before:
        begin = parts[anchor.at].begin
        before.append(_Part(anchor.before, begin, begin + len(anchor.before)))
    rooms: list[str] = []
    spare: list[_Street] = []  # a street without a number, or a box
    passed = 0
    for at in range(len(before) - 1, -1, -1):
        text, begin = after_lead(before[at].text), before[at].begin
        if BOX.match(text):
            spare.append(_Street(text, begin))
        elif ROOM.match(text) and not _NUMBER.match(text):
            rooms.insert(0, text)
        elif found := _street_at(before, at, anchor, passed=bool(passed)):
            return replace(found, text=", ".join((found.text, *rooms)))
        elif _is_named(text) and anchor.told:
            spare.insert(0, _Street(", ".join((text, *rooms)), begin))
            passed += 1
        elif _NUMBER.match(text) and len(text) <= LONGEST_NUMBER and at:
            rooms.insert(0, text)
        else:
            passed += 1
            if passed > MOST_PASSED or len(text) > LONGEST_PASSED or re.search(r"\d{4}|[@!?]", text):
                break
    return spare[0] if spare else None


def _street_at(before: Sequence[_Part], at: int, anchor: _Anchor, *, passed: bool) -> _Street | None:
    """The street of a part, with its number if that is a part of its own, and what of it stands before."""
    text = after_lead(before[at].text)
    ahead = after_lead(before[at - 1].text) if at else ""
    if _NUMBER.match(text) and _is_named(ahead) and _sound_number(text, anchor):
        return _Street(f"{ahead}, {text}", before[at - 1].begin)
    whole = _is_street(text, anchor, passed=passed)
    front = _front(before, at, numbers=not whole)
    if not whole and not (front and _is_named(text)):
        return None
    begin = front[0].begin if front else before[at].begin
    return _Street(", ".join((*(one.text for one in front), text)), begin)


def _front(before: Sequence[_Part], at: int, *, numbers: bool) -> list[_Part]:
    """Parts before a street that belong to it: a plot, a unit, a floor; or its number."""
    found: list[_Part] = []
    for one in reversed(before[max(0, at - 3) : at]):
        if not (_FRONT.match(one.text) or (numbers and _NUMBER.match(one.text))):
            break
        found.insert(0, one)
    return found


def _is_named(text: str) -> bool:
    return 3 < len(text) <= LONGEST_STREET and bool(STREET_WORD.search(text)) and not text[:1].isdigit()  # noqa: PLR2004


def _sound_number(text: str, anchor: _Anchor) -> bool:
    return not (_YEAR.fullmatch(text) and _YEAR.fullmatch(anchor.code))


def _is_street(text: str, anchor: _Anchor, *, passed: bool) -> bool:
    if not 3 < len(text) <= LONGEST_STREET or re.search(r"[@!?]|\d{3}[-.)\s]+\d{4}|(?:^|\s)\+\d", text):  # noqa: PLR2004
        return False
    numbers = re.findall(r"\d{1,6}|\bs/n\b", text)
    if not numbers:
        return False
    if STREET_WORD.search(text) and (
        text[:1].isdigit() or text[:1].isupper() or _POLISH.match(text) or STREET_WORD.match(text)
    ):
        return True
    if passed or not anchor.told or (_YEAR.fullmatch(numbers[-1]) and _YEAR.fullmatch(anchor.code)):
        return False
    last = anchor.country in NUMBER_LAST and bool(_LAST.match(text))
    return last or (anchor.country in NUMBER_FIRST and bool(_FIRST.match(text)))
