"""A plain HTTP client of the sandbox's Finance, for tests."""

from __future__ import annotations

from typing import Any

import requests

from tests.support.zoho_client import ZohoHttp

ORGANISATION = "712001455"
BILLING_HEADER = "X-com-zoho-subscriptions-organizationid"


class FinanceHttp:
    """Calls with the organisation's id; nothing is retried and no error is raised for a status."""

    def __init__(self, zoho: ZohoHttp) -> None:
        self.zoho = zoho

    def get(self, path: str, **query: Any) -> requests.Response:
        """GET of Books (``/invoices``) or, with its full path, of another product."""
        return self.call("GET", path, **query)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """Any method."""
        roots = ("/books/", "/inventory/", "/invoice/", "/billing/", "/_sandbox/")
        full = path if path.startswith(roots) else f"/books/v3{path}"
        headers = {BILLING_HEADER: ORGANISATION} if full.startswith("/billing") else {}
        asked = {"organization_id": ORGANISATION} | query
        return self.zoho.call(method, full, params=asked, json=body, headers=headers)

    def rows(self, name: str, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        rows: list[dict[str, Any]] = []
        page = 1
        while True:
            answer = self.get(f"/{name}" if not name.startswith("/") else name, page=page, **query).json()
            rows += answer[name.rpartition("/")[2]]
            if not answer["page_context"]["has_more_page"]:
                return rows
            page += 1

    def one(self, name: str, identity: str) -> dict[str, Any]:
        """The detail of one document."""
        body = self.get(f"/{name}/{identity}").json()
        (key,) = set(body) - {"code", "message"}
        found: dict[str, Any] = body[key]
        return found

    def sandbox(self, method: str, what: str, body: Any = None, **query: Any) -> Any:
        """The sandbox's own API."""
        return self.zoho.call(method, f"/_sandbox/finance/{what}", json=body, params=query).json()
