"""Where addresses of the US, Canada and Australia may stand in a text: before state, postcode or both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connector.enrichment.countries import code_of
from connector.enrichment.postal_tables import (
    AUSTRALIAN,
    AUSTRALIAN_NAMES,
    OLD_PROVINCE_NAMES,
    OLD_STATE_NAMES,
    PROVINCE_NAMES,
    PROVINCES,
    STATE_NAMES,
    ZIP_PREFIXES,
)
from connector.enrichment.postal_value import Address

BEFORE = 190  # characters before a state and postcode in which the street stands
_NAMES = {**STATE_NAMES, **OLD_STATE_NAMES, **PROVINCE_NAMES, **OLD_PROVINCE_NAMES, **AUSTRALIAN_NAMES}
_DOTTED = (
    r"D\.C",
    r"B\.C",
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
)


def _alternatives(names: Iterable[str]) -> str:
    return "|".join(re.escape(one).replace(r"\ ", r"\s") for one in sorted(names, key=len, reverse=True))


_STATE = "|".join((_alternatives(_NAMES), *ZIP_PREFIXES, *PROVINCES, *AUSTRALIAN, *_DOTTED))
_LAND = r"(?:USA|U\.S\.A\.?|United\sStates(?:\sof\sAmerica)?|Canada|Australia)"
_POSTED = re.compile(
    rf"(?<![\w])(?P<state>{_STATE})\.?[\s,.|()\[~*:•·/–-]{{1,5}}(?:{_LAND}[\s,.–-]{{1,4}})?"
    r"(?P<code>\d{5}(?:\s?[-–]\s?\d{4})?|[A-Z]\d[A-Z][\s-]?\d[A-Z]\d|\d{4})(?!\w|-\w)",
    re.IGNORECASE,
)
# Without a postcode: what may be a state where a line or a clause ends; Georgia may be the country.
_SHORT = "|".join(one for one in OLD_STATE_NAMES if one.isalpha())
_FULL = _alternatives({*STATE_NAMES, *PROVINCE_NAMES, *AUSTRALIAN_NAMES} - {"georgia"})
_UNPOSTED = re.compile(
    rf"(?<=[A-Za-z.'’é])(?:,?\s(?P<code>[A-Z]{{2,3}}|Vic|Qld|Tas|{'|'.join(_DOTTED)})(?!\w)\.?|"
    rf"(?:,\s?|\n)(?P<name>(?i:(?:{_FULL})(?!\w)|(?:{_SHORT})\.)))(?:,?\s(?P<land>(?i:{_LAND})))?"
    r"(?=\s*(?:$|\n|[,.;|(•·]|[–~*/-]\s|\+?\d{3}[) .-]|(?i:tel|phone|ph|call|fax)\b)|\s[a-z]{2})"
)
# Without a state: what may be a postcode behind its city.
_CODED = {
    "US": re.compile(r"(?<=[A-Za-z.])(?:,?\s|\n)(?P<code>\d{5}(?:-\d{4})?)(?!\w|[-.,]\d)"),
    "CA": re.compile(r"(?<=[A-Za-z.])(?:,?\s|\n)(?P<code>[A-Z]\d[A-Z][\s-]?\d[A-Z]\d)(?!\w|-\w)"),
    "AU": re.compile(
        r"(?<=[A-Za-z.])(?:,?\s|\n)(?P<code>[02-8]\d{3})(?!\w|[-.,]\d)"
        rf"(?:,?\s(?P<state>{'|'.join(AUSTRALIAN)}|(?i:{_alternatives(AUSTRALIAN_NAMES)}))(?!\w))?"
        r"(?P<land>[,.]?\s(?i:Australia)\b)?"
    ),
}
_AMERICAN_TELEPHONE = re.compile(
    r"(?<![\d+-])(?:1[-. ])?\(?[2-9]\d{2}\)?[-. ]{1,2}[2-9]\d{2}[-. ]\d{4}(?!\d)"
)
# "Ph" is a telephone's label, not the Philippines.
_LAND_BEHIND = re.compile(r"[\s,.–-]{1,4}((?!(?i:ph)\b)[^\W\d_][^\W\d_ ]+(?:\s[^\W\d_]+)?)")


@dataclass(frozen=True)
class Window:
    """The text before a state or a postcode, the state's code, the postcode and the country.

    Attributes:
        sure: whether state and postcode both stand there; else only a street that is beyond doubt counts.
    """

    before: str
    state: str
    code: str
    country: str
    sure: bool = True


def windows(text: str, site: str = "") -> Iterator[tuple[int, int, Window]]:
    """Every window, and where it begins and ends; ``site`` is the country that the site's ending tells."""
    posted: list[tuple[int, int]] = []
    for found in _POSTED.finditer(text):
        state = state_code(found.group("state"))
        code, country = _written(found.group("code"))
        if not _fits(found):
            continue
        posted.append(found.span())
        begin = _begin(text, found.start())
        yield begin, found.end(), Window(text[begin : found.start()], state, code, country)
    for found, state, code, country in (*_unposted(text, site), *_coded(text, site)):
        if country and not any(begin < found.end() and found.start() < end for begin, end in posted):
            begin = _begin(text, found.start())
            yield begin, found.end(), Window(text[begin : found.start()], state, code, country, sure=False)


