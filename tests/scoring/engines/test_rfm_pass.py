"""The statements themselves: portable words only, one text for all engines, no word of a document in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.engines.criteria import engine_catalog, engine_rules
from scoring.engines.dialects import DIALECTS, SQLITE, Dialect
from scoring.engines.rfm_pass import Plan, aggregate, labelled
from scoring.engines.statements import Statement
from scoring.rfm import Cuts, Thresholds
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
from tests.support.engine_cases import SEGMENTS, TODAY, segmentations

WORDS = {
    *(
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "BY",
        "JOIN",
        "LEFT",
        "ON",
        "AS",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "NULL",
    ),
    *("CASE", "WHEN", "THEN", "ELSE", "END", "BETWEEN", "CAST", "BIGINT", "COALESCE", "MAX", "COUNT", "SUM"),
}
THRESHOLDS = Thresholds(Cuts((739_000, 739_500)), Cuts((2, 5)), Cuts((100, 10**15), reached=True))


def statements(segmentation: RfmSegmentation, dialect: Dialect) -> list[Statement]:
    catalog = engine_catalog(SEGMENTS)
    plan = Plan(segmentation, engine_rules(segmentation, catalog), catalog, TODAY, dialect)
    return [aggregate(plan), labelled(plan, THRESHOLDS), labelled(plan, None)]


@given(segmentations())
def test_only_portable_words(segmentation: RfmSegmentation) -> None:
    for statement in statements(segmentation, SQLITE):
        plain = statement.text.replace(SQLITE.ordinal.format("g.occurred_on"), "")
        assert set(re.findall(r"\b[A-Z]+\b", plain)) <= WORDS


@given(segmentations(), st.sampled_from(sorted(DIALECTS)))
def test_the_engines_differ_in_an_expression_only(segmentation: RfmSegmentation, name: str) -> None:
    dialect = DIALECTS[name]
    for one, other in zip(statements(segmentation, dialect), statements(segmentation, SQLITE), strict=True):
        assert one.values == other.values
        assert one.text == other.text.replace(
            SQLITE.ordinal.format("g.occurred_on"), dialect.ordinal.format("g.occurred_on")
        )


@pytest.mark.parametrize("name", ["'; DROP TABLE score; --", ":v99", "{orders}"])
def test_no_words_of_the_document_are_in_a_text(name: str) -> None:
    labels = (Label(name=name, when="total_spend > 987654321 and r in (2, 4)"),)
    for statement in statements(RfmSegmentation(name=name, labels=labels), SQLITE):
        assert name not in statement.text
        assert "98765432" not in statement.text
        marks = set(re.findall(r":(\w+)", statement.text))
        assert marks == set(statement.values)


def test_a_thousand_conditions_stay_shallow() -> None:
    many = " or ".join(f"rfm between {at} and {at + 1}" for at in range(200))
    segmentation = RfmSegmentation(name="RFM", labels=(Label(name="Many", when=many),))
    text = statements(segmentation, SQLITE)[1].text
    depth, deepest = 0, 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    assert deepest < 30
