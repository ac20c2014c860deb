"""Periods and labels inside the sentences of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.app.wording import day
from bot.language.question import Days, Span
from bot.language.spans import calendar_name, written_span
from scoring.criteria.tree import Calendar, Rolling, Unit

_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def during(span: Span | None) -> str:
    """``this month``, ``in the last 30 days``, ``in June 2026``, ``since 1 Jun 2026``; empty without one."""
    if span is None:
        return ""
    if isinstance(span, Calendar):
        return _DAYS[span.offset] if span.unit is Unit.DAY else written_span(span)
    if isinstance(span, Rolling):
        return f"in the {written_span(span)}".replace(" 1 ", " ")
    return _during_days(span)


def reckoned(until: date | None, first: date | None) -> tuple[str, ...]:
    """That labels before a day were not told on their days, where some of these are asked about."""
    if until is None or (first is not None and first >= until):
        return ()
    return (f"Labels before {day(until)} are reckoned back, from the records that there are of those days.",)


def either(labels: Sequence[str]) -> str:
    """``VIP``, ``VIP or Champion``, ``VIP, Champion or Loyal``."""
    *most, last = labels
    return f"{', '.join(most)} or {last}" if most else last


def _during_days(span: Days) -> str:
    first, last = span.first, span.last
    if first is None:
        return f"until {day(last)}" if last is not None else ""
    if last is None:
        return f"since {day(first)}"
    if first == last:
        return f"on {day(first)}"
    return f"in {named}" if (named := calendar_name(first, last)) else f"from {day(first)} to {day(last)}"
