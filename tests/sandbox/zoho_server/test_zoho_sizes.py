"""Generated organisations: what is in them, and that every way of reading finds the same."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import orjson
import pytest

from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.encoded import encode_each
from sandbox.zoho.generated import build_generated
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from sandbox.zoho.store import Table
from tests.support.zoho_client import ZohoHttp

ACCOUNTS, DEALS = 300, 4_321
FIELDS = "Deal_Name,Stage,Amount,Closing_Date,Account_Name,Owner,Created_Time,Modified_Time,Probability"
ZONE = ZoneInfo("America/New_York")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def large() -> Iterator[ZohoHttp]:
    with running(organisation=OrganisationSpec(ACCOUNTS, DEALS, seed=7)) as server:
        http = ZohoHttp(server.base_url)
        http.refresh()
        yield http
        http.close()


@pytest.fixture(scope="module")
def deals(large: ZohoHttp) -> list[Row]:
    return list(large.every("Deals", FIELDS, sort_order="asc"))


def queried(zoho: ZohoHttp, where: str, order: str = "id", limit: int = 2_000) -> list[Row]:
    answer = zoho.coql(f"select {FIELDS} from Deals where {where} order by {order} limit {limit}")
    assert answer.status_code in {200, 204}, answer.text
    return [] if answer.status_code == 204 else list(answer.json()["data"])


def test_all_are_listed_once_in_the_order_of_ids(large: ZohoHttp, deals: list[Row]) -> None:
    ids = [row["id"] for row in deals]
    assert len(set(ids)) == len(ids) == DEALS
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {19}
    assert large.get("/crm/v8/Deals/actions/count").json() == {"count": DEALS}
    assert [row["Created_Time"] for row in deals] == sorted(
        (row["Created_Time"] for row in deals), key=datetime.fromisoformat
    )


def test_what_the_deals_are_like(deals: list[Row]) -> None:
    yesterday = (datetime.now(ZONE).date() - timedelta(days=1)).isoformat()
    closed = [row for row in deals if row["Stage"] in {"Closed Won", "Closed Lost"}]
    days = [row["Closing_Date"] for row in closed]
    assert max(days) == yesterday
    assert min(days) < f"{int(yesterday[:4]) - 5}-01-01"
    assert 0 < len(deals) - len(closed) < DEALS // 20, "a few are open"
    assert any(row["Amount"] != int(row["Amount"]) for row in deals)
    hour_ago = datetime.now(ZONE) - timedelta(hours=1)
    assert all(datetime.fromisoformat(row["Modified_Time"]) < hour_ago for row in deals)
    most = Counter(row["Account_Name"]["id"] for row in deals).most_common()
    assert most[0][1] > 20 * most[len(most) // 2][1], "a few accounts have very many deals"
    assert len(most) > ACCOUNTS // 2


def test_lookups_show_what_the_other_record_is_called(large: ZohoHttp, deals: list[Row]) -> None:
    names = {row["id"]: row["Account_Name"] for row in large.every("Accounts", "Account_Name")}
    assert len(set(names.values())) == ACCOUNTS, "no two accounts have one name"
    for row in deals:
        assert names[row["Account_Name"]["id"]] == row["Account_Name"]["name"]
        assert row["Deal_Name"].startswith(row["Account_Name"]["name"])


def test_a_single_record_and_chosen_ids_are_the_same_rows(large: ZohoHttp, deals: list[Row]) -> None:
    for row in deals[:: DEALS // 5]:
        single = large.get(f"/crm/v8/Deals/{row['id']}").json()["data"][0]
        assert {name: single[name] for name in row} == row
    wanted = deals[10:90:7]
    chosen = large.get(
        "/crm/v8/Deals", fields=FIELDS, ids=",".join(row["id"] for row in wanted), sort_order="asc"
    )
    assert chosen.json()["data"] == wanted
    assert large.get(f"/crm/v8/Deals/{int(deals[0]['id']) + 1}").status_code == 204


def test_by_modification_the_list_and_the_key_of_a_query_agree(large: ZohoHttp, deals: list[Row]) -> None:
    listed = list(large.every("Deals", FIELDS, sort_by="Modified_Time", sort_order="asc"))
    expected = sorted(deals, key=lambda row: (datetime.fromisoformat(row["Modified_Time"]), row["id"]))
    assert listed == expected
    found: list[Row] = []
    where = "id is not null"
    while page := queried(large, where, "Modified_Time, id", 1_000):
        found += page
        time, identity = page[-1]["Modified_Time"], page[-1]["id"]
        where = f"(Modified_Time > '{time}' or (Modified_Time = '{time}' and id > {identity}))"
    assert [row["id"] for row in found] == [row["id"] for row in expected]


def test_changed_since(large: ZohoHttp, deals: list[Row]) -> None:
    since = sorted(datetime.fromisoformat(row["Modified_Time"]) for row in deals)[-700]
    expected = {row["id"] for row in deals if datetime.fromisoformat(row["Modified_Time"]) > since}
    headers = {"If-Modified-Since": since.isoformat()}
    listed = [row["id"] for row in large.every("Deals", "Stage", headers)]
    assert listed == sorted(expected, reverse=True)
    assert len(listed) > 200
    now = {"If-Modified-Since": datetime.now(ZONE).replace(microsecond=0).isoformat()}
    assert large.get("/crm/v8/Deals", now, fields="Stage").status_code == 304


def test_a_query_about_anything_else_is_searched(large: ZohoHttp, deals: list[Row]) -> None:
    account = deals[0]["Account_Name"]["id"]
    found = queried(large, f"Account_Name = {account} and Stage = 'Closed Won'", "Amount desc")
    expected = [row for row in deals if row["Account_Name"]["id"] == account and row["Stage"] == "Closed Won"]
    assert sorted(row["id"] for row in found) == [row["id"] for row in expected]
    counted = large.coql("select COUNT(id) from Deals where Stage = 'Closed Lost'").json()["data"][0]
    assert counted["COUNT(id)"] == len([row for row in deals if row["Stage"] == "Closed Lost"])


def test_writing_to_records_that_were_never_kept(large: ZohoHttp) -> None:
    rows = list(large.every("Products", "Product_Name,Unit_Price"))
    first, second, last = rows[0]["id"], rows[1]["id"], rows[-1]["id"]
    large.put("/crm/v8/Products", {"data": [{"id": first, "Unit_Price": 1.25}]}).raise_for_status()
    new = large.post("/crm/v8/Products", {"data": [{"Product_Name": "New one"}]}).json()["data"][0]["details"]
    large.delete(f"/crm/v8/Products/{last}").raise_for_status()
    now = {row["id"]: row for row in large.every("Products", "Product_Name,Unit_Price")}
    assert now[first]["Unit_Price"] == 1.25
    assert now[second] == rows[1]
    assert last not in now
    assert now[new["id"]]["Product_Name"] == "New one"
    assert new["id"] > first
    assert large.get(f"/crm/v8/Products/{last}").status_code == 204
    assert [one["id"] for one in large.get("/crm/v8/Products/deleted").json()["data"]] == [last]
    latest = large.get("/crm/v8/Products", fields="id", sort_by="Modified_Time").json()["data"]
    assert {row["id"] for row in latest[:2]} == {first, new["id"]}


@pytest.mark.parametrize("count", [0, 1, 200, 201, 2_001])
def test_every_size(count: int) -> None:
    store = build_generated(
        SandboxClock(), OrganisationSpec(count, count, contacts=count // 2, products=count)
    )
    for name in ("Accounts", "Deals", "Contacts", "Products"):
        table = store.tables[name]
        assert (
            len(table.records) == len(list(table.iterate())) == (count // 2 if name == "Contacts" else count)
        )


@pytest.mark.parametrize("count", [1, 2, 3])
def test_rows_that_are_encoded_together_are_those_of_each(count: int) -> None:
    rows = [{"Owner": {"Owner": one}, "id": str(one)} for one in range(count)]
    assert encode_each(rows) == [orjson.dumps(one) for one in rows]


def values_of(table: Table) -> list[Row]:
    return [record.values for record in table.iterate()]


def test_the_seed_decides() -> None:
    one, same, other = (
        build_generated(SandboxClock(), OrganisationSpec(20, 300, seed=seed)) for seed in (1, 1, 2)
    )
    assert values_of(one.tables["Deals"]) == values_of(same.tables["Deals"])
    assert values_of(one.tables["Deals"]) != values_of(other.tables["Deals"])


def test_ten_million_deals_are_there_at_once() -> None:
    store = build_generated(SandboxClock(), OrganisationSpec(1_000_000, 10_000_000, extra_fields=450))
    table = store.tables["Deals"]
    assert len(table.records) == 10_000_000
    assert len(table.module.fields) > 450
    last = table.in_id_order()[-1]
    assert table.records[last.id].values == last.values
    newest = table.in_modified_order()[9_999_999]
    assert newest.modified >= last.created
    assert len(table.in_modified_order(newest.modified - 1)) >= 1
    account = store.tables["Accounts"].records[last.values["Account_Name"]]
    assert last.values["Deal_Name"].startswith(account.values["Account_Name"])


@pytest.mark.parametrize(
    "wrong", [{"accounts": -1}, {"deals": -5}, {"extra_fields": 1_001}, {"contacts": -1}]
)
def test_sizes_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"negative|extra fields"):
        OrganisationSpec(**({"accounts": 1, "deals": 1} | wrong))


def test_fields_that_change_keep_their_values_or_get_none() -> None:
    with running(organisation=OrganisationSpec(20, 250, extra_fields=7)) as server:
        zoho = ZohoHttp(server.base_url)
        zoho.refresh()
        before = {row["id"]: row for row in zoho.every("Deals", "Stage,Extra_0001,Extra_0003,Extra_0004")}
        chosen = next(iter(before))
        zoho.put("/crm/v8/Deals", {"data": [{"id": chosen, "Extra_0001": 77}]}).raise_for_status()
        for change in (
            {"rename": {"from": "Extra_0001", "to": "Renamed"}},
            {"remove": "Extra_0003"},
            {"add": {"api_name": "Fresh", "data_type": "text"}},
            {"retype": {"name": "Extra_0004", "data_type": "text"}},
        ):
            answer = zoho.post("/_sandbox/fields", {"module": "Deals", **change})
            assert answer.status_code == 200, answer.text
        names = "Stage,Renamed,Extra_0001,Extra_0003,Extra_0004,Fresh"
        after = {row["id"]: row for row in zoho.every("Deals", names)}
        assert set(after) == set(before)
        for identity, row in after.items():
            old = before[identity]
            renamed = 77 if identity == chosen else old["Extra_0001"]
            assert row == {
                "Stage": old["Stage"],
                "Renamed": renamed,
                "Extra_0004": None if old["Extra_0004"] is None else str(old["Extra_0004"]),
                "Fresh": None,
                "id": identity,
            }
        zoho.close()


def test_a_bulk_job_reads_the_same_rows(large: ZohoHttp, deals: list[Row]) -> None:
    large.post("/_sandbox/limits", {"bulk_rows_per_file": 3_000})
    query: Row = {"module": {"api_name": "Deals"}, "fields": ["Stage", "Amount", "Account_Name"]}
    rows: list[list[str]] = []
    while True:
        made = large.post("/crm/bulk/v8/read", {"query": query}).json()["data"][0]["details"]["id"]
        job = large.get(f"/crm/bulk/v8/read/{made}").json()["data"][0]["result"]
        archive = ZipFile(BytesIO(large.get(f"/crm/bulk/v8/read/{made}/result").content))
        rows += list(csv.reader(archive.read(f"{made}.csv").decode().splitlines()))[1:]
        if not job["more_records"]:
            break
        query = {"page_token": job["next_page_token"]}
    shown = [[row["id"], row["Stage"], float(row["Amount"]), row["Account_Name"]["id"]] for row in deals]
    assert [[one[0], one[1], float(one[2]), one[3]] for one in rows] == shown
