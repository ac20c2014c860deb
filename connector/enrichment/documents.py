"""A page opened once: its tree, what a reader sees line by line, its links, and what kind of page it is.

Everything else in this package looks at pages through a ``Document``. What is given to regular expressions is
cut off at ``LONGEST_TEXT``; a page that is built to break parsers is the business of the process around us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import html_text
import lxml.html
import tldextract
from lxml.etree import LxmlError

from connector.enrichment.cells import part_cells
from connector.enrichment.link_words import words_before
from connector.enrichment.values import LONGEST_QUOTE, Page

LONGEST_TEXT = 200_000  # characters; above, phonenumbers takes seconds (3.7 s for 1 MB, measured)
LONGEST_LINE = 2_000
MOST_WORDS = 20_000
MOST_TAGS = 60_000  # of a page, which is read up to there; 400,000 take 330 MB and more than five seconds
LONGEST_URL = 2_048
MOST_LINKS = 3_000
MOST_BREAKS = 5_000  # of lines in preformatted text
LONGEST_WORDS = 60  # of a link that says where it leads
_CLOSING_BREAK = re.compile(r"</br\s?/?>", re.IGNORECASE)
_TAG_ENDS = re.compile("[-_]")
_ADDRESS_SCHEMES = ("http://", "https://")
# The snapshot in the package, no fetch; the second knows the platforms below which others have their sites.
_domains = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_hosted = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


class Kind(StrEnum):
    """What a page is for."""

    HOME = "home"
    CONTACT = "contact"
    ABOUT = "about"
    LEGAL = "legal"
    TEAM = "team"
    LOCATIONS = "locations"
    OTHER = "other"


# The words of links and paths that lead there, in the order in which pages are worth reading.
KIND_WORDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.CONTACT: (
        *(
            "contact",
            "contacts",
            "contact us",
            "contactus",
            "get in touch",
            "reach us",
            "kontakt",
            "contacto",
        ),
        *("contatti", "contato", "contactez nous", "nous contacter", "neem contact op", "kontakta oss"),
    ),
    Kind.ABOUT: (
        *("about", "about us", "aboutus", "who we are", "our story", "our company", "the company", "company"),
        *(
            "company profile",
            "history",
            "uber uns",
            "ueber uns",
            "unternehmen",
            "a propos",
            "qui sommes nous",
        ),
        *("over ons", "chi siamo", "sobre nosotros", "quienes somos", "om oss"),
    ),
    Kind.LEGAL: (
        *("imprint", "impressum", "legal", "legal notice", "legal information", "mentions legales"),
        *("colofon", "aviso legal", "note legali", "terms", "terms and conditions", "terms of service"),
    ),
    Kind.TEAM: (
        *(
            "team",
            "our team",
            "the team",
            "meet the team",
            "people",
            "our people",
            "leadership",
            "management",
        ),
        *("staff", "equipe", "notre equipe", "ons team", "unser team"),
    ),
    Kind.LOCATIONS: (
        *("locations", "our locations", "location", "offices", "our offices", "branches", "find us"),
        *(
            "where we are",
            "directions",
            "standorte",
            "standort",
            "anfahrt",
            "agences",
            "vestigingen",
            "filialen",
        ),
    ),
}
_ALONE = ("about", "contact", "kontakt", "impressum")  # at the beginning of a title they say enough
_ACCENTS = str.maketrans("äàáâãåçéèêëíìîïñöòóôõúùûüø", "aaaaaaceeeeiiiinooooouuuuo")


@dataclass(frozen=True)
class Link:
    """A link: its address made absolute, and its words.

    Attributes:
        before: the words before it in its paragraph, cell or list's item, as ``link_words`` has them.
    """

    url: str
    words: str
    in_footer: bool = False
    before: str = ""


@dataclass(frozen=True)
class Document:
    """An opened page.

    Attributes:
        metas: ``<meta>`` contents by name or property, in lower case; the first of each wins.
        lines: what a reader sees, without empty lines; at most LONGEST_TEXT characters in all.
        footer: those of them that stand in a footer.
    """

    page: Page
    tree: Any
    kind: Kind
    title: str
    metas: Mapping[str, str]
    links: tuple[Link, ...]
    lines: tuple[str, ...]
    footer: frozenset[str]

    @property
    def url(self) -> str:
        """Where the page was found."""
        return self.page.url

    @property
    def language(self) -> str:
        """What the page says that it is written in, such as ``de-AT``; often nothing."""
        return (self.tree.get("lang") or "")[:LONGEST_WORDS]

    @property
    def locale(self) -> str:
        """As ``language``; where that names no country, what the page tells networks may do so: ``es_MX``."""
        told = self.metas.get("og:locale", "")[:LONGEST_WORDS]
        begin = _TAG_ENDS.split(told, maxsplit=1)[0].lower()
        return told if self.language.strip().lower() in {"", begin} else self.language

    @cached_property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    @cached_property
    def words(self) -> str:
        """The first MOST_WORDS characters as plain words between single spaces."""
        return f" {plain(self.text[:MOST_WORDS])} "


def opened(page: Page, *, home: bool = False) -> Document | None:
    """The page as a document, or None if it holds no HTML that can be read."""
    tree = _tree(page.html)
    if tree is None:
        return None
    footers = tuple(_footers(tree))
    title = " ".join((tree.findtext(".//title") or "").split())[:LONGEST_LINE]
    return Document(
        page=page,
        tree=tree,
        kind=Kind.HOME if home else kind_of(page.url, title),
        title=title,
        metas=_metas(tree),
        links=tuple(_links(tree, page.url, footers)),
        lines=_lines(tree),
        footer=frozenset(line for one in footers for line in _lines(one)),
    )


def kind_of(url: str, words: str) -> Kind:
    """The kind of page that an address and the words of a link, or a title, speak of."""
    spoken = [plain(part) for part in re.split(r"[|:»·]| [-–—] ", words[:300])]
    path = [plain(part.rsplit(".", 1)[0]) for part in urlsplit(url[:LONGEST_URL]).path.split("/") if part]
    for kind, known in KIND_WORDS.items():
        if any(one in known for one in (*spoken, *path)):
            return kind
    first = spoken[0].split()[:2]
    beginnings = (" ".join(first), *(one for one in first[:1] if one in _ALONE))
    return next(
        (kind for kind, known in KIND_WORDS.items() if any(one in known for one in beginnings)), Kind.OTHER
    )


def plain(text: str) -> str:
    """Lower-case words without accents and punctuation."""
    return " ".join(re.split(r"[^a-z0-9]+", text.lower().translate(_ACCENTS).replace("ß", "ss"))).strip()


@lru_cache(maxsize=512)
def registered_domain(url: str) -> str:
    """``example.co.uk`` of an address or a host; empty if there is none."""
    label, suffix = _registered(url)
    return f"{label}.{suffix}" if label and suffix else ""


@lru_cache(maxsize=512)
def domain_label(url: str) -> str:
    """``acme`` of ``https://www.acme.co.uk/…`` or of a host."""
    return _registered(url)[0]


