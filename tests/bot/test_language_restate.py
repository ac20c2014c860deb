"""A question of any kind, said again, is read as the same question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.language.question import (
    Aggregate,
    Course,
    Days,
    Figure,
    Held,
    Kind,
    Metric,
    Moved,
    Question,
    Sort,
)
from bot.language.restate import read_as, restate
from bot.language.spans import spoken_span, written_span
from bot.language.understand import understand
from bot.language.written import read_span
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, Calendar, Node, Rolling, Unit
from tests.support.sample_organisation import CATALOG, LABELS, PRODUCTS, TODAY, sample, vocabulary_for

CRITERIA = (
    "label = VIP",
    "industry in (medical, retail) and not state = Texas",
    'label = "At Risk" or (total_spend > 50k and r >= 4)',
    'name contains "first 10 where (label"',
    '"Customer Tier" = Gold and city = "by owner"',
    "last_purchase before 90 days ago and owner is empty",
    'name = "a ) where b" and website is not empty',
)
NODES: tuple[Node, ...] = (Always(), *(parse(text, CATALOG) for text in CRITERIA))
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))


def _closed(ends: tuple[date, date]) -> Days:
    return Days(min(ends), max(ends))


spans = st.one_of(
    st.builds(Calendar, st.sampled_from(Unit), st.sampled_from((-1, 0, 1))),
    st.builds(Rolling, st.integers(1, 999) | st.integers(-999, -1), st.sampled_from(Unit)),
    st.tuples(DAYS, DAYS).map(_closed),
    DAYS.map(lambda day: Days(day, None)),
    DAYS.map(lambda day: Days(None, day)),
)
fields = st.sampled_from([one.name for one in CATALOG])
labels = st.lists(st.sampled_from((*LABELS, 'a "b", c', "to in of")), unique=True, max_size=3).map(tuple)
segmentations = st.none() | st.sampled_from(("Purchase behaviour", "Size in this year"))
limits = st.none() | st.integers(1, 99_999)
criteria = st.sampled_from(NODES)
measures = st.one_of(
    st.builds(lambda metric: Figure(metric=metric), st.sampled_from(Metric)),
    st.builds(lambda how, of: Figure(how=how, of=of), st.sampled_from(Aggregate), fields),
)
figures = st.builds(
    lambda measure, by, every, span, versus, among, course: replace(
        measure, by=by, every=every, span=span, versus=versus, among=among, course=course
    ),
    measures,
    st.none() | fields | st.sampled_from(("deal_owner", "each_account", "each_product")),
    st.none() | st.sampled_from(Unit),
    st.none() | spans,
    st.none() | spans,
    criteria,
    st.none() | st.sampled_from(Course),
)
moves = st.builds(
    Moved, labels, labels, st.none() | st.sampled_from(Course), st.none() | spans, segmentations
)
held = st.builds(Held, labels.filter(bool), spans, segmentations)
accounts = st.sampled_from([line.id for line in sample().lines])
sorts = st.lists(
    st.builds(Sort, st.sampled_from(("total_spend", "name", "created")), st.booleans()),
    unique_by=lambda one: one.field,
    max_size=1,
).map(tuple)
groups = st.sampled_from(("industry", "label", "country", "Customer Tier"))
questions = st.one_of(
    st.builds(
        lambda one, node, limit: Question(Kind.FIGURE, node, limit=limit, figure=one),
        figures,
        criteria,
        limits,
    ),
    st.builds(
        lambda one, node, limit: Question(Kind.MOVED, node, limit=limit, moved=one), moves, criteria, limits
    ),
    st.builds(
        lambda one, node, limit: Question(Kind.HISTORY, node, limit=limit, held=one), held, criteria, limits
    ),
    st.builds(
        lambda one, node, limit: Question(Kind.PROSPECTS, node, limit=limit, product=one),
        st.sampled_from(list(PRODUCTS)),
        criteria,
        limits,
    ),
    st.builds(
        lambda kind, one: Question(kind, account_id=one),
        st.sampled_from((Kind.ACCOUNT, Kind.WHY, Kind.OFFERS)),
        accounts,
    ),
    st.builds(lambda node: Question(Kind.FLOCK, node), criteria),
    st.builds(
        lambda node, sort, limit: Question(Kind.LIST, node, sort, limit),
        criteria,
        sorts,
        st.none() | st.integers(1, 10_000),
    ),
    st.builds(lambda node: Question(Kind.COUNT, node), criteria),
    st.builds(lambda node, group: Question(Kind.COUNT_BY, node, group_by=group), criteria, groups),
    st.just(Question(Kind.HELP)),
)


@settings(max_examples=400, deadline=None)
@given(questions)
def test_a_question_that_is_said_again_is_the_same(question: Question) -> None:
    understood = understand(restate(question), vocabulary_for())
    assert isinstance(understood, Question), restate(question)
    assert replace(understood, words=()) == question
    assert read_as(question, CATALOG)


@settings(max_examples=100, deadline=None)
@given(spans)
def test_a_period_that_is_written_is_read(span: Calendar | Rolling | Days) -> None:
    assert read_span(written_span(span)) == span


@given(st.dates(date(1995, 1, 1), TODAY), st.integers(0, 400))
@example(date(2026, 11, 1), 22)
@example(date(2024, 2, 29), 0)
@example(date(2024, 2, 29), 1)
@example(date(2017, 1, 1), 364)
@example(date(2026, 7, 1), 91)
@settings(max_examples=60, deadline=None)
def test_days_as_people_read_them_are_read_back(first: date, length: int) -> None:
    last = min(TODAY, first + timedelta(days=length))
    for span in (Days(first, last), Days(first, None), Days(None, last)):
        text = spoken_span(span)
        assert "-" not in text
        read = understand(f"revenue {text}", vocabulary_for())
        assert isinstance(read, Question)
        assert read.figure is not None
        assert read.figure.span == span


def test_periods_are_named_where_they_are_one() -> None:
    assert spoken_span(Days(date(2026, 11, 1), date(2026, 11, 30))) == "November 2026"
    assert spoken_span(Days(date(2017, 1, 1), date(2017, 12, 31))) == "2017"
    assert spoken_span(Days(date(2026, 7, 1), date(2026, 9, 30))) == "1 Jul to 30 Sep 2026"
    assert spoken_span(Days(date(2025, 12, 1), date(2026, 1, 5))) == "1 Dec 2025 to 5 Jan 2026"
    assert spoken_span(Days(date(2026, 11, 29), None)) == "since 29 Nov 2026"
