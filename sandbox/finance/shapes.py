"""A document as a list shows it, and as its detail does; they differ in more than length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.finance.documents import Archive, Document, Line
from sandbox.finance.kinds import Kind
from sandbox.finance.parties import days_late
from sandbox.finance.wire import at_home, hundredths, number, today

OWED_STATUSES = frozenset({"sent", "viewed", "overdue", "partially_paid", "unpaid"})
WITH_LINES = frozenset({"invoices", "estimates", "salesorders", "purchaseorders", "creditnotes"})
ADDRESSES = ("billing_address", "shipping_address")
Shape = Callable[[Document], dict[str, Any]]


def list_shape(archive: Archive, kind: Kind) -> Shape:
    """How a page's rows are made; what is counted over all invoices is counted once for the page."""
    if kind.shelf == "contacts":
        owed = receivables(archive)
        return lambda document: document.values | _amounts(document, owed)
    if kind.shelf == "invoices":
        day = today(archive.clock)
        return lambda document: _invoice_row(document) | {"due_days": _late(document, day)}
    return lambda document: document.values


def detail(archive: Archive, kind: Kind, document: Document) -> dict[str, Any]:
    """The detail of one document."""
    shown = document.values | document.extra
    if kind.shelf == "contacts":
        shown |= _amounts(document, receivables(archive)) | _contact_details(archive, document)
    elif kind.shelf == "invoices":
        shown |= {"due_days": _late(document, today(archive.clock))} | _customer_of(archive, document)
    elif kind.shelf == "customerpayments":
        shown["updated_time"] = shown.pop("last_modified_time")
    if kind.shelf in WITH_LINES:
        shown |= line_details(archive, document)
    return shown


def plain_row(document: Document) -> dict[str, Any]:
    """What a list shows that depends on this document alone."""
    return _invoice_row(document) if "invoice_number" in document.values else document.values


def receivables(archive: Archive) -> Mapping[str, tuple[int, int]]:
    """What each customer owes and has as unused credits, in hundredths of the customer's currency."""
    owed: Counter[str] = Counter()
    unused: Counter[str] = Counter()
    for one in archive.of("invoices").values():
        if one.values["balance"] and one.values["status"] in OWED_STATUSES:
            owed[one.values["customer_id"]] += hundredths(one.values["balance"])
    for one in archive.of("creditnotes").values():
        if one.values["status"] == "open":
            unused[one.values["customer_id"]] += hundredths(one.values["balance"])
    for one in archive.of("customerpayments").values():
        if one.values["unused_amount"]:
            unused[one.values["customer_id"]] += hundredths(one.values["unused_amount"])
    return {customer: (owed[customer], unused[customer]) for customer in owed | unused}


def _amounts(document: Document, owed: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    receivable, unused = owed.get(document.id, (0, 0))
    currency = str(document.values["currency_code"])
    return {
        "outstanding_receivable_amount": number(receivable),
        "outstanding_receivable_amount_bcy": number(at_home(receivable, currency)),
        "unused_credits_receivable_amount": number(unused),
        "unused_credits_receivable_amount_bcy": number(at_home(unused, currency)),
        "outstanding_payable_amount": 0,
        "outstanding_payable_amount_bcy": 0,
        "unused_credits_payable_amount": 0,
    }


def _contact_details(archive: Archive, document: Document) -> dict[str, Any]:
    receivable, unused = receivables(archive).get(document.id, (0, 0))
    values = document.values
    summary = {
        "currency_id": values["currency_id"],
        "currency_code": values["currency_code"],
        "is_base_currency": values["currency_code"] == "USD",
        "outstanding_receivable_amount": number(receivable),
        "unused_credits_receivable_amount": number(unused),
    }
    return {"has_transaction": in_use(archive, document), "customer_currency_summaries": [summary]}


def in_use(archive: Archive, contact: Document) -> bool:
    """Whether there is any document of a contact."""
    lists = (*WITH_LINES, "customerpayments", "subscriptions")
    return any(
        contact.id in {one.values.get("customer_id"), one.values.get("vendor_id")}
        for name in lists
        for one in archive.of(name).values()
    )


def _customer_of(archive: Archive, document: Document) -> dict[str, Any]:
    receivable, unused = receivables(archive).get(str(document.values["customer_id"]), (0, 0))
    about = {
        "customer_balance": number(receivable),
        "credit_limit": 0,
        "unused_customer_credits": number(unused),
    }
    return {"contact": about}


def _late(document: Document, day: Any) -> str:
    values = document.values
    return days_late(values["due_date"], values["balance"], values["status"], day)


def _invoice_row(document: Document) -> dict[str, Any]:
    """Addresses of the list have ``zipcode`` where those of details have ``zip``."""
    row = dict(document.values)
    for key in ADDRESSES:
        place = dict(row[key])
        place["zipcode"] = place.pop("zip")
        row[key] = place
    return row


def line_details(archive: Archive, document: Document) -> dict[str, Any]:
    """The lines of a document and the sums that only its detail has."""
    currency = str(document.values["currency_code"])
    total = sum(line.total for line in document.lines)
    lines = [_line(archive, line, at, currency) for at, line in enumerate(document.lines, 1)]
    return {
        "line_items": lines,
        "sub_total": number(total),
        "tax_total": 0,
        "discount": 0,
        "discount_total": 0,
        "discount_percent": 0,
        "discount_type": "entity_level",
        "is_discount_before_tax": True,
        "is_inclusive_tax": False,
        "bcy_sub_total": number(at_home(total, currency)),
        "bcy_total": number(at_home(total, currency)),
        "bcy_tax_total": 0,
        "roundoff_value": 0,
        "price_precision": 2,
        "taxes": [],
    }


def _line(archive: Archive, line: Line, at: int, currency: str) -> dict[str, Any]:
    item = archive.of("items").get(line.item)
    return {
        "line_item_id": line.id,
        "item_id": line.item,
        "item_order": at,
        "name": line.name,
        "description": "",
        "unit": "pcs" if item is not None else "",
        "quantity": line.quantity,
        "rate": number(line.rate),
        "bcy_rate": number(at_home(line.rate, currency)),
        "sales_rate": number(line.rate),
        "discount": 0,
        "discount_amount": 0,
        "tax_id": "",
        "tax_name": "",
        "tax_type": "tax",
        "tax_percentage": 0,
        "item_total": number(line.total),
        "account_id": "",
        "account_name": "Sales",
        "project_id": "",
        "salesorder_item_id": "",
        "item_type": item.values["item_type"] if item is not None else "",
        "product_type": item.values["product_type"] if item is not None else "",
        "line_item_category": "",
        "tags": [],
        "item_custom_fields": [],
        "cost_amount": 0,
    }


def shown_rows(shape: Shape, documents: Iterable[Document]) -> list[dict[str, Any]]:
    """The rows of a page."""
    return [shape(one) for one in documents]
