"""What a site uses: fingerprints over headers, cookies, scripts, markup, generator, MX and TXT."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.enrichment.documents import LONGEST_URL, Document
from connector.enrichment.fingerprints import Fingerprint, fingerprints
from connector.enrichment.values import Site, Technology

LONGEST_MARKUP = 1_000_000  # characters of a page that are looked through for plain words
MOST_RESOURCES = 500
LONGEST_HEADER = 2_000
SPF = "v=spf1"
POLICY = "content-security-policy"
MOST_POLICIES = 3
HINTS = ("dns-prefetch", "preconnect")
# No "<" inside: the many openings of a hostile page end each other.
_LINK = re.compile(r"<link\b[^<>]{0,2000}>")


def technologies(site: Site, documents: Sequence[Document]) -> tuple[Technology, ...]:
    """What the site uses, each once, with where it was seen, in the order of the table."""
    seen = [_Seen.of(one) for one in documents]
    found = []
    for one in fingerprints():
        evidence = next((said for page in seen if (said := page.shows(one))), "") or _dns(site, one)
        if evidence:
            found.append(Technology(one.name, one.category, evidence))
    return tuple(found)


@dataclass(frozen=True)
class _Seen:
    """A page's surface, in lower case."""

    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    resources: str
    markup: str
    generators: tuple[str, ...]

    @classmethod
    def of(cls, document: Document) -> _Seen:
        page = document.page
        return cls(
            headers={name.lower(): value[:LONGEST_HEADER].lower() for name, value in page.headers},
            cookies=tuple(one.lower() for one in page.cookies),
            resources="\n".join(_resources(document)),
            markup=_at_work(page.html[:LONGEST_MARKUP].lower()),
            generators=tuple(_generators(document)),
        )

    def shows(self, one: Fingerprint) -> str:
        """Where the page shows the technology, in words; empty if it does not."""
        for name, part in one.header.items():
            if name in self.headers and part in self.headers[name]:
                return f"header {name}"
        for start in one.cookie:
            if any(cookie.startswith(start) for cookie in self.cookies):
                return f"cookie {start}"
        for start in one.generator:
            if any(generator.startswith(start) for generator in self.generators):
                return "meta generator"
        for part in one.script:
            if part in self.resources:
                return f"loads {part}"
        return next((f"markup {part}" for part in one.markup if part in self.markup), "")


def _at_work(markup: str) -> str:
    """Without what names an address that the page need not load: policies, hints, what is commented out."""
    shown = _LINK.sub(lambda link: "" if _is_hint(link.group()) else link.group(), markup)
    return _without_policies(_without_commented_out(shown))


def _is_hint(told: str) -> bool:
    """Whether a browser only looks up or greets the host: such lists outlive what they were made for."""
    return any(hint in told for hint in HINTS) and "stylesheet" not in told


def _without_commented_out(markup: str) -> str:
    """Without comments that hold elements; what a plugin says of itself in a comment stays."""
    begin, *rest = markup.split("<!--")
    kept = [begin]
    for one in rest:
        comment, ended, after = one.partition("-->")
        is_element = ended and any(name in comment for name in ("<script", "<link", "<iframe", "<img"))
        kept.append(after if is_element else f"<!--{one}")
    return "".join(kept)


def _without_policies(markup: str) -> str:
    """A security policy says what a page may load, which is more than what it loads."""
    for _ in range(MOST_POLICIES):
        named = markup.find(POLICY)
        begin, end = markup.rfind("<meta", 0, max(0, named)), markup.find(">", max(0, named))
        if min(named, begin, end) < 0:
            break
        markup = markup[:begin] + markup[end:]
    return markup


def _resources(document: Document) -> Iterator[str]:
    """Addresses that the page loads: scripts, style sheets, frames, images, forms."""
    count = 0
    for element in document.tree.iter("script", "link", "iframe", "img", "form"):
        rel = (element.get("rel") or "").lower() if element.tag == "link" else ""
        if "canonical" in rel or _is_hint(rel):
            continue
        address = next(
            (value for name in ("src", "href", "data-src", "action") if (value := element.get(name))), ""
        )
        if address and not address.startswith("data:"):
            count += 1
            yield address[:LONGEST_URL].lower()
        if count >= MOST_RESOURCES:
            return


def _generators(document: Document) -> Iterator[str]:
    for one in document.tree.iter("meta"):
        if (one.get("name") or "").lower() == "generator":
            yield (one.get("content") or "").strip().lower()


def _dns(site: Site, one: Fingerprint) -> str:
    for ending in one.mx:
        if any(host == ending or host.endswith(f".{ending}") for host in site.mail_hosts):
            return f"MX {ending}"
    records = [record.strip().lower() for record in site.text_records]
    for start in one.txt:
        if any(record.startswith(start) for record in records):
            return f"TXT {start}"
    includes = {
        host
        for record in records
        if record.startswith(SPF)
        for host in re.findall(r"include:(\S{1,253})", record)
    }
    for ending in one.spf:
        if any(host == ending or host.endswith(f".{ending}") for host in includes):
            return f"SPF {ending}"
    return ""
