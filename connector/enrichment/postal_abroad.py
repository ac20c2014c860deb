"""Addresses with a postcode of digits, read part by part: the city beside the postcode, the street before it.

The country that ``postal_anchors`` found tells how a street without a word for street may look, and which
parts between it and the city belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connector.enrichment.postal_anchors import CODE, NUMBER, Anchor, Part, anchors, parts_of
from connector.enrichment.postal_countries import (
    BOX,
    ENGLISH_BUILDINGS,
    NUMBER_FIRST,
    NUMBER_LAST,
    PROVINCE_BEHIND,
    ROOM,
    STREET_WORD,
    WITH_LOCALITIES,
)
from connector.enrichment.postal_labels import after_lead
from connector.enrichment.postal_streets import STREETS_ABROAD
from connector.enrichment.postal_swedish import SWEDISH
from connector.enrichment.postal_value import Address

MOST_BEFORE = 6  # parts before the city in which the street stands
MOST_PASSED = 2  # parts between street and city that are neither, such as a district
LONGEST_STREET, LONGEST_PASSED, LONGEST_NUMBER = 70, 40, 3
_LAST = re.compile(
    r"^[^\W\d_a-z][^\W\d_'’.:-]*(?:[ '’./:-]{1,2}[^\W\d_]+){0,5}[.']?,?"
    r"\s\d{1,4}(?:\s?[a-zA-Z](?!\w))?(?:\s?[-–/+]\s?\d{1,4}\s?[a-z]?){0,2}"
    r"(?:\s[A-Z])?\.?$|^'s-[^\W\d_]+\s\d{1,4}$"
)
_FIRST = re.compile(r"^(?:no\.?\s)?\d{1,5}(?:[-–/]\d{1,5}){0,3}[a-zA-Z]?(?:\s(?:bis|ter))?,?\s[^\W\d_a-z]")
_FRONT = re.compile(
    r"^[A-Z]{1,2}-?\d{1,4}[A-Z]?$|^(?:plot|no\.?|door|flat|unit|level|floor|shop|suite|office|block|blk|house|h\.?\s?no)\.?\s(?:no\.?\s)?[\w#/-]{1,8}$|"
    r"^(?:\d{1,2}(?:st|nd|rd|th)|ground|first|second|third)\s(?:floor|fl)\.?$|^\d{1,3}/f$",
    re.IGNORECASE,
)
# A building or an estate before the street: "Tour Azur", "Edificio Sol"; and as in English, "Rose Chambers".
_BUILDING = re.compile(
    r"(?:Tour|Immeuble|Imm\.|R[ée]sidence|B[âa]t(?:iment|\.)|Espace|Centre\s(?:commercial|d['’]affaires)|"
    r"Parc\sd['’]activit[ée]s|Z\.?[AI]\.?|Zone\s(?:industrielle|artisanale)|Edif(?:icio|ício|\.)|"
    r"Centro\s(?:comercial|empresarial|direzionale|commerciale)|Parque\s(?:empresarial|industrial|tecnológico)|"
    r"Palazzo|Torre|Haus|Gebäude|Halle)\s(?:d(?:e|u|es|e\sla)\s|d['’])?[A-ZÀ-Þ\d][\w'’ -]{0,30}$"
)
_CHAMBERS = re.compile(
    r"^(?!.*\b(?:pvt|ltd|limited|llp|inc)\b)[A-Z][\w'’ -]{1,30}\s(?:house|building|bldg|towers?|"
    r"complex|chambers|plaza|cent(?:re|er)|mall|arcade|apartments|heights|park|court|square|lodge|hall|mills?|works)$",
    re.IGNORECASE,
)
_WARD = re.compile(r"\w-(?:ku|cho|machi)$")  # in Japan it is needed to find the house
_YEAR = re.compile(r"(?:19|20)\d\d")
_LANGUAGES = tuple(
    (country, re.compile(rf"(?<!\w)(?:{street})", re.IGNORECASE)) for country, street in STREETS_ABROAD
)
_PORTUGUESE = dict(_LANGUAGES)["PT"]
_POLISH = re.compile(r"(?<!\w)(?:ul|al|os|pl|aleja|aleje|rynek|plac)(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class _Street:
    text: str
    begin: int


def abroad(text: str, site: str) -> Iterator[tuple[Address, int, int]]:
    """Addresses with postcodes of digits but those of the US and Australia: where each begins and ends.

    ``site`` is the country that the site's ending or language tells. Where a postcode could be of two
    countries and nothing else tells, the country stays empty.
    """
    parts = tuple(parts_of(text))
    for anchored in anchors(parts, site):
        if one := _address(parts, anchored):
            yield one


def _address(parts: Sequence[Part], anchor: Anchor) -> tuple[Address, int, int] | None:
    behind_city = _Street(anchor.behind, parts[anchor.at].begin) if anchor.behind else None
    street = behind_city or _street(parts, anchor) or _street_behind(parts, anchor)
    if street is None:
        return None
    country = anchor.country
    if not anchor.told:
        spoken = _spoken_country(street.text, anchor)
        if spoken is None:
            return None
        country = spoken
    method = "text, street and postcode" if anchor.code else "text, street and city"
    city = anchor.nearer if anchor.nearer and country in PROVINCE_BEHIND else anchor.city
    return (
        Address(street.text, city, "", _written(anchor.code, country), country, method),
        street.begin,
        anchor.end,
    )


def _street_behind(parts: Sequence[Part], anchor: Anchor) -> _Street | None:
    """The street in the part behind the city, if it is not that of the next address.

    Where nothing tells the country the part must be a street by the words of a language.
    """
    one, number, *_ = (*(part.text for part in parts[anchor.at + 1 : anchor.at + 3]), "", "")
    text = f"{one}, {number}" if NUMBER.match(number) and not re.search(r"\d", one) else one
    after = anchor.at + (3 if text != one else 2)
    next_code = after < len(parts) and CODE.match(parts[after].text)
    if next_code or not STREET_WORD.search(text) or not re.search(r"\d", text):
        return None
    spoken = anchor.told or any(pattern.fullmatch(text) for _, pattern in _LANGUAGES)
    return _Street(text, parts[anchor.at].begin) if spoken else None


def _spoken_country(street: str, anchor: Anchor) -> str | None:
    """The country whose language the street is in; empty if several have it, None if no language is known."""
    if anchor.country:
        return anchor.country
    if re.fullmatch(r"\d{2}-\d{3}", anchor.code):
        return "PL" if _POLISH.search(street) else None
    if re.fullmatch(r"\d{3} \d{2}", anchor.code):
        return "SE" if SWEDISH.search(street) else None
    spoken = next((country for country, one in _LANGUAGES if one.search(street)), None)
    if spoken is None or not re.fullmatch(r"\d{4,5}", anchor.code):
        return None
    return spoken if len(anchor.code) == 5 and spoken != "PT" else ""  # noqa: PLR2004


def _written(code: str, country: str) -> str:
    bare = re.sub(r"\s", "", code)
    if country == "NL" and len(bare) == 6:  # noqa: PLR2004
        return f"{bare[:4]} {bare[4:]}"
    return bare if country in {"IN", "SG"} else code


def _street(parts: Sequence[Part], anchor: Anchor) -> _Street | None:
    """The street before the anchor: rooms and a district may stand between them."""
    first = max(0, anchor.at - MOST_BEFORE)
    before = list(parts[first : anchor.at])
    if anchor.before:
        begin = parts[anchor.at].begin
        before.append(Part(anchor.before, begin, begin + len(anchor.before)))
    rooms: list[str] = []
    spare: list[_Street] = []  # a street without a number, or a box
    passed = 0
    for at in range(len(before) - 1, -1, -1):
        text, begin = after_lead(before[at].text), before[at].begin
        if BOX.match(text):
            spare.append(_Street(text, begin))
        elif (ROOM.match(text) or _WARD.search(text)) and not NUMBER.match(text):
            rooms.insert(0, text)
        elif found := _street_at(before, at, anchor, passed=bool(passed)):
            return replace(found, text=", ".join((found.text, *rooms)))
        elif _is_named(text) and anchor.told:
            spare.insert(0, _Street(", ".join((text, *rooms)), begin))
            rooms[:0] = [text] if anchor.country in WITH_LOCALITIES else []
            passed += 1
        elif NUMBER.match(text) and len(text) <= LONGEST_NUMBER and at:
            rooms.insert(0, text)
        else:
            passed += 1
            if passed > MOST_PASSED or len(text) > LONGEST_PASSED or re.search(r"\d{4}|[@!?]", text):
                break
            rooms[:0] = [text] if anchor.country in WITH_LOCALITIES else []
    return spare[0] if spare else None


def _street_at(before: Sequence[Part], at: int, anchor: Anchor, *, passed: bool) -> _Street | None:
    """The street of a part, with its number if that is a part of its own, and what of it stands before."""
    text = after_lead(before[at].text)
    ahead = after_lead(before[at - 1].text) if at else ""
    if _is_number(text) and _is_named(ahead) and _sound_number(text, anchor):
        return _Street(f"{ahead}, {text}", before[at - 1].begin)
    whole = _is_street(text, anchor, passed=passed)
    front = _front(before, at, anchor, numbers=not whole)
    if not whole and not (front and _is_named(text)):
        return None
    begin = front[0].begin if front else before[at].begin
    return _Street(", ".join((*(one.text for one in front), text)), begin)


def _is_number(text: str) -> bool:
    """Whether a part is a house's number, or that with a floor behind it: "12 Bajo"."""
    number, _, room = text.partition(" ")
    return bool(NUMBER.match(text) or (room and NUMBER.match(number) and ROOM.match(room)))


