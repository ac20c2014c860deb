"""Days as numbers: every way to write a day gives the same number, in the zone that is asked about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.days import EPOCH_ORDINAL, day_number, day_numbers, day_of

FIRST = pd.Timestamp("1990-01-01").to_pydatetime()
DAYS = st.dates(date(1700, 1, 1), date(2200, 1, 1))


@given(DAYS)
def test_a_number_is_its_day_again(day: date) -> None:
    assert day_of(day_number(day)) == day
    assert day_number(day) + EPOCH_ORDINAL == day.toordinal()


@pytest.mark.parametrize("written", ["object", "datetime64[s]", "datetime64[ns]"])
@given(days=st.lists(st.none() | DAYS, max_size=12))
def test_a_column_is_day_by_day(written: str, days: list[date | None]) -> None:
    column = pd.Series(days, dtype=object)
    if written != "object":
        column = pd.Series(np.array(days, dtype="datetime64[D]").astype(written))
    numbers, present = day_numbers(column)
    assert present.tolist() == [day is not None for day in days]
    assert numbers.tolist() == [0 if day is None else day_number(day) for day in days]


@given(st.lists(st.tuples(st.datetimes(FIRST, FIRST.replace(year=2050)), st.integers(-12, 12))))
def test_an_instant_falls_on_the_day_of_the_zone(rows: list[tuple[datetime, int]]) -> None:
    zone = ZoneInfo("America/New_York")
    moments = [moment.replace(tzinfo=timezone(timedelta(hours=hours))) for moment, hours in rows]
    wanted = [day_number(moment.astimezone(zone).date()) for moment in moments]
    assert day_numbers(pd.Series(moments, dtype=object), zone)[0].tolist() == wanted
    utc = pd.Series([moment.astimezone(UTC) for moment in moments], dtype="datetime64[us, UTC]")
    assert day_numbers(utc, zone)[0].tolist() == wanted
    own = [day_number(moment.date()) for moment in moments]
    assert day_numbers(pd.Series(moments, dtype=object))[0].tolist() == own


def test_dates_and_moments_stand_together() -> None:
    evening = pd.Timestamp("2026-01-02 23:00").to_pydatetime()
    column = pd.Series([date(2026, 1, 2), evening, pd.NaT, pd.Timestamp("2026-01-03")], dtype=object)
    numbers, present = day_numbers(column)
    first = day_number(date(2026, 1, 2))
    np.testing.assert_array_equal(numbers, [first, first, 0, first + 1])
    assert present.tolist() == [True, True, False, True]
