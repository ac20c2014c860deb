"""Postal addresses of a site: windows around postcodes, read by plain rules, then usaddress, then pyap2.

A library never sees more than LONGEST_WINDOW characters: pyap2 on 20 KB of digits takes seconds (measured).
An address is proposed only with a street and a city, and only if state and postcode fit each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyap
import usaddress

from connector.enrichment.countries import of_ending, of_language
from connector.enrichment.documents import Document, quoted
from connector.enrichment.postal_abroad import abroad
from connector.enrichment.postal_headed import headed
from connector.enrichment.postal_isles import isles
from connector.enrichment.postal_labels import Said, after_lead, is_assured, said_before
from connector.enrichment.postal_lines import unlabelled
from connector.enrichment.postal_swedish import is_swedish, visitors
from connector.enrichment.postal_tables import RARER_STREET_WORDS, STREET_WORDS
from connector.enrichment.postal_uncoded import uncoded
from connector.enrichment.postal_value import Address, Place
from connector.enrichment.postal_whole import (
    LONGEST_WHOLE,
    building_first,
    front,
    is_building,
    room_behind_name,
    room_first,
    run_on,
)
from connector.enrichment.postal_windows import Window, windows
from connector.enrichment.values import LONGEST_QUOTE

LONGEST_WINDOW = 300
MOST_WINDOWS = 60  # of one page
LONGEST_STREET = 90
MOST_CITY_WORDS = 4
SHORTEST_WRITTEN = 30  # characters that hold a street and a city

_TOWARDS = r"(?:[NS]\.?\s?[EW]\.?|[NSEW]\.?|north|south|east|west|(?:north|south)(?:east|west))"
_ROOMED = r"(?:suites?|ste|units?|apt|bldg|building|floor|room|rm)\.?\s?#?\s?[\w-]{1,6}|#\s?[\w-]{1,6}"
# What is a street beyond doubt, with neither state nor postcode behind its city.
_WHOLE_STREET = re.compile(
    rf"(?:\b(?:{STREET_WORDS}|{RARER_STREET_WORDS})\.?|\b(?:highway|hwy|route|rte|rt|fm|road|rd)\.?\s\d{{1,4}}[A-Z]?|"
    rf"^\d{{1,6}}\s(?:{_TOWARDS}\s)?\d{{1,3}}(?:st|nd|rd|th)|^\d{{1,6}}\savenue\sof\sthe\s\w+|"
    rf"^\d{{1,6}},?\s(?:rue|boul\.?|chemin|avenida|camino|calle|paseo|via)\s\S.{{2,30}})"
    rf"(?:\s{_TOWARDS})?(?:,?\s(?:{_ROOMED}))?$|"
    rf"^\d{{1,6}}\s(?:{_TOWARDS}\s)?\w+(?:\s\w+)?,?\s(?:{_ROOMED})$",
    re.IGNORECASE,
)
_NUMBERED_NAME = re.compile(r"\d{1,6}\s(?:[NSEW]\.?\s)?[A-Z][a-z]+(?:\s[A-Z][a-z]+)?")
_SAINTS = re.compile(
    r"(?:Albans|Ann|Anthony|Augustine|Bernard|Charles|Clair|Cloud|Francis|George|Helena|Ignace|James|Johns?|"
    r"Joseph|Louis|Martin|Marys?|Michaels?|Pauls?|Peters?|Petersburg|Robert|Simons|Thomas)\b"
)
_LEADS = re.compile(r"\b(?:at|visit|to|near|is)$", re.IGNORECASE)  # of a sentence, before a street
# A street without a number, which counts only right before its city with state and postcode.
_NAMED_STREET = re.compile(
    r"(?:(?i:corner|cnr|cor)\.?\s(?:of\s)?)?(?:[A-Z\d][\w'’.-]*\s(?:(?:&|and)\s)?){1,4}"
    r"(?i:streets?|avenues?|roads?|lanes?|drives?|highway|hwy|boulevard|blvd|parkway|pkwy|crescent|parade|esplanade|"
    r"terrace|tce|ave|rds?|sts?|ln|dr|pde)\.?(?:\s(?i:north|south|east|west))?"
)
_SPLIT = re.compile(
    r"[\n,|•·;]|\s(?:[–/*~-]|[-–_*~=:]{2,20})\s|\s{3,}|"
    r"(?<=[\w.,])\s(?i:in\s(?:the\s)?(?:heart\sof\s)?(?:\w{1,12}\s)?downtown)\s(?=[A-Z])|"
    r"(?<=[a-z.])\sin\s(?=[A-Z][\w .'’-]{1,30},?\s?$)|"
    r"(?<!\d)(?:\(?\d{3}\)?[ .-]{1,2})?\d{3}[-.]\d{4}\s(?=\d)|"  # a telephone's number before the house's
    r"\s\(?\d{3}\)?[ .-]{1,2}\d{3}[-.]\d{4}\s(?=[A-Z][a-z])|"
    r"\s(?i:fax|tel|phone|ph)[.:]{0,2}\s?[+(\d][\d() .+-]{6,20}|"  # and one beside the street
    r"(?:(?<=\s(?:East|West))|(?<=North|South)|(?<=Street)|(?<=\sRoad)|(?<=Avenue)|(?<=\sDrive))\.\s(?=[A-Z][a-z])|"
    r"(?<=[a-z]{3})\.(?=[A-Z][a-z])|(?:(?<=\s[DR][rd])|(?<=\sLn))\.(?=[A-Z][a-z]{2})"
)
_INTERNET = re.compile(r"\S{1,60}@\S{3,60}|(?:https?://|www\.)\S{3,90}", re.IGNORECASE)
_DIRECTION = re.compile(r"(?P<said>[NS]\.?[EW])\.?\s(?=[A-Z])")
_ROOM_BEFORE = re.compile(r"(?:unit|suite|ste\.?|apt\.?|#)\s?$", re.IGNORECASE)
_COUNTRY = re.compile(r"(?:USA|U\.S\.A|United States|Canada|Australia)\.?", re.IGNORECASE)
_STREET_START = re.compile(
    r"(?:^|(?<=[\s:(]))(?:(?!24/7)\d{1,6}(?:(?:[-–/]|\s-\s)\d{1,5}(?:st|nd|rd|th)?)?[A-Za-z]?(?:\s(?=[A-Z0-9#]|(?:st|nd|rd|th)\s)|,?\s(?=(?i:rue|boul|av|ch|chemin|place|rang)\b))|(?i:g?p\.?\s?o\.?\s?(?:box|drawer)\s|post\soffice\sbox\s|box\s(?=\d)|pob\s|locked\sbag\s)|"
    r"(?:One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve|Fifteen|Twenty|Fifty)\s(?=[A-Z])|(?i:r\.?\s?r\.?\s?#?\d)|"
    r"(?:(?i:us|state|county|rural)\s)?(?i:routes?|rte|rt|hc|highway|hwy|county\s(?:road|rd)|fm)\.?\s(?=\d)|[NSEW]\s?\d{1,3}\s?[NSEW]\s?\d|"
    r"[NSEW]\d{4,5}\s(?=[A-Z]))"
)
_FRENCH_STREET = re.compile(r"(?:rue|boul|av|ch|chemin|place|rang)\b", re.IGNORECASE)
_STREET_WORD = re.compile(rf"\b(?:{STREET_WORDS})\b", re.IGNORECASE)
_UNIT_STREET = re.compile(
    rf"^(?:unit|shop|lot|level|suite|apt|u)\s?[A-Za-z]?\d{{1,5}}[A-Za-z]?(?:\s?/\s?\d{{1,5}}[A-Za-z]?|\s\d{{1,5}}[A-Za-z]?)?\s"
    rf"(?=[A-Z])[\w.' -]{{3,50}}\b(?:{STREET_WORDS})\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"^(?:between|(?:at\sthe\s)?corner|near|opposite|across|cnr|off)\b", re.IGNORECASE)
_DISTRICT = re.compile(r"\b(?:county|area|district)$", re.IGNORECASE)
_ROOM = re.compile(
    r"^(?:[NS]?[EW]\.?$|[NS]\.?$|#|(?:suites?|ste|units?|floor|fl|room|apt|bldg|building|level|store|space|pavilion|wing|"
    r"mail\s?(?:stop|code))(?![^\W\d_])|"
    r"(?:\d{1,3}(?:st|nd|rd|th)|ground|first|second|third|fourth|fifth)\s(?:floor|fl)\b|"
    r"(?:station|stn|succ)\.?\s(?:[A-Z]|main)$)",
    re.IGNORECASE,
)
_BOX = re.compile(
    r"g?p\.?\s?o\.?\s?box\s|post\soffice\sbox\s|box\s\d|pob\s|locked\sbag\s|(?:rural\sroute|r\.?\s?r\.?)\s?#?\s?\d+$",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\s\((?:just|near|off|across|behind|next|between|corner|opposite|in|at)\b[^)]*\)$", re.IGNORECASE
)
_CITY = re.compile(r"[A-Z][A-Za-zÀ-ÿ.'’ -]{1,38}")
_NOT_CITY = re.compile(
    r"\b(?:phone|tel|fax|email|suite|address|box(?!\s[a-z])|contact|floor|copyright|map|hours|post\s?code)\b|"
    r"^[ns]?[ew]$|\.[a-z]\.[a-z]$|\b(?-i:[A-Z]{2} [A-Z]{2})$",
    re.IGNORECASE,
)


def addresses(document: Document) -> Iterator[Place]:
    """The addresses in a page's text, in the order in which they stand there."""
    text = unlabelled(document.lines)
    told = of_ending(document.url)
    found: list[tuple[int, int, Address]] = []
    for at, (begin, end, window) in enumerate(windows(text, told)):
        if at >= MOST_WINDOWS:
            break
        within = not window.sure and any(first < end <= last for first, last, _ in found)
        if within or (address := _read(window)) is None:
            continue
        at_street = _street_at(text, begin, end, address)
        if window.sure or _is_alone(text, at_street, end) or is_assured(document, text, at_street, end):
            found.append((at_street, end, address))
    site = told or of_language(document.language) or ("SE" if is_swedish(text) else "")
    outside = (one for one in abroad(text, site) if not any(begin < one[2] < end for begin, end, _ in found))
    found += [(begin, end, address) for address, begin, end in (*outside, *isles(text, told))]
    found += [
        (begin, end, address)
        for address, begin, end in visitors(document, text, site)
        if not any(first <= end and begin <= last for first, last, _ in found)
    ]
    found += [
        (begin, end, address)
        for address, begin, end in (*uncoded(document, text, told), *headed(document, text))
        if is_assured(document, text, begin, end)
        and not any(first <= end and begin <= last for first, last, _ in found)
    ]
    last = 0
    for begin, end, address in sorted(found, key=lambda one: one[1]):
        said, before = said_before(text, begin, last if last <= begin else 0)
        last = end
        quote = text[max(begin, end - LONGEST_QUOTE + 1) : end]
        place = _placed(address, document, quote, said, before)
        yield replace(place, line=text.count("\n", 0, end))


