"""Faults that are ordered: each looks to the client as it does in the world."""

from __future__ import annotations

import time

import pytest
import requests

from tests.support.zoho_client import ZohoHttp

DEALS = "/crm/v8/Deals"


def deals(zoho: ZohoHttp, **more: float) -> requests.Response:
    return zoho.call("GET", DEALS, params={"fields": "Stage", "per_page": 1}, **more)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("rate_limit", 429, "TOO_MANY_REQUESTS"),
        ("server_error", 500, "INTERNAL_ERROR"),
        ("scope_missing", 401, "OAUTH_SCOPE_MISMATCH"),
    ],
)
def test_a_refusal_comes_as_often_as_ordered(zoho: ZohoHttp, kind: str, status: int, code: str) -> None:
    zoho.order_fault(kind, DEALS, times=2)
    assert zoho.get("/crm/v8/org").status_code == 200, "another path is not concerned"
    answers = [deals(zoho) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json() == {
        "code": code,
        "details": {},
        "message": answers[0].json()["message"],
        "status": "error",
    }


def test_a_rate_limit_says_how_long_to_wait_if_it_was_ordered_to(zoho: ZohoHttp) -> None:
    zoho.order_fault("rate_limit", DEALS, times=1, seconds=1.5)
    zoho.order_fault("rate_limit", DEALS, times=1)
    assert [deals(zoho).headers.get("Retry-After") for _ in range(2)] == ["2", None]


def test_until_cleared(zoho: ZohoHttp) -> None:
    zoho.order_fault("server_error")
    assert {deals(zoho).status_code for _ in range(5)} == {500}
    assert zoho.ask_token().status_code == 500, "the token endpoint is concerned too"
    listed = zoho.get("/_sandbox/faults").json()["faults"]
    assert listed == [{"kind": "server_error", "match": "", "times": None, "seconds": 0.0}]
    assert zoho.delete("/_sandbox/faults").json() == {"cleared": 1}
    assert deals(zoho).status_code == 200
    assert zoho.get("/_sandbox/faults").json() == {"faults": []}


def test_a_bad_gateway_is_html(zoho: ZohoHttp) -> None:
    zoho.order_fault("bad_gateway", DEALS, times=1)
    answer = deals(zoho)
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<html>")


@pytest.mark.parametrize("path", ["/crm/v8/Deals?fields=Stage", "/crm/v8/Leads?fields=Email"])
def test_a_cut_body_announces_more_than_it_brings(zoho: ZohoHttp, path: str) -> None:
    zoho.order_fault("cut_body", path.partition("?")[0], times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="more expected"):
        zoho.call("GET", path)
    assert zoho.call("GET", path).status_code in {200, 204}


def test_an_expired_token_stays_expired(zoho: ZohoHttp) -> None:
    zoho.order_fault("expired_token", DEALS, times=1)
    assert deals(zoho).json()["code"] == "INVALID_TOKEN"
    assert deals(zoho).json()["code"] == "INVALID_TOKEN", "the same token is not alive again"
    zoho.refresh()
    assert deals(zoho).status_code == 200


def test_the_token_endpoint_throttled(zoho: ZohoHttp) -> None:
    zoho.order_fault("token_throttle", times=1)
    assert deals(zoho).status_code == 200, "it concerns the token endpoint only"
    refused = zoho.ask_token()
    assert (refused.status_code, refused.json()["error"]) == (400, "Access Denied")
    assert "access_token" in zoho.ask_token().json()


def test_latency_delays_and_then_answers(zoho: ZohoHttp) -> None:
    zoho.order_fault("latency", DEALS, times=1, seconds=0.4)
    begun = time.monotonic()
    assert deals(zoho).status_code == 200
    assert time.monotonic() - begun >= 0.4
    begun = time.monotonic()
    assert deals(zoho).status_code == 200
    assert time.monotonic() - begun < 0.4


def test_latency_and_another_fault_together(zoho: ZohoHttp) -> None:
    zoho.order_fault("latency", DEALS, times=1, seconds=0.3)
    zoho.order_fault("rate_limit", DEALS, times=1)
    begun = time.monotonic()
    assert deals(zoho).status_code == 429
    assert time.monotonic() - begun >= 0.3


def test_hanging_holds_until_the_client_gives_up(zoho: ZohoHttp) -> None:
    zoho.order_fault("hang", DEALS, times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        deals(zoho, timeout=0.4)
    assert deals(zoho).status_code == 200


def test_hanging_for_a_time_ends_at_the_gateway(zoho: ZohoHttp) -> None:
    zoho.order_fault("hang", DEALS, times=1, seconds=0.2)
    answer = deals(zoho)
    assert (answer.status_code, answer.text[:6]) == (504, "<html>")


@pytest.mark.parametrize(
    "wish", [{"kind": "earthquake"}, {}, {"kind": "hang", "times": 0}, {"kind": "latency", "seconds": "long"}]
)
def test_orders_that_cannot_be_filled(zoho: ZohoHttp, wish: dict[str, object]) -> None:
    answer = zoho.post("/_sandbox/faults", wish)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")


def test_the_sandboxs_own_api_has_no_faults(zoho: ZohoHttp) -> None:
    zoho.order_fault("server_error")
    assert zoho.get("/_sandbox/health").json()["ok"] is True
