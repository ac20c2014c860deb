"""Days that are written with two short numbers: 11/20/2026, 20.11.2026. Which is the month may be open."""

from __future__ import annotations

import re
from datetime import date

from bot.language.meanings import DateWord

_CENTURY, _SHORT_YEAR = 2000, 100
_APART = re.compile(r"[/.-]")


def written_days(text: str) -> tuple[DateWord, ...]:
    """Every day that may be meant; of points, the day before the month, as all write who use them.

    Where somebody lives is not known (an organisation's currency tells nothing of how its people write), so
    that only an impossible order settles it: there is no 20th month. None when the calendar has no such day.
    """
    first, second, year = (int(part) for part in _APART.split(text))
    year += _CENTURY if year < _SHORT_YEAR else 0
    orders = [(second, first)] if "." in text else [(first, second), (second, first)]
    days = [day for month, day_of in orders if (day := _day(year, month, day_of)) is not None]
    return tuple(dict.fromkeys(DateWord(day.isoformat()) for day in days))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
