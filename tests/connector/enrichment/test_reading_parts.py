"""The parts of reading, each with what it must take and what it must leave."""

from __future__ import annotations

import pytest

from connector.enrichment.documents import Document, opened
from connector.enrichment.emails import emails
from connector.enrichment.fingerprints import fingerprints
from connector.enrichment.names import ALIKE, likeness
from connector.enrichment.phones import phones
from connector.enrichment.postal import addresses
from connector.enrichment.reading import read_site
from connector.enrichment.social import profiles
from connector.enrichment.technographics import technologies
from connector.enrichment.telling import description, employees, founded
from connector.enrichment.values import Company, Page, Site
from tests.connector.enrichment.written_sites import HARBOUR_SITE

URL = "https://acme-tools.com/"


def document(body: str, url: str = URL, *, home: bool = True) -> Document:
    found = opened(Page(url, f"<html><head><title>Acme</title></head><body>{body}</body></html>"), home=home)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("company", "names", "label", "same"),
    [
        ("Acme Tools, Inc.", ("Acme Tools",), "x", True),
        ("Acme Tools", ("Welcome to Acme Tools",), "x", True),
        ("Müller & Söhne GmbH", ("Muller and Sohne",), "x", True),
        ("R.S. Pressman & Associates", ("Home",), "rspa", True),
        ("Source Tech", ("SourceTech",), "x", True),
        ("Balise Auto Group", ("Cars",), "baliseauto", True),
        ("Groupe Lindqvist inc", ("Accueil",), "lindqvist", True),
        ("The Bell, Purbrook", ("Home",), "thebellpurbrook", True),
        ("The Bell", ("Home",), "theball", False),
        ("Delta", ("Delta Dental",), "deltadental", False),
        (
            "First National Bank of Texas",
            ("First National Bank of Kansas",),
            "firstnationalbankofkansas",
            False,
        ),
        ("Acme Tools", ("Our partners: Acme Tools and forty other makers of fine tools",), "bolt", False),
        ("New Home Design", ("Home",), "home", False),
        ("GmbH", ("Contact",), "contact", False),
        ("Alder Media (Yorkshire) Ltd", ("Home",), "alder-media", True),
        ("Kestrel Professional Corporation (Kestrel Law)", ("Contact",), "kestrellaw", True),
        ("Alder Media (West Chester)", ("Kestrel Works", "West Chester"), "kestrelworks", False),
        ("Alder Blinds & Curtains", ("Home",), "alderblinds", True),
        ("Alder & Curtains", ("Home",), "alder", False),
        ("Kestrel Mill Restaurant", ("Directions", "Kestrel Mill"), "kestrelmillalton", True),
        ("Kestrel Mill Machines", ("Directions", "Kestrel Mill"), "kestrelmillalton", False),
        ("Kestrel Restaurant", ("Kestrel",), "kestrelair", False),
        ("kestrelworks.com.au", ("Kestrel Works",), "x", True),
    ],
)
def test_names_are_alike_as_wholes_only(company: str, names: tuple[str, ...], label: str, same: bool) -> None:
    assert (likeness(company, names, label=label) >= ALIKE) is same


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Tel: (503) 224-4100 Fax: (503) 224-4101", {"+15032244100"}),
        ("P 503-224-4100 | F 503-224-4101", {"+15032244100"}),
        ("Fax<br>503-224-4101<br>Phone<br>503-224-4100", {"+15032244100"}),
        ("503-224-4100 (fax)<br>503-224-4102", {"+15032244102"}),
        ("503-224-4100 fax 503-224-4101", {"+15032244100"}),
        ("Tel/Fax: 503-224-4100", {"+15032244100"}),
        ("Office/Fax: 503-224-4100", {"+15032244100"}),
        ("<a href='tel:+442072194272'>Call</a> our Fax 020 7219 4273", {"+442072194272"}),
        ("<table><tr><th>Who<th>Fax</tr><tr><td>503-224-4100<td>503-224-4101</tr></table>", {"+15032244100"}),
        ("503-224-4100 office &bull; 503-224-4101 fax", {"+15032244100"}),
        (
            "<table><tr><td>Fax:<br>Phone:</td><td>503-224-4101<br>503-224-4100</td></tr></table>",
            {"+15032244100"},
        ),
        (
            "<table><tr><td>Phone<br>Fax</td><td>503-224-4100<br>503-224-4101</td></tr></table>",
            {"+15032244100"},
        ),
        ("TDD 503-224-4101<br>Pager: 503-224-4102<br>503-224-4100", {"+15032244100"}),
        ("Site designed by Oak Design, phone 503-224-4101<br>503-224-4100", {"+15032244100"}),
        ("Order 1234567890123, 2024-11-29, 123-4567", set()),
    ],
)
def test_faxes_are_no_telephones(body: str, expected: set[str]) -> None:
    assert {one.number for one in phones([document(body)], "US")} == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("jane.doe@acme-tools.com sales@acme-tools.com info@acme-tools.com", "info@acme-tools.com"),
        ("<a href='mailto:Sales.UK@acme-tools.com?subject=x'>write</a>", "sales.uk@acme-tools.com"),
        ("office (at) acme-tools (dot) com", "office@acme-tools.com"),
        ("contact AT acme-tools DOT com", "contact@acme-tools.com"),
        ("<a data-cfemail='2a43444c456a4b49474f075e4545465904494547'>x</a>", "info@acme-tools.com"),
        ("info@acme-tools.co.uk", "info@acme-tools.co.uk"),
        ("jane@acme-tools.com j.doe@acme-tools.com noreply@acme-tools.com", ""),
        ("info@webdesigner-schulze.com meet us at dotted lines at) x", ""),
    ],
)
def test_only_roles_at_the_companys_own_domain(body: str, expected: str) -> None:
    found = emails([document(body)], "acme-tools.com")
    assert (found[0].address if found else "") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("1420 Pier Street<br>Portland, OR 97209", ("1420 Pier Street", "Portland", "OR", "97209", "US")),
        ("Visit 99 N. Oak Ave Springfield MA 01105", ("99 N. Oak Ave", "Springfield", "MA", "01105", "US")),
        ("P.O. Box 291<br>Auburn, Maine 04911", ("P.O. Box 291", "Auburn", "ME", "04911", "US")),
        ("31 Birch Cres, Toronto, ON M9B 1P2", ("31 Birch Cres", "Toronto", "ON", "M9B 1P2", "CA")),
        ("12 Kent St, Sydney NSW 2000", ("12 Kent St", "Sydney", "NSW", "2000", "AU")),
        (
            "Unit 4<br>Canal Road<br>Cheltenham<br>Gloucestershire<br>GL51 9PL",
            ("Unit 4, Canal Road", "Cheltenham", "Gloucestershire", "GL51 9PL", "GB"),
        ),
        (
            "Nordwind GmbH, Am Alten Markt 3, D-20457 Hamburg",
            ("Am Alten Markt 3", "Hamburg", "", "20457", "DE"),
        ),
        ("12 bis, rue de la Paix<br>75002 Paris", ("12 bis, rue de la Paix", "Paris", "", "75002", "FR")),
        ("Keizersgracht 421<br>1016EK Amsterdam", ("Keizersgracht 421", "Amsterdam", "", "1016 EK", "NL")),
        ("Mariahilfer Straße 77, 1060 Wien, Österreich", ("Mariahilfer Straße 77", "Wien", "", "1060", "AT")),
        ("Bahnhofstrasse 10, CH-8001 Zürich", ("Bahnhofstrasse 10", "Zürich", "", "8001", "CH")),
        ("Sveavägen 44<br>SE-111 34 Stockholm", ("Sveavägen 44", "Stockholm", "", "111 34", "SE")),
        ("12 Main Street<br>Naas<br>Co. Kildare", ("12 Main Street", "Naas", "Co. Kildare", "", "IE")),
        ("1420 Pier Street, Portland, OR", ("1420 Pier Street", "Portland", "OR", "", "US")),
        (
            "1420 Pier St.<br>NW, Portland, Multnomah County, OR 97209",
            ("1420 Pier St, NW", "Portland", "OR", "97209", "US"),
        ),
        (
            "\N{ROUND PUSHPIN}Am Alten Markt 3, D-20457 Hamburg<br>\N{TELEPHONE RECEIVER} 040 123456",
            ("Am Alten Markt 3", "Hamburg", "", "20457", "DE"),
        ),
        (
            "<i>\ue0c8</i> 1420 Pier Street<br>Portland, OR 97209 \u260e 503 555 0100",
            ("1420 Pier Street", "Portland", "OR", "97209", "US"),
        ),
        ("Our 5 best drive tips<br>Portland, OR", None),
        ("5 people in Wayne County", None),
        ("1420 Pier Street, Portland, OR 10001", None),
        ("We sold 1420 winches in OR 97209 times", None),
        ("Ring the 12345 Bells of January", None),
    ],
)
def test_addresses_of_several_countries(body: str, expected: tuple[str, ...] | None) -> None:
    found = [one.address for one in addresses(document(f"<p>{body}</p>"))]
    assert [(one.street, one.city, one.state, one.postcode, one.country) for one in found] == (
        [expected] if expected else []
    )


