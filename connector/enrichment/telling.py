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
FEWEST_POINTS, CLEARLY = 5, 1.5  # points of the best sector, and how many times those of the next
_BOILERPLATE = re.compile(
    r"just another wordpress|lorem ipsum|enable javascript|page not found|coming soon|domain (?:is )?for sale|"
    r"^\s*(?:home|welcome)\b.{0,15}$|this is (?:the|a) (?:default|sample)|joomla!? - the dynamic",
    re.IGNORECASE,
)
_YEAR = r"(?P<year>1[5-9]\d\d|20\d\d)"
_FOUNDED = r"(?:was\s|were\s|is\s)?(?:first\s|originally\s)?(?:founded|established|incorporated|formed|started|launched|created|opened|born)"
_WHEN = r"(?:\s(?:by|as|with)\s[^.;,]{1,60}|\s(?:its|his|her|our)\s\w+|\son\s\w+\s\d{1,2},)?(?:\s(?:back|way back))?\s(?:in|since)\s(?:\w+\s|the\s(?:year|spring|summer|fall|autumn|winter)\s(?:of\s)?)?"
_SUBJECT = r"(?P<subject>(?:we|our\s(?:company|firm|business|agency|practice|group)|the\s(?:company|firm|agency|business|practice|group))(?:\s(?:have|has)(?:\sbeen)?)?|{names})"
_BEING = r"(?:been\s)?(?:in\sbusiness|serving|providing|operating|in\soperation|trading|around|working|helping|building|making)"
_COUNT = r"(?P<about>(?:more\sthan|over|about|around|approximately|some|nearly|almost|roughly)\s)?(?P<count>\d{1,3}(?:[,.]\d{3})+|\d{1,6})\+?"
_STAFF = r"(?:(?:full[\s-]?time|dedicated|skilled|talented|professional|permanent|passionate)\s)?(?:employees|staff(?:\smembers)?|team\smembers|people|professionals|associates)"


@dataclass(frozen=True)
class Said:
    """Something that a page says; ``value`` is normalised."""

    value: str
    shown: str
    document: Document
    quote: str
    method: str
    confidence: float


def description(documents: Sequence[Document]) -> Said | None:
    """The page's own description: of the home page, else of the one about the company, else of any."""
    order = [Kind.HOME, Kind.ABOUT]
    ranked = sorted(documents, key=lambda one: order.index(one.kind) if one.kind in order else len(order))
    for document in ranked:
        for name in ("description", "og:description", "twitter:description"):
            text = document.metas.get(name, "")
            if len(text) >= SHORTEST_DESCRIPTION and not _BOILERPLATE.search(text):
                short = shortened(text)
                sure = 0.85 if document.kind in order else 0.6
                return Said(short, short, document, quoted(text), f"meta {name}", sure)
    return None


def founded(documents: Sequence[Document], names: Sequence[str]) -> Said | None:
    """The founding year, from a sentence whose subject is the company; nothing if sentences disagree."""
    patterns = _founding_patterns(_named(names))
    found: list[Said] = []
    for document, sentence in _sentences(documents, r"\d{4}"):
        for pattern in patterns:
            if (one := pattern.search(sentence)) and FIRST_YEAR <= int(one.group("year")) <= LAST_YEAR:
                year = one.group("year")
                found.append(Said(year, year, document, quoted(sentence), "sentence on its founding", 0.8))
                break
    return found[0] if len({one.value for one in found}) == 1 else None


def employees(documents: Sequence[Document], names: Sequence[str]) -> Said | None:
    """The head count, from a sentence whose subject is the company; nothing if sentences disagree."""
    subject = _SUBJECT.format(names=_named(names))
    pattern = re.compile(
        rf"(?<!\w){subject}(?:'s)?\s(?:\w+\s){{0,3}}?(?:employs?|has|have|with|team\sof|workforce\sof|counts?)\s"
        rf"(?:a\s(?:team|staff|workforce)\sof\s)?{_COUNT}\s{_STAFF}|"
        rf"(?<!\w)our\s(?:team|staff|workforce)\s(?:of|has|counts|includes)\s{_COUNT.replace('about', 'about2').replace('count>', 'count2>')}\s{_STAFF}",
        re.IGNORECASE,
    )
    found: list[Said] = []
    for document, sentence in _sentences(documents, r"\d"):
        if one := pattern.search(sentence):
            raw = one.group("count") or one.group("count2")
            number = int(re.sub(r"\D", "", raw))
            if 1 < number <= MOST_EMPLOYEES and not (FIRST_YEAR < number <= LAST_YEAR and raw.isdigit()):
                about = (one.group("about") or one.group("about2") or "").strip()
                shown = f"{about} {number:,}".strip()
                found.append(
                    Said(str(number), shown, document, quoted(sentence), "sentence on its people", 0.75)
                )
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
        total += part * min(BODY_CAP, len(pattern.findall(_plain_text(document))) * 0.5)
    return total / max(1, len(documents)) * 2


@lru_cache(maxsize=16)
def _plain_text(document: Document) -> str:
    return f" {plain(document.text[:20_000])} "


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


def _sentences(documents: Sequence[Document], with_: str) -> Iterator[tuple[Document, str]]:
    for document in documents:
        for line in document.lines:
            if not re.search(with_, line):
                continue
            for sentence in re.split(r"(?<=[a-z0-9)][.!?])\s+(?=[A-Z])", line):
                if len(sentence) <= LONGEST_SENTENCE:
                    yield document, sentence


def _named(names: Sequence[str]) -> str:
    """A pattern of the company's names, without legal forms."""
    cores = {r"[\W_]{1,3}".join(re.escape(word) for word in core(one)) for one in names if core(one)}
    joined = "|".join(sorted((one for one in cores if len(one) > 2), key=len, reverse=True)[:8])  # noqa: PLR2004
    return f"(?:{joined or '(?!)'})(?:,?\\s(?:inc|llc|ltd|corp|co|gmbh|limited|company|ag|plc)\\b\\.?,?)?"


def _founding_patterns(named: str) -> tuple[re.Pattern[str], ...]:
    subject = _SUBJECT.format(names=named)
    return tuple(
        re.compile(one, re.IGNORECASE)
        for one in (
            rf"(?<!\w)(?:{subject}),?\s(?:which\s|who\s)?{_FOUNDED}{_WHEN}{_YEAR}(?!\w)",
            rf"^{_FOUNDED}{_WHEN}{_YEAR},?\s(?:{subject})(?!\w)",
            rf"^since(?:\sits\s(?:founding|inception)\sin)?\s{_YEAR},?\s(?:{subject})(?!\w)",
            rf"(?<!\w)(?:{subject})\s(?:(?:have|has)\s)?{_BEING}[^.;]{{0,60}}?\ssince\s{_YEAR}(?!\w)",
        )
    )


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
