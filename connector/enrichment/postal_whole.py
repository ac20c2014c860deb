"""The whole of a street, fit for a letter: suite, floor and building belong to it, the company's name not."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from connector.enrichment.documents import plain
from connector.enrichment.names import core
from connector.enrichment.postal_isles import ESTATE
from connector.enrichment.postal_labels import Said
from connector.enrichment.postal_tables import STREET_WORDS
from connector.enrichment.postal_value import Address, Place

MOST_FRONT = 4  # parts before a street that may belong to it
LONGEST_PART = 45
MOST_STREET_WORDS = 8
LONGEST_WHOLE = 120  # with everything that belongs to it
_ORDINAL = r"\d{1,3}(?:st|nd|rd|th)|ground|first|second|third|fourth|fifth|sixth|upper|lower|main|top"
_ROOM = re.compile(
    r"(?:(?:suites?|ste|units?|room|rm|apt|apartment|flat|bldg|building|level|floor|shop|lot|studio|"
    r"factory|warehouse|store|tenancy|space)\.?\s?"
    r"(?:no\.?\s?)?#?\s?(?:[A-Z]{0,2}-?\d{1,5}(?:-?[A-Z\d]{1,3})?|[A-Z])(?:\s?(?:&|and|[-–/])\s?\w{1,4})?|"
    rf"#\s?\w{{1,6}}|(?:{_ORDINAL})\s(?:floor|fl\.?|level))",
    re.IGNORECASE,
)
_BUILDING = re.compile(
    r"(?:[A-Z][\w'’&.-]{0,20}\s){1,4}(?:(?P<sure>Building|Bldg\.?|Towers?)|Cent(?:re|er)|House|Plaza|Complex|Mall|"
    r"Arcade|Chambers|Lodge|Courtyard|Court|Park|Exchange|Village|Campus|Works|Mills?|Square|Place|Hall|"
    r"Quarter|Point|Gate)"
)
_BOX_FIRST = re.compile(
    r"(?P<box>(?i:p\.?\s?o\.?\s?box)\s\d{1,6}),?\s(?P<rest>[A-Z][A-Za-z'’.]+(?:\s[A-Z][A-Za-z'’.]+){0,2})"
)
_ROOM_WORD = re.compile(r"(?:suite|ste|unit|level|shop|factory)\b", re.IGNORECASE)
_STREET_WORD = re.compile(rf"\b(?:{STREET_WORDS})\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\d[^,]*[^\W\d_]{3}|[^\W\d_]{3}[^,]*\d")


def is_building(part: str) -> bool:
    """Whether a part of an address is the name of a building or of several."""
    return len(part) <= LONGEST_PART and bool(_BUILDING.fullmatch(part))


def front(parts: Sequence[str]) -> list[str]:
    """The last of these parts, which stand before a street, as far as they belong to it.

    A house may be called as companies are, such as a centre: it belongs to the street if a room stands before
    it, or if it says that it is a building.
    """
    found: list[str] = []
    kept = 0
    for part in reversed(parts[-MOST_FRONT:]):
        if len(part) > LONGEST_PART:
            break
        room = _ROOM.match(part)
        building = _BUILDING.fullmatch(part[room.end() :].strip() if room else part)
        roomed = _is_roomed(part)
        if not (building or roomed or (room and room.end() == len(part))):
            break
        found.insert(0, part)
        if room or roomed or (building and building.group("sure")):
            kept = len(found)
    return found[len(found) - kept :]


def building_first(part: str) -> tuple[str, ...]:
    """A building and the numbered street behind it, each for itself: "Republic Plaza 71 Eagle Street"."""
    words = part.split()
    at = next((at for at, word in enumerate(words) if word[0].isdigit()), 0)
    house, street = " ".join(words[:at]), " ".join(words[at:])
    return (house, street) if at > 1 and is_building(house) and _STREET_WORD.search(street) else (part,)


def _is_roomed(part: str) -> bool:
    """Whether a part is a building with a room of it behind: "Republic Plaza Suite 2"."""
    words = part.split()
    return any(
        is_building(" ".join(words[:at])) and _ROOM.fullmatch(" ".join(words[at:]))
        for at in range(2, len(words))
    )


def room_behind_name(part: str) -> str:
    """The room of a part that begins with anybody's name: "Kestrel Works Unit 2"; a building's name stays."""
    words = part.split()
    for at in range(1, len(words)):
        name, room = " ".join(words[:at]), " ".join(words[at:])
        if _ROOM.fullmatch(room):
            kept = re.search(r"\d", name) or is_building(name) or _STREET_WORD.search(name)
            return part if kept or not _ROOM_WORD.match(room) else room
    return part


def room_first(part: str) -> tuple[str, ...]:
    """A room or a box and what stands behind it, each for itself, if that has no number: "Unit 5 Markham"."""
    words = part.split()
    if boxed := _BOX_FIRST.fullmatch(part):
        return boxed.group("box"), boxed.group("rest")
    for at in range(2, 4):
        room, rest = " ".join(words[:at]), " ".join(words[at:])
        if rest and _ROOM.fullmatch(room) and not re.search(r"\d", rest) and not _STREET_WORD.search(rest):
            return room, rest
    return (part,)


def run_on(part: str) -> tuple[str, ...]:
    """Street and city of a part that holds both, if the words of streets leave no doubt: "12 Kent St Sydney".

    The first word of a street may be one as well, and a city's may mean a saint: "12 Park Rd St Kilda".
    """
    words = part.split()
    for at in range(2, min(len(words) - 1, MOST_STREET_WORDS) if part[:1].isdigit() else 0):
        rest = words[at + 1 :]
        saint = rest[0].strip(".").lower() == "st" and len(rest) > 1
        named = any(map(_is_street_word, rest[saint:]))
        if _is_street_word(words[at]) and not named and not (at > 2 and _is_street_word(words[at - 1])):  # noqa: PLR2004
            return " ".join(words[: at + 1]), " ".join(rest)
    return (part,)


def _is_street_word(word: str) -> bool:
    return bool(_STREET_WORD.fullmatch(word.strip(".")))


def without_names(place: Place, names: Collection[str]) -> Place:
    """The place without the company's name in its street, as "The Bell, High Street" of "Bell, Purbrook"."""
    address = place.address
    joined = {form for name in names for form in _forms(name)}
    parts = [_behind_name(one, joined) for one in address.street.split(", ")]
    beside = {"", *(form for one in (*parts, address.city) for form in _forms(one))}
    kept = [one for one in parts if re.search(r"\d", one) or not _names(one, joined, beside)]
    street = ", ".join(kept)
    told = any(one.search(street) for one in (_STREET_WORD, _NUMBERED, ESTATE))
    if street == address.street or not told:
        return place
    return replace(place, address=replace(address, street=street))


