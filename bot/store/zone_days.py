"""The day on which an instant falls in a time zone, as SQL; SQLite knows no time zones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, String, case, cast, func, literal

from connector.cache.types import UtcDateTime
from scoring.criteria.periods import Today

_FIRST_YEAR = 1990  # what is older has the offset of then: no CRM is
_YEARS_AHEAD = 2


def days_until(
    day: ColumnElement[Any], instant: ColumnElement[Any], today: Today, dialect: str
) -> ColumnElement[int]:
    """How many days after an instant's own day another day is; negative when it is before."""
    offset = _offset(instant, today)
    if dialect == "sqlite":
        modifier = cast(offset, String).concat(" seconds")
        began = func.julianday(func.date(instant, modifier))
        return cast(func.julianday(cast(day, String)) - began, Integer)
    local = func.timezone("UTC", instant) + func.make_interval(0, 0, 0, 0, 0, 0, offset)
    return day.op("-", return_type=Integer())(cast(local, Date))


def _offset(instant: ColumnElement[Any], today: Today) -> ColumnElement[int]:
    """Seconds east of Greenwich, the latest first because most records are young."""
    first, *changes = offsets(today.zone, today.day.year + _YEARS_AHEAD)
    whens = [
        (instant >= literal(since, UtcDateTime), literal(seconds, Integer))
        for since, seconds in reversed(changes)
    ]
    return case(*whens, else_=literal(first[1], Integer)) if whens else literal(first[1], Integer)


@lru_cache(maxsize=8)
def offsets(zone: tzinfo, last_year: int) -> tuple[tuple[datetime, int], ...]:
    """Since when which offset holds, in seconds; up to the end of a year."""
    return tuple(_offsets(zone, last_year))


def _offsets(zone: tzinfo, last_year: int) -> Iterator[tuple[datetime, int]]:
    at = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    known = _seconds(at, zone)
    yield at, known
    while at.date() < date(last_year + 1, 1, 1):
        after = at + timedelta(days=1)
        if _seconds(after, zone) != known:
            at = _change(at, after, zone)
            known = _seconds(at, zone)
            yield at, known
        at = after


def _change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first second with the later offset."""
    old = _seconds(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        before, after = (middle, after) if _seconds(middle, zone) == old else (before, middle)
    return after


def _seconds(at: datetime, zone: tzinfo) -> int:
    offset = at.astimezone(zone).utcoffset()
    return round(offset.total_seconds()) if offset is not None else 0
