"""Days, relative days and periods: what ``90 days ago`` and ``this quarter`` are on a given day.

Weeks begin on Monday; quarters and years are those of the fiscal year.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo
from typing import overload

from scoring.criteria.tree import (
    Ago,
    Between,
    Calendar,
    Compare,
    In,
    InPeriod,
    Operator,
    Period,
    Unit,
    Value,
)

DAYS_PER_WEEK = 7
MONTHS_PER_QUARTER = 3
MONTHS_PER_YEAR = 12
MONTHS = {Unit.MONTH: 1, Unit.QUARTER: MONTHS_PER_QUARTER, Unit.YEAR: MONTHS_PER_YEAR}
DAYS = {Unit.DAY: 1, Unit.WEEK: DAYS_PER_WEEK}


@dataclass(frozen=True, slots=True)
class Today:
    """The day on which criteria are evaluated.

    Attributes:
        day: the organisation's present day.
        fiscal_year_starts: month, 1 to 12.
        zone: the organisation's time zone: an instant falls on the day that it is there.
    """

    day: date
    fiscal_year_starts: int = 1
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` up to, not including, ``before``; None is open."""

    first: date | None
    before: date | None


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day: 31 March less one month is 28 February."""
    index = day.year * MONTHS_PER_YEAR + day.month - 1 + months
    year, month = divmod(index, MONTHS_PER_YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def shift(day: date, unit: Unit, count: int) -> date:
    """A day so many units later; earlier when negative."""
    if unit in DAYS:
        return day + timedelta(days=count * DAYS[unit])
    return add_months(day, count * MONTHS[unit])


@overload
def resolve(what: Ago, today: date, fiscal_start_month: int = 1) -> date: ...
@overload
def resolve(what: Period, today: date, fiscal_start_month: int = 1) -> tuple[date, date]: ...
def resolve(what: Period | Ago, today: date, fiscal_start_month: int = 1) -> date | tuple[date, date]:
    """The day, or the first and the last day of the period.

    ``last 30 days`` is the 30 days that end today; ``next 30 days`` those that begin today; ``last 3 months``
    begins the day after today's date three months ago.
    """
    if isinstance(what, Ago):
        return shift(today, what.unit, -what.count)
    if isinstance(what, Calendar):
        first = shift(_beginning(today, what.unit, fiscal_start_month), what.unit, what.offset)
        return first, shift(first, what.unit, 1) - timedelta(days=1)
    other_end = shift(today, what.unit, -what.count)
    if what.count > 0:
        return other_end + timedelta(days=1), today
    return today, other_end - timedelta(days=1)


def _beginning(day: date, unit: Unit, fiscal_start_month: int) -> date:
    if unit is Unit.DAY:
        return day
    if unit is Unit.WEEK:
        return day - timedelta(days=day.weekday())
    into_year = (day.month - fiscal_start_month) % MONTHS_PER_YEAR
    back = {Unit.MONTH: 0, Unit.QUARTER: into_year % MONTHS_PER_QUARTER, Unit.YEAR: into_year}[unit]
    return add_months(day.replace(day=1), -back)


def spans(leaf: Compare | In | Between | InPeriod, today: Today) -> tuple[Span, ...]:
    """The days for which a condition on a date field holds; of ``!=`` those of ``=``."""
    if isinstance(leaf, InPeriod):
        first, last = resolve(leaf.period, today.day, today.fiscal_year_starts)
        return (Span(first, _next(last)),)
    if isinstance(leaf, Between):
        return (Span(_day(leaf.low, today), _next(_day(leaf.high, today))),)
    if isinstance(leaf, In):
        return tuple(Span(day, _next(day)) for day in (_day(one, today) for one in leaf.values))
    return (_compared(leaf.operator, _day(leaf.value, today)),)


def _compared(operator: Operator, day: date) -> Span:
    if operator in {Operator.LT, Operator.BEFORE}:
        return Span(None, day)
    if operator is Operator.LE:
        return Span(None, _next(day))
    if operator in {Operator.GT, Operator.AFTER}:
        return Span(_next(day), None)
    if operator is Operator.GE:
        return Span(day, None)
    return Span(day, _next(day))


def _day(value: Value, today: Today) -> date:
    if isinstance(value, Ago):
        return resolve(value, today.day, today.fiscal_year_starts)
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is no date")
    return value


def _next(day: date) -> date:
    return day + timedelta(days=1)
