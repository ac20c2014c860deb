"""What a site says of its company in words: description, founding year, head count, industry.

Only what is said is taken: a sentence on founding or on employees must have the company as its subject, and a
sector must be named clearly more often than any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from ruamel.yaml import YAML

from connector.enrichment.documents import Document, Kind, plain, quoted
from connector.enrichment.names import core

SHORTEST_DESCRIPTION, LONGEST_DESCRIPTION = 40, 500  # characters
LONGEST_SENTENCE = 400
FIRST_YEAR, LAST_YEAR = 1500, 2099
MOST_EMPLOYEES = 5_000_000
TITLE_WEIGHT, DESCRIPTION_WEIGHT, BODY_CAP = 4, 3, 6
FEWEST_POINTS, CLEARLY = 5, 2.0  # points of the best sector, and how many times those of the next
_BOILERPLATE = re.compile(
    r"just another wordpress|lorem ipsum|enable javascript|page not found|coming soon|"
    r"domain (?:is )?for sale|"
    r"^\s*(?:home|welcome)\b.{0,15}$|this is (?:the|a) (?:default|sample)|joomla!? - the dynamic",
    re.IGNORECASE,
)
_YEAR = r"(?P<year>1[5-9]\d\d|20\d\d)(?!\w)"
_FOUNDED = (
    r"(?:was\s|were\s|is\s)?(?:first\s|originally\s)?"
    r"(?:founded|established|incorporated|formed|started|launched|created|opened|born)"
)
_WHEN = (
    r"(?:\s(?:by|as|with)\s[^.;,]{1,60}|\s(?:its|his|her|our)\s\w+|\son\s\w+\s\d{1,2},)?(?:\s(?:way\s)?back)?"
    r"\s(?:in|since)\s(?:\w+\s|the\s(?:year|spring|summer|fall|autumn|winter)\s(?:of\s)?)?"
)
_ACTIVE = (
    r"(?:(?:has|have)\s)?(?:been\s(?:in\sbusiness|\w{3,20}ing|around|active|an?\s)|served|provided|operated|offered|"
    r"in\sbusiness|serving|providing)"
)
_OWN_WORDS = r"we|(?:our|the)\s(?:company|firm|business|agency|practice|group)"
_INTRODUCING = (
    r"(?:is|are)\s(?:a|an|the|one\sof)\s|(?:offers?|provides?|sells?|makes?|designs?|builds?|helps?|manufactures?|"
    r"specialises?|specializes?|develops?|serves?|operates?)\s"
)
_NUMBER = re.compile(r"\d")
_SENTENCE_END = re.compile(r"(?<=[a-z0-9)][.!?])\s+(?=[A-Z])")
_OWN_PAGES = frozenset((Kind.HOME, Kind.ABOUT))
_LEGAL_ENDING = r"(?:,?\s(?:inc|llc|ltd|corp|co|gmbh|limited|company|ag|plc)\b\.?,?)?"
_COUNT = (
    r"(?P<about>(?:more\sthan|over|about|around|approximately|some|nearly|almost|roughly)\s)?"
    r"(?P<count>\d{1,3}(?:[,.]\d{3})+|\d{1,6})\+?"
)
_STAFF = (
    r"(?:(?:full[\s-]?time|dedicated|skilled|talented|professional|permanent|passionate)\s)?"
    r"(?:employees|staff(?:\smembers)?|team\smembers|people|professionals|associates)"
)


@dataclass(frozen=True)
class Said:
    """Something that a page says; ``value`` is normalised."""

    value: str
    shown: str
    document: Document
    quote: str
    method: str
    confidence: float


def description(documents: Sequence[Document], names: Sequence[str]) -> Said | None:
    """A page's own description, the home page's first; else a sentence that introduces the company."""
    order = [Kind.HOME, Kind.ABOUT]
    ranked = sorted(documents, key=lambda one: order.index(one.kind) if one.kind in order else len(order))
    for document in ranked:
        for name in ("description", "og:description", "twitter:description"):
            text = document.metas.get(name, "")
            if len(text) >= SHORTEST_DESCRIPTION and not _BOILERPLATE.search(text):
                short = shortened(text)
                sure = 0.85 if document.kind in order else 0.6
                return Said(short, short, document, quoted(text), f"meta {name}", sure)
    return _introduced(documents, names)


def _introduced(documents: Sequence[Document], names: Sequence[str]) -> Said | None:
    """A sentence in which the company says what it is: "Acme is a …"."""
    for document in documents:
        if document.kind not in _OWN_PAGES:
            continue
        pattern = re.compile(rf"^(?:at\s)?{_subject(document, names)}\s{_INTRODUCING}", re.IGNORECASE)
        for line in document.lines:
            for sentence in _SENTENCE_END.split(line):
                if SHORTEST_DESCRIPTION <= len(sentence) <= LONGEST_SENTENCE and pattern.search(sentence):
                    return Said(sentence, sentence, document, quoted(sentence), "sentence on itself", 0.65)
    return None


def founded(documents: Sequence[Document], names: Sequence[str]) -> Said | None:
    """The founding year, from sentences whose subject is the company; nothing if they disagree."""
    found = []
    for document in documents:
        for sentence, one in _matches(document, _founding_patterns(_subject(document, names))):
            if FIRST_YEAR <= int(one.group("year")) <= LAST_YEAR:
                year = one.group("year")
                found.append(Said(year, year, document, quoted(sentence), "sentence on its founding", 0.8))
    return _agreed(found)


def employees(documents: Sequence[Document], names: Sequence[str]) -> Said | None:
    """The head count, from sentences whose subject is the company; nothing if they disagree."""
    found = []
    for document in documents:
        for sentence, one in _matches(document, _staff_patterns(_subject(document, names))):
            number = int(re.sub(r"\D", "", one.group("count")))
            if 1 < number <= MOST_EMPLOYEES:
                shown = f"{one.groupdict().get('about') or ''}{number:,}"
                found.append(
                    Said(str(number), shown, document, quoted(sentence), "sentence on its people", 0.75)
                )
    return _agreed(found)


def _agreed(found: Sequence[Said]) -> Said | None:
    return found[0] if len({one.value for one in found}) == 1 else None


def industry(documents: Sequence[Document]) -> Said | None:
    """The sector that titles, descriptions and texts name, if they name one clearly."""
    points: dict[str, float] = {}
    for sector, pattern in _sectors().items():
        points[sector] = _points(documents, pattern)
    ranked = sorted(points, key=lambda one: points[one], reverse=True)
    best, second = points[ranked[0]], points[ranked[1]]
    if best < FEWEST_POINTS or best < CLEARLY * second:
        return None
    evidence = next(
        (
            (one, text)
            for one in documents
            for text in _spoken(one)
            if _sectors()[ranked[0]].search(f" {plain(text)} ")
        ),
        None,
    )
    if evidence is None:
        return None
    sure = 0.8 if best >= 2 * CLEARLY * max(second, 1) else 0.65
    return Said(ranked[0], ranked[0], evidence[0], quoted(evidence[1]), "words of a sector", sure)


def _points(documents: Sequence[Document], pattern: re.Pattern[str]) -> float:
    total = 0.0
    for document in documents:
        heads = document.kind in {Kind.HOME, Kind.ABOUT}
        part = 1.0 if heads else 0.4
        total += part * TITLE_WEIGHT * min(2, len(pattern.findall(f" {plain(document.title)} ")))
        described = document.metas.get("description", "") + " " + document.metas.get("keywords", "")[:300]
        total += part * DESCRIPTION_WEIGHT * min(3, len(pattern.findall(f" {plain(described)} ")))
        total += part * min(BODY_CAP, len(pattern.findall(document.words)) * 0.5)
    return total / max(1, len(documents)) * 2


def _spoken(document: Document) -> Iterator[str]:
    yield document.title
    yield document.metas.get("description", "")
    yield from document.lines[:200]


@lru_cache(maxsize=1)
def _sectors() -> Mapping[str, re.Pattern[str]]:
    text = resources.files("connector.enrichment").joinpath("sectors.yaml").read_text(encoding="utf-8")
    words: dict[str, list[str]] = YAML(typ="safe").load(text)
    return {
        sector: re.compile(r"(?<= )(?:" + "|".join(re.escape(one) for one in several) + r")s?(?= )")
        for sector, several in words.items()
    }


def _matches(document: Document, patterns: Sequence[re.Pattern[str]]) -> Iterator[tuple[str, re.Match[str]]]:
    """Sentences with a number in them, and what the first pattern that fits finds there."""
    for line in document.lines:
        if not _NUMBER.search(line):
            continue
        for sentence in _SENTENCE_END.split(line):
            if len(sentence) <= LONGEST_SENTENCE and _NUMBER.search(sentence):
                found = (one for pattern in patterns if (one := pattern.search(sentence)))
                if first := next(found, None):
                    yield sentence, first


def _subject(document: Document, names: Sequence[str]) -> str:
    """A pattern of who the company is: its names; on its own home and about pages "we" as well.

    Elsewhere "we" may be a customer who praises, or a partner.
    """
    cores = {r"[\W_]{1,3}".join(re.escape(word) for word in core(one)) for one in names if core(one)}
    telling = sorted((one for one in cores if len(one) > 2), key=lambda one: (-len(one), one))  # noqa: PLR2004
    named = f"(?:{'|'.join(telling[:8]) or '(?!)'}){_LEGAL_ENDING}(?:\\s\\([^()]{{1,60}}\\))?"
    return f"(?:{_OWN_WORDS}|{named})" if document.kind in _OWN_PAGES else named


@lru_cache(maxsize=64)
def _founding_patterns(subject: str) -> tuple[re.Pattern[str], ...]:
    aside = r"\s(?:is|are)\s(?:a|an|the)\s[^.;,]{1,60}\s(?:that|which|who)"
    patterns = [
        rf"(?<!\w){subject},?\s(?:which\s|who\s)?{_FOUNDED}{_WHEN}{_YEAR}",
        rf"^{_FOUNDED}{_WHEN}{_YEAR},?\s{subject}(?!\w)",
        rf"^since(?:\sits\s(?:founding|inception)\sin)?\s{_YEAR},?\s{subject}(?!\w)",
        rf"(?<!\w){subject}(?:{aside})?\s{_ACTIVE}[^.;]{{0,80}}?\ssince\s{_YEAR}",
    ]
    if _OWN_WORDS in subject:
        patterns.append(rf"^(?:year\s)?(?:founded|established)(?:\sin)?:?\s{_YEAR}$")
    return tuple(re.compile(one, re.IGNORECASE) for one in patterns)


@lru_cache(maxsize=64)
def _staff_patterns(subject: str) -> tuple[re.Pattern[str], ...]:
    staff = rf"{_COUNT}\s{_STAFF}(?!\w)"
    team = r"(?:team|staff|workforce)"
    patterns = [
        rf"(?<!\w){subject}\s(?:(?:now|currently|today)\s)?(?:employs?|has|have)\s(?:a\s{team}\sof\s)?{staff}",
        rf"(?<!\w){subject}\s(?:is|are)\s(?:a|an)\s(?:team|company|firm|agency|staff)\sof\s{staff}",
        rf"^with\s{staff}(?:\s[^.,;]{{1,40}})?,\s{subject}(?!\w)",
    ]
    if _OWN_WORDS in subject:
        patterns += [
            rf"(?<!\w)our\s{team}\s(?:of|has|counts|includes)\s{staff}",
            rf"^(?:number\sof\s)?employees(?:\sworldwide)?:?\s{_COUNT}$",
        ]
    return tuple(re.compile(one, re.IGNORECASE) for one in patterns)


def year_of(text: str) -> str:
    """The year of a date such as ``1996`` or ``1996-04-01``; empty if there is none."""
    found = re.match(r"\s?(1[5-9]\d\d|20\d\d)(?!\d)", text)
    return found.group(1) if found else ""


def shortened(text: str) -> str:
    """At most LONGEST_DESCRIPTION characters, cut between words."""
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    cut = text[: LONGEST_DESCRIPTION - 1]
    return cut[: max(cut.rfind(" "), LONGEST_DESCRIPTION // 2)].rstrip(" ,;") + "…"
