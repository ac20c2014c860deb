from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlmodel import SQLModel

from connector.cache import repositories
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.tables import TransactionRow, table_of
from connector.cache.writing_sqlite import SqliteRecords
from connector.errors import NeedsPerson, OutOfBudget
from connector.ports import EVERY_ACCOUNT, CrmUser
from connector.sync.pipeline import BUSY
from connector.sync.report import Progress
from tests.support.crm_world import Killed, World, add_account, add_deal, emptied, new_world


@pytest.fixture
def world(database: Database) -> World:
    return new_world(database)


def test_a_first_sync_copies_everything_and_a_second_reads_nothing(world: World) -> None:
    account = add_account(world.crm)
    for number in range(8):
        add_deal(world.crm, account, Amount=number, Closing_Date="2026-01-02")
    world.clock.forward(hours=2)
    first = world.sync()
    assert world.is_exact()
    assert (first["Deals"].inserted, first["Deals"].read) == (8, 8)
    assert world.touched() == {EVERY_ACCOUNT}
    world.clock.forward(minutes=10)
    world.crm.asked.clear()
    second = world.sync()
    assert (second["Deals"].read, second["Deals"].changed, world.touched()) == (0, 0, set())
    assert world.crm.asked == [("queried_changes", "Accounts"), ("queried_changes", "Deals")]
    world.clock.forward(minutes=6)
    world.crm.asked.clear()
    world.sync()
    assert [one for one in world.crm.asked if one[0] != "count"] == [
        ("queried_changes", "Accounts"), ("deleted", "Accounts"),
        ("queried_changes", "Deals"), ("deleted", "Deals"),
    ]  # fmt: skip
    assert world.asked("count") == [("count", "Accounts"), ("count", "Deals")], "beside the deletions"


def test_only_what_changed_is_written_and_touched(world: World) -> None:
    one, two, three = (add_account(world.crm) for _ in range(3))
    moving, dying = add_deal(world.crm, one), add_deal(world.crm, three)
    for _ in range(5):
        add_deal(world.crm, one)
    world.clock.forward(hours=1)
    world.sync()
    world.touched()
    world.clock.forward(hours=1)
    world.crm.change("Deals", moving, Account_Name={"id": two, "name": "x"})
    world.crm.remove("Deals", dying)
    world.clock.forward(minutes=1)
    report = world.sync()["Deals"]
    assert (report.inserted, report.updated, report.deleted) == (0, 1, 1)
    assert report.read == 1
    assert world.touched() == {one, two, three}
    assert world.is_exact()


def test_our_own_writing_touches_nobody(world: World) -> None:
    account = add_account(world.crm)
    world.policy = replace(world.policy, own={"Accounts": frozenset({"Note"})})
    world.clock.forward(hours=1)
    world.sync()
    world.touched()
    world.clock.forward(hours=1)
    world.crm.change("Accounts", account, Note="a label")
    assert world.sync()["Accounts"].updated == 1
    assert (world.touched(), world.is_exact()) == (set(), True)


def test_a_bad_record_is_reported_once_a_reading_and_the_others_are_kept(world: World) -> None:
    bad = add_deal(world.crm, Amount="much")
    good = add_deal(world.crm, Amount=3)
    world.clock.forward(hours=1)
    report = world.sync()["Deals"]
    assert set(world.copy("Deals")) == {good}
    assert (report.reasons, report.skipped) == ((f"{bad}: a value cannot be read",), 1)


def test_a_record_that_cannot_be_used_does_not_make_every_id_be_compared_again_and_again(
    world: World,
) -> None:
    add_deal(world.crm, Amount="much")
    world.clock.forward(hours=1)
    world.sync()
    compared = []
    for _ in range(3):
        world.clock.forward(minutes=20)
        compared.append("every id compared" in world.sync()["Deals"].plan)
    assert compared == [True, False, False]
    lost = add_deal(world.crm)
    world.clock.forward(minutes=20)
    world.sync()
    world.crm.remove("Deals", lost, listed=False)
    world.clock.forward(minutes=20)
    assert "1 differed" not in (plan := world.sync()["Deals"].plan)
    assert "2 differed" in plan, "the record that cannot be used, and the one that is gone"
    assert world.copy("Deals") == {}


