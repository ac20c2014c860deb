"""The operations of Finance and of Desk whose answers are compared with Zoho's descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector.finance_lists import LISTS, PER_PAGE, Product
from connector.zoho.finance_products import PRODUCTS, everything
from sandbox.suite.desk import ORGANISATION
from tests.contracts.operations import Caller, Operation
from tests.support.finance_world import ORGANISATION as FINANCE_ORGANISATION
from tests.support.zoho_client import ZohoHttp

# Product -> folder of its descriptions. Zoho's description of Invoice v3 is in no repository that we know.
FOLDERS: dict[Product, str] = {"books": "books-v3", "inventory": "inventory-v1", "billing": "billing-v1"}


@dataclass(frozen=True)
class Described:
    """A list: the file that describes it, and the name of a single one's id in the path."""

    file: str
    identity: str


FILES: dict[Product, dict[str, Described]] = {
    "books": {
        "contacts": Described("contacts", "contact_id"),
        "items": Described("items", "item_id"),
        "invoices": Described("invoices", "invoice_id"),
        "estimates": Described("estimates", "estimate_id"),
        "salesorders": Described("sales-order", "salesorder_id"),
        "purchaseorders": Described("purchase-order", "purchaseorder_id"),
        "creditnotes": Described("credit-notes", "creditnote_id"),
        "customerpayments": Described("customer-payments", "payment_id"),
    },
    "inventory": {
        "contacts": Described("contacts", "contact_id"),
        "items": Described("items", "item_id"),
        "invoices": Described("invoices", "invoice_id"),
        "salesorders": Described("salesorders", "salesorder_id"),
        "purchaseorders": Described("purchaseorders", "purchaseorder_id"),
        "creditnotes": Described("credit-notes", "creditnote_id"),
        "customerpayments": Described("customer-payments", "payment_id"),
    },
    "billing": {
        "customers": Described("customers", "customer_id"),
        "subscriptions": Described("subscription", "subscription_id"),
        "invoices": Described("invoices", "invoice_id"),
        "estimates": Described("quotes", "estimate_id"),
    },
}


def _headers(product: Product) -> dict[str, str]:
    header = PRODUCTS[product].header
    return {header: FINANCE_ORGANISATION} if header else {}


def _list(product: Product, name: str, **more: Any) -> Caller:
    query = {"organization_id": FINANCE_ORGANISATION, "per_page": PER_PAGE, **more}
    path = f"{PRODUCTS[product].path}/{name}"
    return lambda zoho: zoho.call("GET", path, params=query, headers=_headers(product))


def _single(product: Product, name: str, identity: str) -> Caller:
    def asked(zoho: ZohoHttp) -> Any:
        body = _list(product, name, filter_by=everything(name))(zoho).json()
        rows = next(value for value in body.values() if isinstance(value, list) and value)
        return _list(product, f"{name}/{rows[0][identity]}")(zoho)

    return asked


def _finance() -> Iterator[Operation]:
    for product, folder in FOLDERS.items():
        root = PRODUCTS[product].path
        if product != "billing":
            path = "/organizations"
            yield Operation(
                f"{product} organisations", f"{folder}/organizations", path, "get", 200,
                _list(product, "organizations"), f"{root}{path}",
            )  # fmt: skip
        for one in LISTS[product]:
            if one.name not in FILES[product]:
                continue
            described = FILES[product][one.name]
            file, path = f"{folder}/{described.file}", f"/{one.name}"
            yield Operation(
                f"{product} {one.name}", file, path, "get", 200,
                _list(product, one.name, filter_by=everything(one.name)), f"{root}{path}",
            )  # fmt: skip
            path += f"/{{{described.identity}}}"
            yield Operation(
                f"{product} one of {one.name}", file, path, "get", 200,
                _single(product, one.name, described.identity), f"{root}{path}",
            )  # fmt: skip


TICKETS, THREADS = "/api/v1/tickets/search", "/api/v1/tickets/{ticketId}/threads"
EVER = "2000-01-01T00:00:00.000Z,2100-01-01T00:00:00.000Z"


def _tickets(zoho: ZohoHttp) -> Any:
    query = {"modifiedTimeRange": EVER, "limit": 50, "from": 0, "sortBy": "modifiedTime"}
    return zoho.call("GET", TICKETS, params=query, headers={"orgId": ORGANISATION})


def _threads(zoho: ZohoHttp) -> Any:
    ticket = _tickets(zoho).json()["data"][0]["id"]
    return zoho.call("GET", f"/api/v1/tickets/{ticket}/threads", headers={"orgId": ORGANISATION})


FINANCE = tuple(_finance())
DESK = (
    Operation("tickets", "desk-v1/Search", TICKETS, "get", 200, _tickets, TICKETS),
    Operation("threads", "desk-v1/Thread", THREADS, "get", 200, _threads, THREADS),
)
