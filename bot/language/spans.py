"""Periods of a question: as text that is read back the same, and as days."""

from __future__ import annotations

from datetime import date

from bot.language.question import Days, Span
from scoring.criteria.periods import resolve
from scoring.criteria.tree import Calendar, Rolling

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


def days_of(span: Span | None, today: date, fiscal_start_month: int = 1) -> Days:
    """The first and the last day of a span, both included; open without one."""
    if span is None or isinstance(span, Days):
        return span or Days(None, None)
    return Days(*resolve(span, today, fiscal_start_month))
