"""Postal addresses of a site: windows around postcodes, read by plain rules, then usaddress, then pyap2.

A library never sees more than LONGEST_WINDOW characters: pyap2 on 20 KB of digits takes seconds (measured).
An address is proposed only with a street and a city, and only if state and postcode fit each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyap
import usaddress

from connector.enrichment.countries import of_ending, of_language
from connector.enrichment.documents import Document, quoted
from connector.enrichment.postal_abroad import abroad
from connector.enrichment.postal_isles import isles
from connector.enrichment.postal_labels import Said, after_lead, said_before
from connector.enrichment.postal_lines import unlabelled
from connector.enrichment.postal_tables import (
    AUSTRALIAN,
    AUSTRALIAN_NAMES,
    OLD_STATE_NAMES,
    PROVINCE_NAMES,
    PROVINCES,
    STATE_NAMES,
    STREET_WORDS,
    ZIP_PREFIXES,
)
from connector.enrichment.postal_value import Address, Place
from connector.enrichment.postal_whole import LONGEST_WHOLE, front, is_building, run_on
from connector.enrichment.values import LONGEST_QUOTE

__all__ = ["addresses", "consistent", "fits", "state_code"]
LONGEST_WINDOW = 300
BEFORE = 190  # characters before a state and postcode in which the street stands
MOST_WINDOWS = 60  # of one page
LONGEST_STREET = 90
MOST_CITY_WORDS = 4

_NAMES = {**STATE_NAMES, **OLD_STATE_NAMES, **PROVINCE_NAMES, **AUSTRALIAN_NAMES}
_STATE = "|".join(
    (
        *(re.escape(one).replace(r"\ ", r"\s") for one in sorted(_NAMES, key=len, reverse=True)),
        *ZIP_PREFIXES,
        *PROVINCES,
        *AUSTRALIAN,
        *(
            r"D\.C",
            r"N\.C",
            r"S\.C",
            r"N\.Y",
            r"N\.J",
            r"N\.H",
            r"N\.M",
            r"N\.D",
            r"S\.D",
            r"R\.I",
            r"W\.\s?Va",
        ),
    )
)
_POSTED = re.compile(
    rf"(?<![\w])(?P<state>{_STATE})\.?[\s,.|()–-]{{1,5}}(?:(?:USA|U\.S\.A\.|Canada|Australia)[\s,.]{{1,3}})?"
    r"(?P<code>\d{5}(?:\s?[-–]\s?\d{4})?|[A-Z]\d[A-Z]\s?\d[A-Z]\d|\d{4})(?![\w-])",
    re.IGNORECASE,
)
# Without a postcode: what may be a state at the end of a line; Georgia may be the country.
_UNPOSTED = re.compile(
    r"(?<=[A-Za-z.'’])(?:,?\s(?P<code>[A-Z]{2})\.?|,\s(?P<name>[A-Z][a-zé]{2,12}(?:\s[A-Z][a-z]{3,9})?))"
    r"(?:,?\s(?:USA|Canada))?(?=\n|$)"
)
_STATES_ALONE = {**STATE_NAMES, **PROVINCE_NAMES, "georgia": ""}
_WHOLE_STREET = re.compile(rf"\b(?:{STREET_WORDS})\.?(?:\s(?:[NSEW]{{1,2}}|#\s?\w{{1,6}}))?$", re.IGNORECASE)
_SPLIT = re.compile(
    r"[\n,|•·;]|\s(?:[–/-]|[-–_*~=]{2,20})\s|\s{3,}|(?<=[a-z.])\sin\s(?=[A-Z][\w .'’-]{1,30},?\s$)|"
    r"(?<!\d)(?:\(?\d{3}\)?[ .-]{1,2})?\d{3}[-.]\d{4}\s(?=\d)"  # a telephone's number before the house's
)
_STREET_START = re.compile(
    r"(?:^|(?<=[\s:(]))(?:(?!24/7)\d{1,6}(?:(?:[-–/]|\s-\s)\d{1,5})?[A-Za-z]?(?:\s(?=[A-Z0-9#])|,?\s(?=(?i:rue|boul|av|ch|chemin|place|rang)\b))|(?i:g?p\.?\s?o\.?\s?(?:box|drawer)\s|locked\sbag\s)|"
    r"(?:One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten)\s(?=[A-Z])|(?i:r\.?\s?r\.?\s#?\d)|"
    r"(?:(?i:us|state|county)\s)?(?i:routes?|rte|rt|hc|highway|hwy|county\s(?:road|rd)|fm)\.?\s(?=\d)|[NSEW]\s?\d{1,3}\s?[NSEW]\s?\d)"
)
_STREET_WORD = re.compile(rf"\b(?:{STREET_WORDS})\b", re.IGNORECASE)
_UNIT_STREET = re.compile(
    rf"^(?:unit|shop|lot|level|suite|apt|u)\s?[A-Za-z]?\d{{1,5}}[A-Za-z]?(?:\s?/\s?\d{{1,5}}[A-Za-z]?|\s\d{{1,5}}[A-Za-z]?)?\s"
    rf"(?=[A-Z])[\w.' -]{{3,50}}\b(?:{STREET_WORDS})\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"^(?:between|(?:at\sthe\s)?corner|near|opposite|across|cnr|off)\b", re.IGNORECASE)
_DISTRICT = re.compile(r"\b(?:county|area|district)$", re.IGNORECASE)
_ROOM = re.compile(
    r"^(?:[NS]?[EW]\.?$|[NS]\.?$|#|(?:suites?|ste|units?|floor|fl|room|apt|bldg|building|level|store|space)(?![^\W\d_])|"
    r"(?:\d{1,3}(?:st|nd|rd|th)|ground|first|second|third|fourth|fifth)\s(?:floor|fl)\b)",
    re.IGNORECASE,
)
_BOX = re.compile(r"g?p\.?\s?o\.?\s?box\s|locked\sbag\s", re.IGNORECASE)
_ASIDE = re.compile(
    r"\s\((?:just|near|off|across|behind|next|between|corner|opposite|in|at)\b[^)]*\)$", re.IGNORECASE
)
_CITY = re.compile(r"[A-Z][A-Za-zÀ-ÿ.'’ -]{1,38}")
_NOT_CITY = re.compile(
    r"\b(?:phone|tel|fax|email|suite|address|box|contact|floor|copyright|map|hours)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class _Window:
    before: str
    state: str
    code: str
    country: str


def addresses(document: Document) -> Iterator[Place]:
    """The addresses in a page's text, in the order in which they stand there."""
    text = unlabelled(document.lines)
    found: list[tuple[int, int, Address]] = []
    for at, (begin, end, window) in enumerate(_windows(text)):
        if at >= MOST_WINDOWS:
            break
        if address := _read(window):
            found.append((_street_at(text, begin, end, address), end, address))
    told = of_ending(document.url)
    elsewhere = (*abroad(text, told or of_language(document.language)), *isles(text, told))
    found += [(begin, end, address) for address, begin, end in elsewhere]
    last = 0
    for begin, end, address in sorted(found, key=lambda one: one[1]):
        said, before = said_before(text, begin, last if last <= begin else 0)
        last = end
        quote = text[max(begin, end - LONGEST_QUOTE + 1) : end]
        place = _placed(address, document, quote, said, before)
        yield replace(place, line=text.count("\n", 0, end))


