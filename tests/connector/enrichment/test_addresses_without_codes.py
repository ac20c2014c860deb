"""Addresses that lack postcode, state, number or even the city, of companies that do not exist."""

from __future__ import annotations

import pytest

from connector.enrichment.reading import read_site
from connector.enrichment.values import Company, EnrichedField, Page, Site
from tests.connector.enrichment.read_addresses import read


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("We are at 1420 Alder Street in Albany, New York.", "1420 Alder Street|Albany|NY||US"),
        ("Our shop is at 1420 Alder Street, Salem, OR, next door.", "1420 Alder Street|Salem|OR||US"),
        ("© 2013 Kestrel | 1420 Alder Street | Salem, OR | 503-555-0101", "1420 Alder Street|Salem|OR||US"),
        ("1420 Alder Street, Salem OR (503) 555-0101", "1420 Alder Street|Salem|OR||US"),
        ("1420 Alder Street Salem, OR", "1420 Alder Street|Salem|OR||US"),
        ("1420 Alder Ave. Suite 5<br>Salem, OR", "1420 Alder Ave. Suite 5|Salem|OR||US"),
        ("1420 Alder Suite 5W<br>Houston, Texas<br>713-555-0101", "1420 Alder Suite 5W|Houston|TX||US"),
        ("1420 Alder, Ste 5, Salem, OR", "1420 Alder, Ste 5|Salem|OR||US"),
        ("1420 Alder Road<br>Salem<br>Oregon", "1420 Alder Road|Salem|OR||US"),
        ("1420 Alder Road<br>Denver, Colo.", "1420 Alder Road|Denver|CO||US"),
        ("1420 Alder Road NW<br>Washington, D.C.", "1420 Alder Road NW|Washington|DC||US"),
        ("1420 Route 9 South<br>Salem, OR", "1420 Route 9 South|Salem|OR||US"),
        ("1420 Hwy. 99E, Salem, OR", "1420 Hwy. 99E|Salem|OR||US"),
        ("1420 NE 42nd, Salem, OR", "1420 NE 42nd|Salem|OR||US"),
        ("1420 Avenue of the Alders, New York, NY", "1420 Avenue of the Alders|New York|NY||US"),
        ("1420 Alder Cove<br>Salem, OR", "1420 Alder Cove|Salem|OR||US"),
        ("1420 Avenida Alder<br>Salem, OR", "1420 Avenida Alder|Salem|OR||US"),
        ("1420 Alder Road<br>Salem, Oregon, United States of America", "1420 Alder Road|Salem|OR||US"),
        ("1420 Alder Street, Salem 97301<br>503-555-0101", "1420 Alder Street|Salem|OR|97301|US"),
        ("1420 Alder Street, Salem 97301", None),
        ("14 Alder Road, Lahore 54000, Pakistan<br>503-555-0101", None),
        ("1420 Alder Road, Toronto M5V 2T6", "1420 Alder Road|Toronto|ON|M5V 2T6|CA"),
        ("1420 Alder Road<br>Kelowna, B.C.", "1420 Alder Road|Kelowna|BC||CA"),
        ("1420 - 12th Avenue S.E.<br>Calgary, Alberta", "1420 - 12th Avenue S.E|Calgary|AB||CA"),
        ("1420 Alder Road, Toronto, Canada", "1420 Alder Road|Toronto|||CA"),
        ("12 places to dine, Denver, CO, and more.", None),
        ("Formerly the trucks drove 12 miles, Denver, CO.", None),
    ],
)
def test_north_america(body: str, expected: str | None) -> None:
    assert read(body) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("1420 Alder Pkwy East. Salem, OR 97301", "1420 Alder Pkwy East|Salem|OR|97301|US"),
        ("Alder Street<br>Salem, OR 97301", "Alder Street|Salem|OR|97301|US"),
        (
            "Corner of Alder and Elm Streets<br>Salem, OR 97301",
            "Corner of Alder and Elm Streets|Salem|OR|97301|US",
        ),
        ("1420 Alder St. Salem, OR 97301", "1420 Alder St.|Salem|OR|97301|US"),
        ("Kestrel Co. 1420 Alder St. Salem, OR 97301", "1420 Alder St.|Salem|OR|97301|US"),
        ("Copyright 2012 Kestrel. 1420 Alder St. Salem, OR 97301.", "1420 Alder St.|Salem|OR|97301|US"),
        ("1420 Alder St. (503) 555-0101 Salem, OR 97301", "1420 Alder St|Salem|OR|97301|US"),
        ("1420 Alder St. :: Salem, OR :: 97301", "1420 Alder St|Salem|OR|97301|US"),
        ("12 Main St. Paul, MN 55101", "12 Main|St. Paul|MN|55101|US"),
        ("POB 417, Salem, OR 97301", "POB 417|Salem|OR|97301|US"),
        ("Twelve Alder Lane<br>Salem, OR 97301", "Twelve Alder Lane|Salem|OR|97301|US"),
        ("1420 Alder Road<br>Rural Route 2<br>Salem, OR 97301", "1420 Alder Road|Salem|OR|97301|US"),
        ("1420 Alder Road<br>Salem, OR 97301-<br>503-555-0101", "1420 Alder Road|Salem|OR|97301|US"),
        ("1420 Alder Road<br>Salem, OR [97301]", "1420 Alder Road|Salem|OR|97301|US"),
        ("1420 Alder Road<br>Salem OR, U.S.A. - 97301", "1420 Alder Road|Salem|OR|97301|US"),
        ("1420 alder road / salem, or 97301", "1420 Alder Road|Salem|OR|97301|US"),
        ("Address: 1420 Alder Road City: Salem State: OR Zip: 97301", "1420 Alder Road|Salem|OR|97301|US"),
        ("Unit 5 - 1420 Alder Road<br>Surrey, BC V3S-1A1", "Unit 5, 1420 Alder Road|Surrey|BC|V3S 1A1|CA"),
        (
            "14 Alder Road<br>Hastings<br>E. Sussex<br>TN34 1AB",
            "14 Alder Road|Hastings|E. Sussex|TN34 1AB|GB",
        ),
        (
            "14 Alder Road<br>Douglas<br>Isle of Man<br>IM1 1AB",
            "14 Alder Road|Douglas|Isle of Man|IM1 1AB|GB",
        ),
        ("The Old Bakery, Hastings, TN34 1AB", "The Old Bakery|Hastings||TN34 1AB|GB"),
    ],
)
def test_unusual_writings_with_their_codes(body: str, expected: str) -> None:
    assert read(body) == [expected]


