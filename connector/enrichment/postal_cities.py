"""Which city a part of an address names."""

from __future__ import annotations

import re

from connector.enrichment.postal_countries import COUNTRY_NAMES

MOST_CITY_WORDS = 4
LONGEST_CITY = 40
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’./-])*")
_PARTICLE = re.compile(
    r"am|an|der|die|das|im|in|bei|ob|vor|auf|a|de|la|le|les|du|des|sur|sous|en|et|lès|di|del|della|dei|da|do|dos|e|"
    r"den|ter|aan|op|y|los|las|el|i|nad|pod|upon|on|of|m|b|d|o"
)
_NOT_IN_CITY = re.compile(
    r"\s(?:tel|telefon|téléphone|telephone|tél|tlf|puh|fax|fon|phone|email|e-mail|mail|kontakt|impressum|t|f|p|"
    r"hrb|vat|cvr|kvk|org|öppet|öppettider|växel|mobil|registered|we|all|call|view)\b.*$|\scedex\b.*$",
    re.IGNORECASE,
)
_STOP = re.compile(r"(?<!\bSt)(?<!\bSte)(?<!\bSta)(?<!\bKbh)(?<!\bBad)(?<!\b[^\W\d_])\.(?:\s.*)?$")
_NO_CITY = re.compile(
    r"\b(?:phone|tel|fax|e-?mail|suite|address|box|contact|floor|copyright|map|hours|street|road|gmbh|ltd|inc|sa|"
    r"katalog|catalog|januar|january|februar|februari|february|mars|march|april|mai|may|maj|juni|june|juli|july|"
    r"august|september|oktober|october|november|dezember|december|uhr|euro?|eur|kunden|stück|km|mw|kg|all|the|we)\b",
    re.IGNORECASE,
)


def city_of(text: str) -> str:
    """The city that a part names, without what stands behind it; empty if it names none."""
    bare = _NOT_IN_CITY.sub("", " " + text.partition(" (")[0]).strip(" .,-–")
    bare = _STOP.sub("", bare)
    words = bare.split()
    while (
        len(words) > 1
        and not _PARTICLE.fullmatch(words[-2].lower())
        and (
            " ".join(words[-2:]).lower() in COUNTRY_NAMES
            or words[-1].lower() in COUNTRY_NAMES
            or (re.fullmatch(r"[A-Z]{2}", words[-1]) and not bare.isupper())
        )
    ):
        words.pop()
    if not words or len(words) > MOST_CITY_WORDS or len(bare) > LONGEST_CITY or _NO_CITY.search(bare):
        return ""
    numbered = words[:-1] if len(words) > 1 and re.fullmatch(r"\d{1,2}", words[-1]) else words
    head = numbered[0].removeprefix("'s-")
    if not head[:1].isupper() or len(head) < 2:  # noqa: PLR2004
        return ""
    good = all(
        _WORD.fullmatch(one.removeprefix("'"))
        and (one[0].isupper() or _PARTICLE.fullmatch(one.strip(".")) or one.startswith("'s-"))
        for one in numbered
    )
    return (
        " ".join(words)
        if (good and " ".join(words).lower() not in COUNTRY_NAMES)
        or bare.lower() in {"singapore", "luxembourg"}
        else ""
    )
