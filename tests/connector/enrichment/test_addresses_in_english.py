"""Addresses of North America, Australia and Britain in the orders in which companies write them."""

from __future__ import annotations

import pytest

from connector.enrichment.documents import opened
from connector.enrichment.postal import addresses
from connector.enrichment.postal_whole import run_on
from connector.enrichment.values import Page


def read(body: str) -> list[tuple[str, ...]]:
    document = opened(Page("https://acme-tools.com/", f"<title>Acme</title><p>{body}</p>"), home=True)
    assert document is not None
    found = [one.address for one in addresses(document)]
    return [(one.street, one.city, one.state, one.postcode) for one in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "We are located at 12 Main Street in Denver, CO 80299.",
            ("12 Main Street", "Denver", "CO", "80299"),
        ),
        ("12 Main Street, Denver CO", ("12 Main Street", "Denver", "CO", "")),
        ("12 Main Street<br>Denver, Colorado", ("12 Main Street", "Denver", "CO", "")),
        ("12 Main Street<br>Albany, New York", ("12 Main Street", "Albany", "NY", "")),
        ("12 Main Street<br>Tbilisi, Georgia", None),
        ("We drive to 12 places<br>Denver, Colorado", None),
        ("12 Main Street / Suite 2 / Denver, CO 80299", ("12 Main Street, Suite 2", "Denver", "CO", "80299")),
        ("12 W 3400 S<br>Salt Lake City, UT 84199", ("12 W 3400 S", "Salt Lake City", "UT", "84199")),
        ("Rt. 1 Box 15<br>Denver, NC 28099", ("Rt. 1 Box 15", "Denver", "NC", "28099")),
        ("12 Main St W., Toronto, Ont. M5V 1A1", ("12 Main St W", "Toronto", "ON", "M5V 1A1")),
        (
            "310 - 12 Avenue SW, Calgary, Alberta T2R 1A1",
            ("310 - 12 Avenue SW", "Calgary", "AB", "T2R 1A1"),
        ),
        (
            "5320 - Mill Road<br>Edmonton, Alberta<br>T6B 3E9<br>Canada",
            ("5320 Mill Road", "Edmonton", "AB", "T6B 3E9"),
        ),
        ("12 &ndash; Main St., Denver, CO 80299", ("12 Main St", "Denver", "CO", "80299")),
        ("Suite 2, 12, Main Street, Denver, CO 80299", ("Suite 2, 12 Main Street", "Denver", "CO", "80299")),
        ("12 Kent St Sydney NSW 2099", ("12 Kent St", "Sydney", "NSW", "2099")),
        ("3/12 Kent St, Sydney NSW 2099", ("3/12 Kent St", "Sydney", "NSW", "2099")),
        ("Factory 3, 12 Kent St, Sydney NSW 2099", ("Factory 3, 12 Kent St", "Sydney", "NSW", "2099")),
        ("24/7 Road Service, Denver, CO 80299", None),
        ("12 High Street Alton Hampshire GU34 1AB", ("12 High Street", "Alton", "Hampshire", "GU34 1AB")),
        ("12 High Street, Alton, Hampshire GU341AB", ("12 High Street", "Alton", "Hampshire", "GU34 1AB")),
        ("12 High Street, Alton, model GU341AB", None),
        (
            "Unit 2, Alder Island<br>Alton, Hampshire<br>GU34 1AB",
            ("Unit 2, Alder Island", "Alton", "Hampshire", "GU34 1AB"),
        ),
        ("Unit 2B Alder Island, Alton GU34 1AB", ("Unit 2B Alder Island", "Alton", "", "GU34 1AB")),
        ("Unit 2, Alton, GU34 1AB", None),
        (
            "12 High Street<br>Little Alton<br>Nr Alton<br>Hampshire<br>GU34 1AB",
            ("12 High Street, Little Alton", "Alton", "Hampshire", "GU34 1AB"),
        ),
        ("Registered Office: 12 High Street, Alton, GU34 1AB", ("12 High Street", "Alton", "", "GU34 1AB")),
        (
            "Business Enquiries<br>12 High Street<br>Alton<br>GU34 1AB",
            ("12 High Street", "Alton", "", "GU34 1AB"),
        ),
        ("Office<br>12 High Street<br>Alton<br>GU34 1AB", ("12 High Street", "Alton", "", "GU34 1AB")),
        (
            "The Old Post Office<br>High Street<br>Alton<br>GU34 1AB",
            ("The Old Post Office, High Street", "Alton", "", "GU34 1AB"),
        ),
        (
            "<pre>Acme Inc\nOak House\nOak Way\nAlton GU34 1AB\n</pre>",
            ("Oak House, Oak Way", "Alton", "", "GU34 1AB"),
        ),
        (
            "<pre>Acme <b>12 Tools\n12 Oak Ct</b>\nOak Institute\nDenver, CO 80299</pre>",
            ("12 Oak Ct", "Denver", "CO", "80299"),
        ),
        ("12 Sunset</br>Denver, CO 80299", ("12 Sunset", "Denver", "CO", "80299")),
        ("7361 Elm Place Suite 2<br>Denver, CO 80299", ("7361 Elm Place Suite 2", "Denver", "CO", "80299")),
        (
            "4133 4 St NW Calgary, AB, Canada, Alberta T2K 1A1",
            ("4133 4 St NW", "Calgary", "AB", "T2K 1A1"),
        ),
        ("12 Kent Street.Vancouver, BC V6B 1A1", ("12 Kent Street", "Vancouver", "BC", "V6B 1A1")),
        ("12 St.Louis Road, Denver, CO 80299", ("12 St.Louis Road", "Denver", "CO", "80299")),
        ("12 Oak Ct Fax: 303-555-0100<br>Denver, CO 80299", ("12 Oak Ct", "Denver", "CO", "80299")),
        (
            "We are located at 12 Oak Street in downtown Denver, Colorado.",
            ("12 Oak Street", "Denver", "CO", ""),
        ),
        ("12 Oak Street in historic downtown Denver, CO 80299", ("12 Oak Street", "Denver", "CO", "80299")),
        ("12 Oak Street * Denver, CO ~ 80299", ("12 Oak Street", "Denver", "CO", "80299")),
        ("12 Oak Street :: Denver, CO 80299", ("12 Oak Street", "Denver", "CO", "80299")),
        ("12 Oak Ct Fax 303-555-0100<br>Denver, CO 80299", ("12 Oak Ct", "Denver", "CO", "80299")),
        ("N6543 County Road B<br>Oakley, WI 54499", ("N6543 County Road B", "Oakley", "WI", "54499")),
        ("Rural Route 3<br>Oakley, PA 17501", ("Rural Route 3", "Oakley", "PA", "17501")),
        ("Shop 5, 12 Kent St, Box Hill VIC 3128", ("Shop 5, 12 Kent St", "Box Hill", "VIC", "3128")),
        ("P.O. Box, Denver, CO 80299", None),
        (
            "12 Highway 7 East, Unit 5 Markham ON L3R 1A1",
            ("12 Highway 7 East, Unit 5", "Markham", "ON", "L3R 1A1"),
        ),
        (
            "12 High Street (First Floor), Alton GU34 1AB",
            ("12 High Street (First Floor)", "Alton", "", "GU34 1AB"),
        ),
        (
            "1255 - 5 th Ave.<br>PO Box 10<br>Oakley, BC V0E 2Z1",
            ("1255 - 5 th Ave", "Oakley", "BC", "V0E 2Z1"),
        ),
        ("12 Oak Dr.Pelham,<br>AL 35124", ("12 Oak Dr", "Pelham", "AL", "35124")),
        (
            "396 - 11th Avenue S.W. Calgary, AB T2R 0C5",
            ("396 - 11th Avenue S.W.", "Calgary", "AB", "T2R 0C5"),
        ),
        ("12 Oak Rd - a@acme.com<br>Cheltenham Vic 3192", ("12 Oak Rd", "Cheltenham", "VIC", "3192")),
        (
            "Holly Avenue<br>Walkden, Oakley<br>Manchester M28 3DW",
            ("Holly Avenue, Walkden, Oakley", "Manchester", "", "M28 3DW"),
        ),
        ("P.O. Box 23<br>Honolulu, Hawai`i 96804", ("P.O. Box 23", "Honolulu", "HI", "96804")),
        ("Oak Enterprise Centre, Alton, GU34 1AB, UK", ("Oak Enterprise Centre", "Alton", "", "GU34 1AB")),
        (
            "VAT No: 796 7468 51. Registered Office: 12 High Street, Alton, GU34 1AB",
            ("12 High Street", "Alton", "", "GU34 1AB"),
        ),
        ("Alton Office<br>12 High Street<br>Alton GU34 1AB", ("12 High Street", "Alton", "", "GU34 1AB")),
        (
            "United Kingdom<br>Unit 3, Europa, Oak Road<br>Alton GU34 1AB",
            ("Unit 3, Europa, Oak Road", "Alton", "", "GU34 1AB"),
        ),
        ("Sales Centre<br>12 High Street<br>Alton<br>GU34 1AB", ("12 High Street", "Alton", "", "GU34 1AB")),
    ],
)
def test_the_orders_of_addresses(body: str, expected: tuple[str, ...] | None) -> None:
    assert read(body) == ([expected] if expected else [])


