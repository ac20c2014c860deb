"""Writing to the sandbox's Zoho over HTTP: fields, hundreds, a bulk job, tags, tasks, notes, a conflict."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from connector.cache.copy import SqlCopy
from connector.cache.engine import Database, open_database
from connector.cache.tables import AccountRow, TouchedAccountRow, table_of
from connector.cache.written import SqlWrittenCopy
from connector.errors import Conflict
from connector.mapping import standard_mapping
from connector.sync import differences
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.sync.publish import Publisher, PublishReport
from connector.write_ports import Change, OwnField, Wanted
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.write import CrmWriteClient
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from tests.support.zoho_access import IMPATIENT, RealClock
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

OWN = (OwnField("Behaviour Label", "text", 100), OwnField("Behaviour Total", "integer", 3))


class World:
    """A sandbox organisation, its copy, and a client that writes."""

    def __init__(self, base_url: str, database: Database) -> None:
        self.database = database
        self.http = ZohoHttp(base_url)
        self.http.post("/_sandbox/limits", {"token_requests": 1000})
        self.http.refresh()
        client = ZohoClient(ZohoCopy(base_url, database).tokens(), retry=IMPATIENT)
        self.crm = CrmClient(client)
        self.writer = CrmWriteClient(client, self.crm)
        self.label = "VIP"

    def own(self) -> frozenset[str]:
        present = self.crm.fields("Accounts")
        return frozenset(differences.find_fields(OWN, present).names.values())

    def sync(self) -> int:
        policy = SyncPolicy(own={"Accounts": self.own()})
        sync = Sync(SqlCopy(self.database), self.crm, standard_mapping(), RealClock(), policy)
        return sync.run().changed

    def accounts(self) -> dict[str, dict[str, Any]]:
        table = table_of(AccountRow)
        with self.database.reads.connect() as connection:
            rows = connection.execute(select(table.c.id, table.c.raw))
            return {row.id: orjson.loads(row.raw) for row in rows}

    def touched(self) -> set[str]:
        table = table_of(TouchedAccountRow)
        with self.database.writes.begin() as connection:
            found = set(connection.execute(select(table.c.account_id)).scalars())
            connection.execute(table.delete())
        return found

    def wanted(self) -> Iterable[Wanted]:
        for identifier in sorted(self.accounts()):
            yield Wanted(identifier, {"Behaviour Label": self.label, "Behaviour Total": 15}, self.label)

    def publish(self, tags: tuple[str, ...] = ()) -> PublishReport:
        copy = SqlWrittenCopy(self.database)
        publisher = Publisher(
            self.writer, copy, RealClock(), "Accounts", OWN, tags=tags, sleep=lambda _seconds: None
        )
        return publisher.run(self.wanted)

    def calls(self) -> dict[str, int]:
        found: dict[str, int] = self.http.get("/_sandbox/calls").json()["calls"]
        return found


def opened(folder: Path) -> Database:
    from bot.store.schema import migrate

    database = open_database(f"sqlite:///{folder / 'copy.sqlite'}")
    migrate(database)
    return database


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running() as server, closing(opened(tmp_path)) as database:
        made = World(server.base_url, database)
        made.sync()
        yield made


def test_scores_are_written_and_their_echo_touches_nobody(world: World) -> None:
    report = world.publish()
    assert (report.written, report.created_fields) == (85, ("Behaviour Label", "Behaviour Total"))
    world.sync()  # the fields are new: they are read as well
    world.touched()
    world.label = "Champion"
    time.sleep(1.1)  # the CRM's times of change have whole seconds
    assert world.publish().written == 85
    assert world.sync() == 85  # they came back with a new time of change …
    assert world.touched() == set()  # … and no account has to be scored for it
    assert world.publish().differing == 0
    names = world.own()
    assert all(set(map(str, map(one.get, names))) == {"Champion", "15"} for one in world.accounts().values())


def test_somebody_elses_change_of_the_same_record_is_no_echo(world: World) -> None:
    world.publish()
    world.sync()
    world.touched()
    (first, *_) = sorted(world.accounts())
    body = {"data": [{"id": first, "Industry": "retail"}], "trigger": []}
    assert world.http.call("PUT", "/crm/v8/Accounts", json=body).ok
    world.label = "Loyal"
    world.publish()
    world.sync()
    assert world.touched() == {first}


def test_tags_of_ours_are_given_and_taken(world: World) -> None:
    report = world.publish(tags=("VIP", "Lost"))
    assert report.tags == 85
    world.label = "Lost"
    world.publish(tags=("VIP", "Lost"))
    world.sync()
    tags = {tag["name"] for one in world.accounts().values() for tag in one["Tag"] or ()}
    assert "Lost" in tags
    assert "VIP" not in tags
    assert tags >= {"Partner"}  # somebody else's


def test_a_task_a_note_and_a_conflict(world: World) -> None:
    (account, *_) = sorted(world.accounts())
    task = world.writer.add_task("Accounts", account, "Call them", due=date(2026, 12, 1), owner=None)
    assert world.http.call("GET", f"/crm/v8/Tasks/{task}").json()["data"][0]["Subject"] == "Call them"
    note = world.writer.add_note("Accounts", account, "Bellwether", "They are slipping.")
    assert world.http.call("GET", f"/crm/v8/Notes/{note}").json()["data"][0]["Note_Title"] == "Bellwether"
    world.writer.set_fields("Accounts", account, {"Phone": "555 0100"}, datetime.now(UTC))
    earlier = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(Conflict):
        world.writer.set_fields("Accounts", account, {"Phone": "555 0199"}, earlier)


def test_an_update_of_many_is_refused_when_one_of_them_was_changed_meanwhile(world: World) -> None:
    (changed, other, *_) = sorted(world.accounts())
    world.writer.set_fields("Accounts", changed, {"Phone": "555 0100"}, None)
    changes = [Change(one, {"Phone": "555 0199"}) for one in (changed, other)]
    earlier = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(Conflict):
        world.writer.update("Accounts", changes, unmodified_since=earlier)
    assert [
        one.changed_since for one in world.writer.update("Accounts", changes[:1], unmodified_since=earlier)
    ] == [True]
    said = world.writer.said("Accounts", [changed, other], ["Phone", "Modified_Time"])
    assert said[changed]["Phone"] == "555 0100"
    assert said[other]["Phone"] != "555 0199"
    latest = max(datetime.fromisoformat(str(one["Modified_Time"])) for one in said.values())
    assert all(one.done for one in world.writer.update("Accounts", changes, unmodified_since=latest))


def test_a_first_publication_of_many_is_one_bulk_job(tmp_path: Path) -> None:
    spec = OrganisationSpec(accounts=5_300, deals=10, contacts=10, products=2)
    with running(organisation=spec) as server, closing(opened(tmp_path)) as database:
        world = World(server.base_url, database)
        world.sync()
        report = world.publish()
        assert (report.written, report.bulk_jobs, report.reasons) == (5_300, 1, [])
        assert world.calls().get("PUT /crm/v8/Accounts") is None
        assert world.publish().differing == 0
        shown = world.http.get("/_sandbox/records/Accounts?limit=10000").json()["records"]
        (label,) = (name for name in world.own() if "Label" in name)
        assert {one["values"][label] for one in shown} == {"VIP"}


def test_what_was_added_is_found_by_its_mark(world: World) -> None:
    (account, *_) = sorted(world.accounts())
    begun = datetime.now(UTC) - timedelta(minutes=1)
    task = world.writer.add_task("Accounts", account, "Call", due=None, owner=None, description="Ada · BW-1a")
    note = world.writer.add_note("Accounts", account, "Bellwether", "Slow.\n\nAda · BW-2b")
    for one in range(3):
        world.writer.add_task("Accounts", account, f"Other {one}", due=None, owner=None)
    assert world.writer.find_added("Tasks", "Description", "BW-1a", begun) == task
    assert world.writer.find_added("Notes", "Note_Content", "BW-2b", begun) == note
    assert world.writer.find_added("Tasks", "Description", "BW-2b", begun) is None
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert world.writer.find_added("Tasks", "Description", "BW-1a", later) is None
    assert world.writer.find_added("Events", "Description", "BW-1a", begun) is None
