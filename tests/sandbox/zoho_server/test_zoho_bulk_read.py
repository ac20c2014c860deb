"""Bulk reads: jobs, their files, criteria, continuation, limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import zoho_bulk as bulk
from tests.support.zoho_client import ZohoHttp


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_file_has_the_id_first_and_lookups_as_ids(zoho: ZohoHttp) -> None:
    fields = ("Account_Name", "Owner", "Owner.last_name", "Parent_Account", "Parent_Account.Account_Name")
    lines = bulk.read(zoho, bulk.wanted("Accounts", "id", *fields, "Tag", "Created_Time"))
    assert lines[0] == ["Id", *fields, "Tag", "Created_Time"]
    records = {one["id"]: one for one in zoho.every("Accounts", "Account_Name,Owner,Parent_Account,Tag")}
    assert [line[0] for line in lines[1:]] == sorted(records)
    for identity, name, owner, last_name, parent, parent_name, tags, created in lines[1:]:
        record = records[identity]
        assert (name, owner) == (record["Account_Name"], record["Owner"]["id"])
        assert record["Owner"]["name"].endswith(last_name)
        shown = record["Parent_Account"] or {"id": "", "name": ""}
        assert (parent, parent_name) == (shown["id"], shown["name"])
        assert tags == ",".join(tag["name"] for tag in record["Tag"])
        assert datetime.fromisoformat(created).utcoffset() in {timedelta(hours=-5), timedelta(hours=-4)}


def test_booleans_and_nothing(zoho: ZohoHttp) -> None:
    lines = bulk.read(zoho, bulk.wanted("Contacts", "Email_Opt_Out", "Description"))
    assert {tuple(line[1:]) for line in lines[1:]} == {("false", "")}


def test_without_fields_all_come(zoho: ZohoHttp) -> None:
    lines = bulk.read(zoho, {"module": {"api_name": "Products"}})
    described = zoho.get("/crm/v8/settings/fields", module="Products").json()["fields"]
    assert lines[0] == ["Id", *(one["api_name"] for one in described if one["api_name"] != "id")]
    assert len(lines) == 8


def test_the_states_of_a_job_go_by_the_clock(zoho: ZohoHttp, clock_file: Path) -> None:
    zoho.post("/_sandbox/limits", {"bulk_seconds": 400})
    job = bulk.job_id(bulk.start(zoho, bulk.wanted("Products", "Product_Name")))
    seen = []
    for seconds in (0, 150, 300, 500):
        clock_file.write_text(str(seconds))
        details = bulk.look(zoho, job)
        seen.append(details["state"])
        assert ("result" in details) == (details["state"] == "COMPLETED")
        assert zoho.get(f"{bulk.READ}/{job}/result").status_code == (404 if seconds < 400 else 200)
    assert seen == ["ADDED", "QUEUED", "IN PROGRESS", "COMPLETED"]


def test_a_job_without_time_is_done_at_the_first_look(zoho: ZohoHttp) -> None:
    answer = bulk.start(zoho, bulk.wanted("Products", "Product_Name"))
    made = answer.json()["data"][0]
    assert (made["code"], made["details"]["state"]) == ("ADDED_SUCCESSFULLY", "ADDED")
    details = bulk.look(zoho, bulk.job_id(answer))
    assert details["state"] == "COMPLETED"
    assert details["query"]["fields"] == ["Product_Name"]
    result = details["result"]
    assert result["download_url"] == f"/crm/bulk/v8/read/{details['id']}/result"
    assert (result["count"], result["per_page"], result["more_records"], result["next_page_token"]) == (
        7, 200_000, False, None,
    )  # fmt: skip


def test_files_follow_one_another_by_token(zoho: ZohoHttp) -> None:
    zoho.post("/_sandbox/limits", {"bulk_rows_per_file": 40})
    answer = bulk.start(zoho, bulk.wanted("Accounts", "Account_Name"))
    ids: list[str] = []
    counts = []
    while True:
        job = bulk.job_id(answer)
        result = bulk.look(zoho, job)["result"]
        counts.append(result["count"])
        ids += [line[0] for line in bulk.rows(zoho, job)[1:]]
        if not result["more_records"]:
            assert result["next_page_token"] is None
            break
        answer = bulk.start(zoho, {"page_token": result["next_page_token"]})
    assert counts == [40, 40, 5]
    assert ids == sorted(one["id"] for one in zoho.every("Accounts", "Account_Name"))
    second = bulk.job_id(bulk.start(zoho, bulk.wanted("Accounts", "Account_Name", page=2)))
    assert [line[0] for line in bulk.rows(zoho, second)[1:]] == ids[40:80]


def test_a_token_is_signed_and_lives_a_day(zoho: ZohoHttp, clock_file: Path) -> None:
    zoho.post("/_sandbox/limits", {"bulk_rows_per_file": 2})
    job = bulk.job_id(bulk.start(zoho, bulk.wanted("Products", "Product_Name")))
    token = bulk.look(zoho, job)["result"]["next_page_token"]
    wrong = f"{token[:-2]}{'00' if token[-2:] != '00' else '11'}"
    assert refusal(bulk.start(zoho, {"page_token": wrong})) == (400, "TOKEN_BOUND_DATA_MISMATCH")
    assert refusal(bulk.start(zoho, {"page_token": "no"})) == (400, "TOKEN_BOUND_DATA_MISMATCH")
    mixed = {"page_token": token, **bulk.wanted("Products", "Product_Name")}
    assert refusal(bulk.start(zoho, mixed)) == (400, "AMBIGUITY_DURING_PROCESSING")
    clock_file.write_text(str(24 * 3600 + 60))
    zoho.refresh()
    assert refusal(bulk.start(zoho, {"page_token": token})) == (400, "EXPIRED_VALUE")
    assert refusal(zoho.get(f"{bulk.READ}/{job}/result")) == (404, "RESOURCE_NOT_FOUND")


def test_a_file_shows_the_records_as_they_were(zoho: ZohoHttp) -> None:
    zoho.post("/_sandbox/limits", {"bulk_seconds": 0})
    before = zoho.post("/crm/v8/Contacts", {"data": [{"Last_Name": "Before"}]}).json()["data"][0]
    identity = before["details"]["id"]
    job = bulk.job_id(bulk.start(zoho, bulk.wanted("Contacts", "Last_Name")))
    zoho.put(f"/crm/v8/Contacts/{identity}", {"data": [{"Last_Name": "After"}]})
    zoho.delete(f"/crm/v8/Contacts/{identity}")
    assert [identity, "Before"] in bulk.rows(zoho, job)


@pytest.mark.parametrize(
    ("criteria", "where"),
    [
        ({"field": {"api_name": "Stage"}, "comparator": "equal", "value": "Closed Won"},
         "Stage = 'Closed Won'"),
        ({"field": {"api_name": "Stage"}, "comparator": "not_in", "value": ["Closed Won", "Closed Lost"]},
         "Stage not in ('Closed Won', 'Closed Lost')"),
        ({"field": {"api_name": "Amount"}, "comparator": "between", "value": [50, 500]},
         "Amount between 50 and 500"),
        ({"field": {"api_name": "Amount"}, "comparator": "greater_than", "value": "5000"}, "Amount > 5000"),
        ({"field": {"api_name": "Account_Name"}, "comparator": "equal", "value": "${EMPTY}"},
         "Account_Name is null"),
        ({"field": {"api_name": "Deal_Name"}, "comparator": "contains", "value": "cancity"},
         "Deal_Name like '%cancity%'"),
        ({"field": {"api_name": "Deal_Name"}, "comparator": "starts_with", "value": "Betas"},
         "Deal_Name like 'Betas%'"),
        ({"field": {"api_name": "Account_Name.Industry"}, "comparator": "equal", "value": "medical"},
         "Account_Name.Industry = 'medical'"),
        (
            {"group_operator": "or", "group": [
                {"field": {"api_name": "Amount"}, "comparator": "less_than", "value": 100},
                {"group_operator": "and", "group": [
                    {"field": {"api_name": "Stage"}, "comparator": "equal", "value": "Closed Lost"},
                    {"field": {"api_name": "Amount"}, "comparator": "greater_equal", "value": 5000},
                ]},
            ]},
            "Amount < 100 or (Stage = 'Closed Lost' and Amount >= 5000)",
        ),
    ],
)  # fmt: skip
def test_criteria_choose_as_queries_do(zoho: ZohoHttp, criteria: dict[str, Any], where: str) -> None:
    lines = bulk.read(zoho, bulk.wanted("Deals", "Stage", criteria=criteria))
    counted = zoho.coql(f"select COUNT(id) from Deals where {where}").json()["data"][0]["COUNT(id)"]
    assert len(lines) - 1 == counted > 0


def test_changes_since_a_moment(zoho: ZohoHttp) -> None:
    since = next(zoho.every("Deals", "Modified_Time", sort_by="Modified_Time"))["Modified_Time"]
    criteria = {"field": {"api_name": "Modified_Time"}, "comparator": "greater_equal", "value": since}
    lines = bulk.read(zoho, bulk.wanted("Deals", "Modified_Time", criteria=criteria))
    assert len(lines) > 1
    assert {line[1] for line in lines[1:]} == {since}


def test_what_is_refused(zoho: ZohoHttp) -> None:
    def code(query: Any) -> str:
        return str(bulk.start(zoho, query).json()["code"])

    stage = {"field": {"api_name": "Stage"}, "comparator": "equal", "value": "x"}
    refused = {
        "MODULE_NOT_SUPPORTED": bulk.wanted("Notes", "Note_Title"),
        "MODULE_NOT_AVAILABLE": bulk.wanted("Nope", "Name"),
        "FIELD_NOT_AVAILABLE": bulk.wanted("Deals", "Nope"),
        "FIELD_NOT_SUPPORTED": bulk.wanted("Quotes", "Quoted_Items"),
        "LIMIT_EXCEEDED": bulk.wanted("Deals", *["Stage"] * 201),
        "CVID_NOT_SUPPORTED": bulk.wanted("Deals", "Stage", cvid="1"),
        "PAGE_NOT_SUPPORTED": bulk.wanted("Deals", "Stage", page=0),
        "MANDATORY_NOT_FOUND": None,
        "INVALID_CRITERIA": bulk.wanted("Deals", "Stage", criteria={"group_operator": "and", "group": []}),
        "GROUP_OPERATOR_NOT_SUPPORTED": bulk.wanted(
            "Deals", "Stage", criteria={"group_operator": "xor", "group": [stage]}
        ),
        "CRITERIA_LIMIT_EXCEEDED": bulk.wanted(
            "Deals", "Stage", criteria={"group_operator": "or", "group": [stage] * 26}
        ),
        "VALUE_LIMIT_EXCEEDED_IN_CRITERIA": bulk.wanted(
            "Deals", "Stage", criteria={**stage, "comparator": "in", "value": ["x"] * 201}
        ),
        "FIELD_AND_COMPARATOR_IN_CRITERIA_NOT_COMPATIBLE": bulk.wanted(
            "Deals", "Stage", criteria={**stage, "comparator": "less_than"}
        ),
        "JOIN_LIMIT_EXCEEDED": bulk.wanted(
            "Deals", "Owner.last_name", "Created_By.last_name", "Modified_By.last_name",
            "Account_Name.Industry", "Contact_Name.Email", "Product.Product_Code",
        ),
    }  # fmt: skip
    assert {code(query) for query in refused.values()} == refused.keys()
    assert {expected: code(query) for expected, query in refused.items()} == {one: one for one in refused}
    assert code(bulk.wanted("Projects_X_Contacts", "Projects")) == "MODULE_NOT_SUPPORTED"


def test_bodies_and_addresses(zoho: ZohoHttp) -> None:
    plain = zoho.call("POST", bulk.READ, data='{"query": {}}', headers={"Content-Type": "text/plain"})
    assert refusal(plain) == (415, "MEDIA_TYPE_NOT_SUPPORTED")
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    assert refusal(zoho.call("POST", bulk.READ, headers=json_type)) == (400, "REQUEST_BODY_IS_EMPTY")
    broken = zoho.call("POST", bulk.READ, data="{", headers=json_type)
    assert refusal(broken) == (400, "REQUEST_BODY_NOT_READABLE")
    assert refusal(zoho.get(f"{bulk.READ}/1")) == (404, "RESOURCE_NOT_FOUND")
    assert refusal(zoho.get(f"{bulk.READ}/x/result")) == (404, "RESOURCE_NOT_FOUND")
    body = {"query": bulk.wanted("Deals", "Stage")}
    assert refusal(zoho.post(bulk.READ, {**body, "file_type": "ics"})) == (400, "JOB_NOT_SUPPORTED")
    callback = {"url": "ftp://here.example", "method": "post"}
    assert refusal(zoho.post(bulk.READ, {**body, "callback": callback})) == (400, "INVALID_CALLBACK_URL")
    callback = {"url": "https://here.example", "method": "get"}
    assert refusal(zoho.post(bulk.READ, {**body, "callback": callback})) == (400, "INVALID_CALLBACK_METHOD")


def test_downloads_are_limited_and_jobs_cost(zoho: ZohoHttp, clock_file: Path) -> None:
    job = bulk.job_id(bulk.start(zoho, bulk.wanted("Products", "Product_Name")))
    assert zoho.get("/_sandbox/calls").json()["credits_used"] == 50
    statuses = [zoho.get(f"{bulk.READ}/{job}/result").status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    clock_file.write_text("61")
    assert zoho.get(f"{bulk.READ}/{job}/result").status_code == 200


def test_a_job_fails_on_order(zoho: ZohoHttp) -> None:
    zoho.order_fault("bulk_failure", times=1)
    job = bulk.job_id(bulk.start(zoho, bulk.wanted("Products", "Product_Name")))
    details = bulk.look(zoho, job)
    assert (details["state"], details["result"]["error_message"]["code"]) == ("FAILURE", "INTERNAL_ERROR")
    assert zoho.get(f"{bulk.READ}/{job}/result").status_code == 404
    assert len(bulk.read(zoho, bulk.wanted("Products", "Product_Name"))) == 8


def test_a_download_can_be_cut(zoho: ZohoHttp) -> None:
    job = bulk.job_id(bulk.start(zoho, bulk.wanted("Deals", "Deal_Name")))
    zoho.order_fault("cut_body", "/result", times=1)
    with pytest.raises(requests.exceptions.RequestException):
        zoho.get(f"{bulk.READ}/{job}/result")
    assert len(bulk.rows(zoho, job)) == 8801


def test_the_file_is_named(zoho: ZohoHttp) -> None:
    job = bulk.job_id(bulk.start(zoho, bulk.wanted("Products", "Product_Name")))
    headers = zoho.get(f"{bulk.READ}/{job}/result").headers
    assert headers["Content-Type"] == "application/zip"
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{job}.zip"


def test_converted_leads_are_left_out(zoho: ZohoHttp) -> None:
    made = zoho.post("/crm/v8/Leads", {"data": [{"Last_Name": "Stays"}, {"Last_Name": "Goes"}]}).json()[
        "data"
    ]
    stays, goes = (one["details"]["id"] for one in made)
    zoho.post(f"/crm/v8/Leads/{goes}/actions/convert", {"data": [{}]})
    answer = bulk.start(zoho, bulk.wanted("Leads", "Last_Name"))
    assert bulk.rows(zoho, bulk.job_id(answer))[1:] == [[stays, "Stays"]]
    hidden = {"field": {"api_name": "$converted"}, "comparator": "equal", "value": "false"}
    assert bulk.look(zoho, bulk.job_id(answer))["query"]["criteria"] == hidden
    criteria = {"field": {"api_name": "Last_Name"}, "comparator": "equal", "value": "Goes"}
    answer = bulk.start(zoho, bulk.wanted("Leads", "Last_Name", criteria=criteria))
    shown = bulk.look(zoho, bulk.job_id(answer))["query"]["criteria"]
    assert shown["group_operator"] == "and"
    assert shown["group"][0]["field"].keys() == {"api_name", "id"}
    assert bulk.rows(zoho, bulk.job_id(answer))[1:] == []
