"""What an edition allows, limits that tests lower, and answers that take their time beside each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from sandbox.zoho.credits import EDITIONS
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from tests.support.zoho_client import ZohoHttp

ORG = "/crm/v8/org"


@pytest.fixture
def fresh() -> Iterator[ZohoHttp]:
    with running(organisation=OrganisationSpec(10, 500)) as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        yield http
        http.close()


def statuses(zoho: ZohoHttp, method: str, path: str, count: int, body: object = None) -> list[int]:
    """The statuses of calls that are made at the same time."""

    def call(_number: int) -> int:
        headers = {"Authorization": f"Zoho-oauthtoken {zoho.token}"}
        return requests.request(
            method, f"{zoho.base_url}{path}", headers=headers, json=body, timeout=20
        ).status_code

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(call, range(count)))


@pytest.mark.parametrize(
    ("edition", "users", "credits_a_day", "at_once"),
    [
        ("free", 3, 5_000, 5),
        ("standard", 42, 60_500, 10),
        ("standard", 500, 100_000, 10),
        ("professional", 42, 71_000, 15),
        ("enterprise", 42, 92_000, 20),
        ("ultimate", 42, 134_000, 25),
    ],
)
def test_credits_and_calls_at_once(edition: str, users: int, credits_a_day: int, at_once: int) -> None:
    assert EDITIONS[edition].credits_a_day(users) == credits_a_day
    assert EDITIONS[edition].concurrent == at_once


def test_an_edition_is_ordered_as_one(fresh: ZohoHttp) -> None:
    users = len(fresh.get("/crm/v8/users").json()["users"])
    set_to = fresh.post("/_sandbox/limits", {"edition": "standard", "daily_credits": 77}).json()
    assert (set_to["daily_credits"], set_to["concurrent_calls"], set_to["edition"]) == (77, 10, "standard")
    assert fresh.get(ORG).json()["org"][0]["license_details"]["paid_type"] == "standard"
    set_to = fresh.post("/_sandbox/limits", {"edition": "professional"}).json()
    assert (set_to["daily_credits"], set_to["concurrent_calls"]) == (50_000 + 500 * users, 15)
    for wrong in (
        {"edition": "gold"},
        {"latency_seconds": -1},
        {"latency_seconds": "slow"},
        {"coql_rows": 1.5},
    ):
        assert fresh.post("/_sandbox/limits", wrong).status_code == 400
    assert fresh.get(ORG).json()["org"][0]["license_details"]["paid_type"] == "professional"


def test_calls_at_once_and_the_heavy_ones_among_them(fresh: ZohoHttp) -> None:
    fresh.post("/_sandbox/limits", {"edition": "enterprise", "latency_seconds": 1.0})
    assert statuses(fresh, "GET", ORG, 22) == [200] * 20 + [429] * 2
    query = {"select_query": "select id from Deals where id is not null"}
    assert statuses(fresh, "POST", "/crm/v8/coql", 12, query) == [200] * 10 + [429] * 2


def test_answers_wait_beside_each_other(fresh: ZohoHttp) -> None:
    fresh.post("/_sandbox/limits", {"latency_seconds": 0.3})
    begun = time.monotonic()
    assert statuses(fresh, "GET", ORG, 10) == [200] * 10
    assert time.monotonic() - begun >= 0.3
    counted = fresh.get("/_sandbox/calls").json()
    assert counted["calls"]["GET /crm/v8/org"] == 10
    assert counted["credits_used"] == 10


def test_limits_that_tests_lower(fresh: ZohoHttp) -> None:
    fresh.post("/_sandbox/limits", {"token_rows": 400, "coql_rows": 300})
    token, pages = None, 0
    while pages < 3:
        query = {"fields": "Stage"} | ({"page_token": token} if token else {})
        answer = fresh.get("/crm/v8/Deals", **query)
        if answer.status_code != 200:
            break
        pages, token = pages + 1, answer.json()["info"]["next_page_token"]
    assert (pages, answer.json()["code"]) == (2, "PAGINATION_LIMIT_EXCEEDED")
    refused = fresh.coql("select id from Deals where id is not null limit 301")
    assert refused.json()["code"] == "LIMIT_EXCEEDED"
    fresh.post("/_sandbox/limits", {"coql_rows": 5_000})
    assert len(fresh.coql("select id from Deals where id is not null limit 4000").json()["data"]) == 500


def test_credits_run_out_and_are_told_from_half_on(fresh: ZohoHttp) -> None:
    fresh.post("/_sandbox/limits", {"daily_credits": 9})
    query = "select id from Deals where id is not null limit 2000"
    told = [fresh.coql(query).headers.get("X-API-CREDITS-REMAINING") for _ in range(3)]
    assert told == [None, "3", "0"]
    assert fresh.coql(query).status_code == 429
