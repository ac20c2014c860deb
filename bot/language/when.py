"""Days and periods as they are spoken of: June, last month, the past 30 days, 90 days ago."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from bot.language.draft import Draft, whole
from bot.language.meanings import Role
from bot.language.vocabulary import Vocabulary
from scoring.criteria.periods import DAYS_PER_WEEK, add_months, resolve, shift
from scoring.criteria.tree import (
    Ago,
    Between,
    Calendar,
    Compare,
    InPeriod,
    Node,
    Operator,
    Rolling,
    Unit,
)

_FIRST_YEAR, _LAST_YEAR = 1990, 2099  # a number in this range, in the place of a date, is a year
# A hundred years in either direction; more would leave the calendar.
_MOST_UNITS = {Unit.DAY: 36_500, Unit.WEEK: 5_200, Unit.MONTH: 1_200, Unit.QUARTER: 400, Unit.YEAR: 100}
_MONTHS_PER_YEAR = 12
_HOURS_PER_DAY = 24


@dataclass(frozen=True)
class Moment:
    """A day, a span of days, a period of the calendar, or a length of time.

    Attributes:
        what: ``Rolling`` for "last 30 days"; for a bare "90 days" as well, and then ``is_duration``.
    """

    what: date | tuple[date, date] | Calendar | Rolling | Ago
    is_duration: bool = False

    def closed(self, role: Role | None, today: date, *, over: bool | None) -> bool:
        """Whether it ends before today, so that a later purchase may hide one in it."""
        if role in {Role.SINCE, Role.AFTER} or over is False:
            return False
        if role is Role.BEFORE:
            return True
        if isinstance(self.what, tuple):
            return self.what[1] < today
        if isinstance(self.what, Calendar):
            return self.what.offset < 0
        if isinstance(self.what, Ago):
            return self.what.count > 0
        return self.what < today if isinstance(self.what, date) else False

    def is_to_come(self, vocabulary: Vocabulary) -> bool:
        """Whether nothing of it is over: next month, the next 90 days."""
        if isinstance(self.what, Rolling) and self.what.count < 0:
            return True
        return self.begins(vocabulary) > vocabulary.today

    def begins(self, vocabulary: Vocabulary) -> date:
        """Its first day."""
        if isinstance(self.what, date):
            return self.what
        if isinstance(self.what, tuple):
            return self.what[0]
        days = resolve(self.what, vocabulary.today, vocabulary.index.fiscal_year_starts)
        return days if isinstance(days, date) else days[0]


def is_over(draft: Draft, at: int) -> bool | None:
    """True for "over" and its like, False for "under", None when there is neither."""
    word = draft.role(at, Role.OVER, Role.AT_LEAST, Role.UNDER, Role.AT_MOST)
    return None if word is None else word.role in {Role.OVER, Role.AT_LEAST}


def moment(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """Read a moment from an index on; with the index after it."""
    return (
        _day(draft, at)
        or _to_date(draft, at)
        or _weekday(draft, at)
        or _edge_of(draft, at)
        or _month(draft, at)
        or _half(draft, at)
        or _quarter(draft, at)
        or _relative(draft, at)
        or _length(draft, at)
        or _year(draft, at)
    )


def _day(draft: Draft, at: int) -> tuple[Moment, int] | None:
    written = draft.day(at)
    if written is not None:
        try:
            return Moment(date.fromisoformat(written.iso)), at + 1
        except ValueError:
            return None
    word = draft.role(at, Role.TODAY)
    return (Moment(Ago(int(word.argument))), at + 1) if word else None


def _month(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """June, June 2025, June 5th, 5 June 2025."""
    before = draft.number(at)
    month = draft.role(at + 1, Role.MONTH) if before else draft.role(at, Role.MONTH)
    if month is None:
        return None
    end = at + 2 if before else at + 1
    day = before or draft.number(end)
    number = whole(day) if day else None
    if number is not None and number <= 31:  # noqa: PLR2004
        end = end if before else end + 1
    elif before:
        return None
    else:
        number = None
    year, end = _written_year(draft, end)
    return _placed(int(month.argument), number, year, draft.vocabulary.today, end)


def _to_date(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """Year to date, this month so far."""
    word = draft.role(at, Role.TO_DATE)
    return (Moment(Calendar(Unit(word.argument), 0)), at + 1) if word else None


def _weekday(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """Monday: the most recent one, today included; last Monday: the one before today."""
    before = draft.role(at, Role.LAST, Role.PAST)
    word = draft.role(at + 1 if before else at, Role.WEEKDAY)
    if word is None:
        return None
    today = draft.vocabulary.today
    back = (today.isoweekday() - int(word.argument)) % DAYS_PER_WEEK
    back = back or (DAYS_PER_WEEK if before else 0)
    return Moment(today - timedelta(days=back)), at + (2 if before else 1)


def _edge_of(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """The end of June, the beginning of last year: their last day, their first."""
    edge = draft.role(at, Role.START_OF, Role.END_OF)
    if edge is None:
        return None
    last = edge.role is Role.END_OF
    start = draft.skip(at + 1)
    found = _month(draft, start) or _quarter(draft, start) or _relative(draft, start) or _year(draft, start)
    if found is None:
        return None
    if isinstance(found[0].what, tuple):
        return Moment(found[0].what[last]), found[1]
    if isinstance(found[0].what, Calendar):
        starts = draft.vocabulary.index.fiscal_year_starts
        return Moment(resolve(found[0].what, draft.vocabulary.today, starts)[last]), found[1]
    return None


def _quarter(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """Q2, Q2 2025, the second quarter of last year: of the fiscal year, the most recent that has begun."""
    word = draft.role(at, Role.QUARTER)
    return _part_of_year(draft, at, int(word.argument) - 1, 1) if word else None


def _half(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """H1, the second half of 2025: two quarters of the fiscal year."""
    word = draft.role(at, Role.HALF)
    return _part_of_year(draft, at, 2 * (int(word.argument) - 1), 2) if word else None


def _part_of_year(draft: Draft, at: int, before: int, quarters: int) -> tuple[Moment, int]:
    """So many quarters, after so many others of their year."""
    today, starts = draft.vocabulary.today, draft.vocabulary.index.fiscal_year_starts
    begins = resolve(Calendar(Unit.YEAR, 0), today, starts)[0]
    year, end = _written_year(draft, draft.skip(at + 1))
    relative = _relative(draft, draft.skip(at + 1)) or _the_year(draft, draft.skip(at + 1))
    if year is not None:
        begins = begins.replace(year=year)
    elif relative is not None and _is_year(relative[0]):
        begins, end = resolve(_calendar(relative[0]), today, starts)[0], relative[1]
    else:
        end = at + 1
    first = shift(begins, Unit.QUARTER, before)
    if first > today and end == at + 1:
        first = shift(first, Unit.YEAR, -1)
    return Moment((first, shift(first, Unit.QUARTER, quarters) - timedelta(days=1))), end


def _the_year(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """The first half of the year: of this one."""
    word = draft.role(at, Role.UNIT)
    of_year = word is not None and word.argument == Unit.YEAR
    return (Moment(Calendar(Unit.YEAR, 0)), at + 1) if of_year else None


def _is_year(when: Moment) -> bool:
    return isinstance(when.what, Calendar) and when.what.unit is Unit.YEAR


def _calendar(when: Moment) -> Calendar:
    return when.what if isinstance(when.what, Calendar) else Calendar(Unit.YEAR, 0)


def _placed(
    month: int, day: int | None, year: int | None, today: date, end: int
) -> tuple[Moment, int] | None:
    """Without a year, the most recent one that has begun is meant."""
    year = year or (today.year if (month, day or 1) <= (today.month, today.day) else today.year - 1)
    last = calendar.monthrange(year, month)[1]
    if day is not None:
        return (Moment(date(year, month, day)), end) if 1 <= day <= last else None
    return Moment((date(year, month, 1), date(year, month, last))), end


def _written_year(draft: Draft, at: int) -> tuple[int | None, int]:
    at_year = draft.skip(at, Role.COMMA)
    number = draft.number(at_year)
    year = whole(number) if number else None
    return (year, at_year + 1) if year and _FIRST_YEAR <= year <= _LAST_YEAR else (None, at)


def _year(draft: Draft, at: int) -> tuple[Moment, int] | None:
    number = draft.number(at)
    year = whole(number) if number else None
    if year is None or not _FIRST_YEAR <= year <= _LAST_YEAR or draft.items[at].text != str(year):
        return None
    return Moment((date(year, 1, 1), date(year, _MONTHS_PER_YEAR, 31))), at + 1


def _relative(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """This month, last year, last 30 days, the past week."""
    word = draft.role(at, Role.LAST, Role.PAST, Role.THIS, Role.NEXT)
    if word is None:
        return None
    counted = counted_units(draft, at + 1)
    if counted is not None:
        count, of = counted
        backwards = word.role is not Role.NEXT
        usable = count <= _MOST_UNITS[of] and word.role is not Role.THIS
        return (Moment(Rolling(count * (1 if backwards else -1), of)), at + 3) if usable else None
    unit = None if draft.number(at + 1) else draft.role(at + 1, Role.UNIT)
    month = draft.role(at + 1, Role.MONTH)
    if month is not None and word.role in {Role.LAST, Role.PAST, Role.THIS}:
        return _placed(int(month.argument), None, None, draft.vocabulary.today, at + 2)
    if unit is None:
        return None
    if word.role is Role.PAST:
        return Moment(Rolling(1, Unit(unit.argument))), at + 2
    offset = {Role.LAST: -1, Role.THIS: 0, Role.NEXT: 1}[word.role]
    return Moment(Calendar(Unit(unit.argument), offset)), at + 2


def _length(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """90 days, 90 days ago, a year."""
    unit = draft.role(at, Role.UNIT) if draft.number(at) is None else None
    counted = (1, Unit(unit.argument)) if unit else counted_units(draft, at)
    if counted is None or counted[0] > _MOST_UNITS[counted[1]]:
        return None
    end = at + 1 if unit else at + 2
    if draft.role(end, Role.AGO):
        return Moment(Ago(*counted)), end + 1
    return Moment(Rolling(*counted), is_duration=True), end


def counted_units(draft: Draft, at: int) -> tuple[int, Unit] | None:
    """90 days, 48 hours, which are two days; None where hours make no whole days."""
    number = draft.number(at)
    count = whole(number) if number else None
    unit = draft.role(at + 1, Role.UNIT)
    if count is None:
        return None
    if unit is not None:
        return count, Unit(unit.argument)
    if not draft.role(at + 1, Role.HOUR) or count % _HOURS_PER_DAY:
        return None
    return count // _HOURS_PER_DAY, Unit.DAY


def clear(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """A moment that is nothing else: May may be a person, and a unit alone says nothing."""
    found = moment(draft, at)
    if found is None:
        return None
    alone = found[1] - at == 1
    other = draft.values(at) or draft.role(at, Role.UNIT)
    return None if alone and other else found


def between(draft: Draft, at: int, *, said: bool) -> tuple[Moment, int] | None:
    """From March to May, March until May; with ``said`` a "between" stands before: 1 May and 15 July."""
    first = clear(draft, at)
    if first is None or not isinstance(first[0].what, date | tuple):
        return None
    middle = first[1]
    ranges = draft.words_are_range(middle) if middle < len(draft.items) else False
    joins = ranges or draft.role(middle, Role.BEFORE) or (said and draft.role(middle, Role.AND))
    follows = not joins and draft.role(middle, Role.AND, Role.OR) and not draft.said(Role.COMPARE)
    second = clear(draft, draft.skip(middle + 1, Role.PLACE)) if joins or follows else None
    if follows and second is not None and not _adjoin(first[0], second[0]):
        return None
    if second is None or not isinstance(second[0].what, date | tuple):
        return None
    begins, ends = _first_day(first[0].what), _last_day(second[0].what)
    if _says_year(draft, middle, second[1]) and not _says_year(draft, at, first[1]):
        begins = add_months(begins, _MONTHS_PER_YEAR * (ends.year - begins.year))  # 1 Mar to 15 Apr 2024
    if begins > ends:
        begins = add_months(begins, -_MONTHS_PER_YEAR)  # November to February
    return (Moment((begins, ends)), second[1]) if begins <= ends else None


def _says_year(draft: Draft, first: int, last: int) -> bool:
    """Whether a year is among the words."""
    iso = any(draft.day(at) for at in range(first, last))
    return iso or any(_written_year(draft, at)[0] for at in range(first, last) if draft.number(at))


def _adjoin(first: Moment, second: Moment) -> bool:
    """July and August: the second begins when the first has ended."""
    if not isinstance(first.what, tuple) or not isinstance(second.what, tuple):
        return False
    return first.what[1] + timedelta(days=1) == second.what[0]


def _first_day(what: date | tuple[date, date]) -> date:
    return what[0] if isinstance(what, tuple) else what


def _last_day(what: date | tuple[date, date]) -> date:
    return what[1] if isinstance(what, tuple) else what


def condition(
    field: str,
    role: Role | None,
    when: Moment,
    vocabulary: Vocabulary,
    *,
    over: bool | None,
    negated: bool,
) -> Node | None:
    """The condition that a date says of a field; None when the two do not fit."""
    ago = isinstance(when.what, Ago)
    if role is Role.SINCE:
        return _since(field, when, vocabulary)
    if role is Role.BEFORE or (role is not Role.AFTER and over and ago):
        return Compare(field, Operator.BEFORE, _edge(when, vocabulary, last=False))
    if role is Role.AFTER or (over is False and ago):
        return Compare(field, Operator.AFTER, _edge(when, vocabulary, last=True))
    # "Bought in over 90 days" says nothing; "not bought in over 90 days" does.
    return None if over and when.is_duration and not negated else _during(field, when)


def _during(field: str, when: Moment) -> Node:
    if isinstance(when.what, Calendar | Rolling):
        return InPeriod(field, when.what)
    return (
        Between(field, *when.what) if isinstance(when.what, tuple) else Compare(field, Operator.EQ, when.what)
    )


def _since(field: str, when: Moment, vocabulary: Vocabulary) -> Node:
    if isinstance(when.what, Rolling) or (isinstance(when.what, Calendar) and when.what.offset == 0):
        return InPeriod(field, when.what)
    return Compare(field, Operator.GE, _edge(when, vocabulary, last=False))


def _edge(when: Moment, vocabulary: Vocabulary, *, last: bool) -> date | Ago:
    """The first or last day of what was said."""
    if isinstance(when.what, tuple):
        return when.what[last]
    if isinstance(when.what, Calendar):
        days = resolve(when.what, vocabulary.today, vocabulary.index.fiscal_year_starts)
        return days[last]
    if isinstance(when.what, Rolling):
        return (
            Ago(abs(when.what.count), when.what.unit)
            if when.what.count > 0
            else _ahead(when.what, vocabulary)
        )
    return when.what


def _ahead(what: Rolling, vocabulary: Vocabulary) -> date:
    return vocabulary.today + timedelta(days=abs(what.count))
