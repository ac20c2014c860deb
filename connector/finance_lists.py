"""The lists of Zoho Finance's products, and in which ways their changes can be found. Values only.

From Zoho's OpenAPI files of Books, Inventory and Billing, and from what is known of live answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

Product: TypeAlias = Literal["books", "invoice", "inventory", "billing"]
SortOrder: TypeAlias = Literal["A", "D"]
Sort: TypeAlias = tuple[str, SortOrder]

CONTACT = "contact"
ITEM = "item"
PER_PAGE = 200  # Zoho Finance's default and its most


class Way(StrEnum):
    """How the changes of a list are found."""

    FILTER = "filter"  # the list takes last_modified_time
    SORTED = "sorted"  # sorted by last_modified_time, the latest first, until the rows are old
    CREATED = "created"  # the same by created_time: new rows only, edits come with the whole walk
    WHOLE = "whole"  # every row, compared with what is held


SORTS: dict[Way, Sort] = {Way.SORTED: ("last_modified_time", "D"), Way.CREATED: ("created_time", "D")}


@dataclass(frozen=True, slots=True)
class FinanceList:
    """A list of a Finance product.

    Attributes:
        name: the path's last part.
        kind: contact, item, or the kind of document, as in ``fin_document``.
        ways: in which its changes are looked for; the next one is taken when one is not honoured.
        order: of a walk over rows that must not move while it lasts: edits leave ``created_time`` as it is.
        counted: whether the list says how many rows it has (response_option=2).
        has_lines: whether a single document has lines.
    """

    name: str
    kind: str
    ways: tuple[Way, ...]
    order: Sort | None = ("created_time", "A")
    counted: bool = False
    has_lines: bool = False


_BY_FILTER = (Way.FILTER, Way.SORTED, Way.WHOLE)
_CONTACTS = FinanceList("contacts", CONTACT, (Way.SORTED, Way.WHOLE))
_ITEMS = FinanceList("items", ITEM, (Way.WHOLE,), ("name", "A"))
_INVOICES = FinanceList("invoices", "invoice", _BY_FILTER, counted=True, has_lines=True)
_ESTIMATES = FinanceList("estimates", "estimate", _BY_FILTER, has_lines=True)
_SALES_ORDERS = FinanceList("salesorders", "sales_order", _BY_FILTER, has_lines=True)
_PURCHASE_ORDERS = FinanceList("purchaseorders", "purchase_order", _BY_FILTER, has_lines=True)
_CREDIT_NOTES = FinanceList("creditnotes", "credit_note", _BY_FILTER, has_lines=True)
_PAYMENTS = FinanceList("customerpayments", "payment", (Way.SORTED, Way.CREATED, Way.WHOLE))
# Contacts first: the documents' accounts are found through them.
LISTS: dict[Product, tuple[FinanceList, ...]] = {
    "books": (
        _CONTACTS, _ITEMS, _INVOICES, _ESTIMATES, _SALES_ORDERS, _PURCHASE_ORDERS, _CREDIT_NOTES, _PAYMENTS,
    ),
    "invoice": (_CONTACTS, _ITEMS, _INVOICES, _ESTIMATES, _CREDIT_NOTES, _PAYMENTS),
    "inventory": (
        _CONTACTS, _ITEMS, _INVOICES, _SALES_ORDERS, _PURCHASE_ORDERS, _CREDIT_NOTES, _PAYMENTS,
    ),
    # Billing has neither the filter nor a list of payments; its lists document no sorting.
    "billing": (
        FinanceList("customers", CONTACT, (Way.WHOLE,), None),
        FinanceList("subscriptions", "subscription", (Way.WHOLE,), None),
        FinanceList("invoices", "invoice", (Way.WHOLE,), None, has_lines=True),
    ),
}  # fmt: skip
