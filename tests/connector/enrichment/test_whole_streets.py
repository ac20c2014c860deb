"""A street as a letter needs it: with its suite, floor and building, without anybody's name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.enrichment.documents import opened
from connector.enrichment.postal import addresses
from connector.enrichment.postal_value import Address
from connector.enrichment.postal_whole import front
from connector.enrichment.reading import read_site
from connector.enrichment.values import Company, Page, Site

URL = "https://kestrelworks.com/contact"
DENVER = "Denver, CO 80299"


def street_of(*bodies: str, name: str = "Kestrel Works, Inc.") -> str:
    pages = tuple(
        Page(f"{URL}/{at}", f"<title>Kestrel Works</title><body><p>Kestrel Works</p><p>{body}</p></body>")
        for at, body in enumerate(bodies)
    )
    reading = read_site(Company("1", name, "kestrelworks.com"), Site(pages))
    return next((one.value for one in reading.proposals if one.field.value == "street"), "")


@pytest.mark.parametrize(
    ("body", "street"),
    [
        (f"1200 Main St<br>Suite 200<br>{DENVER}", "1200 Main St, Suite 200"),
        (f"Suite 200<br>1200 Main St<br>{DENVER}", "Suite 200, 1200 Main St"),
        (f"1200 Main St<br>Suite 200 {DENVER}", "1200 Main St, Suite 200"),
        (f"1200 Main St ----- Suite 200 ----- {DENVER}", "1200 Main St, Suite 200"),
        (f"1200 Main St<br>Second Floor<br>{DENVER}", "1200 Main St, Second Floor"),
        (f"1200 Main St<br>Republic Plaza<br>{DENVER}", "1200 Main St, Republic Plaza"),
        (f"Republic Tower, Suite 200<br>1200 Main St<br>{DENVER}", "Republic Tower, Suite 200, 1200 Main St"),
        (f"The Republic Building<br>1200 Main St<br>{DENVER}", "The Republic Building, 1200 Main St"),
        (f"(303) 555-0143 1200 Main St, Suite 200<br>{DENVER}", "1200 Main St, Suite 200"),
        (f"1200 Main St (just off Route 9)<br>{DENVER}", "1200 Main St"),
        (f"1200 S Main Ave /<br>{DENVER}", "1200 S Main Ave"),
        (f"P.O. Box 12<br>1200 Main St<br>{DENVER}", "1200 Main St"),
        (f"P.O. Box 12<br>{DENVER}", "P.O. Box 12"),
        ("#200 - 1200 Main St<br>Vancouver, BC V6B 1A1", "#200, 1200 Main St"),
        ("310 #12, boul. des Sapins<br>Laval (Québec)<br>H7B 1A1", "310 #12, boul. des Sapins"),
        (
            "Level 3<br>Republic House<br>45 Kent Street<br>Sydney NSW 2000",
            "Level 3, Republic House, 45 Kent Street",
        ),
        (
            "Suite 4, 3rd Floor, Oak Hill Business Centre,<br>31 Oak Road, Oak Hill, Victoria, 3150",
            "Suite 4, 3rd Floor, Oak Hill Business Centre, 31 Oak Road",
        ),
        ("Level 1 Oak Centre, 45 Kent St, Sydney, NSW 2000", "Level 1 Oak Centre, 45 Kent St"),
        ("GPO Box 123<br>Sydney NSW 2001", "GPO Box 123"),
        ("Flat 3<br>12 High Street<br>London<br>N14 6BX", "Flat 3, 12 High Street"),
        (
            "4th Floor, The Gables<br>30 High Street<br>London<br>N14 6BX",
            "4th Floor, The Gables, 30 High Street",
        ),
        (
            "Suite 2<br>3rd Floor<br>Oak House<br>Hill Estate<br>5 High Street<br>London N14 6BX",
            "Suite 2, 3rd Floor, Oak House, Hill Estate, 5 High Street",
        ),
        (
            "Unit 5, 12/F, Rose Tower, 12 Queen's Road, Central, Hong Kong",
            "Unit 5, 12/F, Rose Tower, 12 Queen's Road, Central",
        ),
        ("By post, to 4th Floor, 2 Oak Yard, London, England, N14 6BX", "4th Floor, 2 Oak Yard"),
        (
            "Unit 8<br>Europa Green<br>Oak Business Park<br>Alton GU34 1AB",
            "Unit 8, Europa Green, Oak Business Park",
        ),
        ("7th Floor, 396 - 11th Avenue S.W. Calgary, AB T2R 0C5", "7th Floor, 396 - 11th Avenue S.W."),
        (
            "Level 36, The Oak Plaza 71 Kent Street BRISBANE, QLD. 4000",
            "Level 36, The Oak Plaza, 71 Kent Street",
        ),
        ("Falcon Flooring Unit 2, 62-64 Oak Rd, Sydney, NSW 2000", "Unit 2, 62-64 Oak Rd"),
        (f"Republic Plaza Suite 2<br>1200 Main St<br>{DENVER}", "Republic Plaza Suite 2, 1200 Main St"),
        ("Unit 2 - 1200 Main St. Suite #9 Port Hope, ON L1A 1A1", "Unit 2 - 1200 Main St. Suite #9"),
        (f"1200 Main St, Pavilion L, Floor 4 {DENVER}", "1200 Main St, Pavilion L, Floor 4"),
        (f"1200 Main St<br>Mail Stop B8<br>{DENVER}", "1200 Main St, Mail Stop B8"),
        ("12 Rose Road, #05-12 Rose Building, Singapore 129956", "12 Rose Road, #05-12 Rose Building"),
    ],
)
def test_what_stands_with_the_street_belongs_to_it(body: str, street: str) -> None:
    assert street_of(body) == street


@pytest.mark.parametrize(
    "before",
    [
        *("Kestrel Works", "Jane Doe, Owner", "Head Office", "Phone 303-555-0100", "Mon-Fri 9-5", "Office"),
        *(
            "Republic Wellness Center",
            "Visit our building",
            "Suites available",
            "Fred's Building Supply Inc.",
        ),
    ],
)
def test_names_and_other_lines_do_not(before: str) -> None:
    assert street_of(f"{before}<br>1200 Main St<br>{DENVER}") == "1200 Main St"


@pytest.mark.parametrize(
    ("name", "body", "street"),
    [
        ("Kestrel Works", "Kestrel Works, Unit 7, Hill Estate, Alton GU34 1AB", "Unit 7, Hill Estate"),
        ("Kestrel Works", "Kestrel Works<br>7 Hillside<br>Alton<br>GU34 1AB", "7 Hillside"),
        ("Kestrel Works, Alton", "Kestrel Works, High Street<br>Alton<br>GU34 1AB", "High Street"),
        ("Kestrel Works", "Kestrel Works, Alton, GU34 1AB", ""),
        ("Kestrel Works", "Kestrel Works 7 High Street, Alton GU34 1AB", "7 High Street"),
        ("Kestrel Works", "Kestrel Works, Manor Farm, Oakley, Alton GU34 1AB", "Manor Farm, Oakley"),
        ("Kestrel", "Kestrel Mill Lane, Alton GU34 1AB", "Kestrel Mill Lane"),
        ("Kestrel Medical Centre", "Kestrel Medical Centre Oak Lane, Alton GU34 1AB", "Oak Lane"),
        ("Kestrel", "Kestrel Works, Mill Lane<br>Alton<br>GU34 1AB", "Kestrel Works, Mill Lane"),
    ],
)
def test_the_companys_name_is_no_part_of_its_street(name: str, body: str, street: str) -> None:
    page = Page("https://kestrel.co.uk/contact", f"<title>{name}</title><body><p>{body}</p></body>")
    reading = read_site(Company("1", name), Site((page,)))
    assert next((one.value for one in reading.proposals if one.field.value == "street"), "") == street


def test_of_two_writings_of_an_address_the_fuller_one() -> None:
    short, full = f"1200 Main St<br>{DENVER}", f"Suite 200, 1200 Main St<br>{DENVER}"
    for pages in ((short, full), (full, short), (short, short, full)):
        assert street_of(*pages) == "Suite 200, 1200 Main St"
    spoken = "The reception is at the Lodge, Mill Lane<br>Alton<br>GU34 1AB"
    assert street_of("Mill Lane<br>Alton<br>GU34 1AB", spoken) == "Mill Lane"
    assert street_of("Suite 200, 1200 Main St<br>Denver, CO 80298", short) == "1200 Main St"


def test_two_writings_are_one_address() -> None:
    streets = ("12 Oak Road", "Suite 4, 3rd Floor, Oak Centre, 12 Oak Road", "Suite 3, 12 Oak Road, Floor 2")
    assert len({Address(one, "Alton", "", "80299", "US", "").key for one in streets}) == 1
    others = ("14 Oak Road", "Suite 12, 14 Elm Road", "Unit 4, Canal Road")
    assert len({Address(one, "Alton", "", "80299", "US", "").key for one in others}) == len(others)


def test_a_us_address_is_not_also_one_of_france() -> None:
    document = opened(Page(URL, "<p>31 Oak Avenue Springfield, MA 01105<br>Sales</p>"))
    assert document is not None
    found = [(one.address.street, one.address.country) for one in addresses(document)]
    assert found == [("31 Oak Avenue", "US")]


PARTS = (
    "Suite 5",
    "Oak Tower",
    "Oak Centre",
    "1st Floor",
    "Jane Doe",
    "",
    "#5",
    "Fax 5",
    "A" * 400,
    "A " * 200,
)


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=30), max_size=8))
def test_what_belongs_to_a_street_are_the_parts_right_before_it(parts: list[str]) -> None:
    found = front(parts)
    assert len(found) <= 4
    assert found == (parts[-len(found) :] if found else [])
    assert "Jane Doe" not in found
    assert not found or found[0] != "Oak Centre"
