"""Invoices, estimates, sales orders, credit notes and purchase orders as documents.

There are no taxes, discounts or shipping charges, so a total is the sum of its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sandbox.finance.documents import Document, Line
from sandbox.finance.parties import contact_names
from sandbox.finance.wire import at_home, money_of, number, rate_of, stamp


@dataclass(frozen=True)
class Deal:
    """A deal of the CRM that a document belongs to."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True)
class Paper:
    """What is to be known of a document; ``paid`` in hundredths of its currency."""

    id: str
    number: str
    party: Document
    day: date
    created: int
    lines: list[Line]
    status: str
    reference: str = ""
    salesperson: tuple[str, str] = ("", "")
    deal: Deal = field(default_factory=Deal)
    paid: int = 0
    modified: int | None = None
    viewed: int | None = None  # when the customer looked at it

    @property
    def total(self) -> int:
        """What it comes to, in hundredths."""
        return sum(line.total for line in self.lines)

    @property
    def due(self) -> date:
        """The day by which it is to be paid."""
        return self.day + timedelta(days=int(self.party.values["payment_terms"]))


def invoice(paper: Paper) -> Document:
    """An invoice. A void one keeps its total and its balance."""
    sent = paper.status != "draft"
    values = {
        "invoice_id": paper.id,
        "invoice_number": paper.number,
        **_common(paper),
        "email": paper.party.values["email"],
        "phone": paper.party.values["phone"],
        "due_date": paper.due.isoformat(),
        "issued_date": paper.day.isoformat() if sent else "",
        "balance": number(paper.total - paper.paid),
        "updated_time": stamp(_modified(paper)),
        "created_by": "Import",
        **_viewed(paper),
        "reminders_sent": 0,
        "last_reminder_sent_date": "",
        "last_payment_date": "",
        "payment_expected_date": "",
        "shipping_charge": 0,
        "adjustment": 0,
        "write_off_amount": 0,
        "project_name": "",
        "template_type": "standard",
        "invoice_source": "Client",
        "sales_channel": "direct_sales",
        "transaction_type": "renewal",
        "unprocessed_payment_amount": 0,
        "country": paper.party.extra["billing_address"]["country"],
        "billing_address": paper.party.extra["billing_address"],
        "shipping_address": paper.party.extra["shipping_address"],
        "schedule_time": "",
    }
    extra = {
        "payment_terms": paper.party.values["payment_terms"],
        "payment_terms_label": paper.party.values["payment_terms_label"],
        "payment_made": number(paper.paid),
        "credits_applied": 0,
        "recurring_invoice_id": "",
        "salesorder_id": "",
        "salesorder_number": "",
        "salesorders": [],
        "estimate_id": "",
        "contact_persons": [],
        "contact_persons_associated": [],
        "notes": "",
        "terms": "",
        "invoice_url": "",
        "allow_partial_payments": True,
    }
    return _document(paper, values, extra)


def estimate(paper: Paper) -> Document:
    """An estimate; the product's own word is quote."""
    decided = stamp(_modified(paper))[:10]
    values = {
        "estimate_id": paper.id,
        "estimate_number": paper.number,
        **_common(paper),
        "expiry_date": (paper.day + timedelta(days=45)).isoformat(),
        "accepted_date": decided if paper.status in {"accepted", "invoiced"} else "",
        "declined_date": decided if paper.status == "declined" else "",
        **_viewed(paper),
    }
    return _document(paper, values, {"notes": "", "terms": "", "invoice_ids": []})


