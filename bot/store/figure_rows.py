"""The rows of a figure: groups by size, periods in order without gaps, a second period beside the first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.app.figure_ports import FigureRow
from bot.language.question import Days, Span
from bot.language.spans import days_of
from bot.store.figure_counts import Counted
from bot.store.figure_periods import first_day, in_bounds, number_of
from bot.store.figure_values import NOTHING, Key, Value, What, value_of
from scoring.criteria.periods import Today
from scoring.criteria.tree import Unit


def by_size(what: What, now: Counted, then: Counted | None) -> list[FigureRow]:
    """Largest first; without a value of the figure behind them, without a group last."""
    names = dict.fromkeys((*now.tallies, *(then.tallies if then else ())))
    rows = [_row(what, name if isinstance(name, str) else None, name, now, then, name) for name in names]
    return sorted(rows, key=_rank)


def _rank(row: FigureRow) -> tuple[Any, ...]:
    value = row.value
    return (row.group is None, value is None, -(value or 0), -row.records, str(row.group or ""))


def _row(
    what: What, group: str | date | None, key: Key, now: Counted, then: Counted | None, place: Key
) -> FigureRow:
    """A row; ``place`` is the key in the second period."""
    tally = now.tallies.get(key, NOTHING)
    before = None if then is None else then.tallies.get(place, NOTHING)
    versus: Value = None if before is None else value_of(what, before, now.scale)
    return FigureRow(group, value_of(what, tally, now.scale), tally.records, versus)


class Trend:
    """A figure by a unit of time.

    Args:
        ahead: whether it speaks of what is to come; of what has happened there is nothing after today.
    """

    def __init__(self, what: What, unit: Unit, today: Today, *, ahead: bool) -> None:
        self._what, self._unit, self._today, self._ahead = what, unit, today, ahead

    def rows(
        self, now: Counted, span: Span | None, then: Counted | None, versus: Span | None
    ) -> Iterator[FigureRow]:
        """A row for each period; beside it that of the same place in the second span.

        Raises:
            CriteriaError: there are more than anybody reads.
        """
        these = self._every_period(now, span)
        those = range(0) if then is None else self._every_period(then, versus)
        start, longer = (these or those).start, max(len(these), len(those))
        for at in range(longer):
            first = first_day(start + at, self._unit, self._today.fiscal_year_starts)
            place = those.start + at if at < len(those) else None
            yield _row(self._what, first, start + at, now, then, place)

    def _every_period(self, counted: Counted, span: Span | None) -> range:
        known = [key for key in counted.tallies if isinstance(key, int)]
        days = days_of(span, self._today.day, self._today.fiscal_year_starts)
        return in_bounds((*known, *self._ends(days, known=bool(known))), self._unit)

    def _ends(self, days: Days, *, known: bool) -> Iterator[int]:
        """The first and the last period that a span itself asks for."""
        last = self._last(days)
        if days.first is not None and (known or last is not None):
            yield self._number(days.first)
        if last is not None and (known or days.first is not None):
            yield self._number(last)

    def _last(self, days: Days) -> date | None:
        if self._ahead:
            return days.last
        latest = max(self._today.day, days.first or self._today.day)
        return latest if days.last is None else min(days.last, latest)

    def _number(self, day: date) -> int:
        return number_of(day, self._unit, self._today.fiscal_year_starts)
