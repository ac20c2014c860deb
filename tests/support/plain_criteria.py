"""Criteria evaluated row by row in plain Python, beside the two executions of the product; and whether two
criteria mean the same.

Rows are by field: texts, days, whole currency units, None where there is no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from math import prod
from operator import eq, ge, gt, le, lt
from random import Random
from typing import Any

from scoring.criteria.canonical import canonical
from scoring.criteria.check import atoms
from scoring.criteria.fields import FieldType
from scoring.criteria.periods import Today, spans
from scoring.criteria.segments import resolved
from scoring.criteria.tree import (
    Always,
    And,
    Atom,
    Between,
    Compare,
    In,
    InPeriod,
    IsEmpty,
    Leaf,
    Node,
    Not,
    Operator,
    Or,
    Value,
)
from tests.support.sample_organisation import CATALOG, TODAY, sample

Row = Mapping[str, Any]

# What is relative differs from what is not on another day.
_DAYS = (TODAY, TODAY + timedelta(days=40))
_MOST_ROWS = 5_000
_NEVER_EMPTY = {"purchases", "deals.count", "open_deals"}
_OWNERS = {"owner", "owner_email"}
_ORDER: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.LT: lt,
    Operator.LE: le,
    Operator.GT: gt,
    Operator.GE: ge,
    Operator.EQ: eq,
}
_CENT = Decimal("0.01")


def holds(node: Node, row: Row, day: date) -> bool:
    """Whether criteria without segments hold of a row on a day.

    Raises:
        KeyError: a field, or a condition on related records (by its canonical text), that the row has not.
    """
    if isinstance(node, Always):
        return True
    if isinstance(node, And):
        return all(holds(part, row, day) for part in node.parts)
    if isinstance(node, Or):
        return any(holds(part, row, day) for part in node.parts)
    if isinstance(node, Not):
        return not holds(node.part, row, day)
    return _leaf_holds(node, row[node.field], day) if isinstance(node, Leaf) else bool(row[canonical(node)])


def accounts_that(node: Node) -> set[str] | None:
    """The ids of the sample's accounts that meet criteria today; None where related records are asked for."""
    node = resolved(node, CATALOG)
    if not all(isinstance(atom, Leaf) for atom in atoms(node)):
        return None
    return {row["id"] for row in sample_rows() if holds(node, row, TODAY)}


def sample_rows() -> Iterator[dict[str, Any]]:
    """The sample's accounts."""
    for line in sample().lines:
        money = {"total_spend": line.spend_minor, "annual_revenue": line.annual_revenue_minor}
        yield {
            **dict.fromkeys(field.name for field in CATALOG),
            **{name: getattr(line, name) for name in ("id", "name", "label", "r", "f", "m", "industry")},
            **{name: getattr(line, name) for name in ("city", "state", "country", "owner", "employees")},
            **{name: None if minor is None else Decimal(minor) / 100 for name, minor in money.items()},
            **dict.fromkeys(("last_purchase", "created", "modified"), line.last_purchase),
            **dict.fromkeys(("purchases", "deals.count"), line.purchases),
            "rfm": line.total,
            "open_deals": 0,
            "type": "Customer",
            "owner_email": sample().emails.get(line.owner or ""),
        }


def same(one: Node, other: Node) -> bool:
    """Whether two criteria hold of the same accounts, whatever accounts there are, today and later.

    Decided on rows made of every value that they name, of those beside it, and of none.
    """
    if canonical(one) == canonical(other):
        return True
    first, second = resolved(one, CATALOG), resolved(other, CATALOG)
    rows = _telling_rows([*atoms(first, whole=False), *atoms(second, whole=False)])
    return all(holds(first, row, day) is holds(second, row, day) for row in rows for day in _DAYS)


def _leaf_holds(leaf: Leaf, value: Any, day: date) -> bool:
    if isinstance(leaf, IsEmpty):
        return value is None or value == ""
    if isinstance(leaf, Compare) and leaf.operator is Operator.NE:
        return not _leaf_holds(Compare(leaf.field, Operator.EQ, leaf.value), value, day)
    if isinstance(value, date):
        found = spans(leaf, Today(day))
        return any((s.first or date.min) <= value < (s.before or date.max) for s in found)
    return value is not None and _value_meets(leaf, value)


