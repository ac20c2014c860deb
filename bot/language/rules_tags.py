"""Rules for tags: accounts tagged Renewal, with the tag "Key account" or Partner."""

from __future__ import annotations

from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.tokens import phrase
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Compare, Node, Operator, disjunction

_TAGS = "tags"
_NO_TAGS = "Tags of accounts are not in the copy of the CRM."
_QUOTES = {'"', "“", "”", "„"}
_ENDS = (Role.FILLER, Role.PLACE, Role.WITH, Role.LINK, Role.NOT, Role.WITHOUT, Role.BY, Role.SORT_BY)


def tagged(draft: Draft, at: int) -> int:
    """A condition on tags; the word behind is one, and behind "or" a word of no other meaning."""
    if not draft.role(at, Role.TAGGED):
        return at
    first = draft.skip(at + 1)
    if first >= len(draft.items):
        return at
    named = _field(draft)
    said, end = _tag(draft, first)
    if named is None:
        return draft.problem(at, end, _NO_TAGS)
    tags = [said]
    while draft.role(end, Role.OR, Role.COMMA) and _only_a_tag(draft, draft.skip(end + 1)):
        said, end = _tag(draft, draft.skip(end + 1))
        tags.append(said)
    has: list[Node] = [Compare(named.name, Operator.HAS, one) for one in tags]
    return draft.add(at, end, named.name, disjunction(*has))


def _field(draft: Draft) -> Field | None:
    catalog = draft.vocabulary.index.catalog
    named = catalog.find("Tag") or catalog.find(_TAGS)
    return named if named is not None and named.type is FieldType.LIST else None


def _tag(draft: Draft, at: int) -> tuple[str, int]:
    """The tag at an index: what stands in quotation marks, or the word and those behind that mean nothing."""
    text = draft.items[at].text
    if _quoted(text):
        return text[1:-1], at + 1
    end = at + 1
    while end < len(draft.items) and draft.unknown(end):
        end += 1
    return draft.words(at, end), end


def _only_a_tag(draft: Draft, at: int) -> bool:
    if at >= len(draft.items):
        return False
    alone = draft.unknown(at) and bool(phrase(draft.items[at].text)) and not draft.role(at, *_ENDS)
    return alone or _quoted(draft.items[at].text)


def _quoted(text: str) -> bool:
    return text[:1] in _QUOTES
