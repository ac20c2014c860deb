"""Addresses of Sweden: how a page tells that it is of there, and visitors' addresses without a postcode.

Swedish companies give the postcode with their box, and street and town alone where visitors are to come:
"Besöksadress: Ekgatan 1, Alby".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from connector.enrichment.documents import Document
from connector.enrichment.postal_labels import is_assured
from connector.enrichment.postal_value import Address

MOST_FOUND = 40  # streets of one page
LONGEST_BEFORE = 60  # characters before a street in which its label stands
_WORDS = (
    r"gatan|gata|vägen|väg|gränden|gränd|torget|torg|stigen|stig|backen|leden|allén|allé|kajen|strand|"
    r"esplanaden|platsen|plats|plan|bron"
)
_NAME = r"[A-ZÅÄÖÉ](?:[\w.:’'-]{0,20}[\w.])?[ ]"
STREET = (
    rf"(?:(?:{_NAME}){{0,3}}(?=[A-ZÅÄÖÉ]|(?<=[ ])[a-zåäöé])[^\W\d_][\w:-]{{1,30}}?|(?:{_NAME}){{1,3}})"
    rf"(?i:{_WORDS})"
    r"[ ]\d{1,4}[ ]?(?:[A-Za-z]\b)?(?:\s?[-–]\s?\d{1,4})?"
)
SWEDISH = re.compile(rf"(?<!\w)(?=[A-ZÅÄÖÉ]){STREET}(?!\w)")
_TOWN = r"[A-ZÅÄÖ]\w{1,20}(?:[ -][A-ZÅÄÖ]\w{1,20}){0,2}"
_FLOOR = r"(?:,\s(?:\d{1,2}\s?tr\.?|vån(?:ing)?\.?\s?\d{1,2}|plan\s\d{1,2}|nb|bv))?"
_FOUND = re.compile(
    rf"(?<!\w)(?=[A-ZÅÄÖÉ])(?P<street>{STREET}{_FLOOR})(?:,\s|\n|\s[|•·–-]\s|\s(?:i\s)?)(?P<town>{_TOWN})"
    r"(?=\s*(?:$|\n|[.,;|•·(]|\s[–-]\s))(?P<land>,?\s(?:Sverige|Sweden))?"
)
_LABEL = re.compile(
    r"(?:besöksadress(?:e|en)?|besök(?=\s?:)|gatuadress|hitta\s(?:till\soss|hit)|\bbesök\soss)\b",
    re.IGNORECASE,
)
# A visitors' address of which only the street stands behind the label.
_LABELLED = re.compile(
    rf"(?<!\w)(?:[Bb]esöksadress|[Bb]esök|[Gg]atuadress)\s?:?\s(?=[A-ZÅÄÖÉ])(?P<street>{STREET}{_FLOOR})"
    r"(?=\s*(?:$|\n|[.;|•·]))"
)
_CODED = re.compile(rf"(?<![\d-])\d{{3}}\s?\d{{2}}\s{{1,2}}(?P<town>{_TOWN})")
# Towns that need no postcode to be known.
_LARGE = re.compile(
    r"Stockholm|Göteborg|Malmö|Uppsala|Västerås|Örebro|Linköping|Helsingborg|Jönköping|Norrköping|Lund|Umeå|Gävle|"
    r"Borås|Södertälje|Eskilstuna|Halmstad|Växjö|Karlstad|Sundsvall|Östersund|Trollhättan|Luleå|Kalmar|"
    r"Kristianstad|Karlskrona|Skövde|Uddevalla|Falun|Borlänge|Visby|Solna|Sundbyberg|Nacka|Kista|Bromma|Mölndal|"
    r"Huddinge|Täby|Sollentuna|Danderyd|Lidingö",
    re.IGNORECASE,
)
_NO_TOWN = re.compile(
    r"\b(?:tel|telefon|fax|mobil|växel|e-?post|mail|adress|postadress|besöksadress|kontakt|karta|öppet|öppettider|"
    r"måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|mån|hem|om|org|box|vi|välkommen|hitta|start|meny|sverige|"
    r"sweden|home|contact|phone|email|map)\b",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"\bbesöksadress|\borg(?:anisations)?\.?[ -]?n(?:umme)?r\.?:?\s(?:SE)?\d{6}-?\d{4}",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"(?:\+|\b00)(?!46)[1-9]\d?[ (-]")


def is_swedish(text: str) -> bool:
    """Whether words or a company's number say that a page is of Sweden, and no telephone's that it is not."""
    return bool(_SPOKEN.search(text)) and not _ELSEWHERE.search(text)


def visitors(document: Document, text: str, site: str) -> Iterator[tuple[Address, int, int]]:
    """Streets with their towns, without postcodes, where each begins and ends.

    A label must stand before the street, or the country behind the town; else the town must stand elsewhere
    on the page behind a postcode, or in its title, and the street where a company's own address is likely.
    ``site`` is the country of the site; of another one only the country's name tells.
    """
    possible = site == "SE" or "Sweden" in text or "Sverige" in text
    for at, found in enumerate(_FOUND.finditer(text) if possible else ()):
        if at >= MOST_FOUND:
            return
        street, town, begin, end = (
            found.group("street"),
            found.group("town"),
            found.start(),
            found.end("town"),
        )
        if _NO_TOWN.search(town):
            continue
        here = site == "SE"
        told = found.group("land") or (here and _LABEL.search(text[max(0, begin - LONGEST_BEFORE) : begin]))
        if told or (here and _is_known(town, document, text) and is_assured(document, text, begin, end)):
            yield Address(street, town, "", "", "SE", "text, street and town"), begin, end
    coded = {one.group("town").title() for one in _CODED.finditer(text)} if site == "SE" else set()
    if len(coded) == 1:
        town = coded.pop()
        for found in islice(_LABELLED.finditer(text), MOST_FOUND):
            address = Address(found.group("street"), town, "", "", "SE", "text, street and town")
            yield address, found.start("street"), found.end()


def _is_known(town: str, document: Document, text: str) -> bool:
    """Whether a town is a large one, or stands on the page behind a postcode, or in the title."""
    if _LARGE.fullmatch(town):
        return True
    bare = re.escape(town)
    coded = re.search(rf"\b\d{{3}}\s?\d{{2}}\s{{1,2}}{bare}\b", text, re.IGNORECASE)
    return bool(coded or re.search(rf"\b{bare}\b", document.title))
