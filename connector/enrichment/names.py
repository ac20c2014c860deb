"""Whether a site is a company's own: the names it gives itself against the name of the account.

Names are compared without legal forms, accents and punctuation. What decides is the likeness of whole names,
never that one word occurs in both: "Delta" is not "Delta Dental".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import tldextract
from rapidfuzz import fuzz

from connector.enrichment.documents import Document, Kind
from connector.enrichment.structured import Organisation

ALIKE = 80.0  # of 100; 0 wrong among 1,000 pairs, see benchmarks/extraction.py
MOST_NAMES = 40
LONGEST_NAME = 100
SHORTEST_INITIALS = 3
LEGAL_FORMS = frozenset(
    (
        *(
            "inc",
            "incorporated",
            "llc",
            "llp",
            "lp",
            "ltd",
            "limited",
            "plc",
            "corp",
            "corporation",
            "co",
            "company",
        ),
        *(
            "gmbh",
            "mbh",
            "ag",
            "kg",
            "ohg",
            "ug",
            "ev",
            "se",
            "kgaa",
            "sa",
            "sas",
            "sarl",
            "sasu",
            "eurl",
            "srl",
        ),
        *(
            "spa",
            "bv",
            "nv",
            "vof",
            "ab",
            "as",
            "asa",
            "aps",
            "oy",
            "oyj",
            "lda",
            "ltda",
            "sl",
            "slu",
            "pty",
            "pvt",
        ),
        *("kk", "sro", "doo", "zoo", "kft", "bvba", "dba", "the", "pc", "pllc", "pa"),
    )
)
# Words that say what a company does or where, not which company it is.
GENERAL = frozenset(
    (
        *(
            "group",
            "holding",
            "holdings",
            "international",
            "global",
            "services",
            "service",
            "solutions",
            "systems",
        ),
        *(
            "technologies",
            "technology",
            "tech",
            "associates",
            "partners",
            "consulting",
            "of",
            "and",
            "for",
            "in",
        ),
        *(
            "home",
            "official",
            "site",
            "website",
            "web",
            "online",
            "welcome",
            "to",
            "page",
            "contact",
            "us",
            "about",
        ),
        *(
            "company",
            "com",
            "net",
            "org",
            "www",
            "news",
            "blog",
            "new",
            "best",
            "real",
            "estate",
            "design",
            "family",
        ),
    )
)
_PARTS = re.compile(r"\s[|\-–—:•·»«/]+\s|\s*[|»«•·]\s*|:\s|,\s")
_RIGHTS = re.compile(
    r"(?:©|\(c\)|copyright)[\s©:,]{0,4}(?:\(c\)\s?)?(?:(?:19|20)\d\d(?:\s?[-–,]\s?(?:19|20)?\d\d){0,3})?[\s,.:|-]{0,4}"
    r"(?:by\s)?([^\n©|]{2,100})",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"\ball rights?\b|\bterms\b|\bprivacy\b|\bpowered\b|\bsite\b|\bdesign(?:ed)? by\b|\bregistered\b|(?<=\w{3})\.\s|[|•·]|"
    r"(?:19|20)\d\d",
    re.IGNORECASE,
)


def site_names(documents: Sequence[Document], organisations: Iterable[Organisation]) -> tuple[str, ...]:
    """The names that a site gives itself: site name, titles, copyright lines, structured data, its domain."""
    found = dict.fromkeys(
        name.strip()[:LONGEST_NAME]
        for name in (*_given(documents), *(one.name for one in organisations))
        if len(name.strip()) > 1
    )
    label = domain_label(documents[0].url) if documents else ""
    return tuple(dict.fromkeys((*tuple(found)[:MOST_NAMES], *((label,) if label else ()))))


def likeness(company: str, names: Sequence[str], *, label: str) -> float:
    """0 to 100: how well the best of a site's names fits the company's name; ``label`` is of its domain."""
    wanted = core(company)
    if not wanted:
        return 0.0
    best = max((_alike(wanted, core(name)) for name in names), default=0.0)
    return max(best, _like_domain(wanted, label))


def same_name(company: str, name: str, *, label: str) -> bool:
    """Whether a name, such as that of an organisation in structured data, is the company's."""
    found = core(name)
    return bool(found) and (
        _alike(core(company), found) >= ALIKE
        or _alike(found, core(company)) >= ALIKE
        or _like_domain(found, label) >= ALIKE
    )


def core(name: str) -> tuple[str, ...]:
    """The words of a name that tell it from others: without accents, punctuation and legal forms."""
    bare = unicodedata.normalize("NFKD", name[:LONGEST_NAME].replace("&", " and ").replace("ß", "ss"))
    bare = "".join(one for one in bare if not unicodedata.combining(one)).casefold()
    bare = re.sub(r"(?<=\b\w)\.\s?(?=\w\b)", "", bare)  # R.S. is RS
    bare = re.sub(r"['’`´]", "", bare)
    bare = re.sub(r"\.(?:com|net|org|us|co\.uk|de)\b", "", bare)
    words = re.findall(r"\w+", bare)
    kept = tuple(one for one in words if one not in LEGAL_FORMS)
    return kept or tuple(words)


def domain_label(url: str) -> str:
    """``acme`` of ``https://www.acme.co.uk/…``."""
    return _extract(url).domain.lower()


_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _given(documents: Sequence[Document]) -> Iterator[str]:
    for one in documents:
        yield from (one.metas[key] for key in ("og:site_name", "application-name") if key in one.metas)
    for one in documents:
        for line in (*one.lines[-60:], *one.footer):
            yield from _copyright(line)
    for one in sorted(documents, key=lambda document: document.kind is not Kind.HOME):
        yield from _PARTS.split(one.title)
        yield one.title


def _copyright(line: str) -> Iterator[str]:
    for found in _RIGHTS.finditer(line[:500]):
        yield _AFTER_NAME.split(found.group(1), maxsplit=1)[0].strip(" ,.-")


def _alike(wanted: tuple[str, ...], found: tuple[str, ...]) -> float:
    if not wanted or not found:
        return 0.0
    one, other = " ".join(wanted), " ".join(found)
    best = max(fuzz.ratio(one, other), fuzz.ratio("".join(wanted), "".join(found)))
    if _telling(wanted) and _telling(found):
        best = max(best, fuzz.token_sort_ratio(one, other))
    if _stands_in(wanted, found):
        best = max(best, 90.0)
    return best


def _stands_in(wanted: tuple[str, ...], found: tuple[str, ...]) -> bool:
    """Two words or more of a name stand together in the other, and at least one of them tells something."""
    if len(wanted) < 2 or not _telling(wanted):  # noqa: PLR2004 - one word alone says too little
        return False
    size = len(wanted)
    return any(found[at : at + size] == wanted for at in range(len(found) - size + 1))


def _telling(words: tuple[str, ...]) -> bool:
    return any(one not in GENERAL and not one.isdigit() and len(one) > 1 for one in words)


def _like_domain(wanted: tuple[str, ...], label: str) -> float:
    bare = re.sub(r"[^a-z0-9]", "", label)
    if not bare:
        return 0.0
    joined = "".join(wanted)
    best = fuzz.ratio(joined, bare)
    telling = "".join(one for one in wanted if one not in GENERAL)
    if len(telling) > SHORTEST_INITIALS:
        best = max(best, fuzz.ratio(telling, bare))
    initials = "".join(one[0] for one in wanted)
    short = "".join(one if len(one) <= 2 else one[0] for one in wanted if one != "and")  # noqa: PLR2004
    if len(bare) >= SHORTEST_INITIALS and bare in {initials, short}:
        best = max(best, 85.0)
    return best
