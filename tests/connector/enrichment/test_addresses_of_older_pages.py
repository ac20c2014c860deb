"""Addresses as pages of about 2008 to 2016 write them, of companies that do not exist."""

from __future__ import annotations

import pytest

from connector.enrichment.reading import read_site
from connector.enrichment.values import Company, EnrichedField, Page, Site
from tests.connector.enrichment.read_addresses import read


@pytest.mark.parametrize(
    ("behind", "state"),
    [
        ("Newfoundland A1C 1A1", "NL"),
        ("Nfld. A1C 1A1", "NL"),
        ("NF A1C 1A1", "NL"),
        ("P.E.I. C1A 1A1", "PE"),
        ("Man. R3B 1A1", "MB"),
        ("P.Q. H7X 1A1", "QC"),
        ("PQ H7X 1A1", "QC"),
        ("Yukon Territory Y1A 1A1", "YT"),
        ("Northwest Territories X1A 1A1", "NT"),
        ("N.W.T. X1A 1A1", "NT"),
    ],
)
def test_older_names_of_provinces(behind: str, state: str) -> None:
    code = behind[-7:]
    assert read(f"14 Alder Road, Kelby, {behind}") == [f"14 Alder Road|Kelby|{state}|{code}|CA"]


@pytest.mark.parametrize(
    ("site", "body", "expected"),
    [
        ("kestrel.com.au", "14 Alder Rd, Kelby, S.A. 5099", "14 Alder Rd|Kelby|SA|5099|AU"),
        ("kestrel.com.au", "14 Alder Rd, Kelby A.C.T. 2699", "14 Alder Rd|Kelby|ACT|2699|AU"),
        ("kestrel.com.au", "Lot 5, Alder Road, Kelby W.A. 6099", "Lot 5, Alder Road|Kelby|WA|6099|AU"),
        (
            "kestrel.com.au",
            "14 Alder Rd<br>Kelby 3825<br>Ph: (03) 9555 0100",
            "14 Alder Rd|Kelby|VIC|3825|AU",
        ),
        (
            "kestrel.com.au",
            "Cnr. Alder and Elm Sts, Kelby NSW 2099",
            "Cnr. Alder and Elm Sts|Kelby|NSW|2099|AU",
        ),
        (
            "kestrel.com",
            "14 Alder Rd &bull; Kelby &bull; Victoria &bull; 3825",
            "14 Alder Rd|Kelby|VIC|3825|AU",
        ),
        ("kestrel.com", "14 Alder Rd, Kelby 3825 VIC", "14 Alder Rd|Kelby|VIC|3825|AU"),
        ("kestrel.com", "14 Alder Rd, Kelby 3825, Victoria, Australia", "14 Alder Rd|Kelby|VIC|3825|AU"),
        ("kestrel.com", "14 Alder Rd, Kelby, Victoria, AUSTRALIA", "14 Alder Rd|Kelby|VIC||AU"),
        ("kestrel.com", "14 Alder Rd, Kelby 3825", None),
        ("kestrel.com.au", "14 Alder Rd, VIC Postcode 3825", None),
    ],
)
def test_australia(site: str, body: str, expected: str | None) -> None:
    assert read(body, site) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("R.R. #2<br>Kelby, Ontario L0N 1A0", "R.R. #2|Kelby|ON|L0N 1A0|CA"),
        ("Box 14<br>Kelby, SK S0A 1A0", "Box 14|Kelby|SK|S0A 1A0|CA"),
        ("Hwy 5 West, Box 14<br>Kelby, SK S0A 1A0", "Hwy 5 West|Kelby|SK|S0A 1A0|CA"),
        ("P.O. Box 14, Station A, Toronto, ON M5V 1A1", "P.O. Box 14, Station A|Toronto|ON|M5V 1A1|CA"),
        ("14 Alder Road / Salem, OR / 97301", "14 Alder Road|Salem|OR|97301|US"),
        ("14 Alder Road ~ Salem, Oregon ~ 503.555.0100", "14 Alder Road|Salem|OR||US"),
        ("14 Alder Road, Toronto ON CA M5V 1A1", None),
        (
            "14 Alder Road West, Suite 5, P.O. Box 7, Toronto, ON M5H 1A1",
            "14 Alder Road West, Suite 5|Toronto|ON|M5H 1A1|CA",
        ),
        ("Suite 5, P.O. Box 7, Toronto, ON M5H 1A1", "Suite 5, P.O. Box 7|Toronto|ON|M5H 1A1|CA"),
        (
            "We are at 14 Alder Road, Suite 5, in beautiful downtown Salem, OR.",
            "14 Alder Road, Suite 5|Salem|OR||US",
        ),
    ],
)
def test_north_america(body: str, expected: str | None) -> None:
    assert read(body) == ([expected] if expected else [])