def _is_alone(text: str, begin: int, end: int) -> bool:
    """Whether nothing else stands on the lines of an address."""
    return text[begin - 1 : begin] in {"", "\n"} and text[end : end + 1] in {"", "\n"}


def _street_at(text: str, begin: int, end: int, address: Address) -> int:
    at = text[begin:end].lower().rfind(address.street.partition(",")[0].lower())
    return begin + at if at >= 0 else begin


def _placed(address: Address, document: Document, quote: str, said: Said, before: str) -> Place:
    last = quote.splitlines()[-1].strip() if quote.strip() else ""
    in_footer = any(last in line for line in document.footer) if last else False
    return Place(address, document, quoted(quote), in_footer=in_footer, said=said, before=before)


def _read(window: Window) -> Address | None:
    parts = [one.strip(" .:-–(/*~\t") for one in _SPLIT.split(_capitalised(window.before))]
    parts = _numbered([after_lead(one) for one in parts if one], window.country)
    parts = [each for one in parts if not _INTERNET.fullmatch(one) for each in building_first(one)]
    if parts and not _is_city(parts[-1]):
        parts[-1:] = room_first(parts[-1])
    parts[:-1] = map(room_behind_name, parts[:-1])
    if parts and not _is_city(parts[-1]):
        freely = window.country == "AU" or not window.sure
        parts[-1:] = run_on(parts[-1]) if freely else _run_on_for_sure(parts[-1])
    while len(parts) > 1 and (_DISTRICT.search(parts[-1]) or _says_land(parts[-1], window.state)):
        parts.pop()
    found = _plain(parts, window)
    if window.code and window.sure:
        found = found or _tagged(parts, window) or _by_pyap(window) or _numberless(parts, window)
    found = found and _directed(found)
    return found if found is not None and _sound(found) else None


