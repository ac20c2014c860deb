"""Reading Finance from the sandbox: exact after any changes, at the allowed pace, resumed after any kill."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import insert

from connector.cache.engine import Database, open_database
from connector.cache.tables import AccountRow, ContactRow, TransactionRow, table_of
from connector.errors import ConnectorError, NeedsPerson, OutOfBudget, Retriable
from connector.finance_lists import LISTS, Product
from connector.sync.finance_decide import FinancePolicy
from connector.sync.finance_report import FinanceProgress, FinanceReport, ListReport
from sandbox.zoho.serve import RunningZoho, running
from tests.support.finance_world import FinanceWorld, SandboxTime

SMALL = ("contacts", "estimates", "salesorders")
INVOICES = next(one for one in LISTS["books"] if one.name == "invoices")


@dataclass(frozen=True)
class Served:
    zoho: RunningZoho
    time: SandboxTime


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    file = tmp_path_factory.mktemp("finance") / "clock"
    with running(clock_file=file) as zoho:
        yield Served(zoho, SandboxTime(file))


def mended(served: Served, database: Database, product: Product, **settings: Any) -> FinanceWorld:
    """The world of a product, the sandbox mended, half an hour after whatever was before."""
    served.time.move(minutes=31)
    world = FinanceWorld(served.zoho.base_url, database, served.time, product, **settings)
    world.sandbox("DELETE", "faults")
    world.sandbox("POST", "tokens/restore")
    world.sandbox("DELETE", "finance/limits")
    world.sandbox("POST", "finance/limits", per_minute=100, per_day=10_000, concurrent=10)
    return world


@pytest.fixture
def file_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """For what has nothing to do with the kind of database."""
    shutil.copyfile(sqlite_template, tmp_path / "one.sqlite")
    opened = open_database(f"sqlite:///{tmp_path / 'one.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def world_of(served: Served, file_database: Database) -> Callable[..., FinanceWorld]:
    def make(product: Product = "books", **settings: Any) -> FinanceWorld:
        return mended(served, file_database, product, **settings)

    return make


@pytest.fixture
def books(world_of: Callable[..., FinanceWorld]) -> FinanceWorld:
    return world_of()


@pytest.fixture
def both(served: Served, database: Database) -> FinanceWorld:
    """Books, once on each database."""
    return mended(served, database, "books")


def of(report: FinanceReport, name: str) -> ListReport:
    return next(one for one in report.lists if one.name == name)


def test_copy_equals_organisation_after_inserts_updates_deletes_and_voids(both: FinanceWorld) -> None:
    assert both.sync().problems == ()
    both.change(1, inserts=40, updates=40, deletes=20, voids=10)
    both.time.move(hours=2)
    both.sync()
    assert both.differences(["invoices"]) == [], "what is counted is exact within the hour"
    both.time.move(days=1, hours=1)
    both.sync()
    assert both.differences() == []
    assert both.sync().changed == 0
    assert set(both.session.statuses) <= {200, 404}
    assert both.session.most_in_a_minute() <= 90


def test_changes_while_a_list_is_walked_are_found(books: FinanceWorld) -> None:
    def meddle(progress: FinanceProgress) -> None:
        books.time.move(seconds=5)
        books.change(progress.read, inserts=3, updates=5, voids=1, deletes=0)

    books.sync(meddle, lists=SMALL)
    books.time.move(minutes=10)
    report = books.sync(lists=SMALL)
    # What another document decides about a contact does not move its stamp; the daily walk finds it.
    assert books.differences(["estimates", "salesorders"]) == []
    assert "since" in of(report, "estimates").plan


def test_a_kill_at_every_page_costs_a_page_each(both: FinanceWorld) -> None:
    def die(_: FinanceProgress) -> None:
        raise KeyboardInterrupt

    kills = 0
    while kills < 40:
        try:
            both.sync(die, lists=SMALL)
            break
        except KeyboardInterrupt:
            kills += 1
            if kills % 2 == 0:  # every other time a page is got through before the next kill
                die_next = killed_after(2)
                with pytest.raises(KeyboardInterrupt):
                    both.sync(die_next, lists=SMALL)
    both.time.move(days=2)
    both.sync(lists=SMALL)
    assert both.differences(SMALL) == []


def killed_after(pages: int) -> Callable[[FinanceProgress], None]:
    came: list[FinanceProgress] = []

    def die(progress: FinanceProgress) -> None:
        came.append(progress)
        if len(came) >= pages:
            raise KeyboardInterrupt

    return die


def test_a_walk_goes_on_behind_the_last_page_that_was_kept(books: FinanceWorld) -> None:
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            books.sync(killed_after(2), lists=["contacts"])
    report = books.sync(lists=["contacts"])
    assert "resumed at page 3" in of(report, "contacts").plan
    assert books.differences(["contacts"]) == []


def test_the_half_hour_block_is_never_provoked(books: FinanceWorld) -> None:
    first, second = books.client(), books.client()
    for client in (first, second):
        client.use(next(iter(first.organisations())))
    for _ in range(120):
        assert first.count(INVOICES) == second.count(INVOICES)
    assert len(books.session.sent) >= 240
    assert set(books.session.statuses) == {200}
    assert 70 <= books.session.most_in_a_minute() <= 90
    assert {(call.api, call.credits) for call in books.book.calls} >= {("finance:712001455", 1)}


def test_a_block_is_told_to_every_process_and_waited_for(books: FinanceWorld) -> None:
    books.sync(lists=["items"])
    books.sandbox("POST", "faults", kind="rate_limit", match="/books/v3/estimates")
    with pytest.raises(Retriable) as caught:
        books.sync(lists=["estimates"])
    assert caught.value.after_seconds == 1800
    sent = len(books.session.sent)
    with pytest.raises(Retriable, match="no calls") as again:
        books.sync(lists=["creditnotes"])
    assert again.value.after_seconds is not None
    assert 1700 < again.value.after_seconds <= 1800
    assert len(books.session.sent) == sent
    books.sandbox("DELETE", "faults")
    books.time.move(minutes=31)
    books.sync(lists=["estimates"])
    assert books.differences(["estimates"]) == []


def test_a_fifth_of_the_day_is_left_to_others(books: FinanceWorld) -> None:
    used = books.sandbox("GET", "finance/limits")["used_today"]
    books.sandbox("POST", "finance/limits", per_day=(used + 8) * 5 // 4)
    for _ in range(2):
        books.sync(lists=["estimates"], full=True)
    with pytest.raises(OutOfBudget, match="kept for people") as caught:
        books.sync(lists=["contacts", "estimates"], full=True)
    assert caught.value.after_seconds is not None
    assert 0 < caught.value.after_seconds <= 86_400
    books.time.move(days=1)
    assert books.sync(lists=["estimates"]).problems == ()


def test_a_used_up_day_is_waited_for_until_midnight(books: FinanceWorld) -> None:
    books.sync(lists=["estimates"])
    books.sandbox("POST", "faults", kind="day_limit", match="/books/v3/estimates", times=1)
    with pytest.raises(OutOfBudget) as caught:
        books.sync(lists=["estimates"])
    assert caught.value.after_seconds is not None
    assert 0 < caught.value.after_seconds <= 86_400
    books.time.move(seconds=caught.value.after_seconds + 60)
    assert of(books.sync(lists=["estimates"]), "estimates").problem is None


@pytest.mark.parametrize(
    "kind", ["maintenance", "busy", "server_error", "bad_gateway", "cut_body", "truncated_json"]
)
def test_what_passes_is_tried_again(books: FinanceWorld, kind: str) -> None:
    books.sandbox("POST", "faults", kind=kind, match="/books/v3/estimates", times=2)
    report = books.sync(lists=["estimates"])
    assert report.problems == ()
    assert books.differences(["estimates"]) == []


def test_an_expired_token_is_replaced_once(books: FinanceWorld) -> None:
    books.sandbox("POST", "faults", kind="expired_token", match="/books/v3/estimates", times=1)
    assert books.sync(lists=["estimates"]).problems == ()
    assert 401 in books.session.statuses


def test_a_missing_scope_is_named_and_the_other_lists_are_read(books: FinanceWorld) -> None:
    books.sandbox("POST", "faults", kind="scope_missing", match="/books/v3/estimates")
    report = books.sync(lists=["estimates", "salesorders"])
    (problem,) = report.problems
    assert "ZohoBooks.estimates.READ" in problem
    assert books.differences(["salesorders"]) == []
    assert '"problem"' in report.as_json()


def test_an_error_with_status_200_is_an_error(books: FinanceWorld) -> None:
    books.sandbox("POST", "faults", kind="code_in_success", match="/books/v3/estimates", times=1)
    (problem,) = books.sync(lists=["estimates"]).problems
    assert "200 (code" in problem


def test_an_organisation_that_is_not_reached_is_answered_with_those_that_are(
    world_of: Callable[..., FinanceWorld],
) -> None:
    with pytest.raises(NeedsPerson, match="712001455"):
        world_of(organization_id="1").sync()
    world = world_of(organization_id="1")
    with pytest.raises(NeedsPerson, match=r"Adventure Works Cycles \(712001455\)"):
        world.client().count(INVOICES)


def test_a_filter_that_is_passed_over_in_silence_is_noticed(world_of: Callable[..., FinanceWorld]) -> None:
    world = world_of("inventory")
    first = world.sync(lists=["salesorders", "purchaseorders"])
    world.change(7, inserts=20, updates=20, voids=0, deletes=0)
    world.time.move(minutes=30)
    report = world.sync(lists=["salesorders", "purchaseorders"])
    for name in ("salesorders", "purchaseorders"):
        notes = of(first, name).notes + of(report, name).notes
        assert any("last_modified_time is ignored; another way is taken" in note for note in notes)
    assert world.differences(["salesorders", "purchaseorders"]) == []
    again = world.sync(lists=["salesorders"])
    assert "latest changes first" in of(again, "salesorders").plan
    assert of(again, "salesorders").calls == 1


def test_a_sorting_that_is_not_heeded_is_noticed(books: FinanceWorld) -> None:
    books.sync(lists=["contacts"])
    books.change(9, inserts=20, updates=20)
    books.time.move(minutes=30)
    books.sandbox("POST", "faults", kind="sort_ignored", match="/books/v3/contacts")
    report = of(books.sync(lists=["contacts"]), "contacts")
    assert "whole walk" in report.plan
    assert any("sorting by last_modified_time is ignored" in note for note in report.notes)
    assert books.differences(["contacts"]) == []


def test_a_row_that_comes_twice_is_held_once(books: FinanceWorld) -> None:
    books.sandbox("POST", "faults", kind="moved_row", match="/books/v3/contacts")
    report = of(books.sync(lists=["contacts"]), "contacts")
    assert report.read > report.inserted
    books.sandbox("DELETE", "faults")
    books.time.move(days=2)
    books.sync(lists=["contacts"])
    assert books.differences(["contacts"]) == []


def test_billing_with_its_header_and_its_months(world_of: Callable[..., FinanceWorld]) -> None:
    world = world_of("billing")
    report = world.sync(lists=["customers", "subscriptions"])
    assert report.problems == ()
    assert world.differences(["customers", "subscriptions"]) == []
    counting = world.rows("SELECT count(*), min(monthly_minor) FROM fin_document WHERE counts")
    assert counting[0][0] > 0
    assert counting[0][1] > 0


def details(world: FinanceWorld, name: str) -> dict[str, dict[str, Any]]:
    """What single rows say, by id, from the sandbox's own mouth."""
    answer = requests.get(f"{world.base_url}/_sandbox/finance/records/{name}?lines=0", timeout=30).json()
    return {one["id"]: one["detail"] | one["values"] for one in answer["records"]}


