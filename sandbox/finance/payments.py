"""Customers' payments as documents, and what they do to the invoices that they pay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.finance.documents import Archive, Document
from sandbox.finance.wire import at_home, hundredths, identity, money_of, number, rate_of, stamp

MODES = {"check": "Check", "cash": "Cash", "banktransfer": "Bank Transfer", "creditcard": "Credit Card"}
UNPAYABLE = frozenset({"draft", "void"})


@dataclass(frozen=True)
class Receipt:
    """What is to be known of a payment; ``applied`` in hundredths by invoice."""

    id: str
    number: str
    customer: Document
    day: date
    created: int
    amount: int
    applied: Sequence[tuple[Document, int]]
    mode: str = "banktransfer"
    reference: str = ""


def payment(receipt: Receipt) -> Document:
    """A payment. Its list row says nothing of the currency but the amounts in the home currency."""
    currency = receipt.customer.values["currency_code"]
    values: dict[str, Any] = {
        "payment_id": receipt.id,
        "payment_number": receipt.number,
        "payment_type": "Invoice Payment",
        "payment_status": "paid",
        "payment_mode": receipt.mode,
        "payment_mode_formatted": MODES.get(receipt.mode, receipt.mode),
        "date": receipt.day.isoformat(),
        "amount": number(receipt.amount),
        "bcy_amount": number(at_home(receipt.amount, currency)),
        "bcy_refunded_amount": 0,
        "account_id": identity(361),
        "account_name": "Undeposited Funds",
        "customer_id": receipt.customer.id,
        "customer_name": receipt.customer.values["contact_name"],
        "description": "",
        "reference_number": receipt.reference,
        "last_four_digits": "",
        "gateway_transaction_id": "",
        "payment_gateway": "",
        "tax_amount_withheld": 0,
        "created_time": stamp(receipt.created),
        "last_modified_time": stamp(receipt.created),
        "custom_fields_list": "",
    }
    extra: dict[str, Any] = {
        **money_of(currency),
        "exchange_rate": rate_of(currency),
        "payment_refunds": [],
        "bank_charges": 0,
        "invoices": [],
    }
    document = Document(receipt.id, receipt.created, receipt.created, values, extra)
    apply(document, [(one, cents) for one, cents in receipt.applied])
    return document


def apply(document: Document, applied: Sequence[tuple[Document, int]]) -> None:
    """Say which invoices a payment pays; the rest of it is unused."""
    lines = [_applied(document, one, cents) for one, cents in applied]
    document.extra["invoices"] = lines
    rest = hundredths(document.values["amount"]) - sum(cents for _, cents in applied)
    currency = str(document.extra["currency_code"])
    document.values |= {
        "unused_amount": number(rest),
        "bcy_unused_amount": number(at_home(rest, currency)),
        "invoice_numbers": ", ".join(str(line["invoice_number"]) for line in lines),
        "applied_invoices": [
            {key: line[key] for key in ("invoice_id", "invoice_number", "amount_applied")} for line in lines
        ],
    }


def _applied(document: Document, invoice: Document, cents: int) -> dict[str, Any]:
    return {
        "invoice_payment_id": str(int(invoice.id) + int(document.id) % 1_000_000),
        "invoice_id": invoice.id,
        "invoice_number": invoice.values["invoice_number"],
        "amount_applied": number(cents),
        "discount_amount": 0,
        "total": invoice.values["total"],
        "balance": invoice.values["balance"],
        "date": invoice.values["date"],
        "due_date": invoice.values["due_date"],
        "apply_date": document.values["date"],
    }


def settled(invoice: Document, balance: int, day: date) -> Mapping[str, Any]:
    """The values of an invoice of which ``balance`` is left to pay; a draft or void one keeps its status."""
    total = hundredths(invoice.values["total"])
    status = str(invoice.values["status"])
    if status in UNPAYABLE:
        return {"balance": number(balance)}
    late = str(invoice.values["due_date"]) < day.isoformat()
    unpaid = "overdue" if late else "sent"
    status = "paid" if balance <= 0 else "partially_paid" if balance < total else unpaid
    return {
        "balance": number(balance),
        "status": status,
        "current_sub_status": status,
        "payment_made": number(total - balance),
    }


def receive(archive: Archive, document: Document, day: date) -> None:
    """Enter a payment: the invoices that it pays change with it."""
    archive.insert("customerpayments", document)
    for line in document.extra["invoices"]:
        invoice = archive.of("invoices")[line["invoice_id"]]
        left = hundredths(invoice.values["balance"]) - hundredths(line["amount_applied"])
        paid_on = {"last_payment_date": document.values["date"]}
        archive.update("invoices", invoice, **settled(invoice, left, day), **paid_on)
        line["balance"] = invoice.values["balance"]


def take_back(archive: Archive, document: Document, day: date) -> None:
    """Delete a payment: what it paid is owed again."""
    archive.delete("customerpayments", document)
    for line in document.extra["invoices"]:
        invoice = archive.of("invoices").get(line["invoice_id"])
        if invoice is not None:
            owed = hundredths(invoice.values["balance"]) + hundredths(line["amount_applied"])
            archive.update("invoices", invoice, **settled(invoice, owed, day))


def release(archive: Archive, invoice: Document) -> None:
    """An invoice is gone: what was paid on it is unused from now on."""
    for document in list(archive.of_customer("customerpayments", str(invoice.values["customer_id"]))):
        kept = [line for line in document.extra["invoices"] if line["invoice_id"] != invoice.id]
        if len(kept) == len(document.extra["invoices"]):
            continue
        invoices = archive.of("invoices")
        applied = [(invoices[line["invoice_id"]], hundredths(line["amount_applied"])) for line in kept]
        apply(document, applied)
        archive.update("customerpayments", document)
