"""Days, weeks, months, quarters and years as whole numbers, in SQL and in Python alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, String, cast, func, literal, type_coerce

from scoring.criteria.errors import CriteriaError
from scoring.criteria.periods import DAYS_PER_WEEK, MONTHS, MONTHS_PER_YEAR
from scoring.criteria.tree import Unit

MOST_PERIODS = 200
_FIRST = date(1, 1, 1)  # a Monday
_FIRST_JULIAN = 1_721_425.5  # the same midnight, as SQLite's julianday says it


def number_of(day: date, unit: Unit, fiscal_year_starts: int) -> int:
    """The number of the period that holds a day; the period after it has the next number."""
    if unit not in MONTHS:
        days = (day - _FIRST).days
        return days if unit is Unit.DAY else days // DAYS_PER_WEEK
    month = day.year * MONTHS_PER_YEAR + day.month - 1
    return (month - (fiscal_year_starts - 1)) // MONTHS[unit]


def first_day(number: int, unit: Unit, fiscal_year_starts: int) -> date:
    """The first day of a period."""
    if unit not in MONTHS:
        return _FIRST + timedelta(days=number * (1 if unit is Unit.DAY else DAYS_PER_WEEK))
    year, month = divmod(number * MONTHS[unit] + fiscal_year_starts - 1, MONTHS_PER_YEAR)
    return date(max(year, 1), month + 1, 1)


def number_sql(
    day: ColumnElement[Any], unit: Unit, fiscal_year_starts: int, dialect: str
) -> ColumnElement[int]:
    """The same as SQL, of a day that is not NULL."""
    text = type_coerce(day, String)
    if unit not in MONTHS:
        julian = func.julianday(text) - literal(_FIRST_JULIAN)
        days = cast(julian, Integer) if dialect == "sqlite" else _days_between(day)
        return days if unit is Unit.DAY else _divided(days, DAYS_PER_WEEK)
    if dialect == "sqlite":
        year, month = cast(func.substr(text, 1, 4), Integer), cast(func.substr(text, 6, 2), Integer)
    else:
        year, month = cast(func.extract("year", day), Integer), cast(func.extract("month", day), Integer)
    months = year * literal(MONTHS_PER_YEAR) + month - literal(fiscal_year_starts)
    return _divided(months, MONTHS[unit])


def _days_between(day: ColumnElement[Any]) -> ColumnElement[int]:
    return day.op("-", return_type=Integer())(cast(literal(_FIRST, Date), Date))


def _divided(whole: ColumnElement[int], by: int) -> ColumnElement[int]:
    return whole if by == 1 else whole // literal(by, Integer)


def in_bounds(numbers: Iterable[int], unit: Unit) -> range:
    """Every period from the first to the last.

    Raises:
        CriteriaError: there are more than anybody reads.
    """
    known = sorted(numbers)
    if not known:
        return range(0)
    found = range(known[0], known[-1] + 1)
    if len(found) > MOST_PERIODS:
        raise CriteriaError(
            f"A trend has at most {MOST_PERIODS} {unit}s, and the records reach over more: "
            "ask for a shorter period, such as this year, or by a longer unit."
        )
    return found
