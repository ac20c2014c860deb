"""When an alert may be told: quiet hours, digests, cooldowns, reminders. Pure functions of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from scoring.alert_config import WEEKDAYS, Quiet, Rhythm, Route, duration, rhythm

_DAY = timedelta(days=1)
_LONGEST_QUIET = 14  # hours that follow one another are looked at for so many windows


class FollowUp(StrEnum):
    """What is done about an alert that nobody has acknowledged."""

    REMIND = "remind"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that stands in Slack and that nobody has taken.

    Attributes:
        since: when it was sent.
        reminded: whether its thread has been reminded; ``escalated`` whether it was sent further.
    """

    since: datetime
    reminded: bool = False
    escalated: bool = False


def quiet_until(quiet: Sequence[Quiet], now: datetime, zone: tzinfo) -> datetime | None:
    """When the quiet hours end that it is in; None when it is in none. UTC.

    Hours that follow one another are one: a night before a quiet day ends with the day.

    Args:
        quiet: the hours.
        now: an aware instant.
        zone: of hours that name none.
    """
    until: datetime | None = None
    for _ in range(_LONGEST_QUIET):
        ends = [end for one in quiet if (end := _window_end(one, until or now, zone)) is not None]
        if not ends:
            return until
        until = max(ends)
    return until


def _window_end(quiet: Quiet, now: datetime, zone: tzinfo) -> datetime | None:
    """The end of the hours that hold an instant: those that began today or yesterday, or none."""
    own = ZoneInfo(quiet.zone) if quiet.zone else zone
    today = now.astimezone(own).date()
    for day in (today, today - _DAY):
        if WEEKDAYS[day.weekday()] not in quiet.days:
            continue
        last = day if quiet.to > quiet.start else day + _DAY
        start, end = _instant(day, quiet.start, own), _instant(last, quiet.to, own)
        if start <= now < end:
            return end
    return None


def next_digest(when: Rhythm, now: datetime, zone: tzinfo) -> datetime:
    """The first time after an instant at which the digest is sent. UTC."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(9))
    found = (
        _instant(day, when.at, zone) for day in days if when.weekday is None or day.weekday() == when.weekday
    )
    return next(one for one in found if one > now)


def _instant(day: date, at: time, zone: tzinfo) -> datetime:
    """A local time as an instant; one that comes twice is the first, one that is left out just after."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def digest_at(route: Route, now: datetime, zone: tzinfo) -> datetime | None:
    """When what a route selects now is told together; after quiet hours that it falls in. None: at once."""
    when = rhythm(route.digest) if route.digest else None
    if when is None:
        return None
    at = next_digest(when, now, zone)
    return quiet_until(route.quiet, at, zone) or at


def within_cooldown(route: Route, told_at: datetime, now: datetime) -> bool:
    """Whether an account that was told is to be left alone; without a cooldown it is for good.

    That is only asked where ``Route.remembers``.
    """
    length = duration(route.cooldown) if route.cooldown else None
    return length is None or now < told_at + length


def follow_up(route: Route, alert: Waiting, now: datetime, zone: tzinfo) -> FollowUp | None:
    """What is to be done now about an alert that waits; nothing in quiet hours. The further step first."""
    if quiet_until(route.quiet, now, zone) is not None:
        return None
    if not alert.escalated and _over(route.escalate_after, alert.since, now):
        return FollowUp.ESCALATE
    if not alert.reminded and not alert.escalated and _over(route.remind_after, alert.since, now):
        return FollowUp.REMIND
    return None


def _over(length: str | None, since: datetime, now: datetime) -> bool:
    wait = duration(length) if length else None
    return wait is not None and now >= since + wait