def _front(before: Sequence[Part], at: int, anchor: Anchor, *, numbers: bool) -> list[Part]:
    """Parts before a street that belong to it: a plot, a unit, a floor, a building; or its number."""
    found: list[Part] = []
    english = anchor.country in ENGLISH_BUILDINGS
    for one in reversed(before[max(0, at - 4) : at]):
        named = _BUILDING.match(one.text) or (english and _CHAMBERS.match(one.text))
        if not (_FRONT.match(one.text) or named or (numbers and NUMBER.match(one.text))):
            break
        found.insert(0, one)
    return found


def _is_named(text: str) -> bool:
    sound = 3 < len(text) <= LONGEST_STREET and bool(re.search(r"[^\W\d_]{3}", text))  # noqa: PLR2004
    return sound and bool(STREET_WORD.search(text)) and not text[:1].isdigit()


def _sound_number(text: str, anchor: Anchor) -> bool:
    return not (_YEAR.fullmatch(text) and _YEAR.fullmatch(anchor.code))


def _is_street(text: str, anchor: Anchor, *, passed: bool) -> bool:
    if not 3 < len(text) <= LONGEST_STREET or re.search(r"[@!?]|\d{3}[-.)\s]+\d{4}|(?:^|\s)\+\d", text):  # noqa: PLR2004
        return False
    numbers = re.findall(r"\d{1,6}|\bs/n\b", text)
    if not numbers:
        return False
    if STREET_WORD.search(text) and (
        text[:1].isdigit() or text[:1].isupper() or _POLISH.match(text) or STREET_WORD.match(text)
    ):
        return True
    if anchor.country == "PT" and _PORTUGUESE.fullmatch(text):
        return True  # "R. do Sol 12": elsewhere it is somebody's initial
    if passed or not anchor.told or (_YEAR.fullmatch(numbers[-1]) and _YEAR.fullmatch(anchor.code)):
        return False
    last = anchor.country in NUMBER_LAST and bool(_LAST.match(text))
    return last or (anchor.country in NUMBER_FIRST and bool(_FIRST.match(text)))
