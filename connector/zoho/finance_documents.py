"""Documents of every kind: whether they count, and for how much in the organisation's currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.errors import Skippable
from connector.finance_ports import DocumentDetail, FinanceDocument
from connector.zoho.finance_canonical import canonical, digits
from connector.zoho.finance_values import (
    Context,
    Row,
    day,
    identifier,
    instant,
    lines,
    minor,
    modified_at,
    number,
    text,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Under which keys a kind of document keeps what; several where products differ.

    Attributes:
        counting: statuses of documents that count.
        others: statuses of those that do not; any other status is unknown, and does not count.
    """

    id: str
    number: tuple[str, ...]
    day: tuple[str, ...]
    counting: frozenset[str]
    others: frozenset[str]
    due: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    total: str = "total"
    balance: str = "balance"
    base_total: str = "bcy_total"
    base_balance: str = "bcy_balance"
    contact: str = "customer_id"
    status: str = "status"


_WAITING = frozenset({"draft", "pending_approval", "void", "rejected"})
# What counts: invoices that were sent, whatever was paid of them; credit notes that stand, which take away.
# A void document keeps its total, so only the status says it.
SHAPES: dict[str, Shape] = {
    "invoice": Shape(
        "invoice_id",
        ("invoice_number", "number"),
        ("date", "invoice_date"),
        frozenset({"sent", "viewed", "overdue", "partially_paid", "paid", "unpaid"}),
        _WAITING | {"approved", "pending"},
        due=("due_date",),
    ),
    "estimate": Shape(
        "estimate_id",
        ("estimate_number",),
        ("date",),
        frozenset({"approved", "sent", "viewed", "accepted", "invoiced", "partially_invoiced", "signed"}),
        _WAITING | {"declined", "expired"},
        ends=("expiry_date",),
    ),
    "sales_order": Shape(
        "salesorder_id",
        ("salesorder_number",),
        ("date",),
        frozenset(
            {
                *("approved", "open", "confirmed", "invoiced", "partially_invoiced", "closed", "overdue"),
                *("onhold", "shipped", "partially_shipped", "fulfilled"),
            }
        ),
        _WAITING | {"cancelled"},
        due=("shipment_date",),
    ),
    "purchase_order": Shape(
        "purchaseorder_id",
        ("purchaseorder_number",),
        ("date",),
        frozenset(
            {
                *("approved", "open", "issued", "billed", "partially_billed", "received"),
                *("partially_received", "closed"),
            }
        ),
        _WAITING | {"cancelled"},
        due=("expected_delivery_date", "delivery_date"),
        contact="vendor_id",
    ),
    "payment": Shape(
        "payment_id",
        ("payment_number",),
        ("date",),
        frozenset({"", "paid", "success", "completed", "cleared", "deposited"}),
        _WAITING | {"failure", "failed", "pending", "initiated", "cancelled", "refunded"},
        total="amount",
        balance="unused_amount",
        base_total="bcy_amount",
        base_balance="bcy_unused_amount",
        status="payment_status",
    ),
    "credit_note": Shape(
        "creditnote_id",
        ("creditnote_number",),
        ("date",),
        frozenset({"open", "closed"}),
        _WAITING | {"approved"},
    ),
    # Those that bring money month by month.
    "subscription": Shape(
        "subscription_id",
        ("subscription_number", "name"),
        ("activated_at", "current_term_starts_at", "created_at"),
        frozenset({"live", "non_renewing", "dunning", "unpaid"}),
        frozenset(
            {
                *("trial", "future", "cancelled", "cancelled_from_dunning", "creation_failed"),
                *("expired", "trial_expired", "paused"),
            }
        ),
        due=("next_billing_at",),
        ends=("expires_at", "cancelled_at"),
        total="amount",
    ),
}
MONTHS = {"months": Decimal(1), "years": Decimal(12), "weeks": Decimal(12) / 52, "days": Decimal(12) / 365}


