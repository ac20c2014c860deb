"""Conditions that nothing can meet: over 100k and under 50k, in healthcare and in no industry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations

from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog, FieldType
from scoring.criteria.tree import (
    And,
    Between,
    Compare,
    In,
    IsEmpty,
    Node,
    Operator,
    Or,
    conjunction,
    disjunction,
)

_ABOVE = {Operator.GT, Operator.GE, Operator.AFTER}
_BELOW = {Operator.LT, Operator.LE, Operator.BEFORE}
_ITSELF = {Operator.GE, Operator.LE, Operator.EQ}
Pair = tuple[Node, Node]


def contradiction(node: Node, catalog: Catalog) -> Pair | None:
    """Two conditions of which one at most can hold, so that nothing meets the whole; None without such.

    Only what is certain: amounts, days that were written out, and values of a field that has one value.
    """
    if isinstance(node, Or):
        found = [contradiction(part, catalog) for part in node.parts]
        return found[0] if all(found) else None
    parts = list(_parts(node))
    return next((pair for pair in combinations(parts, 2) if _exclude(*pair, catalog)), None)


def told(pair: Pair) -> str:
    """Why nobody can meet the two, in words."""
    return f"No account can have both {canonical(pair[0])} and {canonical(pair[1])}."


def either(node: Node, pair: Pair) -> Node:
    """The criteria with one of the two conditions being enough."""
    rest = [part for part in _parts(node) if part not in pair]
    return conjunction(*rest, disjunction(*pair))


def _parts(node: Node) -> Iterator[Node]:
    if isinstance(node, And):
        for part in node.parts:
            yield from _parts(part)
    else:
        yield node


def _exclude(one: Node, other: Node, catalog: Catalog) -> bool:
    field = _field(one)
    known = catalog.find(field) if field else None
    if known is None or field != _field(other) or known.type is FieldType.LIST:
        return False
    if isinstance(one, IsEmpty) or isinstance(other, IsEmpty):
        both = isinstance(one, IsEmpty) and isinstance(other, IsEmpty)
        return not both and bool(_values(one) or _values(other) or _bounds(one) or _bounds(other))
    left, right = _values(one), _values(other)
    if left and right:
        return not set(left) & set(right)
    return _apart(_bounds(one), _bounds(other))


def _field(node: Node) -> str:
    return node.field if isinstance(node, Compare | In | Between | IsEmpty) else ""


def _values(node: Node) -> Sequence[object]:
    """The values of which a text must be one."""
    if isinstance(node, Compare) and node.operator is Operator.EQ and isinstance(node.value, str):
        return (node.value.casefold(),)
    if isinstance(node, In):
        return tuple(value.casefold() if isinstance(value, str) else value for value in node.values)
    return ()


Bound = tuple[Decimal | date, bool]  # the bound, and whether it is itself within
Bounds = tuple[Bound | None, Bound | None]


def _bounds(node: Node) -> Bounds | None:
    """The lowest and the highest that are within."""
    if isinstance(node, Between):
        low, high = _amount(node.low), _amount(node.high)
        return ((low, True), (high, True)) if low is not None and high is not None else None
    value = _amount(node.value) if isinstance(node, Compare) else None
    if not isinstance(node, Compare) or value is None:
        return None
    bound = (value, node.operator in _ITSELF)
    if node.operator is Operator.EQ:
        return bound, bound
    if node.operator in _ABOVE:
        return bound, None
    return (None, bound) if node.operator in _BELOW else None


def _amount(value: object) -> Decimal | date | None:
    return value if isinstance(value, Decimal | date) else None


def _apart(one: Bounds | None, other: Bounds | None) -> bool:
    if one is None or other is None:
        return False
    return _above(one[0], other[1]) or _above(other[0], one[1])


def _above(low: Bound | None, high: Bound | None) -> bool:
    """Whether everything from a lowest on lies above a highest."""
    if low is None or high is None or isinstance(low[0], date) is not isinstance(high[0], date):
        return False
    beyond = low[0] > high[0]  # type: ignore[operator]  # both are days, or both are amounts
    return beyond or (low[0] == high[0] and not (low[1] and high[1]))
