"""Questions that are written in the criteria language, whole or after "where"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.language.question import Kind, NotUnderstood, Question, Reading, Understanding, UnknownWord, WordUse
from bot.language.repairs import repaired
from bot.language.tokens import fold
from bot.language.vocabulary import Index
from scoring.criteria.canonical import canonical
from scoring.criteria.check import leaves
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, Compare, In, Node, Operator, conjunction
from scoring.voice.catalog import in_criteria

# What a sentence must have to be worth parsing as criteria: a sign, or an operator made of words.
_SIGNS = re.compile(
    r"[=<>()]|\b(?:is\s+(?:not\s+)?empty|contains|starts\s+with|ends\s+with|has|before|after|between|in\s+\(|"
    r"in\s+(?:this|last|next|segment)|mentioned)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\b(?:where|such that|matching|whose)\b", re.IGNORECASE)
_TAIL = re.compile(
    r"\s+(?:sort(?:ed)?\s+by|order(?:ed)?\s+by|ranked\s+by|limit|per|grouped\s+by)\s+[\w\s.\"]+$",
    re.IGNORECASE,
)
_PARTS = {Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH}
_MOST_CHARACTERS = 1000
_WITH_CRITERIA = {
    *(Kind.LIST, Kind.COUNT, Kind.COUNT_BY, Kind.FIGURE, Kind.MOVED, Kind.HISTORY),
    *(Kind.PROSPECTS, Kind.FLOCK),
}


@dataclass(frozen=True)
class Cut:
    """A sentence cut into what is said around the criteria, and the criteria."""

    around: str
    criteria: str
    start: int


def looks_literal(text: str) -> bool:
    """Whether it is worth trying to read the sentence as criteria."""
    return bool(_SIGNS.search(text)) and len(text) <= _MOST_CHARACTERS


def literal(
    text: str, index: Index, read: Callable[[str], Understanding]
) -> tuple[Question | None, NotUnderstood | None]:
    """Read a sentence as criteria; with ``read`` for the words around them.

    Returns:
        The question; or why it is not one, when it clearly was meant as criteria.
    """
    reason: NotUnderstood | None = None
    for cut in _cuts(text):
        try:
            node = parse(in_criteria(cut.criteria), index.catalog)
        except CriteriaError as error:
            reason = _better(reason, _not_understood(text, cut, error, index))
            continue
        if isinstance(node, Always) or _strange_value(node, cut.criteria, index):
            continue
        around = read(cut.around) if cut.around.strip() else Question(Kind.LIST)
        if isinstance(around, Question) and around.kind in _WITH_CRITERIA:
            use = WordUse(cut.criteria, canonical(node))
            return replace(
                around, criteria=conjunction(around.criteria, node), words=(*around.words, use)
            ), None
    return None, reason


def _cuts(text: str) -> list[Cut]:
    """The ways to cut, the most literal first."""
    cuts = [Cut("", text, 0)]
    places = [match for match in _WHERE.finditer(text) if not _in_quotes(text, match.start())][:1]
    starts = [(match.end(), text[: match.start()]) for match in places] or [(0, "accounts")]
    for start, before in starts:
        rest = text[start:]
        if before.strip() and places:
            cuts.append(Cut(before, rest, start))
        elif places:
            cuts.append(Cut("accounts", rest, start))
        tail = _TAIL.search(rest)
        if tail is not None:
            cuts.append(Cut(f"{before or 'accounts'} {tail[0]}", rest[: tail.start()], start))
    return cuts


def _strange_value(node: Node, text: str, index: Index) -> bool:
    """Whether a value is none of the organisation's and was not insisted on by quotation marks.

    "industry = medical frobnicate" is valid criteria, but hardly what was meant.
    """
    for leaf in leaves(node):
        if isinstance(leaf, Compare) and leaf.operator in _PARTS and " " in str(leaf.value):
            return f'"{leaf.value}"' not in text  # name contains tech in Texas
        known = index.values.get(leaf.field)
        equal = isinstance(leaf, Compare) and leaf.operator in {Operator.EQ, Operator.NE}
        values = (
            leaf.values
            if isinstance(leaf, In)
            else (leaf.value,)
            if isinstance(leaf, Compare) and equal
            else ()
        )
        for value in values if known else ():
            if isinstance(value, str) and fold(value) not in {fold(one) for one in known or ()}:
                return f'"{value}"' not in text
    return False


def _in_quotes(text: str, at: int) -> bool:
    return text.count('"', 0, at) % 2 == 1


def _better(one: NotUnderstood | None, other: NotUnderstood) -> NotUnderstood:
    """The explanation that has something to offer; else the one of the later cut, which is closer."""
    return one if one is not None and one.words and one.words[0].readings else other


def _not_understood(text: str, cut: Cut, error: CriteriaError, index: Index) -> NotUnderstood:
    catalog = index.catalog
    at = min(error.position if error.position is not None else 0, len(cut.criteria))
    match = re.compile(r'"[^"]*"|[^\s()=<>!,]+').search(cut.criteria, at)
    repairs = tuple((text[: cut.start] + " " + one).strip() for one in repaired(cut.criteria, index))
    if match is None:
        return NotUnderstood((), str(error), tuple(Reading(one, one) for one in repairs))
    readings = []
    for near in error.nearest:
        criteria = cut.criteria[: match.start()] + near + cut.criteria[match.end() :]
        try:
            parse(criteria, catalog)
        except CriteriaError:
            continue
        whole = (text[: cut.start] + criteria).strip()
        readings.append(Reading(whole, whole))
    readings = readings or [Reading(one, one) for one in repairs]
    word = UnknownWord(match[0].strip('"'), cut.start + match.start(), tuple(readings))
    return NotUnderstood((word,), str(error))
