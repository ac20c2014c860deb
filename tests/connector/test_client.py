from __future__ import annotations

import io
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses

from connector.access_ports import AccessToken, ApiCall
from connector.errors import (
    ConnectorError,
    Fatal,
    NeedsPerson,
    NotConsented,
    NotPermitted,
    OutOfBudget,
    Retriable,
    StartOver,
)
from connector.zoho.bodies import Answer
from connector.zoho.client import RetryPolicy, ZohoClient
from connector.zoho.refusals import Exchange, Refusal, error_for
from tests.support.strict_zoho import StrictZoho

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


def test_numbers_that_no_double_holds_stay_exact(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.get(DEALS, body='{"data": [{"Amount": 99999999999999.99, "Other": 0.5}, {"Amount": 1.5}]}')
    answer = client.read("/crm/v8/Deals")
    assert answer.items("data", ["Amount"]) == [
        {"Amount": Decimal("99999999999999.99"), "Other": Decimal("0.5")},
        {"Amount": Decimal("1.5")},
    ]
    assert zoho.calls[0].request.headers["Authorization"] == "Zoho-oauthtoken t1"


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ('{"A": "a\\u0000b"}', {"A": "a\N{REPLACEMENT CHARACTER}b"}),
        ('{"A": "\\ud800"}', {"A": "\N{REPLACEMENT CHARACTER}"}),
        ('{"A": 1e400}', {"A": Decimal("1e400")}),
        ('{"A": "\\\\u0000"}', {"A": "\\u0000"}),
    ],
)
def test_what_no_database_stores_is_replaced(
    client: ZohoClient, zoho: responses.RequestsMock, body: str, read: Any
) -> None:
    zoho.get(DEALS, body=body)
    assert client.get("/crm/v8/Deals") == read


@pytest.mark.parametrize("status", [204, 304])
def test_no_content_is_none(client: ZohoClient, zoho: responses.RequestsMock, status: int) -> None:
    zoho.get(DEALS, status=status, headers={"Date": "Tue, 24 Nov 2026 10:00:00 GMT"})
    since = datetime(2026, 11, 24, 9, 0, 0, 999, tzinfo=UTC)
    answer = client.read("/crm/v8/Deals", modified_since=since)
    assert answer.body is None
    assert answer.at == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert zoho.calls[0].request.headers["If-Modified-Since"] == "2026-11-24T09:00:00+00:00"


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
        (401, envelope("OAUTH_SCOPE_MISMATCH"), NotConsented,
         ["Deals", "scope", "ZohoCRM.modules.Deals.READ", "BELLWETHER_ZOHO__REFRESH_TOKEN"]),
        (403, envelope("NO_PERMISSION", "denied", permissions=["Crm_View_Deals"]), NotPermitted,
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
    ("method", "path", "scope"),
    [
        ("GET", "/crm/v8/settings/fields", "ZohoCRM.settings.fields.READ"),
        ("POST", "/crm/v8/settings/fields", "ZohoCRM.settings.fields.CREATE"),
        ("GET", "/crm/v8/users", "ZohoCRM.users.READ"),
        ("GET", "/crm/v8/org", "ZohoCRM.org.READ"),
        ("GET", "/crm/v8/org/currencies", "ZohoCRM.settings.currencies.READ"),
        ("POST", "/crm/v8/coql", "ZohoCRM.coql.READ"),
        ("POST", "/crm/bulk/v8/read", "ZohoCRM.bulk.READ"),
        ("GET", "/crm/bulk/v8/read/5437000000000000001/result", "ZohoCRM.bulk.READ"),
        ("POST", "/crm/bulk/v8/write", "ZohoCRM.bulk.CREATE"),
        ("POST", "/crm/v8/actions/watch", "ZohoCRM.notifications.ALL"),
        ("GET", "/crm/v8/Deals/actions/count", "ZohoSearch.securesearch.READ"),
        ("POST", "/crm/v8/upload", "ZohoFiles.files.ALL"),
        ("PUT", "/crm/v8/Deals", "ZohoCRM.modules.Deals.UPDATE"),
    ],
)
def test_the_scope_that_is_missing_is_named(method: Any, path: str, scope: str) -> None:
    error = error_for(Refusal(401, "OAUTH_SCOPE_MISMATCH"), Exchange(method, path))
    assert isinstance(error, NeedsPerson)
    assert scope in str(error)
    assert error.code == "OAUTH_SCOPE_MISMATCH"


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


