"""Single deals in a question: what one is worth is not what an account has spent, nor a number of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.language.question import Kind, NotUnderstood, Question
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_index
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.parse import parse
from tests.support.sample_organisation import ANNA, CATALOG, CONFIGURATION, TODAY, sample, vocabulary_for

_DEALS = Catalog((Field("amount", FieldType.MONEY, "amount"), Field("stage", FieldType.TEXT, "stage")))
RELATED = replace(
    CATALOG,
    relations=tuple(
        Relation(name, "transaction", replace(_DEALS, rows=name))
        for name in ("deals", "open_deals", "purchases")
    ),
)


def read(text: str) -> Question | NotUnderstood:
    vocabulary = Vocabulary(build_index(sample().words(), RELATED, CONFIGURATION), ANNA, TODAY)
    found = understand(text, vocabulary)
    assert isinstance(found, Question | NotUnderstood)
    return found


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        ("customers with a deal over 20k", "any deal where (amount > 20k)"),
        ("accounts with open deals worth more than 10k", "any open deal where (amount > 10k)"),
        ("open deals over 10k", "any open deal where (amount > 10k)"),
        ("won deals over $500", "any purchase where (amount > 500)"),
        ("won deals between 5 and 10 thousand", "any purchase where (amount between 5k and 10k)"),
        ("VIPs with open deals of at least 25000 in retail", None),
        ("accounts without a deal over 20k", "not any deal where (amount > 20k)"),
        ("retail accounts with opportunities above 1M", None),
        ("how many accounts have open deals over 10k?", "any open deal where (amount > 10k)"),
        ("accounts with more than 3 open deals", "open_deals > 3"),
        ("accounts with open deals over 5", "open_deals > 5"),
        ("accounts with a deal and over 100 employees", None),
    ],
)
def test_accounts_that_have_such_a_deal(text: str, criteria: str | None) -> None:
    found = read(text)
    assert isinstance(found, Question), found
    said = canonical(found.criteria)
    if criteria is None:
        assert "total_spend" not in said
        assert "open_deals >" not in said
    else:
        assert said == canonical(parse(criteria, RELATED))


@pytest.mark.parametrize(
    "text",
    [
        "how many deals over 10k did we win this year?",
        "lost deals worth between 5 and 10 thousand",
        "average deal size of deals over 1k",
        "revenue from deals over 5k",
        "number of open deals over 10k",
    ],
)
def test_numbers_of_such_deals_are_refused_and_those_who_have_one_offered(text: str) -> None:
    found = read(text)
    assert isinstance(found, NotUnderstood), found
    assert found.reason is not None
    assert "Deals of an amount are not counted or added up" in found.reason
    [offered] = found.readings
    again = read(offered.text)
    assert isinstance(again, Question)
    assert again.kind is Kind.LIST
    assert "amount" in canonical(again.criteria)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("largest open deals", "Single deals are not listed"),
        ("the biggest deal", "Single deals are not listed"),
        ("open deals older than 60 days", "Deals are not asked for by their age"),
        ("open deals created more than 90 days ago", "Deals are not asked for by their age"),
    ],
)
def test_what_is_asked_of_single_deals_is_refused(text: str, said: str) -> None:
    found = read(text)
    assert isinstance(found, NotUnderstood), found
    assert said in (found.reason or "")


def test_without_such_records_nothing_is_made_of_it() -> None:
    found = understand("customers with a deal over 20k", vocabulary_for())
    assert isinstance(found, NotUnderstood)


def test_the_accounts_with_the_most_open_deals_are_those_that_have_many() -> None:
    found = read("accounts with the most open deals")
    assert isinstance(found, Question)
    assert [one.field for one in found.sort] == ["open_deals"]
