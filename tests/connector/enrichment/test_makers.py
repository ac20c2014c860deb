"""Numbers and profiles of who made a site are not the company's."""

from __future__ import annotations

import pytest

from connector.enrichment.reading import read_site
from connector.enrichment.values import Company, Page, Site

KESTREL = Company("1", "Kestrel Works", "kestrelworks.com")
_TEL = '<a href="tel:+15125550142">512-555-0142</a>'
_PROFILES = (
    '<a href="https://www.linkedin.com/company/pixelforge-studio">in</a> '
    '<a href="https://www.facebook.com/pixelforge">fb</a>'
)


def told(body: str, company: Company = KESTREL, *further: Page) -> dict[str, str]:
    """What is proposed of a company whose home page has this footer."""
    html = f"<title>{company.name}</title><body><h1>{company.name}</h1>{body}</body>"
    reading = read_site(company, Site((Page(f"https://{company.website}/", html), *further)))
    assert reading.is_company
    return {one.field.value: one.value for one in reading.proposals}


@pytest.mark.parametrize(
    "body",
    [
        f"<footer><p>© 2026 Kestrel Works. Website by PixelForge Studio {_TEL} {_PROFILES}</p></footer>",
        f"<footer><p>Site by <a href='https://pixelforge.example'>PixelForge</a> {_TEL} {_PROFILES}</footer>",
        f"<footer><p>Designed &amp; hosted by PixelForge: {_TEL}</p></footer><p>{_PROFILES}</p>",
        f"<footer>Site by PixelForge, 901 Congress Ave, Austin, TX 78701, 512-555-0142</footer>{_PROFILES}",
        f"<p>Web design: PixelForge<br>512-555-0142</p>{_PROFILES}",
        f"<p>Réalisation du site : PixelForge, tél. {_TEL}</p>{_PROFILES}",
        f"<p>Diseño web por PixelForge, tel. {_TEL}</p>{_PROFILES}",
        f"<p>Sito web realizzato da PixelForge, tel. {_TEL}</p>{_PROFILES}",
        f"<p>Website door PixelForge, tel. {_TEL}</p>{_PROFILES}",
        f"<p>Umsetzung: PixelForge GmbH, Tel. {_TEL}</p>{_PROFILES}",
    ],
)
def test_the_makers_telephone_and_profiles_are_left(body: str) -> None:
    found = told(body)
    assert found.keys().isdisjoint({"phone", "linkedin", "social", "street"})


@pytest.mark.parametrize(
    "body",
    [
        f"<footer>Website by PixelForge</footer><p>Call us: {_TEL}</p>",
        f"<footer><p>Website by PixelForge. Contact us: {_TEL}</p></footer>",
        f"<p>Our boats are built by craftsmen of Maine. Phone {_TEL}</p>",
        f"<p>Kitchens designed by Kestrel Works, phone {_TEL}</p>",
        f"<p>Viewing is made by appointment, phone {_TEL}</p>",
        f"<p>Website by PixelForge {_TEL}</p><p>Phone: {_TEL}</p>",
    ],
)
def test_the_companys_own_telephone_is_not(body: str) -> None:
    assert told(body)["phone"] == "+15125550142"


def test_profiles_that_bear_the_companys_name_are_its_own_wherever_they_stand() -> None:
    body = '<p>Website by PixelForge <a href="https://www.facebook.com/kestrelworks">fb</a></p>'
    assert told(body)["social"] == "https://www.facebook.com/kestrelworks"


def test_a_maker_of_sites_makes_its_own() -> None:
    found = told(
        f"<p>Site by PixelForge Studio {_TEL} {_PROFILES}</p>", Company("1", "PixelForge", "pixelforge.com")
    )
    assert (found["phone"], found["social"]) == ("+15125550142", "https://www.facebook.com/pixelforge")


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (
            "<h2>Umsetzung und Gestaltung</h2><p>Pixelschmiede<br>Lange Str. 5<br>70173 Stuttgart<br>TEL</p>",
            None,
        ),
        ("<p>Webdesign: Pixelschmiede GmbH<br>Lange Str. 5<br>70173 Stuttgart<br>TEL</p>", None),
        (
            "<p>Zuständige Aufsichtsbehörde: Regierung von Ort<br>Lange Str. 5<br>80538 München<br>TEL</p>",
            None,
        ),
        ("<p>Webdesign: Pixelschmiede GmbH</p><h2>Kontakt</h2><p>Lange Str. 5<br>TEL</p>", "+497111234567"),
        ("<p>Gestaltung: Pixelschmiede</p><p>Falken Werke GmbH<br>Lange Str. 5<br>TEL</p>", "+497111234567"),
        ("<p>Falken Werke GmbH<br>Lange Str. 5<br>70173 Stuttgart<br>TEL</p>", "+497111234567"),
    ],
)
def test_imprints_name_makers_and_authorities_with_their_addresses(body: str, number: str | None) -> None:
    html = (
        f"<html lang=de><title>Impressum</title><body>{body.replace('TEL', 'Telefon: 0711 1234567')}</body>"
    )
    imprint = Page("https://falkenwerke.de/impressum", html)
    found = told("", Company("1", "Falken Werke", "falkenwerke.de"), imprint)
    assert found.get("phone") == number
    assert number is not None or "street" not in found
