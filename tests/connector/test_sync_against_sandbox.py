"""The connector over HTTP against the sandbox's Zoho: 9,083 records, faults, interruptions."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from connector.cache import repositories
from connector.cache.engine import Database, open_database
from connector.cache.tables import (
    AccountRow,
    ContactRow,
    FieldRow,
    ProductRow,
    TransactionRow,
    UserRow,
    table_of,
)
from connector.errors import NeedsPerson, Retriable
from connector.ports import EVERY_ACCOUNT
from connector.sync.report import Progress
from connector.zoho.auth import Credentials
from sandbox.zoho.serve import RunningZoho, running
from tests.support.zoho_access import SANDBOX
from tests.support.zoho_copy import ZohoCopy

DATA = Path(__file__).resolve().parents[2] / "sandbox/data/maven_crm"
STAGES = {
    "Won": "Closed Won",
    "Lost": "Closed Lost",
    "Engaging": "Negotiation/Review",
    "Prospecting": "Qualification",
}


@pytest.fixture(scope="module")
def zoho() -> Iterator[RunningZoho]:
    """An organisation whose records no test changes."""
    with running() as server:
        yield server


@pytest.fixture
def living_zoho() -> Iterator[RunningZoho]:
    """An organisation in which people work."""
    with running() as server:
        yield server


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[Database]:
    """For what does not depend on the kind of database."""
    database = open_database(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    SQLModel.metadata.create_all(database.writes)
    yield database
    database.close()


@pytest.fixture
def copy(empty_database: Database, zoho: RunningZoho) -> Iterator[ZohoCopy]:
    made = ZohoCopy(zoho.base_url, empty_database)
    made.sandbox("DELETE", "calls")
    yield made
    made.sandbox("DELETE", "faults")
    made.sandbox("POST", "tokens/restore")


def lines(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rows(copy: ZohoCopy, row: Any) -> list[Any]:
    with copy.database.reads.connect() as connection:
        return list(connection.execute(select(table_of(row))))


def number_of(copy: ZohoCopy, row: Any) -> int:
    with copy.database.reads.connect() as connection:
        return connection.execute(select(func.count()).select_from(table_of(row))).scalar_one()


def calls(copy: ZohoCopy) -> dict[str, int]:
    found: dict[str, int] = copy.sandbox("GET", "calls")["calls"]
    return found


def test_the_whole_organisation_equals_the_source(database: Database, zoho: RunningZoho) -> None:
    copy = ZohoCopy(zoho.base_url, database)
    began = time.perf_counter()
    report = copy.sync()
    print(f"first sync into {database.dialect}: {time.perf_counter() - began:.2f} s for 9,083 records")
    pipeline, sources = lines("sales_pipeline.csv"), lines("accounts.csv")
    names = {row.id: row.name for row in rows(copy, AccountRow)}
    assert sorted(names.values()) == sorted(one["account"] for one in sources)
    owners = {row.id: row.name for row in rows(copy, UserRow)}
    deals = rows(copy, TransactionRow)
    assert len(deals) == len(pipeline) == 8800
    assert Counter(
        (names.get(one.account_id, ""), one.stage, owners[one.owner_id]) for one in deals
    ) == Counter((one["account"], STAGES[one["deal_stage"]], one["sales_agent"]) for one in pipeline)
    won = [one for one in deals if one.stage == "Closed Won"]
    assert sorted(one.amount_minor for one in won) == sorted(
        int(one["close_value"]) * 100 for one in pipeline if one["deal_stage"] == "Won"
    )
    revenue = {row.name: row.annual_revenue_minor for row in rows(copy, AccountRow)}
    assert revenue == {one["account"]: round(float(one["revenue"]) * 100) * 1_000_000 for one in sources}
    assert number_of(copy, ProductRow) == 7
    assert number_of(copy, ContactRow) == report["Contacts"].inserted > 85
    assert [one.skipped for one in report.values()] == [0] * 4
    assert [one.missing_fields for one in report.values()] == [()] * 4
    with copy.database.reads.connect() as connection:
        organisation = repositories.organisation(connection)
        assert [one.account_id for one in repositories.touched_accounts(connection)] == [EVERY_ACCOUNT]
    assert organisation is not None
    assert (organisation.name, organisation.time_zone) == ("Maven Hardware", "America/New_York")
    users = {row.name: row for row in rows(copy, UserRow)}
    assert len(users) == 42
    assert users["Darcel Schlecht"].manager_id == users["Melvin Marxen"].id
    assert number_of(copy, FieldRow) > 40


def test_a_second_sync_reads_almost_nothing_and_a_third_what_changed(
    empty_database: Database, living_zoho: RunningZoho
) -> None:
    copy = ZohoCopy(living_zoho.base_url, empty_database)
    copy.sync()
    copy.sandbox("DELETE", "calls")
    second = copy.sync()
    assert sum(one.read for one in second.values()) < 20
    assert sum(one.changed for one in second.values()) == 0
    assert calls(copy) == {"POST /crm/v8/coql": 4}, "for each module its changes"
    with copy.database.writes.begin() as connection:
        repositories.clear_touched(connection, repositories.touched_accounts(connection))
    crm = copy.crm()
    copy.policy = replace(copy.policy, deletions_after=timedelta(0))
    with copy.database.reads.connect() as connection:
        table = table_of(TransactionRow)
        won = table.c.stage == "Closed Won"
        changing, dying = connection.execute(select(table).where(won).order_by(table.c.id).limit(2)).all()
    (written,) = crm.update("Deals", [{"id": changing.id, "Amount": 12.34}])
    assert written.done
    crm._client.delete(f"/crm/v8/Deals/{dying.id}")
    winner = copy.sandbox("GET", "accounts?by=won")[0]["id"]
    copy.sandbox("POST", f"accounts/{winner}/win", amount=777)
    third = copy.sync()
    deals = third["Deals"]
    assert (deals.inserted, deals.updated, deals.deleted) == (1, 1, 1)
    assert [one.changed for name, one in third.items() if name != "Deals"] == [0, 0, 0]
    held = {row.id: row for row in rows(copy, TransactionRow)}
    assert held[changing.id].amount_minor == 1234
    assert dying.id not in held
    assert [row.amount_minor for row in held.values() if row.account_id == winner].count(77700) == 1
    with copy.database.reads.connect() as connection:
        touched = {one.account_id for one in repositories.touched_accounts(connection)}
    assert touched == {changing.account_id, dying.account_id, winner}


def test_what_each_module_cost_is_said(empty_database: Database, zoho: RunningZoho) -> None:
    copy, seen = ZohoCopy(zoho.base_url, empty_database), list[Progress]()
    first = copy.sync(progress=seen.append)
    last = {one.module: one.credits for one in seen}
    assert all(0 < last[name] <= one.credits for name, one in first.items())
    copy.sandbox("DELETE", "calls")
    second = copy.sync()
    assert {one.credits for one in second.values()} == {1}, "for each module its changes"
    assert copy.sandbox("GET", "calls")["credits_used"] == len(second)


def test_passing_faults_are_overcome(copy: ZohoCopy) -> None:
    def break_it(progress: Progress) -> None:
        kinds = {2000: "server_error", 4000: "rate_limit", 6000: "bad_gateway", 8000: "cut_body"}
        if progress.module == "Deals" and progress.read in kinds:
            copy.order_fault(kinds[progress.read], "/crm/v8/coql", times=1)

    for path in ("users", "settings/fields", "org", "oauth"):
        copy.order_fault("cut_body", path, times=1)
    copy.sync(progress=break_it)
    assert copy.sandbox("GET", "faults") == {"faults": []}
    assert (number_of(copy, AccountRow), number_of(copy, TransactionRow)) == (85, 8800)


def test_a_lasting_fault_keeps_what_was_read_and_the_next_sync_goes_on(copy: ZohoCopy) -> None:
    def break_it(progress: Progress) -> None:
        if progress.module == "Deals" and progress.read == 2000:
            copy.order_fault("server_error", "/crm/v8/coql")

    with pytest.raises(Retriable, match="500"):
        copy.sync(progress=break_it)
    assert number_of(copy, AccountRow) == 85
    held = number_of(copy, TransactionRow)
    assert held in {2000, 4000}, "the page that was fetched while the first one was written is kept too"
    copy.sandbox("DELETE", "faults")
    copy.sandbox("DELETE", "calls")
    report = copy.sync()["Deals"]
    assert f"resumed after {held} records" in report.plan
    assert (number_of(copy, AccountRow), number_of(copy, TransactionRow)) == (85, 8800)
    assert 8800 - held <= report.read < 8900 - held, "the first pages were not read again"


def test_a_missing_scope_is_named(copy: ZohoCopy) -> None:
    copy.order_fault("scope_missing", "/crm/v8/Deals")
    with pytest.raises(NeedsPerson, match=r"Deals.*scope.*ZohoCRM\.modules\.Deals\.READ"):
        copy.sync()
    assert number_of(copy, AccountRow) == 85


def test_credentials_that_are_refused(copy: ZohoCopy) -> None:
    copy.credentials = Credentials(SANDBOX.client_id, "wrong-secret", SANDBOX.refresh_token)
    with pytest.raises(NeedsPerson, match=r"client secret.*BELLWETHER_ZOHO__CLIENT_SECRET") as caught:
        copy.sync()
    assert "wrong-secret" not in str(caught.value)
    copy.credentials = Credentials("1000.NOBODY", SANDBOX.client_secret, SANDBOX.refresh_token)
    with pytest.raises(NeedsPerson, match="client id"):
        copy.sync()


def test_a_token_that_dies_is_renewed_and_one_that_is_revoked_is_said(copy: ZohoCopy) -> None:
    crm = copy.crm()
    crm.organisation()
    copy.sandbox("POST", "tokens/expire")
    crm.organisation()
    copy.sandbox("POST", "tokens/revoke")
    with pytest.raises(NeedsPerson, match="refresh token") as caught:
        copy.sync()
    assert SANDBOX.refresh_token not in str(caught.value)
    copy.sandbox("POST", "tokens/restore")
    copy.crm().organisation()


def test_every_way_of_reading_gives_the_same_copy(empty_database: Database, living_zoho: RunningZoho) -> None:
    """Bulk jobs, queries and lists, one after the other: nothing changes but names that become known."""
    copy = ZohoCopy(living_zoho.base_url, empty_database)
    copy.policy = replace(copy.policy, bulk_from=1)
    assert "by bulk jobs" in copy.sync()["Deals"].plan
    by_bulk = deals_without_names(copy)
    copy.policy = replace(copy.policy, bulk_from=10**9)
    assert "by queries" in copy.sync(full=True)["Deals"].plan
    assert deals_without_names(copy) == by_bulk
    copy.policy = replace(copy.policy, bulk_from=1)
    again = copy.sync(full=True)["Deals"]
    assert "by bulk jobs" in again.plan
    assert (again.read >= 8800, again.changed) == (True, 0), "names that are held are not taken away"


def deals_without_names(copy: ZohoCopy) -> dict[str, Any]:
    return {
        row.id: {
            name: value.get("id") if isinstance(value, dict) else value
            for name, value in orjson.loads(row.raw).items()
        }
        for row in rows(copy, TransactionRow)
    }