def test_answers_are_taken_one_at_a_time(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.post(f"{API}/crm/v8/coql", json={"data": [{"id": "1"}]})
    met = threading.Barrier(2)
    taken: list[Any] = []

    def take(answer: Answer) -> None:
        # Two that are taken at the same time would meet here.
        with pytest.raises(threading.BrokenBarrierError):
            met.wait(timeout=0.05)
        met.reset()
        taken.append(answer.body)

    def ask(_number: int) -> Answer:
        return client.query("/crm/v8/coql", {"select_query": "…"}, take=take)

    with ThreadPoolExecutor(4) as pool:
        returned = list(pool.map(ask, range(4)))
    assert taken == [{"data": [{"id": "1"}]}] * 4
    assert [(one.body, one.content) for one in returned] == [(None, b"")] * 4


def test_cookies_are_not_kept(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.get(DEALS, json={}, headers={"Set-Cookie": "crmcsr=1; Path=/"})
    zoho.get(DEALS, json={})
    client.get("/crm/v8/Deals")
    client.get("/crm/v8/Deals")
    assert "Cookie" not in zoho.calls[1].request.headers


class Ledger:
    """A book that remembers, and lets through only so many credits."""

    def __init__(self, credits_left: int = 1000) -> None:
        self.left = credits_left
        self.booked: list[ApiCall] = []
        self.remaining: list[int | None] = []

    def before(self, call: ApiCall) -> None:
        if call.credits > self.left:
            raise OutOfBudget("The day's share is used up.")
        self.left -= call.credits
        self.booked.append(call)

    def after(self, call: ApiCall, remaining: int | None) -> None:
        self.remaining.append(remaining)


def test_every_call_is_booked_before_it_is_sent_repeated_ones_too(zoho: responses.RequestsMock) -> None:
    ledger, patience = Ledger(credits_left=2), Patience()
    client = ZohoClient(CountedTokens(), sleep=patience, book=ledger)
    for _ in range(2):
        zoho.get(DEALS, status=500, headers={"X-API-CREDITS-REMAINING": "41"})
    with pytest.raises(OutOfBudget):
        client.get("/crm/v8/Deals")
    assert ledger.booked == [ApiCall("crm", "GET Deals")] * 2
    assert ledger.remaining == [41, 41]
    assert len(zoho.calls) == len(patience.slept) == 2, "nobody insists on what there is no budget for"


def test_what_was_changed_meanwhile_is_recognised(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    zoho.put(DEALS, status=412, json=envelope("ALREADY_MODIFIED"))
    with pytest.raises(Fatal) as caught:
        client.put(
            "/crm/v8/Deals", {"data": [{"id": "1"}]}, unmodified_since=datetime(2026, 1, 1, tzinfo=UTC)
        )
    assert caught.value.code == "ALREADY_MODIFIED"
    sent = zoho.calls[0].request
    assert sent.headers["If-Unmodified-Since"] == "2026-01-01T00:00:00+00:00"
    assert sent.headers["Content-Type"] == "application/json"


RESULT = "/crm/bulk/v8/read/1/result"


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.csv", "Id\n1\n")
    return file.getvalue()


def test_a_file_that_comes_short_is_taken_again(
    client: ZohoClient, zoho: responses.RequestsMock, patience: Patience
) -> None:
    whole = zipped()
    zoho.get(API + RESULT, body=whole[:-10], content_type="application/zip")
    zoho.get(API + RESULT, status=429, json=envelope("TOO_MANY_REQUESTS"))
    zoho.get(API + RESULT, body=whole + b"more than was there before", content_type="application/zip")
    zoho.get(API + RESULT, body=whole, headers={"Content-Length": str(len(whole) + 1)})
    with tempfile.TemporaryFile() as file:
        client.download(RESULT, file)
        assert file.seek(0, io.SEEK_END) == len(whole) + 26
        with pytest.raises(Retriable, match="broke off"):
            ZohoClient(CountedTokens(), retry=RetryPolicy(attempts=1)).download(RESULT, file)
    assert len(patience.slept) == 2


def test_a_full_disk_is_said(client: ZohoClient, zoho: responses.RequestsMock) -> None:
    class Full(io.BytesIO):
        def write(self, _data: Any) -> int:
            raise OSError(28, "No space left on device")

    for _ in range(4):
        zoho.get(API + RESULT, body=zipped())
    with pytest.raises(Retriable, match=r"No space left.*Make room"):
        client.download(RESULT, Full())


def test_many_threads_share_a_client() -> None:
    with StrictZoho() as zoho:
        client = ZohoClient(zoho.tokens())
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda number: client.read(f"/crm/v8/Echo/{number}"), range(200)))
    assert [answer.body["path"] for answer in answers] == [f"/crm/v8/Echo/{number}" for number in range(200)]
    assert all(answer.at is not None for answer in answers)
    assert zoho.connections <= 32
