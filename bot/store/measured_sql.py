"""Facts as SQL: sums, averages, extremes, first and last days of related records, the same on both databases.

What they mean is said in ``scoring.criteria.tree``; ``scoring.criteria.measures`` does the same over frames.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Numeric, case, cast, func, literal, type_coerce
from sqlalchemy import types as sql_types

from scoring.criteria.bounds import FRACTION, LARGEST, LARGEST_FRACTION, LOW_BITS, SMALLEST, parts_of
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Measure

LOW = (1 << LOW_BITS) - 1
_LEAST = {Measure.SMALLEST, Measure.FIRST}


def measured(
    measure: Measure, column: ColumnElement[Any], field: Field, dialect: str
) -> tuple[ColumnElement[Any], Field]:
    """The aggregate over a column of related records, and the field as which it is compared.

    Args:
        measure: all but the count.
        column: of the related records; integers are exact, others doubles.
        field: its field.
        dialect: ``sqlite`` or ``postgresql``.
    """
    if measure in {Measure.SMALLEST, Measure.LARGEST, Measure.FIRST, Measure.LAST}:
        extreme = func.min if measure in _LEAST else func.max
        return extreme(column, type_=column.type), field
    parts = parts_of(field)
    fractional = not isinstance(column.type, sql_types.Integer)
    values = _in_fractions(column, dialect) if fractional else type_coerce(column, BigInteger)
    total = _sum(values, dialect)
    if measure is Measure.SUM:
        return total, replace(field, parts=FRACTION) if fractional else field
    scale = FRACTION if parts == 1 and not fractional else 1
    mean = _quotient(total, func.count(column, type_=BigInteger), scale)
    as_fraction = parts == 1 and field.type is not FieldType.MONEY
    return mean, replace(field, parts=FRACTION) if as_fraction else field


def _whole(value: int) -> ColumnElement[int]:
    return literal(value, BigInteger)


def _in_fractions(column: ColumnElement[Any], dialect: str) -> ColumnElement[int]:
    """Doubles as ten-thousandths, half away from zero; what is larger counts as the largest."""
    scaled = column * literal(float(FRACTION), Double)
    rounded = scaled + case(
        (column < literal(0.0, Double), literal(-0.5, Double)), else_=literal(0.5, Double)
    )
    # SQLite's cast cuts off, PostgreSQL's rounds.
    whole = cast(rounded if dialect == "sqlite" else func.trunc(rounded), BigInteger)
    limit = float(LARGEST_FRACTION)
    return case(
        (column.is_(None), None),
        (column >= literal(limit, Double), _whole(LARGEST_FRACTION * FRACTION)),
        (column <= literal(-limit, Double), _whole(-LARGEST_FRACTION * FRACTION)),
        else_=whole,
    )


def _sum(values: ColumnElement[Any], dialect: str) -> ColumnElement[int]:
    """0 of none; beyond 64 bits the largest or smallest there is."""
    if dialect != "sqlite":
        # Coalesced inside, because least and greatest pass NULL over.
        exact = func.coalesce(func.sum(values), cast(0, Numeric), type_=Numeric)
        within = func.least(func.greatest(exact, cast(SMALLEST, Numeric)), cast(LARGEST, Numeric))
        return cast(within, BigInteger)
    # SQLite's own sum fails beyond 64 bits; its halves stay within.
    high = func.coalesce(func.sum(values.bitwise_rshift(LOW_BITS)), _whole(0), type_=BigInteger)
    low = func.coalesce(func.sum(values.bitwise_and(LOW)), _whole(0), type_=BigInteger)
    carried = high + low.bitwise_rshift(LOW_BITS)
    limit = 1 << (63 - LOW_BITS)
    return case(
        (carried >= _whole(limit), _whole(LARGEST)),
        (carried < _whole(-limit), _whole(SMALLEST)),
        else_=carried * _whole(1 << LOW_BITS) + low.bitwise_and(LOW),
    )


def _quotient(total: ColumnElement[int], count: ColumnElement[int], scale: int) -> ColumnElement[int]:
    """``total * scale / count`` rounded down, NULL of none; beyond 64 bits the utmost there is."""
    some = func.nullif(count, _whole(0), type_=BigInteger)
    cut, left = _divided(total, some), total % some
    # Both databases cut towards zero; what is left then has the sign of the total.
    whole = case((left < 0, cut - 1), else_=cut)
    rest = case((left < 0, left + some), else_=left)
    limit = LARGEST // scale - 1
    return case(
        (whole > _whole(limit), _whole(LARGEST)),
        (whole < _whole(-limit), _whole(SMALLEST)),
        else_=whole * _whole(scale) + _divided(rest * _whole(scale), some),
    )


def _divided(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return one.op("/", return_type=BigInteger())(other)
