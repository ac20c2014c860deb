"""Reading single values as Zoho writes them. The input is hostile: a wrong value spoils its record only.

Every function raises ValueError (or TypeError, OverflowError) with a reason for a value that cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from typing import Any

from connector.zoho.bodies import EXACT_BELOW, LARGEST_BIGINT

MINOR_PER_UNIT = 100
LARGEST_INTEGER = 2**31 - 1  # an INTEGER column of PostgreSQL
LONGEST_ID = 32
LONGEST_TEXT_IN_DOUBLE = 14  # digits that a double holds whatever they are, and a point
# A product of a double with 100 that is nearer to a whole number than this is that number (below EXACT_BELOW
# doubles lie closer to one another than a hundredth).
NEAR = 1e-3
# Beyond this neither a column nor Decimal's own precision holds it.
LARGEST_EXPONENT = 20


def record_id(record: Mapping[str, Any]) -> str:
    """The record's id."""
    return identifier(record.get("id"))


def identifier(value: Any) -> str:
    """An id: letters and digits, not endless."""
    found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not found.isascii() or not found.isalnum() or len(found) > LONGEST_ID:
        raise ValueError("The record has no id.")
    return found


def text(value: Any) -> str | None:
    """Text; several values are joined by "; ", as Zoho exports them. Empty is None."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return digits(value)
    if isinstance(value, dict):
        return text(value.get("name"))
    if isinstance(value, list):
        return "; ".join(part for part in map(text, value) if part) or None
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise ValueError(f"{type(value).__name__} is not text")


def digits(value: float | Decimal) -> str:
    """A number in decimal digits, without an exponent."""
    if isinstance(value, int):
        return str(value)
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return str(exact) if abs(exact.adjusted()) > LARGEST_EXPONENT else format(exact, "f")


def lookup_id(value: Any) -> str | None:
    """The id of a lookup: ``{"id": …, "name": …}``, or the bare id that older versions send."""
    found = value.get("id") if isinstance(value, dict) else value
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, str | int) or not str(found).isalnum():
        raise ValueError(f"{_shown(value)} is not a lookup")
    return str(found)


def number(value: Any) -> int | float | Decimal | None:
    """A finite number as it is kept: int if whole, float if a double holds it, otherwise Decimal.

    Numbers written as text (in files, and in bigint fields) too; empty is None.
    """
    if type(value) is float and -EXACT_BELOW < value < EXACT_BELOW:
        return int(value) if value.is_integer() else value
    if type(value) is str and 0 < len(value) <= LONGEST_TEXT_IN_DOUBLE and "_" not in value:
        small = float(value)
        if -EXACT_BELOW < small < EXACT_BELOW:
            return int(small) if small.is_integer() else small
    exact = _decimal(value)
    return None if exact is None else _kept(exact)


def _kept(exact: Decimal) -> int | float | Decimal:
    if abs(exact.adjusted()) > LARGEST_EXPONENT and exact:
        return exact
    if exact == exact.to_integral_value():
        whole = int(exact)
        return whole if abs(whole) <= LARGEST_BIGINT else Decimal(whole)
    # Without zeros at the end, so that it is the same text however it was written.
    return float(exact) if abs(exact) < EXACT_BELOW else _shortest(exact)


def _shortest(exact: Decimal) -> Decimal:
    return Decimal(format(exact, "f").rstrip("0"))


def money_minor(value: Any) -> int | None:
    """An amount in hundredths, exactly; more than two decimals are rounded half to even."""
    if type(value) is int and -(10**16) < value < 10**16:
        return value * MINOR_PER_UNIT
    if type(value) is float and -EXACT_BELOW < value < EXACT_BELOW:
        product = value * MINOR_PER_UNIT
        minor = round(product)
        if -NEAR < product - minor < NEAR:
            return minor
    exact = _keepable(value)
    return None if exact is None else _minor(Fraction(exact) * MINOR_PER_UNIT, value)


def converted_minor(value: Any, rate: Any, *, per_home: bool) -> int | None:
    """An amount in hundredths of the home currency. ``rate``: units of the record's currency for one of ours.

    With ``per_home`` False the rate is the other way round.
    """
    exact, by = _keepable(value), _keepable(rate)
    if exact is None or by is None:
        return None if exact is None else money_minor(value)
    amount, factor = Fraction(exact) * MINOR_PER_UNIT, Fraction(by)
    return _minor(amount / factor if per_home else amount * factor, value)


def is_positive(value: Any) -> bool:
    """Whether this is a number above zero."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value > 0


def _minor(exact: Fraction, value: Any) -> int:
    minor = round(exact)  # half to even
    if abs(minor) > LARGEST_BIGINT:
        raise ValueError(f"{_shown(value)} is too large for an amount")
    return minor


def whole_number(value: Any) -> int | None:
    """A number; a fraction is rounded half to even."""
    exact = _keepable(value)
    if exact is None:
        return None
    with localcontext() as context:
        context.prec = 60
        whole = int(exact.to_integral_value(rounding=ROUND_HALF_EVEN))
    if abs(whole) > LARGEST_INTEGER:
        raise ValueError(f"{_shown(value)} is too large")
    return whole


def day(value: Any) -> date | None:
    """``yyyy-MM-dd``, or the day of an instant by the clock on its own wall."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is not a date")  # noqa: TRY004 -- one error for all readings
    return datetime.fromisoformat(value).date() if "T" in value else date.fromisoformat(value)


def instant(value: Any) -> datetime | None:
    """``yyyy-MM-ddTHH:mm:ss±HH:mm`` as UTC; without an offset nobody knows when it was."""
    if value is None or value == "":
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{_shown(value)} has no offset from UTC")
    return moment.astimezone(UTC)


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"{_shown(value)} is not a number")  # noqa: TRY004 -- one error for all readings
    try:
        exact = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise ValueError(f"{_shown(value)} is not a number") from None
    if not exact.is_finite():
        raise ValueError(f"{_shown(value)} is not a number that can be kept")
    return exact


def _keepable(value: Any) -> Decimal | None:
    """A finite number of a size that a column may hold."""
    exact = _decimal(value)
    if exact is not None and exact.adjusted() > LARGEST_EXPONENT:
        raise ValueError(f"{_shown(value)} is not a number that can be kept")
    # Nothing smaller counts, and powers of ten without end take no time.
    return Decimal(0) if exact is not None and exact.adjusted() < -LARGEST_EXPONENT else exact


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"  # noqa: PLR2004
