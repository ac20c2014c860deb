"""What a page says in structured data: organisations of JSON-LD, microdata and RDFa, as one value.

Nothing here decides whether an organisation is the company; ``names.same_name`` does.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from extruct.jsonld import JsonLdExtractor
from extruct.w3cmicrodata import MicrodataExtractor

from connector.enrichment.documents import LONGEST_TEXT, Document, site_domain, site_label
from connector.enrichment.marked import rdfa

DEEPEST = 8
MOST_NODES = 2_000
MOST_SCOPES = 300
MOST_PLACES = 20  # of one organisation
LONGEST_VALUE = 1_000
# Of schema.org; subtypes of LocalBusiness are recognised by their endings as well.
ORGANISATION_TYPES = frozenset(
    (
        *("organization", "corporation", "localbusiness", "professionalservice", "ngo", "airline", "store"),
        *(
            "educationalorganization",
            "collegeoruniversity",
            "school",
            "medicalorganization",
            "hospital",
            "dentist",
        ),
        *(
            "physician",
            "medicalclinic",
            "legalservice",
            "attorney",
            "notary",
            "financialservice",
            "bankorcreditunion",
        ),
        *(
            "insuranceagency",
            "accountingservice",
            "realestateagent",
            "travelagency",
            "hotel",
            "restaurant",
            "library",
        ),
        *(
            "employmentagency",
            "newsmediaorganization",
            "governmentorganization",
            "onlinebusiness",
            "onlinestore",
        ),
        *(
            "plumber",
            "electrician",
            "roofingcontractor",
            "housepainter",
            "locksmith",
            "movingcompany",
            "project",
        ),
        *(
            "automotivebusiness",
            "autodealer",
            "autorepair",
            "consortium",
            "cooperative",
            "homeandconstructionbusiness",
        ),
    )
)
ENDINGS = ("organization", "business", "store", "agency", "contractor", "clinic")


@dataclass(frozen=True)
class Organisation:
    """An organisation as structured data has it; what is not given is empty.

    Attributes:
        employees: the head count, if it is given as one number.
        method: ``json-ld``, ``microdata`` or ``rdfa``.
        address_text: an address that is not given in parts.
        addresses: how many different ones are given; the parts are those of the first.
    """

    name: str
    method: str
    source_url: str
    phone: str = ""
    fax: str = ""
    email: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    address_text: str = ""
    addresses: int = 0
    description: str = ""
    founded: str = ""
    employees: str = ""
    same_as: tuple[str, ...] = ()


def organisations(document: Document) -> tuple[Organisation, ...]:
    """Every organisation with a name that the page's structured data holds."""
    given = (
        ("json-ld", _json_ld(document.tree)),
        ("microdata", _microdata(document)),
        ("rdfa", rdfa(document.tree)),
    )
    found = [_organisation(node, how, document.url) for how, items in given for node in _walk(items)]
    return tuple(dict.fromkeys(one for one in found if one.name))


def _json_ld(tree: Any) -> list[Any]:
    """Block by block, so that one broken block does not hide the others."""
    extractor = JsonLdExtractor()
    found: list[Any] = []
    for script in tree.iter("script"):
        kind = (script.get("type") or "").strip().lower()
        if kind != "application/ld+json" or len(script.text or "") > LONGEST_TEXT:
            continue
        try:
            found += extractor.extract_items(script)
        except (ValueError, RecursionError):  # JSONDecodeError is a ValueError
            continue
    return found


def _microdata(document: Document) -> list[Any]:
    scopes = document.tree.xpath("count(//*[@itemscope])")
    if not 0 < scopes <= MOST_SCOPES:
        return []
    try:
        items = MicrodataExtractor().extract_items(document.tree, base_url=document.url)
    except (ValueError, RecursionError):
        return []
    return [_like_json_ld(one, 0) for one in items]


def _like_json_ld(item: Any, depth: int) -> Any:
    if isinstance(item, list):
        return [_like_json_ld(one, depth) for one in item]
    if not isinstance(item, Mapping) or depth > DEEPEST:
        return item
    properties = item.get("properties")
    given = properties if isinstance(properties, Mapping) else {}
    return {
        "@type": item.get("type", ""),
        **{key: _like_json_ld(one, depth + 1) for key, one in given.items()},
    }


def _walk(items: list[Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [(one, 0) for one in items]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node, depth = waiting.pop(0)
        if isinstance(node, list):
            waiting += [(one, depth) for one in node]
        elif isinstance(node, Mapping):
            if _is_organisation(node):
                yield node
            if depth < DEEPEST:
                waiting += [(one, depth + 1) for one in node.values() if isinstance(one, list | Mapping)]


def _is_organisation(node: Mapping[str, Any]) -> bool:
    types = node.get("@type")
    names = (str(one).rsplit("/", 1)[-1].lower() for one in (types if isinstance(types, list) else [types]))
    return any(one in ORGANISATION_TYPES or one.endswith(ENDINGS) for one in names)


def _organisation(node: Mapping[str, Any], method: str, url: str) -> Organisation:
    places = _places(node)
    place = next((one for one in places if isinstance(one, Mapping)), {})
    texts = [one for one in places if isinstance(one, str)]
    point = _first(node.get("contactPoint"))
    contact = point if isinstance(point, Mapping) else {}
    return Organisation(
        name=_text(node.get("name")) or _text(node.get("legalName")) or _nameless(node, url),
        method=method,
        source_url=url,
        phone=_text(node.get("telephone")) or _text(contact.get("telephone")),
        fax=_text(node.get("faxNumber")),
        email=_text(node.get("email")) or _text(contact.get("email")),
        street=_text(place.get("streetAddress")),
        city=_text(place.get("addressLocality")),
        state=_text(place.get("addressRegion")),
        postcode=_text(place.get("postalCode")),
        country=_text(place.get("addressCountry")),
        address_text=_text(texts),
        addresses=len({str(one) for one in places}),
        description=_text(node.get("description")),
        founded=_text(node.get("foundingDate")),
        employees=_text(node.get("numberOfEmployees")),
        same_as=_texts(node.get("sameAs")),
    )


def _places(node: Mapping[str, Any]) -> list[Any]:
    """Its addresses, in parts or as texts: its own, else those of its location."""
    own = node.get("address")
    found = own if isinstance(own, list) else [own]
    if not any(found):
        spots = node.get("location")
        several = spots if isinstance(spots, list) else [spots]
        inner = [one.get("address") for one in several[:MOST_PLACES] if isinstance(one, Mapping)]
        found = [each for one in inner for each in (one if isinstance(one, list) else [one])]
    return [one for one in found[:MOST_PLACES] if one and isinstance(one, Mapping | str)]


def _nameless(node: Mapping[str, Any], url: str) -> str:
    """What gives the site's own address as its own is who the domain says."""
    own = site_domain(url)
    return site_label(url) if own and site_domain(_text(node.get("url"))) == own else ""


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _text(value: Any) -> str:
    one = _first(value)
    if isinstance(one, Mapping):
        one = _first(one.get("name") or one.get("value") or one.get("@value"))
    if isinstance(one, bool) or not isinstance(one, str | int | float):
        return ""
    return " ".join(html.unescape(str(one)[:LONGEST_VALUE]).split())


def _texts(value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(one[:LONGEST_VALUE] for one in several[:50] if isinstance(one, str) and one)
