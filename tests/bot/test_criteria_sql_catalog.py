"""Which fields criteria may use: system fields, labels of segmentations, and the CRM's own."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.store.account_facts import read_facts
from bot.store.accounts import SqlAccountBook
from bot.store.catalog import account_catalog, transaction_catalog
from bot.store.columns import ACCOUNT, TRANSACTION, AccountColumns, TransactionColumns
from bot.store.criteria_sql import where
from connector.cache.engine import Database
from scoring.config import Mapping, ModuleChoice
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
from tests.support.account_world import CONFIGURATION, NOW, StoppedClock, account, add, settle

SYSTEM_NAMES = (
    *("name", "industry", "annual_revenue", "employees", "owner", "owner_email", "city", "state", "country"),
    *("website", "phone", "type", "created", "modified", "label", "r", "f", "m", "rfm", "last_purchase"),
    *("purchases", "total_spend", "deals.count", "open_deals", "label.RFM", "label.Purchase behaviour"),
)


def catalog_of(database: Database) -> Catalog:
    with database.reads.connect() as connection:
        return account_catalog(connection, CONFIGURATION)


def test_system_fields_come_first_and_are_there_without_any_crm_metadata(database: Database) -> None:
    assert tuple(field.name for field in catalog_of(database)) == SYSTEM_NAMES


def test_crm_fields_follow_by_api_name_and_label(database: Database) -> None:
    settle(database)
    catalog = catalog_of(database)
    names = tuple(field.name for field in catalog)
    assert names == (*SYSTEM_NAMES, "Customer_Tier", "crm.Label", "Seats", "Tag")
    tier = catalog.find("customer tier")
    assert tier is not None
    assert (tier.name, tier.values, tier.source) == (
        "Customer_Tier",
        ("Gold", "Silver"),
        "raw:text:Customer_Tier",
    )


FOUND_BY_THE_CRMS_NAMES = {
    "Billing_City": ("city", FieldType.TEXT),
    "billing_country": ("country", FieldType.TEXT),
    "Account Name": ("name", FieldType.TEXT),
    "SECTOR": ("industry", FieldType.TEXT),
    "Annual_Revenue": ("annual_revenue", FieldType.MONEY),
    "Label": ("label", FieldType.TEXT),
    "Account_Type": ("type", FieldType.TEXT),
}


def test_a_system_field_is_found_by_the_crms_names_and_never_collides(database: Database) -> None:
    settle(database)
    catalog = catalog_of(database)
    fields = {written: catalog.find(written) for written in FOUND_BY_THE_CRMS_NAMES}
    assert {
        written: (field.name, field.type) for written, field in fields.items() if field
    } == FOUND_BY_THE_CRMS_NAMES


def test_known_values_are_the_picklist_and_what_occurs(database: Database) -> None:
    settle(database)
    catalog = catalog_of(database)
    values = {field.name: field.values for field in catalog}
    assert values["industry"] == ("medical", "banking", "retail")
    assert values["owner"] == ("Darcel Schlecht", "Melvin Marxen")
    assert values["label"] == ("VIP", "At Risk")
    assert values["city"] == ()
    with pytest.raises(CriteriaError, match="Did you mean medical"):
        parse("industry = medcal", catalog)


def test_a_mapping_to_another_field_moves_the_alias(database: Database) -> None:
    settle(database)
    choice = ModuleChoice(module="Accounts", fields={"industry": "Customer_Tier"})
    configuration = CONFIGURATION.model_copy(update={"mapping": Mapping(accounts=choice)})
    with database.reads.connect() as connection:
        catalog = account_catalog(connection, configuration)
    moved, left = catalog.find("Customer Tier"), catalog.find("Sector")
    assert moved is not None
    assert left is not None
    assert (moved.name, left.name) == ("industry", "crm.Industry")


TRANSACTIONS = {
    'stage = "closed won"': {"d1", "d2", "d6"},
    "closing_date before 2026-03-04 and amount <= 100": {"d1", "d7"},
    "Closing_Date is empty": {"d4", "d5", "d8"},
    "stage is empty": {"d5", "d8"},
    "product = GTX Pro and owner = Melvin Marxen and created in this month": {"d8"},
    "Forecast contains LINE": {"d8"},
}


def test_transactions(database: Database) -> None:
    settle(database)
    add(database, "crm_product", {"id": "p1", "name": "GTX Pro", "raw": "{}"})
    sold = {"id": "d8", "product_id": "p1", "owner_id": "u2", "created_at": NOW}
    add(database, "crm_transaction", {**sold, "raw": '{"Forecast": "Pipeline"}'})
    add(database, "crm_field", {"module": "Deals", "api_name": "Forecast", "label": "", "data_type": "text"})
    columns = TransactionColumns(database.dialect)
    with database.reads.connect() as connection:
        catalog = transaction_catalog(connection, CONFIGURATION)

        def found(criteria: str) -> set[str]:
            condition = where(parse(criteria, catalog), catalog, columns, Today(NOW.date()), database.dialect)
            query = select(TRANSACTION.c.id).select_from(columns.rows()).where(condition)
            return set(connection.execute(query).scalars())

        assert {criteria: found(criteria) for criteria in TRANSACTIONS} == TRANSACTIONS


def test_a_hostile_value_is_only_ever_a_value(database: Database) -> None:
    settle(database)
    catalog = catalog_of(database)
    columns = AccountColumns("RFM", database.dialect)
    text = """name contains "%' OR 1=1 --" or name starts with "_" or "Customer Tier" is not empty"""
    condition = where(parse(text, catalog), catalog, columns, Today(NOW.date()), database.dialect)
    with database.reads.connect() as connection:
        query = select(ACCOUNT.c.id).select_from(columns.rows()).where(condition)
        assert list(connection.execute(query).scalars()) == ["a1"]


def test_an_instant_that_is_only_in_the_raw_record_falls_on_the_organisations_day(database: Database) -> None:
    settle(database)
    add(database, "crm_account", account(5, "Late", raw={"Last_Visit": "2026-03-08T04:30:00+00:00"}))
    add(database, "crm_account", account(6, "Summer", raw={"Last_Visit": "2026-03-09T03:30:00+00:00"}))
    visit = {"module": "Accounts", "api_name": "Last_Visit", "label": "Last visit", "data_type": "datetime"}
    add(database, "crm_field", visit)
    rules = (Label(name="Before", when="last_visit = 2026-03-07"), Label(name="Then", when="r is empty"))
    segmentation = CONFIGURATION.of(RfmSegmentation)[0].model_copy(update={"labels": rules})
    today = Today(date(2026, 3, 30), zone=ZoneInfo("America/New_York"))
    book = SqlAccountBook(database, lambda: CONFIGURATION, StoppedClock(), lambda _id: None)
    asked = {day: parse(f"Last_Visit = {day}", book.catalog()) for day in ("2026-03-07", "2026-03-08")}
    assert {day: [one.id for one in book.page(node, (), 10)] for day, node in asked.items()} == {
        "2026-03-07": ["a5"],
        "2026-03-08": ["a6"],
    }
    with database.reads.connect() as connection:
        facts = read_facts(connection, segmentation, CONFIGURATION, today)
    frame = facts.frame.set_index(facts.ids.to_pandas())
    assert mask(asked["2026-03-07"], frame, facts.catalog, today)[["a5", "a6"]].tolist() == [True, False]