def consistent(state: str, code: str, country: str) -> bool:
    """Whether a state and a postcode of the US, Canada or Australia fit each other; others always do."""
    if country == "US":
        return any(low <= int(code[:3]) <= high for low, high in ZIP_PREFIXES.get(state, ()))
    if country == "CA":
        return code[:1] in PROVINCES.get(state, "")
    if country == "AU":
        return code[:1] in AUSTRALIAN.get(state, "")
    return True


def fits(address: Address) -> bool:
    """Whether an address of structured data holds together; without a postcode it always does."""
    code = address.postcode.strip()
    if not code or address.country not in {"US", "CA", "AU"}:
        return True
    if address.country == "US" and not re.fullmatch(r"\d{5}(?:-?\d{4})?", code):
        return False
    return not address.state or consistent(address.state, code.upper(), address.country)


def state_code(text: str) -> str:
    """``TX`` of "Texas", "Tex." and "TX"; the text itself if it is no state's name."""
    bare = " ".join(text.split()).strip(" .")
    return _NAMES.get(bare.lower(), bare.upper().replace(".", "") if len(bare) <= len("D.C") else bare)


def _street_at(text: str, begin: int, end: int, address: Address) -> int:
    at = text.rfind(address.street.partition(",")[0], begin, end)
    return at if at >= 0 else begin