@pytest.mark.parametrize(
    "above",
    [
        *("0161 496 0000", "Tel: 0161 496 0000", "Telephone: 020 7946 0958", "(0161) 496 0000", "0800 1111"),
        *(
            "0161 - 496 - 0000",
            "0161/496 0000",
            "T: +44 161 496 0000",
            "Office 0161 496 0000",
            "07700 900123",
        ),
        *("Open 9 - 5", "Mon - Fri<br>9 - 5", "Monday to Friday: 9.00am - 5.30pm", "9am to 5pm weekdays"),
        *("08:00 – 17:00", "Weekdays 8-6", "Office open 9am", "9.30 - 5.30", "24/7", "7 days a week"),
        *("25 years of experience", "Open 24 hours"),
    ],
)
def test_telephones_and_opening_hours_above_a_british_street_are_no_part_of_it(above: str) -> None:
    for street in ("1 Deansgate", "Kestrel House, Mill Lane", "12-14 High Street"):
        found = read(f"{above}<br>{street}<br>Alton, GU34 1AB")
        assert found == [(street, "Alton", "", "GU34 1AB")]


@pytest.mark.parametrize(
    "street",
    [
        *(
            "12 Friday Street",
            "5-9 Sun Street",
            "12 Miles Lane",
            "Flat 5, 12 High Street",
            "12, 14 High Street",
        ),
        "3.02, The Loom, 14 High Street",
    ],
)
def test_streets_that_look_like_hours_or_days_are_streets(street: str) -> None:
    assert read(f"{street}, Alton GU34 1AB") == [(street, "Alton", "", "GU34 1AB")]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("12 Kent St Sydney", ("12 Kent St", "Sydney")),
        ("12 Kent St. Coffs Bay", ("12 Kent St.", "Coffs Bay")),
        ("12 Park Road St Kilda", ("12 Park Road", "St Kilda")),
        ("12 St Georges Terrace Perth", ("12 St Georges Terrace", "Perth")),
        ("12 Kent St Box Hill", ("12 Kent St Box Hill",)),
        ("12 Park Road", ("12 Park Road",)),
        ("Kent St Sydney", ("Kent St Sydney",)),
        ("", ("",)),
    ],
)
def test_a_street_that_runs_into_its_city(part: str, expected: tuple[str, ...]) -> None:
    assert run_on(part) == expected
