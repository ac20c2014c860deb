"""Numbers against whole numbers, exactly: money is stored in minor units, counts are whole.

``amount > 12.345`` speaks of 1234.5 cents; of whole cents that is ``> 1234``. Limits beyond 64 bits, which no
stored number reaches, hold for all or for none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Between, Compare, In, Operator

MINOR_UNITS = 100  # of one unit of currency; the cache stores money in hundredths
LARGEST, SMALLEST = 2**63 - 1, -(2**63)
# Fractional numbers are added up in ten-thousandths, because sums of doubles depend on the order of the rows.
FRACTION = 10_000
LARGEST_FRACTION = 9 * 10**14  # what is larger counts as this much; in ten-thousandths it fits into 64 bits
LOW_BITS = 20  # sums are made in two halves: of a million million rows the lower one fits into 64 bits


def parts_of(field: Field) -> int:
    """In how many whole parts of one a number is stored: money in hundredths, others as they are."""
    return MINOR_UNITS if field.type is FieldType.MONEY else field.parts


@dataclass(frozen=True, slots=True)
class WholeSpan:
    """Whole numbers from ``low`` to ``high``, both included; None is open."""

    low: int | None
    high: int | None


_LIMITS: dict[Operator, Callable[[Fraction], tuple[int | None, int | None]]] = {
    Operator.EQ: lambda x: (math.ceil(x), math.floor(x)),
    Operator.NE: lambda x: (math.ceil(x), math.floor(x)),
    Operator.LT: lambda x: (None, math.ceil(x) - 1),
    Operator.LE: lambda x: (None, math.floor(x)),
    Operator.GT: lambda x: (math.floor(x) + 1, None),
    Operator.GE: lambda x: (math.ceil(x), None),
}


def whole_spans(leaf: Compare | In | Between, scale: int) -> tuple[WholeSpan, ...]:
    """The whole numbers, in units of 1/scale, for which a condition holds; of ``!=`` those of ``=``.

    Spans that hold nothing are left out, so that nothing at all gives ().
    """
    if isinstance(leaf, In):
        limits = [_LIMITS[Operator.EQ](_scaled(value, scale)) for value in leaf.values]
    elif isinstance(leaf, Between):
        low = _LIMITS[Operator.GE](_scaled(leaf.low, scale))[0]
        limits = [(low, _LIMITS[Operator.LE](_scaled(leaf.high, scale))[1])]
    else:
        limits = [_LIMITS[leaf.operator](_scaled(leaf.value, scale))]
    return tuple(span for span in (_within_64_bits(low, high) for low, high in limits) if span)


def _scaled(value: object, scale: int) -> Fraction:
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is no number")
    return Fraction(value) * scale


def _within_64_bits(low: int | None, high: int | None) -> WholeSpan | None:
    nothing = (low is not None and low > LARGEST) or (high is not None and high < SMALLEST)
    if nothing or (low is not None and high is not None and low > high):
        return None
    return WholeSpan(
        None if low is None or low < SMALLEST else low, None if high is None or high > LARGEST else high
    )
