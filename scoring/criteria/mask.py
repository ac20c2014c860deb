"""Criteria over data frames: one vectorised pass per condition. The same meaning as the SQL, row by row.

Columns are named by ``Field.name``. Texts are str; numbers any numeric dtype; money in minor units; dates are
datetime64 (an instant when it has a time zone), date or aware datetime objects; lists are lists, tuples or
sets of str. Missing is None, NaN, NaT or NA.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.bounds import parts_of, whole_spans
from scoring.criteria.canonical import canonical
from scoring.criteria.check import fact_field, field_named, relation_named
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.measures import Groups, measured_days, measured_numbers, numbers
from scoring.criteria.periods import Today, spans
from scoring.criteria.segments import resolved
from scoring.criteria.tree import (
    Always,
    And,
    Between,
    Compare,
    In,
    InPeriod,
    InSegment,
    IsEmpty,
    Leaf,
    Measured,
    Node,
    Not,
    Operator,
    Or,
    Related,
)
from scoring.days import day_number, day_numbers

Truths = npt.NDArray[np.bool_]

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


@dataclass(frozen=True)
class _Rows:
    """What criteria are evaluated on: rows, their fields, and the frames of related rows."""

    frame: pd.DataFrame
    catalog: Catalog
    today: Today
    related: Mapping[str, pd.DataFrame]


def mask(
    node: Node,
    frame: pd.DataFrame,
    catalog: Catalog,
    context: Today,
    related: Mapping[str, pd.DataFrame] | None = None,
) -> pd.Series[bool]:
    """Which rows of a frame meet a checked tree: booleans with the frame's index, never missing.

    Args:
        node: the criteria.
        frame: the rows.
        catalog: their fields.
        context: the day.
        related: by ``Relation.source`` the related rows, whose index says to which row of ``frame`` each
            belongs. Without them a condition on related rows is taken from the frame's column that is named
            by its canonical text, as true or false.

    Raises:
        CriteriaError: a field that the catalog does not know.
        KeyError: a field or related rows for which there are no columns.
    """
    rows = _Rows(frame, catalog, context, related or {})
    return pd.Series(_truths(resolved(node, catalog), rows), index=frame.index, dtype=bool)


def _truths(node: Node, rows: _Rows) -> Truths:
    if isinstance(node, Always):
        return np.ones(len(rows.frame), dtype=np.bool_)
    if isinstance(node, Not):
        return ~_truths(node.part, rows)
    if isinstance(node, And | Or):
        parts = [_truths(part, rows) for part in node.parts]
        return reduce(np.logical_and if isinstance(node, And) else np.logical_or, parts)
    if isinstance(node, InSegment):
        raise TypeError(f"{node.name} is a segment, which stands for its criteria")
    if isinstance(node, Measured | Related):
        return _of_related(node, rows)
    field = field_named(node.field, rows.catalog)
    return _compared(node, rows.frame[field.name], field, rows.today)


def _compared(leaf: Leaf, column: pd.Series[Any], field: Field, today: Today) -> Truths:
    holds = _leaf(leaf, column, field, today)
    return ~holds if isinstance(leaf, Compare) and leaf.operator is Operator.NE else holds


def _of_related(node: Measured | Related, rows: _Rows) -> Truths:
    name = node.fact.relation if isinstance(node, Measured) else node.relation
    relation = relation_named(name, rows.catalog)
    if relation.source not in rows.related:
        return rows.frame[canonical(node, rows.catalog)].to_numpy(np.bool_)
    codes, keys = pd.factorize(rows.frame.index)
    frame = rows.related[relation.source]
    own = _Rows(frame, relation.catalog, rows.today, {})
    at = keys.get_indexer(frame.index)
    theirs = (at >= 0) & _truths(relation.given, own)
    groups = Groups(at, len(keys))
    if isinstance(node, Measured):
        found = _fact(node, relation, own, groups, theirs)
    elif node.every:
        found = groups.of(theirs & ~_truths(node.where, own)).sizes() == 0
    else:
        found = groups.of(theirs & _truths(node.where, own)).sizes() > 0
    return np.asarray(found[codes], dtype=np.bool_)


def _fact(node: Measured, relation: Relation, rows: _Rows, groups: Groups, theirs: Truths) -> Truths:
    """Whether a condition on a fact holds, for each group."""
    fact, chosen = node.fact, theirs & _truths(node.fact.where, rows)
    field = fact_field(fact, relation)
    if fact.field is None:
        return _compared(node.condition, pd.Series(groups.of(chosen).sizes()), field, rows.today)
    column = rows.frame[field_named(fact.field, relation.catalog).name]
    if field.type is FieldType.DATE:
        days, present = day_numbers(column, rows.today.zone)
        chosen &= present
        found = measured_days(fact.measure, days[chosen], groups.of(chosen))
    else:
        own = field_named(fact.field, relation.catalog)
        values, present = numbers(column)
        chosen &= present
        found, field = measured_numbers(fact.measure, values[chosen], groups.of(chosen), own)
    return _compared(node.condition, found, field, rows.today)


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
    values, present = numbers(column)
    whole, scale = values.dtype == np.int64, parts_of(field)
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
    days, present = day_numbers(column, context.zone)
    holds = np.zeros(len(days), dtype=np.bool_)
    for span in spans(leaf, context):
        within = present.copy()
        if span.first is not None:
            within &= days >= day_number(span.first)
        if span.before is not None:
            within &= days < day_number(span.before)
        holds |= within
    return holds
