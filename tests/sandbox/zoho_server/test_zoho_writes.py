"""Insert, update, upsert, delete, and the list of the deleted: a result for each item, one status."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.zoho_client import ZohoHttp

DEALS, ACCOUNTS, CONTACTS = "/crm/v8/Deals", "/crm/v8/Accounts", "/crm/v8/Contacts"


def deal(name: str = "A deal", **more: Any) -> dict[str, Any]:
    return {"Deal_Name": name, "Stage": "Qualification", **more}


def items(answer: requests.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def codes(answer: requests.Response) -> tuple[int, list[str]]:
    return answer.status_code, [item["code"] for item in items(answer)]


def insert(zoho: ZohoHttp, module: str, **values: Any) -> str:
    answer = zoho.post(f"/crm/v8/{module}", {"data": [values]})
    assert answer.status_code == 201, answer.text
    identity: str = items(answer)[0]["details"]["id"]
    return identity


def read(zoho: ZohoHttp, module: str, identity: str) -> dict[str, Any]:
    record: dict[str, Any] = items(zoho.get(f"/crm/v8/{module}/{identity}"))[0]
    return record


def test_an_insert_and_its_receipt(zoho: ZohoHttp) -> None:
    account = items(zoho.get(ACCOUNTS, fields="Account_Name", per_page=1))[0]
    written = deal(Amount=1000, Closing_Date="2026-03-01", Account_Name={"id": account["id"]}, Unknown="x")
    answer = zoho.post(DEALS, {"data": [written], "trigger": []})
    assert answer.status_code == 201
    result = items(answer)[0]
    assert (result["code"], result["message"], result["status"]) == ("SUCCESS", "record added", "success")
    assert set(result["details"]) == {
        "Modified_Time", "Modified_By", "Created_Time", "id", "Created_By", "$approval_state",
    }  # fmt: skip
    assert set(result["details"]["Created_By"]) == {"name", "id"}
    record = read(zoho, "Deals", result["details"]["id"])
    assert record["Account_Name"] == {"name": account["Account_Name"], "id": account["id"]}
    assert (record["Probability"], record["Expected_Revenue"]) == (10, 100)
    assert (record["Amount"], record["Closing_Date"]) == (1000, "2026-03-01")
    assert "Unknown" not in record
    assert abs(datetime.fromisoformat(record["Modified_Time"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_some_fail_and_the_order_stays(zoho: ZohoHttp) -> None:
    mixed = zoho.post(DEALS, {"data": [deal(), {"Stage": "Qualification"}, deal()]})
    assert codes(mixed) == (207, ["SUCCESS", "MANDATORY_NOT_FOUND", "SUCCESS"])
    assert items(mixed)[1]["details"] == {"api_name": "Deal_Name", "json_path": "$.data[1].Deal_Name"}
    assert items(mixed)[1]["message"] == "required field not found"
    assert codes(zoho.post(DEALS, {"data": [{}, {}]})) == (400, ["MANDATORY_NOT_FOUND"] * 2)


@pytest.mark.parametrize(
    ("module", "field", "value", "detail"),
    [
        ("Deals", "Amount", "much", "expected_data_type"),
        ("Deals", "Amount", True, "expected_data_type"),
        ("Deals", "Amount", 10**17, "maximum_length"),
        ("Deals", "Closing_Date", "01.02.2026", "expected_data_type"),
        ("Deals", "Deal_Name", "x" * 121, "maximum_length"),
        ("Deals", "Deal_Name", 7, "expected_data_type"),
        ("Deals", "Account_Name", {"name": "no id"}, "expected_data_type"),
        ("Deals", "Account_Name", {"id": "6100214000001999999"}, "id"),
        ("Deals", "Tag", "text", "expected_data_type"),
        ("Accounts", "Employees", 1.5, "expected_data_type"),
        ("Accounts", "Employees", 10**10, "maximum_length"),
        ("Accounts", "Phone", "<script>", "regex"),
        ("Contacts", "Email", "nobody", "expected_data_type"),
        ("Contacts", "Email_Opt_Out", "yes", "expected_data_type"),
    ],
)
def test_values_are_checked(zoho: ZohoHttp, module: str, field: str, value: Any, detail: str) -> None:
    whole = {"Deals": deal(), "Accounts": {"Account_Name": "A"}, "Contacts": {"Last_Name": "B"}}[module]
    answer = zoho.post(f"/crm/v8/{module}", {"data": [{**whole, field: value}]})
    assert codes(answer) == (400, ["INVALID_DATA"])
    details = items(answer)[0]["details"]
    assert (details["api_name"], details["json_path"]) == (field, f"$.data[0].{field}")
    assert detail in details


def test_several_wrong_values_are_all_named(zoho: ZohoHttp) -> None:
    answer = zoho.post(DEALS, {"data": [deal(Amount="x", Closing_Date="y")]})
    assert codes(answer) == (400, ["MULTIPLE_OR_MULTI_ERRORS"])
    assert [one["details"]["api_name"] for one in items(answer)[0]["details"]["errors"]] == [
        "Amount",
        "Closing_Date",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "MANDATORY_NOT_FOUND"),
        ({"data": []}, "MANDATORY_NOT_FOUND"),
        ({"data": {}}, "INVALID_DATA"),
        ({"data": ["text"]}, "INVALID_DATA"),
        ({"data": [deal()] * 101}, "LIMIT_EXCEEDED"),
    ],
)
def test_wrong_bodies(zoho: ZohoHttp, body: dict[str, Any], code: str) -> None:
    answer = zoho.post(DEALS, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_body_that_is_no_json(zoho: ZohoHttp) -> None:
    for body in (b"{", b"", b"[]", b'{"data": [{"Amount": 1e999}]}', b"[" * 100_000):
        answer = zoho.call("POST", DEALS, data=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")


def test_an_update_changes_what_is_given(zoho: ZohoHttp) -> None:
    identity = insert(zoho, "Deals", **deal(Amount=200, Next_Step="call"))
    before = read(zoho, "Deals", identity)
    time.sleep(1.1)  # Modified_Time has whole seconds
    answer = zoho.put(DEALS, {"data": [{"id": int(identity), "Stage": "Closed Won", "Next_Step": None}]})
    assert codes(answer) == (200, ["SUCCESS"])
    assert items(answer)[0]["message"] == "record updated"
    after = read(zoho, "Deals", identity)
    assert (after["Stage"], after["Next_Step"], after["Amount"]) == ("Closed Won", None, 200)
    assert (after["Probability"], after["Expected_Revenue"]) == (100, 200)
    assert after["Modified_Time"] > before["Modified_Time"]
    assert after["Created_Time"] == before["Created_Time"]
    by_path = zoho.put(f"{DEALS}/{identity}", {"data": [{"Stage": "A stage of our own"}]})
    assert codes(by_path) == (200, ["SUCCESS"])
    odd = read(zoho, "Deals", identity)
    assert (odd["Stage"], odd["Probability"]) == ("A stage of our own", 100), "accepted; probability kept"


def test_updates_that_fail(zoho: ZohoHttp) -> None:
    identity = insert(zoho, "Deals", **deal())
    answer = zoho.put(
        DEALS,
        {
            "data": [
                {"Stage": "Closed Won"},
                {"id": "1"},
                {"id": "x"},
                {"id": identity, "Deal_Name": ""},
                {"id": identity, "Amount": 5},
            ]
        },
    )
    assert codes(answer) == (
        207,
        ["MANDATORY_NOT_FOUND", "INVALID_DATA", "INVALID_DATA", "MANDATORY_NOT_FOUND", "SUCCESS"],
    )


def test_an_update_only_if_nobody_was_faster(zoho: ZohoHttp) -> None:
    identity = insert(zoho, "Deals", **deal())
    change = {"data": [{"id": identity, "Next_Step": "late"}]}
    earlier = {"If-Unmodified-Since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    refused = zoho.put(DEALS, change, headers=earlier)
    assert codes(refused) == (412, ["ALREADY_MODIFIED"])
    assert read(zoho, "Deals", identity)["Next_Step"] is None
    later = {"If-Unmodified-Since": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    assert zoho.put(DEALS, change, headers=later).status_code == 200


def test_a_renamed_account_is_renamed_everywhere_and_a_deleted_one_leaves_null(zoho: ZohoHttp) -> None:
    account = insert(zoho, "Accounts", Account_Name="Old name")
    identity = insert(zoho, "Deals", **deal(Account_Name=account))
    zoho.put(f"{ACCOUNTS}/{account}", {"data": [{"Account_Name": "New name"}]})
    assert read(zoho, "Deals", identity)["Account_Name"] == {"name": "New name", "id": account}
    zoho.delete(f"{ACCOUNTS}/{account}")
    assert read(zoho, "Deals", identity)["Account_Name"] is None


def test_upsert_inserts_then_updates(zoho: ZohoHttp) -> None:
    body = {
        "data": [{"Last_Name": "Rolf", "Email": "rolf@upsert.example"}],
        "duplicate_check_fields": ["Email"],
    }
    first = zoho.post(f"{CONTACTS}/upsert", body)
    assert first.status_code == 200
    assert (items(first)[0]["action"], items(first)[0]["duplicate_field"]) == ("insert", None)
    body["data"] = [{"First_Name": "Ralf", "Email": "ROLF@upsert.example"}, {"First_Name": "nobody"}]
    second = zoho.post(f"{CONTACTS}/upsert", body)
    assert codes(second) == (207, ["SUCCESS", "MANDATORY_NOT_FOUND"])
    assert (items(second)[0]["action"], items(second)[0]["duplicate_field"]) == ("update", "Email")
    identity = items(second)[0]["details"]["id"]
    assert identity == items(first)[0]["details"]["id"]
    assert read(zoho, "Contacts", identity)["Full_Name"] == "Ralf Rolf"
    illegal = zoho.post(f"{CONTACTS}/upsert", {**body, "duplicate_check_fields": ["Phone"]})
    assert (illegal.status_code, illegal.json()["code"]) == (400, "INVALID_DATA")


def test_delete_and_the_deleted_list(zoho: ZohoHttp) -> None:
    first, second = insert(zoho, "Products", Product_Name="P1"), insert(zoho, "Products", Product_Name="P2")
    start = (datetime.now(UTC) - timedelta(seconds=2)).isoformat()
    answer = zoho.delete("/crm/v8/Products", ids=f"{first},1,{second}")
    assert codes(answer) == (207, ["SUCCESS", "INVALID_DATA", "SUCCESS"])
    assert (items(answer)[0]["message"], items(answer)[1]["message"]) == (
        "record deleted",
        "record not deleted",
    )
    assert zoho.get(f"/crm/v8/Products/{first}").status_code == 204
    deleted = zoho.get("/crm/v8/Products/deleted", type="all", headers={"If-Modified-Since": start}).json()
    assert [row["id"] for row in deleted["data"]] == [second, first]
    row = deleted["data"][0]
    assert (row["display_name"], row["type"]) == ("P2", "recycle")
    assert row["deleted_by"]["name"] == "Ada Lindqvist"
    assert deleted["info"] == {"per_page": 200, "count": 2, "page": 1, "more_records": False}
    paged = zoho.get("/crm/v8/Products/deleted", type="recycle", per_page=1).json()
    assert paged["info"]["more_records"]
    assert zoho.get("/crm/v8/Products/deleted", type="permanent").status_code == 204
    future = {"If-Modified-Since": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    assert zoho.get("/crm/v8/Products/deleted", type="all", headers=future).status_code == 304
    assert zoho.get(f"{CONTACTS}/deleted").status_code == 204
    assert zoho.get("/crm/v8/Products/deleted", type="some").json()["code"] == "INVALID_DATA"


def test_deleted_records_become_permanent_and_then_forgotten(zoho: ZohoHttp, clock_file: Path) -> None:
    identity = insert(zoho, "Leads", Last_Name="Gone")
    zoho.delete(f"/crm/v8/Leads/{identity}")
    clock_file.write_text(str(61 * 86400))
    zoho.refresh()
    row = zoho.get("/crm/v8/Leads/deleted", type="permanent").json()["data"][0]
    assert (row["type"], row["display_name"], row["deleted_by"]) == ("permanent", None, None)
    clock_file.write_text(str(181 * 86400))
    zoho.refresh()
    assert zoho.get("/crm/v8/Leads/deleted").status_code == 204


def test_wrong_deletions(zoho: ZohoHttp) -> None:
    for answer, code in (
        (zoho.delete(DEALS), "REQUIRED_PARAM_MISSING"),
        (zoho.delete(DEALS, ids="a,b"), "UNABLE_TO_PARSE_DATA_TYPE"),
        (zoho.delete(DEALS, ids=",".join(["1"] * 101)), "LIMIT_EXCEEDED"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_count(zoho: ZohoHttp) -> None:
    assert zoho.get(f"{ACCOUNTS}/actions/count").json()["count"] >= 85
    refused = zoho.get(f"{ACCOUNTS}/actions/count", word="Konex")
    assert (refused.status_code, refused.json()["code"]) == (400, "NOT_SUPPORTED")