@pytest.mark.parametrize("reading", ["listed", "bulk"])
def test_a_forgotten_place_starts_the_module_over_without_duplicates(world: World, reading: str) -> None:
    for _ in range(10):
        add_deal(world.crm)
    world.policy = replace(world.policy, bulk_from=5)
    world.crm.refused = {"queried"} | ({"bulk"} if reading == "listed" else set())
    world.crm.forgets = {reading}
    world.clock.forward(hours=1)
    report = world.sync()["Deals"]
    assert world.is_exact()
    assert report.inserted == 10
    assert "started over" in report.plan


def test_a_new_field_is_read_for_every_record(world: World) -> None:
    deals = [add_deal(world.crm) for _ in range(4)]
    world.sync()
    world.crm.add_field("Deals", "Margin")
    for deal in deals:
        world.crm.recompute("Deals", deal, Margin="high")
    world.clock.forward(minutes=30)
    assert world.sync()["Deals"].updated == 0, "metadata is read once an hour"
    world.clock.forward(minutes=31)
    report = world.sync()["Deals"]
    assert report.updated == 4
    assert "fields have changed" in report.plan
    assert report.field_changes == ("Margin is new",)
    assert world.is_exact()


def test_a_field_that_vanishes_is_noticed_by_the_query_that_names_it(world: World) -> None:
    deals = [add_deal(world.crm) for _ in range(4)]
    world.clock.forward(minutes=10)
    world.sync()
    world.crm.rename_field("Deals", "Stage", "Phase")
    world.crm.remove_field("Deals", "Closing_Date")
    world.crm.change("Deals", deals[0], Phase="new")
    world.clock.forward(minutes=10)
    report = world.sync()["Deals"]
    assert world.is_exact()
    assert set(report.field_changes) == {"Stage is called Phase now", "Closing_Date was removed"}
    assert set(report.missing_fields) == {"Stage", "Closing_Date"}
    table = table_of(TransactionRow)
    with world.database.reads.connect() as connection:
        assert set(connection.execute(select(table.c.stage)).scalars()) == {None}


def test_a_full_sync_removes_what_vanished_without_a_trace(world: World) -> None:
    account = add_account(world.crm)
    deals = [add_deal(world.crm, account) for _ in range(11)]
    world.clock.forward(hours=1)
    world.sync()
    world.touched()
    for gone in (deals[0], deals[4], deals[5], deals[10]):
        world.crm.remove("Deals", gone, listed=False)
    report = world.sync(full=True)["Deals"]
    assert report.deleted == 4
    assert world.is_exact()
    assert world.touched() == {account}


def test_a_full_sync_of_an_emptied_module(world: World) -> None:
    deals = [add_deal(world.crm) for _ in range(4)]
    world.sync()
    for gone in deals:
        world.crm.remove("Deals", gone, listed=False)
    assert world.sync(full=True)["Deals"].deleted == 4


@pytest.mark.parametrize("way", ["bulk", "queried", "listed"])
def test_a_sync_that_is_killed_goes_on_where_it_stopped(world: World, way: str) -> None:
    for _ in range(10):
        add_deal(world.crm)
    world.policy = replace(world.policy, bulk_from=5 if way == "bulk" else 1000)
    world.crm.refused = {"queried"} if way == "listed" else set()
    world.sync(modules=["Accounts"])
    world.clock.forward(hours=1)
    pages = 0

    def kill_at_the_third() -> None:
        nonlocal pages
        pages += 1
        world.clock.forward(seconds=1)
        if pages == 3:
            raise Killed

    world.crm.before_page = kill_at_the_third
    kills = 0
    while True:
        pages = 0
        try:
            world.sync(modules=["Deals"])
        except Killed:
            kills += 1
            assert kills < 20, "it comes to no end"
        else:
            break
    assert world.is_exact()
    assert kills > 1


def test_what_was_read_before_a_kill_is_not_read_again(world: World) -> None:
    for _ in range(10):
        add_deal(world.crm)
    world.sync(modules=["Accounts"])
    pages = iter(range(100))

    def kill_at_the_third() -> None:
        if next(pages) == 2:
            raise Killed

    world.crm.before_page = kill_at_the_third
    with pytest.raises(Killed):
        world.sync()
    world.crm.before_page = lambda: None
    world.clock.forward(minutes=10)
    held = len(world.copy("Deals"))
    report = world.sync()["Deals"]
    assert f"resumed after {held} records" in report.plan
    assert (held > 0, report.inserted) == (True, 10 - held)
    assert world.is_exact()
    with world.database.reads.connect() as connection:
        run = repositories.last_sync_run(connection)
    assert run is not None
    assert (run.id, run.status, run.error) == (3, "done", None)


