"""The modern pages of the data set: what they tell, and what they are made with."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.judged import SAMPLES, judged
from connector.enrichment.documents import opened, registered_domain
from connector.enrichment.fingerprints import fingerprints
from connector.enrichment.reading import read_site
from connector.enrichment.technographics import technologies
from connector.enrichment.values import Company, EnrichedField, Page, Site

HALVES = ("development", "set aside")
ALL = "all"
# Our names of technologies where the other matcher's differ.
OTHER_NAMES = {
    "Adobe Experience Manager": "Adobe Experience Manager",
    "Meta Pixel": "Facebook Pixel",
    "Google Ads": "Google Ads Conversion Tracking",
    "Framer": "Framer Sites",
    "Rank Math": "RankMath SEO",
    "All in One SEO": "All in One SEO Pack",
    "WPBakery": "wpBakery",
    "Cloudflare Web Analytics": "Cloudflare Browser Insights",
    "LinkedIn Insight Tag": "Linkedin Insight Tag",
    "ASP.NET": "Microsoft ASP.NET",
    "HubSpot CMS": "HubSpot CMS Hub",
    "imgix": "Imgix",
    "Mailchimp": "MailChimp",
    "StatCounter": "Statcounter",
}


def half(keys: Iterable[str], which: str) -> set[str]:
    """One half of the keys, or all: ordered by the last bit of their hash's first byte, then by the hash."""

    def order(key: str) -> tuple[int, bytes]:
        digest = hashlib.sha256(key.encode()).digest()
        return digest[0] % 2, digest

    if which == ALL:
        return set(keys)
    ordered = sorted(set(keys), key=order)
    middle = len(ordered) // 2
    return set(ordered[:middle] if which == HALVES[0] else ordered[middle:])


def page_of(path: Path) -> str:
    """The HTML of a page of the set, which may be packed."""
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", "replace")


@dataclass(frozen=True)
class Modern:
    """A modern page, and the technologies that another matcher saw."""

    name: str
    site: Site
    technologies: frozenset[str]


def modern(data: Path, which: str) -> list[Modern]:
    """The modern pages of a half."""
    described = data / "wcxb-service-manifest.json"
    manifest = json.loads(described.read_text()) if described.exists() else []

    def key(one: dict[str, Any]) -> str:
        return urlsplit(one["url"]).hostname or str(one["file"])

    chosen = half((key(one) for one in manifest), which)
    found = []
    for one in manifest:
        if key(one) in chosen:
            text = page_of(data / one["file"])
            url = one["url"] or _canonical(text)
            seen = frozenset(one["technologies_seen_by_wappalyzer_format_matcher"])
            name = Path(one["file"]).name.removesuffix(".html.gz")
            found.append(Modern(name, Site((Page(url, text),)), seen))
    return found


def judged_figures(data: Path, *, show: bool) -> dict[str, str]:
    """Our hits beside what two people said of them."""
    found = {one.name: _technologies_of(one) for one in modern(data, ALL)}
    outcomes = judged(found)
    for outcome in outcomes.values() if show else ():
        for kind in ("wrong", "unjudged", "lost"):
            print(*(f"    {kind}: {page}  {name}" for page, name in getattr(outcome, kind)), sep="\n")
    return {SAMPLES[number]: outcome.said() for number, outcome in outcomes.items()}


def _technologies_of(one: Modern) -> list[str]:
    documents = [document for page in one.site.pages if (document := opened(page, home=True))]
    return [each.name for each in technologies(one.site, documents)]


def _canonical(text: str) -> str:
    for pattern in (
        r'rel="?canonical"?[^>]{0,200}href="(https?://[^"]{4,300})"',
        r'og:url"[^>]{0,50}content="(https?://[^"]{4,300})"',
    ):
        if found := re.search(pattern, text):
            return found.group(1)
    return "https://address-unknown.example/"


def modern_fields(pages: Sequence[Modern]) -> dict[str, str]:
    """How many modern pages tell what; a page's company is named by its domain, since no truth names it."""
    told: Counter[str] = Counter()
    linked = 0
    networks = re.compile(
        r"(?:linkedin\.com/(?:company|school)/|facebook\.com/\w|instagram\.com/\w|(?:twitter|x)\.com/\w|youtube\.com/[@\w])",
        re.IGNORECASE,
    )
    for one in pages:
        reading = read_site(Company("", registered_domain(one.site.pages[0].url).partition(".")[0]), one.site)
        kinds = {each.field for each in reading.proposals}
        told.update(each.value for each in kinds)
        told["accepted"] += reading.is_company
        told["any social"] += bool(kinds & {EnrichedField.LINKEDIN, EnrichedField.SOCIAL})
        linked += bool(networks.search(one.site.pages[0].html))
    shown = {name: share_of(count, len(pages)) for name, count in sorted(told.items())}
    return {**shown, "any social, of pages with a link to a network": share_of(told["any social"], linked)}


def technology_figures(pages: Sequence[Modern], *, show: bool) -> dict[str, str]:
    """Our hits beside the other matcher's: both are without headers, cookies and DNS."""
    ours_in_all = confirmed = theirs = 0
    table = {OTHER_NAMES.get(one.name, one.name) for one in fingerprints()}
    spent = 0.0
    for one in pages:
        documents = [document for page in one.site.pages if (document := opened(page, home=True))]
        began = time.process_time()
        found = technologies(one.site, documents)
        spent += time.process_time() - began
        names = {OTHER_NAMES.get(each.name, each.name) for each in found}
        ours_in_all += len(names)
        confirmed += len(names & one.technologies)
        theirs += len(table & one.technologies)
        if show:
            for each in found:
                if OTHER_NAMES.get(each.name, each.name) not in one.technologies:
                    print(f"    only ours: {one.site.pages[0].url[:70]}  {each.name}: {each.evidence}")
            for name in sorted(table & one.technologies - names):
                print(f"    only theirs: {one.site.pages[0].url[:70]}  {name}")
    return {
        "fingerprints": str(len(fingerprints())),
        "hits": f"{ours_in_all}, {ours_in_all / max(1, len(pages)):.1f} a page",
        "also seen by the other matcher": share_of(confirmed, ours_in_all),
        "of the other matcher's hits within our table": share_of(confirmed, theirs),
        "ms a page": f"{1000 * spent / max(1, len(pages)):.1f}",
    }


def share_of(count: int, of: int) -> str:
    """``94 of 101 (93 %)``."""
    return f"{count} of {of} ({100 * count / max(1, of):.0f} %)"
