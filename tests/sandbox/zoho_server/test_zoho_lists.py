"""Record lists: mandatory fields, the two ways of paging, sorting, conditional requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.zoho_client import ZohoHttp

DEALS = "/crm/v8/Deals"


def refusal(answer: requests.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["status"] == "error"
    assert set(body) == {"code", "details", "message", "status"}
    return answer.status_code, body["code"]


@pytest.fixture
def new_deal(zoho: ZohoHttp) -> Iterator[str]:
    """A deal that was just written; its id."""
    body = {"data": [{"Deal_Name": "Fresh", "Stage": "Qualification"}]}
    identity = zoho.post(DEALS, body).json()["data"][0]["details"]["id"]
    yield identity
    zoho.delete(f"{DEALS}/{identity}")


def test_fields_are_mandatory_and_at_most_fifty(zoho: ZohoHttp) -> None:
    missing = zoho.get(DEALS)
    assert refusal(missing) == (400, "REQUIRED_PARAM_MISSING")
    assert missing.json()["details"] == {"param_name": "fields"}
    many = zoho.get(DEALS, fields=",".join(f"Field_{number}" for number in range(51)))
    assert refusal(many) == (400, "LIMIT_EXCEEDED")
    assert many.json()["details"] == {"limit": 50, "param_name": "fields"}


def test_only_what_is_asked_for_comes(zoho: ZohoHttp) -> None:
    first = zoho.get(DEALS, fields="Stage,$approval_state,No_Such_Field", per_page=1).json()["data"][0]
    assert set(first) == {"id", "Stage", "$approval_state"}


def test_the_info_of_a_page(zoho: ZohoHttp) -> None:
    info = zoho.get(DEALS, fields="Stage").json()["info"]
    token, expiry = info.pop("next_page_token"), info.pop("page_token_expiry")
    assert info == {
        "call": False, "email": False, "per_page": 200, "count": 200, "page": 1, "sort_by": "id",
        "sort_order": "desc", "more_records": True, "previous_page_token": None,
    }  # fmt: skip
    assert token
    assert datetime.fromisoformat(expiry) - datetime.now(UTC) > timedelta(hours=23)


def test_every_deal_by_page_token_once_and_in_order(zoho: ZohoHttp) -> None:
    ids = [int(deal["id"]) for deal in zoho.every("Deals", "Stage")]
    assert len(set(ids)) == len(ids) == 8800
    assert ids == sorted(ids, reverse=True)
    assert zoho.get("/_sandbox/calls").json()["calls"] == {f"GET {DEALS}": 44}


def test_by_page_number_only_two_thousand_rows(zoho: ZohoHttp) -> None:
    ids = [
        deal["id"]
        for page in range(1, 11)
        for deal in zoho.get(DEALS, fields="Stage", page=page, per_page=200).json()["data"]
    ]
    assert len(set(ids)) == 2000
    beyond = zoho.get(DEALS, fields="Stage", page=11, per_page=200)
    assert refusal(beyond) == (400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED")
    assert beyond.json()["details"] == {"limit": 2000}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"per_page": 201}, "INVALID_DATA"),
        ({"per_page": 0}, "INVALID_DATA"),
        ({"page": "two"}, "INVALID_DATA"),
        ({"page": "9" * 5000}, "INVALID_DATA"),
        ({"sort_by": "Amount"}, "INVALID_DATA"),
        ({"sort_order": "up"}, "INVALID_DATA"),
        ({"cvid": "1"}, "INVALID_DATA"),
        ({"cvid": "1", "sort_by": "id"}, "AMBIGUITY_DURING_PROCESSING"),
        ({"page": 1, "page_token": "x"}, "AMBIGUITY_DURING_PROCESSING"),
        ({"page_token": "x"}, "TOKEN_BOUND_DATA_MISMATCH"),
        ({"page_token": "ü"}, "TOKEN_BOUND_DATA_MISMATCH"),
    ],
)
def test_wrong_parameters_are_refused(zoho: ZohoHttp, query: dict[str, Any], code: str) -> None:
    assert refusal(zoho.get(DEALS, fields="Stage", **query)) == (400, code)


def test_a_page_token_is_bound_to_the_other_parameters(zoho: ZohoHttp) -> None:
    token = zoho.get(DEALS, fields="Stage").json()["info"]["next_page_token"]
    assert zoho.get(DEALS, fields="Stage", page_token=token).status_code == 200
    for answer in (
        zoho.get(DEALS, fields="Stage,Amount", page_token=token),
        zoho.get(DEALS, fields="Stage", sort_order="asc", page_token=token),
        zoho.get("/crm/v8/Accounts", fields="Stage", page_token=token),
        zoho.get(DEALS, fields="Stage", page_token=token[:-4] + "AAAA"),
    ):
        assert refusal(answer) == (400, "TOKEN_BOUND_DATA_MISMATCH")


def test_a_page_token_lives_a_day(zoho: ZohoHttp, clock_file: Path) -> None:
    token = zoho.get(DEALS, fields="Stage").json()["info"]["next_page_token"]
    clock_file.write_text(str(25 * 3600))
    zoho.refresh()
    late = zoho.get(DEALS, fields="Stage", page_token=token)
    assert refusal(late) == (400, "EXPIRED_VALUE")


def test_the_previous_page_can_be_asked_for(zoho: ZohoHttp) -> None:
    first = zoho.get(DEALS, fields="Stage", per_page=7).json()
    second = zoho.get(DEALS, fields="Stage", per_page=7, page_token=first["info"]["next_page_token"]).json()
    back = zoho.get(
        DEALS, fields="Stage", per_page=7, page_token=second["info"]["previous_page_token"]
    ).json()
    assert back["data"] == first["data"]
    assert back["info"]["page"] == 1


def test_a_new_record_does_not_shift_the_pages_of_a_token(zoho: ZohoHttp) -> None:
    first = zoho.get(DEALS, fields="Stage", per_page=5).json()
    written = zoho.post(DEALS, {"data": [{"Deal_Name": "Between", "Stage": "Qualification"}]}).json()
    token = first["info"]["next_page_token"]
    second = zoho.get(DEALS, fields="Stage", per_page=5, page_token=token).json()
    zoho.delete(DEALS, ids=written["data"][0]["details"]["id"])
    again = zoho.get(DEALS, fields="Stage", per_page=10).json()
    assert first["data"] + second["data"] == again["data"]


@pytest.mark.parametrize("by", ["id", "Created_Time", "Modified_Time"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_sorting(zoho: ZohoHttp, by: str, order: str) -> None:
    rows = list(
        zoho.every("Contacts", "Created_Time,Modified_Time", sort_by=by, sort_order=order, per_page=50)
    )

    def key(row: dict[str, str]) -> tuple[float, int]:
        return (0 if by == "id" else datetime.fromisoformat(row[by]).timestamp(), int(row["id"]))

    assert len(rows) > 85
    assert rows == sorted(rows, key=key, reverse=order == "desc")


def test_empty_is_204_without_a_content_type(zoho: ZohoHttp) -> None:
    for answer in (
        zoho.get("/crm/v8/Leads", fields="Email"),
        zoho.get("/crm/v8/Products", fields="Product_Name", page=2),
        zoho.get(f"{DEALS}/6100214000009999999"),
    ):
        assert (answer.status_code, answer.content) == (204, b"")
        assert "Content-Type" not in answer.headers


def test_conditional_lists(zoho: ZohoHttp, new_deal: str) -> None:
    record = zoho.get(f"{DEALS}/{new_deal}").json()["data"][0]
    modified = datetime.fromisoformat(record["Modified_Time"])
    before = {"If-Modified-Since": (modified - timedelta(seconds=1)).isoformat()}
    at = {"If-Modified-Since": modified.astimezone(UTC).isoformat()}
    changed = zoho.get(DEALS, headers=before, fields="Deal_Name")
    assert new_deal in {row["id"] for row in changed.json()["data"]}
    nothing = zoho.get(DEALS, headers=at, fields="Deal_Name")
    assert (nothing.status_code, nothing.content) == (304, b"")
    wrong = zoho.get(DEALS, headers={"If-Modified-Since": "yesterday"}, fields="Deal_Name")
    assert refusal(wrong) == (400, "UNABLE_TO_PARSE_DATA_TYPE")


def test_a_conditional_list_pages_by_token(zoho: ZohoHttp) -> None:
    every = [
        (datetime.fromisoformat(row["Modified_Time"]), row["id"])
        for row in zoho.every("Deals", "Modified_Time")
    ]
    since = sorted(every)[-450][0]
    expected = [row_id for modified, row_id in sorted(every) if modified > since]
    query = {"fields": "Modified_Time", "sort_by": "Modified_Time", "sort_order": "asc"}
    header, found, token = {"If-Modified-Since": since.isoformat()}, [], None
    while True:
        body = zoho.get(DEALS, headers=header, **query, **({"page_token": token} if token else {})).json()
        found += [row["id"] for row in body["data"]]
        token = body["info"]["next_page_token"]
        if token is None:
            break
    assert found == expected


def test_one_record_has_all_fields_and_no_info(zoho: ZohoHttp, new_deal: str) -> None:
    body = zoho.get(f"{DEALS}/{new_deal}").json()
    assert set(body) == {"data"}
    record = body["data"][0]
    assert record["Owner"]["email"] == "ada.lindqvist@bellwether.example"
    assert record["Probability"] == 10
    assert record["Closing_Date"] is None
    assert record["$state"] == "save"
    assert refusal(zoho.get(f"{DEALS}/abc")) == (400, "INVALID_DATA")
    named = zoho.get(f"{DEALS}/{new_deal}", fields="Stage").json()["data"][0]
    assert named == {"id": new_deal, "Stage": "Qualification"}


def test_ids_choose_records(zoho: ZohoHttp) -> None:
    wanted = [row["id"] for row in zoho.get(DEALS, fields="id", per_page=3).json()["data"]]
    rows = zoho.get(DEALS, fields="Stage", ids=",".join(wanted)).json()["data"]
    assert [row["id"] for row in rows] == wanted


def test_strange_addresses(zoho: ZohoHttp) -> None:
    assert refusal(zoho.get("/crm/v8/Nonsense", fields="x")) == (400, "INVALID_MODULE")
    assert refusal(zoho.get("/crm/v8/Users", fields="x")) == (400, "INVALID_MODULE")
    assert refusal(zoho.get("/crm/v9/Deals")) == (404, "INVALID_URL_PATTERN")
    assert refusal(zoho.get("/")) == (404, "INVALID_URL_PATTERN")
    assert refusal(zoho.call("PATCH", "/crm/v8/org")) == (400, "INVALID_REQUEST_METHOD")


def test_a_page_is_quick(zoho: ZohoHttp) -> None:
    fields = "Deal_Name,Owner,Account_Name,Contact_Name,Product,Stage,Amount,Closing_Date,Modified_Time"
    seconds = min(
        zoho.get(DEALS, fields=fields).elapsed.total_seconds() for _ in range(10)
    )  # the quickest of ten: the machine may be busy
    assert seconds < 0.05
