"""What any record can hold: the longest text, the most digits, the furthest day."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal

from scoring.criteria.errors import CriteriaError
from scoring.criteria.tree import Ago, Unit
from scoring.criteria.values import MOST_DIGITS

LONGEST_VALUE = 1_000
FIRST_YEAR, LAST_YEAR = 1000, 8999
YEARS_AWAY = 500
UNITS_PER_YEAR = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.QUARTER: 4, Unit.YEAR: 1}


def check_letters(text: str) -> None:
    """Whether a text is one that a record can hold.

    Raises:
        CriteriaError: too long, or with letters that no database takes.
    """
    if len(text) > LONGEST_VALUE:
        raise CriteriaError(f"A value has at most {LONGEST_VALUE:,} characters.")
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise CriteriaError("A value holds a character that no record can hold.")


def check_number(number: Decimal) -> None:
    """Whether a number is one that a record can hold.

    Raises:
        CriteriaError: it has too many digits.
    """
    if not number.is_finite() or number.adjusted() > 2 * MOST_DIGITS or -number.adjusted() > 2 * MOST_DIGITS:
        raise CriteriaError(f"A number has at most {MOST_DIGITS} digits.")
    if not math.isfinite(float(number)) or len(number.as_tuple().digits) > MOST_DIGITS:
        raise CriteriaError(f"A number has at most {MOST_DIGITS} digits.")


def check_day(day: date | Ago) -> None:
    """Whether a day is within the calendar that every database has.

    Raises:
        CriteriaError: it is not, or too far from today.
    """
    if isinstance(day, Ago):
        check_distance(day.count, day.unit)
    elif isinstance(day, datetime) or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CriteriaError(f"{day} is no day between the years {FIRST_YEAR} and {LAST_YEAR}.")


def check_distance(count: int, unit: Unit) -> None:
    """Whether so many units from today are still within the calendar.

    Raises:
        CriteriaError: they are not.
    """
    if abs(count) > YEARS_AWAY * UNITS_PER_YEAR[unit]:
        raise CriteriaError(f"{abs(count)} {unit.value}s is too far away.")
