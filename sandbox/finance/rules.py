"""The seeded rules by which the data set's orders become paid, late, void or draft invoices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sandbox.finance.source import SourceOrder
from sandbox.finance.wire import ZONE
from sandbox.zoho.invented import number_for

TERMS = (15, 30, 30, 30, 45, 60)
VOID_BELOW, OLD_DRAFT_BELOW, NEW_DRAFT_BELOW, SLOW_FROM = 15, 18, 150, 965  # of a thousand
NEW_DAYS = 10
HALF = 50


@dataclass(frozen=True)
class Calendar:
    """Moves the data set's days so that its last order was yesterday."""

    shift: timedelta
    today: date

    @property
    def yesterday(self) -> date:
        """The last day of which the organisation has documents."""
        return self.today - timedelta(days=1)

    def day(self, source_day: date) -> date:
        """A day of the data set as a day of the organisation."""
        return source_day + self.shift


@dataclass(frozen=True)
class Fate:
    """What became of an invoice: its status; the day and the share (percent) of what was paid."""

    status: str
    paid_on: date | None = None
    percent: int = 0


def fate(order: SourceOrder, day: date, due: date, calendar: Calendar) -> Fate:
    """What became of the invoice of an order."""
    draw = number_for(f"fate {order.number}", 1000)
    age = (calendar.yesterday - day).days
    if draw < VOID_BELOW:
        return Fate("void")
    if draw < OLD_DRAFT_BELOW or (age <= NEW_DAYS and draw < NEW_DRAFT_BELOW):
        return Fate("draft")
    paid_on = day + timedelta(days=_delay(order))
    slow = draw >= SLOW_FROM
    if paid_on <= calendar.yesterday and not slow:
        return Fate("paid", paid_on, 100)
    if paid_on <= calendar.yesterday and draw % 2:
        return Fate("partially_paid", paid_on, HALF)
    if due < calendar.today:
        return Fate("overdue")
    return Fate("viewed" if draw % 3 == 0 else "sent")


def _delay(order: SourceOrder) -> int:
    """Days until a payment: each reseller has its habit."""
    return 5 + number_for(f"habit {order.reseller}", 45) + number_for(f"delay {order.number}", 20)


def terms_of(reseller: int) -> int:
    """A reseller's days to pay."""
    return TERMS[number_for(f"terms {reseller}", len(TERMS))]


def instant(day: date, key: str) -> int:
    """A moment in the office hours (8 to 18) of a day, chosen by the key, as seconds since 1970."""
    opening = datetime.combine(day, time(8), ZONE)
    return int(opening.timestamp()) + number_for(key, 10 * 3600)
