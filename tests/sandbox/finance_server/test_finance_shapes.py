"""A sample of answers against recorded shapes: which keys, of which type, in list and in detail."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.finance_http import FinanceHttp

Check = Callable[[Any], bool]
TYPES: Mapping[str, Check] = {
    "id": lambda value: isinstance(value, str) and value.isdigit(),
    "id?": lambda value: value == "" or (isinstance(value, str) and value.isdigit()),
    "s": lambda value: isinstance(value, str),
    "n": lambda value: (
        type(value) is int or (type(value) is float and not value.is_integer() and round(value, 4) == value)
    ),
    "b": lambda value: isinstance(value, bool),
    "d": lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))),
    "d?": lambda value: value == "" or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))),
    "dt": lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", str(value))),
    "dt?": lambda value: value == "" or TYPES["dt"](value),
    "[]": lambda value: isinstance(value, list),
    "{}": lambda value: isinstance(value, dict),
}


def table(text: str) -> dict[str, str]:
    """``type: key key …`` by lines."""
    return {
        key: kind.strip()
        for kind, _, keys in (line.partition(":") for line in text.strip().splitlines())
        for key in keys.split()
    }


LISTS = {
    "contacts": table("""
        id: contact_id currency_id
        s: contact_name customer_name vendor_name company_name website language_code contact_type status
        s: customer_sub_type source payment_terms_label currency_code first_name last_name email phone mobile
        s: portal_status
        n: payment_terms outstanding_receivable_amount outstanding_receivable_amount_bcy
        n: unused_credits_receivable_amount outstanding_payable_amount unused_credits_payable_amount
        b: is_linked_with_zohocrm has_attachment
        dt: created_time last_modified_time
        []: custom_fields tags
        {}: custom_field_hash
    """),
    "invoices": table("""
        id: invoice_id customer_id currency_id
        id?: zcrm_potential_id salesperson_id
        s: invoice_number customer_name company_name email status current_sub_status reference_number due_days
        s: currency_code currency_symbol created_by salesperson_name zcrm_potential_name project_name
        s: template_type invoice_source sales_channel transaction_type country phone schedule_time template_id
        d: date due_date
        d?: issued_date last_reminder_sent_date last_payment_date payment_expected_date
        n: total balance exchange_rate reminders_sent shipping_charge adjustment write_off_amount
        n: unprocessed_payment_amount
        dt: created_time last_modified_time updated_time
        dt?: client_viewed_time mail_first_viewed_time mail_last_viewed_time
        b: is_emailed is_viewed_by_client is_viewed_in_mail has_attachment
        {}: billing_address shipping_address custom_field_hash
        []: custom_fields tags
    """),
    "estimates": table("""
        id: estimate_id customer_id currency_id
        s: estimate_number customer_name company_name status reference_number currency_code
        d: date expiry_date
        d?: accepted_date declined_date
        n: total
        dt: created_time last_modified_time
        dt?: client_viewed_time
        b: is_viewed_by_client is_emailed
        []: tags
    """),
    "salesorders": table("""
        id: salesorder_id customer_id currency_id
        s: salesorder_number customer_name status reference_number currency_code order_status invoiced_status
        s: paid_status shipped_status salesperson_name shipment_days
        d: date shipment_date
        n: total sub_total bcy_total quantity quantity_invoiced
        dt: created_time last_modified_time
        b: is_emailed
        []: custom_fields
    """),
    "purchaseorders": table("""
        id: purchaseorder_id vendor_id currency_id
        s: vendor_name company_name status order_status billed_status received_status purchaseorder_number
        s: reference_number currency_code
        d: date delivery_date
        d?: expected_delivery_date
        n: price_precision total quantity_yet_to_receive
        dt: created_time last_modified_time
        b: is_viewed_by_client
        []: receives tags
    """),
    "customerpayments": table("""
        id: payment_id customer_id account_id
        s: payment_number payment_type payment_status payment_mode payment_mode_formatted account_name
        s: customer_name invoice_numbers description reference_number last_four_digits gateway_transaction_id
        s: payment_gateway custom_fields_list
        d: date
        n: amount bcy_amount unused_amount bcy_unused_amount bcy_refunded_amount tax_amount_withheld
        dt: created_time last_modified_time
        []: applied_invoices
    """),
    "creditnotes": table("""
        id: creditnote_id customer_id currency_id
        s: creditnote_number status reference_number customer_name applied_invoices currency_code
        s: salesperson_name
        d: date issued_date
        n: total balance exchange_rate price_precision
        dt: created_time last_modified_time
        dt?: client_viewed_time
        b: is_viewed_by_client
        []: tags
    """),
    "items": table("""
        id: item_id
        id?: zcrm_product_id tax_id account_id
        s: name item_name unit status source description item_type product_type sku tax_name account_name
        n: rate purchase_rate
        b: is_linked_with_zohocrm can_be_sold can_be_purchased track_inventory
        dt: created_time last_modified_time
    """),
}
DETAILS = {
    "contacts": table("""
        id?: zcrm_account_id zcrm_contact_id crm_owner_id owner_id primary_contact_id
        s: owner_name contact_salutation designation department notes created_by_name exchange_rate
        b: is_crm_customer has_transaction
        n: credit_limit opening_balance_amount
        {}: billing_address shipping_address default_templates
        []: contact_persons addresses opening_balances customer_currency_summaries cards bank_accounts
        []: integration_references
        d: created_date
        dt: created_time last_modified_time
    """),
    "invoices": table("""
        []: line_items taxes salesorders contact_persons contact_persons_associated
        n: sub_total tax_total discount discount_total discount_percent bcy_sub_total bcy_total bcy_tax_total
        n: payment_made credits_applied roundoff_value price_precision payment_terms
        s: discount_type payment_terms_label notes terms invoice_url
        id?: recurring_invoice_id salesorder_id estimate_id
        b: is_discount_before_tax is_inclusive_tax allow_partial_payments
        {}: contact billing_address
    """),
    "estimates": table("""
        []: line_items invoice_ids
        n: sub_total tax_total exchange_rate
        s: notes terms
    """),
    "salesorders": table("[]: line_items invoices purchaseorders packages"),
    "purchaseorders": table("[]: line_items"),
    "customerpayments": table("""
        id: currency_id
        s: currency_code currency_symbol
        n: exchange_rate bank_charges
        []: invoices payment_refunds
        dt: created_time updated_time
    """),
    "creditnotes": table("""
        []: line_items invoices_credited creditnote_refunds
        n: total_credits_used total_refunded_amount
    """),
    "items": table("id: item_id"),
}
LINE = table("""
    id: line_item_id item_id
    n: item_order quantity rate bcy_rate sales_rate discount discount_amount tax_percentage item_total
    n: cost_amount
    s: name description unit tax_name tax_type account_name item_type product_type line_item_category
    []: tags item_custom_fields
