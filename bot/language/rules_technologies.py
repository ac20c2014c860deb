"""Rules for what companies' sites are made with: accounts using Shopify, that run on WordPress or Drupal."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process, utils

from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Reading
from bot.language.tokens import phrase
from scoring.criteria.fields import FieldType
from scoring.criteria.tree import Compare, Operator, conjunction, disjunction

_LONGEST = 4  # words of a name
_JOINING = (Role.AND, Role.OR, Role.COMMA)
_ALIKE = 70.0
_OFFERED = 3
_NOT_MAPPED = (
    "What accounts use is not kept: map it under enrichment: fields: technologies, and enrich accounts."
)


def uses(draft: Draft, at: int) -> int:
    """A condition on what an account uses; returns the index after it, or ``at`` when there is none here."""
    if not draft.role(at, Role.USES):
        return at
    first = draft.skip(at + 1)
    found = _named(draft, first)
    field = draft.vocabulary.index.technology_field
    named = draft.vocabulary.index.catalog.find(field or "")
    if named is None or named.type is not FieldType.TEXT:
        return draft.problem(at, found[1], _NOT_MAPPED) if found else at
    if found is None:
        return _unknown(draft, at, first)
    names, either, end = [found[0]], False, found[1]
    while (more := _further(draft, end)) is not None:
        names.append(more[0])
        either, end = either or more[2], more[1]
    parts = [Compare(named.name, Operator.CONTAINS, one) for one in names]
    return draft.add(at, end, named.name, disjunction(*parts) if either else conjunction(*parts))


def _named(draft: Draft, at: int) -> tuple[str, int] | None:
    """The technology that is named from an index on, the longest one, and the index after it."""
    known = draft.vocabulary.index.technologies
    ends = range(min(len(draft.items), at + _LONGEST), at, -1)
    return next(((known[said], end) for end in ends if (said := phrase(draft.words(at, end))) in known), None)


def _further(draft: Draft, at: int) -> tuple[str, int, bool] | None:
    """Another one behind "and", "or" or a comma, and whether any of them will do."""
    joined = draft.role(at, *_JOINING)
    if joined is None:
        return None
    found = _named(draft, draft.skip(at + 1))
    return found and (*found, joined.role is Role.OR)


def _unknown(draft: Draft, at: int, first: int) -> int:
    """Nothing that is known: the nearest names are offered where the words mean nothing else."""
    if first >= len(draft.items) or not draft.unknown(first):
        return at
    end = first + 1
    while end < len(draft.items) and draft.unknown(end):
        end += 1
    said = draft.words(first, end)
    readings = tuple(
        Reading(draft.rewritten(first, end, one), f"using {one}") for one in _nearest(draft, said)
    )
    return draft.problem(first, end, f"I know no technology “{said}”.", readings=readings)


def _nearest(draft: Draft, said: str) -> Sequence[str]:
    names = sorted(set(draft.vocabulary.index.technologies.values()))
    found = process.extract(said, names, scorer=fuzz.ratio, processor=utils.default_process, limit=_OFFERED)
    return [name for name, likeness, _ in found if likeness >= _ALIKE]
