"""The lists of Finance: their addresses, keys, scopes, filters and orders, by product.

Parameters and their support follow Zoho's descriptions and live recordings. What is uncertain is decided
here: Invoice v3 serves the same lists as Books with the same support of ``last_modified_time``; Inventory
has no estimates, and honours ``last_modified_time`` for items only; items are listed active only unless
asked for all (one of two recordings; the stricter one); ``last_modified_time`` means strictly later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.finance import billing

Values = Mapping[str, Any]
Choice = Callable[[Values], bool]


@dataclass(frozen=True)
class Kind:
    """One list and the documents in it.

    ``filters`` are parameters by type: text, id, number, date. ``choices`` are the known values of
    ``filter_by``; ``unasked`` is the one in force when none is given. ``called`` is what messages
    call a document.
    """

    shelf: str
    plural: str
    singular: str
    identity: str
    called: str
    group: str
    report: str
    sortable: frozenset[str]
    filters: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Choice] = field(default_factory=dict)
    sorting: tuple[str, str] = ("created_time", "D")
    everything: str = "Status.All"
    unasked: str = ""
    modified_filter: bool = False
    counted: bool = False  # whether response_option is known
    written: bool = True
    listed: bool = True
    order_quirk: bool = False  # sort_column=created_time comes descending, whatever is asked


@dataclass(frozen=True)
class Product:
    """One of the four APIs."""

    root: str
    service: str
    kinds: Mapping[str, Kind]
    header: str = ""
    by_query: bool = True


def _has(key: str, *wanted: str) -> Choice:
    return lambda values: values.get(key) in wanted


def _status(*wanted: str) -> Choice:
    return _has("status", *wanted)


def _statuses(**names: str) -> dict[str, Choice]:
    """Choices by the last part of their names; several statuses are separated by blanks."""
    return {f"Status.{name}": _status(*wanted.split()) for name, wanted in names.items()}


def _words(kind: str, text: str) -> dict[str, str]:
    return dict.fromkeys(text.split(), kind)


SALES_FILTERS = (
    _words("text", "reference_number customer_name email item_name item_description")
    | _words("id", "customer_id item_id zcrm_potential_id salesperson_id status")
    | _words("number", "total")
    | _words("date", "date created_date")
)
SALES_SORT = frozenset({"customer_name", "date", "total", "created_time", "last_modified_time"})

CONTACTS = Kind(
    "contacts", "contacts", "contact", "contact_id", "Contact", "contacts", "Contacts",
    frozenset(
        {"contact_name", "first_name", "last_name", "email", "outstanding_receivable_amount", "created_time"}
        | {"last_modified_time"}
    ),
    _words("text", "contact_name company_name first_name last_name email phone")
    | _words("id", "contact_type zcrm_contact_id zcrm_account_id zcrm_vendor_id"),
    _statuses(Active="active", Inactive="inactive")
    | {
        "Status.Crm": lambda values: bool(values["is_linked_with_zohocrm"]),
        "Status.PortalEnabled": lambda values: bool(values["portal_status"] == "enabled"),
        "Status.PortalDisabled": lambda values: bool(values["portal_status"] == "disabled"),
    },
    sorting=("contact_name", "A"),
)  # fmt: skip
INVOICES = Kind(
    "invoices", "invoices", "invoice", "invoice_id", "Invoice", "invoices", "Invoices",
    SALES_SORT | {"invoice_number", "due_date", "balance"},
    SALES_FILTERS
    | {"invoice_number": "text", "due_date": "date", "balance": "number", "recurring_invoice_id": "id"},
    _statuses(
        Sent="sent viewed", Draft="draft", OverDue="overdue", Paid="paid", Void="void", Viewed="viewed",
        PartiallyPaid="partially_paid", Unpaid="sent viewed overdue partially_paid unpaid",
    )
    | {"Date.PaymentExpectedDate": lambda values: bool(values["payment_expected_date"])},
    modified_filter=True,
    counted=True,
)  # fmt: skip
ESTIMATES = Kind(
    "estimates", "estimates", "estimate", "estimate_id", "Quote", "estimates", "Quotes",
    SALES_SORT | {"estimate_number"},
    SALES_FILTERS | {"estimate_number": "text", "expiry_date": "date"},
    _statuses(
        Sent="sent viewed", Draft="draft", Invoiced="invoiced", Accepted="accepted", Declined="declined",
        Expired="expired", Viewed="viewed",
    ),
    modified_filter=True,
)  # fmt: skip
SALES_ORDERS = Kind(
    "salesorders", "salesorders", "salesorder", "salesorder_id", "Sales Order", "salesorders", "Sales Orders",
    SALES_SORT | {"salesorder_number", "reference_number", "shipment_date"},
    SALES_FILTERS | {"salesorder_number": "text", "shipment_date": "date", "salesorder_ids": "id"},
    _statuses(Open="open", Draft="draft", Invoiced="invoiced", Void="void", Closed="closed invoiced")
    | {"Status.Shipped": lambda values: bool(values["shipped_status"])},
    modified_filter=True,
)  # fmt: skip
PURCHASE_ORDERS = Kind(
    "purchaseorders", "purchaseorders", "purchaseorder", "purchaseorder_id", "Purchase Order",
    "purchaseorders", "Purchase Orders",
    (SALES_SORT - {"customer_name"}) | {"vendor_name", "purchaseorder_number", "delivery_date"},
    _words("text", "purchaseorder_number reference_number vendor_name item_name")
    | _words("id", "vendor_id item_id status")
    | _words("date", "date created_date")
    | {"total": "number"},
    _statuses(
        Draft="draft", Issued="open", Billed="billed", Received="received", Cancelled="cancelled",
        Closed="closed",
    ),
    modified_filter=True,
    order_quirk=True,
)  # fmt: skip
PAYMENTS = Kind(
    "customerpayments", "customerpayments", "payment", "payment_id", "Payment", "customerpayments",
    "Payments Received",
    frozenset({"date", "amount", "customer_name", "payment_number", "created_time"}),
    _words("text", "customer_name reference_number") | _words("id", "customer_id payment_mode")
    | {"date": "date", "amount": "number"},
    {
        "PaymentMode.Check": _has("payment_mode", "check"),
        "PaymentMode.Cash": _has("payment_mode", "cash"),
        "PaymentMode.BankTransfer": _has("payment_mode", "banktransfer"),
        "PaymentMode.CreditCard": _has("payment_mode", "creditcard"),
    },
    sorting=("date", "D"),
    everything="PaymentMode.All",
)  # fmt: skip
CREDIT_NOTES = Kind(
    "creditnotes", "creditnotes", "creditnote", "creditnote_id", "Credit note", "creditnotes", "Credit Notes",
    SALES_SORT | {"creditnote_number", "balance"},
    SALES_FILTERS | {"creditnote_number": "text"},
    _statuses(Open="open", Draft="draft", Closed="closed", Void="void"),
    modified_filter=True,
)  # fmt: skip
ITEMS = Kind(
    "items", "items", "item", "item_id", "Item", "settings", "Items",
    frozenset({"name", "rate", "tax_name"}),
    _words("text", "name description") | {"rate": "number"},
    _statuses(Active="active", Inactive="inactive"),
    sorting=("name", "A"),
    unasked="Status.Active",
)  # fmt: skip

SUBSCRIPTION_STATUSES = [
    "live",
    "trial",
    "future",
    "unpaid",
    "non_renewing",
    "cancelled",
    "cancelled_from_dunning",
    "expired",
    "trial_expired",
]
BILLING_CUSTOMERS = Kind(
    billing.CUSTOMERS, "customers", "customer", "customer_id", "Customer", "customers", "Customers",
    frozenset({"display_name", "created_time"}),
    choices=_statuses(Active="active", Inactive="inactive"),
    written=False,
)  # fmt: skip
SUBSCRIPTIONS = Kind(
    billing.SUBSCRIPTIONS, "subscriptions", "subscription", "subscription_id", "Subscription",
    "subscriptions", "Subscriptions",
    frozenset({"created_time", "customer_name"}),
    {"customer_id": "id"},
    {f"SubscriptionStatus.{one.upper()}": _status(one) for one in SUBSCRIPTION_STATUSES}
    | {
        "SubscriptionStatus.ACTIVE": _status("live", "trial", "dunning", "unpaid", "non_renewing"),
        "SubscriptionStatus.PAST_DUE": _status("dunning"),
        "SubscriptionMode.ONLINE": lambda values: bool(values["auto_collect"]),
        "SubscriptionMode.OFFLINE": lambda values: not values["auto_collect"],
    },
    everything="SubscriptionStatus.All",
    written=False,
)  # fmt: skip
BILLING_INVOICES = replace(
    INVOICES,
    shelf=billing.INVOICES,
    filters={"customer_id": "id"},
    sortable=frozenset({"created_time", "invoice_date", "number", "customer_name"}),
    modified_filter=False,
    counted=False,
    written=False,
)
TRANSACTIONS = Kind(
    billing.TRANSACTIONS, "transactions", "transaction", "transaction_id", "Transaction", "customers",
    "Transactions", frozenset({"date"}), {"customer_id": "id"},
    {
        "TransactionType.INVOICE": _has("type", "invoice"),
        "TransactionType.PAYMENT": _has("type", "payment"),
        "TransactionType.CREDIT": _has("type", "credit"),
        "TransactionType.REFUND": _has("type", "refund"),
    },
    sorting=("date", "D"),
    everything="TransactionType.All",
    written=False,
)  # fmt: skip
EVENTS = Kind(
    billing.EVENTS, "events", "event", "event_id", "Event", "webhooks", "Events",
    frozenset({"event_time"}), sorting=("event_time", "D"), written=False,
)  # fmt: skip
PLANS = Kind(
    billing.PLANS, "plans", "plan", "plan_code", "Plan", "plans", "Plans",
    frozenset({"name", "created_time"}),
    choices=_statuses(Active="active", Inactive="inactive"),
    written=False,
)  # fmt: skip
BILLING_PAYMENTS = Kind(
    billing.PAYMENTS, "payments", "payment", "payment_id", "Payment", "payments", "Payments",
    frozenset(), listed=False, written=False,
)  # fmt: skip

BOOKS_KINDS = {
    one.shelf: one
    for one in (
        CONTACTS, INVOICES, ESTIMATES, SALES_ORDERS, PURCHASE_ORDERS, PAYMENTS, CREDIT_NOTES, ITEMS,
    )
}  # fmt: skip
INVENTORY_KINDS = {name: replace(one, modified_filter=False) for name, one in BOOKS_KINDS.items()} | {
    "items": replace(
        ITEMS,
        group="items",
        modified_filter=True,
        sortable=ITEMS.sortable | {"created_time", "last_modified_time"},
    )
}
del INVENTORY_KINDS["estimates"]
BILLING_KINDS = {
    "customers": BILLING_CUSTOMERS,
    "subscriptions": SUBSCRIPTIONS,
    "invoices": BILLING_INVOICES,
    "transactions": TRANSACTIONS,
    "events": EVENTS,
    "plans": PLANS,
    "payments": BILLING_PAYMENTS,
}
PRODUCTS = (
    Product("/books/v3", "ZohoBooks", BOOKS_KINDS),
    Product("/inventory/v1", "ZohoInventory", INVENTORY_KINDS),
    Product("/invoice/v3", "ZohoInvoice", BOOKS_KINDS, "x-com-zoho-invoice-organizationid"),
    Product(
        "/billing/v1",
        "ZohoSubscriptions",
        BILLING_KINDS,
        "x-com-zoho-subscriptions-organizationid",
        by_query=False,
    ),
)


def kind_of(shelf: str) -> Kind | None:
    """The kind by the name under which documents are kept."""
    every = (*BOOKS_KINDS.values(), *BILLING_KINDS.values())
    return next((one for one in every if one.shelf == shelf), None)
