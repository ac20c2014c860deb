"""Addresses of the European kind: a street, then a postcode and a city, on one line or on two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from connector.enrichment.postal_tables import STREETS_ABROAD
from connector.enrichment.postal_value import Address

MOST_ABROAD = 40  # windows of one page
BEFORE, AFTER = 110, 70  # characters of a window
_POSTED = re.compile(r"(?<!\d)\d{4}(?:\d|[-–]\d{3}|\s?[A-Z]{2})?[ ,]{1,3}[A-ZÀ-ÖØ-Þ]")
_BETWEEN = r"[\s,|•·–-]{1,6}"
_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿ"
# The part behind the postcode: a city of up to three words, each beginning with a capital letter.
_CITY = rf"(?P<city>[A-ZÀ-ÖØ-Þ][{_LETTERS}.'’-]{{1,25}}(?:[ ](?:am|an der|im|in|bei|de|la|le|sur|di|den|der|[A-ZÀ-ÖØ-Þ][{_LETTERS}.'’-]{{1,20}})){{0,3}}(?:[ ]\((?:[{_LETTERS}. ]{{2,15}})\))?)"
_CODES = {
    "DE": r"(?P<prefix>(?:D|DE|A|AT|CH)\s?[-–]\s?)?(?P<code>\d{5}|[1-9]\d{3})(?!\d)",
    "FR": r"(?P<prefix>F\s?[-–]\s?|CH\s?[-–]\s?|B\s?[-–]\s?)?(?P<code>\d{5}|[1-9]\d{3})(?!\d)",
    "IT": r"(?P<prefix>I\s?[-–]\s?|IT\s?[-–]\s?)?(?P<code>\d{5})(?!\d)",
    "ES": r"(?P<prefix>E\s?[-–]\s?)?(?P<code>\d{5})(?!\d)",
    "PT": r"(?P<prefix>P\s?[-–]\s?)?(?P<code>\d{4}[-–]\d{3})(?!\d)",
}
_ABROAD = tuple(
    (country, re.compile(rf"(?<![\w])(?P<street>{street}){_BETWEEN}{_CODES[country]}[ ]{{1,2}}{_CITY}"))
    for country, street in STREETS_ABROAD
)
_DUTCH = re.compile(
    rf"(?<![\w])(?P<street>[A-Z][{_LETTERS}.' -]{{2,40}}?\s\d{{1,5}}\s?[a-zA-Z]?(?:\s?[-–]\s?\d{{1,4}})?){_BETWEEN}"
    rf"(?P<code>[1-9]\d{{3}}\s?[A-Z]{{2}})[ ,]{{1,3}}{_CITY}"
)
_FOUR_DIGITS = {"A": "AT", "AT": "AT", "CH": "CH", "B": "BE"}
_NAMED = {
    "schweiz": "CH",
    "suisse": "CH",
    "switzerland": "CH",
    "österreich": "AT",
    "austria": "AT",
    "belgique": "BE",
    "belgium": "BE",
}
_NOT_IN_CITY = re.compile(
    r"\s(?:Tel|Telefon|Fax|Fon|Phone|Germany|Deutschland|France|Email|Mail|Kontakt|Impressum|T|E)\b.*$",
    re.IGNORECASE,
)


def abroad(text: str, url: str) -> Iterator[tuple[Address, str]]:
    """Addresses of Germany, Austria, Switzerland, France, Italy, Spain, Portugal and the Netherlands, with their words.

    Where four digits could be of two countries, the prefix, the country's name behind the city and the
    site's ending decide; if none does, the country stays empty.
    """
    for at, posted in enumerate(_POSTED.finditer(text)):
        if at >= MOST_ABROAD:
            return
        window = text[max(0, posted.start() - BEFORE) : posted.end() + AFTER]
        if found := _in_window(window, url):
            yield found


def _in_window(window: str, url: str) -> tuple[Address, str] | None:
    if one := _DUTCH.search(window):
        address, code = _address(one, "NL"), re.sub(r"\s", "", one.group("code"))
        return replace(address, postcode=f"{code[:4]} {code[4:]}"), one.group(0)
    for country, pattern in _ABROAD:
        if one := pattern.search(window):
            return _address(one, _country(country, one, window[one.end() :], url)), one.group(0)
    return None


def _address(found: re.Match[str], country: str) -> Address:
    city = _NOT_IN_CITY.sub("", found.group("city")).strip(" .-,")
    street = " ".join(found.group("street").split()).strip(" ,")
    return Address(street, city, "", found.group("code"), country, "text, street and postcode")


def _country(country: str, found: re.Match[str], after: str, url: str) -> str:
    if len(found.group("code")) != len("1234"):
        return country
    prefix = re.sub(r"[^A-Z]", "", found.group("prefix") or "")
    named = next((code for name, code in _NAMED.items() if name in after.lower()), "")
    ending = (urlsplit(url).hostname or "").rpartition(".")[2].upper()
    return _FOUR_DIGITS.get(prefix) or named or (ending if ending in {"AT", "CH", "BE", "LU"} else "")
