"""Rules for accounts that buy less or more than before: declining customers; less than last year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.language.asked import SaidMetric
from bot.language.draft import Draft, whole
from bot.language.meanings import Role
from bot.language.question import Course, Figure, Metric, Reading, Span
from bot.language.rules_spans import read_span
from bot.language.when import clear, is_over
from scoring.criteria.fields import FieldType
from scoring.criteria.tree import Calendar

COMPARED = {Metric.REVENUE, Metric.PURCHASES}
_AMOUNTS = ("total_spend", "purchases", "annual_revenue")
_COURSES = set(Course)
_SHOWN = ("this quarter", "this year", "in the last 90 days")


def grown(draft: Draft, at: int) -> int:
    """Declining; whose spend *dropped*; who buy *less than last year*; less than *before*."""
    course = course_at(draft, at)
    if course is None:
        return at
    if draft.nots:
        return draft.problem(
            at, at + 1, "Who buys as much as before is the rest: ask for those who buy less."
        )
    buys = 1 if draft.role(at, Role.BOUGHT) and not draft.role(at, Role.GROWN) else 0  # bought *less than* …
    draft.asked.grown.append((at, course))
    beside = is_over(draft, at + buys) is not None or draft.items[at].text.lower().endswith("than")
    if not beside:
        return draft.use(at, at + 1, f"{'less' if course is Course.WORSE else 'more'} than before")
    start = draft.skip(at + buys + 1)
    found = read_span(draft, start)
    if found is None:  # less than before
        return draft.use(at, start + 1, "than before")
    draft.asked.grown_beside.append((at, found[0]))
    return draft.use(at, found[1], "than then")


def than_then(draft: Draft, at: int) -> int:
    """Spent more *this year than last year*: both periods are said."""
    found = _then(draft, at)
    if found is None or draft.asked.spans:
        return at
    course, (start, end, span), beside, last = found
    named = draft.field(at, FieldType.NUMBER, FieldType.MONEY)
    if named is not None and not draft.role(at, Role.BOUGHT):
        draft.asked.measured.append((at, named.name))
    draft.asked.grown.append((at, course))
    draft.asked.spans.append((start, end, span))
    draft.asked.grown_beside.append((at, beside))
    return draft.use(at, last, f"{'less' if course is Course.WORSE else 'more'} than then")


def _then(draft: Draft, at: int) -> tuple[Course, tuple[int, int, Span], Span, int] | None:
    more = draft.role(at + 1, Role.MORE)
    if more is None or not (draft.role(at, Role.BOUGHT) or _is_amount(draft, at)):
        return None
    first = read_span(draft, at + 2)
    second = read_span(draft, first[1] + 1) if first and draft.role(first[1], Role.THAN) else None
    if first is None or second is None:
        return None
    return Course(more.argument), (at + 2, first[1], first[0]), second[0], second[1]


def first_ones(draft: Draft, at: int) -> int:
    """Our *5* fastest growing customers."""
    number = draft.number(at)
    limit = whole(number) if number else None
    if limit is None or not draft.role(at + 1, Role.GROWN):
        return at
    draft.limit = limit
    return draft.use(at, at + 1, f"first {limit}")


def amount(draft: Draft, at: int) -> int:
    """Whose *spend* dropped: here it asks for more than that there is some."""
    if not _is_amount(draft, at) or course_at(draft, draft.skip(at + 1)) is None:
        return at
    named = draft.field(at, FieldType.NUMBER, FieldType.MONEY)
    word = draft.role(at, Role.METRIC, Role.LOOSE_METRIC)
    if word is not None:
        draft.asked.metrics.append(SaidMetric(at, Metric(word.argument), named.name if named else None))
    elif named is not None:
        draft.asked.measured.append((at, named.name))
    draft.joined, draft.placed = None, False
    return draft.use(at, at + 1, draft.words(at, at + 1))


def course_at(draft: Draft, at: int) -> Course | None:
    """Whether a word says that something bought has become less or more; None when it does not."""
    word = draft.role(at, Role.GROWN)
    both = _then(draft, at)
    if word is not None or both is not None:
        of_word = Course(word.argument) if word and not is_than_a_number(draft, at) else None
        return both[0] if both else of_word
    moved = draft.role(at, Role.MOVED)
    if moved is not None and moved.argument in _COURSES and _is_amount(draft, draft.behind(at)):
        return Course(moved.argument)
    buys = 1 if draft.role(at, Role.BOUGHT) else 0
    over = is_over(draft, at + buys)
    if over is None or not (buys or _is_amount(draft, draft.behind(at))):
        return None
    if over and " " not in draft.items[at + buys].text.strip():
        return None  # purchases over the last 6 months
    start = draft.skip(at + buys + 1)
    when = clear(draft, start)
    earlier = draft.role(start, Role.BEFORE) and draft.skip(start + 1) == len(draft.items)
    if not earlier and (when is None or when[0].is_duration or draft.number(start)):
        return None
    return Course.BETTER if over else Course.WORSE


def is_than_a_number(draft: Draft, at: int) -> bool:
    """Spending more than *50k*: that compares with nothing earlier."""
    return draft.items[at].text.lower().endswith("than") and draft.number(draft.skip(at + 1)) is not None


def _is_amount(draft: Draft, at: int) -> bool:
    """Spend, purchases, revenue."""
    named = draft.field(at, FieldType.NUMBER, FieldType.MONEY)
    metric = draft.role(at, Role.METRIC, Role.LOOSE_METRIC)
    return (named is not None and named.name in _AMOUNTS) or (
        metric is not None and metric.argument in COMPARED
    )


def periods(draft: Draft, span: Span | None) -> tuple[Span | None, Span | None]:
    """The period that is asked for and the one beside it; None beside it: the one before."""
    beside = draft.asked.grown_beside[0][1] if draft.asked.grown_beside else None
    if not isinstance(beside, Calendar) or beside.offset != -1:
        return span, beside
    if span is None or span == Calendar(beside.unit, 0):
        return Calendar(beside.unit, 0), None
    return span, beside


def unclear(draft: Draft) -> bool:
    """Name that no period was said, and offer some; whether there was none."""
    asked = draft.asked
    if not asked.grown or asked.spans or asked.grown_beside or asked.versus:
        return False
    at = asked.grown[0][0]
    readings = tuple(Reading(f"{draft.text} {one}", one) for one in _SHOWN)
    draft.problem(at, at + 1, "In which period, beside the one before?", readings=readings)
    return True


def with_course(draft: Draft, made: Iterable[Figure]) -> list[Figure]:
    """The figures with what was said of their course; without those that cannot be compared so."""
    course = draft.asked.grown[0][1]
    return [replace(one, course=course) for one in made if one.metric in COMPARED]
