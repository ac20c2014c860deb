"""Whether the address that the CRM has and the one that a site gives are of one place. Decisions only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from connector.enrichment.values import EnrichedField

# The parts of one address.
ADDRESS: Final = (
    *(EnrichedField.STREET, EnrichedField.CITY, EnrichedField.STATE),
    *(EnrichedField.POSTCODE, EnrichedField.COUNTRY),
)
_LONGEST_CODE: Final = 3  # of a state: TX, NSW
_FIRST_LETTERS: Final = 4  # of a street's word: "Hauptstr." is "Hauptstraße"
_COUNTRY_BEFORE: Final = re.compile(r"^[a-z]{1,3}\s?-\s?(?=\d)", re.IGNORECASE)  # D-10115
_ZIP: Final = re.compile(r"(\d{5})-?\d{4}")

Address = Mapping[EnrichedField, str]


def same_place(stands: Address, found: Address) -> bool:
    """Whether what is missing in the CRM's address may come from a site's.

    A postcode tells a place, and where it cannot be compared a city does, unless the country, the state or
    the street is another one. Without either, all that the CRM says has to be what the site says: a city
    beside which the site gives a street without a city may be another one.

    Args:
        stands: the parts that are not empty in the CRM.
        found: the parts that the site gives.
    """
    if _differ(EnrichedField.COUNTRY, stands, found):
        return False
    if _compared(EnrichedField.POSTCODE, stands, found):
        return not _differ(EnrichedField.POSTCODE, stands, found)
    if _compared(EnrichedField.CITY, stands, found):
        others = _differ(EnrichedField.CITY, stands, found) or _differ(EnrichedField.STREET, stands, found)
        return not others and not _other_code(stands, found)
    return all(part in found and not _differ(part, stands, found) for part in stands)


def _compared(part: EnrichedField, stands: Address, found: Address) -> bool:
    return part in stands and part in found


def _differ(part: EnrichedField, stands: Address, found: Address) -> bool:
    return _compared(part, stands, found) and not _SAME[part](stands[part], found[part])


def _other_code(stands: Address, found: Address) -> bool:
    """Whether both have states by code, and not the same one: "Bayern" and "Bavaria" tell nothing."""
    codes = {_state_code(one.get(EnrichedField.STATE, "")) for one in (stands, found)}
    return len(codes) > 1 and all(0 < len(one) <= _LONGEST_CODE for one in codes)


def _same_country(one: str, other: str) -> bool:
    return _bare(one) == _bare(other) or "" != _country_code(one) == _country_code(other)


def _same_state(one: str, other: str) -> bool:
    return _bare(_state_code(one)) == _bare(_state_code(other))


def _country_code(text: str) -> str | None:
    # What reads telephone numbers and pages comes with it, which a question needs not.
    from connector.enrichment.countries import code_of  # noqa: PLC0415

    return code_of(text)


def _state_code(text: str) -> str:
    from connector.enrichment.postal_windows import state_code  # noqa: PLC0415

    return state_code(text)


def _same_postcode(one: str, other: str) -> bool:
    return _postcode(one) == _postcode(other)


def _postcode(text: str) -> str:
    bare = _COUNTRY_BEFORE.sub("", text.strip())
    long = _ZIP.fullmatch(bare)
    return long.group(1) if long else _bare(bare)


def _same_city(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _same_street(one: str, other: str) -> bool:
    """Streets are written in many ways: a number and the beginning of a word in common have to do."""
    numbers, words = (
        [set(re.findall(pattern, _plain(text))) for text in (one, other)]
        for pattern in (r"\d+", rf"[^\W\d_]{{{_FIRST_LETTERS}}}")
    )
    return _bare(one) == _bare(other) or bool(numbers[0] & numbers[1] and words[0] & words[1])


def _bare(text: str) -> str:
    """Letters and digits only: "Saint-Étienne" is "saint etienne"."""
    return re.sub(r"[\W_]", "", _plain(text))


def _plain(text: str) -> str:
    spelt = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in spelt if not unicodedata.combining(one))


_SAME: Final[Mapping[EnrichedField, Callable[[str, str], bool]]] = {
    EnrichedField.STREET: _same_street,
    EnrichedField.CITY: _same_city,
    EnrichedField.STATE: _same_state,
    EnrichedField.POSTCODE: _same_postcode,
    EnrichedField.COUNTRY: _same_country,
}
