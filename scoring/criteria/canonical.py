"""Canonical text: one way to write each tree. ``parse(canonical(tree)) == tree``."""

from __future__ import annotations

from scoring.criteria.fields import Catalog, singular
from scoring.criteria.purchases import as_bought
from scoring.criteria.tree import (
    Always,
    And,
    Between,
    Compare,
    Fact,
    In,
    InPeriod,
    InSegment,
    IsEmpty,
    Leaf,
    Measured,
    Node,
    Not,
    Or,
    Related,
)
from scoring.criteria.values import written, written_field, written_period, written_related, written_text


def canonical(node: Node, catalog: Catalog | None = None) -> str:
    """The text of a tree; Always is the empty text. With a catalog, aliases become canonical names."""
    if isinstance(node, Always):
        return ""
    if isinstance(node, And | Or):
        word = " and " if isinstance(node, And) else " or "
        return word.join(_part(part, catalog) for part in node.parts)
    return _atom(node.part, catalog, "not ") if isinstance(node, Not) else _atom(node, catalog, "")


def fact_text(fact: Fact, catalog: Catalog | None = None) -> str:
    """The text of a fact: ``deals.sum(amount) where (stage = Won)``."""
    name, own = _related_to(fact.relation, catalog)
    text = f"{name}.{fact.measure.value}"
    if fact.field is not None:
        text += f"({_field(fact.field, own)})"
    return text + _where(fact.where, own)


def _part(node: Node, catalog: Catalog | None) -> str:
    # `a and b or c` needs no brackets, but a person who reads it does.
    text = canonical(node, catalog)
    return f"({text})" if isinstance(node, And | Or) else text


def _atom(node: Node, catalog: Catalog | None, negation: str) -> str:
    """A condition, or the negation of whatever it is."""
    if isinstance(node, Related) and not node.every:
        return _any(node, catalog, negation)
    if isinstance(node, InSegment):
        return f"{negation}in segment {written_text(node.name)}"
    tested = node.condition if isinstance(node, Measured) else node
    if isinstance(tested, In | InPeriod | IsEmpty) or (isinstance(tested, Leaf) and not negation):
        name = fact_text(node.fact, catalog) if isinstance(node, Measured) else _field(tested.field, catalog)
        return _condition(tested, name, negation)
    if isinstance(node, Related) and not negation:
        name, own = _related_to(node.relation, catalog)
        return f"all {written_related(name.replace('_', ' '))}{_where(node.where, own)}"
    return f"not {_part(node, catalog)}"


def _any(node: Related, catalog: Catalog | None, negation: str) -> str:
    name, own = _related_to(node.relation, catalog)
    purchases = as_bought(node)
    if purchases is not None:
        return negation + purchases
    return f"{'no' if negation else 'any'} {written_related(singular(name))}{_where(node.where, own)}"


def _where(node: Node, own: Catalog | None) -> str:
    return "" if isinstance(node, Always) else f" where ({canonical(node, own)})"


def _related_to(name: str, catalog: Catalog | None) -> tuple[str, Catalog | None]:
    relation = catalog.relation(name) if catalog else None
    return (relation.name, relation.catalog) if relation else (name, None)


def _field(name: str, catalog: Catalog | None) -> str:
    field = catalog.find(name) if catalog else None
    return written_field(field.name if field else name)


def _condition(leaf: Leaf, name: str, negation: str) -> str:
    if isinstance(leaf, Compare):
        return f"{name} {leaf.operator.value} {written(leaf.value)}"
    if isinstance(leaf, In):
        return f"{name} {negation}in ({', '.join(written(value) for value in leaf.values)})"
    if isinstance(leaf, Between):
        return f"{name} between {written(leaf.low)} and {written(leaf.high)}"
    if isinstance(leaf, IsEmpty):
        return f"{name} is {negation}empty"
    return f"{name} {negation}in {written_period(leaf.period)}"
