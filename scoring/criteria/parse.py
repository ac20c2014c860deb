"""From text to a tree that fits the fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from scoring.criteria.check import (
    DEEPEST,
    MOST_CONDITIONS,
    check_between,
    check_in,
    check_leaf,
    check_operator,
    check_value,
    field_named,
    mismatch,
)
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.syntax import Condition, Joined, Phrase, Shape, shape_of
from scoring.criteria.tree import (
    Always,
    Between,
    Compare,
    In,
    InPeriod,
    IsEmpty,
    Node,
    Not,
    Operator,
    Value,
    conjunction,
    disjunction,
)
from scoring.criteria.values import read_period, read_value, type_of_text, written_field

_Result = TypeVar("_Result")
_SPELLINGS = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}


def parse(text: str, catalog: Catalog) -> Node:
    """Read criteria; an empty text is no condition.

    Field names and known values come out in the spelling of the catalog.

    Raises:
        CriteriaError: with the position in the text and the nearest names.
    """
    shape = shape_of(text)
    if shape is None:
        return Always()
    if sum(1 for _ in _conditions(shape)) > MOST_CONDITIONS:
        raise CriteriaError(f"Criteria have at most {MOST_CONDITIONS} conditions.")
    return _node(shape, catalog, 0)


def _conditions(shape: Shape) -> list[Condition]:
    found, waiting = [], [shape]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Condition):
            found.append(one)
        else:
            waiting.extend(one.parts)
    return found


def _node(shape: Shape, catalog: Catalog, depth: int) -> Node:
    if depth > DEEPEST:
        raise CriteriaError(f"Brackets and `not` are at most {DEEPEST} deep.")
    if isinstance(shape, Condition):
        return _leaf(shape, catalog)
    return _joined(shape, [_node(part, catalog, depth + 1) for part in shape.parts])


def _joined(shape: Joined, parts: list[Node]) -> Node:
    if shape.word == "not":
        return Not(parts[0])
    return conjunction(*parts) if shape.word == "and" else disjunction(*parts)


def _leaf(condition: Condition, catalog: Catalog) -> Node:
    field = _at(condition.field.position, lambda: field_named(condition.field.text, catalog))
    return _READERS[condition.shape](condition, field)


def _comparison(condition: Condition, field: Field) -> Node:
    operator = Operator(_SPELLINGS.get(condition.operator, condition.operator))
    _at(condition.operator_position, lambda: check_operator(operator, field))
    closed = operator in {Operator.EQ, Operator.NE, Operator.HAS}
    value = _value(condition.values[0], field, closed=closed)
    return Compare(field.name, operator, value)


def _in_list(condition: Condition, field: Field) -> Node:
    _at(condition.field.position, lambda: check_in(field))
    leaf = In(field.name, tuple(_value(one, field) for one in condition.values))
    _at(condition.field.position, lambda: check_leaf(leaf, field))
    return leaf


def _between(condition: Condition, field: Field) -> Node:
    _at(condition.field.position, lambda: check_between(field))
    leaf = Between(field.name, _value(condition.values[0], field), _value(condition.values[1], field))
    _at(condition.values[0].position, lambda: check_leaf(leaf, field))
    return leaf


def _in_period(condition: Condition, field: Field) -> Node:
    phrase = condition.values[0]
    if field.type is not FieldType.DATE:
        raise CriteriaError(
            f"Values after `in` stand in brackets: {written_field(field.name)} in ({phrase.text}).",
            position=phrase.position,
        )
    period = read_period(phrase.text)
    if period is None:
        raise CriteriaError(
            f"{phrase.text} is no period. Periods are this, last or next week, month, quarter or year, "
            "and such as last 30 days or next 3 months.",
            position=phrase.position,
        )
    leaf = InPeriod(field.name, period)
    _at(phrase.position, lambda: check_leaf(leaf, field))
    return leaf


_READERS: dict[str, Callable[[Condition, Field], Node]] = {
    "comparison": _comparison,
    "in_list": _in_list,
    "not_in_list": lambda condition, field: Not(_in_list(condition, field)),
    "in_period": _in_period,
    "not_in_period": lambda condition, field: Not(_in_period(condition, field)),
    "between": _between,
    "is_empty": lambda _condition, field: IsEmpty(field.name),
    "is_not_empty": lambda _condition, field: Not(IsEmpty(field.name)),
}


def _value(phrase: Phrase, field: Field, *, closed: bool = True) -> Value:
    value = _at(phrase.position, lambda: read_value(phrase.text, field.type))
    if value is None:
        raise _not_of_type(phrase, field)
    if isinstance(value, str) and closed:
        value = next((one for one in field.values if one.casefold() == phrase.text.casefold()), value)
    _at(phrase.position, lambda: check_value(value, field, closed=closed))
    return value


def _not_of_type(phrase: Phrase, field: Field) -> CriteriaError:
    if field.type is FieldType.DATE and read_period(phrase.text):
        message = f"{phrase.text} is a period: write {written_field(field.name)} in {phrase.text}."
        return CriteriaError(message, position=phrase.position)
    error = mismatch(field, type_of_text(phrase.text), phrase.text)
    hint = " Days are written 2026-06-30, today, 90 days ago." if field.type is FieldType.DATE else ""
    return CriteriaError(error.message + hint, position=phrase.position)


def _at(position: int, act: Callable[[], _Result]) -> _Result:
    """Say where in the text it is that something does not fit."""
    try:
        return act()
    except CriteriaError as error:
        raise CriteriaError(error.message, position=position, nearest=error.nearest) from None
