"""The addresses of one page, for tests."""

from __future__ import annotations

from connector.enrichment.documents import opened
from connector.enrichment.postal import addresses
from connector.enrichment.values import Page


def read(body: str, site: str = "kestrel.com", path: str = "contact", title: str = "Kestrel") -> list[str]:
    """Street, city, state, postcode and country of each, with bars between them."""
    document = opened(Page(f"https://www.{site}/{path}", f"<title>{title}</title><p>{body}</p>"))
    assert document is not None
    found = [one.address for one in addresses(document)]
    return ["|".join((one.street, one.city, one.state, one.postcode, one.country)) for one in found]
