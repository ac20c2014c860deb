"""Rules for a part of a name: with tech in the name, whose name starts with plus, names ending in zap."""

from __future__ import annotations

from bot.language.draft import Draft
from bot.language.meanings import Role
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Compare, Operator

_OPERATORS = {
    Role.CONTAINING: Operator.CONTAINS,
    Role.STARTING: Operator.STARTS_WITH,
    Role.ENDING: Operator.ENDS_WITH,
}
_LEADING = (Role.WITH, Role.CALLED, Role.CONTAINING)
_NOT_PARTS = (Role.FILLER, Role.AND, Role.OR, Role.COMMA, Role.NOUN, Role.NOUN_ONE, Role.IN_NAME)


def part_of_name(draft: Draft, at: int) -> int:
    """A condition on a part of a name; returns the index after it, or ``at`` when there is none here."""
    return _field_first(draft, at) or _part_first(draft, at) or at


def _field_first(draft: Draft, at: int) -> int:
    """Name contains tech, names ending in zap."""
    named = draft.field(at, FieldType.TEXT)
    if named is None or named.values:
        return 0
    start = draft.skip(at + 1, Role.LINK)
    denied = draft.role(start, Role.NOT) is not None
    verb = draft.role(draft.skip(start + 1) if denied else start, *_OPERATORS)
    said = (draft.skip(start + 1) if denied else start) + 1
    if verb is None or not _is_part(draft, said):
        return 0
    if denied:
        draft.nots.append(start)
    return _add(draft, at, said, said + 1, named, _OPERATORS[verb.role])


def _part_first(draft: Draft, at: int) -> int:
    """With tech in the name, called something with tech in the name."""
    named = draft.vocabulary.index.catalog.find("name")
    start = at + 1
    while draft.role(start, *_LEADING):
        start += 1
    if named is None or not draft.role(at, *_LEADING) or not _is_part(draft, start):
        return 0
    if not draft.role(start + 1, Role.IN_NAME):
        return 0
    return _add(draft, at, start, start + 2, named, Operator.CONTAINS)


def _is_part(draft: Draft, at: int) -> bool:
    """Whether a word can be a part of a name: whatever it means otherwise, but no small word."""
    if at >= len(draft.items) or draft.role(at, *_NOT_PARTS):
        return False
    return any(char.isalnum() for char in draft.items[at].text)


def _add(draft: Draft, first: int, part: int, last: int, named: Field, operator: Operator) -> int:
    text = draft.items[part].text.strip('"\u201c\u201d\u201e')
    return draft.add(first, last, named.name, Compare(named.name, operator, text))
