"""The change feed against a Zoho: channels kept alive, records told of, and callbacks that are lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.runtime.feed import FEED, PAUSE_AFTER_FAILURE, FeedBell
from bot.runtime.feed_checks import channels_at_zoho, push_checks
from bot.runtime.work import Stopping
from bot.store.jobs import SqlJobs
from connector.cache.engine import open_database
from connector.errors import Fatal, Retriable
from connector.feed_ports import Hint
from sandbox.zoho.serve import running
from tests.support.feed_world import MODULES, FeedWorld, ReadRecords
from tests.support.moved_clock import SetClock
from tests.support.processes import await_that
from tests.support.zoho_client import ZohoHttp

PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feed") / "clock"


@pytest.fixture(scope="module")
def zoho(clock_file: Path) -> Iterator[ZohoHttp]:
    with running(clock_file=clock_file) as server:
        http = ZohoHttp(server.base_url)
        yield http
        http.close()


@pytest.fixture
def world(zoho: ZohoHttp, clock_file: Path, tmp_path: Path, sqlite_template: Path) -> Iterator[FeedWorld]:
    clock_file.write_text("0")
    zoho.post("/_sandbox/limits", {"token_requests": 10_000})
    zoho.delete("/_sandbox/callbacks").raise_for_status()
    zoho.refresh()
    shutil.copyfile(sqlite_template, tmp_path / "feed.sqlite")
    database = open_database(f"sqlite:///{tmp_path / 'feed.sqlite'}")
    yield FeedWorld(zoho, database, clock_file)
    zoho.delete("/_sandbox/callbacks").raise_for_status()
    database.close()


def await_hints(world: FeedWorld, **expected: set[str]) -> None:
    await_that(lambda: world.waiting() == expected, PATIENCE_SECONDS, f"the hints {expected}")


def some_deal(world: FeedWorld) -> str:
    return str(world.zoho.get("/crm/v8/Deals", fields="Stage", per_page=1).json()["data"][0]["id"])


def change(world: FeedWorld, identity: str, text: str) -> None:
    body = {"data": [{"Next_Step": text}]}
    world.zoho.put(f"/crm/v8/Deals/{identity}", body).raise_for_status()


def ends(world: FeedWorld) -> dict[str, datetime]:
    """Until when each module's channel lives, as Zoho says."""
    return {
        one["resource_name"]: datetime.fromisoformat(one["channel_expiry"]).astimezone(UTC)
        for one in world.live()
    }


def test_every_module_gets_a_channel_that_lives_for_a_week(world: FeedWorld) -> None:
    done = world.feed().tend_channels()
    assert set(done["made"]) == set(MODULES)
    assert done["refused"] == {}
    kept = {one.module: one for one in world.channels.all()}
    assert {name: one.expires_at for name, one in kept.items()} == ends(world)
    assert min(ends(world).values()) > world.clock.now() + timedelta(days=6, hours=23)
    assert {one["token"] for one in world.live()} == {one.token for one in kept.values()}
    assert len({one.token for one in kept.values()}) == len(MODULES)
    again = world.feed().tend_channels()
    assert (again["made"], again["renewed"], again["dropped"]) == ({}, [], 0)


def test_channels_are_renewed_before_they_end_and_made_anew_after(world: FeedWorld) -> None:
    feed = world.feed()
    feed.tend_channels()
    before = {one.module: one.channel_id for one in world.channels.all()}
    world.move(days=5, hours=12)
    assert feed.tend_channels()["renewed"] == []
    world.move(days=6, hours=6)
    assert set(feed.tend_channels()["renewed"]) == set(MODULES)
    assert {one.module: one.channel_id for one in world.channels.all()} == before
    assert min(ends(world).values()) > world.clock.now() + timedelta(days=6)
    world.move(days=20)
    assert world.live() == []
    assert set(feed.tend_channels()["made"]) == set(MODULES)
    assert set(ends(world)) == set(MODULES)


def test_what_was_changed_at_zoho_is_repaired(world: FeedWorld) -> None:
    feed = world.feed()
    feed.tend_channels()
    by_module = {one["resource_name"]: one for one in world.live()}
    world.zoho.delete("/crm/v8/actions/watch", channel_ids=by_module["Deals"]["channel_id"])
    other = {"channel_id": by_module["Accounts"]["channel_id"], "token": "another"}
    world.zoho.call("PATCH", "/crm/v8/actions/watch", json={"watch": [other]}).raise_for_status()
    done = feed.tend_channels()
    assert set(done["made"]) == {"Deals", "Accounts"}
    assert done["dropped"] == 1
    assert len(world.live()) == len(MODULES)
    assert feed.plan().is_nothing


