"""The documents to begin with: one text, whose lines about sales depend on where the sales are."""

from __future__ import annotations

from enum import StrEnum

from bot.app.config import STARTING_DOCUMENT


class Sales(StrEnum):
    """Which records of the CRM are the sales."""

    DEALS = "deals"
    INVOICES = "invoices"


# Fields: https://www.zoho.com/crm/developer/docs/api/v8/field-meta.html of the module Invoices. Its first
# status is Created, which is a draft.
_INVOICES = """\
  transactions:
    module: Invoices
    fields: {name: Subject, stage: Status, occurred_on: Invoice_Date, amount_minor: Grand_Total}
"""
_BY_INVOICES = (
    ("  transactions: {module: Deals}\n", _INVOICES),
    ('stage = "Closed Won"', "not (stage starts with Created or stage starts with Cancel)"),
    ("        # criteria: which deals count as a purchase", "  # all but drafts"),
)
_EDITS = {Sales.DEALS: (), Sales.INVOICES: _BY_INVOICES}


def starting_document(sales: Sales) -> str:
    """A document that works on any Zoho organisation whose sales are such records."""
    text = STARTING_DOCUMENT
    for old, new in _EDITS[sales]:
        text = text.replace(old, new)
    return text