""")
BILLING = {
    "customers": table("""
        id: customer_id
        s: display_name salutation first_name last_name email phone mobile company_name website currency_code
        n: outstanding unused_credits
        []: tags
        dt: created_time updated_time
    """),
    "subscriptions": table("""
        id: subscription_id customer_id
        s: name status customer_name email plan_name interval_unit reference_id currency_code currency_symbol
        n: amount interval
        d: created_at current_term_starts_at current_term_ends_at
        d?: activated_at last_billing_at next_billing_at expires_at
        b: auto_collect
        dt: created_time updated_time
    """),
    "invoices": table("""
        id: invoice_id customer_id
        s: number status customer_name email currency_code
        d: invoice_date due_date
        n: total balance
        dt: created_time updated_time
    """),
    "transactions": table("""
        id: transaction_id customer_id
        s: reference_id type status
        d: date
        n: amount
    """),
    "events": table("""
        id: event_id
        s: event_type
        dt: event_time
    """),
}


def wrong(row: Mapping[str, Any], shape: Mapping[str, str]) -> dict[str, Any]:
    """The keys that are missing or of another type."""
    return {
        key: row.get(key, "(missing)")
        for key, kind in shape.items()
        if key not in row or not TYPES[kind](row[key])
    }


def nothing_is_null(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(nothing_is_null, value.values()))
    if isinstance(value, list):
        return all(map(nothing_is_null, value))
    return value is not None


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_details_have_their_keys(finance: FinanceHttp, name: str) -> None:
    rows = finance.rows(name)
    assert rows
    for row in rows:
        assert wrong(row, LISTS[name]) == {}
        assert nothing_is_null(row)
    (identity,) = [key for key in rows[0] if key == f"{name[:-1]}_id" or key == "payment_id"]
    for row in rows[:: max(len(rows) // 5, 1)]:
        detail = finance.one(name, row[identity])
        assert wrong(detail, DETAILS[name]) == {}
        assert nothing_is_null(detail)
        assert [wrong(line, LINE) for line in detail.get("line_items", [])] == [{}] * len(
            detail.get("line_items", [])
        )


@pytest.mark.parametrize("name", BILLING)
def test_billing_has_its_own(finance: FinanceHttp, name: str) -> None:
    rows = finance.rows(f"/billing/v1/{name}")
    assert rows
    for row in rows:
        assert wrong(row, BILLING[name]) == {}
        assert "last_modified_time" not in row


def test_where_list_and_detail_differ(finance: FinanceHttp) -> None:
    row = finance.get("/invoices").json()["invoices"][0]
    assert "zipcode" in row["billing_address"]
    assert "zip" not in row["billing_address"]
    detail = finance.one("invoices", row["invoice_id"])
    assert "zip" in detail["billing_address"]
    assert "zipcode" not in detail["billing_address"]
    payment = finance.get("/customerpayments").json()["customerpayments"][0]
    assert not {"currency_code", "exchange_rate"} & set(payment)
    shown = finance.one("customerpayments", payment["payment_id"])
    assert "last_modified_time" not in shown
    applied = shown["invoices"][0]
    assert {"invoice_payment_id", "invoice_id", "amount_applied", "apply_date"} <= set(applied)


def test_the_organisation_is_listed_without_its_id_being_given(finance: FinanceHttp) -> None:
    for root in ("/books/v3", "/inventory/v1", "/invoice/v3", "/billing/v1"):
        answer = finance.zoho.get(f"{root}/organizations").json()
        assert set(answer) == {"code", "message", "organizations"}
        (own,) = answer["organizations"]
        one = finance.zoho.get(f"{root}/organizations/{own['organization_id']}").json()
        assert one == {"code": 0, "message": "success", "organization": own}
        assert finance.zoho.get(f"{root}/organizations/5").json()["code"] == 6041
        assert (own["time_zone"], own["currency_code"], own["price_precision"]) == (
            "America/Los_Angeles",
            "USD",
            2,
        )


def test_subscriptions_lead_many_lives(finance: FinanceHttp) -> None:
    rows = finance.rows("/billing/v1/subscriptions")
    statuses = {one["status"] for one in rows}
    assert {
        "live",
        "non_renewing",
        "cancelled",
        "trial",
        "dunning",
        "unpaid",
        "expired",
        "future",
    } <= statuses
    live = finance.rows("/billing/v1/subscriptions", filter_by="SubscriptionStatus.LIVE")
    assert {one["status"] for one in live} == {"live"}
    detail = finance.get(f"/billing/v1/subscriptions/{rows[0]['subscription_id']}").json()["subscription"]
    assert detail["plan"]["price"] == rows[0]["amount"]
    books = {one["contact_id"] for one in finance.rows("contacts")}
    assert {one["customer_id"] for one in rows} <= books


def test_an_events_payload_is_json_as_text(finance: FinanceHttp) -> None:
    first = finance.get("/billing/v1/events").json()["events"][0]
    event = finance.get(f"/billing/v1/events/{first['event_id']}").json()["event"]
    assert event["payload"].startswith("{")
    assert event["webhooks"] == []


def test_payments_of_billing_are_found_through_transactions(finance: FinanceHttp) -> None:
    paid = finance.rows("/billing/v1/transactions", filter_by="TransactionType.PAYMENT")
    assert {one["type"] for one in paid} == {"payment"}
    answer = finance.get(f"/billing/v1/payments/{paid[0]['transaction_id']}").json()
    assert answer["payment"]["amount"] == paid[0]["amount"]
    assert finance.get("/billing/v1/payments").status_code == 405
