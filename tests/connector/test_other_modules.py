"""Modules without a role, read from the sandbox: subforms, links, activities, notes, leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.tables import RecordRow, table_of
from connector.mapping import standard_mapping
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from sandbox.zoho.serve import RunningZoho, running
from tests.support.zoho_access import RealClock
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

ALSO = ("Leads", "Quotes", "Quoted_Items", "Calls", "Notes", "Projects_X_Contacts", "Site_Visits", "Nothing")
POLICY = SyncPolicy(also=ALSO, deletions_after=timedelta())


@pytest.fixture
def zoho() -> Iterator[RunningZoho]:
    with running() as server:
        yield server


def added(http: ZohoHttp, module: str, record: dict[str, Any]) -> str:
    answer = http.call("POST", f"/crm/v8/{module}", json={"data": [record], "trigger": []})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"][0]["details"]["id"])


def first(http: ZohoHttp, module: str) -> str:
    found = http.call("GET", f"/crm/v8/{module}", params={"fields": "id", "per_page": 1}).json()
    return str(found["data"][0]["id"])


def held(database: Database) -> set[tuple[str, str | None, str | None, str | None]]:
    table = table_of(RecordRow)
    columns = (table.c.module, table.c.name, table.c.parent_id, table.c.account_id)
    with database.reads.connect() as connection:
        return {(row[0], row[1], row[2], row[3]) for row in connection.execute(select(*columns))}


def test_they_are_kept_with_their_names_parents_and_accounts(zoho: RunningZoho, database: Database) -> None:
    http = ZohoHttp(zoho.base_url)
    http.refresh()
    account, product = first(http, "Accounts"), first(http, "Products")
    line = {"Product_Name": {"id": product}, "Quantity": 2, "List_Price": 10}
    quote = added(
        http, "Quotes", {"Subject": "Spring", "Account_Name": {"id": account}, "Quoted_Items": [line]}
    )
    added(
        http,
        "Calls",
        {
            "Subject": "Hello",
            "Call_Type": "Outbound",
            "Call_Start_Time": "2026-11-20T10:00:00-05:00",
            "Call_Duration": "05:00",
            "What_Id": {"id": account},
            "$se_module": "Accounts",
        },
    )
    parent = {"module": {"api_name": "Accounts"}, "id": account}
    added(http, "Notes", {"Note_Title": "Mood", "Note_Content": "Good.", "Parent_Id": parent})
    added(http, "Leads", {"Last_Name": "Newman", "Company": "New"})

    def sync() -> dict[str, str]:
        crm = ZohoCopy(zoho.base_url, database).crm()
        report = Sync(SqlCopy(database), crm, standard_mapping(), RealClock(), POLICY).run()
        return {one.module: one.plan for one in report.modules}

    plans = sync()
    assert "the CRM has no module Nothing" in plans["Nothing"]
    assert held(database) == {
        ("Quotes", "Spring", None, account),
        ("Quoted_Items", None, quote, None),
        ("Calls", "Hello", None, account),
        ("Notes", "Mood", account, None),
        ("Leads", "Newman", None, None),
    }
    http.call("DELETE", "/crm/v8/Quotes", params={"ids": quote})
    sync()
    assert {module for module, *_ in held(database)} == {"Calls", "Notes", "Leads"}
    http.close()
