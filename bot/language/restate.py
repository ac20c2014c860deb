"""A question said again: as a sentence that is read the same way, and as the footer of an answer."""

from __future__ import annotations

from bot.language.question import Kind, Question, Sort
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog
from scoring.criteria.tree import Always


def restate(question: Question) -> str:
    """A sentence in the criteria language that is read exactly as this question."""
    start = {Kind.COUNT: "how many accounts", Kind.COUNT_BY: "how many accounts"}.get(
        question.kind, "accounts"
    )
    if question.limit is not None:
        start = f"first {question.limit} {start}"
    if question.group_by:
        start += f' per "{question.group_by}"' if " " in question.group_by else f" per {question.group_by}"
    where = "" if isinstance(question.criteria, Always) else f" where {canonical(question.criteria)}"
    return start + where + "".join(f" sorted by {_direction(one)}" for one in question.sort)


def _direction(sort: Sort) -> str:
    return f"{sort.field} {'descending' if sort.descending else 'ascending'}"


def read_as(question: Question, catalog: Catalog) -> str:
    """How the question was read, for a person: criteria, order, limit and breakdown."""
    everything = isinstance(question.criteria, Always)
    parts = ["all accounts" if everything else canonical(question.criteria, catalog)]
    parts += [f"sorted by {_direction(one)}" for one in question.sort]
    if question.limit is not None:
        parts.append(f"first {question.limit}")
    if question.kind is Kind.COUNT:
        parts.append("how many")
    if question.group_by:
        parts.append(f"how many per {question.group_by}")
    return " · ".join(parts)
