"""Addresses outside North America: the order of their parts, and what tells the country."""

from __future__ import annotations

import pytest

from connector.enrichment.countries import of_language
from connector.enrichment.documents import opened
from connector.enrichment.postal import addresses
from connector.enrichment.values import Page


def read(body: str, *, language: str = "", url: str = "https://acme-tools.com/") -> list[tuple[str, ...]]:
    page = Page(url, f"<html lang='{language}'><title>Acme</title><body><p>{body}</p></body></html>")
    document = opened(page, home=True)
    assert document is not None
    found = [one.address for one in addresses(document)]
    return [(one.street, one.city, one.postcode, one.country) for one in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "Acme srl<br>10199 Torino Via dei Tigli 3<br>P.I. 0412",
            ("Via dei Tigli 3", "Torino", "10199", "IT"),
        ),
        ("28999 Madrid Calle del Olmo, 7", ("Calle del Olmo, 7", "Madrid", "28999", "ES")),
        ("10199 Torino, Via dei Tigli 3", ("Via dei Tigli 3", "Torino", "10199", "IT")),
        ("10199 Torino - Via dei Tigli, 3", ("Via dei Tigli, 3", "Torino", "10199", "IT")),
        ("10199 Torino, Via dei Tigli 3, 10198 Torino", ("Via dei Tigli 3", "Torino", "10198", "IT")),
        ("Lange Straße 5, Moabit, 10199 Berlin", ("Lange Straße 5", "Berlin", "10199", "DE")),
        ("75099 Paris 12 rue des Tilleuls", ("12 rue des Tilleuls", "Paris", "75099", "FR")),
        (
            "Via dei Tigli, 7/b<br>Borgo Nuovo 36099, Vicenza",
            ("Via dei Tigli, 7/b", "Borgo Nuovo", "36099", "IT"),
        ),
        ("Via dei Tigli, 7/b<br>Borgo Nuovo 36099", ("Via dei Tigli, 7/b", "Borgo Nuovo", "36099", "IT")),
        ("Lindenstraße 5, Altstadt 10199<br>Berlin", ("Lindenstraße 5", "Berlin", "10199", "DE")),
        ("Haritz Kalea, 5, BJ 2, 20099 Tolosa, Gipuzkoa", ("Haritz Kalea, 5, BJ 2", "Tolosa", "20099", "ES")),
        (
            "Calle del Olmo, 7, Oficina 5, 28999 Madrid",
            ("Calle del Olmo, 7, Oficina 5", "Madrid", "28999", "ES"),
        ),
        ("9 Erez St.<br>Kfar-Tamar,<br>Israel - 45299", ("9 Erez St", "Kfar-Tamar", "45299", "IL")),
        ("9 Erez St., Kfar-Tamar 4529901, Israel", ("9 Erez St", "Kfar-Tamar", "4529901", "IL")),
        (
            "Acme Pvt Ltd.<br>Lotus Complex, SH-4, Lotusnagar, Jaipur - 302099, India",
            ("Lotus Complex, SH-4, Lotusnagar", "Jaipur", "302099", "IN"),
        ),
        (
            "Lotus Chambers, 12 Hill Road, Bandra, Mumbai 400099, India",
            ("Lotus Chambers, 12 Hill Road, Bandra", "Mumbai", "400099", "IN"),
        ),
        (
            "Acme<br>Tour Azur, 31 avenue des Tilleuls, 69099 Lyon",
            ("Tour Azur, 31 avenue des Tilleuls", "Lyon", "69099", "FR"),
        ),
        (
            "Our tour guide, 31 avenue des Tilleuls, 69099 Lyon",
            ("31 avenue des Tilleuls", "Lyon", "69099", "FR"),
        ),
        ("Acme Tower Ltd, 12 Hill Road, Mumbai 400099, India", ("12 Hill Road", "Mumbai", "400099", "IN")),
        (
            "ZA des Lilas<br>12 rue du Lac<br>38599 Voiron",
            ("ZA des Lilas, 12 rue du Lac", "Voiron", "38599", "FR"),
        ),
        ("Haus B<br>Lindenstraße 5<br>10199 Berlin", ("Haus B, Lindenstraße 5", "Berlin", "10199", "DE")),
        (
            "Lindenstraße 5<br>Hinterhaus, 2. OG<br>10199 Berlin",
            ("Lindenstraße 5, Hinterhaus, 2. OG", "Berlin", "10199", "DE"),
        ),
        ("Avda. del Olmo, 12 Bajo, 28999 Madrid", ("Avda. del Olmo, 12 Bajo", "Madrid", "28999", "ES")),
        ("R. do Olmo 12B, 1000-199 Lisboa", ("R. do Olmo 12B", "Lisboa", "1000-199", "PT")),
        ("Str. Lungă nr. 12, Cluj 400199, România", ("Str. Lungă nr. 12", "Cluj", "400199", "RO")),
        (
            "No. 12, 1st Floor, Rose Complex, Lotus Salai, Chennai 600099 Tamil Nadu",
            ("No. 12, 1st Floor, Rose Complex, Lotus Salai", "Chennai", "600099", "IN"),
        ),
        (
            "Unit 3, Rose Park, 12 Long Street, Sandton, 2199, South Africa",
            ("Unit 3, Rose Park, 12 Long Street", "Sandton", "2199", "ZA"),
        ),
        ("K U N Z U G, 10299 Talheim, Germany", None),
        ("Dorpsstraat<br>Vereniging Vooruit 2019<br>all of us", None),
        ("10199 Torino Via libera", None),
        (
            "Teléfono: 55 1234 5678<br>Av. Reforma 12, Col. Olmo, 03999 Ciudad de México, México",
            ("Av. Reforma 12", "Ciudad de México", "03999", "MX"),
        ),
        ("Tel. 55 1234 5678<br>Calle Olmo 12, Centro", None),
        ("(55) 1234 5678<br>Av. Reforma 12<br>Centro", None),
        ("55 1234 5678 Monterrey<br>Calle Olmo 12", None),
        ("Calle del Olmo, 12 28999 Madrid, España", ("Calle del Olmo, 12", "Madrid", "28999", "ES")),
        (
            "Av. Reforma, 1602 03999 Ciudad de México, México",
            ("Av. Reforma, 1602", "Ciudad de México", "03999", "MX"),
        ),
    ],
)
def test_the_parts_of_an_address_in_their_orders(body: str, expected: tuple[str, ...] | None) -> None:
    assert read(body) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de", [("Hans-Meier-Staße 9", "Berlin-Mitte", "10299", "DE")]), ("en", []), ("", [])],
)
def test_the_pages_language_tells_the_country(language: str, expected: list[tuple[str, ...]]) -> None:
    assert read("Hans-Meier-Staße 9<br>10299 Berlin-Mitte", language=language) == expected


def test_a_zone_is_a_street_where_no_street_is_named() -> None:
    body = "Zone Artisanale des Lilas<br>38599 Voiron"
    assert read(body, language="fr") == [("Zone Artisanale des Lilas", "Voiron", "38599", "FR")]


def test_the_sites_ending_says_more_than_its_language() -> None:
    assert read("Tulpweg 3<br>1099 AB Delft", language="de-AT", url="https://acme.nl/")[0][3] == "NL"


@pytest.mark.parametrize(
    ("tag", "country"),
    [
        *(("de", "DE"), ("de-AT", "AT"), ("fr_CH", "CH"), ("nb", "NO"), ("zh-Hans-SG", "SG")),
        *(("en-US", ""), ("en", ""), ("es", ""), ("", ""), ("x-klingon", ""), ("?", "")),
    ],
)
def test_countries_of_languages(tag: str, country: str) -> None:
    assert of_language(tag) == country
