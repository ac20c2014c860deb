from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import ConnectorError, Fatal, NeedsPerson, NotOffered, OutOfBudget, Skippable
from connector.zoho import finance_documents as documents
from connector.zoho import finance_values as values
from connector.zoho.finance import _month
from connector.zoho.finance_canonical import canonical
from connector.zoho.finance_products import PRODUCTS
from connector.zoho.finance_refusals import (
    Absent,
    Blocked,
    FinanceExchange,
    Passing,
    WrongOrganisation,
    error_for,
    read_refusal,
)

CONTEXT = values.Context("USD", ZoneInfo("America/New_York"))


def document(kind: str = "invoice", **row: Any) -> Any:
    keys = {
        "invoice_id": "1",
        "creditnote_id": "1",
        "payment_id": "1",
        "subscription_id": "1",
        "estimate_id": "1",
    }
    return documents.document(kind, keys | row, CONTEXT)


@pytest.mark.parametrize(
    ("kind", "status", "counts"),
    [
        *(("invoice", one, True) for one in ("sent", "viewed", "overdue", "partially_paid")),
        ("invoice", "paid", True), ("invoice", "unpaid", True),
        *(("invoice", one, False) for one in ("draft", "void", "pending_approval", "something new")),
        ("credit_note", "open", True), ("credit_note", "closed", True), ("credit_note", "void", False),
        ("estimate", "declined", False), ("estimate", "accepted", True),
        ("subscription", "dunning", True), ("subscription", "trial", False),
    ],
)  # fmt: skip
def test_statuses_say_what_counts(kind: str, status: str, counts: bool) -> None:
    found = document(kind, status=status, total=10, amount=10)
    assert found.counts is counts
    assert found.total_minor == 1000, "a void document keeps its total, a credit note's is positive"


def test_amounts_are_in_the_organisations_currency_and_exact() -> None:
    assert document(total=Decimal("0.07"), currency_code="USD", exchange_rate=1).total_minor == 7
    foreign = document(total=Decimal("100.01"), balance=1, currency_code="EUR", exchange_rate=Decimal("1.1"))
    assert (foreign.total_minor, foreign.balance_minor, foreign.exchange_rate) == (11001, 110, "1.1")
    assert document(total=100, bcy_total=111, currency_code="EUR").total_minor == 11100
    assert document(total=100, currency_code="EUR").total_minor is None, "no rate, no amount"
    assert document("payment", amount=5, bcy_amount=6).total_minor == 600
    assert values.minor(Decimal("0.125")) == 12
    assert values.minor(Decimal("0.135")) == 14


@pytest.mark.parametrize(
    ("interval", "unit", "monthly"),
    [(1, "months", 12000), (3, "months", 4000), (1, "years", 1000), ("", "", 12000)],
)
def test_subscriptions_by_the_month(interval: Any, unit: str, monthly: int) -> None:
    found = document("subscription", status="live", amount=120, interval=interval, interval_unit=unit)
    assert found.monthly_minor == monthly
    assert document("subscription", status="cancelled", amount=120).monthly_minor == 0


def test_empty_texts_are_nothing() -> None:
    found = document(date="", due_date="", total="", customer_id="", zcrm_potential_id="", created_time="")
    assert (found.occurred_on, found.due_on, found.total_minor, found.contact_id) == (None,) * 4
    assert (found.deal_id, found.created_at) == (None, None)


def test_days_and_stamps() -> None:
    found = document(date="2026-06-09", due_date="2026-07-09", last_modified_time="2026-06-09T09:46:21-0400")
    assert (found.occurred_on, found.due_on) == (date(2026, 6, 9), date(2026, 7, 9))
    assert found.modified_at == datetime(2026, 6, 9, 13, 46, 21, tzinfo=UTC)
    seen = document(
        is_viewed_by_client=True, client_viewed_time="2026-06-09 10:00",
        is_viewed_in_mail=False, mail_last_viewed_time="2026-06-10T10:00:00-0400",
    )  # fmt: skip
    assert seen.viewed_at == datetime(2026, 6, 9, 14, tzinfo=UTC)
    assert document(is_viewed_by_client=True, client_viewed_time="gestern").viewed_at is None


