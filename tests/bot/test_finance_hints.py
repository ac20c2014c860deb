"""What Books' webhooks hint at is read again, one row by one call, over HTTP from the sandbox and back."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import insert, update

from bot.app.ports import Job
from bot.runtime.callbacks import BOOKS_PATH, Callbacks
from bot.runtime.feed import (
    FEED,
    MOST_FINANCE_BATCHES,
    ROWS_AT_ONCE,
    SOURCES_READ,
    ChangeFeed,
)
from bot.runtime.handlers import Handlers
from bot.runtime.http import HttpServer, http_app
from bot.store.seen_events import SqlSeenEvents
from connector.cache.engine import open_database
from connector.cache.finance_tables import FinanceContactRow, FinanceDocumentRow
from connector.cache.hints import SqlChannels, SqlHints
from connector.cache.tables import AccountRow, table_of
from connector.errors import NeedsPerson
from connector.feed_ports import Hint
from connector.finance_lists import LISTS as LISTS_OF
from connector.sync.finance_again import ReadAgain, read_everywhere
from connector.sync.finance_report import ListReport
from sandbox.demo.children import free_port
from sandbox.zoho.serve import running
from tests.support.feed_world import SECRET_KEY, WEBHOOK_SECRET
from tests.support.finance_world import FinanceWorld, SandboxTime
from tests.support.processes import await_that

LISTS = ("contacts", "invoices")
_contact, _document = table_of(FinanceContactRow), table_of(FinanceDocumentRow)


@dataclass(frozen=True)
class Desk:
    """Books with its copy, and an installation that its webhooks reach."""

    world: FinanceWorld
    hints: SqlHints
    feed: ChangeFeed

    def read(self, hints_a_day: int = 1_000) -> list[ListReport]:
        """Read what was hinted at, as the job does; the reports of what was read."""
        reports: list[ListReport] = []
        world = self.world
        policy = replace(world.policy, hints_a_day=hints_a_day)
        again = ReadAgain(world.copy, world.client(), world.time, policy)

        def read(name: str, ids: Any) -> None:
            reports.extend(read_everywhere([again], name, ids))

        self.feed.read_again({"books": read}, lambda: None, ROWS_AT_ONCE, MOST_FINANCE_BATCHES)
        return reports

    def calls(self) -> list[str]:
        """The addresses asked for since the last look."""
        made = [one.partition("?")[0].rpartition("/v3/")[2] for one in self.world.session.addresses]
        self.world.session.addresses.clear()
        return made

    def truth(self) -> set[str]:
        return set(self.world.truth("invoices"))

    def touched(self) -> set[str]:
        return {row[0] for row in self.world.rows("SELECT account_id FROM touched_account")}

    def hint_at(self, *ids: str, name: str = "invoices") -> None:
        self.hints.add("books", [Hint(name, one, "") for one in ids], self.world.time.now())


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[FinanceWorld]:
    """Books, read once."""
    folder = tmp_path_factory.mktemp("hints")
    shutil.copyfile(sqlite_template, folder / "books.sqlite")
    database = open_database(f"sqlite:///{folder / 'books.sqlite'}")
    with running(clock_file=folder / "clock") as zoho:
        world = FinanceWorld(zoho.base_url, database, SandboxTime(folder / "clock"))
        world.sync(lists=LISTS)
        with database.writes.begin() as connection:  # every customer is an account of the CRM
            ids = list(connection.execute(_contact.select().with_only_columns(_contact.c.id)).scalars())
            connection.execute(insert(table_of(AccountRow)), [{"id": f"a{one}", "raw": "{}"} for one in ids])
        yield world
    database.close()


@pytest.fixture
def desk(copied: FinanceWorld) -> Iterator[Desk]:
    world, port = copied, free_port(0)
    world.time.move(minutes=31)
    world.sandbox("DELETE", "faults")
    world.sandbox("DELETE", "finance/limits")
    world.sync(lists=LISTS)
    with world.database.writes.begin() as connection:
        linked = "a" + _contact.c.id
        connection.execute(update(_contact).values(crm_account_id=linked, account_id=linked))
        connection.execute(update(_document).values(account_id="a" + _document.c.contact_id))
        connection.exec_driver_sql("DELETE FROM touched_account")
        connection.exec_driver_sql("DELETE FROM change_hint")
        connection.exec_driver_sql("DELETE FROM source_cursor WHERE source = 'books.hints'")
    channels, hints = SqlChannels(world.database, SECRET_KEY), SqlHints(world.database)
    seen = SqlSeenEvents(world.database, world.time)
    callbacks = Callbacks(channels, hints, seen, world.time, WEBHOOK_SECRET)
    nobody = cast("Any", None)
    feed = ChangeFeed(channels, hints, nobody, lambda: (), None, world.time, lambda _module: None)
    made = Desk(world, hints, feed)
    made.calls()
    with HttpServer(http_app(list, callbacks.routes()), "127.0.0.1", port):
        url = f"http://127.0.0.1:{port}{BOOKS_PATH}"
        world.sandbox("POST", "finance/webhooks", url=url, secret=WEBHOOK_SECRET, entities=["invoices"])
        yield made
        world.sandbox("DELETE", "finance/webhooks")


def await_hints(desk: Desk, number: int) -> None:
    await_that(lambda: desk.hints.waiting() == number, 20, f"{number} hints")


def test_a_changed_invoice_is_read_again_by_one_call(desk: Desk) -> None:
    before = desk.world.rows("SELECT id, counts FROM fin_document WHERE kind = 'invoice'")
    counted = {row.id for row in before if row.counts}
    desk.world.change(7, voids=1)
    assert len(desk.world.differences(["invoices"])) > 0
    await_hints(desk, 1)
    (report,) = desk.read()
    (call,) = desk.calls()
    assert (report.calls, report.updated) == (1, 1)
    assert desk.world.differences(["invoices"]) == []
    assert desk.hints.waiting() == 0
    voided = call.removeprefix("invoices/")
    customer = desk.world.truth("invoices")[voided]["customer_id"]
    # A draft never counted as a sale: nobody's scores change when it is voided.
    assert desk.touched() == ({f"a{customer}"} if voided in counted else set())
    desk.world.time.move(minutes=10)
    assert desk.world.sync(lists=["invoices"]).changed == 0, "the list finds it as it was read"


def test_an_invoice_that_is_gone_is_taken_out(desk: Desk) -> None:
    before, seed = desk.truth(), 1
    while desk.truth() == before:
        desk.world.change(seed, deletes=1)
        seed += 1
    (gone,) = before - desk.truth()
    await_that(lambda: desk.hints.any_waits(["books"]), 20, "a hint")
    (report,) = desk.read()
    assert (report.calls, report.deleted, gone in desk.world.held("invoice")) == (1, 1, False)
    assert len(desk.touched()) <= 1


def test_a_new_invoice_is_there_with_its_lines(desk: Desk) -> None:
    before, seed = desk.truth(), 1
    while desk.truth() == before:
        desk.world.change(seed, inserts=1)
        seed += 1
    (new,) = desk.truth() - before
    await_that(lambda: desk.hints.any_waits(["books"]), 20, "a hint")
    desk.read()
    assert f"invoices/{new}" in desk.calls()
    truth = desk.world.truth("invoices")[new]
    (row,) = desk.world.rows(f"SELECT total_minor, status, contact_id FROM fin_document WHERE id = '{new}'")
    assert (row.status, row.contact_id) == (truth["status"], truth["customer_id"])
    assert len(desk.world.rows(f"SELECT line_id FROM fin_line WHERE document_id = '{new}'")) > 0
    assert desk.touched() == {f"a{truth['customer_id']}"}


def test_what_cannot_be_read_waits_for_the_next_time(desk: Desk) -> None:
    desk.world.change(11, voids=1)
    await_hints(desk, 1)
    desk.world.sandbox("POST", "faults", kind="scope_missing", match="/books/v3/invoices")
    with pytest.raises(NeedsPerson, match="ZohoBooks"):
        desk.read()
    assert desk.hints.waiting() == 1
    desk.world.sandbox("DELETE", "faults")
    desk.read()
    assert desk.hints.waiting() == 0
    assert desk.world.differences(["invoices"]) == []


def test_a_flood_is_read_in_parts_and_no_more_than_the_days_allowance(desk: Desk) -> None:
    most = ROWS_AT_ONCE * MOST_FINANCE_BATCHES
    desk.hint_at(*sorted(desk.truth())[: most + 30])
    desk.read()
    assert (len(desk.calls()), desk.hints.waiting()) == (most, 30)
    reports = desk.read(hints_a_day=most + 4)
    assert (len(desk.calls()), desk.hints.waiting()) == (4, 0)
    assert sum(one.read for one in reports) == 4
    assert any("next walk" in note for one in reports for note in one.notes)


def test_a_list_that_was_never_read_is_left_alone(desk: Desk) -> None:
    desk.hint_at("1", name="estimates")
    desk.hint_at("1", name="nonsense")
    desk.read()
    assert (desk.calls(), desk.hints.waiting()) == ([], 0)


def test_a_contact_has_the_account_that_books_names(desk: Desk) -> None:
    identity = min(desk.world.truth("contacts"))
    desk.hint_at(identity, name="contacts")
    (report,) = desk.read()
    assert (report.calls, report.updated) == (1, 0)
    held = desk.world.rows(f"SELECT crm_account_id FROM fin_contact WHERE id = '{identity}'")
    detail, organisation = desk.world.client(), desk.world.copy.organisation()
    assert organisation is not None
    detail.use(organisation)
    contacts = next(one for one in LISTS_OF["books"] if one.name == "contacts")
    said = detail.contact(contacts, identity)
    assert said is not None
    assert held[0][0] == (said.crm_account_id or "")


def test_the_job_reads_both_and_finance_though_the_crm_refuses(desk: Desk) -> None:
    desk.hint_at("17")
    desk.hints.add("crm", [Hint("Deals", "4", "update")], desk.world.time.now())
    read: list[tuple[str, tuple[str, ...]]] = []

    class Crm:
        def read_again(self, _module: str, _ids: Any) -> None:
            raise NeedsPerson("Zoho does not let us read Deals.")

    nobody = cast("Any", None)
    feed = replace(desk.feed, modules=lambda: ("Deals",))
    handlers = Handlers(
        cast("Any", Crm), lambda: feed, nobody, nobody, nobody, nobody, nobody, nobody, threading.Event(),
        lambda name, ids: read.append((name, tuple(ids))),
    )  # fmt: skip
    with pytest.raises(NeedsPerson):
        handlers.by_kind()[FEED](Job(1, FEED, "slot", {}, 1))
    assert read == [("invoices", ("17",))]
    assert desk.hints.waiting() == 1
    assert set(SOURCES_READ) == {"crm", "books"}
