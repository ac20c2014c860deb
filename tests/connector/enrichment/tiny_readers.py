"""Readers of pages for tests: they do to their process what the page tells them to."""

from __future__ import annotations

import importlib
import os
import re
from urllib.parse import urljoin

from connector.enrichment.values import Company, EnrichedField, Instead, Page, Proposal, Site, SiteReading


def read_site(company: Company, site: Site) -> SiteReading:
    text = site.pages[0].html
    print("what libraries print is no answer", flush=True)
    if "HANG" in text:
        re.match(r"(a|aa)+$", "a" * 60 + "b")
    if "EAT" in text:
        bytearray(2_000_000_000)
    if "DIE" in text:
        os._exit(3)
    said = (str(os.getpid()), os.environ.get("SECRET", ""), *site.mail_hosts, *site.text_records)
    found = tuple(
        Proposal(EnrichedField.PHONE, number, number, page.url, number, "tel link", 0.9)
        for page in site.pages
        for number in re.findall(r"tel:(\S{1,20})", page.html)
    )
    names = (*said, site.redirected_to)
    if "FOR SALE" in text:
        return SiteReading(is_company=False, names=names, likeness=100, instead=Instead.FOR_SALE)
    if company.name not in text:
        return SiteReading(is_company=False, names=names, likeness=0)
    return SiteReading(True, names, 100, proposals=found[:1], redirected_to=site.redirected_to)


def pages_to_read(page: Page) -> tuple[str, ...]:
    return tuple(urljoin(page.url, link) for link in re.findall(r'href="([^"]{1,3000})"', page.html))


def parse_with_lxml(company: Company, site: Site) -> SiteReading:
    lxml = importlib.import_module("lxml.html")  # it comes without types
    text = lxml.document_fromstring(site.pages[0].html).text_content()
    return SiteReading(is_company=False, names=(str(len(text)),), likeness=0)


def half_a_pair(company: Company, site: Site) -> SiteReading:
    return SiteReading(is_company=True, names=("half \ud800 of a pair",), likeness=1)
