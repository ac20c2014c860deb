"""Calls of the product whose answers are not compared with a description, and why. One table."""

from __future__ import annotations

from collections.abc import Iterator

from connector.finance_lists import LISTS, Product

NO_FILE = "described in no file that is in the open"
INVOICE = "Zoho's description of Invoice v3 is in no repository that we know; it has the shapes of Books"
FILE = "its answer is a file; the tests of bulk jobs read it"


def _lists(product: Product, root: str, names: tuple[str, ...], why: str) -> Iterator[tuple[str, str, str]]:
    for one in LISTS[product]:
        if one.name in names:
            yield "GET", f"{root}/{one.name}", why
            yield "GET", f"{root}/{one.name}/{{id}}", why


UNLISTED: tuple[tuple[str, str, str], ...] = (
    ("POST", "/oauth/v2/token", "the accounts server is described on pages only"),
    ("GET", "/crm/bulk/v8/read/{id}/result", FILE),
    ("GET", "/v8/crm/{organisation}/bulk-write/{id}/{file}", FILE),
    ("GET", "/api/v1/customerHappiness", "Desk's files describe only the holder of its links"),
    ("GET", "/api/v1.1/recentsentcampaigns", NO_FILE),
    ("POST", "/api/v1.1/getcampaignrecipientsdata", NO_FILE),
    ("GET", "/api/v2/{portal}/conversations", NO_FILE),
    ("GET", "/billing/v1/organizations", "Billing's files do not have it; it answers as Books does"),
    *_lists("billing", "/billing/v1", ("creditnotes", "items"), "Billing's files describe no such list"),
    ("GET", "/invoice/v3/organizations", INVOICE),
    *_lists("invoice", "/invoice/v3", tuple(one.name for one in LISTS["invoice"]), INVOICE),
)
