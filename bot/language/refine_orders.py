"""What follow-ups say of order and time: oldest first; and last year? Nothing else changes."""

from __future__ import annotations

from dataclasses import replace

from bot.language.follow_ups import Cut
from bot.language.question import Kind, NotUnderstood, Question
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary
from scoring.criteria.fields import FieldType
from scoring.criteria.purchases import DAY, PURCHASES
from scoring.criteria.tree import And, Fact, Leaf, Measured, Node, Not, Or, Related

_OF_CRITERIA = {Kind.LIST, Kind.COUNT, Kind.COUNT_BY}


def at_another_time(text: str, vocabulary: Vocabulary, earlier: Question) -> Question | None:
    """Spent over 10k this year, *and last year*: the same of other purchases; None where that is not said."""
    if earlier.kind not in _OF_CRITERIA or not isinstance(understand(text, vocabulary), NotUnderstood):
        return None
    read = understand(f"spent over 1 {text}", vocabulary)
    then = read.criteria if isinstance(read, Question) and read.kind is Kind.LIST else None
    if not isinstance(then, Measured) or not _days(then.fact):
        return None
    changed = _at(earlier.criteria, then.fact.where)
    return None if changed == earlier.criteria else replace(earlier, criteria=changed)


def _at(node: Node, day: Node) -> Node:
    """Criteria with other days of purchases."""
    if isinstance(node, And | Or):
        return replace(node, parts=tuple(_at(one, day) for one in node.parts))
    if isinstance(node, Not):
        return replace(node, part=_at(node.part, day))
    if isinstance(node, Measured) and _days(node.fact):
        return replace(node, fact=replace(node.fact, where=day))
    return replace(node, where=day) if isinstance(node, Related) and _days(node) else node


def _days(node: Fact | Related) -> bool:
    """Whether it is of purchases of some days, and of nothing else of them."""
    of, where = node.relation, node.where
    return of == PURCHASES and isinstance(where, Leaf) and where.field == DAY


def same_order(read: Question, found: Cut, earlier: Question, vocabulary: Vocabulary) -> Question:
    """Oldest first, smallest first: of the order that stands, when it is one of days, or of numbers."""
    if found.rest.norms[-1:] != ("first",) or len(found.rest.words) != 2 or not (read.sort and earlier.sort):  # noqa: PLR2004
        return read
    catalog = vocabulary.index.catalog
    old, new = (catalog.find(one.sort[0].field) for one in (earlier, read))
    of_days = [one is not None and one.type is FieldType.DATE for one in (old, new)]
    if of_days[0] is not of_days[1] or (old is not None and old.type is FieldType.TEXT):
        return read
    return replace(read, sort=(replace(earlier.sort[0], descending=read.sort[0].descending),))
