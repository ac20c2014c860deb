from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, event, select
from sqlmodel import SQLModel

from connector.cache import repositories
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, TransactionRow, table_of
from connector.errors import NeedsPerson
from connector.mapping import CrmMapping, ModuleMapping, Role
from connector.ports import CrmUser
from connector.sync.pipeline import Sync
from connector.sync.report import ModuleReport, Progress
from tests.support.fake_crm import FakeCrm, SettableClock, standard_crm

MAPPING = CrmMapping(
    (
        ModuleMapping(Role.ACCOUNTS, "Accounts", {"name": "Account_Name", "modified_at": "Modified_Time"}),
        ModuleMapping(
            Role.TRANSACTIONS,
            "Deals",
            {
                "account_id": "Account_Name",
                "name": "Deal_Name",
                "stage": "Stage",
                "occurred_on": "Closing_Date",
                "amount_minor": "Amount",
                "modified_at": "Modified_Time",
            },
        ),
    )
)
ROWS: dict[str, type[SQLModel]] = {"Accounts": AccountRow, "Deals": TransactionRow}


class Killed(BaseException):
    """As kill -9 is: nobody catches it."""


@dataclass
class World:
    """A CRM and its copy."""

    database: Database
    clock: SettableClock
    crm: FakeCrm
    mapping: CrmMapping = MAPPING

    def sync(
        self, *, full: bool = False, progress: Callable[[Progress], None] | None = None
    ) -> dict[str, ModuleReport]:
        done = Sync(SqlCopy(self.database), self.crm, self.mapping, self.clock).run(progress, full=full)
        return {one.module: one for one in done.modules}

    def copy(self, module: str) -> dict[str, Any]:
        table = table_of(ROWS[module])
        with self.database.reads.connect() as connection:
            return {
                row.id: json.loads(row.raw) for row in connection.execute(select(table.c.id, table.c.raw))
            }

    def truth(self, module: str) -> dict[str, Any]:
        held = self.crm.modules[module]
        names = ["id", *(one.api_name for one in held.fields if one.data_type != "subform")]
        return {one: {name: row.get(name) for name in names} for one, row in held.records.items()}

    def touched(self) -> set[str]:
        with self.database.writes.begin() as connection:
            found = repositories.touched_accounts(connection)
            repositories.clear_touched(connection, found)
        return {one.account_id for one in found}

    def is_exact(self) -> bool:
        return all(self.copy(module) == self.truth(module) for module in ROWS)


def new_world(database: Database) -> World:
    clock = SettableClock()
    return World(database, clock, standard_crm(clock))


@pytest.fixture
def world(database: Database) -> World:
    return new_world(database)


def add_account(crm: FakeCrm, name: str = "Konex") -> str:
    return crm.add("Accounts", Account_Name=name, Note="n")


def add_deal(crm: FakeCrm, account: str | None = None, **values: Any) -> str:
    lookup = {"id": account, "name": "x"} if account else None
    return crm.add("Deals", **({"Deal_Name": "d", "Account_Name": lookup, "Stage": "Closed Won"} | values))


def test_a_first_sync_copies_everything_and_a_second_reads_nothing(world: World) -> None:
    account = add_account(world.crm)
    for number in range(8):
        add_deal(world.crm, account, Amount=number, Closing_Date="2026-01-02")
    world.clock.forward(hours=2)
    first = world.sync()
    assert world.is_exact()
    assert (first["Deals"].inserted, first["Deals"].read) == (8, 8)
    assert world.touched() == {account}
    world.clock.forward(minutes=10)
    world.crm.asked.clear()
    second = world.sync()
    assert (second["Deals"].read, second["Deals"].changed, world.touched()) == (0, 0, set())
    assert world.crm.asked == [
        ("pages", "Accounts", "changes"), ("deleted", "Accounts"),
        ("pages", "Deals", "changes"), ("deleted", "Deals"),
    ]  # fmt: skip


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


def test_a_bad_record_is_reported_and_the_others_are_kept(world: World) -> None:
    bad = add_deal(world.crm, Amount="much")
    good = add_deal(world.crm, Amount=3)
    report = world.sync()["Deals"]
    assert set(world.copy("Deals")) == {good}
    # It is met twice: in the whole read and among the changes since that began.
    assert set(report.reasons) == {f"{bad}: Amount: 'much' is not a number"}
    assert report.skipped == 2


def test_text_that_no_database_can_store_stops_nothing(world: World) -> None:
    account = add_account(world.crm, "a\x00b\ud800c")
    world.sync()
    assert (
        world.copy("Accounts")[account]["Account_Name"]
        == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
    )


def test_an_expired_page_token_starts_the_module_over_without_duplicates(world: World) -> None:
    for _ in range(10):
        add_deal(world.crm)
    world.crm.tokens_expire = True
    report = world.sync()["Deals"]
    assert world.is_exact()
    assert report.inserted == 10
    assert "started over" in report.plan


