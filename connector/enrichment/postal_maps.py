"""The address that a site's links to maps hold, where its text tells none: a picture may show it instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from urllib.parse import parse_qs, unquote_plus, urlsplit

from connector.enrichment.documents import LONGEST_LINE, LONGEST_URL, Document, Kind, quoted
from connector.enrichment.postal import addresses
from connector.enrichment.postal_value import Place

MOST_MAPS = 20  # of one page
MOST_FRAMES, MOST_FIELDS = 100, 60
_KINDS = frozenset((Kind.HOME, Kind.CONTACT, Kind.ABOUT, Kind.LOCATIONS, Kind.LEGAL))
_MAPS = re.compile(
    r"^(?:maps\.google\.[a-z.]{2,6}|(?:www\.)?google\.[a-z.]{2,6}/maps|(?:www\.)?mapquest\.(?:com|ca|co\.uk)|"
    r"maps\.yahoo\.com|(?:www\.)?bing\.com/maps|maps\.live\.com|(?:www\.)?multimap\.com|(?:www\.)?whereis\.com)"
)
# What the question of a link is called; streets and cities have fields of their own with some.
_WHOLE = ("q", "daddr", "hnear", "query", "where1")
_IN_PARTS = (("address", "addr", "street"), ("city", "csz"), ("state",), ("zipcode", "zip", "postcode"))
_IN_PATH = re.compile(r"/maps/(?:place|dir//?|search)/([^/@?]{8,200})")
_IN_FRAME = re.compile(r"!\ds([^!]{8,200})")


def linked_place(documents: Sequence[Document]) -> Place | None:
    """The one address that links to maps and maps within pages hold; None if they hold several."""
    found: dict[tuple[str, str], Place] = {}
    for document in documents:
        if document.kind not in _KINDS:
            continue
        for said in islice(_questions(document), MOST_MAPS):
            bare = replace(document, lines=(said[:LONGEST_LINE],), footer=frozenset())
            for place in addresses(bare):
                address = replace(place.address, method="link to a map")
                one = replace(place, document=document, address=address, quote=quoted(said))
                found.setdefault(address.key, one)
    return next(iter(found.values())) if len(found) == 1 else None


def _questions(document: Document) -> Iterator[str]:
    """What links and frames ask maps for."""
    frames = (one.get("src") or "" for one in islice(document.tree.iter("iframe"), MOST_FRAMES))
    for url in (*(one.url for one in document.links), *frames):
        split = _split(url)
        if split is None:
            continue
        path, query, fields = split
        yield from (fields[name][0] for name in _WHOLE if name in fields)
        parts = [next((fields[name][0] for name in names if name in fields), "") for names in _IN_PARTS]
        if parts[0] and parts[1]:
            yield f"{parts[0]}, {parts[1]}, {parts[2]} {parts[3]}".strip(" ,")
        if within := _IN_PATH.search(path):
            yield unquote_plus(within.group(1))
        yield from (unquote_plus(one) for one in _IN_FRAME.findall(unquote_plus(query)))


def _split(url: str) -> tuple[str, str, dict[str, list[str]]] | None:
    """Path, query and fields of an address at a service of maps."""
    try:
        split = urlsplit(url[:LONGEST_URL])
        if not _MAPS.match(f"{split.netloc}{split.path}".lower()):
            return None
        return split.path, split.query, parse_qs(split.query, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None
