"""Billing's own documents: service plans that some of the resellers subscribe to. All of it is invented.

Every tenth buying reseller is a Billing customer, under the same id as in Books.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson

from sandbox.finance.documents import Archive, Document
from sandbox.finance.organisation import Build
from sandbox.finance.rules import Calendar, instant
from sandbox.finance.wire import identity, money_of, number, stamp
from sandbox.zoho.invented import number_for

CUSTOMERS, SUBSCRIPTIONS, PLANS = "billing_customers", "subscriptions", "plans"
INVOICES, PAYMENTS, TRANSACTIONS, EVENTS = "billing_invoices", "payments", "transactions", "events"
FIRST_SUBSCRIPTION, FIRST_INVOICE, FIRST_PAYMENT, FIRST_EVENT, FIRST_PLAN = (
    70_000_000, 71_000_000, 72_000_000, 73_000_000, 74_000_000,
)  # fmt: skip
ONE_IN = 10
RENEWALS = 12
MONTH, YEAR = timedelta(days=30), timedelta(days=365)
# Code, name, price in cents, months or years.
PLAN_LIST = (
    ("care-monthly", "Workshop Care Monthly", 4_900, "months"),
    ("care-yearly", "Workshop Care Yearly", 49_000, "years"),
    ("parts-monthly", "Parts Portal Monthly", 12_950, "months"),
    ("parts-yearly", "Parts Portal Yearly", 129_500, "years"),
    ("fleet-monthly", "Fleet Service Monthly", 39_900, "months"),
)
STATUSES = (
    "live", "live", "live", "cancelled", "live", "non_renewing", "live", "trial", "live", "dunning",
    "live", "expired", "live", "unpaid", "live", "cancelled", "live", "future", "live", "trial_expired",
    "live", "cancelled_from_dunning",
)  # fmt: skip
NEVER_BILLED = frozenset({"trial", "future", "trial_expired"})
ENDED = frozenset({"cancelled", "expired", "cancelled_from_dunning", "trial_expired"})


@dataclass(frozen=True)
class Term:
    """A subscription's life: when it began and when its present (or last) term did."""

    plan: tuple[str, str, int, str]
    status: str
    began: date
    terms: int

    @property
    def length(self) -> timedelta:
        """Of one term."""
        return YEAR if self.plan[3] == "years" else MONTH

    @property
    def last(self) -> date:
        """The first day of the last term."""
        return self.began + self.length * (self.terms - 1)


def build_billing(build: Build) -> None:
    """Plans, customers, subscriptions, and what came of them."""
    archive = build.archive
    for at, plan in enumerate(PLAN_LIST):
        archive.place(PLANS, _plan(identity(FIRST_PLAN + at), plan, build.began))
    buyers = sorted({order.reseller for order in build.source.orders})[::ONE_IN]
    for at, reseller in enumerate(buyers):
        contact = build.customers[reseller]
        archive.place(CUSTOMERS, customer(contact))
        term = _term(at, build.calendar)
        subscription = _subscription(identity(FIRST_SUBSCRIPTION + at), contact, term, build.calendar)
        archive.place(SUBSCRIPTIONS, subscription)
        event(archive, subscription, "subscription_created", subscription.created)
        _bill(archive, at, contact, term)
        if term.status in ENDED:
            event(archive, subscription, f"subscription_{term.status}", subscription.modified)


def customer(contact: Document) -> Document:
    """A Billing customer, who is a contact of Books too."""
    values = contact.values
    shown = {
        "customer_id": contact.id,
        "display_name": values["contact_name"],
        "salutation": "",
        **{key: values[key] for key in ("first_name", "last_name", "email", "phone", "mobile")},
        "company_name": values["company_name"],
        "website": values["website"],
        "department": "",
        "designation": "",
        "currency_code": values["currency_code"],
        "outstanding": 0,
        "unused_credits": 0,
        "tags": [],
        "created_time": values["created_time"],
        "updated_time": values["last_modified_time"],
    }
    copied = ("zcrm_account_id", "zcrm_contact_id", "billing_address", "shipping_address")
    extra = {"status": values["status"], "custom_fields": [], **{key: contact.extra[key] for key in copied}}
    return Document(contact.id, contact.created, contact.modified, shown, extra)