@pytest.mark.parametrize(
    ("sentence", "year"),
    [
        ("Acme Tools was founded in 1987.", "1987"),
        ("Established in April 1987, Acme Tools sells winches.", "1987"),
        ("Since 1987, we have sold winches.", "1987"),
        ("Acme Tools Inc. (formerly Bolt) has been making winches since 1987.", "1987"),
        ("Zebra was incorporated in 1969. We sell their printers.", ""),
        ("The festival we sponsor was founded in 1969.", ""),
        ("Acme Tools was founded in 1987. Our company was established in 1990.", ""),
        ("Copyright 1987-2020 Acme Tools. Call 1987 for us.", ""),
    ],
)
def test_a_founding_year_needs_the_company_as_its_subject(sentence: str, year: str) -> None:
    said = founded([document(f"<p>{sentence}</p>")], ["Acme Tools"])
    assert (said.value if said else "") == year


def test_we_is_the_company_on_its_own_pages_only() -> None:
    praise = "<p>We have been working with them since 1999. We employ 30 people.</p>"
    elsewhere = document(praise, "https://acme-tools.com/customers/bolt", home=False)
    assert founded([elsewhere], ["Acme Tools"]) is None
    assert employees([elsewhere], ["Acme Tools"]) is None
    said = employees(
        [document("<p>With over 1,200 employees, Acme Tools serves all of Europe.</p>")], ["Acme Tools"]
    )
    assert said is not None
    assert (said.value, said.shown) == ("1200", "over 1,200")


