"""Anything may happen between and during syncs; a sync that comes to its end leaves an exact copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connector.cache.engine import open_database
from connector.sync.policy import SyncPolicy
from tests.support.crm_world import Killed, World, add_account, add_deal, emptied
from tests.support.fake_crm import FakeModule, SettableClock, described, standard_crm
from tests.support.state_machines import machine_settings

MODULES = ("Accounts", "Deals", "Visits")
CHANGING = {"Accounts": "Note", "Deals": "Deal_Name", "Visits": "Place"}
FORMULA = "Margin"
EVERYTHING_BUT_LISTS = {"queried", "queried_changes", "bulk", "identifiers"}

module = st.sampled_from(MODULES)
which = st.integers(0, 1000)
# Shorter and longer than the overlap of readings, so that the overlap hides no mistake.
seconds = st.sampled_from([0, 1, 400])
events = st.lists(
    st.tuples(
        st.sampled_from(["nothing", "nothing", "add", "change", "remove", "restore", "kill"]),
        module,
        which,
        seconds,
    ),
    max_size=25,
)


class SyncMachine(RuleBasedStateMachine):
    """A CRM in which people work, and its copy."""

    file: ClassVar[Path]

    @initialize(
        bulk_from=st.sampled_from([4, 10_000]),
        query_rows=st.sampled_from([2, 2000]),
        refused=st.sampled_from([set(), {"queried"}, {"bulk"}, {"identifiers"}, EVERYTHING_BUT_LISTS]),
        deals=st.integers(0, 12),
    )
    def begin(self, bulk_from: int, query_rows: int, refused: set[str], deals: int) -> None:
        clock = SettableClock()
        crm = standard_crm(clock)
        crm.refused = set(refused)
        crm.add_field("Deals", FORMULA, "formula")
        crm.modules_held["Visits"] = FakeModule(described("Name", "Place", Modified_Time="datetime"))
        policy = SyncPolicy(bulk_from=bulk_from, lanes=3, query_rows=query_rows, also=("Visits",))
        database = emptied(open_database(f"sqlite:///{self.file}"))
        self.world = World(database, clock, crm, policy=policy)
        self.fields_made = 0
        self.accounts = [add_account(crm) for _ in range(2)]
        for _ in range(deals):
            add_deal(crm, self.accounts[0])

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.database.close()

    @rule(name=module, number=which, wait=seconds)
    def add(self, name: str, number: int, wait: int) -> None:
        self.happen("add", name, number, wait)

    @rule(name=module, number=which, wait=seconds)
    def change(self, name: str, number: int, wait: int) -> None:
        self.happen("change", name, number, wait)

    @rule(number=which, wait=seconds)
    def change_two_in_one_second(self, number: int, wait: int) -> None:
        self.happen("change", "Deals", number, 0)
        self.happen("change", "Deals", number + 1, wait)

    @rule(name=module, number=which, wait=seconds)
    def remove(self, name: str, number: int, wait: int) -> None:
        self.happen("remove", name, number, wait)

    @rule(name=module, number=which, wait=seconds)
    def restore(self, name: str, number: int, wait: int) -> None:
        self.happen("restore", name, number, wait)

    @rule(number=which)
    def recompute(self, number: int) -> None:
        if one := self.one_of("Deals", number):
            self.world.crm.recompute("Deals", one, **{FORMULA: str(number)})

    @precondition(lambda self: self.fields_made < 3)
    @rule(name=module, number=which)
    def add_field(self, name: str, number: int) -> None:
        self.fields_made += 1
        api_name = f"Extra_{self.fields_made}"
        self.world.crm.add_field(name, api_name)
        if one := self.one_of(name, number):
            self.world.crm.change(name, one, **{api_name: "x"})

    @rule(name=module)
    def remove_field(self, name: str) -> None:
        if field := self.spare_field(name):
            self.world.crm.remove_field(name, field)

    @rule(name=module)
    def rename_field(self, name: str) -> None:
        if field := self.spare_field(name):
            self.world.crm.rename_field(name, field, f"{field}_1")

    @rule(reading=st.sampled_from(["listed", "bulk", "queried_changes", "queried"]))
    def forget_the_place(self, reading: str) -> None:
        self.world.crm.forgets.add(reading)

    @rule(happening=events, full=st.booleans())
    def sync(self, happening: list[tuple[str, str, int, int]], full: bool) -> None:
        ahead = self.before_pages(happening)
        self.world.crm.before_page = lambda: next(ahead, None)
        with suppress(Killed):
            self.world.sync(full=full)
        self.world.crm.before_page = lambda: None

    @rule(number=which, name=module)
    def read_again(self, number: int, name: str) -> None:
        ids = [one for one in (self.one_of(name, number), "99") if one]
        self.world.pipeline().read_again(name, ids)

    @rule()
    def compare(self) -> None:
        """All but the formulas, which are read once a day.

        In a big module ids are not compared by a pass that moved records, because counts lag behind: the
        next quiet pass does it.
        """
        self.catch_up()
        for name in MODULES:
            assert self.world.differing(name, but=(FORMULA,)) == {}

    @rule()
    def compare_formulas(self) -> None:
        self.world.clock.forward(hours=25)
        self.catch_up()
        assert self.world.is_exact()
        self.world.clock.forward(minutes=61)
        assert sum(one.changed for one in self.world.sync().values()) == 0

    def catch_up(self) -> None:
        for _ in range(2):
            self.world.clock.forward(minutes=61)
            reports = self.world.sync()
            moved = any(one.inserted or one.deleted for one in reports.values())
            if not moved or self.world.policy.bulk_from > 1000:
                return

    def before_pages(self, happening: list[tuple[str, str, int, int]]) -> Iterator[None]:
        for what, name, number, wait in happening:
            if what == "kill":
                raise Killed
            self.happen(what, name, number, wait)
            yield

    def happen(self, what: str, name: str, number: int, wait: int) -> None:
        crm = self.world.crm
        self.world.clock.forward(seconds=wait)
        doing: dict[str, Callable[[str], None]] = {
            "change": lambda one: crm.change(name, one, **{self.changing(name): f"v{number}"}),
            "remove": lambda one: crm.remove(name, one),
        }
        if what == "add":
            self.add_record(name, number)
        elif what == "restore":
            bin_ = sorted(crm.modules_held[name].bin)
            if bin_:
                crm.restore(name, bin_[number % len(bin_)])
        elif what in doing and (one := self.one_of(name, number)):
            doing[what](one)
        self.world.clock.forward(seconds=wait)

    def add_record(self, name: str, number: int) -> None:
        if name == "Accounts":
            add_account(self.world.crm)
        elif name == "Deals":
            add_deal(self.world.crm, self.accounts[number % 2])
        else:
            self.world.crm.add("Visits", Name=f"n{number}")

    def one_of(self, name: str, number: int) -> str | None:
        ids = list(self.world.crm.modules_held[name].records)
        return ids[number % len(ids)] if ids else None

    def changing(self, name: str) -> str:
        return CHANGING[name]

    def spare_field(self, name: str) -> str | None:
        fixed = {"Modified_Time", FORMULA, "Items", "Account_Name", *CHANGING.values()}
        names = [one.api_name for one in self.world.crm.modules_held[name].fields]
        return next((one for one in names if one not in fixed), None)


def test_a_sync_that_ends_leaves_an_exact_copy(sqlite_template: Path, tmp_path: Path) -> None:
    SyncMachine.file = tmp_path / "copy.sqlite"
    shutil.copyfile(sqlite_template, SyncMachine.file)
    run_state_machine_as_test(
        SyncMachine,
        settings=machine_settings(8, steps=12),
    )
