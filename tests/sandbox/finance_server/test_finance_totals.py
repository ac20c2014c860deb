"""The organisation holds the data set: every order, every line, to the cent; and its figures agree."""

from __future__ import annotations

import csv
import lzma
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.finance_http import FinanceHttp

DATA = Path(__file__).resolve().parents[3] / "sandbox/data/adventureworks_resellers"


Rows = Callable[[str], list[dict[str, Any]]]


def read(name: str) -> list[dict[str, str]]:
    with lzma.open(DATA / f"{name}.csv.xz", "rt", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def exact(value: float) -> Decimal:
    return Decimal(str(value))


@pytest.fixture(scope="module")
def walked() -> dict[str, list[dict[str, Any]]]:
    return {}


@pytest.fixture
def rows(finance: FinanceHttp, walked: dict[str, list[dict[str, Any]]]) -> Rows:
    """Every row of a list, read once: nothing changes here."""

    def every(name: str) -> list[dict[str, Any]]:
        if name not in walked:
            walked[name] = finance.rows(name)
        return walked[name]

    return every


@pytest.fixture(scope="module")
def sales() -> list[dict[str, str]]:
    return read("FactResellerSales")


def test_the_sum_of_all_invoices_is_the_sum_of_the_file(rows: Rows, sales: list[dict[str, str]]) -> None:
    invoices = rows("invoices")
    by_order: dict[str, Decimal] = defaultdict(Decimal)
    for line in sales:
        by_order[line["SalesOrderNumber"]] += Decimal(line["SalesAmount"])
    assert {one["reference_number"]: exact(one["total"]) for one in invoices} == by_order
    assert sum(exact(one["total"]) for one in invoices) == Decimal("77548570.20")
    assert any(one["status"] == "void" and one["total"] == one["balance"] > 0 for one in invoices)


def test_a_detail_has_the_lines_of_its_order(finance: FinanceHttp, sales: list[dict[str, str]]) -> None:
    for row in finance.get("/invoices", per_page=3, sort_column="total", sort_order="D").json()["invoices"]:
        detail = finance.one("invoices", row["invoice_id"])
        expected = [line for line in sales if line["SalesOrderNumber"] == row["reference_number"]]
        shown = [
            (one["quantity"], exact(one["rate"]), exact(one["item_total"])) for one in detail["line_items"]
        ]
        assert shown == [
            (int(one["OrderQuantity"]), Decimal(one["UnitPrice"]), Decimal(one["SalesAmount"]))
            for one in expected
        ]
        assert detail["sub_total"] == detail["total"] == row["total"]


def test_every_line_is_there(finance: FinanceHttp, sales: list[dict[str, str]]) -> None:
    records = finance.sandbox("GET", "records/invoices")["records"]
    assert sum(len(one["lines"]) for one in records) == len(sales) == 57_851


def test_resellers_products_and_statuses(rows: Rows, finance: FinanceHttp) -> None:
    contacts = rows("contacts")
    customers = [one for one in contacts if one["contact_type"] == "customer"]
    assert Counter(one["company_name"] for one in customers) == Counter(
        one["ResellerName"] for one in read("Resellers")
    )
    assert len({one["contact_name"] for one in contacts}) == len(contacts)
    assert len(finance.rows("items", filter_by="Status.All")) == len(read("Product"))
    statuses = Counter(one["status"] for one in rows("invoices"))
    assert set(statuses) == {"paid", "sent", "viewed", "overdue", "partially_paid", "void", "draft"}
    assert statuses["paid"] > 3_000


def test_the_last_order_was_yesterday_and_nothing_is_later(rows: Rows, finance: FinanceHttp) -> None:
    zone = ZoneInfo(finance.get("/organizations").json()["organizations"][0]["time_zone"])
    now = datetime.now(zone)
    yesterday = (now - timedelta(days=1)).date()
    invoices = rows("invoices")
    assert max(one["date"] for one in invoices) == yesterday.isoformat()
    for name in ("invoices", "customerpayments", "creditnotes", "estimates", "purchaseorders", "salesorders"):
        for one in rows(name):
            stamps = [one["created_time"], one["last_modified_time"]]
            moments = [datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z") for stamp in stamps]
            assert moments == sorted(moments)
            assert moments[-1] <= now
            assert stamps[0][-5:] in {"-0700", "-0800"}
            assert date.fromisoformat(one["date"]) <= yesterday


def test_what_is_paid_is_what_payments_say(rows: Rows) -> None:
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for one in rows("customerpayments"):
        applied = sum(exact(line["amount_applied"]) for line in one["applied_invoices"])
        assert exact(one["amount"]) == applied + exact(one["unused_amount"])
        for line in one["applied_invoices"]:
            paid[line["invoice_id"]] += exact(line["amount_applied"])
    for row in rows("invoices"):
        assert exact(row["total"]) - exact(row["balance"]) == paid[row["invoice_id"]], row["invoice_number"]
        assert (row["status"] == "paid") == (row["balance"] == 0)
    joined = [one for one in rows("customerpayments") if ", " in one["invoice_numbers"]]
    assert joined


def test_a_customers_outstanding_amount_is_the_sum_of_balances(rows: Rows, finance: FinanceHttp) -> None:
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for one in finance.rows("invoices", filter_by="Status.Unpaid"):
        owed[one["customer_id"]] += exact(one["balance"])
    shown = {one["contact_id"]: exact(one["outstanding_receivable_amount"]) for one in rows("contacts")}
    assert {key: value for key, value in shown.items() if value} == owed


def test_other_currencies(rows: Rows, finance: FinanceHttp) -> None:
    foreign = [one for one in rows("invoices") if one["currency_code"] != "USD"]
    assert {one["currency_code"] for one in foreign} == {"CAD", "EUR", "GBP", "AUD"}
    assert 0 < len(foreign) < 100
    for row in foreign[:3]:
        detail = finance.one("invoices", row["invoice_id"])
        assert abs(detail["bcy_total"] - row["total"] * row["exchange_rate"]) < 0.01
    assert {one["exchange_rate"] for one in rows("invoices") if one["currency_code"] == "USD"} == {1}


def test_the_crm_is_linked_by_account_by_contact_and_by_deal(rows: Rows, finance: FinanceHttp) -> None:
    records = finance.sandbox("GET", "records/contacts")["records"]
    accounts = [one["detail"]["zcrm_account_id"] for one in records if one["detail"]["zcrm_account_id"]]
    assert len(accounts) == len(set(accounts)) == 50
    for account in accounts[:3]:
        assert finance.zoho.get(f"/crm/v8/Accounts/{account}").status_code == 200
        found = finance.get("/contacts", zcrm_account_id=account).json()["contacts"]
        assert len(found) == 1
        assert not any(key.startswith("zcrm") for key in found[0]), "a list never shows the CRM's ids"
        assert finance.one("contacts", found[0]["contact_id"])["zcrm_account_id"] == account
    by_contact = [
        one for one in records if not one["detail"]["zcrm_account_id"] and one["detail"]["zcrm_contact_id"]
    ]
    assert len(by_contact) == 10
    person = by_contact[0]["detail"]["zcrm_contact_id"]
    assert finance.zoho.get(f"/crm/v8/Contacts/{person}").status_code == 200
    deals = {one["zcrm_potential_id"] for one in rows("invoices") if one["zcrm_potential_id"]}
    assert len(deals) >= 8
    assert finance.zoho.get(f"/crm/v8/Deals/{min(deals)}").status_code == 200
