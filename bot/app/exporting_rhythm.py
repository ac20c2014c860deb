"""Exports that are made again and again: what such a schedule is, and on which days it is due. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.app.exporting_values import Export
from bot.app.schedule import Daily, starts_at

# After the daily run has begun: the day's labels should be in the file.
AFTER_THE_RUN: Final = timedelta(minutes=45)
MOST_SCHEDULES: Final = 5  # of one person; whoever sits at the terminal is not counted


class Rhythm(StrEnum):
    """On which days, of the organisation's calendar."""

    DAILY = "daily"
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    MONTHLY = "monthly"  # on the first

    def is_on(self, day: date) -> bool:
        """Whether a day is one of them."""
        if self is Rhythm.DAILY:
            return True
        return day.day == 1 if self is Rhythm.MONTHLY else _WEEKDAYS[day.weekday()] is self

    @property
    def said(self) -> str:
        """For a person: ``every Monday``."""
        if self is Rhythm.DAILY:
            return "every day"
        return "on the first of every month" if self is Rhythm.MONTHLY else f"every {self.value.title()}"


_WEEKDAYS: Final = tuple(
    one for one in Rhythm if one not in (Rhythm.DAILY, Rhythm.MONTHLY)
)  # as date.weekday() counts them
_LONGEST_GAP: Final = 31  # days, between two of any rhythm


class ScheduleState(StrEnum):
    """Whether a schedule goes on."""

    ACTIVE = "active"
    PAUSED = "paused"  # until a person resumes it: its owner may not export any more
    ENDED = "ended"  # its segment was deleted


@dataclass(frozen=True, slots=True)
class ExportSchedule:
    """An export that is made again and again.

    Attributes:
        public_id: that of the export that it repeats.
        wanted: whose question, criteria, sort, wish and requester each export gets; the rest says nothing.
        last_day: the newest day of which there is an export.
        reason: why it does not go on.
        told: its owner has been told so.
    """

    public_id: str
    wanted: Export
    rhythm: Rhythm
    state: ScheduleState
    created_at: datetime
    last_day: date | None = None
    reason: str | None = None
    told: bool = False


def due_day(rhythm: Rhythm, last: date | None, now: datetime, daily_at: time, zone: ZoneInfo) -> date | None:
    """The newest day that is due and newer than the last one; None when there is none.

    Of missed days only the newest is made up for.

    Args:
        rhythm: on which days.
        last: the newest day that there was.
        now: the present, aware.
        daily_at: when the daily run starts.
        zone: the organisation's.
    """
    run, today = Daily("", daily_at, zone), now.astimezone(zone).date()
    for back in range(_LONGEST_GAP + 1):
        day = today - timedelta(days=back)
        if last is not None and day <= last:
            return None
        if rhythm.is_on(day) and now >= starts_at(day, run) + AFTER_THE_RUN:
            return day
    return None


def export_id(schedule_id: str, day: date) -> str:
    """The id of a schedule's export of a day: the same whoever makes it, so that there is one."""
    return hashlib.sha256(f"{schedule_id}@{day.isoformat()}".encode()).hexdigest()[:32]
