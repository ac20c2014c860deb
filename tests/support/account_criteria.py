"""A catalog of accounts as it can be: related records, segments that go wrong, further fields."""

from __future__ import annotations

from decimal import Decimal

from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.tree import (
    Compare,
    Not,
    Operator,
)

CONTACTS = Catalog(
    (
        Field("name", FieldType.TEXT, ""),
        Field("title", FieldType.TEXT, "", ("Job Title",)),
        Field("email", FieldType.TEXT, ""),
    ),
    rows="contacts",
)
DEALS = Catalog(
    (
        Field("stage", FieldType.TEXT, "", values=("Closed Won", "Closed Lost")),
        Field("amount", FieldType.MONEY, ""),
        Field("occurred_on", FieldType.DATE, "", ("closing_date",)),
        Field("product", FieldType.TEXT, "", values=("GTX Pro", "MG Advanced")),
        Field("product.category", FieldType.TEXT, ""),
        Field("probability", FieldType.NUMBER, ""),
    ),
    rows="transactions",
)
TWICE = 'in segment "Twice {0}" and (r > {0} or in segment "Twice {0}")'
WON = Compare("stage", Operator.EQ, "Closed Won")
BIG = Compare("", Operator.GT, Decimal(3))
TITLED = Compare("title", Operator.CONTAINS, "CEO")
CATALOG = Catalog(
    (
        Field("name", FieldType.TEXT, ""),
        Field("r", FieldType.NUMBER, ""),
        Field("deals.count", FieldType.NUMBER, "", ("deals",)),
        Field("purchases", FieldType.NUMBER, ""),
        Field("No", FieldType.NUMBER, ""),
        Field("churn_risk", FieldType.NUMBER, "", parts=100),
        Field("value_at_risk", FieldType.MONEY, ""),
        Field("market_segment", FieldType.LIST, "", ("market segment", "market segments")),
        Field("pause", FieldType.NUMBER, "", in_days=True),
    ),
    further=(Field("r.Loyalty", FieldType.NUMBER, ""),),
    relations=(
        Relation("deals", "deal", DEALS, ("Potentials",)),
        Relation("open_deals", "deal", DEALS, given=Not(Compare("stage", Operator.STARTS_WITH, "closed"))),
        Relation("purchases", "deal", DEALS),
        Relation("contacts", "contact", CONTACTS),
        Relation("Service_Visits", "visit", CONTACTS),
    ),
    segments={
        "Berlin VIPs": "r >= 4",
        "Wide": 'in segment "Berlin VIPs" or any contact',
        "Hen": "in segment egg",
        "Egg": "r > 1 and not in segment Hen",
        "Broken": "colour = red",
        **{f"Twice {n}": TWICE.format(n - 1) for n in range(1, 12)},
        "Twice 0": "r = 0 or r = 1",
    },
    absent={"engagement": "engagement is known once a segmentation has run."},
    rows="accounts",
)  # fmt: skip