def event(archive: Archive, about: Document, kind: str, moment: int) -> None:
    """Note that something happened. The payload is JSON as text."""
    where = identity(FIRST_EVENT + 10 * len(archive.of(EVENTS)))
    values = {"event_id": where, "event_type": kind, "event_time": stamp(moment)}
    payload = {"created_time": stamp(moment), "event_id": where, "event_type": kind, "data": about.values}
    archive.place(
        EVENTS,
        Document(where, moment, moment, values, {"payload": orjson.dumps(payload).decode(), "webhooks": []}),
    )


def note_changes(archive: Archive) -> None:
    """From now on every change of a subscription is an event."""
    archive.listeners.append(
        lambda name, what, one: (
            event(archive, one, f"subscription_{EVENT_OF[what]}", archive.clock.epoch())
            if name == SUBSCRIPTIONS
            else None
        )
    )


EVENT_OF = {"insert": "created", "update": "updated", "delete": "deleted"}


def _plan(where: str, plan: tuple[str, str, int, str], began: int) -> Document:
    code, name, price, unit = plan
    values: dict[str, Any] = {
        "plan_id": where,
        "plan_code": code,
        "name": name,
        "recurring_price": number(price),
        "unit": "",
        "interval": 1,
        "interval_unit": unit,
        "billing_cycles": -1,
        "trial_period": 0,
        "setup_fee": 0,
        "product_id": identity(FIRST_PLAN - 1),
        "product_type": "service",
        "description": "",
        "status": "active",
        "addons": [],
        "created_time": stamp(began),
        "updated_time": stamp(began),
    }
    return Document(where, began, began, values)


def _term(at: int, calendar: Calendar) -> Term:
    plan, status = PLAN_LIST[at % len(PLAN_LIST)], STATUSES[at % len(STATUSES)]
    length = YEAR if plan[3] == "years" else MONTH
    if status == "future":
        return Term(plan, status, calendar.today + timedelta(days=10), 1)
    terms = (
        1 if status in NEVER_BILLED else 2 if plan[3] == "years" else 2 + number_for(f"terms {at}", RENEWALS)
    )
    ago = length * terms if status in ENDED else length * (terms - 1)
    into = timedelta(days=number_for(f"into {at}", 12 if status == "trial" else 28))
    return Term(plan, status, calendar.yesterday - ago - into, terms)


def _subscription(where: str, contact: Document, term: Term, calendar: Calendar) -> Document:
    code, name, price, unit = term.plan
    signed = min(term.began - timedelta(days=1), calendar.yesterday)
    created = instant(signed, where)
    ends = term.last + term.length
    over = term.status in ENDED
    changed = ends if over else min(term.last, calendar.yesterday)
    modified = instant(changed, f"changed {where}")
    billed = term.status not in NEVER_BILLED
    values = {
        "subscription_id": where,
        "name": f"Service-{name}",
        "status": term.status,
        "amount": number(price),
        "customer_id": contact.id,
        "customer_name": contact.values["contact_name"],
        "email": contact.values["email"],
        "plan_name": name,
        "plan_code": code,
        "created_at": signed.isoformat(),
        "activated_at": term.began.isoformat() if billed else "",
        "current_term_starts_at": term.last.isoformat(),
        "current_term_ends_at": ends.isoformat(),
        "last_billing_at": term.last.isoformat() if billed else "",
        "next_billing_at": "" if over or term.status == "non_renewing" else ends.isoformat(),
        "expires_at": ends.isoformat() if term.status in {"non_renewing", "expired"} else "",
        "interval": 1,
        "interval_unit": unit,
        "auto_collect": False,
        "created_time": stamp(created),
        "updated_time": stamp(max(created, modified)),
        "reference_id": "",
        "salesperson_id": "",
        "salesperson_name": "",
        **{key: one for key, one in money_of("USD").items() if key != "currency_id"},
    }
    extra = {
        "plan": {"plan_code": code, "name": name, "quantity": 1, "price": number(price)},
        "addons": [],
        "customer": {"customer_id": contact.id, "display_name": contact.values["contact_name"]},
        "card": {},
        "taxes": [],
        "custom_fields": [],
        "cancelled_at": ends.isoformat() if term.status.startswith("cancelled") else "",
    }
    return Document(where, created, max(created, modified), values, extra)