def _run_on_for_sure(part: str) -> tuple[str, ...]:
    """Street and city of a part where usaddress errs: a year before them, "St." taken for a saint's."""
    starts = [one for one in _STREET_START.finditer(part) if _STREET_WORD.search(part[one.end() :])]
    if not starts:
        return (part,)
    years = len(starts) > 1 and re.match(r"(?:19|20)\d\d\s", part[starts[0].start() :])
    found = run_on(part[starts[1 if years else 0].start() :])
    doubtful = re.match(_TOWARDS + r"\s", f"{found[-1]} ", re.IGNORECASE) or _ROOM.match(found[-1])
    saint = bool(_SAINTS.match(found[-1])) and found[0].endswith(("St", "St."))
    return (part,) if len(found) == 1 or doubtful or saint or not _is_city(found[-1]) else found


def _capitalised(text: str) -> str:
    """A text with capitals, if it has none near its end, as some write everything."""
    near = text[-SHORTEST_WRITTEN:]
    return text if re.search(r"[A-Z]", near) else re.sub(r"\b[a-z]", lambda one: one.group().upper(), text)


def _directed(address: Address) -> Address:
    """With a direction of two letters behind the street, not before the city: "Avenue S.W. Calgary"."""
    found = _DIRECTION.match(address.city)
    if found is None:
        return address
    street = f"{address.street} {found.group('said')}"
    return replace(address, street=street, city=address.city[found.end() :])


