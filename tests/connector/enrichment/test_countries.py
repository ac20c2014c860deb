"""Countries that endings of domains tell, and those that they do not."""

from __future__ import annotations

import pytest

from connector.enrichment.countries import of_ending
from connector.enrichment.reading import read_site
from connector.enrichment.values import Company, Page, Site

SOLD = (
    *("ac", "ad", "ag", "ai", "am", "as", "bz", "cc", "cd", "co", "dj", "fm", "gg", "gl", "im", "io", "la"),
    *("ly", "me", "ms", "nu", "pw", "sc", "sh", "so", "sr", "st", "su", "tk", "to", "tv", "vc", "vg", "ws"),
)


@pytest.mark.parametrize("ending", SOLD)
def test_an_ending_that_is_sold_to_everybody_tells_no_country(ending: str) -> None:
    page = Page(f"https://kestrelworks.{ending}/", "<title>Kestrel Works</title><body>Kestrel Works</body>")
    reading = read_site(Company("1", "Kestrel Works", f"kestrelworks.{ending}"), Site((page,)))
    assert (reading.is_company, reading.proposals) == (True, ())


@pytest.mark.parametrize(
    ("url", "country"),
    [
        *(("https://acme.de/", "DE"), ("https://acme.co.uk/", "GB"), ("https://acme.com.ag/", "")),
        *(("https://acme.is/", "IS"), ("https://acme.li/", "LI"), ("https://acme.com/", "")),
        *(("https://acme.eu/", ""), ("https://acme.example/", "")),
    ],
)
def test_the_ending_of_a_country_tells_it(url: str, country: str) -> None:
    assert of_ending(url) == country
