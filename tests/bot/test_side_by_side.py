"""Which days are compared: as many of the earlier period as there have been of this one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.question import Days, Span
from bot.language.spans import side_by_side
from scoring.criteria.tree import Calendar, Rolling, Unit

TODAY = date(2026, 12, 1)
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("span", "versus", "now", "then"),
    [
        (Calendar(Unit.QUARTER, 0), None, ("2026-10-01", "2026-12-01"), ("2026-07-01", "2026-08-31")),
        (Calendar(Unit.YEAR, 0), None, ("2026-01-01", "2026-12-01"), ("2025-01-01", "2025-12-01")),
        (Calendar(Unit.MONTH, -1), None, ("2026-11-01", "2026-11-30"), ("2026-10-01", "2026-10-31")),
        (Calendar(Unit.MONTH, 0), None, ("2026-12-01", "2026-12-01"), ("2026-11-01", "2026-11-01")),
        (Rolling(90, Unit.DAY), None, ("2026-09-03", "2026-12-01"), ("2026-06-05", "2026-09-02")),
        (Days(date(2026, 11, 1), None), None, ("2026-11-01", "2026-12-01"), ("2026-10-01", "2026-10-31")),
        (
            Calendar(Unit.QUARTER, 0),
            Days(date(2025, 10, 1), date(2025, 12, 31)),
            ("2026-10-01", "2026-12-01"),
            ("2025-10-01", "2025-12-01"),
        ),
        (
            Days(date(2026, 2, 1), date(2026, 2, 28)),
            Days(date(2026, 1, 1), date(2026, 1, 31)),
            ("2026-02-01", "2026-02-28"),
            ("2026-01-01", "2026-01-31"),
        ),
    ],
)
def test_as_many_days(span: Span, versus: Span | None, now: tuple[str, str], then: tuple[str, str]) -> None:
    expected = tuple(Days(*map(date.fromisoformat, one)) for one in (now, then))
    assert side_by_side(span, versus, TODAY) == expected


@pytest.mark.parametrize("span", [None, Days(None, TODAY)])
def test_what_has_no_beginning_is_not_compared(span: Span | None) -> None:
    assert side_by_side(span, None, TODAY) is None
    assert side_by_side(Calendar(Unit.YEAR, 0), Days(None, TODAY), TODAY) is None


@given(DAYS, st.integers(0, 40_000), DAYS)
def test_the_days_before_end_where_these_begin(first: date, length: int, today: date) -> None:
    last = min(date(2099, 12, 31), first + timedelta(days=length))
    found = side_by_side(Days(first, last), None, today)
    assert found is not None
    now, then = found
    assert now.first == first
    assert then.first is not None
    assert then.last is not None
    assert then.first <= then.last < first
    assert now.last == (today if first <= today < last else last)
    assert now.last is not None
    assert then.last - then.first == now.last - first
