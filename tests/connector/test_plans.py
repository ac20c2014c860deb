"""Which ways of reading the sync takes, asserted on what it asks of the CRM."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from connector.cache.engine import Database
from connector.cache.turns import turn
from connector.errors import NeedsPerson, NotOffered, OutOfBudget, Retriable
from connector.mapping import CrmMapping
from connector.sync.policy import SyncPolicy
from tests.support.crm_world import MAPPING, Killed, World, add_account, add_deal, new_world
from tests.support.fake_crm import FakeModule, described


@pytest.fixture
def world(database: Database) -> World:
    """With deals alone, so that calls can be counted."""
    world = new_world(database)
    world.mapping = CrmMapping(MAPPING.modules[1:])
    world.clock.forward(hours=1)
    return world


def asked(world: World) -> Counter[str]:
    """How often each call was made since this was last asked."""
    found = Counter(one[0] for one in world.crm.asked if one[0] not in {"organisation", "fields"})
    world.crm.asked.clear()
    return found


def add_deals(world: World, number: int) -> list[str]:
    deals = [add_deal(world.crm) for _ in range(number)]
    world.clock.forward(hours=1)
    return deals


def test_a_poll_without_changes_is_one_call(world: World) -> None:
    add_deals(world, 4)
    world.sync()
    asked(world)
    for _ in range(2):
        world.clock.forward(minutes=3)
        world.sync()
    assert asked(world) == {"queried_changes": 2}


def test_a_big_module_is_read_by_bulk_and_then_by_what_changed_meanwhile(world: World) -> None:
    deals = add_deals(world, 10)
    world.policy = SyncPolicy(bulk_from=10)
    seen = 0

    def change_one_that_was_read() -> None:
        nonlocal seen
        seen += 1
        if seen == 5:
            for deal in deals:
                world.crm.change("Deals", deal, Stage="late")
            world.crm.remove("Deals", deals[3])

    world.crm.before_page = change_one_that_was_read
    report = world.sync()["Deals"]
    assert world.differing("Deals") == {}
    assert report.plan.startswith("whole read: nothing is held yet, by bulk jobs; then changes since")
    found = asked(world)
    assert found["bulk"] == 5
    assert found["queried"] == found["listed"] == 0


def test_what_a_bulk_read_cannot_show_to_be_gone_is_found_by_comparing_ids(world: World) -> None:
    deals = add_deals(world, 10)
    world.policy = SyncPolicy(bulk_from=5)
    world.sync()
    world.crm.remove("Deals", deals[2], listed=False)
    world.crm.remove("Deals", deals[7], listed=False)
    report = world.sync(full=True)["Deals"]
    assert (report.deleted, world.differing("Deals")) == (2, {})
    assert "every id compared" in report.plan
    assert asked(world)["identifiers"] == 3


def test_a_restored_record_is_found_although_its_time_did_not_move(world: World) -> None:
    deals = add_deals(world, 7)
    world.sync()
    world.crm.remove("Deals", deals[1])
    world.clock.forward(minutes=20)
    assert world.sync()["Deals"].deleted == 1
    world.crm.restore("Deals", deals[1])
    world.clock.forward(minutes=14)
    assert world.sync()["Deals"].changed == 0, "deletions and counts are not due yet"
    world.clock.forward(minutes=1)
    assert world.sync()["Deals"].inserted == 1
    assert world.differing("Deals") == {}


def test_ids_are_compared_by_lists_where_there_are_no_queries(world: World) -> None:
    deals = add_deals(world, 7)
    world.crm.refused = {"queried", "queried_changes", "identifiers", "bulk"}
    world.sync()
    world.crm.remove("Deals", deals[1], listed=False)
    world.clock.forward(minutes=20)
    report = world.sync()["Deals"]
    assert (report.deleted, world.differing("Deals")) == (1, {})
    assert "by reading every record" in report.plan
    assert report.notes == ("not read by queries: queried_changes is not offered",)


def test_a_count_that_lags_or_is_not_said_settles(world: World) -> None:
    add_deals(world, 4)
    world.crm.counted_more["Deals"] = -2
    world.sync()
    compared = []
    for off in (-2, -2, None, 0, 0):
        world.crm.counted_more["Deals"] = off
        world.clock.forward(minutes=20)
        compared.append("every id compared" in world.sync()["Deals"].plan)
    assert compared == [True, False, False, True, False]
    assert world.differing("Deals") == {}


def test_many_changes_are_read_by_ranges_of_ids_side_by_side(world: World) -> None:
    deals = add_deals(world, 24)
    world.policy = SyncPolicy(lanes=4, query_rows=4)
    world.sync()
    asked(world)
    for deal in deals:
        world.crm.change("Deals", deal, Stage="moved")
    new = add_deals(world, 2)
    report = world.sync()["Deals"]
    assert (report.updated, report.inserted, report.lanes) == (24, 2, 4)
    assert "4 ranges of ids, because 26 changed" in report.plan
    assert world.differing("Deals") == {}
    assert set(new) <= set(world.copy("Deals"))
    calls = asked(world)
    assert 9 <= calls["queried"] <= 11, "ranges of about 6 records, pages of 3"
    assert calls["queried_changes"] == 2 + 1, "two until it is known to be much, one behind the ranges"


def test_ranges_come_to_an_end_although_everything_changed_a_moment_ago(world: World) -> None:
    deals = add_deals(world, 24)
    world.policy = SyncPolicy(lanes=4, query_rows=4)
    world.sync()
    for deal in deals:
        world.crm.change("Deals", deal, Stage="moved")
    report = world.sync()["Deals"]
    assert report.plan.count("ranges of ids") == 1
    assert (report.updated, world.differing("Deals")) == (24, {})


def test_killed_ranges_go_on_each_at_its_own_place(world: World) -> None:
    deals = add_deals(world, 24)
    world.policy = SyncPolicy(lanes=4, query_rows=4)
    world.sync()
    for deal in deals:
        world.crm.change("Deals", deal, Stage="moved")
    world.clock.forward(hours=1)
    seen = 0

    def kill_at_the_seventh() -> None:
        nonlocal seen
        seen += 1
        if seen == 7:
            raise Killed

    world.crm.before_page = kill_at_the_seventh
    with pytest.raises(Killed):
        world.sync()
    world.crm.before_page = lambda: None
    asked(world)
    report = world.sync()["Deals"]
    assert report.plan.startswith("changes, resumed, by ranges of ids")
    assert world.differing("Deals") == {}
    assert asked(world)["queried"] < 8


def test_a_range_that_fails_stops_the_others_and_says_why(world: World) -> None:
    deals = add_deals(world, 24)
    world.policy = SyncPolicy(lanes=4, query_rows=4)
    world.sync()
    for deal in deals:
        world.crm.change("Deals", deal, Stage="moved")
    world.clock.forward(hours=1)
    seen = 0

    def fail_at_the_fifth() -> None:
        nonlocal seen
        seen += 1
        if seen == 5:
            raise Retriable("Zoho did not answer.")

    world.crm.before_page = fail_at_the_fifth
    with pytest.raises(Retriable, match="did not answer"):
        world.sync()
    assert seen <= 5 + 4, "the others ended with the page that they were at"
    world.sync()
    assert world.differing("Deals") == {}


def test_a_whole_read_of_what_is_held_goes_by_ranges_too(world: World) -> None:
    deals = add_deals(world, 24)
    world.policy = SyncPolicy(lanes=4, query_rows=4)
    world.sync()
    for gone in (deals[0], deals[11], deals[23]):
        world.crm.remove("Deals", gone, listed=False)
    report = world.sync(full=True)["Deals"]
    assert (report.deleted, report.lanes, world.differing("Deals")) == (3, 4, {})
    assert world.crm.count("Deals") == 21


def test_a_way_that_is_not_offered_is_said_and_the_next_one_taken(world: World) -> None:
    add_deals(world, 5)
    world.policy = SyncPolicy(bulk_from=5)
    world.crm.refused = {"bulk", "queried"}
    report = world.sync()["Deals"]
    assert report.notes == (
        "not read by bulk jobs: bulk is not offered",
        "not read by queries: queried is not offered",
    )
    assert world.differing("Deals") == {}


def test_a_module_that_nothing_reads_is_an_error(world: World) -> None:
    add_deals(world, 1)
    world.crm.refused = {"queried", "listed"}
    with pytest.raises(NotOffered, match="listed"):
        world.sync()


def test_leads_are_listed_with_those_that_were_converted(world: World) -> None:
    crm = world.crm
    crm.modules_held["Leads"] = FakeModule(
        described("Full_Name", "Owner", Modified_Time="datetime", Company="text")
    )
    world.policy = SyncPolicy(also=("Leads",))
    leads = [crm.add("Leads", Full_Name=f"n{number}") for number in range(5)]
    crm.recompute("Leads", leads[1], **{"$converted": True})
    world.clock.forward(hours=1)
    world.sync()
    assert world.differing("Leads") == {}
    crm.change("Leads", leads[2], **{"$converted": True, "Company": "now an account"})
    world.clock.forward(minutes=20)
    asked(world)
    report = world.sync()["Leads"]
    assert (report.updated, world.differing("Leads")) == (1, {})
    assert "every id compared" not in report.plan
    assert asked(world)["identifiers"] == 0


def test_modules_without_a_role_are_read_beside_the_others(world: World) -> None:
    crm = world.crm
    crm.modules_held |= {
        "Calls": FakeModule(described("Subject", What_Id="lookup", Modified_Time="datetime")),
        "Visits": FakeModule(described("Name"), kind="custom"),
        "Secret": FakeModule(described("Name"), readable=False),
        "Empty": FakeModule(()),
    }
    world.policy = SyncPolicy(also=("Calls", "Visits", "Secret", "Empty", "Vists"))
    account = add_account(crm)
    call = crm.add("Calls", Subject="Hello", What_Id={"id": account, "name": "x"})
    crm.add("Visits", Name="a visit")
    world.clock.forward(hours=1)
    reports = world.sync()
    assert set(world.copy("Calls")) == {call}
    assert len(world.copy("Visits")) == 1
    assert "does not give the records of Secret" in reports["Secret"].plan
    assert "no field of the module Empty" in reports["Empty"].plan
    assert "the CRM has no module Vists (the nearest is Visits)" in reports["Vists"].plan
    crm.remove("Calls", call)
    world.clock.forward(minutes=20)
    again = world.sync()
    assert (again["Calls"].deleted, again["Visits"].read) == (1, 0)
    assert "has no Modified_Time and was read a short while ago" in again["Visits"].plan
    assert len(world.copy("Visits")) == 1, "another module's record of the same table"


def test_a_module_that_plays_a_role_has_to_be_there(world: World) -> None:
    world.crm.modules_held["Potentials"] = world.crm.modules_held.pop("Deals")
    deals = MAPPING.modules[1]
    world.mapping = CrmMapping((replace(deals, module="Potential"),))
    with pytest.raises(
        NeedsPerson, match=r"no module Potential, .*transactions \(the nearest is Potentials\)"
    ):
        world.sync()
    world.mapping = CrmMapping((replace(deals, module="Potentials"),))
    world.sync()
    world.crm.modules_held["Potentials"].readable = False
    with pytest.raises(NeedsPerson, match="does not give the records of the module Potentials"):
        world.sync(full=True)


def test_a_module_that_a_channel_covers_costs_nothing_until_the_safety_net(world: World) -> None:
    add_deals(world, 2)
    world.policy = SyncPolicy(pushed=lambda _module: True, metadata_after=SyncPolicy().reconcile_after)
    world.sync()
    asked(world)
    world.clock.forward(minutes=59)
    world.sync()
    assert asked(world) == {}
    world.clock.forward(minutes=1)
    world.sync()
    assert asked(world) == {"queried_changes": 1, "deleted": 1, "count": 1}


def test_what_was_read_before_the_budget_ended_is_kept(world: World) -> None:
    add_deals(world, 9)
    seen = 0

    def end_the_budget() -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise OutOfBudget("Our share of today's credits is used up.", "It goes on tomorrow.")

    world.crm.before_page = end_the_budget
    with pytest.raises(OutOfBudget, match="share of today's credits"):
        world.sync()
    assert len(world.copy("Deals")) == 6
    world.crm.before_page = lambda: None
    assert world.sync()["Deals"].inserted == 3


def test_a_turn_is_one_holders_until_it_ends(database: Database) -> None:
    with turn(database, "a") as first, turn(database, "a") as second, turn(database, "b") as other:
        assert (first, second, other) == (True, False, True)
    with turn(database, "a") as again:
        assert again
