"""Questions as JSON: every kind and attribute comes back the same, and nothing strange is a question."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
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
    WordUse,
)
from bot.language.question_json import question_json, question_of_json
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, Calendar, Node, Rolling, Unit
from tests.support.sample_organisation import CATALOG, LABELS

CRITERIA = (
    "",
    "label = VIP",
    'label in (VIP, "At Risk") and not (industry = medical or total_spend > 50k)',
    "last_purchase before 90 days ago and owner is not empty",
    "closing_date in this quarter" if CATALOG.find("closing_date") else "created in last 30 days",
    'name contains "he said \\"no\\"" or city starts with "Åre"',
    '"Customer Tier" = Gold and annual_revenue between 1M and 2.5M',
)
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
criteria: st.SearchStrategy[Node] = st.sampled_from([parse(one, CATALOG) for one in CRITERIA])
days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
spans = st.one_of(
    st.builds(Calendar, st.sampled_from(Unit), st.sampled_from([-1, 0, 1])),
    st.builds(Rolling, st.integers(-400, 400).filter(bool), st.sampled_from(Unit)),
    st.builds(Days, st.none() | days, st.none() | days),
)
figures = st.builds(
    Figure,
    metric=st.none() | st.sampled_from(Metric),
    how=st.none() | st.sampled_from(Aggregate),
    of=st.none() | st.just("total_spend"),
    by=st.none() | st.just("industry"),
    every=st.none() | st.sampled_from(Unit),
    span=st.none() | spans,
    versus=st.none() | spans,
    among=criteria,
)
labels = st.lists(st.sampled_from(LABELS), max_size=3).map(tuple)
moves = st.builds(
    Moved,
    old=labels,
    new=labels,
    course=st.none() | st.sampled_from(Course),
    span=st.none() | spans,
    segmentation=st.none() | texts,
)
questions = st.builds(
    Question,
    kind=st.sampled_from(Kind),
    criteria=criteria,
    sort=st.lists(st.builds(Sort, st.sampled_from(["name", "total_spend"]), st.booleans()), max_size=2).map(
        tuple
    ),
    limit=st.none() | st.integers(1, 10_000),
    group_by=st.none() | texts,
    account_id=st.none() | texts,
    words=st.lists(st.builds(WordUse, texts, texts), max_size=3).map(tuple),
    figure=st.none() | figures,
    moved=st.none() | moves,
    held=st.none() | st.builds(Held, labels, spans, st.none() | texts),
    product=st.none() | texts,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(questions)
def test_a_question_comes_back_as_it_was(question: Question) -> None:
    kept = json.dumps(question_json(question))
    assert question_of_json(json.loads(kept), CATALOG) == question


@given(questions, st.sampled_from(sorted(Question.__dataclass_fields__)), values)
def test_a_value_of_another_shape_is_a_question_or_none_but_never_a_crash(
    question: Question, name: str, value: Any
) -> None:
    spoilt = question_json(question) | {name: value}
    try:
        found = question_of_json(spoilt, CATALOG)
    except CriteriaError:
        return
    assert found is None or isinstance(found, Question)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "list",
        {},
        {"kind": "poem"},
        {"kind": "list", "colour": "red"},
        {"kind": "figure", "figure": {"metric": "luck"}},
        {"kind": "figure", "figure": {"span": {"unit": "month", "offset": 9}}},
        {"kind": "moved", "moved": {"old": "VIP"}},
        {"kind": "history", "held": {"labels": ["VIP"]}},
        {"kind": "list", "limit": 0},
        {"kind": "list", "limit": True},
        {"kind": "list", "sort": [{"field": "name", "descending": "no"}]},
        {"kind": "list", "words": [["one"]]},
    ],
)
def test_what_this_release_does_not_know_is_no_question(value: Any) -> None:
    assert question_of_json(value, CATALOG) is None


def test_criteria_that_hold_no_more_are_said() -> None:
    with pytest.raises(CriteriaError, match="shoe_size"):
        question_of_json({"kind": "list", "criteria": "shoe_size = 43"}, CATALOG)


def test_everything_is_little() -> None:
    assert question_json(Question(Kind.LIST, Always())) == {"kind": "list"}