def test_a_description_is_the_companys_words_or_none() -> None:
    told = description(
        [document("<p>Acme Tools is a maker of winches for boats of every size.</p>")], ["Acme Tools"]
    )
    assert told is not None
    assert told.value == "Acme Tools is a maker of winches for boats of every size."
    assert (
        description([document("<p>Bolt is a maker of winches for boats of every size.</p>")], ["Acme Tools"])
        is None
    )


def test_of_several_profiles_the_one_like_the_company_or_none() -> None:
    several = "".join(
        f"<a href='https://www.facebook.com/{one}'>f</a>" for one in ("bolt", "acmetools", "nut")
    )
    strangers = "<a href='https://instagram.com/bolt'>i</a><a href='https://instagram.com/nut'>i</a>"
    found = profiles([document(several + strangers)], (), ["Acme Tools"])
    assert [(one.network, one.url) for one in found] == [("Facebook", "https://www.facebook.com/acmetools")]


def test_what_a_site_uses_with_its_evidence() -> None:
    documents = [one for page in HARBOUR_SITE.pages if (one := opened(page))]
    assert {one.name: one.evidence for one in technologies(HARBOUR_SITE, documents)} == {
        "WordPress": "meta generator",
        "Google Analytics": "cookie _ga",
        "Google Tag Manager": "markup googletagmanager.com/gtm.js",
        "nginx": "header server",
        "Microsoft 365": "MX mail.protection.outlook.com",
        "SendGrid": "SPF sendgrid.net",
    }, "a mention of shopify.com is no shop"
    nothing = Site(
        (Page(URL, "<p>x</p>"),),
        mail_hosts=("notgoogle.com",),
        text_records=("v=spf1 include:xsendgrid.net",),
    )
    mentioned = "<a href='https://www.hotjar.com/'>Hotjar</a>"
    allowed = "<meta http-equiv='Content-Security-Policy' content='script-src https://static.hotjar.com'>"
    assert technologies(nothing, [document(mentioned + allowed)]) == ()