def _placed(address: Address, document: Document, quote: str, said: Said, before: str) -> Place:
    last = quote.splitlines()[-1].strip() if quote.strip() else ""
    in_footer = any(last in line for line in document.footer) if last else False
    return Place(address, document, quoted(quote), in_footer=in_footer, said=said, before=before)


def _windows(text: str) -> Iterator[tuple[int, int, _Window]]:
    for found in _POSTED.finditer(text):
        code = found.group("code").upper()
        state = state_code(found.group("state"))
        country = "US" if len(re.sub(r"\D", "", code)) >= 5 else "AU" if code.isdigit() else "CA"  # noqa: PLR2004
        code = re.sub(r"\s", "", code).replace("–", "-") if country == "US" else code
        code = f"{code[:3]} {code[-3:]}" if country == "CA" else code
        if not consistent(state, code, country):
            continue
        begin = _begin(text, found.start())
        yield begin, found.end(), _Window(text[begin : found.start()], state, code, country)
    for found in _UNPOSTED.finditer(text):
        state = found.group("code") or _STATES_ALONE.get(found.group("name").lower(), "")
        country = "US" if state in ZIP_PREFIXES else "CA" if state in PROVINCES else ""
        if country:
            begin = _begin(text, found.start())
            yield begin, found.end(), _Window(text[begin : found.start()], state, "", country)


def _begin(text: str, end: int) -> int:
    """Where the window begins: at a line's beginning if there is one, and after the postcode before it."""
    begin = max(0, end - BEFORE)
    other = max((one.end() for one in _POSTED.finditer(text[begin:end])), default=0)
    if other:
        return begin + other
    line = text.find("\n", begin, end)
    return line + 1 if begin and 0 <= line < end - 60 else begin


def _read(window: _Window) -> Address | None:
    parts = [one.strip(" .:-–(/\t") for one in _SPLIT.split(window.before)]
    parts = _numbered([after_lead(one) for one in parts if one], window.country)
    if window.country == "AU" and parts and not _is_city(parts[-1]):
        parts[-1:] = run_on(parts[-1])
    while len(parts) > 1 and _DISTRICT.search(parts[-1]):
        parts.pop()
    found = _plain(parts, window)
    if window.code:
        found = found or _tagged(parts, window) or _by_pyap(window)
    return found if found is not None and _sound(found) else None


def _numbered(parts: Sequence[str], country: str) -> list[str]:
    """The parts, with a number that stands alone put before the street behind it: "4700, rue X".

    In Canada a street may bear a number as its name: "310 - 12 Avenue SW".
    """
    found: list[str] = []
    for part in parts:
        if (
            found
            and re.fullmatch(r"\d{1,6}[A-Za-z]?(?:\s#\w{1,6})?", found[-1])
            and _STREET_WORD.search(part)
            and (country == "CA" or not re.match(r"\d+(?!\d|st|nd|rd|th)", part))
        ):
            found[-1] += f" - {part}" if part[0].isdigit() else f", {part}"
        else:
            found.append(part)
    return found


def _sound(address: Address) -> bool:
    street, city = address.street, address.city
    return (
        2 < len(street) <= LONGEST_WHOLE  # noqa: PLR2004
        and bool(_CITY.fullmatch(city))
        and len(city.split()) <= MOST_CITY_WORDS
        and not _NOT_CITY.search(city)
        and bool(re.search(r"[A-Za-z]{2}|\d\s[NSEW]\.?\s\d", street))
    )


