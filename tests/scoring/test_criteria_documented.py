"""Every example in the language's own description can be read, and is what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

import scoring.criteria
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.parse import parse

FIELDS = {
    FieldType.TEXT: ("industry", "city", "Customer Tier", "name", "website", "label.Purchase behaviour"),
    FieldType.NUMBER: ("r", "churn_risk", "rfm.Loyalty"),
    FieldType.MONEY: ("annual_revenue", "amount"),
    FieldType.DATE: ("last_purchase", "created", "renewal", "closing_date", "occurred_on"),
    FieldType.BOOLEAN: ("active",),
    FieldType.LIST: ("tags", "market segment"),
}
RELATED = {FieldType.TEXT: ("stage", "title", "product", "product.category")}


def fields(*tables: Mapping[FieldType, tuple[str, ...]]) -> tuple[Field, ...]:
    return tuple(Field(name, kind, "") for table in tables for kind, names in table.items() for name in names)


RECORDS = Catalog(fields(FIELDS, RELATED))
CATALOG = Catalog(
    fields(FIELDS),
    relations=tuple(Relation(name, "", RECORDS) for name in ("deals", "open_deals", "purchases", "contacts")),
    segments={"Berlin VIPs": "", "Watched": "r > 1"},
)
EXAMPLES = [
    example
    for line in (scoring.criteria.__doc__ or "").partition("::")[2].partition("\nAfter")[0].splitlines()
    for example in re.split(r"\s{2,}", line.strip())
    if example and not example.startswith("(and")
]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 30


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_read_and_written(example: str) -> None:
    node = parse(example, CATALOG)
    assert parse(canonical(node, CATALOG), CATALOG) == node
