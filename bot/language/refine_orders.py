"""What follow-ups say of order and time: oldest first; and last year? Nothing else changes."""

from __future__ import annotations

from dataclasses import replace

from bot.language.follow_ups import Cut
from bot.language.question import Kind, NotUnderstood, Question
from bot.language.rules_within import KEPT, is_of_days
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary
from scoring.criteria.check import atoms
from scoring.criteria.fields import FieldType
from scoring.criteria.tree import (
    Always,
    And,
    Between,
    Compare,
    Leaf,
    Measured,
    Node,
    Not,
    Or,
    Related,
)

_OF_CRITERIA = {Kind.LIST, Kind.COUNT, Kind.COUNT_BY}


def at_another_time(text: str, vocabulary: Vocabulary, earlier: Question) -> Question | None:
    """Spent over 10k this year, *and last year*: the same of other purchases; None where that is not said."""
    if earlier.kind not in _OF_CRITERIA or not isinstance(understand(text, vocabulary), NotUnderstood):
        return None
    read = understand(f"spent over 1 {text}", vocabulary)
    then = read.criteria if isinstance(read, Question) and read.kind is Kind.LIST else None
    if not isinstance(then, Measured) or not is_of_days(then.fact):
        return None
    changed = _at(earlier.criteria, then.fact.where)
    return None if changed == earlier.criteria else replace(earlier, criteria=changed)


def of_the_same_days(read: Question, earlier: Question) -> Question:
    """Spent over 10k this year, *only over 50k*: of this year too, where it is the one time that was said."""
    said = read.criteria
    if not isinstance(said, Compare | Between) or said.field not in KEPT:
        return read
    known = tuple(atoms(earlier.criteria)) if earlier.criteria != Always() else ()
    facts = {one.fact for one in known if isinstance(one, Measured) and is_of_days(one.fact)}
    same = [one for one in facts if (one.measure, one.field) == KEPT[said.field]]
    if len(same) != 1 or any(isinstance(one, Leaf) and one.field == said.field for one in known):
        return read
    return replace(read, criteria=Measured(same[0], replace(said, field="")))


def _at(node: Node, day: Node) -> Node:
    """Criteria with other days of purchases."""
    if isinstance(node, And | Or):
        return replace(node, parts=tuple(_at(one, day) for one in node.parts))
    if isinstance(node, Not):
        return replace(node, part=_at(node.part, day))
    if isinstance(node, Measured) and is_of_days(node.fact):
        return replace(node, fact=replace(node.fact, where=day))
    return replace(node, where=day) if isinstance(node, Related) and is_of_days(node) else node


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
