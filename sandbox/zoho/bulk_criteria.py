"""The criteria of a bulk read as a test on records, and as the job's details repeat them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.zoho.answers import Refused
from sandbox.zoho.coql_columns import Column, Reader, comparable_reader, resolve
from sandbox.zoho.coql_filter import CONVERTERS
from sandbox.zoho.coql_tree import Literal
from sandbox.zoho.schema import Module
from sandbox.zoho.store import Record, Store

MOST_CRITERIA, MOST_VALUES = 25, 200
EMPTY = "${EMPTY}"
Test = Callable[[Record], bool]

EQUALITY = {"equal", "not_equal", "in", "not_in"}
RANGE = {"less_than", "less_equal", "greater_than", "greater_equal", "between", "not_between"}
WORDS = {"contains", "not_contains", "starts_with", "ends_with"}
COMPARATORS = {
    "text": EQUALITY | WORDS,
    "choices": EQUALITY | WORDS,
    "id": EQUALITY | {"less_than", "less_equal", "greater_than", "greater_equal"},
    "number": EQUALITY | RANGE,
    "date": EQUALITY | RANGE,
    "datetime": EQUALITY | RANGE,
    "boolean": {"equal", "not_equal"},
    "unfilterable": set[str](),
}
SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less_than": operator.lt,
    "less_equal": operator.le,
    "greater_than": operator.gt,
    "greater_equal": operator.ge,
    "contains": lambda value, part: part in value,
    "starts_with": lambda value, part: value.startswith(part),
    "ends_with": lambda value, part: value.endswith(part),
    "in": lambda value, several: value in several,
    "between": lambda value, ends: ends[0] <= value <= ends[1],
}
SEVERAL = {"in", "not_in", "between", "not_between"}


def read_criteria(store: Store, module: Module, criteria: object) -> Test:
    """A test from criteria: one comparison, or a group of comparisons and groups.

    Raises:
        Refused: they are none or too many, a field is unknown, or a comparator does not suit it.
    """
    if _count(criteria) > MOST_CRITERIA:
        raise Refused(400, "CRITERIA_LIMIT_EXCEEDED", {"limit": MOST_CRITERIA})
    return _test(store, module, criteria)


def _count(criteria: object) -> int:
    group = criteria.get("group") if isinstance(criteria, dict) else None
    return sum(map(_count, group)) if isinstance(group, list) else 1


def _test(store: Store, module: Module, criteria: object) -> Test:
    if not isinstance(criteria, dict):
        raise Refused(400, "INVALID_CRITERIA", {"api_name": "criteria"})
    group = criteria.get("group")
    if group is None:
        return _comparison(store, module, criteria)
    if not isinstance(group, list) or not group:
        raise Refused(400, "INVALID_CRITERIA", {"api_name": "group"})
    word = criteria.get("group_operator")
    if word not in {"and", "or"}:
        raise Refused(400, "GROUP_OPERATOR_NOT_SUPPORTED", {"supported": ["and", "or"]})
    tests = [_test(store, module, one) for one in group]
    whole = all if word == "and" else any
    return lambda record: whole(test(record) for test in tests)


def _comparison(store: Store, module: Module, criteria: Mapping[str, Any]) -> Test:
    field, word = criteria.get("field"), criteria.get("comparator")
    name = field.get("api_name") if isinstance(field, dict) else None
    if not isinstance(name, str) or not isinstance(word, str):
        raise Refused(400, "INVALID_CRITERIA", {"api_name": "criteria"})
    column = _column(store, module, name)
    if word not in COMPARATORS[column.family]:
        details = {"api_name": name, "comparator": word}
        raise Refused(400, "FIELD_AND_COMPARATOR_IN_CRITERIA_NOT_COMPATIBLE", details)
    read = home_reader(store, column)
    value = criteria.get("value")
    if value == EMPTY:
        empty = word == "equal"
        return lambda record: (read(record) is None) == empty
    wanted = _wanted(column, word, value)
    plain = word.removeprefix("not_")
    holds = SIGNS[plain]
    if plain == word:
        return lambda record: (found := read(record)) is not None and holds(found, wanted)
    return lambda record: (found := read(record)) is not None and not holds(found, wanted)


def _column(store: Store, module: Module, name: str) -> Column:
    try:
        return resolve(store, module, name)
    except Refused:
        raise Refused(400, "FIELD_NOT_AVAILABLE", {"api_name": name}) from None


def home_reader(store: Store, column: Column) -> Reader:
    """Reads a column as it is compared: amounts in the home currency, where records have currencies."""
    read = comparable_reader(store, column)
    if not store.currencies or column.field.data_type != "currency" or column.steps:
        return read

    def at_home(record: Record) -> float | None:
        amount: float | None = read(record)
        rate = record.values.get("Exchange_Rate")
        return amount / rate if amount is not None and rate else amount

    return at_home


def _wanted(column: Column, word: str, value: object) -> Any:
    if word not in SEVERAL:
        return _value(column, value)
    values = value if isinstance(value, list) else str(value).split(",")
    if len(values) > MOST_VALUES:
        raise Refused(400, "VALUE_LIMIT_EXCEEDED_IN_CRITERIA", {"limit": MOST_VALUES})
    converted = [_value(column, one) for one in values]
    if word.endswith("between") and len(converted) != len(("from", "to")):
        raise Refused(400, "INVALID_CRITERIA", {"api_name": column.written, "comparator": word})
    return converted


def _value(column: Column, value: object) -> Any:
    given = value.get("id") if isinstance(value, dict) else value
    try:
        if not isinstance(given, str | int | float):
            raise TypeError(given)  # noqa: TRY301 - answered as every value that does not fit
        return CONVERTERS[column.family](Literal(given, quoted=isinstance(given, str)))
    except (ValueError, TypeError):
        raise Refused(400, "INVALID_CRITERIA", {"api_name": column.written, "value": str(value)}) from None


def echoed(module: Module, criteria: Any) -> Any:
    """Criteria as the job's details repeat them: with the ids of the fields."""
    if not isinstance(criteria, dict):
        return criteria
    if "group" in criteria:
        return {**criteria, "group": [echoed(module, one) for one in criteria["group"]]}
    name = criteria["field"]["api_name"]
    known = module.by_name.get(name)
    return {**criteria, "field": {"api_name": name, "id": str(known.id) if known else None}}
