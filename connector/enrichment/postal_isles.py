"""Addresses of Britain and Ireland: street, town and perhaps county before the postcode, each in its part.

A postcode without its space, an Eircode and a Dublin district count only where something says which country.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from connector.enrichment.postal_labels import after_lead
from connector.enrichment.postal_tables import BRITISH_COUNTIES, IRISH_COUNTIES, STREET_WORDS
from connector.enrichment.postal_value import Address

BEFORE, BEHIND = 190, 60  # characters around a postcode in which the rest of the address stands
MOST_PARTS = 7
MOST_STREET = 5  # of them that may be the street
MOST_WINDOWS = 60  # of one page
MOST_FOUND = 1_000  # postcodes and names of counties
LONGEST_PART = 45
MOST_CITY_WORDS = 4
_BRITISH = re.compile(
    r"(?<![A-Z0-9])(?P<code>[A-Z]{1,2}\d[A-Z\d]?(?P<space>\s{0,2})\d[ABD-HJLNP-UW-Z]{2}|"
    r"(?<![\w.-])[a-z]{1,2}\d[a-z\d]?\s\d(?!nd|rd|st|th)[abd-hjlnp-uw-z]{2}(?![\w-]))(?![A-Z0-9])"
)
_EIRCODE = re.compile(
    r"(?<![\w-])(?P<code>(?:[AC-FHKNPRTV-Y]\d{2}|D6W)\s?(?=[0-9]*[A-Z])[0-9AC-FHKNPRTV-Y]{4})(?![\w-])"
)
_IRISH = re.compile(
    rf"(?<![\w])(?:(?P<dublin>Dublin)[\s-](?P<district>\d{{1,2}}W?)|"
    rf"(?P<city>{IRISH_COUNTIES})(?=[,\n ]{{1,3}}Ireland\b)|"
    rf"(?P<county>(?:Co\.\s?|Co\s|County\s)(?:{IRISH_COUNTIES})))(?!\w)",
    re.IGNORECASE,
)
_IN_IRELAND = re.compile(rf"\b(?:Ireland|Éire|(?:Co\.\s?|Co\s|County\s)\w|{IRISH_COUNTIES})\b")
_IN_BRITAIN = re.compile(r"\b(?:UK|United Kingdom|England|Scotland|Wales|Northern Ireland|GB|London)\b")
_COUNTY = re.compile(
    rf"(?:co\.\s?|co\s|county\s)(?:{IRISH_COUNTIES}|antrim|armagh|down|fermanagh|tyrone|londonderry|durham)",
    re.IGNORECASE,
)
_DUBLIN = re.compile(r"Dublin(?:[\s-]\d{1,2}W?)?", re.IGNORECASE)
_SPLIT = re.compile(
    r"[\n,|•·;]|\s[–/*~>-]\s|\s{3,}|:\s|(?<=[a-z]{3})(?<!\bNos)(?<!Bldg)\.\s(?=[A-Z][a-z]|U\.?K)|"
    r"(?:(?<=Street)|(?<=\sRoad)|(?<=\sLane))\sin\s(?=[A-Z])"
)
_STREET_WORD = re.compile(rf"\b(?:{STREET_WORDS})\b", re.IGNORECASE)
_PREMISES = re.compile(
    r"\b(?:farm|barn|cottages?|cent(?:re|er)|works|studios?|offices?|hall|lodge|manor|chambers|arcade|parade|pde|approach|"
    r"buildings?|industrial|business|science|campus|tower|exchange|point|courtyard|mall|embankment|esplanade)\b",
    re.IGNORECASE,
)
_RUN_ON = re.compile(
    rf"(?P<street>.*\d.*\s(?:(?!st\b)(?:{STREET_WORDS}))\.?(?:\s(?:north|south|east|west))?)\s(?P<town>[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+){{0,2}})",
    re.IGNORECASE,
)
_SHORT_RUN_ON = re.compile(
    r"(?P<street>\d{1,4}[A-Za-z]?\s(?:(?!(?i:road|rd|lane|avenue|ave|street|drive|close|way|crescent|terrace)\s)"
    r"[A-Z][\w'’-]*\s){1,3}?S[Tt]\.?)\s(?P<town>[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+){0,2})"
)
# What stands before a street in the same part: a telephone's number, or a sentence up to its "at".
_AHEAD = re.compile(r"^(?:(?:\+44\s?|\(?0)[\d ()]{8,13}\d|.*\sat)\s(?=\d{1,4}[A-Za-z]?\s[A-Z])")
# Opening hours above an address: two times, of which one says so itself or a word before them does.
_TIME = r"\d{1,2}(?:[.:]\d\d)?(?:\s?[ap]\.?m\b\.?)?"
_SURE_TIME = r"\d{1,2}(?:[.:]\d\d(?:\s?[ap]\.?m\b\.?)?|\s?[ap]\.?m\b\.?)"
_UNTIL = r"\s?(?:[-–—]|to|till?|until)\s?"
_HOURS = re.compile(
    rf"\b(?:open(?:ing)?|hours|daily|weekdays|mon(?:day)?s?|tue(?:s|sdays?)?|wed(?:s|nesdays?)?|thu(?:rs|rsdays?)?|"
    rf"fri(?:day)?s?|sat(?:urday)?s?|sun(?:day)?s?)\b[^\d]{{0,40}}{_TIME}{_UNTIL}{_TIME}(?![.:]?\d)(?! ?\w)|"
    rf"(?<![\w.:]){_SURE_TIME}{_UNTIL}{_TIME}(?![\d.:])",
    re.IGNORECASE,
)
# What begins or reads as no street does: a telephone's number however it is grouped, an address on the net, a
# sentence, a time, so many days.
_NO_STREET = re.compile(
    r"\d{5}|[@!?]|^24/7|^\(?0\d|(?:\d[ ().-]{0,2}){9}|"
    r"^\d{1,2}(?::\d\d|(?:\.\d\d)?\s?(?:[ap]\.?m|[AP]\.?M)\b)|"
    r"\d\s(?:days|hours|hrs|minutes|mins|miles|weeks|months|years)\b"
)
# What streets and houses are called without a word for either: "The Mall", "The Old Bakery".
_CALLED = re.compile(
    r"the\s(?:mall|diamond|green|strand|cross|fairgreen|(?:old|new)\s\w{4,15})", re.IGNORECASE
)
_DUBLIN_BEHIND = re.compile(
    rf"(?P<street>.*\s(?:{STREET_WORDS})\.?)\s(?P<town>Dublin(?:\s\d{{1,2}}W?)?)", re.IGNORECASE
)
_TELLING = re.compile(
    r"^(?:(?:units?|suite|shop|flat|apartment|studio|room|the|office|floor|level|block|first|ground|second)"
    r"(?![^\W\d_])|\d)",
    re.IGNORECASE,
)
_UNIT = re.compile(r"(?:units?|suite|flat|studio|room|office)\s\w{1,5}", re.IGNORECASE)
# A numbered unit of something that has a name says enough: "Unit 2, Calder Island".
_UNIT_OF = re.compile(r"(?i:units?|suite)\s[A-Z]?\d{1,4}[A-Za-z]?,?\s[A-Z][a-z]")
_TOWN = re.compile(r"[A-Z][A-Za-zÀ-ÿ.'’ -]{1,38}")
_NOT_TOWN = re.compile(
    r"\b(?:phone|tel|fax|email|suite|address|box|contact|floor|copyright|map|hours|ltd|limited|plc|llp)\b",
    re.IGNORECASE,
)
_BOX = re.compile(r"p\.?\s?o\.?\s?box\s\d", re.IGNORECASE)
_PARTICLES = frozenset(
    ("on", "upon", "under", "the", "le", "in", "by", "next", "of", "and", "en", "de", "cum")
)
ESTATE = re.compile(
    r"\b(?:farm|barn|cottages?|hall|lodge|manor|industrial|business|enterprise|science|campus|court(?:yard)?)\b",
    re.IGNORECASE,
)
_COUNTIES = tuple(f" {one}" for one in BRITISH_COUNTIES) + tuple(f"\n{one}" for one in BRITISH_COUNTIES)
# What an office is to the company is no part of its address.
_OFFICE = re.compile(
    r"(?:^|[.)]\s)(?:(?:head|registered|main|principal|corporate|trading|sales|our|business|regional|branch|uk|company|general)\s){0,3}"
    r"(?:offices?|cent(?:re|er)|studios?|shops?|showrooms?|enquiries|premises)$",
    re.IGNORECASE,
)
# Where houses have names, a sentence with one looks like an address: "Reception is at Oak Lodge".
_SPOKEN = re.compile(
    r"\b(?:is|are|was|our|your|we|you|to|from|with|for|visit|find|see|please|reach|call)\b", re.IGNORECASE
)
# Counties of Ireland that are not called as a city; a town before one is no district of it.
_WITHOUT_CITIES = re.compile(
    r"Carlow|Cavan|Clare|Donegal|Kerry|Kildare|Laois|Leitrim|Longford|Louth|Mayo|Meath|Monaghan|Offaly|"
    r"Roscommon|Tipperary|Westmeath|Wexford|Wicklow",
    re.IGNORECASE,
)
_TOWARDS = {"n": "north", "s": "south", "e": "east", "w": "west"}
_LANDS = frozenset(
    (
        *("england", "scotland", "wales", "united kingdom", "uk", "u.k", "great britain", "northern ireland"),
        *("ireland", "n. ireland", "eire"),
    )
)
_LAND_BEHIND = re.compile(
    rf"\s(?:{'|'.join(sorted(map(re.escape, _LANDS), key=len, reverse=True))})\.?$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Found:
    begin: int
    start: int
    end: int
    code: str
    country: str
    county: str = ""
    town: str = ""


def isles(text: str, site: str) -> Iterator[tuple[Address, int, int]]:
    """Addresses of Britain and Ireland, where each begins and ends; ``site`` is the country of the site."""
    for at, found in enumerate(sorted(islice(_found(text, site), MOST_FOUND), key=lambda one: one.start)):
        if at >= MOST_WINDOWS:
            return
        parts = [
            _AHEAD.sub("", after_lead(_stripped(one)))
            for one in _SPLIT.split(text[found.begin : found.start])
        ]
        if address := _address([one for one in parts if one], found):
            head = address.street.partition(",")[0]
            begin = text.rfind(head, found.begin, found.start)
            yield address, begin if begin >= 0 else found.begin, found.end


def _stripped(part: str) -> str:
    """A part without the signs around it, but with the end of a bracket that begins in it."""
    bare = part.strip(" .:-–\t()")
    return f"{bare})" if "(" in bare and ")" not in bare else bare


def _found(text: str, site: str) -> Iterator[_Found]:
    for one in _BRITISH.finditer(text):
        behind = text[one.start() : one.end() + BEHIND]
        before = text[max(0, one.start() - BEHIND) : one.start()].rstrip(" ,.\n").lower()
        if one.group("code").islower() and site != "GB" and not before.endswith(_COUNTIES):
            continue
        if one.group("space") or before.endswith(_COUNTIES) or site == "GB" or _IN_BRITAIN.search(behind):
            code = f"{one.group('code')[:-3].strip()} {one.group('code')[-3:]}".upper()
            yield _Found(_begin(text, one.start()), one.start(), one.end(), code, "GB")
    coded = -1
    for one in _EIRCODE.finditer(text):
        begin = _begin(text, one.start())
        if site == "IE" or _IN_IRELAND.search(text[begin : one.end() + BEHIND]):
            bare = re.sub(r"\s", "", one.group("code"))
            coded = one.start()
            yield _Found(begin, one.start(), one.end(), f"{bare[:3]} {bare[3:]}", "IE")
    for one in _IRISH.finditer(text):
        ahead = _EIRCODE.search(text, one.end(), one.end() + BEHIND // 2) if coded >= 0 else None
        if ahead is None:
            town, district = one.group("dublin") or one.group("city") or "", one.group("district")
            code = f"Dublin {district}" if district else ""
            county = one.group("county") or ""
            yield _Found(_begin(text, one.start()), one.start(), one.end(), code, "IE", county, town)


def _begin(text: str, end: int) -> int:
    begin = max(0, end - BEFORE)
    other = max((one.end() for one in _BRITISH.finditer(text[begin:end])), default=0)
    if other:
        return begin + other
    if hours := max((one.end() for one in _HOURS.finditer(text[begin:end])), default=0):
        return begin + hours
    line = text.find("\n", begin, end)
    return line + 1 if begin and 0 <= line < end - 60 else begin


def _address(parts: Sequence[str], found: _Found) -> Address | None:
    rest = list(parts[-MOST_PARTS:])
    after_town = len(rest) > 1 and bool(_WITHOUT_CITIES.fullmatch(found.town)) and _is_plain_town(rest[-1])
    county = found.town if after_town else found.county
    rest += [found.town] if found.town and not after_town else []
    while len(rest) > 1:
        rest[-1] = _without_land(rest[-1])
        if not _is_county(rest, found.country):
            break
        said = rest.pop().strip(" .")
        county = county if said.lower() in _LANDS else said
    if not rest:
        return None
    town = re.sub(r"^(?:nr\.?|near)\s", "", rest.pop(), flags=re.IGNORECASE)
    town, behind = _without_county(town) if found.country == "GB" else (town, "")
    county = county or behind
    if found.country == "IE" and (run := _DUBLIN_BEHIND.fullmatch(town)):
        rest.append(run.group("street"))
        town = run.group("town")
    if found.country == "IE" and _DUBLIN.fullmatch(town):
        town = "Dublin"
    elif not _is_town(town):
        run = _RUN_ON.fullmatch(town) or _SHORT_RUN_ON.fullmatch(town)
        if run is None or not _is_town(run.group("town")):
            return None
        rest.append(run.group("street"))
        town = run.group("town")
    street = _street(rest, town)
    if not street:
        return None
    return Address(", ".join(street), town, county, found.code, found.country, "text near postcode")


def _without_land(part: str) -> str:
    """A part without the country that runs on behind it: "Hampshire UK"."""
    return part if part.lower() in _LANDS else _LAND_BEHIND.sub("", part)


def _without_county(part: str) -> tuple[str, str]:
    """A town and the county that runs on behind it: "Alton Hampshire"."""
    words = part.split()
    for at in range(max(1, len(words) - 4) if len(words[0]) > len("E.") else 2, len(words)):
        if (said := " ".join(words[at:])).lower() in BRITISH_COUNTIES:
            return " ".join(words[:at]), "" if said.lower() in _LANDS else said
    return part, ""


def _is_county(rest: Sequence[str], country: str) -> bool:
    said = rest[-1].lower().strip(" .")
    if short := re.match(r"([nsew])\.?\s", said):
        said = _TOWARDS[short.group(1)] + said[short.end() - 1 :]
    if said in BRITISH_COUNTIES or said in _LANDS or _COUNTY.fullmatch(said):
        return True
    shire = country == "GB" and said.endswith("shire") and " " not in said
    return shire and len(rest) > 2 and _is_town(rest[-2]) and not _STREET_WORD.search(rest[-2])  # noqa: PLR2004


def _is_town(part: str) -> bool:
    return (
        bool(_TOWN.fullmatch(part))
        and all(one[0].isupper() or one in _PARTICLES for one in part.split())
        and len(part.split()) <= MOST_CITY_WORDS
        and not _NOT_TOWN.search(part)
        and not _STREET_WORD.fullmatch(part.rsplit(maxsplit=1)[-1])
    )


def _is_plain_town(part: str) -> bool:
    return _is_town(part) and not _STREET_WORD.search(part) and not _PREMISES.search(part)


def _is_road(part: str) -> bool:
    words = part.split()
    return len(words) > 1 and bool(_STREET_WORD.fullmatch(words[-1].strip(".")))


def _street(rest: Sequence[str], town: str) -> list[str]:
    """The parts before the town that are the street: a district or two may stand between them.

    What a house or an estate is called stands between its unit and the street, whatever the name is.
    """
    street: list[str] = []
    near = rest[-MOST_STREET:]
    for at, part in enumerate(reversed(near)):
        if _BOX.match(part):
            return street or [part]
        telling = any((_TELLING.match(part), _STREET_WORD.search(part), _PREMISES.search(part)))
        telling = telling or bool(_CALLED.fullmatch(part))
        ahead = near[-at - 2] if at + 1 < len(near) else ""
        telling = telling or (
            _is_town(part) and bool(_UNIT.fullmatch(ahead) or (at == 1 and _is_road(ahead)))
        )
        if _OFFICE.search(part) or part.lower() == f"{town.lower()} office" or _SPOKEN.search(part):
            break
        too_much = len(part) > LONGEST_PART or _NOT_TOWN.search(
            re.sub(r"(?i)suite|floor|p\.?o\.?\sbox", "", part)
        )
        if too_much or _NO_STREET.search(part) or (not telling and (at or not _is_town(part))):
            break
        street.insert(0, part)
    told = any(
        _STREET_WORD.search(one) or ESTATE.search(one) or _CALLED.fullmatch(one) or one[:1].isdigit()
        for one in street
    )
    return street if told or _UNIT_OF.match(", ".join(street)) else []
