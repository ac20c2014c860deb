"""Bulk writes: upload, job, what becomes of each row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import zoho_bulk as bulk
from tests.support.zoho_client import ZohoHttp


def test_rows_are_inserted_by_index(zoho: ZohoHttp) -> None:
    text = 'name,firm,when\nAda,Cancity,x\n"Bo, junior",Nowhere,x\n,Cancity,x\n'
    mappings = [
        {"api_name": "Last_Name", "index": 0},
        {"api_name": "Account_Name", "index": 1, "find_by": "Account_Name"},
        {"api_name": "Title", "default_value": {"value": "Buyer"}},
    ]
    done = bulk.write(zoho, "insert", "Contacts", text, field_mappings=mappings)
    assert done["status"] == "COMPLETED"
    file = done["resource"][0]["file"]
    assert (file["added_count"], file["skipped_count"], file["total_count"]) == (1, 2, 3)
    assert done["rows"][0] == ["name", "firm", "when", "STATUS", "RECORD_ID", "ERRORS"]
    assert [line[3] for line in done["rows"][1:]] == ["ADDED", "SKIPPED", "SKIPPED"]
    assert [line[5] for line in done["rows"][1:]] == [
        "", "INVALID_DATA:Account_Name", "MANDATORY_NOT_FOUND:Last_Name",
    ]  # fmt: skip
    record = zoho.get(f"/crm/v8/Contacts/{done['rows'][1][4]}").json()["data"][0]
    assert (record["Last_Name"], record["Account_Name"]["name"], record["Title"]) == (
        "Ada",
        "Cancity",
        "Buyer",
    )


def test_rows_are_updated_by_id_and_empty_ones_clear_or_not(zoho: ZohoHttp) -> None:
    deal = next(zoho.every("Deals", "Amount,Next_Step"))["id"]
    text = f"id,Amount,Next_Step,Closing_Date\n{deal},12.5,Call,2026-01-31\n1,5,x,2026-01-31\n{deal},many,,\n"
    done = bulk.write(zoho, "update", "Deals", text)
    assert [line[4] for line in done["rows"][1:]] == ["UPDATED", "SKIPPED", "SKIPPED"]
    assert [line[6] for line in done["rows"][1:]] == ["", "RECORD_NOT_FOUND", "INVALID_DATA:Amount"]
    bulk.write(zoho, "update", "Deals", f"id,Amount,Next_Step\n{deal},,Wait\n", ignore_empty=True)
    record = zoho.get(f"/crm/v8/Deals/{deal}").json()["data"][0]
    assert (record["Amount"], record["Next_Step"], record["Closing_Date"]) == (12.5, "Wait", "2026-01-31")
    bulk.write(zoho, "update", "Deals", f"id,Amount\n{deal},\n")
    assert zoho.get(f"/crm/v8/Deals/{deal}").json()["data"][0]["Amount"] is None


def test_upsert_finds_by_the_wished_field(zoho: ZohoHttp) -> None:
    text = "Email,Last_Name\nnew.person@x.example,First\nNEW.person@x.example,Second\n"
    done = bulk.write(zoho, "upsert", "Contacts", text, find_by="Email")
    assert [line[2] for line in done["rows"][1:]] == ["ADDED", "UPDATED"]
    assert done["rows"][1][3] == done["rows"][2][3]
    found = zoho.coql("select Last_Name from Contacts where Email = 'new.person@x.example'").json()["data"]
    assert [one["Last_Name"] for one in found] == ["Second"]


def test_a_job_goes_on_by_the_clock_and_costs(zoho: ZohoHttp, clock_file: Path) -> None:
    zoho.post("/_sandbox/limits", {"bulk_seconds": 100})
    file = bulk.upload(zoho, "Last_Name\nSlow\n").json()["details"]["file_id"]
    zoho.delete("/_sandbox/calls")
    body = {"operation": "insert", "resource": [{"module": {"api_name": "Contacts"}, "file_id": file}]}
    job = zoho.post(bulk.WRITE, body).json()["details"]["id"]
    assert zoho.get("/_sandbox/calls").json()["credits_used"] == 500
    seen = []
    for seconds in (0, 60, 101):
        clock_file.write_text(str(seconds))
        details = zoho.get(f"{bulk.WRITE}/{job}").json()
        seen.append((details["status"], "result" in details))
    assert seen == [("ADDED", False), ("INPROGRESS", False), ("COMPLETED", True)]


@pytest.mark.parametrize("missing", ["feature", "X-CRM-ORG"])
def test_an_upload_needs_its_headers(zoho: ZohoHttp, missing: str) -> None:
    headers = {name: value for name, value in bulk.UPLOAD_HEADERS.items() if name != missing}
    answer = bulk.upload(zoho, "a\n", headers)
    assert answer.status_code == 400
    assert {"x-error", "x-info", "http_status"} <= answer.json().keys()


def test_what_is_no_upload(zoho: ZohoHttp) -> None:
    def sent(content: bytes) -> tuple[int, str]:
        files = {"file": ("rows.zip", content, "application/zip")}
        answer = zoho.call("POST", "/crm/v8/upload", files=files, headers=bulk.UPLOAD_HEADERS)
        return answer.status_code, answer.json()["x-error"]

    assert sent(b"no zip") == (400, "INVALID_FILE_FORMAT")
    assert sent(bytes(25 * 1024 * 1024 + 1)) == (413, "FILE_SIZE_LIMIT_EXCEEDED")
    bare = zoho.call("POST", "/crm/v8/upload", data=b"x", headers=bulk.UPLOAD_HEADERS)
    assert (bare.status_code, bare.json()["x-error"]) == (400, "FILE_NOT_FOUND")


def test_what_is_no_job(zoho: ZohoHttp) -> None:
    file = bulk.upload(zoho, "Last_Name\nX\n").json()["details"]["file_id"]
    wide = bulk.upload(zoho, ",".join(["c"] * 201) + "\n").json()["details"]["file_id"]
    long = bulk.upload(zoho, "Last_Name\n" + "x\n" * 25_001).json()["details"]["file_id"]

    def code(operation: str = "insert", module: str = "Contacts", **resource: object) -> str:
        one = {"module": {"api_name": module}, "file_id": file, **resource}
        return str(zoho.post(bulk.WRITE, {"operation": operation, "resource": [one]}).json()["code"])

    assert code("merge") == "INVALID_DATA"
    assert code(module="Notes") == "MODULE_NOT_SUPPORTED"
    assert code(module="Events") == "MODULE_NOT_SUPPORTED"
    assert code(file_id="nope") == "INVALID_DATA"
    assert code(file_names=["other.csv"]) == "INVALID_DATA"
    assert code(file_id=wide) == "LIMIT_EXCEEDED"
    assert code(file_id=long) == "LIMIT_EXCEEDED"
    assert code(field_mappings=[{"api_name": "Nope", "index": 0}]) == "FIELD_NOT_AVAILABLE"
    assert code(field_mappings=[{"api_name": "Modified_Time", "index": 0}]) == "FIELD_NOT_SUPPORTED"
    assert code(field_mappings=[{"api_name": "Last_Name", "index": 7}]) == "INVALID_DATA"
    assert code(field_mappings=[{"api_name": "Last_Name"}]) == "MANDATORY_NOT_FOUND"
    assert code("upsert", find_by="Email") == "MANDATORY_NOT_FOUND"
    assert zoho.get(f"{bulk.WRITE}/5").status_code == 404