@pytest.mark.parametrize(
    "behind",
    [
        "Hampshire. United Kingdom. GU34 1AB",
        "Hampshire, U.K. GU34 1AB",
        "Hampshire UK. GU34 1AB",
        "Hampshire / GU34 1AB",
        "Hampshire * GU34 1AB",
        "Hampshire gu34 1ab",
        "Hampshire. GU34 1AB",
    ],
)
def test_britain(behind: str) -> None:
    expected = ["14 Alder Road|Kelby|Hampshire|GU34 1AB|GB"]
    assert read(f"14 Alder Road, Kelby, {behind}", "kestrel.co.uk") == expected


@pytest.mark.parametrize(
    ("site", "body", "expected"),
    [
        (
            "kestrel.co.uk",
            "14 Alder Road Kelby Hampshire United Kingdom GU34 1AB",
            "14 Alder Road|Kelby|Hampshire|GU34 1AB|GB",
        ),
        (
            "kestrel.co.uk",
            "14 Alder Road. Kelby. Hampshire. GU34 1AB",
            "14 Alder Road|Kelby|Hampshire|GU34 1AB|GB",
        ),
        (
            "kestrel.co.uk",
            "14 Alder Road, Bury St. Edmunds, IP33 1AB",
            "14 Alder Road|Bury St. Edmunds||IP33 1AB|GB",
        ),
        ("kestrel.co.uk", "14 Alder St Kelby GU34 1AB", "14 Alder St|Kelby||GU34 1AB|GB"),
        ("kestrel.co.uk", "14 Alder Road St Kelby GU34 1AB", "14 Alder Road|St Kelby||GU34 1AB|GB"),
        (
            "kestrel.co.uk",
            "14 Alder Road, Kelby, E. Yorks HU1 1AB",
            "14 Alder Road|Kelby|E. Yorks|HU1 1AB|GB",
        ),
        ("kestrel.co.uk", "01420 555010 14 Alder Road, Kelby, GU34 1AB", "14 Alder Road|Kelby||GU34 1AB|GB"),
        (
            "kestrel.co.uk",
            "Registered in England No. 1234567 at 14 Alder Road, Kelby, GU34 1AB",
            "14 Alder Road|Kelby||GU34 1AB|GB",
        ),
        (
            "kestrel.co.uk",
            "We are at 14 Alder Road in Kelby, Hampshire (GU34 1AB).",
            "14 Alder Road|Kelby|Hampshire|GU34 1AB|GB",
        ),
        ("kestrel.com", "14 Alder Road, Kelby, model gu34 1ab", None),
        ("kestrel.co.uk", "14 Alder Road, Kelby, on m1 2nd exit", None),
        ("kestrel.ie", "14 Alder Road, Dublin-2", "14 Alder Road|Dublin||Dublin 2|IE"),
        ("kestrel.ie", "14 Alder Road, Co. Dublin, Ireland", None),
        ("kestrel.com", "14 Alder Road, Kelby, Kildare, Ireland", "14 Alder Road|Kelby|Kildare||IE"),
        ("kestrel.com", "14 Alder Road, Wexford, Ireland", "14 Alder Road|Wexford|||IE"),
        ("kestrel.ie", "14 Alder Road, Kelby, Co. Dublin, Ireland", "14 Alder Road|Kelby|Co. Dublin||IE"),
    ],
)
def test_britain_and_ireland(site: str, body: str, expected: str | None) -> None:
    assert read(body, site) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("14 Alder Road, Kelby. Tel: 01420 555010", "14 Alder Road|Kelby|||GB"),
        ("14 Alder Road, Kelby. Nothing else.", None),
    ],
)
def test_a_telephone_behind_the_town_tells_on_any_page(body: str, expected: str | None) -> None:
    assert read(body, "kestrel.co.uk", path="") == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("site", "body", "expected"),
    [
        ("kestrel.com", "Ekgatan 1<br>123 45 Alby", ["Ekgatan 1|Alby||123 45|SE"]),
        ("kestrel.com", "Stora Torget 1 B<br>123 45 Alby", ["Stora Torget 1 B|Alby||123 45|SE"]),
        ("kestrel.com", "Ekholmen 1<br>123 45 Alby", []),
        ("kestrel.com", "Ekholmen 1<br>123 45 Alby<br>Org.nr: 556000-0000", ["Ekholmen 1|Alby||123 45|SE"]),
        ("kestrel.com", "Ekholmen 1<br>123 45 Alby<br>Org.nr: 556000-0000<br>+49 30 123456", []),
        ("kestrel.se", "Ekgatan 1 * 123 45 Alby * Tel 08-555 01 00", ["Ekgatan 1|Alby||123 45|SE"]),
        ("kestrel.se", "Ekgatan 1, 123 45 Alby Öppet: 8-17", ["Ekgatan 1|Alby||123 45|SE"]),
        (
            "kestrel.se",
            "<table><tr><td>Adress<td>Ekgatan 1<tr><td>Postnr<td>123 45<tr><td>Ort<td>Alby</table>",
            ["Ekgatan 1|Alby||123 45|SE"],
        ),
        (
            "kestrel.se",
            "Postadress: Box 9, 123 45 Alby<br>Besöksadress: Ekgatan 1, Alby",
            ["Box 9|Alby||123 45|SE", "Ekgatan 1|Alby|||SE"],
        ),
        ("kestrel.se", "Besöksadress<br>Södra Ekvägen 1-3<br>Alby", ["Södra Ekvägen 1-3|Alby|||SE"]),
        ("kestrel.se", "Ekgatan 1, 2 tr, Alby, Sverige", ["Ekgatan 1, 2 tr|Alby|||SE"]),
        ("kestrel.com", "Ekgatan 1, Alby, Sweden", ["Ekgatan 1|Alby|||SE"]),
        ("kestrel.se", "Butik: Ekgatan 1, Umeå", ["Ekgatan 1|Umeå|||SE"]),
        (
            "kestrel.se",
            "Postadress: Box 9, 123 45 Alby<br>Besöksadress: Ekgatan 1",
            ["Box 9|Alby||123 45|SE", "Ekgatan 1|Alby|||SE"],
        ),
        (
            "kestrel.se",
            "Box 9, 123 45 Alby<br>Box 8, 223 45 Lund<br>Besöksadress: Ekgatan 1",
            ["Box 9|Alby||123 45|SE", "Box 8|Lund||223 45|SE"],
        ),
        ("kestrel.com", "Besökte Ekgatan 1, Alby", []),
        ("kestrel.se", "Ekgatan 1<br>Telefon 08-555 01 00", []),
        ("kestrel.se", "Ekgatan 1, Alby", []),
    ],
)
def test_sweden(site: str, body: str, expected: list[str]) -> None:
    assert read(body, site) == expected


