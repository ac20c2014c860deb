"""Bulk reads and changes of the schema in an organisation whose records are computed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.zoho import bulk_desk, bulk_table
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from tests.support import zoho_bulk as bulk
from tests.support.zoho_client import ZohoHttp


@pytest.fixture(scope="module")
def made() -> Iterator[ZohoHttp]:
    with running(organisation=OrganisationSpec(accounts=60, deals=450)) as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        yield http
        http.close()


def test_files_hold_what_lists_show(made: ZohoHttp) -> None:
    made.post("/_sandbox/limits", {"bulk_rows_per_file": 200})
    wanted = bulk.wanted("Deals", "Deal_Name", "Amount", "Account_Name", "Closing_Date")
    lines: list[list[str]] = []
    while True:
        job = bulk.job_id(bulk.start(made, wanted))
        lines += bulk.rows(made, job)[1:]
        result = bulk.look(made, job)["result"]
        if not result["more_records"]:
            break
        wanted = {"page_token": result["next_page_token"]}
    listed = list(made.every("Deals", "Deal_Name,Amount,Account_Name,Closing_Date", sort_order="asc"))
    assert len(lines) == len(listed) == 450
    for line, record in zip(lines, listed, strict=True):
        account = record["Account_Name"]
        expected = [record["id"], record["Deal_Name"], account["id"] if account else ""]
        assert [line[0], line[1], line[3]] == expected
        assert line[2] == ("" if record["Amount"] is None else str(record["Amount"]))
        assert line[4] == (record["Closing_Date"] or "")


def test_a_renamed_field_keeps_its_values(made: ZohoHttp) -> None:
    before = {
        one["id"]: (one["Phone"], one["Modified_Time"])
        for one in made.every("Accounts", "Phone,Modified_Time")
    }
    wish = {"module": "Accounts", "rename": {"from": "Phone", "to": "Telephone"}}
    assert made.post("/_sandbox/fields", wish).status_code == 200
    shown = made.every("Accounts", "Telephone,Modified_Time")
    assert {one["id"]: (one["Telephone"], one["Modified_Time"]) for one in shown} == before
    queried = made.coql("select Telephone from Accounts where id is not null").json()["data"]
    assert {row["id"]: row["Telephone"] for row in queried} == {
        key: phone for key, (phone, _) in before.items()
    }


def test_a_new_field_is_empty_and_comes_back_from_the_bin(made: ZohoHttp) -> None:
    made.post("/_sandbox/fields", {"module": "Contacts", "add": {"api_name": "Mood", "data_type": "text"}})
    person = next(made.every("Contacts", "Mood,Last_Name,Modified_Time"))
    assert person["Mood"] is None
    made.delete(f"/crm/v8/Contacts/{person['id']}")
    assert made.get(f"/crm/v8/Contacts/{person['id']}").status_code == 204
    made.post("/_sandbox/undelete", {"module": "Contacts", "ids": [person["id"]]})
    shown = {one["id"]: one for one in made.every("Contacts", "Mood,Last_Name,Modified_Time")}
    assert shown[person["id"]] == person


@pytest.fixture
def own() -> Iterator[ZohoHttp]:
    """An organisation that one test may change."""
    with running(organisation=OrganisationSpec(accounts=60, deals=450)) as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        yield http
        http.close()


def test_a_large_file_is_written_between_calls(own: ZohoHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_table, "STRETCH", 3)
    monkeypatch.setattr(bulk_desk, "STEPS_AT_ONCE", 1)
    own.post("/_sandbox/limits", {"bulk_rows_per_file": 200})
    ids = [one["id"] for one in own.every("Deals", "id", sort_order="asc")]
    job = bulk.job_id(bulk.start(own, bulk.wanted("Deals", "Deal_Name")))
    assert own.delete(f"/crm/v8/Deals?ids={ids[0]}").status_code == 200
    states: list[str] = []
    while not states or states[-1] != "COMPLETED":
        states.append(bulk.look(own, job)["state"])
    assert set(states) <= {"IN PROGRESS", "COMPLETED"}
    assert [line[0] for line in bulk.rows(own, job)[1:]] == ids[:200]
