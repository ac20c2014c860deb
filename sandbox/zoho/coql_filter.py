"""WHERE as a test on records. Null is neither equal nor unequal to anything, as in SQL."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from sandbox.zoho.answers import Refused
from sandbox.zoho.clock import ZONE
from sandbox.zoho.coql_columns import Column, comparable_reader, resolve
from sandbox.zoho.coql_tree import Both, Comparison, Condition, Literal
from sandbox.zoho.schema import Module
from sandbox.zoho.store import Record, Store

MOST_VALUES = 100
EQUALITY = {"=", "!=", "in", "not in", "is null", "is not null"}
RANGE = {"<", "<=", ">", ">=", "between", "not between"}
OPERATORS = {
    "text": EQUALITY | {"like", "not like"},
    "choices": EQUALITY | {"like", "not like"},
    "id": EQUALITY | {"<", "<=", ">", ">="},  # ids are compared by production clients to page by key
    "number": EQUALITY | RANGE,
    "date": EQUALITY | RANGE,
    "datetime": EQUALITY | RANGE,
    "boolean": {"=", "is null", "is not null"},
    "unfilterable": set[str](),
}
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Test = Callable[[Record], bool]


def compile_where(store: Store, module: Module, condition: Condition) -> Test:
    """A test for the records of a module.

    Raises:
        Refused: a column is unknown, an operator or a value does not suit it, there are too many values.
    """
    if isinstance(condition, Comparison):
        return _compare(store, resolve(store, module, condition.path), condition)
    left, right = (compile_where(store, module, side) for side in (condition.left, condition.right))
    if isinstance(condition, Both):
        return lambda record: left(record) and right(record)
    return lambda record: left(record) or right(record)


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """All comparisons of a condition."""
    if isinstance(condition, Comparison):
        yield condition
    else:
        yield from comparisons(condition.left)
        yield from comparisons(condition.right)


def _compare(store: Store, column: Column, comparison: Comparison) -> Test:
    word = comparison.operator
    if word not in OPERATORS[column.family]:
        details = {"column_name": column.written, "operator": word, "reason": "operator"}
        raise Refused(400, "INVALID_QUERY", details, "operator is not supported for the column")
    if len(comparison.values) > MOST_VALUES:
        raise Refused(400, "LIMIT_EXCEEDED", {"limit": MOST_VALUES, "operator": word})
    read = comparable_reader(store, column)
    if not comparison.values:
        wanted_null = word == "is null"
        return lambda record: (read(record) is None) == wanted_null
    holds = _holds(word, [value_of(column, one) for one in comparison.values])
    return lambda record: (value := read(record)) is not None and holds(value)


def _holds(word: str, wanted: list[Any]) -> Callable[[Any], bool]:
    plain = word.removeprefix("not ")
    first, last = wanted[0], wanted[-1]
    if plain in SIGNS:
        compare = SIGNS[plain]
        return lambda value: compare(value, first)
    tests: dict[str, Callable[[Any], bool]] = {
        "in": set(wanted).__contains__,
        "between": lambda value: first <= value <= last,
        "like": lambda value: like_pattern(str(first)).fullmatch(value) is not None,
    }
    test = tests[plain]
    return test if plain == word else lambda value: not test(value)


def like_pattern(written: str) -> re.Pattern[str]:
    """``%`` at the beginning or at the end stands for anything; nothing else is special."""
    inner = written.removeprefix("%").removesuffix("%")
    before, after = (".*" if at_end else "" for at_end in (written.startswith("%"), written.endswith("%")))
    return re.compile(before + re.escape(inner) + after, re.DOTALL)


def value_of(column: Column, literal: Literal) -> Any:
    """A literal as the column's comparable values are.

    Raises:
        Refused: INVALID_QUERY, it is none.
    """
    try:
        return CONVERTERS[column.family](literal)
    except (ValueError, TypeError):
        details = {"column_name": column.written, "reason": "value"}
        raise Refused(
            400, "INVALID_QUERY", details, "value given seems to be invalid for the column"
        ) from None


def _as_text(literal: Literal) -> str:
    if not literal.quoted:
        raise ValueError(literal)
    return str(literal.value).casefold()


def _as_number(literal: Literal) -> float:
    return float("" if isinstance(literal.value, bool) else literal.value)


def _as_boolean(literal: Literal) -> bool:
    names = {"true": True, "false": False}
    if str(literal.value).lower() not in names:
        raise ValueError(literal)
    return names[str(literal.value).lower()]


def _as_date(literal: Literal) -> str:
    return date.fromisoformat(str(literal.value)).isoformat()


def _as_datetime(literal: Literal) -> datetime:
    text = str(literal.value)
    if "T" not in text:
        raise ValueError(literal)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


CONVERTERS: dict[str, Callable[[Literal], Any]] = {
    "text": _as_text,
    "choices": _as_text,
    "id": lambda literal: int(str(literal.value)),
    "number": _as_number,
    "boolean": _as_boolean,
    "date": _as_date,
    "datetime": _as_datetime,
}
