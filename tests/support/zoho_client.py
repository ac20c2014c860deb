"""A plain HTTP client of the sandbox's Zoho, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

CREDENTIALS = {
    "client_id": "1000.SANDBOXCLIENT",
    "client_secret": "sandbox-secret",
    "grant_type": "refresh_token",
    "refresh_token": "1000.sandbox.refresh",
}
TIMEOUT_SECONDS = 20


class ZohoHttp:
    """Calls with the published credentials; nothing is retried and no error is raised for a status."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.token = ""

    def close(self) -> None:
        self.session.close()

    def ask_token(self, **other: str) -> requests.Response:
        """The token endpoint's answer; other parameters replace or add to the published ones."""
        return self.session.post(
            f"{self.base_url}/oauth/v2/token", data=CREDENTIALS | other, timeout=TIMEOUT_SECONDS
        )

    def refresh(self) -> None:
        """Take a new access token."""
        self.token = self.ask_token().json()["access_token"]

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """A call with the token."""
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}"} | more.pop("headers", {})
        more.setdefault("timeout", TIMEOUT_SECONDS)
        return self.session.request(method, f"{self.base_url}{path}", headers=headers, **more)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> requests.Response:
        """GET with query parameters."""
        return self.call("GET", path, params=query, headers=headers or {})

    def post(self, path: str, body: Any = None) -> requests.Response:
        """POST a JSON body."""
        return self.call("POST", path, json={} if body is None else body)

    def put(self, path: str, body: Any, headers: dict[str, str] | None = None) -> requests.Response:
        """PUT a JSON body."""
        return self.call("PUT", path, json=body, headers=headers or {})

    def delete(self, path: str, **query: Any) -> requests.Response:
        """DELETE."""
        return self.call("DELETE", path, params=query)

    def coql(self, query: str, **more: Any) -> requests.Response:
        """Run a query."""
        return self.post("/crm/v8/coql", {"select_query": query, **more})

    def order_fault(self, kind: str, match: str = "", times: int | None = None, **more: Any) -> None:
        """Order a fault."""
        wish = {"kind": kind, "match": match, "times": times, **more}
        self.post("/_sandbox/faults", wish).raise_for_status()

    def every(
        self, module: str, fields: str, headers: dict[str, str] | None = None, **query: Any
    ) -> Iterator[dict[str, Any]]:
        """All records of a module, page by page."""
        token: str | None = None
        while True:
            by_token = {"page_token": token} if token else {}
            answer = self.get(f"/crm/v8/{module}", headers, fields=fields, **query, **by_token)
            if answer.status_code in {204, 304}:
                return
            body = answer.json()
            yield from body["data"]
            token = body["info"]["next_page_token"]
            if token is None:
                return