def _value_meets(leaf: Compare | In | Between | InPeriod, value: Any) -> bool:
    if isinstance(leaf, In):
        return any(_compared(Operator.EQ, value, one) for one in leaf.values)
    if isinstance(leaf, Between):
        return _compared(Operator.GE, value, leaf.low) and _compared(Operator.LE, value, leaf.high)
    return isinstance(leaf, Compare) and _compared(leaf.operator, value, leaf.value)


def _compared(operator: Operator, found: Any, wanted: Value) -> bool:
    if not isinstance(wanted, str):
        return _ORDER[operator](found, wanted)
    text, part = found.casefold(), wanted.casefold()
    if operator is Operator.STARTS_WITH:
        return bool(text.startswith(part))
    if operator is Operator.ENDS_WITH:
        return bool(text.endswith(part))
    return part in text if operator is Operator.CONTAINS else bool(text == part)


def _telling_rows(told: Sequence[Atom]) -> Iterator[Row]:
    """Every mixture of the values of their fields: of a great many, some by chance, the same each time."""
    leaves = [atom for atom in told if isinstance(atom, Leaf)]
    parts: list[list[Row]] = [
        [{field: value} for value in _values(field, [leaf for leaf in leaves if leaf.field == field])]
        for field in sorted({leaf.field for leaf in leaves} - _OWNERS)
    ]
    parts += [_owners(leaves)] if _OWNERS & {leaf.field for leaf in leaves} else []
    others = sorted({canonical(atom) for atom in told if not isinstance(atom, Leaf)})
    parts += [[{text: True}, {text: False}] for text in others]
    mixtures: Iterable[Sequence[Row]] = product(*parts)
    if prod(len(part) for part in parts) > _MOST_ROWS:
        chance = Random(0)
        mixtures = ([chance.choice(part) for part in parts] for _ in range(_MOST_ROWS))
    for mixture in mixtures:
        yield {name: value for part in mixture for name, value in part.items()}


def _values(field: str, leaves: Sequence[Leaf]) -> list[Any]:
    known = CATALOG.find(field)
    kind = known.type if known else FieldType.TEXT
    found: set[Any] = set() if field in _NEVER_EMPTY else {None}
    if kind is FieldType.DATE:
        found |= {TODAY, *(day for leaf in leaves for today in _DAYS for day in _edges(leaf, today))}
    for value in (value for leaf in leaves for value in _literals(leaf)):
        if isinstance(value, str):
            found |= {value, f"{value}x", f"x{value}", f"x{value}x"}
        elif isinstance(value, Decimal):
            step = _CENT if kind is FieldType.MONEY else Decimal(1)
            found |= {max(Decimal(0), value - step), value, value + step}
    return [*sorted(found - {None}), *([None] if None in found else [])]


def _edges(leaf: Leaf, today: date) -> Iterator[date]:
    if not isinstance(leaf, IsEmpty):
        for span in spans(leaf, Today(today)):
            for edge in (span.first, span.before):
                yield from (edge - timedelta(days=1), edge) if edge else ()


def _literals(leaf: Leaf) -> tuple[Value, ...]:
    if isinstance(leaf, Compare):
        return (leaf.value,)
    if isinstance(leaf, Between):
        return leaf.low, leaf.high
    return () if isinstance(leaf, IsEmpty | InPeriod) else leaf.values


def _owners(leaves: Sequence[Leaf]) -> list[Row]:
    """An owner has one address: the two fields vary together."""
    said = {str(value).casefold() for leaf in leaves if leaf.field in _OWNERS for value in _literals(leaf)}
    emails = sample().emails
    people = [name for name, email in emails.items() if {name.casefold(), email.casefold()} & said]
    strangers = sorted(said - {one.casefold() for name in people for one in (name, emails[name])})
    rows: list[Row] = [{"owner": name, "owner_email": emails[name]} for name in people]
    rows += [{"owner": one, "owner_email": one} for one in (*strangers, "x")]
    return [*rows, {"owner": None, "owner_email": None}]
