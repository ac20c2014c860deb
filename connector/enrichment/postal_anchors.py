"""Postcodes of digits with their cities, found part by part, and the country that each is of.

A page is cut into parts at its lines, commas, bars, dots and dashes. Each postcode is an anchor: the shape of
it, the country's name behind it, and the site's ending or language tell the country; the country tells on
which side the city stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connector.enrichment.postal_cities import city_of
from connector.enrichment.postal_countries import (
    BOX,
    CITIES_WITHOUT_CODES,
    COUNTRY_NAMES,
    INDIAN_CITIES,
    PREFIXES,
    REGIONS,
    SHAPES,
    STREET_WORD,
    Shape,
)
from connector.enrichment.postal_streets import STREETS_ABROAD
from connector.enrichment.postal_tables import ZIP_PREFIXES

MOST_ANCHORS = 200  # of one page
MOST_BEHIND = 3  # parts behind the anchor in which the country's name may stand
_BEHIND_CODE = frozenset((*COUNTRY_NAMES, *REGIONS))
_BEFORE_CODE = frozenset((*REGIONS, "israel"))  # where the city stands before them
TELLING_CODE = 5  # digits; fewer are a year, or anything
_CUT = re.compile(
    r"\n|[,|•·;]|\s[–—*~-]\s|\s[–—](?=\S)|\s{3,}|:\s|(?<=[^\W\d_A-Z]{4})(?<!boul)\.\s(?=[^\W\d_a-z])|\t"
)
CODE = re.compile(
    r"(?<![\w/.-])(?P<prefix>[A-Z]{1,2}\s?[-–]\s?)?\(?"
    r"(?P<code>\d{2}-\d{3}|\d{3}-\d{4}|\d{5}-\d{3}|\d{4}[-–]\d{3}|\d{4}\s?[A-Z]{2}(?!\w)|\d{3} \d{3}|"
    r"\d{3} \d{2}|\d{4,7})\)?(?![\w/]|[-–]\d|[.,]\d)"
)
_CODE_LABEL = re.compile(
    r"^(?:c\.?p\.?|cep|cap|plz(?:\s?/\s?ort)?|zip|pin(?:\s?code)?|postcode|〒)\.?$", re.IGNORECASE
)
NUMBER = re.compile(
    r"^(?:n[.º°]{1,2}\s?|nr\.?\s?|no\.?\s?)?\d{1,5}(?:\s?[-–/+]\s?\d{1,5})?\s?(?:/?[a-z]|bis|ter|quater)?$",
    re.IGNORECASE,
)
# The beginning of a telephone's number whose end looks like a postcode: "55 1234" of "55 1234 5678".
_DIALLED = re.compile(
    r"(?P<label>(?:t[ée]l|fax|phone|fon|m[óo]vil|cel|whatsapp)\w{0,8}[\s.:]{0,3})?"
    r"(?P<digits>[+(]?\d[\d ()./-]*)",
    re.IGNORECASE,
)
FEWEST_DIALLED = 8  # digits
# A street behind its city: "10199 Torino Via Verdi 3".
_RUN_ON = tuple(
    re.compile(rf"(?P<city>[^\d,]{{2,40}}?)\s(?P<street>{street})", re.IGNORECASE)
    for country, street in STREETS_ABROAD
    if country != "DE"  # there nothing tells where the city ends
)
_JAPANESE = re.compile(r"\w-(?:ku|shi|cho|machi)\b|\b(?:tokyo|osaka|kyoto|yokohama|nagoya)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A piece of the page's text, without what parts it from the next."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True)
class Anchor:
    """A postcode with its city.

    Attributes:
        at: the part behind the last one that may hold the street.
        told: whether something but the shape tells the country.
        nearer: the city before the postcode, where a province may be what stands behind it.
        behind: the street that stands behind the city.
    """

    code: str
    city: str
    country: str
    told: bool
    at: int
    before: str
    end: int
    nearer: str = ""
    behind: str = ""


def parts_of(text: str) -> Iterator[Part]:
    """The text cut into its parts, those without words left out."""
    begin = 0
    for cut in (*_CUT.finditer(text), None):
        end = len(text) if cut is None else cut.start()
        raw = text[begin:end]
        bare = raw.strip(" \t.:–-")
        if bare:
            start = begin + raw.index(bare)
            yield Part(bare, start, start + len(bare))
        begin = end if cut is None else cut.end()


def anchors(parts: Sequence[Part], site: str) -> Iterator[Anchor]:
    """The first anchor of each part that has one; ``site`` is the country of the site, if it is known."""
    met = 0
    for at, part in enumerate(parts):
        anchored = _without_code(parts, at)
        for found in CODE.finditer(part.text) if anchored is None else ():
            met += 1
            if met > MOST_ANCHORS:
                return
            if anchored := _anchor(parts, at, found, site):
                break
        if anchored is not None:
            yield anchored


def _anchor(parts: Sequence[Part], at: int, found: re.Match[str], site: str) -> Anchor | None:
    part, code = parts[at], found.group("code")
    before, after = part.text[: found.start()].strip(" ,-–("), part.text[found.end() :].strip(" ,-–)")
    before = "" if _CODE_LABEL.match(before) else before
    shape = next((one for one in SHAPES if one.pattern.fullmatch(code)), None)
    if shape is None or _is_zip(before, code) or _is_dialled(before, code):
        return None
    prefix = PREFIXES.get(re.sub(r"[^A-Z]", "", found.group("prefix") or ""), "")
    named = _named(parts, at, after) or REGIONS.get(after.lower(), "") or _region(parts, at, before)
    may_be = (*shape.after, *shape.before)
    if (named and named not in may_be) or (found.group("prefix") and prefix not in may_be):
        return None
    if not before and not prefix and at and PREFIXES.get(parts[at - 1].text, "") in may_be:
        prefix, at = PREFIXES[parts[at - 1].text], at - 1
    told = prefix or named or (site if site in may_be else "")
    country = told or shape.alone
    if not country and _JAPANESE.search(before or (parts[at - 1].text if at else "")) and "JP" in may_be:
        country = told = "JP"
    bare = Anchor(code, "", country, bool(told), at, before, part.end)
    return _city_after(parts, bare, after, shape) or _city_before(parts, bare, after, shape)


def _is_zip(before: str, code: str) -> bool:
    """Whether the state of a US postcode stands before it; "MI 20199 Milano" is a province of Italy."""
    ranges = ZIP_PREFIXES.get(before[-2:], ()) if len(code) == TELLING_CODE else ()
    return not before[-3:-2].isalnum() and any(low <= int(code[:3]) <= high for low, high in ranges)


def _is_dialled(before: str, code: str) -> bool:
    """Whether a postcode is the end of a telephone's number: nothing but digits and its label stands before.

    A number before a postcode of five digits may be the house's: "1602 03940 Ciudad de México".
    """
    found = _DIALLED.fullmatch(before)
    if found is None or sum(map(str.isdigit, found.group("digits") + code)) < FEWEST_DIALLED:
        return False
    house = len(code) >= TELLING_CODE and NUMBER.match(before) and not before.startswith("0")
    return bool(found.group("label")) or not house


def _city_after(parts: Sequence[Part], bare: Anchor, after: str, shape: Shape) -> Anchor | None:
    """The anchor with the city behind the postcode, in the same part or the next one."""
    if bare.country and bare.country not in shape.after:
        return None
    city, street = _city_and_street(after, parts[bare.at + 1].text if bare.at + 1 < len(parts) else "")
    if city or (city := city_of(after)):
        return replace(bare, city=city, behind=street)
    if after:
        return None
    apart = STREET_WORD.search(bare.before) or BOX.match(bare.before)
    nearer = city_of(bare.before) if not apart and len(bare.code) == TELLING_CODE else ""
    # Two, for the first is the postcode itself where a part of its own holds the prefix.
    behind = next((one for one in parts[bare.at + 1 : bare.at + 3] if one.begin >= bare.end), None)
    if behind is not None and (city := city_of(behind.text)):
        return replace(bare, city=city, end=behind.end, nearer=nearer)
    return replace(bare, city=nearer, before="") if nearer and bare.country not in shape.before else None


def _city_and_street(after: str, following: str) -> tuple[str, str]:
    """A city and the street behind it, where the words of the street tell where it begins.

    ``following`` is the next part, in which the street's number may stand.
    """
    whole = f"{after}, {following}" if NUMBER.match(following) and not after[-1:].isdigit() else after
    for one in _RUN_ON if STREET_WORD.search(after) else ():
        found = one.fullmatch(whole)
        if found and re.search(r"\d", found.group("street")) and (city := city_of(found.group("city"))):
            return city, found.group("street")
    return "", ""


def _city_before(parts: Sequence[Part], bare: Anchor, after: str, shape: Shape) -> Anchor | None:
    """The anchor with the city before the postcode: a region may stand between them."""
    if bare.country not in shape.before or (after and after.lower() not in _BEHIND_CODE):
        return None
    city, back = bare.before, bare.at
    while not city or city.lower() in _BEFORE_CODE or re.fullmatch(r"[A-Z]{2}", city):
        back -= 1
        if back < max(0, bare.at - 3):
            return None
        city = parts[back].text
    rest = ""
    if not city_of(city) and (found := re.fullmatch(r"(.*\d.*?)\s([^\W\d_a-z][^\W\d_]{2,20})", city)):
        rest, city = found.group(1), found.group(2)
    clean = city_of(city)
    return replace(bare, city=clean, at=back, before=rest) if clean else None


def _without_code(parts: Sequence[Part], at: int) -> Anchor | None:
    country = CITIES_WITHOUT_CODES.get(parts[at].text.lower(), "")
    if not country:
        return None
    return Anchor("", parts[at].text, country, told=True, at=at, before="", end=parts[at].end)


def _region(parts: Sequence[Part], at: int, before: str) -> str:
    """The country of a region, or of a city that is a country, before the postcode."""
    bare = (before or (parts[at - 1].text if at else "")).lower()
    if bare in {"singapore", "israel"}:
        return COUNTRY_NAMES[bare]
    indian = bare in INDIAN_CITIES or bare.rpartition(" ")[2] in INDIAN_CITIES
    return "IN" if indian else REGIONS.get(bare, "")


def _named(parts: Sequence[Part], at: int, after: str) -> str:
    """The country whose name stands behind the postcode, or is the last word of the anchor's part."""
    for text in (after, *(one.text for one in parts[at + 1 : at + 1 + MOST_BEHIND])):
        bare = text.lower().strip(" .")
        words = bare.split()
        for known in (bare, " ".join(words[-2:]), *words[-1:]):
            if (code := COUNTRY_NAMES.get(known)) and (code != "SG" or known == bare):
                return code
        if CODE.search(text) and text != after:
            break
    return ""
