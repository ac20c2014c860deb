"""The syntax tree of the criteria language. Values only: parsing, printing and evaluation live beside it.

Meaning, the same in every execution: two-valued logic. A leaf is true or false, never unknown; a comparison
with an empty value is false, except that ``!=`` and ``not in`` are exactly the negations of ``=`` and ``in``
and so are true of an empty value. Text compares by its Unicode case-folded form.

Related records: ``any`` is true when at least one of them meets the conditions, ``all`` when none fails them
(and so also where there are none). A count and a sum of none are 0; their smallest, largest, first, last and
average are empty. A sum is exact up to 64 bits and stays there beyond; of fractional numbers each counts to
a ten-thousandth. An average is rounded down, of money to a hundredth, of other numbers to a ten-thousandth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Operator(StrEnum):
    """A comparison between a field and one value."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    CONTAINS = "contains"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"
    HAS = "has"  # a list field (tags, multi-select) holds the value
    BEFORE = "before"
    AFTER = "after"


class Unit(StrEnum):
    """A unit of a period."""

    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    QUARTER = "quarter"  # of the fiscal year
    YEAR = "year"  # the fiscal year


@dataclass(frozen=True, slots=True)
class Ago:
    """A moment relative to today: ``today`` is 0 days, ``90 days ago`` is 90, ``in 7 days`` is -7."""

    count: int
    unit: Unit = Unit.DAY


@dataclass(frozen=True, slots=True)
class Calendar:
    """``this|last|next <unit>``: offset 0, -1, +1 from the unit that holds today."""

    unit: Unit
    offset: int


@dataclass(frozen=True, slots=True)
class Rolling:
    """``last 30 days`` (count 30) or ``next 30 days`` (count -30); ends, or begins, today inclusive."""

    count: int
    unit: Unit


Period = Calendar | Rolling
Value = str | Decimal | bool | date | Ago


@dataclass(frozen=True, slots=True)
class Always:
    """No condition: true of everything. The tree of an empty text."""


@dataclass(frozen=True, slots=True)
class Compare:
    """``field operator value``. BEFORE and AFTER take dates only; LT.. take numbers and dates."""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """``field in (a, b)``; negate by wrapping in Not (printed as ``not in``)."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """``field between low and high``, both ends included."""

    field: str
    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """``field is empty``: null, an empty text or an empty list. ``is not empty`` is Not(IsEmpty)."""

    field: str


@dataclass(frozen=True, slots=True)
class InPeriod:
    """``field in this quarter``."""

    field: str
    period: Period


class Measure(StrEnum):
    """What is made of related records, as it is written: ``deals.sum(amount)``."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    SMALLEST = "smallest"
    LARGEST = "largest"
    FIRST = "first"  # the earliest day
    LAST = "last"  # the latest day


@dataclass(frozen=True, slots=True)
class Fact:
    """A value that related records give: ``deals.sum(amount) where (stage = Won)``.

    ``field`` is the related records' own, None for a count; ``where`` chooses among them.
    """

    relation: str
    measure: Measure
    field: str | None = None
    where: Node = Always()


@dataclass(frozen=True, slots=True)
class Measured:
    """A condition on a fact, which stands in the place of the condition's field: that is empty."""

    fact: Fact
    condition: Leaf


@dataclass(frozen=True, slots=True)
class Related:
    """``any deal where (…)``; with ``every``, ``all deals where (…)``. ``no deal`` is Not of ``any``."""

    relation: str
    where: Node = Always()
    every: bool = False


@dataclass(frozen=True, slots=True)
class InSegment:
    """Membership of a saved segment, by name: its criteria stand in its place."""

    name: str


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; at least two parts, none of them an And."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any part holds; at least two parts, none of them an Or."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Node


Leaf = Compare | In | Between | IsEmpty | InPeriod
Atom = Leaf | Measured | Related | InSegment
Node = Always | Atom | And | Or | Not


def conjunction(*parts: Node) -> Node:
    """Join with ``and``: flattens, drops Always, keeps order; no parts gives Always."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else () if isinstance(part, Always) else (part,))
    return Always() if not flat else flat[0] if len(flat) == 1 else And(tuple(flat))


def disjunction(*parts: Node) -> Node:
    """Join with ``or``: flattens, keeps order; Always absorbs the rest.

    Raises:
        ValueError: without parts, because an empty "or" would be a condition that nothing meets.
    """
    flat: list[Node] = []
    for part in parts:
        if isinstance(part, Always):
            return part
        flat.extend(part.parts if isinstance(part, Or) else (part,))
    if not flat:
        raise ValueError("a disjunction needs at least one part")
    return flat[0] if len(flat) == 1 else Or(tuple(flat))
