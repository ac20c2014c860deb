"""Countries by name, code and the ending of a domain; the names are those that phonenumbers carries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from phonenumbers.geodata.locale import LOCALE_DATA

# Endings that are sold to everybody, and so say nothing of a place: those of countries that Google treats as
# general (Search Central, "Managing multi-regional sites"), and others whose holders mostly live elsewhere.
GENERAL_ENDINGS = frozenset(
    (
        *("ad", "ai", "as", "bz", "cc", "cd", "co", "dj", "fm", "io", "la", "me", "ms", "nu", "sc", "sr"),
        *("su", "tk", "tv", "ws"),
        *("ac", "ag", "am", "cf", "cx", "dm", "ga", "gd", "gg", "gl", "gq", "gs", "im", "ki"),
        *("lc", "ly", "ml", "nf", "nr", "pm", "pw", "sb", "sh", "so", "st", "sx", "tc", "tf", "tl"),
        *("to", "vc", "vg", "vu", "wf", "yt"),
    )
)
# Where a language is at home, but those of several countries with the same postcodes.
HOMES: Mapping[str, str] = {
    **dict.fromkeys(("no", "nb", "nn"), "NO"),
    **dict(zip(("cs", "sl", "sv", "da"), ("CZ", "SI", "SE", "DK"), strict=True)),
    **{one: one.upper() for one in ("de", "fr", "it", "pl", "hu", "fi", "hr", "sk")},
}
# Where others are at home, for telephones only.
OTHER_HOMES: Mapping[str, str] = {
    **dict(zip(("ja", "ko", "he", "uk", "el"), ("JP", "KR", "IL", "UA", "GR"), strict=True)),
    **dict(zip(("et", "vi"), ("EE", "VN"), strict=True)),
    **{one: one.upper() for one in ("bg", "is", "lt", "lv", "ro", "th", "tr")},
}
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
OTHER_NAMES: Mapping[str, str] = {
    "usa": "US",
    "u.s.a.": "US",
    "u.s.": "US",
    "united states of america": "US",
    "america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "the netherlands": "NL",
    "holland": "NL",
    "czech republic": "CZ",
    "russia": "RU",
    "south korea": "KR",
}


def code_of(text: str) -> str:
    """``DE`` of "Germany", "Deutschland" and "de"; empty if it is no country."""
    bare = " ".join(text.split()).casefold()
    if len(bare) == len("DE") and bare.upper() in LOCALE_DATA:
        return bare.upper()
    return OTHER_NAMES.get(bare) or _codes().get(bare, "")


def name_of(code: str) -> str:
    """The English name of a country; empty if the code is none."""
    return _name(code, "en")


def of_ending(url: str) -> str:
    """The country whose ending a site's host has; empty for .com and for endings that everybody may use."""
    ending = (urlsplit(url).hostname or "").rpartition(".")[2].lower()
    if ending in GENERAL_ENDINGS:
        return ""
    code = "GB" if ending == "uk" else ending.upper()
    return code if len(ending) == len("de") and code in LOCALE_DATA else ""


def of_language(tag: str) -> str:
    """The country that a page's language tells: ``AT`` of "de-AT", ``DE`` of "de"; empty of English.

    It is for what only a postcode's shape leaves open: a German page with a postcode of five digits.
    """
    language, region = _parts_of(tag)
    return "" if language == "en" else region or HOMES.get(language, "")


def of_speakers(tag: str) -> str:
    """The country whose telephone numbers a page of this language gives: ``GB`` of "en-GB", ``TR`` of "tr".

    Empty of languages of many countries, such as English and Spanish, where the tag does not name one.
    """
    language, region = _parts_of(tag)
    return region or HOMES.get(language) or OTHER_HOMES.get(language, "")


def _parts_of(tag: str) -> tuple[str, str]:
    """The language and the country that a tag names, each empty if it names none."""
    language, _, rest = tag.strip().lower().replace("_", "-").partition("-")
    region = rest.rpartition("-")[2].upper()
    return (language, region if region in LOCALE_DATA else "") if language.isalpha() else ("", "")


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    return {_name(code, language).casefold(): code for code in LOCALE_DATA for language in LANGUAGES}


def _name(code: str, language: str) -> str:
    names: Mapping[str, str] = LOCALE_DATA.get(code, {})
    given = names.get(language, "")
    return names.get(given[1:], "") if given.startswith("*") else given
