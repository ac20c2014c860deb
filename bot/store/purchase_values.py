"""Days and amounts of purchases as SQL expressions, whatever field holds them; and their sums, exact."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    Integer,
    Numeric,
    and_,
    case,
    cast,
    func,
    literal,
    null,
)
from sqlalchemy import types as sql_types

from bot.store.raw_values import CALENDAR
from scoring.criteria.bounds import LARGEST, LOW_BITS, MINOR_UNITS, SMALLEST, parts_of
from scoring.criteria.fields import Field

FIRST_DAY = "0001-01-01"  # of Python's calendar
NEVER = date(1, 1, 1)  # the last purchase of an account that only has given something back
MOST_MINOR = 9 * 10**17  # what is larger counts as this much


def day_of(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A day; of the raw record it is a text, which may be no day of the calendar: then it is NULL."""
    if isinstance(column.type, Date):
        return column
    if dialect == "sqlite":
        is_day = func.date(column, "+0 days") == column  # with which 31 February becomes 3 March
        return case((and_(is_day, column >= FIRST_DAY), column))
    is_day = and_(column.regexp_match(f"^{CALENDAR}$"), column >= FIRST_DAY)
    return case((is_day, cast(column, Date)))


def minor_of(column: ColumnElement[Any], field: Field, dialect: str) -> ColumnElement[int]:
    """An amount in minor units: as it is stored, or of whole units in the raw record."""
    if isinstance(column.type, sql_types.Integer):
        whole = cast(column, BigInteger)
        return column if parts_of(field) == MINOR_UNITS else whole * literal(MINOR_UNITS, BigInteger)
    half = case((column < literal(0.0, Double), literal(-0.5, Double)), else_=literal(0.5, Double))
    hundredths = column * literal(float(MINOR_UNITS), Double) + half
    most, limit = literal(MOST_MINOR, BigInteger), literal(MOST_MINOR / MINOR_UNITS, Double)
    return case(
        (column.is_(None), null()),
        (column >= limit, most),
        (column <= -limit, -most),
        # SQLite's cast cuts off, PostgreSQL's rounds.
        else_=cast(hundredths if dialect == "sqlite" else func.trunc(hundredths), BigInteger),
    )


def quick_sum(amount: ColumnElement[int], dialect: str) -> ColumnElement[int]:
    """The sum, 64 bits; beyond them the utmost there is, where the database can tell: SQLite fails."""
    if dialect == "sqlite":
        return func.sum(amount, type_=BigInteger)
    # PostgreSQL sums bigint as numeric.
    within = func.least(func.greatest(func.sum(amount), cast(SMALLEST, Numeric)), cast(LARGEST, Numeric))
    return cast(within, BigInteger)


def halves(amount: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The sum in an upper and a lower half, each of which stays within 64 bits."""
    low = literal((1 << LOW_BITS) - 1, BigInteger)
    return (
        func.sum(amount.bitwise_rshift(literal(LOW_BITS, Integer)), type_=BigInteger),
        func.sum(amount.bitwise_and(low), type_=BigInteger),
    )


def whole_of(upper: ColumnElement[int], lower: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of its halves; beyond 64 bits the utmost there is."""
    bits = literal(LOW_BITS, Integer)  # PostgreSQL shifts by a small one
    high, limit = upper + lower.bitwise_rshift(bits), 1 << (63 - LOW_BITS)
    low = literal((1 << LOW_BITS) - 1, BigInteger)
    return case(
        (high >= literal(limit, BigInteger), literal(LARGEST, BigInteger)),
        # As a text: PostgreSQL reads the sign apart, and 2**63 is no bigint.
        (high < literal(-limit, BigInteger), cast(literal(str(SMALLEST)), BigInteger)),
        else_=high * literal(1 << LOW_BITS, BigInteger) + lower.bitwise_and(low),
    )