def test_a_module_that_is_not_mapped_any_more_loses_its_channel(world: FeedWorld) -> None:
    feed = world.feed()
    feed.tend_channels()
    world.modules = ("Accounts", "Deals")
    assert feed.tend_channels()["dropped"] == 2
    assert set(ends(world)) == {"Accounts", "Deals"}
    assert {one.module for one in world.channels.all()} == {"Accounts", "Deals"}
    assert world.feed(url=None).tend_channels()["dropped"] == 2
    assert world.live() == []


def test_a_module_that_zoho_does_not_watch_is_said_and_the_others_stand(world: FeedWorld) -> None:
    world.modules = ("Deals", "Nothing")
    done = world.feed().tend_channels()
    assert list(done["refused"]) == ["Nothing"]
    assert {one.module for one in world.channels.all()} == {"Deals"}
    again = world.feed().tend_channels()
    assert list(again["refused"]) == ["Nothing"], "alone among the orders, and yet no trouble"


def test_an_address_that_zoho_does_not_take_is_an_error_that_says_what_to_do(world: FeedWorld) -> None:
    with pytest.raises(Fatal, match="BELLWETHER_PUBLIC_URL"):
        world.feed("http://here.example/zoho/crm").tend_channels()
    assert world.channels.all() == ()


def test_a_change_in_zoho_becomes_a_hint_and_is_read_again(world: FeedWorld) -> None:
    feed, reader = world.feed(), ReadRecords()
    with world.listening():
        feed.tend_channels()
        identity = some_deal(world)
        change(world, identity, "Call them")
        await_hints(world, Deals={identity})
        made = world.zoho.post("/crm/v8/Accounts", {"data": [{"Account_Name": "New"}]}).json()
        account = made["data"][0]["details"]["id"]
        world.zoho.delete(f"/crm/v8/Deals/{identity}")
        await_hints(world, Deals={identity}, Accounts={account})
    assert feed.read_again({"crm": reader.read_again}, lambda: None) == {"read": 2, "passed_over": 0}
    assert sorted(reader.asked) == [("Accounts", (account,)), ("Deals", (identity,))]
    assert world.waiting() == {}
    assert feed.covers("Deals")
    assert feed.covers("Products")  # nothing came of it, but Zoho is known to reach us


def test_before_anything_came_nothing_is_covered(world: FeedWorld) -> None:
    feed = world.feed()
    feed.tend_channels()
    assert not any(feed.covers(module) for module in MODULES)
    assert feed.before_poll() == {}


def test_lost_callbacks_bring_the_polls_back_until_one_comes(world: FeedWorld) -> None:
    feed = world.feed()
    with world.listening() as taken:
        feed.tend_channels()
        identity = some_deal(world)
        change(world, identity, "heard")
        await_hints(world, Deals={identity})
        world.move(hours=1)
        world.polled_at = world.clock.now()
        world.zoho.post("/_sandbox/callbacks", {"drop": 1, "wrong_token": 1}).raise_for_status()
        change(world, identity, "lost")
        await_that(lambda: len(sent(world)) == 2, PATIENCE_SECONDS, "a callback that is lost")
        change(world, identity, "forged")
        await_that(
            lambda: taken.refusals.counts["/zoho/crm", "wrong_token"] == 1, PATIENCE_SECONDS, "a forged one"
        )
        covered = feed.before_poll()
        assert set(covered) == set(MODULES)
        world.move(hours=2)
        feed.judge_poll(covered, {"Deals": 1, "Accounts": 0})
        assert not feed.covers("Deals")
        assert feed.covers("Accounts")
        world.move(hours=3)
        change(world, identity, "heard again")
        await_that(lambda: feed.covers("Deals"), PATIENCE_SECONDS, "Deals is covered again")


def sent(world: FeedWorld) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.zoho.get("/_sandbox/callbacks").json()["callbacks"]
    return found


