"""Periods of a question: as text that is read back the same, as a person reads them, and as days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from bot.language.question import Days, Span
from scoring.criteria.periods import resolve, shift
from scoring.criteria.tree import Calendar, Rolling

_DAY = timedelta(days=1)
_OFFSETS = {-1: "last", 0: "this", 1: "next"}


def written_span(span: Span) -> str:
    """``this month``, ``last 30 days``, ``2026-06-01 to 2026-06-30``, ``since 2026-06-01``, ``until …``."""
    if isinstance(span, Calendar):
        return f"{_OFFSETS[span.offset]} {span.unit}"
    if isinstance(span, Rolling):
        count = abs(span.count)
        return f"{'last' if span.count > 0 else 'next'} {count} {span.unit}{'' if count == 1 else 's'}"
    if span.first is not None and span.last is not None:
        return f"{span.first} to {span.last}" if span.first != span.last else f"{span.first}"
    return f"since {span.first}" if span.first is not None else f"until {span.last}"


_LEAP_DAY = (2, 29)  # without its year it may be no day at all


def spoken_span(span: Span) -> str:
    """For people: ``this month``, ``November 2026``, ``1 Jul to 30 Sep 2026``, ``since 1 Jun 2026``.

    The language reads it back as the same days.
    """
    if not isinstance(span, Days):
        return written_span(span)
    if span.first is None or span.last is None:
        word, edge = ("since", span.first) if span.first is not None else ("until", span.last)
        return f"{word} {spoken_day(edge)}" if edge is not None else word
    if span.first == span.last:
        return spoken_day(span.first)
    named = calendar_name(span.first, span.last)
    first = spoken_day(span.first)
    if span.first.year == span.last.year and (span.first.month, span.first.day) != _LEAP_DAY:
        first = first.removesuffix(f" {span.first.year}")
    return named or f"{first} to {spoken_day(span.last)}"


def spoken_day(day: date) -> str:
    """As tables write it, so that nobody can misread it: ``5 Nov 2026``."""
    return f"{day.day} {day:%b} {day.year}"


def calendar_name(first: date, last: date) -> str:
    """A month or a year that the days are all of; no quarter, as that may be one of a fiscal year."""
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return f"{first.year}"
    whole = first.day == 1 and last == first.replace(day=monthrange(first.year, first.month)[1])
    return f"{first:%B} {first.year}" if whole else ""


def side_by_side(
    span: Span | None, versus: Span | None, today: date, fiscal_start_month: int = 1
) -> tuple[Days, Days] | None:
    """A period so far, and as many days of another one, or of the one before; None if it has no beginning.

    A period that is over is set beside the whole of the other one: February beside January.
    """
    now = days_of(span, today, fiscal_start_month)
    if now.first is None:
        return None
    running = now.last is None or now.first <= today < now.last
    last = today if running or now.last is None else now.last
    length = last - now.first
    if versus is not None:
        then = days_of(versus, today, fiscal_start_month)
        if then.first is None:
            return None
        end = then.last or last
    elif isinstance(span, Calendar):
        then = Days(shift(now.first, span.unit, -1), None)
        end = _before(now.first, _DAY)
    else:
        then = Days(_before(now.first, length + _DAY), None)
        end = _before(now.first, _DAY)
    first = then.first or date.min
    return Days(now.first, last), Days(first, min(end, first + length) if running else end)


def _before(day: date, length: timedelta) -> date:
    """So long before a day, as far as the calendar goes."""
    return date.fromordinal(max(1, day.toordinal() - length.days))


def days_of(span: Span | None, today: date, fiscal_start_month: int = 1) -> Days:
    """The first and the last day of a span, both included; open without one."""
    if span is None or isinstance(span, Days):
        return span or Days(None, None)
    return Days(*resolve(span, today, fiscal_start_month))