@pytest.mark.parametrize(
    "bad",
    [{"invoice_id": ""}, {"invoice_id": "../x"}, {"date": "2026-13-01"}, {"total": "much"}, {"total": True},
     {"total": Decimal("1e300")}, {"total": 10**30}, {"exchange_rate": []}],
)  # fmt: skip
def test_what_cannot_be_used_is_said(bad: dict[str, Any]) -> None:
    with pytest.raises(Skippable):
        document(**({"currency_code": "USD"} | bad))


def test_canonical_text_leaves_out_twins_and_what_passes() -> None:
    row = {"b": Decimal("1.50"), "a": {"x_formatted": "1,50", "x": [1, None, "ä\n"]}, "due_days": "in 3 days"}
    assert canonical(row) == '{"a":{"x":[1,null,"ä\\n"]},"b":1.5}'


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(-(10**9), 10**9, places=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=6))
def test_canonical_text_is_json_and_does_not_depend_on_order(row: dict[str, Any]) -> None:
    said = canonical(row)
    assert canonical(dict(reversed(row.items()))) == said
    assert canonical(json.loads(said, parse_float=Decimal)) == said


def test_lines_have_amounts_only_with_a_rate() -> None:
    rows = [
        {"line_item_id": "7", "item_id": "", "name": "Bike", "quantity": Decimal("1.50"), "item_total": 3},
        "?",
    ]
    (line,) = values.lines(rows, Decimal(2))
    assert (line.line_id, line.item_id, line.quantity, line.amount_minor) == ("7", None, "1.5", 600)
    assert values.lines(rows, None)[0].amount_minor is None
    assert values.lines("", Decimal(1)) == ()


@pytest.mark.parametrize(
    ("said", "month"), [(0, 1), (3, 4), ("1", 1), ("April", 4), ("", None), (12, None), (True, None)]
)
def test_months_however_they_are_said(said: object, month: int | None) -> None:
    assert _month(said) == month


@pytest.mark.parametrize(
    ("status", "body", "after", "kind"),
    [
        (400, {"code": 4}, None, Fatal), (400, {"code": 6041}, None, WrongOrganisation),
        (401, {"code": 57}, None, NeedsPerson), (401, {"code": 14}, None, NeedsPerson),
        (404, {"code": 1002}, None, Absent), (200, {"code": 1002}, None, Absent),
        (429, {"code": 44}, None, Blocked), (429, None, "1800", Blocked),
        (429, {"code": 45}, None, OutOfBudget),
        (429, {"code": 1070}, None, Passing), (500, {"code": 1000}, None, Passing),
        (503, None, None, Passing),
        (200, {"code": 9, "message": "no\nway"}, None, Fatal), (405, {"code": 37}, None, Fatal),
    ],
)  # fmt: skip
def test_refusals_are_sorted_by_how_one_recovers(
    status: int, body: Any, after: str | None, kind: type[ConnectorError]
) -> None:
    refusal = read_refusal(status, body, after)
    assert refusal is not None
    error = error_for(refusal, FinanceExchange(PRODUCTS["books"], "invoices", "GET books invoices"))
    assert type(error) is kind or (kind is OutOfBudget and isinstance(error, OutOfBudget))
    if kind is Blocked:
        assert isinstance(error, Blocked)
        assert error.after_seconds == 1800


def test_a_refused_filter_is_another_ways_turn() -> None:
    refusal = read_refusal(400, {"code": 4, "message": "Invalid value"}, None)
    assert refusal is not None
    choosy = FinanceExchange(PRODUCTS["books"], "invoices", "GET books invoices", is_choosy=True)
    assert isinstance(error_for(refusal, choosy), NotOffered)
    assert read_refusal(200, {"code": 0}, None) is None


@pytest.mark.parametrize(
    ("product", "name", "scope"),
    [("books", "items", "ZohoBooks.settings.READ"), ("inventory", "items", "ZohoInventory.items.READ"),
     ("billing", "customers", "ZohoSubscriptions.customers.READ"),
     ("invoice", "estimates", "ZohoInvoice.estimates.READ")],
)  # fmt: skip
def test_scopes(product: Any, name: str, scope: str) -> None:
    assert PRODUCTS[product].scope(name) == scope
