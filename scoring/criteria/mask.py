"""Criteria over a data frame: one vectorised pass per condition. The same meaning as the SQL, row by row.

Columns are named by ``Field.name``. Texts are str; numbers any numeric dtype; money in minor units; dates are
datetime64 (an instant when it has a time zone), date or aware datetime objects; lists are lists, tuples or
sets of str. Missing is None, NaN, NaT or NA.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.bounds import MINOR_UNITS, whole_spans
from scoring.criteria.check import field_named
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.periods import Today, spans
from scoring.criteria.tree import (
    Always,
    And,
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
)

Truths = npt.NDArray[np.bool_]
EPOCH = date(1970, 1, 1)

_TEXT_TESTS: dict[Operator, Callable[[str, str], bool]] = {
    Operator.EQ: lambda text, value: text == value,
    Operator.NE: lambda text, value: text == value,
    Operator.CONTAINS: lambda text, value: value in text,
    Operator.STARTS_WITH: lambda text, value: text.startswith(value),
    Operator.ENDS_WITH: lambda text, value: text.endswith(value),
}
_FLOAT_TESTS: dict[Operator, Callable[[Any, float], Any]] = {
    Operator.EQ: lambda numbers, value: numbers == value,
    Operator.NE: lambda numbers, value: numbers == value,
    Operator.LT: lambda numbers, value: numbers < value,
    Operator.LE: lambda numbers, value: numbers <= value,
    Operator.GT: lambda numbers, value: numbers > value,
    Operator.GE: lambda numbers, value: numbers >= value,
}


def mask(node: Node, frame: pd.DataFrame, catalog: Catalog, context: Today) -> pd.Series[bool]:
    """Which rows of a frame meet a checked tree: booleans with the frame's index, never missing.

    Raises:
        CriteriaError: a field that the catalog does not know.
        KeyError: a field for which the frame has no column.
    """
    return pd.Series(_truths(node, frame, catalog, context), index=frame.index, dtype=bool)


def _truths(node: Node, frame: pd.DataFrame, catalog: Catalog, context: Today) -> Truths:
    if isinstance(node, Always):
        return np.ones(len(frame), dtype=np.bool_)
    if isinstance(node, Not):
        return ~_truths(node.part, frame, catalog, context)
    if isinstance(node, And | Or):
        parts = [_truths(part, frame, catalog, context) for part in node.parts]
        return reduce(np.logical_and if isinstance(node, And) else np.logical_or, parts)
    field = field_named(node.field, catalog)
    holds = _leaf(node, frame[field.name], field, context)
    return ~holds if isinstance(node, Compare) and node.operator is Operator.NE else holds


def _leaf(leaf: Leaf, column: pd.Series[Any], field: Field, context: Today) -> Truths:
    """Whether a condition holds; of ``!=`` whether ``=`` does."""
    if isinstance(leaf, IsEmpty):
        return _empty(column, field)
    if field.type is FieldType.DATE:
        return _dates(leaf, column, context)
    if isinstance(leaf, InPeriod):
        raise TypeError(f"{field.name} has no periods")
    if field.type in {FieldType.NUMBER, FieldType.MONEY}:
        return _numbers(leaf, column, field)
    if field.type is FieldType.LIST:
        return _lists(leaf, column)
    return _texts(leaf, column) if field.type is FieldType.TEXT else _booleans(leaf, column)


def _empty(column: pd.Series[Any], field: Field) -> Truths:
    if field.type is FieldType.LIST:
        return np.fromiter((not _items(one) for one in column), np.bool_, len(column))
    missing = column.isna().to_numpy(np.bool_)
    return missing | ~_each_once(column, bool) if field.type is FieldType.TEXT else missing


def _each_once(column: pd.Series[Any], test: Callable[[Any], bool]) -> Truths:
    """Test each distinct value once; missing values give False."""
    codes, distinct = pd.factorize(column)
    # Code -1 is a missing value and finds the last place.
    return np.array([*map(test, distinct), False], dtype=np.bool_)[codes]


def _texts(leaf: Compare | In | Between, column: pd.Series[Any]) -> Truths:
    if isinstance(leaf, In):
        wanted = {str(value).casefold() for value in leaf.values}
        return _each_once(column, lambda text: text.casefold() in wanted)
    if isinstance(leaf, Between):
        raise TypeError("texts have no order")
    value, test = str(leaf.value).casefold(), _TEXT_TESTS[leaf.operator]
    return _each_once(column, lambda text: test(text.casefold(), value))


def _booleans(leaf: Compare | In | Between, column: pd.Series[Any]) -> Truths:
    wanted = (
        set(leaf.values) if isinstance(leaf, In) else {leaf.value} if isinstance(leaf, Compare) else set()
    )
    return _each_once(column, lambda truth: bool(truth) in wanted)


def _items(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple | set | frozenset | np.ndarray) else ()


def _lists(leaf: Compare | In | Between, column: pd.Series[Any]) -> Truths:
    if not isinstance(leaf, Compare):
        raise TypeError("lists only have values")
    value = str(leaf.value).casefold()
    found = (any(str(item).casefold() == value for item in _items(one)) for one in column)
    return np.fromiter(found, np.bool_, len(column))


def _numbers(leaf: Compare | In | Between, column: pd.Series[Any], field: Field) -> Truths:
    numbers = column.convert_dtypes() if column.dtype == object else column
    present = column.notna().to_numpy(np.bool_)
    whole = pd.api.types.is_integer_dtype(numbers.dtype)
    values = numbers.fillna(0).to_numpy(np.int64 if whole else np.float64)
    scale = MINOR_UNITS if field.type is FieldType.MONEY else 1
    holds = _whole(leaf, values, scale) if whole or scale != 1 else _real(leaf, values)
    return present & holds


def _whole(leaf: Compare | In | Between, values: Any, scale: int) -> Truths:
    holds = np.zeros(len(values), dtype=np.bool_)
    for span in whole_spans(leaf, scale):
        within = np.ones(len(values), dtype=np.bool_)
        if span.low is not None:
            within &= values >= span.low
        if span.high is not None:
            within &= values <= span.high
        holds |= within
    return holds


def _real(leaf: Compare | In | Between, values: Any) -> Truths:
    if isinstance(leaf, In):
        return np.isin(values, [float(str(value)) for value in leaf.values])
    if isinstance(leaf, Between):
        within = (values >= float(str(leaf.low))) & (values <= float(str(leaf.high)))
        return np.asarray(within, dtype=np.bool_)
    return np.asarray(_FLOAT_TESTS[leaf.operator](values, float(str(leaf.value))), dtype=np.bool_)


def _dates(leaf: Compare | In | Between | InPeriod, column: pd.Series[Any], context: Today) -> Truths:
    days, present = _days(column, context.zone)
    holds = np.zeros(len(days), dtype=np.bool_)
    for span in spans(leaf, context):
        within = present.copy()
        if span.first is not None:
            within &= days >= (span.first - EPOCH).days
        if span.before is not None:
            within &= days < (span.before - EPOCH).days
        holds |= within
    return holds


def _days(column: pd.Series[Any], zone: tzinfo) -> tuple[npt.NDArray[np.int64], Truths]:
    """Days since 1970, and where there is one."""
    present = column.notna().to_numpy(np.bool_)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(zone).dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return column.to_numpy().astype("datetime64[D]").astype(np.int64), present
    days = (_day_number(one, zone) if there else 0 for one, there in zip(column, present, strict=True))
    return np.fromiter(days, np.int64, len(column)), present


def _day_number(moment: date, zone: tzinfo) -> int:
    if isinstance(moment, datetime):
        moment = (moment.astimezone(zone) if moment.tzinfo else moment).date()
    return (moment - EPOCH).days
