"""Lists: pages, filters that work and filters that are silently ignored, orders, counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.finance.wire import hundredths, number, read_stamp, stamp
from tests.support.finance_http import BILLING_HEADER, ORGANISATION, FinanceHttp

MODIFIED_LISTS = ("invoices", "estimates", "salesorders", "purchaseorders", "creditnotes")


def context(finance: FinanceHttp, path: str, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = finance.get(path, **query).json()["page_context"]
    return found


@pytest.mark.parametrize(
    ("path", "report", "column", "order", "applied"),
    [
        ("/contacts", "Contacts", "contact_name", "A", "Status.All"),
        ("/invoices", "Invoices", "created_time", "D", "Status.All"),
        ("/estimates", "Quotes", "created_time", "D", "Status.All"),
        ("/creditnotes", "Credit Notes", "created_time", "D", "Status.All"),
        ("/customerpayments", "Payments Received", "date", "D", "PaymentMode.All"),
        ("/items", "Items", "name", "A", "Status.Active"),
    ],
)
def test_what_a_list_says_of_itself(
    finance: FinanceHttp, path: str, report: str, column: str, order: str, applied: str
) -> None:
    assert context(finance, path, per_page=5) == {
        "page": 1,
        "per_page": 5,
        "has_more_page": True,
        "report_name": report,
        "applied_filter": applied,
        "custom_fields": [],
        "sort_column": column,
        "sort_order": order,
    }


def test_pages(finance: FinanceHttp) -> None:
    answer = finance.get("/invoices").json()
    assert (len(answer["invoices"]), answer["page_context"]["per_page"]) == (200, 200)
    assert context(finance, "/invoices", per_page=500)["per_page"] == 200
    rows = finance.rows("invoices")
    assert len({one["invoice_id"] for one in rows}) == len(rows) == 3_616
    last = finance.get("/invoices", page=19).json()
    assert len(last["invoices"]) == 3_616 - 18 * 200
    assert last["page_context"]["has_more_page"] is False
    beyond = finance.get("/invoices", page=20).json()
    assert (beyond["invoices"], beyond["page_context"]["has_more_page"]) == ([], False)
    assert finance.get("/invoices", page=0).json() == {"code": 2, "message": "Invalid value passed for page"}


@pytest.mark.parametrize("asked", ["Status.Nonsense", "Paid", "Status.paid"])
def test_an_unknown_filter_is_ignored_and_the_echo_says_so(finance: FinanceHttp, asked: str) -> None:
    query = {"filter_by": asked, "colour": "red", "per_page": 1}
    assert context(finance, "/invoices", **query)["applied_filter"] == "Status.All"
    count = context(finance, "/invoices", response_option=2, filter_by=asked, colour="red")
    assert count["total"] == 3_616


def test_filters_by_status(finance: FinanceHttp) -> None:
    for asked, expected in (("Paid", {"paid"}), ("OverDue", {"overdue"}), ("Void", {"void"})):
        answer = finance.get("/invoices", filter_by=f"Status.{asked}").json()
        assert answer["page_context"]["applied_filter"] == f"Status.{asked}"
        assert {one["status"] for one in answer["invoices"]} == expected
    inactive = finance.rows("items", filter_by="Status.Inactive")
    active = finance.rows("items")
    assert {one["status"] for one in active} == {"active"}
    assert len(active) + len(inactive) == len(finance.rows("items", filter_by="Status.All")) == 397


@pytest.mark.parametrize("name", MODIFIED_LISTS)
def test_changes_since_a_moment(finance: FinanceHttp, name: str) -> None:
    rows = finance.rows(name)
    moments = sorted(read_stamp(one["last_modified_time"]) or 0 for one in rows)
    middle = moments[len(moments) // 2]
    found = finance.rows(name, last_modified_time=stamp(middle))
    assert len(found) == sum(moment > middle for moment in moments)
    assert finance.get(f"/{name}", last_modified_time="yesterday").json()["code"] == 2


@pytest.mark.parametrize("path", ["/contacts", "/items", "/customerpayments", "/inventory/v1/invoices"])
def test_where_changes_since_a_moment_are_not_known(finance: FinanceHttp, path: str) -> None:
    everything = context(finance, path, per_page=1)
    assert everything["has_more_page"] is True
    future = (datetime.now().astimezone() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%S%z")
    assert context(finance, path, per_page=1, last_modified_time=future) == everything


def test_inventory_knows_changed_items(finance: FinanceHttp) -> None:
    future = stamp(int(datetime.now().astimezone().timestamp()) + 3600)
    assert finance.get("/inventory/v1/items", last_modified_time=future).json()["items"] == []
    assert finance.get("/inventory/v1/estimates").status_code == 404


@pytest.mark.parametrize("name", ["contacts", "invoices", "creditnotes"])
@pytest.mark.parametrize("order", ["A", "D"])
def test_orders(finance: FinanceHttp, name: str, order: str) -> None:
    rows = finance.rows(name, sort_column="last_modified_time", sort_order=order)
    moments = [read_stamp(one["last_modified_time"]) or 0 for one in rows]
    assert moments == sorted(moments, reverse=order == "D")


def test_contacts_by_what_they_owe(finance: FinanceHttp) -> None:
    rows = finance.rows("contacts", sort_column="outstanding_receivable_amount", sort_order="D")
    amounts = [one["outstanding_receivable_amount"] for one in rows]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] > 0


def test_an_unknown_column_is_ignored_and_one_list_does_not_ascend(finance: FinanceHttp) -> None:
    assert context(finance, "/items", sort_column="last_modified_time")["sort_column"] == "name"
    quirk = context(finance, "/purchaseorders", sort_column="created_time", sort_order="A")
    assert quirk["sort_order"] == "D"


def test_counts_and_sums(finance: FinanceHttp) -> None:
    only = finance.get("/invoices", response_option=2).json()
    assert "invoices" not in only
    assert only["page_context"]["total"] == 3_616
    summed = finance.get("/invoices", response_option=3).json()
    assert summed["page_context"]["sum_columns"][0] == {"column": "total", "sum": 77_548_570.2}
    both = finance.get("/invoices", response_option=1, filter_by="Status.Void").json()
    assert len(both["invoices"]) == both["page_context"]["total"]
    assert "total" not in context(finance, "/contacts", response_option=2)


def test_other_filters(finance: FinanceHttp) -> None:
    row = finance.get("/invoices").json()["invoices"][0]
    customer = finance.rows("invoices", customer_id=row["customer_id"])
    assert {one["customer_id"] for one in customer} == {row["customer_id"]}
    by_number = finance.rows("invoices", invoice_number=row["invoice_number"])
    assert [one["invoice_id"] for one in by_number] == [row["invoice_id"]]
    begun = finance.rows("invoices", invoice_number_startswith="INV-4365")
    assert {one["invoice_number"][:8] for one in begun} == {"INV-4365"}
    large = finance.rows("invoices", total_greater_equals=150_000)
    assert all(one["total"] >= 150_000 for one in large)
    assert large
    day = row["date"]
    assert {one["date"] for one in finance.rows("invoices", date_start=day, date_end=day)} == {day}
    paid_on = finance.get("/customerpayments").json()["customerpayments"][0]["date"]
    assert {one["date"] for one in finance.rows("customerpayments", date_start=paid_on)} == {paid_on}
    vendors = finance.rows("contacts", contact_type="vendor")
    assert len(vendors) == 12
    found = finance.rows("contacts", search_text="progressive sp")
    assert "Progressive Sports" in {one["contact_name"] for one in found}
    ids = ",".join(one["salesorder_id"] for one in finance.get("/salesorders").json()["salesorders"][:3])
    assert len(finance.rows("salesorders", salesorder_ids=ids)) == 3


def test_the_organisations_id(finance: FinanceHttp) -> None:
    zoho = finance.zoho
    asked: tuple[tuple[str, dict[str, str]], ...] = (
        ("/books/v3/invoices", {}),
        ("/books/v3/invoices", {"organization_id": "1"}),
        ("/billing/v1/invoices", {"organization_id": ORGANISATION}),
    )
    for path, query in asked:
        answer = zoho.call("GET", path, params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, 6041)
    header = {"X-com-zoho-invoice-organizationid": ORGANISATION}
    assert zoho.get("/invoice/v3/invoices", header, per_page=1).status_code == 200
    assert zoho.get("/invoice/v3/invoices", organization_id=ORGANISATION, per_page=1).status_code == 200
    assert zoho.get("/billing/v1/invoices", {BILLING_HEADER: ORGANISATION}).status_code == 200


@pytest.mark.parametrize(
    ("path", "called"),
    [
        ("/contacts", "Contact"),
        ("/invoices", "Invoice"),
        ("/estimates", "Quote"),
        ("/customerpayments", "Payment"),
        ("/creditnotes", "Credit note"),
        ("/billing/v1/subscriptions", "Subscription"),
    ],
)
def test_what_does_not_exist(finance: FinanceHttp, path: str, called: str) -> None:
    answer = finance.get(f"{path}/460000")
    assert answer.status_code == 404
    assert answer.json() == {"code": 1002, "message": f"{called} does not exist."}


def test_addresses_and_methods_that_are_none(finance: FinanceHttp) -> None:
    assert finance.get("/nothing").json()["code"] == 5
    for method, path in (("DELETE", "/invoices"), ("PUT", "/contacts"), ("PATCH", "/invoices/1")):
        assert finance.call(method, path).status_code == 405, method


def test_details_of_many_items_and_the_currencies(finance: FinanceHttp) -> None:
    ids = [one["item_id"] for one in finance.get("/items").json()["items"][:5]]
    shown = finance.get("/itemdetails", item_ids=",".join(ids)).json()["items"]
    assert [one["item_id"] for one in shown] == ids
    currencies = finance.get("/settings/currencies").json()["currencies"]
    assert [one["currency_code"] for one in currencies if one["is_base_currency"]] == ["USD"]


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**12), 10**12))
def test_hundredths_survive_the_wire(cents: int) -> None:
    shown = number(cents)
    assert hundredths(shown) == cents
    assert isinstance(shown, int) == (cents % 100 == 0)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31))
def test_stamps_are_read_as_written(epoch: int) -> None:
    text = stamp(epoch)
    assert ":" not in text[-5:]
    assert read_stamp(text) == epoch
