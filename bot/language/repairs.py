"""Criteria that were meant, but are not right: how they could be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.language.vocabulary import Index
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.values import written_text
from scoring.voice.catalog import in_criteria

_OPERATOR = r"==|!=|<>|<=|>=|=|<|>|\bin\s*\(|\bnot\s+in\s*\("
_BEGINS = re.compile(
    rf"[\s(]*(?:not\s+)?[\s(]*(?P<field>\"[^\"]+\"|[\w.]+(?: [\w.]+){{0,3}}?)\s*(?:{_OPERATOR})",
    re.IGNORECASE,
)
_BROKEN = re.compile(rf"(?:&&|\|\||[,(]|\b(?:and|or|not)|{_OPERATOR})\s*$|&&|\|\|", re.IGNORECASE)
_END = re.compile(r"(?:\s*(?:&&|\|\||[,(]|\b(?:and|or|not)\b))+\s*$", re.IGNORECASE)
_LAST = re.compile(
    rf"(?P<field>\"[^\"]+\"|[\w.]+)\s*(?P<operator>{_OPERATOR})\s*(?P<value>[^\s()]*)\s*$", re.IGNORECASE
)
_MOST = 3
_EXAMPLES = {
    FieldType.NUMBER: ("4", "10"),
    FieldType.MONEY: ("10k", "100k"),
    FieldType.DATE: ("2026-01-01", "30 days ago"),
    FieldType.BOOLEAN: ("yes", "no"),
}


def begins_as_criteria(text: str, index: Index) -> bool:
    """Whether a sentence begins with a field and an operator: it is meant as criteria."""
    match = _BEGINS.match(text)
    return match is not None and ("_" in match["field"] or _field(match["field"], index) is not None)


def is_broken(text: str) -> bool:
    """Whether criteria end in the air, or are joined by signs of another language."""
    return bool(_BROKEN.search(text)) or text.count("(") != text.count(")")


def repaired(text: str, index: Index) -> tuple[str, ...]:
    """Criteria like these that are right."""
    found: dict[str, None] = {}
    for one in _tries(text, index):
        if len(found) < _MOST and one.strip() and one != text and _parses(one, index):
            found[one] = None
    return tuple(found)


def _tries(text: str, index: Index) -> Iterator[str]:
    joined = re.sub(r"\s*\|\|\s*", " or ", re.sub(r"\s*&&\s*", " and ", text)).strip()
    whole = _END.sub("", joined)
    for one in (joined, whole):
        yield one
        yield one + ")" * (one.count("(") - one.count(")"))
        yield one.replace("(", "").replace(")", "")
    for one in (joined, whole):
        last = _LAST.search(one)
        known = _field(last["field"], index) if last is not None else None
        if last is not None and known is not None:
            operator = "=" if last["operator"].lower().startswith(("in", "not")) else last["operator"]
            yield from (
                f"{one[: last.start()]}{last['field']} {operator} {value}" for value in _values(known, index)
            )


def _values(field: Field, index: Index) -> Iterator[str]:
    yield from (written_text(one) for one in index.values.get(field.name, ())[:_MOST])
    yield from _EXAMPLES.get(field.type, ())


def _field(name: str, index: Index) -> Field | None:
    return index.catalog.find(name.strip('"'))


def _parses(text: str, index: Index) -> bool:
    try:
        parse(in_criteria(text), index.catalog)
    except CriteriaError:
        return False
    return True
