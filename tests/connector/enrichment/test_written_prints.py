"""The prints written by hand are read: totals, so that a rule may trade one of them for two others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.written_prints import counted
from connector.enrichment.documents import MOST_TAGS
from connector.enrichment.phones import phones
from connector.enrichment.postal import addresses
from connector.enrichment.postal_labels import best_place
from connector.enrichment.structured import organisations
from tests.connector.enrichment import written
from tests.connector.enrichment.test_reading_parts import document
from tests.connector.enrichment.written import Written


@pytest.mark.parametrize(
    ("prints", "least"),
    [
        (written.addresses(), 0.96),
        (written.addresses("addresses_two.txt"), 0.95),
        (written.sites(), 0.93),
        (written.phones(), 0.97),
    ],
    ids=["addresses", "second set", "sites", "telephones"],
)
def test_prints_of_thirty_countries(prints: Sequence[Written], least: float) -> None:
    count = counted(prints)
    assert count.yielded >= least, "\n".join(count.wrong)
    assert count.accuracy >= least, "\n".join(count.wrong)
    assert count.invented <= 1, "\n".join(count.wrong)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Call 1-800-FLOWERS now", "+18003569377"),
        ("212-736-5000 (Tel) / 212-736-5001 (Fax)", "+12127365000"),
        ("VAT no. 2127365000", ""),
        ("Paid 2127365000 for it", ""),
        ("2127365000", "+12127365000"),
    ],
)
def test_numbers_of_registers_are_no_telephones_and_letters_may_be(line: str, number: str) -> None:
    assert "".join(one.number for one in phones([document(f"<p>{line}</p>")], "US")) == number


@pytest.mark.parametrize(
    ("body", "street", "city"),
    [
        ("Plot No. 18, Sector 44<br>Gurugram, Haryana - 122003", "Plot No. 18, Sector 44", "Gurugram"),
        ("50 State Street<br>P.O. Box 440<br>Montpelier, VT 05601", "50 State Street", "Montpelier"),
        ("ul. Piotrkowska 60, 90-105 Łódź. All rights reserved.", "ul. Piotrkowska 60", "Łódź"),
        ("1200 SE Hawthorne Blvd<br>Portland, OR 97214", "1200 SE Hawthorne Blvd", "Portland"),
        ("Shop 3, 5 Shop Street<br>Galway<br>H91 CX3P", "Shop 3, 5 Shop Street", "Galway"),
        ("14 Office Park Drive, Jackson, MS 39201", "14 Office Park Drive", "Jackson"),
        ("6 Lapps Quay<br>Cork<br>T12 VY7W<br>Ireland", "6 Lapps Quay", "Cork"),
        ("4700, rue de la Savane<br>Montréal (Québec) H4P 1T7", "4700, rue de la Savane", "Montréal"),
    ],
)
def test_addresses_part_by_part(body: str, street: str, city: str) -> None:
    url = "https://acme-tools.ie/" if "H91" in body else "https://acme-tools.com/"
    found = [one.address for one in addresses(document(f"<p>{body}</p>", url))]
    assert [(one.street, one.city) for one in found] == [(street, city)]


def test_years_and_sentences_are_no_addresses() -> None:
    prose = "<p>Founded 1998<br>2004 Aarhus<br>We deliver from SW1A 1AA to EC1V 2NX.</p>"
    assert not list(addresses(document(prose, "https://acme-tools.dk/")))


def test_rdfa_says_who_and_where() -> None:
    body = (
        "<div vocab='https://schema.org/' typeof='Organization'><b property='schema:name'>Acme Tools</b>"
        "<p property='address' typeof='PostalAddress'><i property='streetAddress'>Pier 3</i>"
        "<meta property='addressLocality' content='Aarhus C'></p></div>"
    )
    (one,) = organisations(document(body))
    assert (one.name, one.street, one.city, one.method) == ("Acme Tools", "Pier 3", "Aarhus C", "rdfa")


@pytest.mark.parametrize(
    ("before", "own"),
    [
        ("<p>Testimonials</p><p>View on Google Maps</p>", True),
        ("<p>Web Hosting | Conference | Clients</p>", True),
        ("<p>Web design: Kestrel Works</p>", True),
        ("<p>Website designed by Pixel,</p>", False),
        ("<p>Venue: City Hall</p>", False),
    ],
)
def test_an_address_of_somebody_else_is_none_of_the_companys(before: str, own: bool) -> None:
    places = list(addresses(document(f"{before}<p>12 Main Street<br>Austin, TX 78701</p>")))
    assert (best_place(places, ["Kestrel Works"]) is not None) is own


def test_a_page_of_too_many_tags_is_read_up_to_there() -> None:
    assert len(document("<p>x" * (MOST_TAGS + 5_000)).lines) < MOST_TAGS
