"""Sites below a platform's name: who they are is the name before it, and the platform is nobody."""

from __future__ import annotations

import pytest

from connector.enrichment.documents import registered_domain, site_domain, site_label
from connector.enrichment.reading import read_site
from connector.enrichment.values import Company, Page, Site

_PAGE = """<html><head><title>Imprint</title></head><body><p>Lindqvist Pumpen<br>Hafenweg 8<br>20457 Hamburg
</p><p>MAILS</p></body></html>"""


@pytest.mark.parametrize(
    ("url", "domain", "label"),
    [
        ("https://acme.github.io/tools/", "acme.github.io", "acme"),
        ("https://www.acme.co.uk/", "acme.co.uk", "acme"),
        ("https://shop.acme.uk.com/", "acme.uk.com", "acme"),
        ("https://github.io/", "github.io", "github"),
        ("https://shop.acme.example/", "acme.example", "acme"),
        ("http://[::1", "", "["),
    ],
)
def test_a_platforms_name_is_no_sites_name(url: str, domain: str, label: str) -> None:
    assert (site_domain(url), site_label(url)) == (domain, label)


def test_the_domain_that_somebody_registered_is_still_the_platforms() -> None:
    assert registered_domain("https://acme.github.io/") == "github.io"


@pytest.mark.parametrize(
    ("company", "is_company"), [("Lindqvist Pumpen", True), ("GitHub", False), ("Bolt", False)]
)
def test_a_site_on_a_platform_is_who_its_host_says(company: str, *, is_company: bool) -> None:
    page = Page("https://lindqvistpumpen.github.io/imprint.html", _PAGE.replace("MAILS", ""))
    assert read_site(Company("1", company), Site((page,))).is_company is is_company


def test_mail_at_the_platform_is_not_the_companys() -> None:
    mails = "info@github.com info@github.io info@bolt.github.io"
    for more, expected in (("", []), (" info@lindqvistpumpen.de", ["info@lindqvistpumpen.de"])):
        page = Page("https://lindqvistpumpen.github.io/imprint.html", _PAGE.replace("MAILS", mails + more))
        reading = read_site(Company("1", "Lindqvist Pumpen"), Site((page,)))
        assert [one.value for one in reading.proposals if one.field.value == "email"] == expected