def document(kind: str, row: Row, context: Context) -> FinanceDocument:
    """A document of a list.

    Raises:
        Skippable: its id, a date or an amount cannot be used.
    """
    shape = SHAPES[kind]
    rate, stated = _rate(row, context)
    status = status_of(kind, row)
    ends = shape.ends + (("current_term_ends_at",) if status == "non_renewing" else ())
    return FinanceDocument(
        kind=kind,
        id=identifier(row, shape.id),
        number=text(row, *shape.number),
        status=status or None,
        counts=status in shape.counting,
        contact_id=text(row, shape.contact),
        deal_id=text(row, "zcrm_potential_id"),
        occurred_on=day(row, *shape.day),
        due_on=day(row, *shape.due) if shape.due else None,
        ends_on=day(row, *ends) if ends else None,
        currency=text(row, "currency_code"),
        exchange_rate=stated,
        total_minor=_amount(row, shape.base_total, shape.total, rate),
        balance_minor=_amount(row, shape.base_balance, shape.balance, rate),
        monthly_minor=_monthly(row, rate, counts=status in shape.counting)
        if kind == "subscription"
        else None,
        viewed_at=viewed_at(row, context),
        created_at=instant(row.get("created_time"), context.zone),
        modified_at=modified_at(row, context),
        raw=canonical(row),
    )


def detail(kind: str, row: Row, context: Context) -> DocumentDetail:
    """What only the single document says."""
    shape = SHAPES[kind]
    rate, stated = _rate(row, context)
    rows = row.get("line_items") or row.get("invoice_items")
    return DocumentDetail(
        kind,
        identifier(row, shape.id),
        lines(rows, rate),
        stated,
        _amount(row, shape.base_total, shape.total, rate),
        _amount(row, shape.base_balance, shape.balance, rate),
    )


def status_of(kind: str, row: Row) -> str:
    """The status as it is compared; empty when there is none."""
    return (text(row, SHAPES[kind].status) or "").lower()


def is_known(kind: str, status: str) -> bool:
    """Whether we know what a status means."""
    return status in SHAPES[kind].counting or status in SHAPES[kind].others


def _rate(row: Row, context: Context) -> tuple[Decimal | None, str | None]:
    """Units of the organisation's currency for one of the document's, and what the row says of it.

    None when the document is in another currency and its rate is not said (lists leave it out in places).
    """
    said = number(row, "exchange_rate")
    stated = digits(said) if said else None
    currency = text(row, "currency_code")
    if currency is None or currency == context.currency:
        return Decimal(1), stated
    return (said if said and said > 0 else None), stated


def _amount(row: Row, base_key: str, key: str, rate: Decimal | None) -> int | None:
    """In the organisation's currency: as the row says it, or converted."""
    base = number(row, base_key)
    if base is not None:
        return minor(base)
    return minor(number(row, key), rate) if rate is not None else None


def _monthly(row: Row, rate: Decimal | None, *, counts: bool) -> int | None:
    """Amount by interval in months; nothing for a subscription that brings nothing."""
    amount = number(row, "amount")
    if not counts:
        return 0
    if amount is None or rate is None:
        return None
    interval = number(row, "interval") or Decimal(1)
    unit = MONTHS.get((text(row, "interval_unit") or "months").lower())
    if unit is None or interval <= 0:
        raise Skippable("its interval is not one of months, years, weeks or days")
    return minor(amount * rate / (interval * unit))


def viewed_at(row: Row, context: Context) -> datetime | None:
    """When the customer last looked at it, as far as the list says."""
    stamps = []
    if row.get("is_viewed_by_client") is True:
        stamps.append(row.get("client_viewed_time"))
    if row.get("is_viewed_in_mail") is True:
        stamps += [row.get("mail_last_viewed_time"), row.get("mail_first_viewed_time")]
    seen = [found for stamp in stamps if (found := instant(stamp, context.zone)) is not None]
    return max(seen, default=None)
