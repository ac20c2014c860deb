"""Related records, facts, purchases and segments: how they are read and written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from scoring.criteria.canonical import canonical
from scoring.criteria.check import atoms, check, leaves
from scoring.criteria.fields import singular
from scoring.criteria.parse import parse
from scoring.criteria.segments import resolved
from scoring.criteria.tree import (
    Ago,
    And,
    Between,
    Calendar,
    Compare,
    Fact,
    In,
    InPeriod,
    InSegment,
    IsEmpty,
    Measure,
    Measured,
    Node,
    Not,
    Operator,
    Or,
    Related,
    Unit,
)
from tests.support.account_criteria import BIG, CATALOG, WON
from tests.support.related_cases import OUTER, related_trees


def moment(operator: str, value: Any) -> Compare:
    return Compare("occurred_on", Operator(operator), value)


GTX = Compare("product", Operator.EQ, "GTX Pro")
TITLED = Compare("title", Operator.CONTAINS, "CEO")
READ: dict[str, Node] = {
    "any contact": Related("contacts"),
    "some contacts": Related("contacts"),
    "no contact": Not(Related("contacts")),
    "not any contact": Not(Related("contacts")),
    "ANY Contact WHERE title contains CEO": Related("contacts", TITLED),
    'any contact where "Job Title" contains CEO and r > 3': And(
        (Related("contacts", TITLED), Compare("r", Operator.GT, Decimal(3)))
    ),
    "any contact where (title contains CEO and email is empty)": Related(
        "contacts", And((TITLED, IsEmpty("email")))
    ),
    "any contact where not (title contains CEO)": Related("contacts", Not(TITLED)),
    "all contacts where title contains CEO": Related("contacts", TITLED, every=True),
    "every contact where title contains CEO": Related("contacts", TITLED, every=True),
    "no open deal": Not(Related("open_deals")),
    "no open deals where (stage = closed won)": Not(Related("open_deals", WON)),
    'any "Service Visit"': Related("Service_Visits"),
    "any service visit": Related("Service_Visits"),
    "any potential": Related("deals"),
    "deals.count > 3": Compare("deals.count", Operator.GT, Decimal(3)),
    "deals > 3": Compare("deals.count", Operator.GT, Decimal(3)),
    "count of deals > 3": Compare("deals.count", Operator.GT, Decimal(3)),
    "number of contacts > 3": Measured(Fact("contacts", Measure.COUNT), BIG),
    "contacts.count > 3": Measured(Fact("contacts", Measure.COUNT), BIG),
    "deals.count where stage = closed won > 3": Measured(Fact("deals", Measure.COUNT, None, WON), BIG),
    'count of deals where stage = "Closed Won" and closing_date in this year > 3': Measured(
        Fact(
            "deals", Measure.COUNT, None, And((WON, InPeriod("occurred_on", Calendar(Unit.YEAR, 0))))
        ),
        BIG,
    ),
    "count of open deals where (stage = closed won) in (1, 2) and r = 1": And(
        (
            Measured(Fact("open_deals", Measure.COUNT, None, WON), In("", (Decimal(1), Decimal(2)))),
            Compare("r", Operator.EQ, Decimal(1)),
        )
    ),
    "deals.sum(Amount) >= 50k": Measured(
        Fact("deals", Measure.SUM, "amount"), Compare("", Operator.GE, Decimal(50_000))
    ),
    "sum of amount of deals where stage = closed won > 3": Measured(
        Fact("deals", Measure.SUM, "amount", WON), BIG
    ),
    "deals.last(closing_date) before 90 days ago": Measured(
        Fact("deals", Measure.LAST, "occurred_on"), Compare("", Operator.BEFORE, Ago(90))
    ),
    "deals.last(closing_date) older than 90 days": Measured(
        Fact("deals", Measure.LAST, "occurred_on"), Compare("", Operator.BEFORE, Ago(90))
    ),
    "deals.first(closing_date) not in last quarter": Not(
        Measured(Fact("deals", Measure.FIRST, "occurred_on"), InPeriod("", Calendar(Unit.QUARTER, -1)))
    ),
    "deals.largest(amount) is not empty": Not(
        Measured(Fact("deals", Measure.LARGEST, "amount"), IsEmpty(""))
    ),
    "purchases > 3": Compare("purchases", Operator.GT, Decimal(3)),
    "purchases.count > 3": Measured(Fact("purchases", Measure.COUNT), BIG),
    "bought": Related("purchases"),
    "(bought)": Related("purchases"),
    "bought GTX Pro": Related("purchases", GTX),
    'bought "gtx pro" since 90 days ago and r > 3': And(
        (
            Related("purchases", And((GTX, moment(">=", Ago(90))))),
            Compare("r", Operator.GT, Decimal(3)),
        )
    ),
    "not bought since 2026-01-01": Not(Related("purchases", moment(">=", date(2026, 1, 1)))),
    "bought gtx pro before yesterday": Related("purchases", And((GTX, moment("before", Ago(1))))),
    "bought gtx pro in this fiscal year": Related(
        "purchases", And((GTX, InPeriod("occurred_on", Calendar(Unit.YEAR, 0))))
    ),
    "bought between 60 days ago and today": Related("purchases", Between("occurred_on", Ago(60), Ago(0))),
    "bought product where category = Software": Related(
        "purchases", Compare("product.category", Operator.EQ, "Software")
    ),
    "bought a product since today where (category is empty or name = GTX Pro)": Related(
        "purchases", And((Or((IsEmpty("product.category"), GTX)), moment(">=", Ago(0))))
    ),
    'in segment "berlin vips"': InSegment("Berlin VIPs"),
    "not in segment Wide": Not(InSegment("Wide")),
    "market segment has Enterprise": Compare("market_segment", Operator.HAS, "Enterprise"),
    "Market  Segments is empty": IsEmpty("market_segment"),
    "churn_risk > 60%": Compare("churn_risk", Operator.GT, Decimal(60)),
    "value_at_risk > €20k": Compare("value_at_risk", Operator.GT, Decimal(20_000)),
    "pause > 2 weeks": Compare("pause", Operator.GT, Decimal(14)),
    "pause between 30 and 1 quarter": Between("pause", Decimal(30), Decimal(91)),
    "No = 5 and name = no": And(
        (Compare("No", Operator.EQ, Decimal(5)), Compare("name", Operator.EQ, "no"))
    ),
    "name = king of spain or name = any bought all": Or(
        (Compare("name", Operator.EQ, "king of spain"), Compare("name", Operator.EQ, "any bought all"))
    ),
    "r.loyalty = 3": Compare("r.Loyalty", Operator.EQ, Decimal(3)),
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_it_is_read_as_it_is_meant(text: str) -> None:
    node = parse(text, CATALOG)
    assert node == READ[text]
    check(node, CATALOG)
    assert parse(canonical(node), CATALOG) == node
    assert canonical(node, CATALOG) == canonical(node)


WRITTEN = {
    "Any Contacts": "any contact",
    "not any open_deals where stage = closed won": 'no open deal where (stage = "Closed Won")',
    "not every contact where title = x": "not all contacts where (title = x)",
    "count of deals where stage = closed won > 1": 'deals.count where (stage = "Closed Won") > 1',
    "sum of amount of open deals > 10000": "open_deals.sum(amount) > 10k",
    "no purchase": "not bought",
    "any purchase where product = GTX Pro": 'bought "GTX Pro"',
    "any purchase where (product = GTX Pro and closing_date >= 9 days ago)": (
        'bought "GTX Pro" since 9 days ago'
    ),
    "any purchase where (closing_date >= 90 days ago and product = GTX Pro)": (
        'any purchase where (occurred_on >= 90 days ago and product = "GTX Pro")'
    ),
    "bought product where category = x": "any purchase where (product.category = x)",
    "all purchases where product = GTX Pro": 'all purchases where (product = "GTX Pro")',
    "any Service_Visit": "any Service Visit",
    "not in segment 'berlin vips'": 'not in segment "Berlin VIPs"',
    "in segment wide": "in segment Wide",
    "“No” > 1": '"No" > 1',
    "not contacts.count > 1": "not contacts.count > 1",
    "contacts.count not in (1)": "contacts.count not in (1)",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_how_it_is_written(text: str) -> None:
    assert canonical(parse(text, CATALOG), CATALOG) == WRITTEN[text]


@settings(max_examples=150, deadline=None)
@given(node=related_trees)
def test_canonical_text_reads_as_the_same_tree_and_is_stable(node: Node) -> None:
    check(node, OUTER)
    text = canonical(node, OUTER)
    assert parse(text, OUTER) == node
    assert canonical(parse(text, OUTER)) == text


def test_own_conditions_and_those_behind_segments() -> None:
    node = parse("any contact where title = x and r > 1 and in segment Wide", CATALOG)
    assert [leaf.field for leaf in leaves(node)] == ["r"]
    assert [type(one) for one in atoms(node)] == [Related, Compare, InSegment]
    assert canonical(resolved(node, CATALOG)) == (
        "any contact where (title = x) and r > 1 and (r >= 4 or any contact)"
    )


@pytest.mark.parametrize(
    ("name", "one"),
    [("deals", "deal"), ("open_deals", "open deal"), ("Activities", "Activity"), ("Address", "Address")],
)
def test_one_of_several(name: str, one: str) -> None:
    assert singular(name) == singular(one) == one