def _says_land(part: str, state: str) -> bool:
    """Whether a part is the country, or the state that stands behind it once more: "Calgary, AB, Alberta"."""
    return bool(_COUNTRY.fullmatch(part)) or (part.isupper() and part == state)


def _numbered(parts: Sequence[str], country: str) -> list[str]:
    """The parts, with a number that stands alone put before the street behind it: "5320 - Roper Road".

    In Canada a number may be a street's name: "310 - 12 Avenue SW"; French keeps its comma: "4700, rue X".
    """
    found: list[str] = []
    for part in parts:
        if (
            found
            and re.fullmatch(r"\d{1,6}[A-Za-z]?(?:\s#\w{1,6})?", found[-1])
            and _STREET_WORD.search(part)
            and (country == "CA" or not re.match(r"\d+(?!\d|st|nd|rd|th)", part))
        ):
            between = " - " if part[0].isdigit() else ", " if _FRENCH_STREET.match(part) else " "
            found[-1] += f"{between}{part}"
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
        and bool(re.search(r"[A-Za-z]{2}|\d\s[NSEW]\.?\s\d|R\.\s?R\.", street))
    )


def _plain(parts: Sequence[str], window: Window) -> Address | None:
    """Street and city stand in parts of their own, by commas or by lines."""
    if len(parts) < 2 or not _is_city(parts[-1]):  # noqa: PLR2004
        return None
    rooms: list[str] = []
    passed = False
    for at in range(len(parts) - 2, max(-1, len(parts) - 6), -1):
        part = parts[at]
        street = _street_in(part)
        ahead = next((one for one in reversed(parts[:at]) if not _ROOM.match(one)), "")
        if _BESIDE.match(part) or (
            _BOX.match(part) and _may_be_street(_street_in(ahead), ahead, coded=True, passed=True)
        ):
            continue  # a crossing, or a box beside a street
        roomed = bool(rooms) and bool(_NUMBERED_NAME.fullmatch(part))
        if street and (_may_be_street(street, part, coded=window.sure, passed=passed) or roomed):
            before = front(parts[:at]) if part.startswith(street) else []
            return _made((*before, street, *rooms), parts[-1], window)
        if not _ROOM.match(part):
            if passed or re.search(r"\d|[.:!?]", part) or len(part) > LONGEST_STREET // 3:
                return None
            passed = True  # one part may stand between street and city, such as a building's name
            if not is_building(part):
                continue
        rooms.insert(0, part)
    return None


def _made(street: Sequence[str], city: str, window: Window) -> Address:
    method = "text near postcode" if window.code else "text near city and state"
    return Address(", ".join(street), city, window.state, window.code, window.country, method)


def _numberless(parts: Sequence[str], window: Window) -> Address | None:
    """A street without a number right before its city: "Alder Street", "Cnr Alder & Elm Streets"."""
    if len(parts) < 2 or not _is_city(parts[-1]) or not _NAMED_STREET.fullmatch(parts[-2]):  # noqa: PLR2004
        return None
    return _made((*front(parts[:-2]), parts[-2]), parts[-1], window)


def _may_be_street(street: str, part: str, *, coded: bool, passed: bool) -> bool:
    """Where state or postcode lacks it must be a whole street; behind another part it must say so."""
    if not coded:
        alone = street == part or bool(_LEADS.search(part.removesuffix(street).rstrip()))
        return alone and bool(_WHOLE_STREET.search(street) or _BOX.match(street))
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


def _tagged(parts: Sequence[str], window: Window) -> Address | None:
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


def _usaddress(text: str, window: Window) -> Address | None:
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


def _by_pyap(window: Window) -> Address | None:
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
    before = text[: max(0, text.rfind(street))]
    if room := _ROOM_BEFORE.search(before):
        street = room.group() + street
    else:
        street = ", ".join((*front([each for one in _SPLIT.split(before) if (each := one.strip())]), street))
    return Address(street, city, window.state, window.code, window.country, "text near postcode, pyap2")
