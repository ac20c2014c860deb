"""Related records, facts, purchases and segments: what is refused, and what is said."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.canonical import canonical
from scoring.criteria.check import DEEPEST, DEPTH_OF_RELATED, MOST_CONDITIONS, check
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.criteria.tree import (
    Always,
    Compare,
    Fact,
    InSegment,
    Measure,
    Measured,
    Node,
    Not,
    Operator,
    Or,
    Related,
)
from tests.support.account_criteria import BIG, CATALOG, TITLED

# text -> where, what the message says, what is suggested
WRONG: dict[str, tuple[int | None, str, tuple[str, ...]]] = {
    "any kontact": (4, 'There are no related records "kontact".', ("contacts",)),
    "any contact where titel = x": (18, "There is no field titel.", ("title",)),
    "any contact where title = x and email is empty": (
        32, "What is asked of them stands in brackets: any contact where (…).", ()),
    "all contacts": (4, "all contacts needs a condition: write all contacts where (…).", ()),
    "any deal where stage = Closed Wonn": (23, "stage has no value Closed Wonn.", ("Closed Won",)),
    "any deal where any contact": (
        19, "Conditions on transactions cannot ask for other records, such as contact", ()),
    "any deal where in segment Wide": (26, "Conditions on transactions cannot ask for a segment", ()),
    "any deal where bought GTX": (15, "Conditions on transactions cannot ask what was bought", ()),
    "any deal where deals.count where (amount > 1) > 1": (
        15, "Conditions on transactions cannot ask for other records, such as deals", ()),
    "deals.sum(stage) > 1": (10, "sum is of number or money fields, but stage is a text field.", ()),
    "deals.last(amount) > 1": (11, "last is of date fields, but amount is a money field.", ()),
    "deals.sum > 1": (0, "deals.sum needs the field that it is of", ()),
    "contacts.count(name) > 1": (15, "takes no field: write contacts.count where (name is not empty)", ()),
    "deals.summe(amount) > 1": (0, "deals.summe is no fact.", ()),
    "contacts.some > 1": (0, "contacts.some is no fact.", ()),
    "deals.sum(amount) > abc": (20, "is a money field, but abc is a text.", ()),
    "deals.sum(amount) contains a": (18, "`contains` compares text", ()),
    "deals.last(occurred_on) > 5": (26, "is a date field, but 5 is a number.", ()),
    "count of deals where stage = closed won": (
        39, "an operator such as =, >=, in, contains or is empty is missing", ()),
    "bought GTX": (7, "product has no value GTX.", ("GTX Pro",)),
    "bought GTX Pro since june": (21, "occurred_on is a date field, but june is a text.", ()),
    "bought GTX Pro contains x": (15, "After bought stands a product, and then since", ()),
    "bought GTX Pro where category = x": (0, "Before `where` stands the word product", ()),
    "bought product where category = x since today": (34, "right after bought and the product.", ()),
    "bought product where stage = x": (21, "There is no field stage.", ()),
    "in segment Berlin": (11, 'There is no segment "Berlin".', ('"Berlin VIPs"',)),
    "r = 1 and in segment Hen": (
        None, "A segment cannot be made of itself: Hen is made of Egg is made of Hen.", ()),
    "in segment Broken": (None, "The segment Broken cannot be used. There is no field colour.", ()),
    'in segment "Twice 11"': (None, "Criteria have at most 300 conditions.", ()),
    "engagement > 50": (0, "engagement is known once a segmentation has run.", ()),
    "name older than 3 days": (5, "`before` compares date, but name is a text field.", ()),
    "deals.last(occurred_on) older than june": (35, "write older than 90 days.", ()),
    "pause > june": (8, "pause is a number field, but june is a text.", ()),
    "any where title = x": (4, "where cannot stand here", ()),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_with_its_place_and_what_was_meant(text: str) -> None:
    position, message, nearest = WRONG[text]
    with pytest.raises(CriteriaError) as caught:
        parse(text, CATALOG)
    assert message in str(caught.value)
    assert (caught.value.position, caught.value.nearest[:1]) == (position, nearest[:1])


def test_a_place_is_a_line_and_a_column_too() -> None:
    with pytest.raises(CriteriaError) as caught:
        parse("r = 1\n  and any contact where\n  titel = x", CATALOG)
    assert (caught.value.line, caught.value.column, caught.value.position) == (3, 3, 32)
    with pytest.raises(CriteriaError) as caught:
        parse("in segment Broken", CATALOG)
    assert (caught.value.line, caught.value.column) == (None, None)


WORDS = (
    *("any", "no", "all", "contacts", "contact", "deal", "open", "where", "(", ")", "and", "or", "not", "r"),
    *("title", "=", ">", "1", "x", "count of", "sum of", "of", "deals.count", "deals.sum(amount)", "bought"),
    *(
        "GTX",
        "product",
        "since",
        "today",
        "in segment",
        "Wide",
        '"',
        "in",
        "this year",
        "between",
        "is empty",
    ),
)


def error_or_tree(text: str) -> CriteriaError | Node:
    try:
        return parse(text, CATALOG)
    except CriteriaError as error:
        return error


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_text_gives_a_tree_or_a_criteria_error(words: list[str]) -> None:
    text = " ".join(words)
    read = error_or_tree(text)
    if isinstance(read, CriteriaError):
        assert read.position is None or 0 <= read.position <= len(text)
    else:
        assert parse(canonical(read), CATALOG) == read


@pytest.mark.parametrize(
    "node",
    [
        Related("nothing"),
        Related("contacts", every=True),
        Related("contacts", Compare("stage", Operator.EQ, "x")),
        Related("contacts", Not(Always())),
        Related("deals", Related("contacts")),
        Measured(Fact("deals", Measure.SUM), BIG),
        Measured(Fact("deals", Measure.COUNT), BIG),
        Measured(Fact("contacts", Measure.COUNT, "name"), BIG),
        Measured(Fact("deals", Measure.SUM, "amount"), Compare("r", Operator.GT, Decimal(3))),
        Measured(Fact("deals", Measure.SUM, "amount"), Compare("", Operator.CONTAINS, "x")),
        InSegment("nobody"),
        Related("contacts", Or(tuple(TITLED for _ in range(MOST_CONDITIONS)))),
    ],
    ids=str,
)
def test_a_tree_that_no_text_could_have_given_is_refused(node: Node) -> None:
    with pytest.raises(CriteriaError):
        check(node, CATALOG)


def test_depth_counts_through_related_records() -> None:
    deep = "not " * (DEEPEST - DEPTH_OF_RELATED) + "title = x"
    assert parse(f"any contact where {deep}", CATALOG)
    with pytest.raises(CriteriaError, match="deep"):
        parse(f"not any contact where {deep}", CATALOG)
