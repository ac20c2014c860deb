"""Which slots are due: pure. The clock process asks, and enters jobs under the slot's unique key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Every:
    """Work at a fixed rhythm; a slot is the scheduled instant. Of missed slots only the newest is done."""

    kind: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Work once a local day; a slot is that day. Of missed days only the newest is done.

    The slot being a date, an hour that comes twice at the end of summer time cannot run it twice, and one
    that is left out at its beginning runs at the first instant after the gap.
    """

    kind: str
    at: time
    zone: ZoneInfo


Tick = Every | Daily


def due_slot(last: str | None, now: datetime, tick: Tick) -> str | None:
    """The newest slot that is due and newer than the last one that was entered; None when there is none.

    Args:
        last: the newest slot ever entered for this kind, as this function gave it.
        now: the present, aware.
        tick: what is asked about.
    """
    newest = _newest(now, tick)
    # Slots of one kind are of one width and sort as text. When the clock was set back, a rhythm goes on at
    # once, but a day that was done is not done again.
    if last is None or newest > last:
        return newest
    return newest if isinstance(tick, Every) and newest < last else None


def _newest(now: datetime, tick: Tick) -> str:
    if isinstance(tick, Every):
        scheduled = datetime.fromtimestamp(int(now.timestamp()) // tick.seconds * tick.seconds, UTC)
        return scheduled.strftime("%Y-%m-%dT%H:%M:%SZ")
    today = now.astimezone(tick.zone).date()
    return (today if now >= starts_at(today, tick) else today - timedelta(days=1)).isoformat()


def starts_at(day: date, tick: Daily) -> datetime:
    """The instant at which a local day's work starts."""
    return datetime.combine(day, tick.at, tick.zone).astimezone(UTC)