@lru_cache(maxsize=512)
def site_domain(url: str) -> str:
    """``acme.github.io`` of a site on a platform that lends names to everybody, else as registered_domain.

    What stands beside it there is somebody else's, and so is the platform.
    """
    parts = _hosted(url[:LONGEST_URL])
    if parts.is_private and parts.domain:
        return f"{parts.domain}.{parts.suffix}".lower()
    return registered_domain(url)


@lru_cache(maxsize=512)
def site_label(url: str) -> str:
    """``acme`` of ``https://acme.github.io/``, where the domain's label is the platform's name."""
    parts = _hosted(url[:LONGEST_URL])
    return parts.domain.lower() if parts.is_private and parts.domain else domain_label(url)


def _registered(url: str) -> tuple[str, str]:
    """The label that somebody registered, and what it stands below.

    A last label that the list of suffixes does not know is a suffix by the list's own rule ``*``.
    """
    parts = _domains(url[:LONGEST_URL])
    if not parts.suffix and parts.subdomain:
        return parts.subdomain.rpartition(".")[2].lower(), parts.domain.lower()
    return parts.domain.lower(), parts.suffix.lower()


def quoted(text: str) -> str:
    """The words as a proposal carries them."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST_QUOTE else flat[: LONGEST_QUOTE - 1] + "…"


def _tree(html: str) -> Any:
    if not html.strip():
        return None
    if html.count("<") > MOST_TAGS:
        html = "<".join(html.split("<", MOST_TAGS + 1)[:-1])
    html = _CLOSING_BREAK.sub("<br>", html.replace("\0", ""))  # browsers break the line there, lxml does not
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=False)
    try:
        tree = lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ValueError):
        return None
    _break_preformatted(tree)
    part_cells(tree)
    return tree


def _break_preformatted(tree: Any) -> None:
    """Put breaks where the lines of preformatted text end, since all other text is read without its lines."""
    room = MOST_BREAKS
    for one in [one for pre in tree.iter("pre") for one in pre.iter()]:
        inside = (one.text or "").split("\n") if isinstance(one.tag, str) else []
        behind = (one.tail or "").split("\n") if one.tag != "pre" else []
        room -= len(inside) + len(behind)
        if room < 0:
            return
        if len(inside) > 1:
            one.text = inside[0]
            for at, line in enumerate(inside[1:]):
                one.insert(at, _break(line))
        if len(behind) > 1:
            one.tail = behind[0]
            for line in reversed(behind[1:]):
                one.addnext(_break(line))


def _break(behind: str) -> Any:
    made = lxml.html.Element("br")
    made.tail = behind
    return made


def _metas(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in tree.iter("meta"):
        name = (one.get("name") or one.get("property") or one.get("itemprop") or "").strip().lower()
        content = " ".join((one.get("content") or "")[:LONGEST_LINE].split())
        if name and content:
            found.setdefault(name, content)
    return found


def _footers(tree: Any) -> Iterator[Any]:
    for one in tree.iter("footer", "div", "section", "td", "table", "p"):
        marks = f"{one.get('id') or ''} {one.get('class') or ''}".lower()
        if one.tag == "footer" or re.search(r"(?:^|[\s_-])(?:site)?footer(?:$|[\s_-])", marks[:200]):
            yield one
            return


def _links(tree: Any, url: str, footers: tuple[Any, ...]) -> Iterator[Link]:
    base, before = _base(tree, url), words_before(tree)
    below = {one for footer in footers for one in footer.iter("a")}  # held, for lxml makes each anew
    for at, one in enumerate(tree.iter("a", "area")):
        if at >= MOST_LINKS:
            return
        href = (one.get("href") or "").strip()
        if not href or len(href) > LONGEST_URL:
            continue
        words = " ".join("".join(one.itertext())[:LONGEST_LINE].split()) or one.get("title") or ""
        yield Link(_absolute(base, href), words[:LONGEST_LINE], one in below, before.get(one, ""))


def _base(tree: Any, url: str) -> str:
    given = tree.find(".//base")
    href = (given.get("href") or "").strip() if given is not None else ""
    return _absolute(url, href) or url if href else url


def _absolute(base: str, href: str) -> str:
    try:
        return urlsplit(urljoin(base, href)).geturl()
    except ValueError:  # an address that is none, such as one with half a bracket
        return ""


def _lines(tree: Any) -> tuple[str, ...]:
    lines: list[str] = []
    room = LONGEST_TEXT
    for raw in html_text.extract_text(tree, guess_layout=True).splitlines():
        line = " ".join(raw.split())[:LONGEST_LINE]
        if not line:
            continue
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return tuple(lines)


def pages_to_read(page: Page) -> tuple[str, ...]:
    """Up to four further pages of the same domain that are worth reading, the most telling first.

    One of each kind (contact, about, legal, team, locations), absolute, without fragments; found among the
    links of the home page.
    """
    document = opened(page, home=True)
    if document is None:
        return ()
    best: dict[Kind, tuple[int, int, str]] = {}
    for at, link in enumerate(document.links):
        url = link.url.partition("#")[0]
        if not _may_be_read(url, page.url):
            continue
        kind = kind_of(url, link.words if len(link.words) <= LONGEST_WORDS else "")
        if kind is not Kind.OTHER:
            rank = (len([part for part in urlsplit(url).path.split("/") if part]), at, url)
            best[kind] = min(best.get(kind, rank), rank)
    found = dict.fromkeys(best[kind][2] for kind in KIND_WORDS if kind in best)
    return tuple(found)[:4]


def _may_be_read(url: str, home: str) -> bool:
    if not url.startswith(_ADDRESS_SCHEMES) or url.rstrip("/") == home.partition("#")[0].rstrip("/"):
        return False
    ending = urlsplit(url).path.rsplit("/", 1)[-1].rpartition(".")
    if ending[1] and ending[2].lower() not in {"html", "htm", "php", "asp", "aspx", "jsp", "shtml", "cfm"}:
        return False
    own = registered_domain(home)
    return bool(own) and registered_domain(url) == own