def write(world: FinanceWorld, row: type, *rows: dict[str, Any]) -> None:
    with world.database.writes.begin() as connection:
        connection.execute(insert(table_of(row)), [{"raw": "{}"} | one for one in rows])


@pytest.mark.parametrize("accounts", [30, 90])
def test_contacts_find_their_accounts_in_the_cheaper_way(
    world_of: Callable[..., FinanceWorld], accounts: int
) -> None:
    world = world_of(policy=FinancePolicy(details_a_day=200))
    contacts = details(world, "contacts")
    own = {one: said["zcrm_account_id"] for one, said in contacts.items() if said.get("zcrm_account_id")}
    known = sorted(set(own.values()))[:30] + [f"9{number:017}" for number in range(accounts - 30)]
    write(world, AccountRow, *({"id": one, "name": None} for one in known))
    report = world.sync(lists=["contacts", "salesorders"])
    by_account = accounts < 60
    assert ("contacts by CRM account" in of(report, "details").plan) is by_account
    linked = world.rows("SELECT id, account_id FROM fin_contact WHERE link = 'crm'")
    assert {row[0]: row[1] for row in linked} == {a: b for a, b in own.items() if b in known}
    expected = len(
        [1 for one in details(world, "salesorders").values() if own.get(one["customer_id"]) in known]
    )
    held = world.rows("SELECT count(*) FROM fin_document WHERE account_id IS NOT NULL")
    assert held[0][0] == expected
    touched = {row[0] for row in world.rows("SELECT account_id FROM touched_account")}
    counting = world.rows(
        "SELECT DISTINCT account_id FROM fin_document WHERE counts AND account_id IS NOT NULL"
    )
    assert touched == {row[0] for row in counting}
    world.time.move(days=1)
    world.sync(lists=["contacts"])
    assert world.copy.unasked_contacts(1) == ()


