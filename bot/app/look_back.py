"""The days that are scored before a segmentation's first run, so that it has a history from the beginning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from scoring.config import Segmentation

DAYS_OF_WEEK = 7


def looks_back(segmentation: Segmentation) -> bool:
    """Whether a technique can tell what it would have said earlier: RFM, whose purchases have their days.

    What the others go by, an account's fields and what was learned, is known as it is now only.
    """
    return segmentation.technique == "rfm"


def days_before(today: date, weeks: int) -> Iterator[date]:
    """The Sundays of so many weeks, and yesterday; in order."""
    if not weeks:
        return
    yesterday = today - timedelta(days=1)
    sunday = today - timedelta(days=today.isoweekday())
    for ago in range(weeks - 1, -1, -1):
        day = sunday - timedelta(days=ago * DAYS_OF_WEEK)
        if day < yesterday:
            yield day
    yield yesterday


def end_of(day: date, zone: tzinfo) -> datetime:
    """The last second of a day, UTC: when what is scored of it would have been known."""
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)