def _plain(parts: Sequence[str], window: _Window) -> Address | None:
    """Street and city stand in parts of their own, by commas or by lines."""
    if len(parts) < 2 or not _is_city(parts[-1]):  # noqa: PLR2004
        return None
    rooms: list[str] = []
    passed = False
    for at in range(len(parts) - 2, max(-1, len(parts) - 6), -1):
        part = parts[at]
        street = _street_in(part)
        if _BESIDE.match(part) or (
            _BOX.match(part)
            and at
            and _may_be_street(_street_in(parts[at - 1]), parts[at - 1], coded=True, passed=True)
        ):
            continue  # a crossing, or a box beside a street
        if street and _may_be_street(street, part, coded=bool(window.code), passed=passed):
            ahead = front(parts[:at]) if part.startswith(street) else []
            return Address(
                ", ".join((*ahead, street, *rooms)),
                parts[-1],
                window.state,
                window.code,
                window.country,
                "text near postcode" if window.code else "text near city and state",
            )
        if not _ROOM.match(part):
            if passed or re.search(r"\d|[.:!?]", part) or len(part) > LONGEST_STREET // 3:
                return None
            passed = True  # one part may stand between street and city, such as a building's name
            if not is_building(part):
                continue
        rooms.insert(0, part)
    return None


def _may_be_street(street: str, part: str, *, coded: bool, passed: bool) -> bool:
    """Without a postcode the part must be a street alone; behind another part it must say so."""
    if not coded:
        return street == part and bool(_WHOLE_STREET.search(street) or _BOX.match(street))
    return not passed or bool(_STREET_WORD.search(street))


def _street_in(part: str) -> str:
    if _UNIT_STREET.match(part) and len(part) <= LONGEST_STREET:
        return part
    if _ROOM.match(part):
        return ""
    starts = list(_STREET_START.finditer(part))
    if not starts:
        return ""
    begins = next((one for one in starts if _STREET_WORD.search(part[one.end() :])), starts[0])
    street = _ASIDE.sub("", part[begins.start() :])
    named = _STREET_WORD.search(street) or begins.start() == 0
    return (
        street
        if named and len(street) <= LONGEST_STREET and not re.search(r"\d{3}[-.)\s]+\d{4}", street)
        else ""
    )


def _is_city(part: str) -> bool:
    return bool(_CITY.fullmatch(part)) and len(part.split()) <= MOST_CITY_WORDS and not _NOT_CITY.search(part)


def _tagged(parts: Sequence[str], window: _Window) -> Address | None:
    """Street and city run into each other: usaddress tells where the city begins."""
    if window.country not in {"US", "CA"}:
        return None
    for size in (1, 2, 3):
        tail = parts[-size:]
        if len(tail) < size:
            return None
        begins = _STREET_START.search(tail[0])
        if begins is None or _ROOM.match(tail[0]):
            continue
        text = ", ".join((tail[0][begins.start() :], *tail[1:]))
        found = _usaddress(f"{text}, {window.state} {window.code}"[-LONGEST_WINDOW:], window)
        ahead = front(parts[:-size]) if begins.start() == 0 else []
        return found and replace(found, street=", ".join((*ahead, found.street)))
    return None


def _usaddress(text: str, window: _Window) -> Address | None:
    try:
        tags, kind = usaddress.tag(text)
    except usaddress.RepeatedLabelError:
        return None
    labels: dict[str, Any] = dict(tags)
    city = str(labels.get("PlaceName", "")).strip(" ,")
    after = {"PlaceName", "StateName", "ZipCode", "CountryName", "Recipient"}
    street = " ".join(str(value).strip() for label, value in labels.items() if label not in after).strip(" ,")
    if kind == "Ambiguous" or not city or not street:
        return None
    if "Recipient" not in labels and (written := text[: text.rfind(city)].strip(" ,/")):
        street = written  # with the commas of the page
    return Address(street, city, window.state, window.code, window.country, "text near postcode, usaddress")


def _by_pyap(window: _Window) -> Address | None:
    """The last address that pyap2 finds in the window."""
    if window.country not in {"US", "CA"} or not re.search(r"\d", window.before):
        return None
    text = f"{window.before.strip(', ')}, {window.state} {window.code}".replace("\n", ", ")[-LONGEST_WINDOW:]
    found = pyap.parse(text, country="US" if window.country == "US" else "CA")
    if not found:
        return None
    one = found[-1].as_dict()
    street, city = str(one.get("full_street") or "").strip(" ,"), str(one.get("city") or "").strip(" ,")
    if not street or not city:
        return None
    return Address(street, city, window.state, window.code, window.country, "text near postcode, pyap2")
