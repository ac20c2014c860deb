"""Whether a site is a company's own: the names it gives itself against the name of the account.

Names are compared without legal forms, accents and punctuation. What decides is the likeness of whole names,
never that one word occurs in both: "Delta" is not "Delta Dental".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz import fuzz

from connector.enrichment.documents import Document, Kind, site_label
from connector.enrichment.structured import Organisation

ALIKE = 80.0  # of 100; 0 wrong among 1,000 pairs, see benchmarks/extraction.py
NEARLY = ALIKE - 1  # what looks alike but lacks a word that tells
LIKE_DOMAIN = 90.0
SAME_WORD = 80.0
KIN = 50.0  # of 100: names of one company may be so unlike
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
            "pte",
        ),
        *("kk", "sro", "doo", "zoo", "kft", "bvba", "dba", "the", "pc", "pllc", "pa"),
    )
)
# Words that say what a company does or where, not which company it is.
GENERAL = frozenset(
    (
        *(
            "group",
            "groupe",
            "gruppe",
            "grupo",
            "gruppo",
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
# Words behind a name that say what kind of house bears it.
KINDS = frozenset(
    (
        *(
            "restaurant",
            "cafe",
            "bistro",
            "hotel",
            "inn",
            "pub",
            "brewery",
            "bakery",
            "store",
            "shop",
            "clinic",
        ),
        *("studio", "gallery", "salon", "spa", "pharmacy", "winery", "nursery", "school"),
    )
)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]{2,60})[)\]]")
_SPELT_FORMS = re.compile(r"\bsp\.?\sz\s?o\.?\s?o\b\.?|\bs\.?a\.?\sde\sc\.?v\b\.?|\bs\.?\sde\sr\.?l\b\.?")
_SITE_NAMES = ("og:site_name", "application-name")
_PARTS = re.compile(r"\s[|\-–—:•·»«/]+\s|\s*[|»«•·]\s*|:\s|,\s")
_RIGHTS = re.compile(
    r"(?:©|\(c\)|copyright)[\s©:,]{0,4}(?:\(c\)\s?)?(?:(?:19|20)\d\d(?:\s?[-–,]\s?(?:19|20)?\d\d){0,3})?[\s,.:|-]{0,4}"
    r"(?:by\s)?([^\n©|]{2,100})",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"\ball rights?\b|\bterms\b|\bprivacy\b|\bpowered\b|\bsite\b|\bdesign(?:ed)? by\b|\bregistered\b|"
    r"(?<=\w{3})\.\s|[|•·]|(?:19|20)\d\d",
    re.IGNORECASE,
)


def site_names(documents: Sequence[Document], organisations: Iterable[Organisation]) -> tuple[str, ...]:
    """The names that a site gives itself: site name, titles, copyright lines, structured data, its domain."""
    label = site_label(documents[0].url) if documents else ""
    return tuple(dict.fromkeys((*names_on(documents, organisations), *((label,) if label else ()))))


def names_on(documents: Sequence[Document], organisations: Iterable[Organisation]) -> tuple[str, ...]:
    """As site_names, without its domain."""
    found = dict.fromkeys(
        name.strip()[:LONGEST_NAME]
        for name in (*_given(documents), *(one.name for one in organisations))
        if len(name.strip()) > 1
    )
    return tuple(found)[:MOST_NAMES]


def likeness(company: str, names: Sequence[str], *, label: str) -> float:
    """0 to 100: how well the best of a site's names fits the company's name; ``label`` is of its domain."""
    found = [core(name) for name in names]
    outside, inside = _apart(company)
    forms = [words for one in dict.fromkeys((company, outside)) if (words := core(one))]
    likes = [max(_like_domain(one, label), *(_alike(one, each) for each in found), 0.0) for one in forms]
    # What stands in brackets may be a place, as the titles of other companies have it.
    return max(*likes, 0.0, _like_domain(core(inside), label) if inside else 0.0)


def _apart(company: str) -> tuple[str, str]:
    """A name without what it has in brackets, and that: "Kestrel Works (Alton) Ltd"."""
    found = _BRACKETS.search(company[:LONGEST_NAME])
    if found is None:
        return company, ""
    return f"{company[: found.start()]} {company[found.end() : LONGEST_NAME]}", found.group(1)


def same_name(company: str, name: str, *, label: str) -> bool:
    """Whether a name, such as that of an organisation in structured data, is the company's."""
    found = core(name)
    return bool(found) and max(_alike(core(company), found), _like_domain(found, label)) >= ALIKE


def bears(company: str, names: Sequence[str]) -> bool:
    """Whether one of the names that a site gives itself is, as a whole, the company's.

    It is for a site that the company's own address only leads to: neither its domain nor a name that stands
    within another, as that of a company that was bought, says enough.
    """
    forms = [words for one in dict.fromkeys((company, _apart(company)[0])) if (words := core(one))]
    return any(
        _alike(one, found) >= LIKE_DOMAIN and _has_words(one, found) and _has_words(found, one)
        for one in forms
        for name in names
        if (found := core(name))
    )


