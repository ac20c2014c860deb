"""The Finance products: where each is, how it is told the organisation, and the scopes of its lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connector.finance_lists import Product


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """Facts of one product, from Zoho's OpenAPI files of Books, Inventory and Billing and Invoice's intro.

    Attributes:
        path: before every operation.
        carries: whether the organisation's id goes into the query ``organization_id`` or into ``header``.
        service: prefix of its scopes.
        modified: the key of the stamp of the last change in lists.
    """

    path: str
    carries: Literal["query", "header"]
    header: str
    service: str
    modified: str = "last_modified_time"

    def scope(self, list_name: str) -> str:
        """The scope that reading a list needs."""
        group = _SCOPE_GROUPS.get((self.service, list_name)) or _SCOPE_GROUPS.get(("", list_name), list_name)
        return f"{self.service}.{group}.READ"


# List -> group of scopes, where it is not the list's own name.
_SCOPE_GROUPS: dict[tuple[str, str], str] = {
    ("", "organizations"): "settings",
    ("", "items"): "settings",
    ("ZohoInventory", "items"): "items",
    ("ZohoSubscriptions", "estimates"): "quotes",
}
PRODUCTS: dict[Product, ProductFacts] = {
    "books": ProductFacts("/books/v3", "query", "", "ZohoBooks"),
    "inventory": ProductFacts("/inventory/v1", "query", "", "ZohoInventory"),
    # Its intro names a header, its samples use the query: both are sent.
    "invoice": ProductFacts("/invoice/v3", "query", "X-com-zoho-invoice-organizationid", "ZohoInvoice"),
    "billing": ProductFacts(
        "/billing/v1",
        "header",
        "X-com-zoho-subscriptions-organizationid",
        "ZohoSubscriptions",
        "updated_time",
    ),
}
# List -> the key of its rows, and of a single one. The OpenAPI files differ in places from what is answered.
ROWS: dict[str, tuple[str, ...]] = {"customerpayments": ("customerpayments", "customer_payments")}
SINGLES: dict[str, str] = {
    "contacts": "contact",
    "customers": "customer",
    "items": "item",
    "invoices": "invoice",
    "estimates": "estimate",
    "salesorders": "salesorder",
    "purchaseorders": "purchaseorder",
    "creditnotes": "creditnote",
    "customerpayments": "payment",
    "subscriptions": "subscription",
}
EVERYTHING: dict[str, str] = {
    "customerpayments": "PaymentMode.All",
    "subscriptions": "SubscriptionStatus.All",
}


def everything(list_name: str) -> str:
    """The ``filter_by`` that leaves nothing out: some lists leave out inactive rows without it."""
    return EVERYTHING.get(list_name, "Status.All")
