"""Rules for periods that stand alone: win rate this year, in Q2, since June, March to May, vs last year."""

from __future__ import annotations

from datetime import date, timedelta

from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Days, Reading, Span
from bot.language.spans import days_of
from bot.language.tokens import fold
from bot.language.when import Moment, between, clear
from scoring.criteria.periods import resolve, shift
from scoring.criteria.tree import Ago, Calendar, Rolling, Unit

_DAY = timedelta(days=1)
_LEADING = (Role.SINCE, Role.BEFORE, Role.AFTER, Role.DURING, Role.PLACE, Role.LINK, Role.OVER, Role.BETWEEN)
_UNTIL = {"until", "till", "through", "up to", "to"}  # the day itself counts; "before" leaves it out


def span(draft: Draft, at: int) -> int:
    """A period of a question that asks for one; returns the index after it, or ``at``."""
    found = read_span(draft, at)
    if found is None:
        return at
    period, end = found
    if draft.nots:
        return draft.problem(at, end, "A period cannot be denied.")
    if draft.asked.spans:
        return _second(draft, at, end)
    draft.asked.spans.append((at, end, period))
    draft.joined, draft.placed = None, False
    return draft.use(at, end, "when")


def _second(draft: Draft, at: int, end: int) -> int:
    first, last, _ = draft.asked.spans[0]
    new = f"{draft.words(first, last)} vs {draft.words(at, end)}"
    readings = (Reading(draft.rewritten(first, end, new), new),) if draft.asked.metrics else ()
    return draft.problem(at, end, "One period can be asked for, or one beside another.", readings=readings)


def versus(draft: Draft, at: int) -> int:
    """This year vs last year, compared to last quarter; compare this quarter with the last."""
    compares = draft.asked.compared and draft.asked.spans and draft.role(at, Role.WITH, Role.AND, Role.TO)
    if not draft.role(at, Role.VERSUS) and not compares:
        return at
    start = draft.skip(at + 1)
    found = _a_year_before(draft, start) or read_span(draft, start) or _the_one_before(draft, start)
    if found is None:
        return at
    draft.asked.versus.append((at, found[0]))
    draft.joined = None
    return draft.use(at, found[1], "beside it")


def _a_year_before(draft: Draft, at: int) -> tuple[Span, int] | None:
    """Against the same period last year: the days of the first period, a year earlier."""
    if not draft.role(at, Role.SAME_PERIOD) or not draft.asked.spans:
        return None
    when = clear(draft, draft.skip(at + 1, Role.PLACE))
    what = when[0].what if when else None
    year = isinstance(what, Calendar | Ago) and what.unit is Unit.YEAR
    back = -what.offset if isinstance(what, Calendar) else what.count if isinstance(what, Ago) else 0
    if when is None or not year or back != 1:
        return None
    vocabulary = draft.vocabulary
    days = days_of(draft.asked.spans[0][2], vocabulary.today, vocabulary.index.fiscal_year_starts)
    if days.first is None or days.last is None:
        return None
    begins, ends = (shift(one, Unit.YEAR, -1) for one in (days.first, days.last + _DAY))
    return Days(begins, ends - _DAY), when[1]


def _the_one_before(draft: Draft, at: int) -> tuple[Span, int] | None:
    """This quarter vs last: the quarter before."""
    said = draft.asked.spans[0][2] if draft.asked.spans else None
    if isinstance(said, Calendar) and said.offset == 0 and draft.role(at, Role.LAST):
        return Calendar(said.unit, -1), at + 1
    return None


def read_span(draft: Draft, at: int) -> tuple[Span, int] | None:
    """A period with the word before it, from an index on; with the index after it."""
    leading = draft.role(at, *_LEADING)
    if leading is not None and leading.role is Role.OVER and " " in draft.items[at].text.strip():
        return None  # better than last quarter: that compares
    start = draft.skip(at + 1) if leading else at
    among = leading is not None and leading.role is Role.BETWEEN
    ranged = between(draft, start, said=among)
    if ranged is not None and isinstance(ranged[0].what, tuple):
        return Days(*ranged[0].what), ranged[1]
    found = clear(draft, start)
    if found is None or among:
        return None
    until = leading is not None and fold(draft.items[at].text) in _UNTIL
    return as_span(draft, leading.role if leading else None, found[0], until=until), found[1]


def as_span(draft: Draft, role: Role | None, when: Moment, *, until: bool = False) -> Span:
    """What a moment says as a period; one that is relative stays so."""
    what = when.what
    if isinstance(what, Ago) and what.unit is Unit.DAY and what.count in {0, 1} and role is not Role.SINCE:
        what = Calendar(Unit.DAY, -what.count)
    whole = role not in {Role.BEFORE, Role.AFTER, Role.SINCE}
    if isinstance(what, Rolling) or (isinstance(what, Calendar) and (whole or _running(role, what))):
        return what
    first, last = _edges(draft, what)
    if role is Role.SINCE:
        return Days(first, None)
    if role is Role.BEFORE:
        return Days(None, last if until or first == date.min else first - _DAY)
    return Days(last if last == date.max else last + _DAY, None) if role is Role.AFTER else Days(first, last)


def _running(role: Role | None, what: Calendar) -> bool:
    return role is Role.SINCE and what.offset == 0


def _edges(draft: Draft, what: date | tuple[date, date] | Calendar | Ago) -> tuple[date, date]:
    if isinstance(what, Calendar | Ago):
        vocabulary = draft.vocabulary
        found = resolve(what, vocabulary.today, vocabulary.index.fiscal_year_starts)
        return found if isinstance(found, tuple) else (found, found)
    return what if isinstance(what, tuple) else (what, what)