def test_links_follow_when_the_crm_changes(both: FinanceWorld) -> None:
    both.sync(lists=["contacts", "salesorders"])
    contacts = both.held("contact")
    buyers = {one["customer_id"] for one in both.held("sales_order").values()}
    by_email, by_name, by_deal = sorted(one for one in buyers if contacts[one]["email"])[:3]
    order = next(key for key, one in both.held("sales_order").items() if one["customer_id"] == by_deal)
    write(
        both,
        AccountRow,
        {"id": "1", "name": "A"},
        {"id": "2", "name": contacts[by_name]["contact_name"].upper()},
        {"id": "3", "name": "C"},
    )
    write(both, ContactRow, {"id": "11", "account_id": "1", "email": contacts[by_email]["email"].title()})
    write(both, TransactionRow, {"id": "21", "account_id": "3"})
    with both.database.writes.begin() as connection:
        connection.exec_driver_sql(f"UPDATE fin_document SET deal_id = '21' WHERE id = '{order}'")
    both.sync(lists=["contacts"])
    found = {row[0]: tuple(row[1:]) for row in both.rows("SELECT id, account_id, link FROM fin_contact")}
    assert found[by_email] == ("1", "email")
    assert found[by_name] == ("2", "name")
    assert found[by_deal] == ("3", "deal")
    assert {row[0] for row in both.rows("SELECT account_id FROM touched_account")} == {"1", "2", "3"}


