"""Countries that endings of domains tell, and those that they do not."""

from __future__ import annotations

import pytest

from connector.enrichment.countries import of_ending, of_speakers
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


@pytest.mark.parametrize(
    ("tag", "country"),
    [
        *(
            ("en-GB", "GB"),
            ("en_us", "US"),
            ("es-MX", "MX"),
            ("es-419", ""),
            ("es", ""),
            ("en", ""),
            ("", ""),
        ),
        *(("tr", "TR"), ("ja", "JP"), ("uk", "UA"), ("de", "DE"), ("zh-Hans", ""), ("?", "")),
    ],
)
def test_whose_telephones_a_language_has(tag: str, country: str) -> None:
    assert of_speakers(tag) == country


_SPANISH = "<p>Somos una empresa de talleres para el campo y la ciudad. Llámenos por teléfono.</p>"
_ADDRESS = "<p>Av. Reforma 12, Col. Olmo, 03999 Ciudad de México, México</p>"


@pytest.mark.parametrize(
    ("attributes", "body", "number", "found"),
    [
        ("lang='es-MX'", "", "55 1234 5678", "+525512345678"),
        ("lang='es-CO'", "", "601 234 5678", "+576012345678"),
        ("lang='tr'", "", "(212) 555 12 34", "+902125551234"),
        ("lang='es'", "<meta property='og:locale' content='es_MX'>", "55 1234 5678", "+525512345678"),
        ("lang='de'", "<meta property='og:locale' content='en_US'>", "0711 1234567", "+497111234567"),
        ("lang='en-GB'", "", "020 7946 0958", "+442079460958"),
        ("lang='en-GB'", "", "(212) 555-1234", "+12125551234"),  # as templates come
        ("lang='en-ZA'", "", "212 555 1234", None),
        ("lang='en-GB'", "<p>Tel: 020 7946 0958</p>", "(212) 555-1234", "+442079460958"),
        ("lang='es'", "", "55 1234 5678", None),  # of Spain, of Mexico or of anywhere between
        ("", _SPANISH, "55 1234 5678", None),
        ("lang='en-US'", 3 * _SPANISH, "55 1234 5678", None),
        ("", _SPANISH + _ADDRESS, "55 1234 5678", "+525512345678"),
        ("lang='en'", _ADDRESS, "55 1234 5678", "+525512345678"),
        ("", "<p>電話でお問い合わせください。東京の会社です。</p>", "212 555 1234", None),
        ("", "", "(212) 555-1234", "+12125551234"),
        ("lang='en'", "<p>Casa de la Luna</p>", "(212) 555-1234", "+12125551234"),
        ("lang='es'", "<p>12 Main Street<br>Miami, FL 33101</p>", "(212) 555-1234", "+12125551234"),
    ],
)
def test_a_number_without_its_countrys_is_of_where_the_page_is_from(
    attributes: str, body: str, number: str, found: str | None
) -> None:
    html = f"<html {attributes}><title>Kestrel Works</title><body>{body}<p>Tel: {number}</p></body></html>"
    page = Page("https://kestrelworks.com/", html)
    reading = read_site(Company("1", "Kestrel Works"), Site((page,)))
    told = {one.field.value: one.value for one in reading.proposals}
    assert told.get("phone") == found


def test_the_country_that_an_organisation_names_is_its_telephones_too() -> None:
    page = Page(
        "https://kestrelworks.com/",
        """<title>Kestrel Works</title><script type="application/ld+json">{"@type": "Organization",
        "name": "Kestrel Works", "telephone": "0161 496 0000", "address": {"addressCountry": "GB"}}</script>
        <body>Kites</body>""",
    )
    reading = read_site(Company("1", "Kestrel Works"), Site((page,)))
    assert [one.value for one in reading.proposals if one.field.value == "phone"] == ["+441614960000"]