def chosen(*pages: tuple[str, str], site: str = "kestrel.com") -> list[str]:
    """The street of a site with these pages: the path of each, and what stands on it."""
    opened_pages = (
        Page(f"https://www.{site}/{path}", f"<title>Kestrel</title><p>{body}</p>") for path, body in pages
    )
    reading = read_site(Company("1", "Kestrel", site), Site(tuple(opened_pages)))
    return [one.value for one in reading.proposals if one.field is EnrichedField.STREET]


@pytest.mark.parametrize("label", ["Besöksadress", "Besök"])
def test_of_a_box_and_a_visitors_address_the_one_to_visit(label: str) -> None:
    body = f"Kestrel<br>Postadress: Box 9, 123 45 Alby<br>{label}: Ekgatan 1, Alby"
    assert chosen(("kontakt", body), site="kestrel.se") == ["Ekgatan 1"]


OWN = "14 Alder Road, Salem, OR 97301"
OTHER = "9 Elm Road, Reno, NV 89501"


@pytest.mark.parametrize(
    "label",
    [
        "Website by Pixel Barn,",
        "Site design by Pixel Barn,",
        "Maintained by Pixel Barn,",
        "Our old address was",
    ],
)
def test_addresses_of_others_and_old_ones(label: str) -> None:
    assert chosen(("", f"Wood turners.<br>{label} {OTHER}")) == []


@pytest.mark.parametrize("label", ["Mail payments to:", "Remit payment to:", "Returns are to be sent to"])
def test_where_payments_go_is_not_where_the_company_is(label: str) -> None:
    body = f"<p>{label} {OTHER}</p><p>Shop: {OWN}</p>".replace("are to be", "should be")
    assert chosen(("contact", body)) == ["14 Alder Road"]


@pytest.mark.parametrize("path", ["dealers.html", "our-clients/", "where_to_buy.htm", "projects/"])
def test_pages_for_the_addresses_of_others(path: str) -> None:
    assert chosen(("", "Wood turners"), (path, f"Here:<br>Elm Hardware, {OTHER}")) == []
    assert chosen(("", "Wood turners"), (path, f"Kestrel, {OTHER}")) == ["9 Elm Road"]
    assert chosen(("", f"Find us: {OTHER}"), (path, f"Elm Hardware, {OTHER}")) == ["9 Elm Road"]


def test_the_name_right_before_an_address_tells_more_than_one_further_off() -> None:
    body = f"Kestrel<br>Our members:<br>Elm Guild<br>{OTHER}<br>Kestrel<br>{OWN}"
    assert chosen(("about", body)) == ["14 Alder Road"]
