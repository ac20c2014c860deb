"""Rules for periods that stand alone: win rate this year, in Q2, since June, from March to May, vs last year."""

from __future__ import annotations

from datetime import date, timedelta

from bot.language.draft import Draft
from bot.language.meanings import Role
from bot.language.question import Days, Reading, Span
from bot.language.tokens import fold
from bot.language.when import Moment, moment
from scoring.criteria.periods import add_months, resolve
from scoring.criteria.tree import Ago, Calendar, Rolling, Unit

_DAY = timedelta(days=1)
_LEADING = (Role.SINCE, Role.BEFORE, Role.AFTER, Role.DURING, Role.PLACE, Role.LINK, Role.OVER, Role.BETWEEN)
_UNTIL = {"until", "till", "through", "up to", "to"}  # the day itself counts; "before" leaves it out
_YEAR_MONTHS = 12


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
    found = read_span(draft, draft.skip(at + 1))
    if found is None:
        return at
    draft.asked.versus.append((at, found[0]))
    draft.joined = None
    return draft.use(at, found[1], "beside it")


def read_span(draft: Draft, at: int) -> tuple[Span, int] | None:
    """A period with the word before it, from an index on; with the index after it."""
    leading = draft.role(at, *_LEADING)
    start = draft.skip(at + 1) if leading else at
    ranged = _between(draft, start, said=leading is not None)
    if ranged is not None:
        return ranged
    found = _clear(draft, start)
    if found is None or (leading is not None and leading.role is Role.BETWEEN):
        return None
    until = leading is not None and fold(draft.items[at].text) in _UNTIL
    return as_span(draft, leading.role if leading else None, found[0], until=until), found[1]


def _clear(draft: Draft, at: int) -> tuple[Moment, int] | None:
    """A moment that is nothing else: May may be a person, and a unit alone says nothing."""
    found = moment(draft, at)
    if found is None:
        return None
    alone = found[1] - at == 1
    other = draft.values(at) or draft.role(at, Role.UNIT)
    return None if alone and other else found


def _between(draft: Draft, at: int, *, said: bool) -> tuple[Span, int] | None:
    """From March to May; March until May."""
    first = _clear(draft, at)
    if first is None or not isinstance(first[0].what, date | tuple):
        return None
    middle = first[1]
    joins = draft.role(middle, Role.TO, Role.BEFORE) or (said and draft.role(middle, Role.AND))
    second = _clear(draft, draft.skip(middle + 1)) if joins else None
    if second is None or not isinstance(second[0].what, date | tuple):
        return None
    begins, ends = _days(first[0])[0], _days(second[0])[1]
    if begins > ends:
        begins = add_months(begins, -_YEAR_MONTHS)  # November to February
    return (Days(begins, ends), second[1]) if begins <= ends else None


def _days(when: Moment) -> tuple[date, date]:
    what = when.what
    if isinstance(what, tuple):
        return what
    return (what, what) if isinstance(what, date) else (date.min, date.max)


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