def _behind_name(part: str, joined: Collection[str]) -> str:
    """What stands behind a company's name, as in a table's row: "Kestrel Works 12 High Street".

    A street may be called as the company is, so that behind a short name there must be a number.
    """
    words = part.split()
    for at in range(len(words) - 2, 0, -1):
        rest = " ".join(words[at:])
        named = any(form in joined for form in _forms(" ".join(words[:at])))
        apart = rest[0].isdigit() or (at > 2 and _STREET_WORD.search(" ".join(words[at + 1 :])))  # noqa: PLR2004
        if named and apart and _STREET_WORD.search(rest):
            return rest
    return part


def fullest(best: Place, places: Sequence[Place]) -> Place:
    """The place that says most of the same address: another may leave out the suite or the postcode."""
    bare = _bare(best.address)

    def is_same(one: Place) -> bool:
        other = one.address
        same = other.country == best.address.country and other.postcode != "" and one.said != Said.STRANGER
        city = not best.address.postcode and other.city.casefold() == best.address.city.casefold()
        same = same and (city or other.postcode == best.address.postcode)
        return same and len(other.street) <= LONGEST_WHOLE and bare in _bare(other)

    return max(
        (best, *filter(is_same, places)),
        key=lambda one: (bool(one.address.postcode), len(_bare(one.address)), bool(one.address.state)),
    )


def _bare(address: Address) -> str:
    return re.sub(r"[\W_]", "", address.street.lower())


def _forms(name: str) -> tuple[str, str]:
    return "".join(core(name)), plain(name).replace(" ", "")


def _names(part: str, joined: Collection[str], beside: Collection[str]) -> bool:
    """Whether a part is a name, or the beginning of one that ends with what stands beside it."""
    return any(
        form and name.startswith(form) and name.removeprefix(form) in beside
        for form in _forms(part)
        for name in joined
    )
