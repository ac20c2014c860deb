"""Which columns a list has, and how it can be sorted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.answers import AccountLine
from bot.app.columns import MOST_COLUMNS, cells_of, columns_of, relevant, sortings
from bot.app.tables import CellType
from bot.language.question import Kind, Question, Sort
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.parse import parse
from tests.support.fake_services import account, list_answer
from tests.support.sample_organisation import CATALOG as SAMPLE

CATALOG = Catalog(
    (
        Field("name", FieldType.TEXT, "account.name"),
        Field("label", FieldType.TEXT, "score.label", values=("VIP", "Lost")),
        Field("total_spend", FieldType.MONEY, "score.spend_minor", aliases=("spend",)),
        Field("last_purchase", FieldType.DATE, "score.last_purchase"),
        Field("owner", FieldType.TEXT, "owner.name"),
        Field("owner_email", FieldType.TEXT, "owner.email"),
        Field("industry", FieldType.TEXT, "account.industry"),
        Field("Customer Tier", FieldType.TEXT, "raw:text:Customer_Tier", label="Customer Tier"),
        Field("crm.City", FieldType.TEXT, "raw:text:City", label="City"),
        Field("id", FieldType.TEXT, "raw:text:id"),
        Field("churn_risk", FieldType.NUMBER, "score:measure:Leaves", label="Risk of leaving, %"),
        Field("days_silent", FieldType.NUMBER, "detail:number:silent", in_days=True),
        Field("label.Leaves", FieldType.TEXT, "label:Leaves", label="Label (Leaves)"),
        Field("renewal", FieldType.DATE, "raw:day:Renewal", label="Renewal"),
        Field("key_account", FieldType.BOOLEAN, "raw:truth:Key", label="Key account"),
        Field("value_at_risk", FieldType.MONEY, "score:value_minor:Leaves", label="Value at risk"),
    )
)


def asked(criteria: str, *sort: str) -> Question:
    return Question(Kind.LIST, parse(criteria, CATALOG), sort=tuple(map(Sort, sort)))


def test_what_is_asked_about_comes_first_whatever_it_is() -> None:
    found = relevant(asked('"Customer Tier" = Gold and industry = retail', "churn_risk"), CATALOG)
    assert found.names == (
        *("churn_risk", "customer_tier", "industry"),
        *("label", "spend_minor", "last_purchase", "owner"),
    )
    assert found.wanted == ("churn_risk", "Customer Tier")
    assert [one.column.type for one in found.further] == [CellType.NUMBER, CellType.TEXT]


@pytest.mark.parametrize(
    ("criteria", "key", "kind"),
    [
        ("label.Leaves = Shaky", "label_leaves", CellType.LABEL),
        ("renewal before 2026-12-01", "renewal", CellType.DAY),
        ("days_silent > 3", "days_silent", CellType.DAYS),
        ("value_at_risk > 3", "value_at_risk", CellType.MONEY),
        ("key_account = yes", "key_account", CellType.TEXT),
        ("crm.City = Austin", "crm_city", CellType.TEXT),
        ("id = 7", "id_2", CellType.TEXT),
    ],
)
def test_a_column_is_written_as_its_field_is(criteria: str, key: str, kind: CellType) -> None:
    (found,) = relevant(asked(criteria), CATALOG).further
    assert (found.column.key, found.column.type) == (key, kind)


def test_the_name_and_a_second_name_of_the_same_column_are_no_columns() -> None:
    found = relevant(asked("name contains x and owner_email contains y and spend > 3"), CATALOG)
    assert found.names == ("owner", "spend_minor", "label", "last_purchase")


@given(st.lists(st.sampled_from([one.name for one in CATALOG.fields]), max_size=20))
def test_columns_are_few_each_once_and_have_a_value_each(names: list[str]) -> None:
    found = relevant(Question(Kind.LIST, sort=tuple(map(Sort, names))), CATALOG)
    assert len(found.names) == len(set(found.names)) <= MOST_COLUMNS
    line = account("Konex", further=tuple(f"value of {one}" for one in found.wanted))
    answer = list_answer(line, columns=found.names, further=found.further)
    cells = cells_of(line, answer)
    assert len(cells) == len(columns_of(answer)) == len(found.names)
    shown = {cell for cell in cells if isinstance(cell, str) and cell.startswith("value of")}
    assert shown == {f"value of {one}" for one in found.wanted}
    attributes = set(AccountLine.__dataclass_fields__)
    assert not attributes & {one.column.key for one in found.further}


def test_a_list_can_be_sorted_by_what_it_shows() -> None:
    columns = ("label", "spend_minor", "last_purchase", "owner")
    found = sortings(list_answer(account("Konex"), columns=columns))
    assert [one.said for one in found] == [
        *("Label: best first", "Label: worst first", "Spend: highest first", "Spend: lowest first"),
        *("Last purchase: newest first", "Last purchase: oldest first", "Owner: A to Z", "Owner: Z to A"),
        *("Name: A to Z", "Name: Z to A"),
    ]
    assert found[2].sort == Sort("total_spend")
    assert found[4].sort == Sort("last_purchase")
    assert found[6].sort == Sort("owner", descending=False)


def test_other_fields_are_sorted_by_their_own_names() -> None:
    shown = relevant(asked("", "Customer Tier"), CATALOG)
    answer = replace(list_answer(account("Konex")), columns=shown.names, further=shown.further)
    assert sortings(answer)[0].sort == Sort("Customer Tier", descending=False)


@pytest.mark.parametrize(
    ("fact", "head"),
    [
        ("purchases.sum(amount) where (occurred_on in this year)", "Spend this year"),
        ("purchases.sum(amount) where (occurred_on = yesterday)", "Spend yesterday"),
        ("purchases.sum(amount) where (occurred_on before 2026-06-01)", "Spend before 1 Jun 2026"),
        ("purchases.count where (occurred_on > 90 days ago)", "Purchases after 90 days ago"),
        ("purchases.count where (occurred_on between 2026-06-01 and 2026-06-30)", "Purchases June 2026"),
        ("purchases.count where (occurred_on >= 2026-06-01)", "Purchases since 1 Jun 2026"),
        ("purchases.sum(amount)", "Spend"),
        ("purchases.average(amount)", "purchases.average(amount)"),
        ("purchases.count where (amount > 5)", "purchases.count where (amount > 5)"),
    ],
)
def test_a_fact_is_a_column_that_a_person_can_read(fact: str, head: str) -> None:
    question = Question(Kind.LIST, parse(f"{fact} > 3", SAMPLE))
    [column] = relevant(question, SAMPLE).further
    assert column.column.head == head


def test_facts_are_each_there_once_and_have_no_order() -> None:
    fact = "purchases.sum(amount) where (occurred_on in {})"
    texts = [
        f"{fact.format('this year')} > 5",
        f"{fact.format('this year')} < 9",
        f"{fact.format('last year')} > 5",
    ]
    question = Question(Kind.LIST, parse(" and ".join(texts), SAMPLE))
    found = relevant(question, SAMPLE)
    assert [one.column.head for one in found.further] == ["Spend this year", "Spend last year"]
    assert len({one.column.key for one in found.further}) == 2
    answer = replace(list_answer(), columns=found.names, further=found.further)
    assert not [one for one in sortings(answer) if "year" in one.said]