@pytest.mark.parametrize(
    ("site", "body", "expected"),
    [
        ("kestrel.com.au", "14 Alder St<br>Newtown NSW", "14 Alder St|Newtown|NSW||AU"),
        ("kestrel.com.au", "14 Alder St<br>Perth, Western Australia", "14 Alder St|Perth|WA||AU"),
        ("kestrel.com.au", "14 Alder St<br>Brunswick 3056", "14 Alder St|Brunswick|VIC|3056|AU"),
        ("kestrel.com.au", "14 Alder St, Newtown 2042 NSW", "14 Alder St|Newtown|NSW|2042|AU"),
        ("kestrel.com.au", "14 Alder St, Newtown, N.S.W. 2042", "14 Alder St|Newtown|NSW|2042|AU"),
        ("kestrel.com.au", "PO Box 14 Newtown NSW 2042", "PO Box 14|Newtown|NSW|2042|AU"),
        ("kestrel.com.au", "Alder St, Newtown NSW 2042", "Alder St|Newtown|NSW|2042|AU"),
        ("kestrel.co.nz", "14 Alder St, Wellington, New Zealand", "14 Alder St|Wellington|||NZ"),
        ("kestrel.com", "Address: 14, Alder Rd, Auckland, NZ", "14, Alder Rd|Auckland|||NZ"),
        ("kestrel.co.nz", "14 Alder St, Ponsonby, Auckland", "14 Alder St, Ponsonby|Auckland|||NZ"),
        (
            "kestrel.co.uk",
            "14 Alder Road<br>Hastings<br>East Sussex",
            "14 Alder Road|Hastings|East Sussex||GB",
        ),
        ("kestrel.co.uk", "14 Alder Road, Hastings", "14 Alder Road|Hastings|||GB"),
        ("kestrel.co.uk", "Repairs at 14 Alder Road, Hastings. Call now.", "14 Alder Road|Hastings|||GB"),
        ("kestrel.co.uk", "14 Alder Road, Hastings TN34", "14 Alder Road|Hastings|||GB"),
        ("kestrel.com", "14 Alder Road, London SW1", "14 Alder Road|London|||GB"),
        ("kestrel.com", "14 Alder Road, London, UK", "14 Alder Road|London|||GB"),
        ("kestrel.com", "14 Alder Road, Hastings", None),
        ("kestrel.com", "14 Alder Road, Hastings. Tel: 01424 555010", "14 Alder Road|Hastings|||GB"),
        (
            "kestrel.co.uk",
            "© 2013 Alder House, 14 Elm Road, London. Company No: 1",
            "Alder House, 14 Elm Road|London|||GB",
        ),
        (
            "kestrel.com",
            "14 Alder Street<br>Kilbirnie<br>Wellington<br>New Zealand",
            "14 Alder Street, Kilbirnie|Wellington|||NZ",
        ),
        ("kestrel.co.uk", "14 Alder Road, Open Daily", None),
        ("kestrel.co.uk", "14 Alder Road, Norfolk, VA", "14 Alder Road|Norfolk|VA||US"),
        ("kestrel.ie", "14 Alder Road, Kenmare, Co.Kerry", "14 Alder Road|Kenmare|Co.Kerry||IE"),
        ("kestrel.ie", "14 Alder Road, Kenmare, Kerry", "14 Alder Road|Kenmare|Kerry||IE"),
        ("kestrel.ie", "14 Alder Road, Cork City", "14 Alder Road|Cork City|||IE"),
        ("kestrel.ie", "14 Alder Road, D4", "14 Alder Road|Dublin|||IE"),
        ("kestrel.ie", "Unit 8, Alder Road Dublin 12, D12 X9Y0", "Unit 8, Alder Road|Dublin||D12 X9Y0|IE"),
        ("kestrel.ie", "The Mall<br>Kenmare<br>Co. Kerry", "The Mall|Kenmare|Co. Kerry||IE"),
        (
            "kestrel.ie",
            "Alder Road, Kenmare, Co.Kerry<br>Eircode<br>V93 X0Y1",
            "Alder Road|Kenmare|Co.Kerry|V93 X0Y1|IE",
        ),
    ],
)
def test_other_english_speaking_countries(site: str, body: str, expected: str | None) -> None:
    assert read(body, site) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("body", "title", "expected"),
    [
        ("1420 Alder Street<br>503-555-0101", "Kestrel - Salem, OR", "1420 Alder Street|Salem|OR||US"),
        ("Visit our showroom at 14 Alder St or call.", "Doors in Salem, Oregon", "14 Alder St|Salem|OR||US"),
        ("1420 Alder Street<br>503-555-0101", "Salem, OR | Albany, NY", None),
        ("1420 Alder Street<br>77 Elm Road", "Kestrel - Salem, OR", None),
        ("Salem, OR<br>1420 Alder Street<br>503-555-0101", "Kestrel", "1420 Alder Street|Salem|OR||US"),
        ("Located in Salem, Oregon at 14 Alder St.", "Kestrel", "14 Alder St|Salem|OR||US"),
        ("Salem, OR<br>24 Hour Drive", "Kestrel", None),
        ("7 Elm Court<br>Salem, OR<br>9 Alder Way<br>Albany, NY 12201", "x", "7 Elm Court|Salem|OR||US"),
    ],
)
def test_a_city_above_its_street(body: str, title: str, expected: str | None) -> None:
    assert read(body, title=title)[:1] == ([expected] if expected else [])


