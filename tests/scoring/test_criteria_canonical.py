"""Canonical text and the tree are one and the same thing, written in two ways."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings

from scoring.criteria.canonical import canonical
from scoring.criteria.check import check
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.criteria.tree import (
    Ago,
    Always,
    And,
    Between,
    Calendar,
    Compare,
    In,
    InPeriod,
    IsEmpty,
    Node,
    Not,
    Operator,
    Or,
    Rolling,
    Unit,
)
from tests.support.criteria_cases import CATALOG, trees

ONE = Compare("employees", Operator.EQ, Decimal(1))
TWO = Compare("employees", Operator.EQ, Decimal(2))


@settings(max_examples=150, deadline=None)
@given(node=trees)
def test_canonical_text_reads_as_the_same_tree_and_is_stable(node: Node) -> None:
    check(node, CATALOG)
    text = canonical(node, CATALOG)
    assert parse(text, CATALOG) == node
    assert canonical(parse(text, CATALOG)) == text


@pytest.mark.parametrize(
    ("written", "canonical_text"),
    [
        ("MONEY>=1000000", "money >= 1M"),
        ("money = $1,500.50", "money = 1500.5"),
        ("money = 12,345", "money = 12345"),
        ("money = 10,000", "money = 10k"),
        ("'Account_Name' = x or (name = y and name = z)", "name = x or (name = y and name = z)"),
        ("not name in (a,b)", "name not in (a, b)"),
        ("not name is empty", "name is not empty"),
        ("not (name = a or name = b)", "not (name = a or name = b)"),
        ("name = and-co", "name = and-co"),
        ('name = "and"', 'name = "and"'),
        ("grade = at risk", 'grade = "At Risk"'),
        ("who.name = x", "who.name = x"),
        ("Active = NO", "Active = false"),
        ("day = 1 day ago", "day = yesterday"),
        ("day in last 1 week", "day in last 1 week"),
        ("day before in 1 months", "day before in 1 month"),
    ],
)
def test_how_it_is_written(written: str, canonical_text: str) -> None:
    assert canonical(parse(written, CATALOG)) == canonical_text


def test_a_catalog_turns_aliases_into_canonical_names() -> None:
    assert canonical(IsEmpty("customer tier"), CATALOG) == "Tier is empty"
    assert canonical(Always(), CATALOG) == ""


@pytest.mark.parametrize(
    "node",
    [
        Compare("nothing", Operator.EQ, "x"),
        Compare("name", Operator.EQ, Decimal(1)),
        Compare("name", Operator.EQ, ""),
        Compare("name", Operator.CONTAINS, "x" * 2000),
        Compare("name", Operator.EQ, "\ud800"),
        Compare("name", Operator.LT, "x"),
        Compare("grade", Operator.EQ, "Gold"),
        Compare("employees", Operator.EQ, True),
        Compare("employees", Operator.EQ, Decimal("NaN")),
        Compare("employees", Operator.EQ, Decimal("1e999999")),
        Compare("employees", Operator.EQ, Decimal("1e-999999")),
        Compare("day", Operator.EQ, date(9999, 12, 31)),
        Compare("day", Operator.EQ, Ago(10**9)),
        Compare("Active", Operator.EQ, "yes"),
        In("name", ()),
        In("Tags", ("x",)),
        In("employees", tuple(map(Decimal, range(2000)))),
        Between("employees", Decimal(2), Decimal(1)),
        Between("day", date(2026, 1, 2), date(2026, 1, 1)),
        Between("name", "a", "b"),
        InPeriod("name", Calendar(Unit.DAY, 0)),
        InPeriod("day", Calendar(Unit.DAY, 2)),
        InPeriod("day", Rolling(0, Unit.DAY)),
        InPeriod("day", Rolling(10**9, Unit.YEAR)),
        And((ONE,)),
        And((ONE, And((ONE, TWO)))),
        Or((ONE, Or((ONE, TWO)))),
        Not(Always()),
        And((ONE, Always())),
        Or(tuple(ONE for _ in range(301))),
    ],
    ids=str,
)
def test_a_tree_that_no_text_could_have_given_is_refused(node: Node) -> None:
    with pytest.raises(CriteriaError):
        check(node, CATALOG)


def test_a_tree_that_is_too_deep_is_refused() -> None:
    node: Node = ONE
    for _ in range(60):
        node = Not(node)
    with pytest.raises(CriteriaError, match="deep"):
        check(node, CATALOG)


def test_a_fitting_tree_is_accepted() -> None:
    check(And((ONE, Not(In("grade", ("vip", "At Risk"))), InPeriod("day", Rolling(30, Unit.DAY)))), CATALOG)
    check(Always(), CATALOG)
