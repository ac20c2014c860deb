from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses

from connector.errors import ConnectorError, Fatal, NeedsPerson, Retriable, StartOver
from connector.ports import AccessToken
from connector.zoho.client import RetryPolicy, ZohoClient

API = "https://www.zohoapis.com"
DEALS = f"{API}/crm/v8/Deals"


class CountedTokens:
    """Gives t1; t2 once t1 is rejected; and so on."""

    def __init__(self) -> None:
        self.number = 1

    def current(self) -> AccessToken:
        return AccessToken(f"t{self.number}", API, datetime(2100, 1, 1, tzinfo=UTC))

    def reject(self, value: str) -> None:
        assert value == f"t{self.number}"
        self.number += 1


class Patience:
    """A sleep that takes no time and remembers."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def zoho() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def client(patience: Patience) -> ZohoClient:
    policy = RetryPolicy(attempts=4, first_wait_seconds=1, longest_wait_seconds=8, total_seconds=60)
    return ZohoClient(CountedTokens(), retry=policy, sleep=patience)


def envelope(code: str, message: str = "", **details: Any) -> dict[str, Any]:
    return {"code": code, "details": details, "message": message, "status": "error"}


def test_numbers_stay_exact(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.get(DEALS, body='{"data": [{"Amount": 99999999999999.99}]}')
    assert client.get("/crm/v8/Deals") == {"data": [{"Amount": Decimal("99999999999999.99")}]}
    assert zoho.calls[0].request.headers["Authorization"] == "Zoho-oauthtoken t1"


@pytest.mark.parametrize("status", [204, 304])
def test_no_content_is_none(client: ZohoClient, zoho: responses.RequestsMock, status: int) -> None:
    zoho.get(DEALS, status=status, headers={"Date": "Tue, 24 Nov 2026 10:00:00 GMT"})
    since = datetime(2026, 11, 24, 9, 0, 0, 999, tzinfo=UTC)
    assert client.get("/crm/v8/Deals", modified_since=since) is None
    assert zoho.calls[0].request.headers["If-Modified-Since"] == "2026-11-24T09:00:00+00:00"
    assert client.server_time == datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "passing",
    [
        {"status": 500, "json": envelope("INTERNAL_ERROR")},
        {"status": 429, "json": envelope("TOO_MANY_REQUESTS")},
        {"status": 502, "body": "<html>Bad Gateway</html>", "content_type": "text/html"},
        {"status": 200, "body": "<html>maintenance</html>", "content_type": "text/html"},
        {"status": 200, "body": '{"data": [{"id": "1"'},
        {"status": 200, "body": '{"data": [{"Amount": NaN}]}'},
        {"status": 200, "body": b"\xff\xfe"},
        {"status": 200, "body": ""},
        {"status": 503, "body": ""},
        {"body": requests.ConnectionError("reset")},
        {"body": requests.exceptions.ChunkedEncodingError("cut")},
        {"body": requests.ReadTimeout("slow")},
    ],
    ids=str,
)
def test_what_passes_is_tried_again(
    client: ZohoClient, zoho: responses.RequestsMock, patience: Patience, passing: dict[str, Any]
) -> None:
    zoho.get(DEALS, **passing)
    zoho.get(DEALS, **passing)
    zoho.get(DEALS, json={"data": []})
    assert client.get("/crm/v8/Deals") == {"data": []}
    assert len(patience.slept) == 2
    assert 0.5 <= patience.slept[0] <= 1.5


@pytest.mark.parametrize(
    ("lasting", "parts"),
    [
        (
            {"status": 500, "json": envelope("INTERNAL_ERROR")},
            ["500", "INTERNAL_ERROR", "/crm/v8/Deals", "4 times"],
        ),
        ({"status": 502, "body": "<html>"}, ["502"]),
        ({"status": 429, "json": envelope("TOO_MANY_REQUESTS")}, ["429", "credits"]),
        ({"status": 200, "body": "{"}, ["cut off"]),
        ({"body": requests.ReadTimeout("t1")}, ["in time"]),
        ({"body": requests.exceptions.InvalidHeader("Zoho-oauthtoken t1")}, ["InvalidHeader"]),
    ],
    ids=["500", "502", "429", "cut", "time-out", "header"],
)
def test_what_lasts_is_given_up_with_a_sentence(
    client: ZohoClient, zoho: responses.RequestsMock, lasting: dict[str, Any], parts: list[str]
) -> None:
    for _ in range(4):
        zoho.get(DEALS, **lasting)
    with pytest.raises(Retriable) as caught:
        client.get("/crm/v8/Deals")
    said = str(caught.value)
    assert [part for part in parts if part not in said] == []
    assert "t1" not in said


def test_a_lasting_error_is_given_up_within_a_minute_as_it_comes() -> None:
    patience = Patience()
    client = ZohoClient(CountedTokens(), sleep=patience)
    with responses.RequestsMock() as zoho:
        for _ in range(RetryPolicy().attempts):
            zoho.get(DEALS, status=500)
        with pytest.raises(Retriable, match="500"):
            client.get("/crm/v8/Deals")
    assert sum(patience.slept) < 60
    assert RetryPolicy().total_seconds < 60


def test_zoho_says_how_long_to_wait(
    client: ZohoClient, zoho: responses.RequestsMock, patience: Patience
) -> None:
    zoho.get(DEALS, status=429, headers={"Retry-After": "7"})
    zoho.get(DEALS, json={})
    client.get("/crm/v8/Deals")
    assert patience.slept == [7]


def test_a_wait_beyond_all_patience_is_not_begun(
    client: ZohoClient, zoho: responses.RequestsMock, patience: Patience
) -> None:
    zoho.get(DEALS, status=429, headers={"Retry-After": "3600"})
    with pytest.raises(Retriable) as caught:
        client.get("/crm/v8/Deals")
    assert caught.value.after_seconds == 3600
    assert patience.slept == []


def test_a_refused_token_is_replaced_once(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.get(DEALS, status=401, json=envelope("INVALID_TOKEN"))
    zoho.get(DEALS, json={})
    assert client.get("/crm/v8/Deals") == {}
    assert zoho.calls[1].request.headers["Authorization"] == "Zoho-oauthtoken t2"


def test_a_fresh_token_that_is_refused_needs_a_person(
    client: ZohoClient, zoho: responses.RequestsMock
) -> None:
    for _ in range(2):
        zoho.get(DEALS, status=401, json=envelope("INVALID_TOKEN"))
    with pytest.raises(NeedsPerson, match="BELLWETHER_ZOHO__REGION"):
        client.get("/crm/v8/Deals")


@pytest.mark.parametrize(
    ("status", "body", "kind", "parts"),
    [
        (401, envelope("OAUTH_SCOPE_MISMATCH"), NeedsPerson,
         ["Deals", "scope", "ZohoCRM.modules.Deals.READ", "BELLWETHER_ZOHO__REFRESH_TOKEN"]),
        (403, envelope("NO_PERMISSION", "denied", permissions=["Crm_View_Deals"]), NeedsPerson,
         ["Crm_View_Deals", "denied"]),
        (400, envelope("INVALID_MODULE"), Fatal, ["Deals", "mapping"]),
        (400, envelope("LIMIT_EXCEEDED", limit=50, param_name="fields"), Fatal, ["LIMIT_EXCEEDED", "50"]),
        (400, envelope("PAGINATION_LIMIT_EXCEEDED", param_name="page_token"), Fatal, ["100,000"]),
        (400, envelope("EXPIRED_VALUE", api_name="page_token"), StartOver, ["Deals"]),
        (400, envelope("TOKEN_BOUND_DATA_MISMATCH", param_name="page_token"), StartOver, ["Deals"]),
        (400, envelope("EXPIRED_VALUE", api_name="Closing_Date"), Fatal, ["EXPIRED_VALUE"]),
        (404, envelope("INVALID_URL_PATTERN", "check\nthe\tURL"), Fatal, ["404", "check the URL"]),
        (302, {}, Fatal, ["302"]),
        (418, [], Fatal, ["418"]),
    ],
)  # fmt: skip
def test_what_does_not_pass_is_said_at_once(
    client: ZohoClient,
    zoho: responses.RequestsMock,
    patience: Patience,
    status: int,
    body: Any,
    kind: type[ConnectorError],
    parts: list[str],
) -> None:
    zoho.get(DEALS, status=status, json=body, headers={"Location": "https://evil.example"})
    with pytest.raises(kind) as caught:
        client.get("/crm/v8/Deals")
    assert type(caught.value) is kind
    assert [part for part in parts if part not in str(caught.value)] == []
    assert patience.slept == []


@pytest.mark.parametrize(
    ("path", "params", "scope"),
    [
        ("/crm/v8/settings/fields", {"module": "Deals"}, "ZohoCRM.settings.fields.READ"),
        ("/crm/v8/users", {}, "ZohoCRM.users.READ"),
        ("/crm/v8/org", {}, "ZohoCRM.org.READ"),
    ],
)
def test_the_scope_that_is_missing_is_named(
    client: ZohoClient, zoho: responses.RequestsMock, path: str, params: dict[str, str], scope: str
) -> None:
    zoho.get(API + path, status=401, json=envelope("OAUTH_SCOPE_MISMATCH"))
    with pytest.raises(NeedsPerson, match=scope):
        client.get(path, params)


def test_an_insert_is_never_repeated(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.post(DEALS, status=500)
    with pytest.raises(Retriable):
        client.post("/crm/v8/Deals", {"data": []})
    assert len(zoho.calls) == 1


def test_a_query_and_an_update_are_repeated(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.post(f"{API}/crm/v8/coql", status=500)
    zoho.post(f"{API}/crm/v8/coql", status=204)
    assert client.post("/crm/v8/coql", {"select_query": "…"}, repeatable=True) is None
    zoho.put(DEALS, status=503)
    zoho.put(DEALS, status=400, json={"data": [{"code": "INVALID_DATA", "status": "error"}]})
    assert client.put("/crm/v8/Deals", {"data": []})["data"][0]["code"] == "INVALID_DATA"


def test_cookies_are_not_kept(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.get(DEALS, json={}, headers={"Set-Cookie": "crmcsr=1; Path=/"})
    zoho.get(DEALS, json={})
    client.get("/crm/v8/Deals")
    client.get("/crm/v8/Deals")
    assert "Cookie" not in zoho.calls[1].request.headers
