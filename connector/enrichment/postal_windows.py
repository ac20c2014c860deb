"""Where addresses of the US, Canada and Australia may stand in a text: before a state with its postcode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connector.enrichment.postal_tables import (
    AUSTRALIAN,
    AUSTRALIAN_NAMES,
    OLD_STATE_NAMES,
    PROVINCE_NAMES,
    PROVINCES,
    STATE_NAMES,
    ZIP_PREFIXES,
)
from connector.enrichment.postal_value import Address

BEFORE = 190  # characters before a state and postcode in which the street stands
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
    rf"(?<![\w])(?P<state>{_STATE})\.?[\s,.|()~*–-]{{1,5}}(?:(?:USA|U\.S\.A\.|Canada|Australia)[\s,.]{{1,3}})?"
    r"(?P<code>\d{5}(?:\s?[-–]\s?\d{4})?|[A-Z]\d[A-Z]\s?\d[A-Z]\d|\d{4})(?![\w-])",
    re.IGNORECASE,
)
# Without a postcode: what may be a state at the end of a line; Georgia may be the country.
_UNPOSTED = re.compile(
    r"(?<=[A-Za-z.'’])(?:,?\s(?P<code>[A-Z]{2})\.?|,\s(?P<name>[A-Z][a-zé]{2,12}(?:\s[A-Z][a-z]{3,9})?))"
    r"(?:,?\s(?:USA|Canada))?\.?(?=\n|$)"
)
_STATES_ALONE = {**STATE_NAMES, **PROVINCE_NAMES, "georgia": ""}


@dataclass(frozen=True)
class Window:
    """The text before a state, the state's code, the postcode and the country; the code may be empty."""

    before: str
    state: str
    code: str
    country: str


def windows(text: str) -> Iterator[tuple[int, int, Window]]:
    """Every window, and where it begins and ends."""
    for found in _POSTED.finditer(text):
        code = found.group("code").upper()
        state = state_code(found.group("state"))
        country = "US" if len(re.sub(r"\D", "", code)) >= 5 else "AU" if code.isdigit() else "CA"  # noqa: PLR2004
        code = re.sub(r"\s", "", code).replace("–", "-") if country == "US" else code
        code = f"{code[:3]} {code[-3:]}" if country == "CA" else code
        if not consistent(state, code, country):
            continue
        begin = _begin(text, found.start())
        yield begin, found.end(), Window(text[begin : found.start()], state, code, country)
    for found in _UNPOSTED.finditer(text):
        state = found.group("code") or _STATES_ALONE.get(found.group("name").lower(), "")
        country = "US" if state in ZIP_PREFIXES else "CA" if state in PROVINCES else ""
        if country:
            begin = _begin(text, found.start())
            yield begin, found.end(), Window(text[begin : found.start()], state, "", country)


def _begin(text: str, end: int) -> int:
    """Where the window begins: at a line's beginning if there is one, and after the postcode before it."""
    begin = max(0, end - BEFORE)
    other = max((one.end() for one in _POSTED.finditer(text[begin:end])), default=0)
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
