"""Whether a tree fits the fields: names, types, values. While text is read, and for hand-made trees."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import assert_never

from rapidfuzz import fuzz, process, utils

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.tree import (
    Ago,
    Always,
    And,
    Between,
    Calendar,
    Compare,
    In,
    InPeriod,
    IsEmpty,
    Leaf,
    Node,
    Not,
    Operator,
    Or,
    Rolling,
    Unit,
    Value,
)
from scoring.criteria.values import MOST_DIGITS, type_of, written_field

LONGEST_VALUE = 1_000
LONGEST_LIST = 500
MOST_CONDITIONS = 300  # with the longest list among them still within SQLite's expressions, 1,000 deep
DEEPEST = 20  # SQLite's parser has a stack of 100, of which a bracket takes up to three places
FIRST_YEAR, LAST_YEAR = 1000, 8999
YEARS_AWAY = 500
NEAREST_SHOWN = 3
SHORT = 3
NEAREST_SCORE = 60  # of 100; below it a suggestion looks like a guess
UNITS_PER_YEAR = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.QUARTER: 4, Unit.YEAR: 1}

_EQUALITY = {Operator.EQ, Operator.NE}
_ORDER = _EQUALITY | {Operator.LT, Operator.LE, Operator.GT, Operator.GE}
OPERATORS: dict[FieldType, set[Operator]] = {
    FieldType.TEXT: _EQUALITY | {Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH},
    FieldType.NUMBER: _ORDER,
    FieldType.MONEY: _ORDER,
    FieldType.DATE: _ORDER | {Operator.BEFORE, Operator.AFTER},
    FieldType.BOOLEAN: _EQUALITY,
    FieldType.LIST: {Operator.HAS},
}
_WHOLE_VALUES = {*_EQUALITY, Operator.HAS}  # those whose value is one of a closed set


def check(node: Node, catalog: Catalog) -> None:
    """Check a whole tree.

    Raises:
        CriteriaError: an unknown field, an operator or value that does not fit its field's type, an unknown
            value of a closed set, or a tree that no text could have given.
    """
    for leaf in leaves(node):
        check_leaf(leaf, field_named(leaf.field, catalog))


def leaves(node: Node) -> Iterator[Leaf]:
    """Every condition of a tree, in order.

    Raises:
        CriteriaError: too many, too deep, or joined in a way that no text gives.
    """
    for count, leaf in enumerate(_walk(node, 0, inside=False), start=1):
        if count > MOST_CONDITIONS:
            raise CriteriaError(f"Criteria have at most {MOST_CONDITIONS} conditions.")
        yield leaf


def _walk(node: Node, depth: int, *, inside: bool) -> Iterator[Leaf]:
    if depth > DEEPEST:
        raise CriteriaError(f"Brackets and `not` are at most {DEEPEST} deep.")
    if isinstance(node, Always):
        if inside:
            raise CriteriaError("A part of the criteria is empty.")
    elif isinstance(node, Not):
        yield from _walk(node.part, depth + 1, inside=True)
    elif isinstance(node, And | Or):
        if len(node.parts) < 2 or any(isinstance(part, type(node)) for part in node.parts):  # noqa: PLR2004
            raise CriteriaError("`and` and `or` join at least two parts, none of them of the same kind.")
        for part in node.parts:
            yield from _walk(part, depth + 1, inside=True)
    else:
        yield node


def field_named(name: str, catalog: Catalog) -> Field:
    """The field of that name.

    Raises:
        CriteriaError: there is none; names the nearest.
    """
    if found := catalog.find(name):
        return found
    named = {one.casefold(): field.name for field in catalog for one in (field.name, *field.aliases)}
    close = (written_field(named[folded]) for folded in nearest(name.casefold(), named))
    raise CriteriaError(f"There is no field {written_field(name)}.", nearest=tuple(dict.fromkeys(close)))


def nearest(word: str, candidates: Iterable[str], limit: int = NEAREST_SHOWN) -> tuple[str, ...]:
    """The candidates that look most like a word, best first."""
    # Of very short names, such as r, some letter is in every word.
    comparable = [
        one for one in candidates if len(one) >= SHORT <= len(word) or len(one) <= SHORT >= len(word)
    ]
    found = process.extract(
        word,
        comparable,
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        limit=limit,
        score_cutoff=NEAREST_SCORE,
    )
    return tuple(one for one, _score, _index in found)


def check_operator(operator: Operator, field: Field) -> None:
    """Whether that type of field can be compared so.

    Raises:
        CriteriaError: it cannot; names the types that can.
    """
    if operator not in OPERATORS[field.type]:
        fitting = " or ".join(kind.value for kind in FieldType if operator in OPERATORS[kind])
        raise CriteriaError(
            f"`{operator.value}` compares {fitting}, but {written_field(field.name)} "
            f"is a {field.type.value} field."
        )


def check_leaf(leaf: Leaf, field: Field) -> None:
    """Whether one condition fits its field.

    Raises:
        CriteriaError: as ``check``.
    """
    if isinstance(leaf, Compare):
        check_operator(leaf.operator, field)
        check_value(leaf.value, field, closed=leaf.operator in _WHOLE_VALUES)
    elif isinstance(leaf, In):
        _check_list(leaf, field)
    elif isinstance(leaf, Between):
        _check_between(leaf, field)
    elif isinstance(leaf, InPeriod):
        _check_period(leaf, field)
    elif not isinstance(leaf, IsEmpty):
        assert_never(leaf)


def check_in(field: Field) -> None:
    """Whether ``in`` a list suits the field.

    Raises:
        CriteriaError: it is a list itself.
    """
    if field.type is FieldType.LIST:
        raise CriteriaError(f"{written_field(field.name)} is a list field: use `has`, once for each value.")


def check_between(field: Field) -> None:
    """Whether ``between`` suits the field.

    Raises:
        CriteriaError: its type has no order.
    """
    if Operator.GE not in OPERATORS[field.type]:
        raise CriteriaError(
            f"`between` compares number or money or date, but {written_field(field.name)} "
            f"is a {field.type.value} field."
        )


def check_value(value: Value, field: Field, *, closed: bool = True) -> None:
    """Whether a value suits its field; ``closed``: it has to be one of the field's known values.

    Raises:
        CriteriaError: another type, an unknown value, or one that no record can hold.
    """
    wanted = FieldType.NUMBER if field.type is FieldType.MONEY else field.type
    wanted = FieldType.TEXT if wanted is FieldType.LIST else wanted
    if type_of(value) is not wanted:
        raise mismatch(field, type_of(value), str(value))
    if isinstance(value, str):
        _check_text(value, field, closed=closed)
    elif isinstance(value, Decimal):
        _check_number(value)
    elif isinstance(value, date | Ago):
        _check_day(value)


def mismatch(field: Field, found: FieldType, value: str) -> CriteriaError:
    """The error that names both types."""
    return CriteriaError(
        f"{written_field(field.name)} is a {field.type.value} field, but {value} is a {found.value}."
    )


def _check_list(leaf: In, field: Field) -> None:
    check_in(field)
    if not leaf.values:
        raise CriteriaError(f"The list after {written_field(field.name)} in is empty.")
    if len(leaf.values) > LONGEST_LIST:
        raise CriteriaError(f"A list has at most {LONGEST_LIST:,} values.")
    for value in leaf.values:
        check_value(value, field)


def _check_between(leaf: Between, field: Field) -> None:
    check_between(field)
    check_value(leaf.low, field)
    check_value(leaf.high, field)
    low, high = leaf.low, leaf.high
    both_days = isinstance(low, date) and isinstance(high, date)
    if (both_days or isinstance(low, Decimal)) and low > high:  # type: ignore[operator]  # of one type
        raise CriteriaError(f"Nothing is between {low} and {high}: the lower end comes first.")


def _check_period(leaf: InPeriod, field: Field) -> None:
    if field.type is not FieldType.DATE:
        raise mismatch(field, FieldType.DATE, "a period")
    period = leaf.period
    if isinstance(period, Calendar) and period.offset not in {-1, 0, 1}:
        raise CriteriaError("A period is this, last or next.")
    if isinstance(period, Rolling):
        if period.count == 0:
            raise CriteriaError("A period has at least one day.")
        _check_distance(period.count, period.unit)


def _check_text(text: str, field: Field, *, closed: bool) -> None:
    if not text:
        raise CriteriaError(f"To find what has no value, write `{written_field(field.name)} is empty`.")
    if len(text) > LONGEST_VALUE:
        raise CriteriaError(f"A value has at most {LONGEST_VALUE:,} characters.")
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise CriteriaError("A value holds a character that no record can hold.")
    if closed and field.values and text.casefold() not in {one.casefold() for one in field.values}:
        raise CriteriaError(
            f"{written_field(field.name)} has no value {text}.", nearest=nearest(text, field.values)
        )


def _check_number(number: Decimal) -> None:
    if not number.is_finite() or number.adjusted() > 2 * MOST_DIGITS or -number.adjusted() > 2 * MOST_DIGITS:
        raise CriteriaError(f"A number has at most {MOST_DIGITS} digits.")
    if not math.isfinite(float(number)) or len(number.as_tuple().digits) > MOST_DIGITS:
        raise CriteriaError(f"A number has at most {MOST_DIGITS} digits.")


def _check_day(day: date | Ago) -> None:
    if isinstance(day, Ago):
        _check_distance(day.count, day.unit)
    elif isinstance(day, datetime) or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CriteriaError(f"{day} is no day between the years {FIRST_YEAR} and {LAST_YEAR}.")


def _check_distance(count: int, unit: Unit) -> None:
    if abs(count) > YEARS_AWAY * UNITS_PER_YEAR[unit]:
        raise CriteriaError(f"{abs(count)} {unit.value}s is too far away.")
