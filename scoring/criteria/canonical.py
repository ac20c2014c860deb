"""Canonical text: one way to write each tree. ``parse(canonical(tree)) == tree``."""

from __future__ import annotations

from scoring.criteria.fields import Catalog
from scoring.criteria.tree import Always, And, Between, Compare, In, InPeriod, IsEmpty, Leaf, Node, Not, Or
from scoring.criteria.values import written, written_field, written_period


def canonical(node: Node, catalog: Catalog | None = None) -> str:
    """The text of a tree; Always is the empty text. With a catalog, aliases become canonical names."""
    if isinstance(node, Always):
        return ""
    if isinstance(node, And | Or):
        word = " and " if isinstance(node, And) else " or "
        return word.join(_part(part, catalog) for part in node.parts)
    if isinstance(node, Not):
        return _negated(node.part, catalog)
    return _condition(node, catalog, "")


def _part(node: Node, catalog: Catalog | None) -> str:
    # `a and b or c` needs no brackets, but a person who reads it does.
    text = canonical(node, catalog)
    return f"({text})" if isinstance(node, And | Or) else text


def _negated(part: Node, catalog: Catalog | None) -> str:
    if isinstance(part, In | InPeriod | IsEmpty):
        return _condition(part, catalog, "not ")
    return f"not {_part(part, catalog)}"


def _condition(leaf: Leaf, catalog: Catalog | None, negation: str) -> str:
    field = catalog.find(leaf.field) if catalog else None
    name = written_field(field.name if field else leaf.field)
    if isinstance(leaf, Compare):
        return f"{name} {leaf.operator.value} {written(leaf.value)}"
    if isinstance(leaf, In):
        return f"{name} {negation}in ({', '.join(written(value) for value in leaf.values)})"
    if isinstance(leaf, Between):
        return f"{name} between {written(leaf.low)} and {written(leaf.high)}"
    if isinstance(leaf, IsEmpty):
        return f"{name} is {negation}empty"
    return f"{name} {negation}in {written_period(leaf.period)}"
