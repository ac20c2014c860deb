"""Credits and concurrency, and the counts that benchmarks read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.support.zoho_client import ZohoHttp

ORG = "/crm/v8/org"


def used(zoho: ZohoHttp) -> int:
    spent: int = zoho.get("/_sandbox/calls").json()["credits_used"]
    return spent


@pytest.mark.parametrize(
    ("method", "path", "body", "cost"),
    [
        ("GET", "/crm/v8/Deals?fields=Stage", None, 1),
        ("GET", "/crm/v8/Deals?fields=Stage&sort_by=Modified_Time", None, 3),
        ("GET", "/crm/v8/Deals/deleted", None, 2),
        ("POST", "/crm/v8/coql", {"select_query": "select id from Deals where id is not null"}, 1),
        ("POST", "/crm/v8/coql", {"select_query": "select id from Deals where id is not null limit 201"}, 2),
        ("POST", "/crm/v8/coql", {"select_query": "select id from Deals where id is not null limit 1001"}, 3),
        ("POST", "/crm/v8/Leads", {"data": [{"Last_Name": "L"}] * 21}, 3),
        ("DELETE", "/crm/v8/Leads?ids=1,2,3", None, 1),
    ],
)
def test_what_a_call_costs(zoho: ZohoHttp, method: str, path: str, body: object, cost: int) -> None:
    zoho.call(method, path, json=body)
    assert used(zoho) == cost


def test_the_rest_is_told_once_half_is_used_and_then_nothing_works(zoho: ZohoHttp, clock_file: Path) -> None:
    zoho.post("/_sandbox/limits", {"daily_credits": 4})
    told = [zoho.get(ORG).headers.get("X-API-CREDITS-REMAINING") for _ in range(4)]
    assert told == [None, "2", "1", "0"]
    refused = zoho.get(ORG)
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    clock_file.write_text("90000")
    zoho.refresh()
    assert zoho.get(ORG).status_code == 200, "a rolling day later"


def test_too_many_calls_at_once(zoho: ZohoHttp) -> None:
    zoho.post("/_sandbox/limits", {"concurrent_calls": 2})
    zoho.order_fault("latency", ORG, seconds=1.0)

    def call(_number: int) -> int:
        headers = {"Authorization": f"Zoho-oauthtoken {zoho.token}"}
        return requests.get(f"{zoho.base_url}{ORG}", headers=headers, timeout=5).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(call, range(6)))
    assert statuses == [200, 200, 429, 429, 429, 429]
    zoho.delete("/_sandbox/faults")
    assert zoho.get(ORG).status_code == 200


def test_calls_are_counted_by_method_and_path(zoho: ZohoHttp) -> None:
    zoho.get("/crm/v8/Accounts", fields="Phone")
    zoho.get("/crm/v8/Accounts/6100214000001000001")
    zoho.get("/crm/v8/Accounts/6100214000001000002")
    zoho.get("/crm/v8/Accounts")
    seen = zoho.get("/_sandbox/calls").json()
    assert seen["calls"] == {"GET /crm/v8/Accounts": 2, "GET /crm/v8/Accounts/{id}": 2}
    assert seen["statuses"] == {"200": 3, "400": 1}
    zoho.delete("/_sandbox/calls")
    assert zoho.get("/_sandbox/calls").json() == {"calls": {}, "statuses": {}, "credits_used": 0}


def test_unknown_limits_are_refused(zoho: ZohoHttp) -> None:
    assert zoho.post("/_sandbox/limits", {"speed": 3}).json()["code"] == "INVALID_DATA"
    assert zoho.post("/_sandbox/limits", {"daily_credits": "many"}).json()["code"] == "INVALID_DATA"
