"""Addresses that only links to maps hold, of companies that do not exist."""

from __future__ import annotations

import pytest

from connector.enrichment.reading import read_site
from connector.enrichment.values import Company, EnrichedField, Page, Site

GOOGLE = "http://maps.google.com/maps?f=q&q="


def placed(body: str, path: str = "contact.html") -> tuple[str, ...]:
    page = Page(f"http://www.kestrel.com/{path}", f"<title>Kestrel</title>{body}")
    home = Page("http://www.kestrel.com/", "<title>Kestrel</title><p>Wood turners.</p>")
    reading = read_site(Company("1", "Kestrel", "kestrel.com"), Site((home, page)))
    wanted = (EnrichedField.STREET, EnrichedField.CITY)
    return tuple(one.value for one in reading.proposals if one.field in wanted)


@pytest.mark.parametrize(
    "url",
    [
        f"{GOOGLE}14+Alder+Road,+Salem,+OR+97301&amp;hl=en",
        f"{GOOGLE}Kestrel,+14+Alder+Road,+Salem,+OR",
        "http://www.mapquest.com/maps?address=14+Alder+Road&amp;city=Salem&amp;state=OR&amp;zipcode=97301",
        "http://maps.yahoo.com/maps_result?addr=14+Alder+Road&amp;csz=Salem,+OR+97301",
        "https://www.google.com/maps/place/14+Alder+Road,+Salem,+OR+97301/@44.9,-123.0,17z",
    ],
)
def test_a_link_to_a_map(url: str) -> None:
    assert placed(f"<a href='{url}'>Map</a>") == ("14 Alder Road", "Salem")


def test_a_map_within_the_page() -> None:
    place = "!1m2!1s0x0%3A0x1!2s14+Alder+Road%2C+Salem%2C+OR+97301!5e0"
    assert placed(f"<iframe src='https://www.google.com/maps/embed?pb={place}'></iframe>") == (
        "14 Alder Road",
        "Salem",
    )


@pytest.mark.parametrize(
    "body",
    [
        f"<a href='{GOOGLE}14+Alder+Road,+Salem,+OR'>A</a><a href='{GOOGLE}9+Elm+Road,+Reno,+NV'>B</a>",
        "<a href='http://example.com/maps?q=14+Alder+Road,+Salem,+OR+97301'>Map</a>",
        f"<a href='{GOOGLE}44.9,-123.0'>Map</a>",
        f"<a href='{GOOGLE}{'a=1&amp;' * 90}'>Map</a>",
        "<iframe></iframe><iframe src='http://[maps.google.com/maps?q=14+Alder+Road,+Salem,+OR'></iframe>",
    ],
)
def test_several_addresses_or_none(body: str) -> None:
    assert placed(body) == ()


def test_what_the_text_says_comes_first() -> None:
    body = f"<p>14 Alder Road, Salem, OR 97301</p><a href='{GOOGLE}9+Elm+Road,+Reno,+NV'>Map</a>"
    assert placed(body) == ("14 Alder Road", "Salem")


def test_pages_of_others_tell_nothing() -> None:
    assert placed(f"<a href='{GOOGLE}14+Alder+Road,+Salem,+OR'>Map</a>", "dealers.html") == ()