@pytest.mark.parametrize(
    "body",
    [
        "<ul><li>14 Alder Road, Hastings, East Sussex</li><li>7 Elm Road, Bexhill, East Sussex</li></ul>",
        "“Great work”, Jane Doe, 77 Elm Court, Salem, OR.",
        "In 1920 it began at 14 Alder Street, Salem, Oregon, with one saw.",
    ],
)
def test_where_nothing_says_that_it_is_the_companys_it_must_be_whole(body: str) -> None:
    assert read(body, path="") == []


OFFICES = "".join(
    f"<p>{number} Alder Road<br>{city}, OR {code}<br>503-555-01{number}</p>"
    for number, city, code in (
        (11, "Salem", 97301),
        (12, "Bend", 97701),
        (13, "Eugene", 97401),
        (14, "Medford", 97501),
    )
)


@pytest.mark.parametrize(
    ("title", "home", "expected"),
    [
        ("Kestrel", "Welcome", ""),
        ("Kestrel | Roofers in Eugene", "Welcome", "Eugene"),
        ("Kestrel", "Call (503) 555-0112", "Bend"),
        ("Kestrel", "Call (503) 555-0112 or (503) 555-0114", ""),
    ],
)
def test_of_many_offices_the_one_that_the_site_puts_first(title: str, home: str, expected: str) -> None:
    site = Site(
        (
            Page("https://kestrel.com/", f"<title>{title}</title><p>{home}</p>"),
            Page("https://kestrel.com/contact", f"<title>Contact</title>{OFFICES}"),
        )
    )
    proposals = read_site(Company("1", "Kestrel", "kestrel.com"), site).proposals
    assert [one.value for one in proposals if one.field is EnrichedField.CITY] == [expected] * bool(expected)


def test_the_postcode_of_the_same_address_elsewhere_is_not_lost() -> None:
    site = Site(
        (
            Page("https://kestrel.com/", "<p>Kestrel</p><p>14 Alder Road, Salem, OR 97301</p>"),
            Page("https://kestrel.com/contact", "<p>Visit us</p><p>14 Alder Road, Salem, OR</p>"),
        )
    )
    proposals = read_site(Company("1", "Kestrel", "kestrel.com"), site).proposals
    assert "97301" in [one.value for one in proposals if one.field is EnrichedField.POSTCODE]