def says_another(
    company: str, documents: Sequence[Document], organisations: Iterable[Organisation], *, label: str
) -> bool:
    """Whether a site clearly bears the name of another company, though its domain is like the account's.

    Domains are sold, and lead to whoever bought them. It is clear when two kinds of places agree on a name
    (its site name, its title, a copyright line, structured data), and no such place has a name that has
    anything in common with the company's or the domain's.
    """
    kinds = (
        [one.metas[key] for one in documents for key in _SITE_NAMES if key in one.metas],
        [part for one in documents if one.kind is Kind.HOME for part in _PARTS.split(one.title)],
        [name for one in documents for line in (*one.lines[-60:], *one.footer) for name in _copyright(line)],
        [one.name for one in organisations],
    )
    said = [{words for name in some[:MOST_NAMES] if (words := core(name))} for some in kinds]
    wanted = core(company)
    if any(_in_common(words, wanted, label) for some in said for words in some):
        return False
    everything = [words for some in said for words in some if any(map(_tells, words))]
    return len(everything) > len(set(everything))


def _in_common(words: tuple[str, ...], wanted: tuple[str, ...], label: str) -> bool:
    """Whether a name may be another one of the same company: a word, initials, or half of its letters."""
    bare = re.sub(r"[^a-z0-9]", "", label)
    if any(one in bare or one in wanted for one in words if _tells(one) and len(one) >= SHORTEST_INITIALS):
        return True
    one, initials = "".join(words), {"".join(each[0] for each in words), _short(words)}
    if any(each in bare for each in initials if len(each) >= SHORTEST_INITIALS):
        return True
    if one in {"".join(each[0] for each in wanted), _short(wanted)}:
        return True
    return max(fuzz.ratio(one, "".join(wanted)), fuzz.ratio(one, bare)) >= KIN


def core(name: str) -> tuple[str, ...]:
    """The words of a name that tell it from others: without accents, punctuation and legal forms."""
    bare = unicodedata.normalize("NFKD", name[:LONGEST_NAME].replace("&", " and ").replace("ß", "ss"))
    bare = "".join(one for one in bare if not unicodedata.combining(one)).casefold()
    bare = re.sub(r"(?<=\b\w)\.\s?(?=\w\b)", "", bare)  # R.S. is RS
    bare = re.sub(r"['’`\u00b4]", "", bare)
    bare = re.sub(r"\.(?:(?:com|net|org|co)(?:\.[a-z]{2})?|us|de|ca|ie|se)\b", "", bare)
    bare = _SPELT_FORMS.sub(" ", bare)
    words = re.findall(r"\w+", bare)
    kept = tuple(one for one in words if one not in LEGAL_FORMS)
    return kept or tuple(words)


def _given(documents: Sequence[Document]) -> Iterator[str]:
    for one in documents:
        yield from (one.metas[key] for key in _SITE_NAMES if key in one.metas)
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
    best = max(
        fuzz.ratio(one, other), fuzz.ratio("".join(wanted), "".join(found)), fuzz.token_sort_ratio(one, other)
    )
    if _stands_in(wanted, found) or _without_kind(wanted, found):
        return max(best, 90.0)
    same = _has_words(wanted, found) and _has_words(found, wanted)
    return best if same else min(best, NEARLY)


def _has_words(these: tuple[str, ...], those: tuple[str, ...]) -> bool:
    """Every telling word of these is among those, give or take a letter: "of Texas" is not "of Kansas"."""
    joined = "".join(those)
    return all(
        one in joined or any(fuzz.ratio(one, other) >= SAME_WORD for other in those)
        for one in these
        if _tells(one)
    )


def _stands_in(wanted: tuple[str, ...], found: tuple[str, ...]) -> bool:
    """A name of two words or more stands within the other, and makes up at least half of it."""
    size = len(wanted)
    if size < 2 or 2 * size < len(found) or not any(map(_tells, wanted)):  # noqa: PLR2004 - one word says too little
        return False
    return any(found[at : at + size] == wanted for at in range(len(found) - size + 1))


def _without_kind(wanted: tuple[str, ...], found: tuple[str, ...]) -> bool:
    """A name of two words or more is the other one without its kind of house: "Kestrel Mill Restaurant"."""
    size = len(found)
    alike = size > 1 and wanted[:size] == found and any(map(_tells, found))
    return alike and len(wanted) > size and KINDS.issuperset(wanted[size:])


def _tells(word: str) -> bool:
    return word not in GENERAL and len(word) > 1


def _like_domain(wanted: tuple[str, ...], label: str) -> float:
    """Domains leave out spaces and general words, or are initials; else they must be nearly the name."""
    bare = re.sub(r"[^a-z0-9]", "", label)
    if not bare or not wanted:
        return 0.0
    telling = "".join(one for one in wanted if one not in GENERAL)
    labels = {bare, bare.removeprefix("the") or bare}  # the names compared are without it, too
    best = max(fuzz.ratio(one, label) for one in ("".join(wanted), telling) for label in labels)
    initials = {"".join(one[0] for one in wanted), _short(wanted)}
    listed = wanted[: wanted.index("and")] if "and" in wanted else ()  # of "Alder Blinds & Rugs" the first
    if (len(bare) >= SHORTEST_INITIALS and bare in initials) or (len(listed) > 1 and "".join(listed) == bare):
        return max(best, 85.0)
    return best if best >= LIKE_DOMAIN else min(best, NEARLY)


def _short(words: tuple[str, ...]) -> str:
    """Initials in which words of two letters stand whole: RS Pressman and Associates is rspa."""
    return "".join(one if len(one) == 2 else one[0] for one in words if one != "and")  # noqa: PLR2004
