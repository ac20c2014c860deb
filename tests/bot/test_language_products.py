"""What was bought and what is to be renewed, where the organisation has the records for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.language.question import NotUnderstood, Question
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_index
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.parse import parse
from tests.support.sample_organisation import ANNA, CATALOG, CONFIGURATION, TODAY, sample, without_purchases

_PURCHASES = Catalog(
    (Field("product", FieldType.TEXT, "product"), Field("occurred_on", FieldType.DATE, "day")),
    rows="purchases",
)
_SUBSCRIPTIONS = Catalog((Field("ends_on", FieldType.DATE, "ends"),), rows="subscriptions")
RELATED = replace(
    CATALOG,
    relations=(
        Relation("purchases", "transaction", _PURCHASES),
        Relation("subscriptions", "document:subscription", _SUBSCRIPTIONS),
    ),
)


def related() -> Vocabulary:
    return Vocabulary(build_index(sample().words(), RELATED, CONFIGURATION), ANNA, TODAY)


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        ("who bought GTX Pro", 'bought "GTX Pro"'),
        ("retail accounts that bought GTX Pro", 'industry = retail and bought "GTX Pro"'),
        ("accounts that have not bought MG Special", 'not bought "MG Special"'),
        ("who never bought GTX Pro", 'not bought "GTX Pro"'),
        ("customers without GTX Pro", 'not bought "GTX Pro"'),
        ("customers with GTX Pro", 'bought "GTX Pro"'),
        ("GTX Pro customers in Texas", 'bought "GTX Pro" and state = Texas'),
        ("who bought GTX Pro or MG Special", 'bought "GTX Pro" or bought "MG Special"'),
        ("who bought GTX Pro and MG Special", 'bought "GTX Pro" and bought "MG Special"'),
        ("who bought GTX Pro this year", 'bought "GTX Pro" in this year'),
        ("who bought GTX Pro since June", 'bought "GTX Pro" since 2026-06-01'),
        ("renewals due next month", "any subscription where (ends_on in next month)"),
        (
            "my renewals this quarter",
            'owner = "Anna Snelling" and any subscription where (ends_on in this quarter)',
        ),
    ],
)
def test_what_was_bought_is_asked_of_the_purchases(text: str, criteria: str) -> None:
    understood = understand(text, related())
    assert isinstance(understood, Question), understood
    assert canonical(understood.criteria) == canonical(parse(criteria, RELATED))


def test_without_such_records_it_is_said() -> None:
    vocabulary = without_purchases()
    for text, missing in (("who bought GTX Pro", "products"), ("renewals due next month", "subscriptions")):
        understood = understand(text, vocabulary)
        assert isinstance(understood, NotUnderstood)
        assert missing in understood.reason


def test_a_renewal_without_a_period_is_asked_when() -> None:
    understood = understand("renewals", related())
    assert isinstance(understood, NotUnderstood)
    assert [one.text for one in understood.readings] == ["renewals next month"]
