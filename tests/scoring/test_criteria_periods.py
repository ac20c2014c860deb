"""Periods and relative days on days where they are easily wrong."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.criteria.periods import add_months, resolve
from scoring.criteria.tree import Ago, Calendar, Rolling, Unit

FRIDAY = date(2026, 1, 2)


@pytest.mark.parametrize(
    ("ago", "today", "day"),
    [
        (Ago(0), FRIDAY, FRIDAY),
        (Ago(1), date(2024, 3, 1), date(2024, 2, 29)),
        (Ago(-7), date(2026, 12, 28), date(2027, 1, 4)),
        (Ago(2, Unit.WEEK), FRIDAY, date(2025, 12, 19)),
        (Ago(1, Unit.MONTH), date(2026, 3, 31), date(2026, 2, 28)),
        (Ago(1, Unit.QUARTER), date(2026, 5, 31), date(2026, 2, 28)),
        (Ago(1, Unit.YEAR), date(2024, 2, 29), date(2023, 2, 28)),
    ],
)
def test_relative_days(ago: Ago, today: date, day: date) -> None:
    assert resolve(ago, today) == day


@pytest.mark.parametrize(
    ("period", "today", "fiscal", "first", "last"),
    [
        (Calendar(Unit.WEEK, 0), FRIDAY, 1, date(2025, 12, 29), date(2026, 1, 4)),
        (Calendar(Unit.WEEK, 0), date(2025, 12, 29), 1, date(2025, 12, 29), date(2026, 1, 4)),
        (Calendar(Unit.WEEK, -1), date(2026, 1, 4), 1, date(2025, 12, 22), date(2025, 12, 28)),
        (Calendar(Unit.MONTH, -1), date(2024, 3, 31), 1, date(2024, 2, 1), date(2024, 2, 29)),
        (Calendar(Unit.QUARTER, 0), FRIDAY, 1, date(2026, 1, 1), date(2026, 3, 31)),
        (Calendar(Unit.QUARTER, 0), FRIDAY, 2, date(2025, 11, 1), date(2026, 1, 31)),
        (Calendar(Unit.QUARTER, 1), FRIDAY, 4, date(2026, 4, 1), date(2026, 6, 30)),
        (Calendar(Unit.YEAR, 0), FRIDAY, 4, date(2025, 4, 1), date(2026, 3, 31)),
        (Calendar(Unit.YEAR, 0), date(2026, 4, 1), 4, date(2026, 4, 1), date(2027, 3, 31)),
        (Calendar(Unit.YEAR, -1), FRIDAY, 1, date(2025, 1, 1), date(2025, 12, 31)),
        (Calendar(Unit.DAY, -1), FRIDAY, 1, date(2026, 1, 1), date(2026, 1, 1)),
        (Rolling(30, Unit.DAY), date(2026, 1, 30), 1, date(2026, 1, 1), date(2026, 1, 30)),
        (Rolling(-30, Unit.DAY), date(2026, 1, 1), 1, date(2026, 1, 1), date(2026, 1, 30)),
        (Rolling(1, Unit.WEEK), FRIDAY, 1, date(2025, 12, 27), FRIDAY),
        (Rolling(3, Unit.MONTH), date(2026, 5, 31), 1, date(2026, 3, 1), date(2026, 5, 31)),
        (Rolling(-1, Unit.YEAR), FRIDAY, 7, FRIDAY, date(2027, 1, 1)),
    ],
)
def test_periods(period: Calendar | Rolling, today: date, fiscal: int, first: date, last: date) -> None:
    assert resolve(period, today, fiscal) == (first, last)


days = st.dates(date(1900, 1, 1), date(2200, 1, 1))


@given(today=days, unit=st.sampled_from(Unit), fiscal=st.integers(1, 12))
def test_this_period_holds_today_and_its_neighbours_touch_it(today: date, unit: Unit, fiscal: int) -> None:
    before, this, after = (resolve(Calendar(unit, offset), today, fiscal) for offset in (-1, 0, 1))
    assert this[0] <= today <= this[1]
    assert before[1] + timedelta(days=1) == this[0]
    assert this[1] + timedelta(days=1) == after[0]


@given(today=days, unit=st.sampled_from(Unit), count=st.integers(1, 50))
def test_rolling_periods_end_or_begin_today(today: date, unit: Unit, count: int) -> None:
    first, last = resolve(Rolling(count, unit), today)
    assert first <= last == today
    first, last = resolve(Rolling(-count, unit), today)
    assert today == first <= last


@given(day=days, months=st.integers(-500, 500))
def test_a_month_later_is_in_that_month(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1
