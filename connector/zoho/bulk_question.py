"""What a bulk job is asked for: the body of the call that enters it. Decides; sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.ports import Selection
from connector.zoho.canonical import Kind, kind_of

FIELDS_PER_JOB = 200
JOINS_PER_JOB = 5
# Zoho CRM, bulk read limits.
UNSERVED = frozenset({"Notes", "Attachments", "Emails"})
# What a record of a standard module is called by; custom modules have Name.
DISPLAY_FIELDS = {
    "Accounts": "Account_Name", "Contacts": "Full_Name", "Leads": "Full_Name", "Deals": "Deal_Name",
    "Products": "Product_Name", "Vendors": "Vendor_Name", "Campaigns": "Campaign_Name",
    "Price_Books": "Price_Book_Name", "Cases": "Subject", "Solutions": "Solution_Title",
    "Quotes": "Subject", "Sales_Orders": "Subject", "Purchase_Orders": "Subject", "Invoices": "Subject",
    "Tasks": "Subject", "Calls": "Subject", "Events": "Event_Title",
}  # fmt: skip


def unserved(selection: Selection) -> str | None:
    """Why bulk jobs do not read the module, as far as one knows without asking; None if they may."""
    if selection.module in UNSERVED:
        return f"Zoho's bulk jobs do not read {selection.module}."
    if selection.module == "Leads":
        return "Zoho's bulk jobs leave out converted leads."
    return None


def joins(selection: Selection) -> tuple[str, ...]:
    """The names of lookups, as paths: of the first few, as many as a job takes."""
    if len(selection.fields) > FIELDS_PER_JOB:
        return ()
    paths = [
        f"{one.api_name}.{DISPLAY_FIELDS.get(one.target, 'Name')}"
        for one in selection.fields
        if one.target is not None and kind_of(one) is Kind.LOOKUP
    ]
    return tuple(paths[: min(JOINS_PER_JOB, FIELDS_PER_JOB - len(selection.fields))])


def first_question(selection: Selection, joined: Sequence[str]) -> dict[str, Any]:
    """The body for the first job; without names of fields (that is, all) when there are too many to name."""
    query: dict[str, Any] = {"module": {"api_name": selection.module}}
    if len(selection.fields) <= FIELDS_PER_JOB:
        query["fields"] = [*selection.names, *joined]
    return {"query": query, "file_type": "csv"}


def next_question(token: str) -> dict[str, Any]:
    """The body for the job that reads on."""
    return {"query": {"page_token": token}}