def test_a_module_that_cannot_be_read_does_not_hold_up_the_others(world: FeedWorld) -> None:
    reader = ReadRecords()

    def read(module: str, ids: Any) -> None:
        if module == "Deals":
            raise Fatal("Deals cannot be read.")
        reader.read_again(module, ids)

    many = [Hint("Deals", "1", "update")]
    world.hints.add("crm", many, world.clock.now() - timedelta(hours=1))
    world.hints.add("crm", [Hint("Accounts", str(n), "update") for n in range(250)], world.clock.now())
    world.hints.add("crm", [Hint("Tasks", "5", "update")], world.clock.now())  # not mapped any more
    world.hints.add("books", [Hint("invoices", "5", "")], world.clock.now())
    with pytest.raises(Fatal, match="Deals"):
        world.feed().read_again({"crm": read}, lambda: None)
    assert [len(ids) for _, ids in reader.asked] == [100, 100, 50]
    assert world.waiting() == {"Deals": {"1"}, "invoices": {"5"}}


def test_what_was_not_read_waits(world: FeedWorld) -> None:
    world.hints.add("crm", [Hint("Deals", "1", "update")], world.clock.now())

    def unreachable(_module: str, _ids: Any) -> None:
        raise Retriable

    def stopping() -> None:
        raise Stopping

    with pytest.raises(Retriable):
        world.feed().read_again({"crm": unreachable}, lambda: None)
    with pytest.raises(Stopping):
        world.feed().read_again({"crm": ReadRecords().read_again}, stopping)
    assert world.waiting() == {"Deals": {"1"}}


def test_what_is_hinted_at_while_it_is_read_is_read_once_more(world: FeedWorld) -> None:
    asked: list[str] = []

    def read(module: str, ids: Any) -> None:
        asked.extend(ids)
        if len(asked) == 1:
            world.hints.add("crm", [Hint(module, "1", "update")], world.clock.now())

    world.hints.add("crm", [Hint("Deals", "1", "update")], world.clock.now())
    assert world.feed().read_again({"crm": read}, lambda: None)["read"] == 2
    assert asked == ["1", "1"]


def test_a_job_is_entered_when_hints_wait_and_not_in_a_hurry_after_a_failure(world: FeedWorld) -> None:
    clock = SetClock()
    jobs = SqlJobs(world.database, clock)
    ready = [False]
    bell = FeedBell(world.hints, jobs, clock, ("crm",), lambda: ready[0])

    def rings() -> bool:
        assert bell.step() is False
        return jobs.waiting(FEED)

    world.hints.add("books", [Hint("invoices", "1", "")], clock.now())
    ready[0] = True
    assert not rings()
    ready[0] = False
    world.hints.add("crm", [Hint("Deals", "1", "update")], clock.now())
    assert not rings()
    ready[0] = True
    assert rings()
    assert rings()
    job = jobs.claim("me", timedelta(seconds=5))
    assert job is not None
    jobs.settle(job.id, result=None, error="no")
    clock.move(seconds=PAUSE_AFTER_FAILURE.total_seconds() - 1)
    assert not rings()
    clock.move(seconds=1)
    assert rings()


def details(world: FeedWorld) -> dict[str, tuple[bool, str]]:
    return {one.name: (one.ok, f"{one.detail} {one.advice}") for one in push_checks(world.feed())}


def test_the_checks_say_how_each_channel_is(world: FeedWorld) -> None:
    assert [(one.name, one.ok) for one in push_checks(world.feed(url=None))] == [("push", True)]
    assert channels_at_zoho(world.feed(url=None)) == "none needed"
    world.modules = ("Deals",)
    ok, said = details(world)["push Deals"]
    assert (ok, "no channel" in said) == (False, True)
    feed = world.feed()
    feed.tend_channels()
    ok, said = details(world)["push Deals"]
    assert ok
    assert "not known" in said
    assert "curl" in said
    channel = world.channels.all()[0]
    world.hints.add("crm", [], world.clock.now(), channel_id=channel.channel_id)
    ok, said = details(world)["push Deals"]
    assert ok
    assert "curl" not in said
    assert channels_at_zoho(feed) == "1 channels"
    world.channels.miss(["Deals"], world.clock.now() + timedelta(seconds=1))
    ok, said = details(world)["push Deals"]
    assert (ok, "no callback" in said) == (False, True)
    world.move(days=8)
    ok, said = details(world)["push Deals"]
    assert (ok, "ended" in said) == (False, True)


def test_the_check_at_zoho_names_what_is_wrong(world: FeedWorld) -> None:
    from bot.app.errors import UserError

    feed = world.feed()
    feed.tend_channels()
    world.zoho.delete("/_sandbox/callbacks").raise_for_status()
    with pytest.raises(UserError, match="Deals: Zoho does not have it any more"):
        channels_at_zoho(feed)