def test_lines_come_for_changed_documents_within_the_allowance(both: FinanceWorld) -> None:
    both.policy = replace(both.policy, lines=True, details_a_day=40)
    report = both.sync(lists=["creditnotes"])
    assert of(report, "details").calls == 40
    lined = both.rows("SELECT count(DISTINCT document_id), count(*) FROM fin_line")
    assert lined[0][0] == 40
    assert of(both.sync(lists=["creditnotes"]), "details").calls == 0
    both.time.move(days=1)
    both.sync(lists=["creditnotes"])
    both.time.move(days=1)
    both.sync(lists=["creditnotes"])
    held = len(both.held("credit_note"))
    assert both.rows("SELECT count(DISTINCT document_id) FROM fin_line")[0][0] == held
    assert of(both.sync(lists=["creditnotes"]), "details").calls == 0


def test_the_database_holds_one_organisation(both: FinanceWorld) -> None:
    with both.database.writes.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO fin_organisation (source, id, name, currency, time_zone, read_at) "
            "VALUES ('books', '5', 'Other', 'USD', 'UTC', '2020-01-01 00:00:00')"
        )
    with pytest.raises(ConnectorError, match="holds the books organisation Other"):
        both.sync()


def test_the_book_and_the_pace_know_what_is_left(both: FinanceWorld) -> None:
    both.sync(lists=["items"])
    ((remaining, daily, resets),) = both.rows("SELECT remaining, daily, resets_at FROM api_pace "
                                               "WHERE api = 'finance:712001455'")  # fmt: skip
    assert (remaining, daily) == (both.book.remaining, 10_000)
    assert resets is not None
