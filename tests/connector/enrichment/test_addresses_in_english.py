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
        ("12 Kent St Sydney NSW 2099", ("12 Kent St", "Sydney", "NSW", "2099")),
        ("3/12 Kent St, Sydney NSW 2099", ("3/12 Kent St", "Sydney", "NSW", "2099")),
        ("Factory 3, 12 Kent St, Sydney NSW 2099", ("Factory 3, 12 Kent St", "Sydney", "NSW", "2099")),
        ("24/7 Road Service, Denver, CO 80299", None),
        ("12 High Street Alton Hampshire GU34 1AB", ("12 High Street", "Alton", "Hampshire", "GU34 1AB")),
        ("12 High Street, Alton, Hampshire GU341AB", ("12 High Street", "Alton", "Hampshire", "GU34 1AB")),
        ("12 High Street, Alton, model GU341AB", None),
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
        ("Sales Centre<br>12 High Street<br>Alton<br>GU34 1AB", ("12 High Street", "Alton", "", "GU34 1AB")),
    ],
)
def test_the_orders_of_addresses(body: str, expected: tuple[str, ...] | None) -> None:
    assert read(body) == ([expected] if expected else [])


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