@pytest.mark.parametrize(
    "shown",
    [
        "<link rel='dns-prefetch' href='//static.hotjar.com'>",
        "<LINK REL=preconnect HREF='https://static.hotjar.com'><link rel=dns-prefetch href=//x.imgix.net>",
        "<!-- <script src='https://static.hotjar.com/c/hotjar-1.js'></script> -->",
        "<!--[if lt IE 9]><img src='//a.imgix.net/x'><script src='//static.hotjar.com'></script><![endif]-->",
    ],
)
def test_an_address_that_need_not_be_loaded_is_no_use(shown: str) -> None:
    site = Site((Page(URL, "<p>x</p>"),))
    assert technologies(site, [document(shown)]) == ()
    loaded = f"{shown}<!-- a note --><script src='https://static.hotjar.com/c/hotjar-1.js'></script>"
    assert [one.name for one in technologies(site, [document(loaded)])] == ["Hotjar"]


def test_what_is_loaded_too_counts_and_a_comment_without_an_end_hides_nothing() -> None:
    site = Site((Page(URL, "<p>x</p>"),))
    shown = (
        "<link rel='preconnect stylesheet' href='https://a.imgix.net/a.css'><!-- never closed "
        "<link rel=preload as=script href='https://js.stripe.com/v3/'>"
    )
    assert [one.name for one in technologies(site, [document(shown)])] == ["Stripe", "imgix"]


def test_many_openings_take_no_long_time() -> None:
    """Linear: a million signs of openings that nothing closes."""
    site = Site((Page(URL, "<p>x</p>"),))
    for opening in ("<link rel=dns-prefetch ", "<!--", "<!-- <script "):
        assert technologies(site, [document(opening * (1_000_000 // len(opening)))]) == ()


def test_every_fingerprint_has_a_mark_that_can_fit() -> None:
    table = fingerprints()
    assert len(table) >= 120
    assert len({one.name for one in table}) == len(table)
    for one in table:
        marks = (*one.cookie, *one.script, *one.markup, *one.generator, *one.mx, *one.txt, *one.spf)
        assert marks or one.header, one.name
        assert all(mark and mark == mark.lower() for mark in marks), one.name


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Toll Free 800-927-2440, Local 205-428-7700", "+12054287700"),
        ("Local (205)428-7700 Toll Free (800)927-2440", "+12054287700"),
        ("Tel. Sri Lanka +94 11 252 1394<br>Tel. Australia +61 41 725 4352", "+61417254352"),
        ("Tel. +94 11 252 1394", "+94112521394"),
    ],
)
def test_the_number_where_the_company_is(body: str, expected: str) -> None:
    address = "12 Kent St, Sydney NSW 2000" if "+" in body else "12 Oak Rd, Pelham, AL 35124"
    pages = (
        Page("https://acme-tools.com/", "<title>Acme Tools</title><p>Welcome</p>"),
        Page("https://acme-tools.com/contact", f"<title>Acme Tools</title><p>{address}</p><p>{body}</p>"),
    )
    reading = read_site(Company("1", "Acme Tools"), Site(pages))
    assert [one.value for one in reading.proposals if one.field.value == "phone"] == [expected]