def sales_order(paper: Paper) -> Document:
    """A sales order."""
    done = paper.status == "invoiced"
    values = {
        "salesorder_id": paper.id,
        "salesorder_number": paper.number,
        **_common(paper),
        "shipment_date": (paper.day + timedelta(days=7)).isoformat(),
        "shipment_days": "",
        "sub_total": number(paper.total),
        "bcy_total": number(at_home(paper.total, paper.party.values["currency_code"])),
        "is_emailed": paper.status != "draft",
        "order_status": "closed" if done else paper.status,
        "invoiced_status": "invoiced" if done else "",
        "paid_status": "",
        "shipped_status": "fulfilled" if done else "",
        "quantity": sum(line.quantity for line in paper.lines),
        "quantity_invoiced": sum(line.quantity for line in paper.lines) if done else 0,
    }
    return _document(paper, values, {"invoices": [], "purchaseorders": [], "packages": [], "notes": ""})


def credit_note(paper: Paper) -> Document:
    """A credit note; ``paid`` is what of it is refunded."""
    values = {
        "creditnote_id": paper.id,
        "creditnote_number": paper.number,
        **_common(paper),
        "issued_date": paper.day.isoformat(),
        "balance": number(paper.total - paper.paid),
        "applied_invoices": "",
        "price_precision": 2,
        **_viewed(paper),
    }
    extra = {
        "invoices_credited": [],
        "total_credits_used": 0,
        "total_refunded_amount": number(paper.paid),
        "creditnote_refunds": [],
    }
    return _document(paper, values, extra)


def purchase_order(paper: Paper) -> Document:
    """A purchase order; its party is a vendor."""
    common = _common(paper)
    names = {"vendor_id": common.pop("customer_id"), "vendor_name": common.pop("customer_name")}
    billed, received = paper.status in {"billed", "closed"}, paper.status in {"billed", "closed", "received"}
    values = {
        "purchaseorder_id": paper.id,
        "purchaseorder_number": paper.number,
        **names,
        **common,
        "order_status": paper.status,
        "billed_status": "billed" if billed else "",
        "received_status": "received" if received else "to_be_received",
        "delivery_date": (paper.day + timedelta(days=21)).isoformat(),
        "expected_delivery_date": "",
        "price_precision": 2,
        "quantity_yet_to_receive": 0 if received else sum(line.quantity for line in paper.lines),
        "is_viewed_by_client": False,
        "client_viewed_time": "",
        "receives": [],
    }
    return _document(paper, values, {"notes": "", "terms": ""})


MAKERS: Mapping[str, Callable[[Paper], Document]] = {
    "invoices": invoice,
    "estimates": estimate,
    "salesorders": sales_order,
    "creditnotes": credit_note,
    "purchaseorders": purchase_order,
}


def _document(paper: Paper, values: dict[str, Any], extra: dict[str, Any]) -> Document:
    return Document(paper.id, paper.created, _modified(paper), values, extra, paper.lines)


def _modified(paper: Paper) -> int:
    return paper.created if paper.modified is None else paper.modified


def _common(paper: Paper) -> dict[str, Any]:
    currency = paper.party.values["currency_code"]
    return {
        **contact_names(paper.party),
        "status": paper.status,
        "current_sub_status": paper.status,
        "current_sub_status_id": "",
        "reference_number": paper.reference,
        "date": paper.day.isoformat(),
        "total": number(paper.total),
        **money_of(currency),
        "exchange_rate": rate_of(currency),
        "salesperson_id": paper.salesperson[0],
        "salesperson_name": paper.salesperson[1],
        "zcrm_potential_id": paper.deal.id,
        "zcrm_potential_name": paper.deal.name,
        "template_id": "",
        "custom_fields": [],
        "custom_field_hash": {},
        "tags": [],
        "has_attachment": False,
        "created_time": stamp(paper.created),
        "last_modified_time": stamp(_modified(paper)),
    }


def _viewed(paper: Paper) -> dict[str, Any]:
    seen = "" if paper.viewed is None else stamp(paper.viewed)
    return {
        "is_emailed": paper.status != "draft",
        "is_viewed_by_client": bool(seen),
        "client_viewed_time": seen,
        "is_viewed_in_mail": bool(seen),
        "mail_first_viewed_time": seen,
        "mail_last_viewed_time": seen,
    }
