"""The address that structured data gives for an organisation, if it is one."""

from __future__ import annotations

import re
from dataclasses import replace

from connector.enrichment import countries
from connector.enrichment.documents import Document, quoted
from connector.enrichment.postal import addresses
from connector.enrichment.postal_value import Address, Place
from connector.enrichment.postal_windows import fits, state_code
from connector.enrichment.structured import Organisation

# What themes and generators put where an address belongs.
_EXAMPLE = re.compile(
    r"\b(?:your|my|example|sample|street\s?(?:address|name)|address\s(?:line|1)|lorem|n/a|none|null|undefined|tbd|xxx+)\b|"
    r"^(?:street|address|city|town|locality|postcode|zip|-+|0+|123 (?:main|street|anywhere).*)$",
    re.IGNORECASE,
)


def given_place(one: Organisation, document: Document) -> Place | None:
    """The organisation's address, from its parts or from a text that holds them all."""
    country = countries.code_of(one.country)
    state = state_code(one.state) if country in {"US", "CA", "AU", ""} else one.state
    city = re.sub(rf",\s{re.escape(one.state or 'ZZ')}$|,\s?[A-Z]{{2}}$", "", one.city).strip()
    address = Address(_alone(one.street, city, one.postcode), city, state, one.postcode, country, one.method)
    parts = (address.street, address.city, address.postcode)
    if (
        address.street
        and address.city
        and fits(address)
        and not any(map(_EXAMPLE.search, filter(None, parts)))
    ):
        quote = ", ".join(part for part in (one.name, one.street, one.postcode, one.city) if part)
        return Place(address, document, quoted(quote))
    text = one.address_text or ("" if one.city else one.street)
    found = next(addresses(replace(document, lines=(text,), footer=frozenset())), None) if text else None
    if found is None:
        return None
    return replace(found, document=document, address=replace(found.address, method=one.method))


def _alone(street: str, city: str, postcode: str) -> str:
    """The street without the city and the postcode, where they stand in the same value."""
    if not city or (postcode and postcode not in street) or city.casefold() not in street.casefold():
        return street
    found = re.search(
        rf"[\s,]+(?:{re.escape(postcode or city)}\s)?{re.escape(city)}(?!\w)", street, re.IGNORECASE
    )
    return street[: found.start()].strip(" ,") if found and found.start() > 2 else street  # noqa: PLR2004