def _fits(found: re.Match[str]) -> bool:
    """Whether state and postcode are of each other: "Kestrel Co. 1420 Alder Street" has neither."""
    return consistent(state_code(found.group("state")), *_written(found.group("code")))


def _written(given: str) -> tuple[str, str]:
    """A postcode as it is written, and its country."""
    code = given.upper()
    country = "US" if len(re.sub(r"\D", "", code)) >= 5 else "AU" if code.isdigit() else "CA"  # noqa: PLR2004
    code = re.sub(r"\s", "", code).replace("–", "-") if country == "US" else code
    return f"{code[:3]} {code[-3:]}" if country == "CA" else code, country


def _unposted(text: str, site: str) -> Iterator[tuple[re.Match[str], str, str, str]]:
    """States without a postcode."""
    for found in _UNPOSTED.finditer(text):
        state = state_code(found.group("code") or found.group("name"))
        elsewhere = state in ZIP_PREFIXES or state in PROVINCES
        told = site == "AU" or (found.group("land") or "").lower() == "australia"
        if state in AUSTRALIAN and (told or (not elsewhere and found.group("code"))):
            yield found, state, "", "AU"
        elif site != "AU":
            yield found, state, "", "US" if state in ZIP_PREFIXES else "CA" if state in PROVINCES else ""


def _coded(text: str, site: str) -> Iterator[tuple[re.Match[str], str, str, str]]:
    """Postcodes without a state, which they tell.

    Five digits are of the US only where telephones are written as there, and no other country is named.
    """
    for country, pattern in _CODED.items():
        if site not in {"", country} or (country == "US" and not _AMERICAN_TELEPHONE.search(text)):
            continue
        for found in pattern.finditer(text):
            if country == "AU" and site != "AU" and not _says_australia(found):
                continue
            behind = _LAND_BEHIND.match(text, found.end())
            if behind is None or code_of(behind.group(1)) in {"", country}:
                code = _written(found.group("code"))[0]
                state = state_code(found.groupdict().get("state") or "") or _state_of(code, country)
                yield found, state, code, country


def _says_australia(found: re.Match[str]) -> bool:
    """Whether the state of a postcode, or the country, stands behind it."""
    state = state_code(found.group("state") or "")
    return bool(found.group("land")) or (bool(state) and consistent(state, found.group("code"), "AU"))


def _state_of(code: str, country: str) -> str:
    """The state of a postcode, if it is of one only."""
    if country == "US":
        states = [
            one
            for one, known in ZIP_PREFIXES.items()
            if any(low <= int(code[:3]) <= high for low, high in known)
        ]
    else:
        known = PROVINCES if country == "CA" else AUSTRALIAN
        states = [one for one, first in known.items() if code[0] in first]
    return states[0] if len(states) == 1 else ""


def _begin(text: str, end: int) -> int:
    """Where the window begins: at a line's beginning if there is one, and after the postcode before it."""
    begin = max(0, end - BEFORE)
    other = max((one.end() for one in _POSTED.finditer(text[begin:end]) if _fits(one)), default=0)
    if other:
        return begin + other
    line = text.find("\n", begin, end)
    return line + 1 if begin and 0 <= line < end - 60 else begin


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