def _bill(archive: Archive, at: int, contact: Document, term: Term) -> None:
    """An invoice a term; all are paid but the last one of those who do not pay."""
    if term.status in NEVER_BILLED:
        return
    days = [term.began + term.length * one for one in range(term.terms)][-RENEWALS:]
    for which, day in enumerate(days):
        last = which == len(days) - 1
        owed = last and term.status in {"dunning", "unpaid", "cancelled_from_dunning"}
        place = 100 * at + which
        bill = _bill_document(identity(FIRST_INVOICE + place), place, contact, day, term, owed=owed)
        archive.place(INVOICES, bill)
        _transaction(archive, bill, "invoice", "overdue" if owed else "paid")
        event(archive, bill, "invoice_notification", bill.created)
        if not owed:
            paid = _payment(identity(FIRST_PAYMENT + place), bill)
            archive.place(PAYMENTS, paid)
            _transaction(archive, paid, "payment", "success")
            event(archive, paid, "payment_thankyou", paid.created)


def _bill_document(
    where: str, place: int, contact: Document, day: date, term: Term, *, owed: bool
) -> Document:
    created = instant(day, where)
    price = number(term.plan[2])
    values = {
        "invoice_id": where,
        "number": f"SUB-{place:06}",
        "invoice_date": day.isoformat(),
        "due_date": day.isoformat(),
        "status": "overdue" if owed else "paid",
        "customer_id": contact.id,
        "customer_name": contact.values["contact_name"],
        "email": contact.values["email"],
        "total": price,
        "balance": price if owed else 0,
        **{key: one for key, one in money_of("USD").items() if key != "currency_id"},
        "created_time": stamp(created),
        "updated_time": stamp(created),
    }
    line = {"code": term.plan[0], "name": term.plan[1], "quantity": 1, "price": price, "item_total": price}
    extra = {"invoice_items": [line], "payments": [], "credits": [], "custom_fields": []}
    return Document(where, created, created, values, extra)


def _payment(where: str, bill: Document) -> Document:
    created = bill.created + 60
    values = {
        "payment_id": where,
        "payment_mode": "creditcard",
        "amount": bill.values["total"],
        "amount_refunded": 0,
        "bank_charges": 0,
        "date": stamp(created)[:10],
        "status": "success",
        "reference_number": bill.values["number"],
        "description": "",
        **{key: bill.values[key] for key in ("customer_id", "customer_name", "email", "currency_code")},
        "currency_symbol": bill.values["currency_symbol"],
        "created_time": stamp(created),
        "updated_time": stamp(created),
    }
    applied = {
        "invoice_id": bill.id,
        "invoice_number": bill.values["number"],
        "date": bill.values["invoice_date"],
        "invoice_amount": bill.values["total"],
        "amount_applied": bill.values["total"],
        "balance_amount": bill.values["balance"],
    }
    return Document(where, created, created, values, {"invoices": [applied], "custom_fields": []})


def _transaction(archive: Archive, about: Document, kind: str, status: str) -> None:
    values = {
        "transaction_id": about.id,
        "reference_id": str(about.get("number") or about.get("reference_number")),
        "date": stamp(about.created)[:10],
        "type": kind,
        "status": status,
        "customer_id": about.values["customer_id"],
        "amount": about.get("total") or about.get("amount"),
    }
    archive.place(TRANSACTIONS, Document(about.id, about.created, about.created, values))
