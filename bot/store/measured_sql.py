"""Facts as SQL: sums, averages, extremes, first and last days of related records, the same on both databases.

What they mean is said in ``scoring.criteria.tree``; ``scoring.criteria.measures`` does the same over frames.
Each step is a query over the one before, so that expressions do not multiply; there are few, because SQLite's
parser does not take queries in queries very deep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Numeric,
    Select,
    Subquery,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy import types as sql_types

from scoring.criteria.bounds import FRACTION, LARGEST, LARGEST_FRACTION, LOW_BITS, SMALLEST, parts_of
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Measure

LOW = (1 << LOW_BITS) - 1
_LEAST = {Measure.SMALLEST, Measure.FIRST}
# A column of the chosen records -> the query for it.
Chosen = Callable[[ColumnElement[Any]], Select[Any]]


def measured(
    measure: Measure, column: ColumnElement[Any], chosen: Chosen, field: Field, dialect: str
) -> tuple[ColumnElement[Any], Field]:
    """The fact, as the only column of a query of one row, and the field as which it is compared.

    Args:
        measure: all but the count.
        column: of the related records; integers are exact, others doubles.
        chosen: selects an expression over them from those that count.
        field: the column's.
        dialect: ``sqlite`` or ``postgresql``.
    """
    if measure in {Measure.SMALLEST, Measure.LARGEST, Measure.FIRST, Measure.LAST}:
        extreme = func.min if measure in _LEAST else func.max
        return chosen(extreme(column, type_=column.type).label("value")).subquery().c.value, field
    fractional = not isinstance(column.type, sql_types.Integer)
    value = in_fractions(column, dialect) if fractional else type_coerce(column, BigInteger)
    sums = _sums(chosen(value.label("value")).subquery().c.value, dialect)
    if measure is Measure.SUM:
        return sums.c.total, replace(field, parts=FRACTION) if fractional else field
    plain = parts_of(field) == 1 and field.type is not FieldType.MONEY
    mean = _quotient(sums, FRACTION if plain and not fractional else 1)
    return mean, replace(field, parts=FRACTION) if plain else field


def _step(**columns: ColumnElement[Any]) -> Subquery:
    return select(*(column.label(name) for name, column in columns.items())).subquery()


def _whole(value: int) -> ColumnElement[int]:
    return literal(value, BigInteger)


def in_fractions(value: ColumnElement[Any], dialect: str) -> ColumnElement[int]:
    """Doubles as ten-thousandths, half away from zero; what is larger counts as the largest."""
    half = case((value < literal(0.0, Double), literal(-0.5, Double)), else_=literal(0.5, Double))
    rounded = value * literal(float(FRACTION), Double) + half
    limit = float(LARGEST_FRACTION)
    return case(
        (value.is_(None), None),
        (value >= literal(limit, Double), _whole(LARGEST_FRACTION * FRACTION)),
        (value <= literal(-limit, Double), _whole(-LARGEST_FRACTION * FRACTION)),
        # SQLite's cast cuts off, PostgreSQL's rounds.
        else_=cast(rounded if dialect == "sqlite" else func.trunc(rounded), BigInteger),
    )


def _sums(value: ColumnElement[Any], dialect: str) -> Subquery:
    """``total``, 0 of none, beyond 64 bits the largest or smallest there is; and ``size``, how many."""
    size = func.count(value, type_=BigInteger)
    if dialect != "sqlite":
        # Coalesced inside, because least and greatest pass NULL over.
        exact = func.coalesce(func.sum(value), cast(0, Numeric), type_=Numeric)
        within = func.least(func.greatest(exact, cast(SMALLEST, Numeric)), cast(LARGEST, Numeric))
        return _step(total=cast(within, BigInteger), size=size)
    # SQLite's own sum fails beyond 64 bits; its halves stay within.
    halves = _step(
        high=func.coalesce(func.sum(value.bitwise_rshift(LOW_BITS)), _whole(0), type_=BigInteger),
        low=func.coalesce(func.sum(value.bitwise_and(LOW)), _whole(0), type_=BigInteger),
        size=size,
    ).c
    high, limit = halves.high + halves.low.bitwise_rshift(LOW_BITS), 1 << (63 - LOW_BITS)
    total = case(
        (high >= _whole(limit), _whole(LARGEST)),
        (high < _whole(-limit), _whole(SMALLEST)),
        else_=high * _whole(1 << LOW_BITS) + halves.low.bitwise_and(LOW),
    )
    return _step(total=total, size=halves.size)


def _quotient(sums: Subquery, scale: int) -> ColumnElement[int]:
    """``total * scale / size`` rounded down, NULL of none; beyond 64 bits the utmost there is."""
    some = func.nullif(sums.c.size, _whole(0), type_=BigInteger)
    # Both databases cut towards zero; what is left then has the sign of the total.
    cut = _step(whole=_divided(sums.c.total, some), left=sums.c.total % some, size=some).c
    negative = cut.left < _whole(0)
    whole = case((negative, cut.whole - _whole(1)), else_=cut.whole)
    left = case((negative, cut.left + cut.size), else_=cut.left)
    limit = LARGEST // scale - 1
    mean = case(
        (whole > _whole(limit), _whole(LARGEST)),
        (whole < _whole(-limit), _whole(SMALLEST)),
        else_=whole * _whole(scale) + _divided(left * _whole(scale), cut.size),
    )
    return _step(value=mean).c.value


def _divided(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return one.op("/", return_type=BigInteger())(other)
