"""The change feed and the sync together: what callbacks tell is read at once, what they do not is polled."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.app.config.starting import STARTING_DOCUMENT
from bot.runtime.wiring import Bellwether
from bot.settings import Settings
from connector.cache.copy import SqlCopy
from connector.cache.engine import open_database
from connector.cache.tables import RecordRow, TouchedAccountRow, TransactionRow, table_of
from connector.mapping import CrmMapping, Role, standard_mapping
from connector.ports import ModuleDescription
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.zoho.crm import CrmClient
from sandbox.zoho.serve import running
from tests.support.feed_world import SECRET_KEY, FeedWorld
from tests.support.processes import await_that
from tests.support.zoho_client import ZohoHttp

ROLES = (Role.PRODUCTS, Role.TRANSACTIONS)
MAPPING = CrmMapping(tuple(one for one in standard_mapping().modules if one.role in ROLES))
_record = table_of(RecordRow)
_deal, _touched = table_of(TransactionRow), table_of(TouchedAccountRow)


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> Iterator[FeedWorld]:
    shutil.copyfile(sqlite_template, tmp_path / "feed.sqlite")
    database = open_database(f"sqlite:///{tmp_path / 'feed.sqlite'}")
    with running(clock_file=tmp_path / "clock") as server:
        http = ZohoHttp(server.base_url)
        http.post("/_sandbox/limits", {"token_requests": 10_000}).raise_for_status()
        http.refresh()
        yield FeedWorld(http, database, tmp_path / "clock", ("Products", "Deals"))
        http.close()
    database.close()


def sync_of(world: FeedWorld) -> Sync:
    also = tuple(one for one in world.modules if one not in ("Products", "Deals"))
    policy = SyncPolicy(pushed=world.feed().covers, also=also)
    return Sync(SqlCopy(world.database), CrmClient(world.client), MAPPING, world.clock, policy)


def poll(world: FeedWorld) -> dict[str, int]:
    """Sync as the worker does; how many records each module had changed."""
    copy = SqlCopy(world.database)
    feed = world.feed()
    covered = {}
    for module in feed.before_poll():
        held = copy.cursor(module)
        covered[module] = held.completed_at if held else None
    report = sync_of(world).run()
    changes = {one.module: one.changed for one in report.modules}
    feed.judge_poll(covered, changes)
    return changes


def stage_of(world: FeedWorld, identity: str) -> str | None:
    with world.database.reads.begin() as connection:
        found: str | None = connection.execute(select(_deal.c.stage).where(_deal.c.id == identity)).scalar()
    return found


def change(world: FeedWorld, identity: str, stage: str) -> None:
    body = {"data": [{"Stage": stage}]}
    world.zoho.put(f"/crm/v8/Deals/{identity}", body).raise_for_status()


def calls(world: FeedWorld) -> int:
    """Calls of the CRM's own API since the last look, channels left out."""
    counted = world.zoho.get("/_sandbox/calls").json()["calls"]
    world.zoho.delete("/_sandbox/calls").raise_for_status()
    return sum(number for name, number in counted.items() if "/crm/" in name and "watch" not in name)


def read_what_was_told(world: FeedWorld) -> None:
    await_that(lambda: world.waiting() != {}, 20, "a hint")
    world.feed().read_again({"crm": sync_of(world).read_again}, lambda: None)
    assert world.waiting() == {}


def test_a_change_is_in_the_copy_without_a_poll_and_polls_are_left_out(world: FeedWorld) -> None:
    poll(world)
    first, second = (
        one["id"] for one in world.zoho.get("/crm/v8/Deals", fields="Stage", per_page=2).json()["data"]
    )
    with world.listening():
        world.feed().tend_channels()
        change(world, first, "Value Proposition")
        read_what_was_told(world)
        assert stage_of(world, first) == "Value Proposition"
        with world.database.reads.begin() as connection:
            assert connection.execute(select(_touched)).first() is not None
        world.zoho.delete(f"/crm/v8/Deals/{second}").raise_for_status()
        read_what_was_told(world)
        assert stage_of(world, second) is None
        calls(world)
        poll(world)
        assert calls(world) == 0


def test_a_module_without_a_role_is_told_of_as_well(world: FeedWorld) -> None:
    world.modules = ("Products", "Deals", "Leads")
    poll(world)
    made = world.zoho.post("/crm/v8/Leads", {"data": [{"Last_Name": "New"}]}).json()["data"][0]
    with world.listening():
        world.feed().tend_channels()
        identity = made["details"]["id"]
        body = {"data": [{"Last_Name": "Newer"}]}
        world.zoho.put(f"/crm/v8/Leads/{identity}", body).raise_for_status()
        read_what_was_told(world)
        with world.database.reads.begin() as connection:
            raw = connection.execute(select(_record.c.raw).where(_record.c.id == identity)).scalar_one()
        assert "Newer" in raw
        calls(world)
        poll(world)
        assert calls(world) == 0


def test_an_installation_asks_to_be_told_of_what_it_keeps(tmp_path: Path) -> None:
    document = tmp_path / "bellwether.yaml"
    document.write_text(STARTING_DOCUMENT.replace("also: []", "also: [Leads, Quoted_Items]"))
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'feed.sqlite'}",
        config_file=document,
        secret_key=SecretStr(SECRET_KEY),
    )
    bellwether = Bellwether(settings)
    bellwether.prepare()
    with closing(bellwether.database) as database:
        with SqlCopy(database).writing() as writer:
            writer.save_modules([ModuleDescription("Quoted_Items", "Quoted Items", "subform", readable=True)])
        told = bellwether.feed_parts.feed.modules()
    assert set(told) >= {"Accounts", "Deals", "Leads"}
    assert "Quoted_Items" not in told


def test_what_no_callback_told_is_found_by_the_poll_and_polls_come_back(world: FeedWorld) -> None:
    poll(world)
    identity = world.zoho.get("/crm/v8/Deals", fields="Stage", per_page=1).json()["data"][0]["id"]
    with world.listening():
        world.feed().tend_channels()
        change(world, identity, "Value Proposition")
        read_what_was_told(world)
        world.zoho.post("/_sandbox/callbacks", {"drop": 2}).raise_for_status()
        world.move(minutes=30)
        change(world, identity, "Negotiation/Review")
        poll(world)
        assert stage_of(world, identity) == "Value Proposition", "left out: callbacks cover it"
        world.move(minutes=70)
        assert poll(world)["Deals"] == 1
        assert stage_of(world, identity) == "Negotiation/Review"
        assert world.feed().covers("Deals"), "one was lost, but another came since the last poll"
        world.move(minutes=140)
        change(world, identity, "Needs Analysis")
        world.move(minutes=141)
        assert poll(world)["Deals"] == 1
        assert not world.feed().covers("Deals")
        assert world.feed().covers("Products")
