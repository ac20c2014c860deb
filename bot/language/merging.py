"""What a follow-up's condition does with the conditions that were there. Pure; criteria in, criteria out.

Conditions on one field belong together, and so do those on places and those on owners: Chicago takes the
place of Texas. Where people may mean two things, both come back.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.language.combine import one_of
from scoring.criteria.tree import (
    Always,
    And,
    Atom,
    Compare,
    In,
    InSegment,
    Measured,
    Node,
    Not,
    Operator,
    Or,
    Related,
    Value,
    conjunction,
    disjunction,
)


class Manner(StrEnum):
    """How a condition is added."""

    ONLY = "narrows what was asked before"
    AND = "added to what was asked before"
    OR = "as well as what was asked before"
    REPLACE = "instead of what was asked before"
    BARE = "on top of what was asked before"


# Conditions that speak of one thing by several fields; places from the widest to the narrowest.
_PLACES = ("country", "state", "city")
_FAMILIES = {**dict.fromkeys(_PLACES, "place"), "owner": "owner", "owner_email": "owner"}
_BELOW = {Operator.LT, Operator.LE, Operator.BEFORE}
_ABOVE = {Operator.GT, Operator.GE, Operator.AFTER}
EITHER_OR = "That is part of an “or” in the question before; ask the whole question."
NOBODY = "No account can meet both."


@dataclass(frozen=True, slots=True)
class Merged:
    """Criteria that a follow-up may mean: one several to choose from; or why there is none."""

    nodes: tuple[Node, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """A condition on values of one field: that it is one of them, or none of them."""

    field: str
    values: tuple[Value, ...]
    positive: bool

    def node(self) -> Node:
        """As a condition."""
        node = one_of(self.field, self.values)
        if self.positive:
            return node
        return Compare(self.field, Operator.NE, node.value) if isinstance(node, Compare) else Not(node)


def merged(earlier: Node, said: Node, manner: Manner) -> Merged:
    """Put the conditions of a follow-up to those before it."""
    if isinstance(earlier, Always) or isinstance(said, Always):
        return Merged((conjunction(earlier, said),))
    conditions = parts(said)
    known = parts(earlier)
    if manner is Manner.OR and not all(_same(known, one) for one in conditions):
        return _either(known, said)
    found = known
    for condition in conditions:
        step = _applied(found, condition, manner)
        if isinstance(step, Merged):
            return step if len(conditions) == 1 else Merged((), step.reason or EITHER_OR)
        found = step
    each = conjunction(*found)
    several = len(conditions) > 1 and manner in {Manner.AND, Manner.OR}
    if several and any(_same(known, one) for one in conditions):
        return Merged(tuple(dict.fromkeys((each, disjunction(earlier, said)))))
    return Merged((each,))


def parts(node: Node) -> tuple[Node, ...]:
    """The conditions that all hold."""
    return node.parts if isinstance(node, And) else () if isinstance(node, Always) else (node,)


def families(node: Node) -> frozenset[Hashable]:
    """What a condition speaks of."""
    if isinstance(node, And | Or):
        return frozenset().union(*(families(part) for part in node.parts))
    if isinstance(node, Not):
        return families(node.part)
    return frozenset() if isinstance(node, Always) else frozenset({_subject(node)})


def _subject(node: Atom) -> Hashable:
    if isinstance(node, Measured):
        return node.fact
    if isinstance(node, Related):
        return ("related", node.relation)
    if isinstance(node, InSegment):
        return ("segment", node.name)
    return _FAMILIES.get(node.field, node.field)


def _same(known: Sequence[Node], condition: Node) -> list[Node]:
    wanted = families(condition)
    return [one for one in known if len(wanted) == 1 and families(one) == wanted]


def _applied(known: tuple[Node, ...], condition: Node, manner: Manner) -> tuple[Node, ...] | Merged:
    """The conditions with one more; or what it may mean besides."""
    same = _same(known, condition)
    mixed = [one for one in known if one not in same and families(one) & families(condition)]
    if mixed and manner is not Manner.ONLY:
        return Merged((), EITHER_OR)
    if condition in known or not same:
        return known if condition in known else (*known, condition)
    if manner is Manner.REPLACE:
        return _replaced(known, same, condition)
    if manner is Manner.ONLY or _excludes(condition):
        return _narrowed(known, same, condition)
    if manner is Manner.BARE:
        return _bare(known, same, condition)
    return _widened(known, same, condition, manner)


def _replaced(known: Sequence[Node], same: Sequence[Node], condition: Node) -> tuple[Node, ...]:
    """The condition where the first of those stood that it takes the place of."""
    at = known.index(same[0])
    rest = [one for one in known[at:] if one not in same]
    return (*known[:at], condition, *rest) if not isinstance(condition, Always) else (*known[:at], *rest)


def _narrowed(known: Sequence[Node], same: Sequence[Node], condition: Node) -> tuple[Node, ...] | Merged:
    new = values_of(condition)
    for one in same:
        old = values_of(one)
        if old is None or new is None or old.field != new.field:
            continue
        both = _both(old, new)
        if not both.values:
            return Merged((), NOBODY)
        return _replaced(known, [one], both.node())
    return (*known, condition)


def _both(old: Values, new: Values) -> Values:
    """What meets two conditions on values of one field; no values at all when nothing does."""
    if not old.positive and not new.positive:
        return Values(old.field, tuple(dict.fromkeys((*old.values, *new.values))), positive=False)
    wanted, other = (new, old) if new.positive else (old, new)
    kept = tuple(one for one in wanted.values if (one in other.values) == other.positive)
    return Values(old.field, kept, positive=True)


def _bare(known: tuple[Node, ...], same: Sequence[Node], condition: Node) -> tuple[Node, ...] | Merged:
    """A condition by itself, in a thread: another value is meant instead; another bound, besides."""
    new, old = values_of(condition), values_of(same[0])
    if new is None or old is None:
        sides = {_side(one) for one in same}
        return (*known, condition) if _side(condition) not in sides else _replaced(known, same, condition)
    if not old.positive:
        return _narrowed(known, same, condition)
    if old.field == new.field:
        return _replaced(known, same, condition)
    return _placed(known, same, condition, (old.field, new.field))


def _placed(
    known: tuple[Node, ...], same: Sequence[Node], condition: Node, fields: tuple[str, str]
) -> tuple[Node, ...] | Merged:
    """In Berlin, after Germany, narrows; in Germany, after Berlin, is instead; a city after a state: ask."""
    replaced = _replaced(known, same, condition)
    wide, narrow = (_PLACES.index(one) if one in _PLACES else -1 for one in fields)
    if wide < 0 or narrow < wide:
        return replaced
    if fields == ("state", "city"):
        return Merged((conjunction(*known, condition), conjunction(*replaced)))
    return (*known, condition)


def _widened(
    known: tuple[Node, ...], same: Sequence[Node], condition: Node, manner: Manner
) -> tuple[Node, ...] | Merged:
    new, old = values_of(condition), values_of(same[0])
    if new is None or old is None:
        bound = _side(condition) != "about"  # two bounds both hold; of two periods either
        if manner is Manner.AND and bound:
            return (*known, condition)
        return _replaced(known, same, disjunction(conjunction(*same), condition))
    if not old.positive:
        return _included(known, same[0], old, new)
    if len(same) == 1 and old.field == new.field:
        union = one_of(old.field, (*old.values, *new.values))
        return _replaced(known, same, union)
    return _replaced(known, same, disjunction(conjunction(*same), condition))


def _included(known: tuple[Node, ...], one: Node, old: Values, new: Values) -> tuple[Node, ...] | Merged:
    """What had been left out comes back; what had not, can only be meant as the rest."""
    if not set(new.values) & set(old.values):
        return _narrowed(known, [one], new.node())
    left = tuple(value for value in old.values if value not in new.values)
    kept = Values(old.field, left, positive=False).node() if left else Always()
    return _replaced(known, [one], kept)


def _either(known: tuple[Node, ...], said: Node) -> Merged:
    """An "or" between different fields: of everything, or of the condition that was named last."""
    whole = disjunction(conjunction(*known), said)
    seam = conjunction(*known[:-1], disjunction(known[-1], said))
    return Merged(tuple(dict.fromkeys((whole, seam))))


def values_of(node: Node) -> Values | None:
    """The values of a condition on values; None of any other."""
    if isinstance(node, Compare) and node.operator in {Operator.EQ, Operator.NE}:
        return Values(node.field, (node.value,), positive=node.operator is Operator.EQ)
    if isinstance(node, In):
        return Values(node.field, node.values, positive=True)
    if isinstance(node, Not) and isinstance(node.part, In):
        return Values(node.part.field, node.part.values, positive=False)
    return None


def _excludes(node: Node) -> bool:
    found = values_of(node)
    return isinstance(node, Not) if found is None else not found.positive


def _side(node: Node) -> str:
    """Which way a condition bounds its field."""
    if isinstance(node, Measured):
        return _side(node.condition)
    if isinstance(node, Compare) and node.operator in _BELOW:
        return "below"
    return "above" if isinstance(node, Compare) and node.operator in _ABOVE else "about"
