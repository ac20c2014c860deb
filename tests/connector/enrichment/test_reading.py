"""A whole site read: what it says, where it says it, and that a site of somebody else's says nothing."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.enrichment.reading import pages_to_read, read_site
from connector.enrichment.values import LONGEST_QUOTE, Company, EnrichedField, Page, Site, SiteReading
from tests.connector.enrichment.written_sites import HARBOUR, HARBOUR_SITE, NORDWIND, NORDWIND_SITE


def told(reading: SiteReading) -> dict[str, str]:
    return {one.field.value: one.value for one in reading.proposals}


def test_everything_that_a_site_says_and_nothing_else() -> None:
    reading = read_site(HARBOUR, HARBOUR_SITE)
    assert reading.is_company
    assert told(reading) == {
        "phone": "+15032244100",
        "email": "info@harbourlighttools.com",
        "street": "1420 Pier Street, Suite 8",
        "city": "Portland",
        "state": "OR",
        "postcode": "97209",
        "country": "United States",
        "description": "Manufacturer of marine winches, capstans and custom deck machinery for work boats.",
        "founded": "1987",
        "employees": "140",
        "industry": "Manufacturing",
        "linkedin": "https://www.linkedin.com/company/harbour-light-tools",
        "social": "https://x.com/harbourlight",
        "technologies": "WordPress, Google Analytics, Google Tag Manager, nginx, Microsoft 365, SendGrid",
    }
    used = next(one for one in reading.proposals if one.field is EnrichedField.TECHNOLOGIES)
    assert (used.source_url, used.method) == ("https://www.harbourlighttools.com/", "fingerprints")
    assert "nginx: header server" in used.quote
    phone = next(one for one in reading.proposals if one.field is EnrichedField.PHONE)
    assert (phone.shown, phone.source_url) == (
        "+1 503-224-4100",
        "https://www.harbourlighttools.com/contact-us/",
    )
    street = next(one for one in reading.proposals if one.field is EnrichedField.STREET)
    assert "1420 Pier Street" in street.quote
    employees = next(one for one in reading.proposals if one.field is EnrichedField.EMPLOYEES)
    assert employees.shown == "more than 140"


def test_structured_data_of_the_company_is_trusted_and_that_of_its_agency_is_not() -> None:
    reading = read_site(NORDWIND, NORDWIND_SITE)
    assert told(reading) == {
        "phone": "+49403005070",
        "email": "kontakt@nordwind-werkzeuge.de",
        "street": "Hafenstraße 12a",
        "city": "Hamburg",
        "postcode": "20457",
        "country": "Germany",
        "founded": "1962",
        "employees": "85",
        "linkedin": "https://www.linkedin.com/company/nordwind-werkzeuge",
    }
    assert {one.method for one in reading.proposals if one.field is EnrichedField.PHONE} == {"json-ld"}


@pytest.mark.parametrize(
    ("body", "proposed"),
    [
        ("<p>Best Trailers and Supply 503-224-4100 sells them</p>", False),
        ("<p>Phone: 503-224-4100</p>", True),
        ("<p>Ask for Jo 503-224-4100 any day</p><p>Or so: 503-224-4100</p>", True),
        ('<p>Ask <a href="tel:+15032244100">Jo 503-224-4100 now</a></p>', True),
        ("<footer>© 2011 Acme Tools | 503-224-4100</footer>", True),
        ("<p>1420 Pier Street<br>Portland, OR 97201<br>503-224-4100</p>", True),
    ],
)
def test_a_number_that_nothing_gives_as_the_companys_is_not_proposed(body: str, *, proposed: bool) -> None:
    page = Page("https://acme-tools.com/", f"<title>Acme Tools</title><body><h1>Acme Tools</h1>{body}</body>")
    reading = read_site(Company("1", "Acme Tools", "acme-tools.com"), Site((page,)))
    assert told(reading).get("phone") == ("+15032244100" if proposed else None)


def test_a_site_of_somebody_else_proposes_nothing() -> None:
    for company, site in (
        (HARBOUR, NORDWIND_SITE),
        (NORDWIND, HARBOUR_SITE),
        (Company("3", "Pier"), HARBOUR_SITE),
    ):
        reading = read_site(company, site)
        assert (reading.is_company, reading.proposals, reading.technologies) == (False, (), ())
        assert reading.names, "a person may see whose site it is"


_BOUGHT = """<html><head><title>Lindqvist Pumps | Pumps for mines</title>SITE</head>
<body><p>Call (503) 224-4100</p><footer>RIGHTS</footer></body></html>"""


@pytest.mark.parametrize(
    ("site_name", "rights", "is_company"),
    [
        ("Lindqvist Pumps", "© 2024 Lindqvist Pumps AB", False),
        ("Lindqvist Pumps", "", False),  # with the title that is two
        ("", "© 2024 Lindqvist Pumps AB", False),
        ("", "", True),  # a title may be a slogan
        ("Winches", "© 2024 Somebody Else", True),  # no two agree
        ("Lindqvist Pumps", "© 2024 Harbour Light Tools, Inc.", True),  # a brand of the company's
        ("HLT", "© 2024 HLT", True),
    ],
)
def test_a_domain_that_somebody_else_has_by_now(site_name: str, rights: str, *, is_company: bool) -> None:
    meta = f'<meta property="og:site_name" content="{site_name}">' if site_name else ""
    page = Page("https://harbourlighttools.com/", _BOUGHT.replace("SITE", meta).replace("RIGHTS", rights))
    reading = read_site(HARBOUR, Site((page,)))
    assert reading.is_company is is_company
    assert bool(reading.proposals) is is_company


def test_the_pages_worth_reading_are_the_domains_own_one_of_each_kind() -> None:
    base = "https://www.harbourlighttools.com"
    assert pages_to_read(HARBOUR_SITE.pages[0]) == (
        f"{base}/contact-us/",
        f"{base}/about/",
        f"{base}/legal",
        f"{base}/our-team/",
    )


FILLER = (
    *(
        "<p>",
        "we",
        "Acme",
        "Tools",
        "Inc.",
        "12 Main St,",
        "Portland,",
        "OR",
        "97209",
        "(503)",
        "224-4100",
        "fax",
    ),
    *("503 224 4101", "info@acme-tools.com", "jane@acme-tools.com"),
)
HOSTILE = (
    *(
        "<a href='http://[::1'>",
        "<a href='tel:+'>",
        "<a href='mailto:%ff@@'>",
        "<table><tr><th>Fax",
        "&#0;",
        "\ud800",
    ),
    *(
        "<base href='//['>",
        "<script type='application/ld+json'>[[[",
        "</script>",
        "<i data-cfemail='5x'>",
        "\x00",
        "]]>",
    ),
    *(
        "<div itemscope itemtype='http://schema.org/Organization'><b itemprop='name'>",
        "<meta name=generator>",
        "<!--",
    ),
    *(
        "<title>Acme Tools</title>",
        "founded in 1987",
        "since",
        "with 20 people",
        "@",
        "[at]",
        "A1A 1A1",
        "10117 Berlin",
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((*FILLER, *HOSTILE)), max_size=40), st.sampled_from((" ", "\n", "")))
def test_whatever_the_page_every_proposal_keeps_its_promises(parts: list[str], between: str) -> None:
    page = Page("https://acme-tools.com/", between.join(parts))
    reading = read_site(Company("1", "Acme Tools"), Site((page,)))
    fields = [one.field for one in reading.proposals if one.field is not EnrichedField.SOCIAL]
    assert len(fields) == len(set(fields))
    assert isinstance(pages_to_read(page), tuple)
    for one in reading.proposals:
        assert one.value.strip() == one.value != ""
        assert 0 < one.confidence <= 1
        assert len(one.quote) <= LONGEST_QUOTE
        assert one.source_url == page.url
        if one.field is EnrichedField.PHONE:
            assert phonenumbers.is_valid_number(phonenumbers.parse(one.value))
        if one.field is EnrichedField.FOUNDED:
            assert one.value == "1987"


@pytest.mark.parametrize(
    "body",
    [
        *("7" * 400_000, "555 123 4567 " * 20_000, "CA 90210 " * 30_000, "12345 A" * 30_000, "x@" * 200_000),
        *(
            "info at " * 40_000,
            "© 2012 " * 40_000,
            "A" * 400_000,
            "we were founded " * 20_000,
            "<p itemscope>" * 2_000,
            "<meta content-security-policy" * 15_000,
        ),
        f"<script type='application/ld+json'>{'[' * 50_000}</script>",
    ],
    ids=lambda body: body[:16],
)
def test_pages_that_are_built_to_hang_parsers_end(body: str) -> None:
    page = Page("https://acme-tools.com/", f"<html><title>Acme Tools</title><body>{body}</body></html>")
    reading = read_site(Company("1", "Acme Tools"), Site((page,)))
    assert reading.is_company