def test_a_new_field_is_read_for_every_record(world: World) -> None:
    for _ in range(4):
        add_deal(world.crm)
    world.sync()
    world.crm.add_field("Deals", "Margin")
    for row in world.crm.modules["Deals"].records.values():
        row["Margin"] = "high"  # without a new Modified_Time, as formulas do
    world.clock.forward(minutes=30)
    assert world.sync()["Deals"].updated == 0, "metadata is read once an hour"
    world.clock.forward(minutes=31)
    report = world.sync()["Deals"]
    assert report.updated == 4
    assert "fields have changed" in report.plan
    assert world.is_exact()


def test_a_mapped_field_that_disappears_is_reported_and_its_column_emptied(world: World) -> None:
    deal = add_deal(world.crm)
    world.sync()
    held = world.crm.modules["Deals"]
    held.fields = tuple(one for one in held.fields if one.api_name != "Stage")
    report = world.sync(full=True)["Deals"]
    assert report.missing_fields == ("Stage",)
    table = table_of(TransactionRow)
    with world.database.reads.connect() as connection:
        assert connection.execute(select(table.c.stage).where(table.c.id == deal)).scalar_one() is None


def test_a_full_sync_removes_what_vanished_without_a_trace(world: World) -> None:
    account = add_account(world.crm)
    deals = [add_deal(world.crm, account) for _ in range(11)]
    world.sync()
    world.touched()
    for gone in (deals[0], deals[4], deals[5], deals[10]):
        world.crm.remove("Deals", gone, listed=False)
    world.clock.forward(hours=1)
    assert world.sync()["Deals"].deleted == 0
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


def test_a_sync_that_is_killed_goes_on_where_it_stopped(world: World) -> None:
    for _ in range(10):
        add_deal(world.crm)
    pages = iter(range(100))

    def kill_at_the_fifth() -> None:
        if next(pages) == 5:
            raise Killed

    world.crm.before_page = kill_at_the_fifth
    with pytest.raises(Killed):
        world.sync()
    held = len(world.copy("Deals"))
    assert 0 < held < 10
    world.crm.before_page = lambda: None
    world.clock.forward(minutes=10)
    report = world.sync()["Deals"]
    assert f"resumed after {held} records" in report.plan
    assert report.inserted == 10 - held
    assert world.is_exact()
    with world.database.reads.connect() as connection:
        run = repositories.last_sync_run(connection)
    assert run is not None
    assert (run.id, run.status, run.error) == (2, "done", None)


@pytest.mark.parametrize("killed", [False, True], ids=["running", "killed"])
@pytest.mark.parametrize("first", [True, False], ids=["whole", "changes"])
def test_a_deletion_that_draws_a_record_over_a_page_border(world: World, first: bool, killed: bool) -> None:
    deals = [add_deal(world.crm) for _ in range(10)]
    if not first:
        world.sync()
        world.clock.forward(hours=2)
        for deal in deals:
            world.crm.change("Deals", deal, Stage="other")
    world.clock.forward(minutes=30)
    seen = 0

    def remove_one_that_was_read() -> None:
        nonlocal seen
        seen += 1
        if seen == 6:  # two pages of Accounts' lists, one of Deals: the second page of Deals comes
            world.crm.remove("Deals", deals[0 if first else -1])
        if seen == 8 and killed:
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


def test_a_page_and_its_place_are_kept_together_or_not_at_all(world: World) -> None:
    for _ in range(10):
        add_deal(world.crm)

    def kill(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "sync_cursor" in statement and statement.startswith("INSERT") and world.copy("Deals"):
            raise Killed

    event.listen(world.database.writes, "before_cursor_execute", kill)
    with pytest.raises(Killed):
        world.sync()
    event.remove(world.database.writes, "before_cursor_execute", kill)
    cursor = SqlCopy(world.database).cursor("Deals")
    assert cursor is not None
    assert cursor.rows_read == len(world.copy("Deals")) == 3
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
    assert [one.read for one in deals] == [3, 6, 7]
    assert {one.total for one in deals} == {7}


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
    with world.database.reads.connect() as connection:
        before = repositories.touched_accounts(connection, limit=10)
    world.clock.forward(minutes=10)
    world.crm.change("Accounts", account, Note="other")
    world.sync()
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
    accounts, deals = (list(world.crm.modules[module].records) for module in ROWS)
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


def empty(connection: Connection) -> None:
    for table in SQLModel.metadata.tables.values():
        if table.name.startswith(("crm_", "sync_", "touched_")):
            connection.execute(delete(table))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deals=st.integers(0, 9),
    during=st.lists(st.lists(EVENTS, max_size=12), max_size=3),
    between=st.lists(EVENTS, max_size=5),
)
def test_whatever_happens_meanwhile_the_copy_becomes_equal(
    database: Database,
    deals: int,
    during: list[list[tuple[str, int, int]]],
    between: list[tuple[str, int, int]],
) -> None:
    with database.writes.begin() as connection:
        empty(connection)
    world = new_world(database)
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
    world.clock.forward(seconds=1)
    world.sync()
    assert world.is_exact()
    world.clock.instant += timedelta(hours=1)
    assert sum(one.changed for one in world.sync().values()) == 0
