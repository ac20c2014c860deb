"""Addresses of the European kind: a street, then a postcode and a city, on one line or on two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from connector.enrichment.countries import of_ending
from connector.enrichment.postal_tables import STREETS_ABROAD
from connector.enrichment.postal_value import Address

FOUR = 4  # digits of a postcode that several countries have
MOST_ABROAD = 120  # windows of one page
BEFORE, AFTER = 110, 70  # characters of a window
_POSTED = re.compile(r"(?<!\d)(?:\d{3} \d{2}|\d{4}(?:\d|[-–]\d{3}|\s?[A-Z]{2})?)[ ,]{1,3}[A-ZÀ-ÖØ-Þ]")
_BETWEEN = r"[\s,|•·–-]{1,6}"
_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿ"
# The part behind the postcode: a city of up to three words, each beginning with a capital letter.
_NAME = rf"[A-ZÀ-ÖØ-Þ][{_LETTERS}.'’-]"
_CITY = (
    rf"(?P<city>{_NAME}{{1,25}}(?:[ ](?:am|an der|im|in|bei|de|la|le|sur|di|den|der|{_NAME}{{1,20}})){{0,3}}"
    rf"(?:[ ]\((?:[{_LETTERS}. ]{{2,15}})\))?)"
)
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
    rf"(?<![\w])(?P<street>[A-Z][{_LETTERS}.' -]{{2,40}}?\s\d{{1,5}}\s?[a-zA-Z]?(?:\s?[-–]\s?\d{{1,4}})?)"
    rf"{_BETWEEN}"
    rf"(?P<code>[1-9]\d{{3}}\s?[A-Z]{{2}})[ ,]{{1,3}}{_CITY}"
)
# Streets without a word for street ("Unter den Linden 5"): only where something else tells the country.
_PLAIN = re.compile(
    rf"(?:^|[\n,])[ ]?(?P<street>[A-ZÄÖÜ][{_LETTERS}.'’ -]{{3,40}}\s\d{{1,4}}\s?[a-zA-Z]?)[ ]?[\n,][ ]?"
    rf"(?P<prefix>(?:D|DE|A|AT|CH|S|SE|DK|N|CZ)\s?[-–]\s?)?"
    rf"(?P<code>\d{{5}}|\d{{3}}\s\d{{2}}|[1-9]\d{{3}})[ ]{{1,2}}{_CITY}"
)
_PLAIN_COUNTRIES = frozenset(("DE", "AT", "CH", "DK", "NO", "SE", "FI", "CZ"))
_PREFIXES = {
    "A": "AT",
    "AT": "AT",
    "CH": "CH",
    "B": "BE",
    "D": "DE",
    "DE": "DE",
    "S": "SE",
    "SE": "SE",
    "DK": "DK",
    "N": "NO",
    "CZ": "CZ",
}
_NAMED = {
    "schweiz": "CH",
    "suisse": "CH",
    "switzerland": "CH",
    "österreich": "AT",
    "austria": "AT",
    "deutschland": "DE",
    "germany": "DE",
    "belgique": "BE",
    "belgium": "BE",
}
# What may stand on the street's line before it: the company with its legal form, or a label.
_BEFORE_STREET = re.compile(
    r"^.*\b(?:GmbH|mbH|AG|KG|UG|OHG|SE|Co\.|e\.\s?V\.|B\.?V\.?|N\.?V\.?|S\.?A\.?|Sàrl|Anschrift|Adresse|Adres|"
    r"Impressum|Kontakt|Contact)(?!\w)[\s:]{0,3}(?=\S)"
)
_NOT_IN_CITY = re.compile(
    r"\s(?:Tel|Telefon|Fax|Fon|Phone|Germany|Deutschland|France|Belgique|Belgium|Schweiz|Suisse|Österreich|Austria|Nederland|Italia|Italy|"
    r"España|Spain|Portugal|Email|Mail|Kontakt|Impressum|T|E)\b.*$",
    re.IGNORECASE,
)


def abroad(text: str, url: str) -> Iterator[tuple[Address, str]]:
    """Addresses of DE, AT, CH, FR, BE, IT, ES, PT and NL, with their words.

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
            where = country
            if len(one.group("code")) == FOUR:
                where = _told_country(one, window, url)
            return _address(one, where), one.group(0)
    if (one := _PLAIN.search(window)) and (where := _told_country(one, window, url)) in _PLAIN_COUNTRIES:
        return _address(one, where), one.group(0).strip(" ,\n")
    return None


def _address(found: re.Match[str], country: str) -> Address:
    city = _NOT_IN_CITY.sub("", found.group("city").partition(" (")[0]).strip(" .-,")
    street = " ".join(_BEFORE_STREET.sub("", found.group("street")).split()).strip(" ,")
    return Address(street, city, "", found.group("code"), country, "text, street and postcode")


def _told_country(found: re.Match[str], window: str, url: str) -> str:
    """By the postcode's prefix, the country's name behind the city, or the site's ending; else empty."""
    prefix = re.sub(r"[^A-Z]", "", found.group("prefix") or "")
    after = window[found.end("code") :].lower()
    named = next((code for name, code in _NAMED.items() if name in after), "")
    return _PREFIXES.get(prefix) or named or of_ending(url)