@pytest.mark.parametrize("killed", [False, True], ids=["running", "killed"])
@pytest.mark.parametrize("first", [True, False], ids=["whole", "changes"])
def test_a_deletion_that_draws_a_record_over_a_page_border(world: World, first: bool, killed: bool) -> None:
    world.crm.refused = {"queried", "queried_changes", "identifiers", "bulk"}
    deals = [add_deal(world.crm) for _ in range(10)]
    if not first:
        world.sync()
        world.clock.forward(hours=2)
        for deal in deals:
            world.crm.change("Deals", deal, Stage="other")
    world.clock.forward(minutes=30)
    world.sync(modules=["Accounts"])
    seen = 0

    def remove_one_that_was_read() -> None:
        nonlocal seen
        seen += 1
        if seen == 3:  # the first is refused as a query, the second is the first page of the list
            world.crm.remove("Deals", deals[0 if first else -1])
        if seen == 5 and killed:
            raise Killed
        world.clock.forward(seconds=1)

    world.crm.before_page = remove_one_that_was_read
    with suppress(Killed):
        world.sync()
    world.crm.before_page = lambda: None
    if killed:
        world.clock.forward(minutes=30)
        world.sync()
    assert world.is_exact()


def test_a_page_and_its_place_are_kept_together_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        add_deal(world.crm)
    execute = SqliteRecords._execute

    def kill(statement: str) -> None:
        if "sync_cursor" in statement and statement.startswith("INSERT") and world.copy("Deals"):
            raise Killed

    def killed_on_sqlite(self: SqliteRecords, statement: str, values: Any) -> Any:
        kill(statement)
        return execute(self, statement, values)

    def killed(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        kill(statement)

    with monkeypatch.context() as patched:
        patched.setattr(SqliteRecords, "_execute", killed_on_sqlite)
        event.listen(world.database.writes, "before_cursor_execute", killed)
        with pytest.raises(Killed):
            world.sync()
        event.remove(world.database.writes, "before_cursor_execute", killed)
    assert world.cursor("Deals").rows_read == len(world.copy("Deals")) == 3
    world.sync()
    assert world.is_exact()


def test_another_organisation_is_refused(world: World) -> None:
    world.sync()
    world.crm.organisation_id = "2"
    with pytest.raises(NeedsPerson, match="BELLWETHER_DATABASE_URL"):
        world.sync(full=True)
    with world.database.reads.connect() as connection:
        run = repositories.last_sync_run(connection)
    assert run is not None
    assert run.status == "failed"
    assert "Maven Hardware" in (run.error or "")


def test_one_module_that_cannot_be_read_does_not_stop_the_others(world: World) -> None:
    add_deal(world.crm)
    world.crm.errors["Accounts"] = NeedsPerson("Zoho does not let us read Accounts.", "Add the scope.")
    with pytest.raises(NeedsPerson, match="Accounts"):
        world.sync()
    assert len(world.copy("Deals")) == 1
    with world.database.reads.connect() as connection:
        run = repositories.last_sync_run(connection)
    assert run is not None
    accounts, deals = orjson.loads(run.report or "")["modules"]
    assert "Zoho does not let us read Accounts." in accounts["notes"][0]
    assert deals["inserted"] == 1


@pytest.mark.parametrize(
    "error", [OutOfBudget("Enough for today."), NeedsPerson("The refresh token was revoked.")]
)
def test_what_is_not_one_modules_own_stops_the_sync(world: World, error: NeedsPerson) -> None:
    world.sync()
    world.crm.errors = dict.fromkeys(world.crm.modules_held, error)
    world.policy = replace(world.policy, also=("Deals", "Accounts"))
    with pytest.raises(type(error), match=str(error)):
        world.sync()
    asked_of = 1 if isinstance(error, OutOfBudget) else 2
    with world.database.reads.connect() as connection:
        run = repositories.last_sync_run(connection)
    assert run is not None
    assert len(orjson.loads(run.report or "")["modules"]) == asked_of


def test_a_second_sync_at_the_same_time_does_nothing_and_says_so(world: World) -> None:
    add_deal(world.crm)
    notes = []
    busy = False

    def sync_too() -> None:
        nonlocal busy
        if not busy:
            busy = True
            notes.append(world.run().note)

    world.crm.before_page = sync_too
    assert world.run().note is None
    assert notes == [BUSY]
    assert world.run().note is None, "the turn is given back"
    assert world.is_exact()


def test_a_rehearsal_says_what_would_change_and_changes_nothing(world: World) -> None:
    one = add_account(world.crm)
    deals = [add_deal(world.crm, one) for _ in range(5)]
    world.clock.forward(hours=1)
    world.sync()
    world.touched()
    before = (world.copy("Deals"), world.cursor("Deals"))
    world.clock.forward(hours=1)
    world.crm.change("Deals", deals[0], Stage="x")
    world.crm.remove("Deals", deals[1])
    add_deal(world.crm)
    for full in (False, True):
        rehearsed = world.run(dry_run=True, full=full)
        deal_report = rehearsed.modules[1]
        assert (deal_report.inserted, deal_report.updated, deal_report.deleted) == (1, 1, 1)
        assert rehearsed.rehearsed
    assert (world.copy("Deals"), world.cursor("Deals")) == before
    assert world.touched() == set()
    with world.database.reads.connect() as connection:
        run = repositories.last_sync_run(connection)
    assert run is not None
    assert run.id == 1, "a rehearsal is no run"


def test_changes_since_an_instant_do_not_move_the_mark_forward(world: World) -> None:
    deal = add_deal(world.crm)
    world.clock.forward(hours=1)
    world.sync()
    mark = world.cursor("Deals").high_water
    world.crm.change("Deals", deal, Stage="missed")
    world.clock.forward(hours=1)
    report = world.sync(since=world.clock.now())["Deals"]
    assert (report.read, world.cursor("Deals").high_water) == (0, mark)
    assert world.sync()["Deals"].updated == 1
    assert world.is_exact()


def test_only_the_modules_that_were_named(world: World) -> None:
    assert set(world.sync(modules=["Deals"])) == {"Deals"}
    with pytest.raises(NeedsPerson, match=r"Bananas is not among.*Accounts, Deals"):
        world.sync(modules=["Bananas"])


def test_records_are_read_again_by_name(world: World) -> None:
    one, two = add_account(world.crm), add_account(world.crm)
    changed, dead, same = add_deal(world.crm, one), add_deal(world.crm, two), add_deal(world.crm)
    assert "not been read yet" in world.pipeline().read_again("Deals", ["5"]).plan
    world.clock.forward(hours=1)
    world.sync()
    world.touched()
    world.crm.change("Deals", changed, Stage="x")
    world.crm.remove("Deals", dead)
    new = add_deal(world.crm)
    report = world.pipeline().read_again("Deals", [changed, dead, same, new, "999999", changed])
    assert (report.inserted, report.updated, report.unchanged, report.deleted) == (1, 1, 1, 1)
    assert world.is_exact()
    assert world.touched() == {one, two}


def test_users_that_are_no_longer_listed_become_inactive(world: World) -> None:
    user = CrmUser("7", "Anna", "a@b.example", None, None, None, active=True, raw="{}")
    world.crm.people = [user, replace(user, id="8")]
    world.sync()
    world.crm.people = [user]
    world.sync(full=True)
    table = SQLModel.metadata.tables["crm_user"]
    with world.database.reads.connect() as connection:
        assert {row.id: row.active for row in connection.execute(select(table.c.id, table.c.active))} == {
            "7": True,
            "8": False,
        }


def test_progress_counts_up_to_the_total(world: World) -> None:
    for _ in range(7):
        add_deal(world.crm)
    world.clock.forward(hours=1)
    seen: list[Progress] = []
    world.sync(progress=seen.append)
    deals = [one for one in seen if one.module == "Deals"]
    assert [one.read for one in deals][:3] == [3, 6, 7]
    assert {one.total for one in deals} == {7}
    assert deals[2].rate > 0
    assert deals[2].seconds_left == 0


def test_freshness_is_the_oldest_module_that_is_complete(world: World) -> None:
    with world.database.reads.connect() as connection:
        assert repositories.freshness(connection).as_of is None
    world.sync()
    with world.database.reads.connect() as connection:
        assert repositories.freshness(connection).as_of == world.clock.now()
        held = repositories.organisation(connection)
    assert held is not None
    assert (held.name, held.time_zone, held.currency) == ("Maven Hardware", "America/New_York", "USD")


def test_an_account_touched_again_meanwhile_stays_on_the_list(world: World) -> None:
    account = add_account(world.crm)
    world.sync()
    world.touched()
    for note in ("one", "two"):
        world.clock.forward(minutes=10)
        world.crm.change("Accounts", account, Note=note)
        world.sync()
        if note == "one":
            with world.database.reads.connect() as connection:
                before = repositories.touched_accounts(connection, limit=10)
    with world.database.writes.begin() as connection:
        repositories.clear_touched(connection, before)
        assert [one.account_id for one in repositories.touched_accounts(connection)] == [account]
        assert repositories.touched_count(connection) == 1


# Anything may happen before any page: time passes, people work, the process dies. Steps of time are larger
# than the overlap of readings, so that the overlap hides no mistake.
EVENTS = st.tuples(
    st.sampled_from(["nothing", "add", "change", "move", "remove", "kill"]),
    st.sampled_from([0, 1, 400]),
    st.integers(0, 50),
)
MOST_REMOVALS_PER_READING = 2


def happen(world: World, event: tuple[str, int, int]) -> None:
    what, seconds, which = event
    world.clock.forward(seconds=seconds)
    accounts, deals = (list(world.crm.modules_held[module].records) for module in ("Accounts", "Deals"))
    if what == "kill":
        raise Killed
    if what == "add":
        add_deal(world.crm, accounts[which % len(accounts)])
    elif deals and what == "change":
        world.crm.change("Deals", deals[which % len(deals)], Stage=f"stage {which}")
    elif deals and what == "move":
        target = {"id": accounts[which % len(accounts)], "name": "x"}
        world.crm.change("Deals", deals[which % len(deals)], Account_Name=target)
    elif deals and what == "remove":
        world.crm.remove("Deals", deals[which % len(deals)])
    world.clock.forward(seconds=seconds)


def events_before_pages(world: World, events: list[tuple[str, int, int]]) -> Iterator[None]:
    removals = 0
    for one in events:
        if one[0] == "remove":
            removals += 1
            if removals > MOST_REMOVALS_PER_READING:
                continue
        happen(world, one)
        yield


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deals=st.integers(0, 9),
    during=st.lists(st.lists(EVENTS, max_size=12), max_size=3),
    between=st.lists(EVENTS, max_size=5),
    only_lists=st.booleans(),
)
def test_whatever_happens_meanwhile_the_copy_becomes_equal(
    database: Database,
    deals: int,
    during: list[list[tuple[str, int, int]]],
    between: list[tuple[str, int, int]],
    only_lists: bool,
) -> None:
    world = new_world(emptied(database))
    if only_lists:
        world.crm.refused = {"queried", "queried_changes", "identifiers", "bulk"}
    for _ in range(2):
        add_account(world.crm)
    for number in range(deals):
        add_deal(world.crm, Amount=number)
    for events in during:
        ahead = events_before_pages(world, events)
        world.crm.before_page = lambda: next(ahead, None)  # noqa: B023 -- replaced before the next round
        with suppress(Killed):
            world.sync()
        world.crm.before_page = lambda: None
        for one in between:
            if one[0] != "kill":
                happen(world, one)
    world.clock.forward(minutes=15)
    world.sync()
    assert world.differing("Deals") == world.differing("Accounts") == {}
    world.clock.instant += timedelta(hours=1)
    assert sum(one.changed for one in world.sync().values()) == 0


def test_a_cursor_that_an_older_release_left_leads_to_a_whole_read(world: World) -> None:
    add_deal(world.crm)
    world.sync()
    with SqlCopy(world.database).writing() as writer:
        writer.save_cursor(replace(world.cursor("Deals"), position="not of ours", high_water=None))
    assert "not been read to its end" in world.sync()["Deals"].plan
    assert world.is_exact()
