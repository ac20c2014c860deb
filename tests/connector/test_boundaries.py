"""Whole syncs of organisations whose sizes lie at an edge: of a page, a query, a call's fields, a second.

The large ones, 100,001 and 200,001 records, are read by ``python -m benchmarks.boundaries``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.cache.engine import Database, open_database
from connector.sync.policy import SyncPolicy
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.generated import build_generated
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from tests.support.exactness import differences, truth
from tests.support.postgres import SHARED, PostgresServer, emptied
from tests.support.surviving_copy import ListsOnly
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

ROWS = (0, 1, 200, 201, 2_000, 2_001)
FIELDS = (51, 201, 501)
WAYS = {"lists": "record lists", "queries": "queries", "bulk": "bulk jobs"}
NEVER = 10**9
PER_PAGE = {"lists": 200, "queries": 2_000}
CALLS = {"lists": "GET /crm/v8/Deals", "queries": "POST /crm/v8/coql"}


class Meanwhile(requests.Session):
    """Lets something happen once: when the answer of a call has come, and before we have seen it."""

    def __init__(self) -> None:
        super().__init__()
        self.method = self.path = ""
        self.happens: Callable[[], None] | None = None

    @property
    def has_happened(self) -> bool:
        return self.happens is None

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        answer = super().send(request, **more)
        happens = self.happens
        if happens is not None and request.method == self.method and self.path in str(request.url):
            self.happens = None
            happens()
        return answer


@dataclass
class Organisation(ZohoCopy):
    """A sandbox organisation whose deals are read by one way."""

    way: str = "queries"
    session: Meanwhile = field(default_factory=Meanwhile)

    def __post_init__(self) -> None:
        bulk_from = 0 if self.way == "bulk" else NEVER
        self.policy = SyncPolicy(bulk_from=bulk_from, deletions_after=timedelta(0))

    def crm(self) -> CrmClient:
        kind = ListsOnly if self.way == "lists" else CrmClient
        client = ZohoClient(self.tokens(), retry=self.retry, session=self.session)
        return kind(client, self.people, sleep=lambda _seconds: None)

    def differences(self) -> list[str]:
        with closing(ZohoHttp(self.base_url)) as http:
            return differences(http, self.database, self.mapping)

    def deal_ids(self) -> list[str]:
        with closing(ZohoHttp(self.base_url)) as http:
            return [one for one, _, _ in truth(http, "Deals")]

    def modified(self, ids: Sequence[str]) -> set[str]:
        """When these were modified."""
        with closing(ZohoHttp(self.base_url)) as http:
            return {at for one, at, _ in truth(http, "Deals") if one in ids}

    def change(self, ids: Sequence[str], step: str) -> None:
        """Modify deals, at most a hundred with a call."""
        crm = CrmClient(ZohoClient(self.tokens(), retry=self.retry))
        for start in range(0, len(ids), 100):
            some = [{"id": one, "Next_Step": step} for one in ids[start : start + 100]]
            assert all(one.done for one in crm.update("Deals", some))


Open = Callable[..., Organisation]


@pytest.fixture
def organisation(tmp_path: Path, sqlite_template: Path) -> Iterator[Open]:
    """Makes organisations with so many deals and fields, and an empty copy of each."""
    with ExitStack() as stack:

        def opened(deals: int, way: str, fields: int = 0, database: Database | None = None) -> Organisation:
            (tmp_path / "clock").write_text("0")
            few = min(deals, 10)
            spec = OrganisationSpec(few, deals, few, few, seed=3, extra_fields=fields)
            server = stack.enter_context(running(clock_file=tmp_path / "clock", organisation=spec))
            return Organisation(server.base_url, database or empty_copy(), way=way)

        def empty_copy() -> Database:
            file = tmp_path / "copy.sqlite"
            shutil.copyfile(sqlite_template, file)
            return stack.enter_context(closing(open_database(f"sqlite:///{file}")))

        yield opened


def further_fields(fields: int) -> int:
    """How many custom fields make so many fields of deals, the id not counted."""
    deals = build_generated(SandboxClock(), OrganisationSpec(0, 0, 0, 0)).tables["Deals"]
    return fields - len([one for one in deals.module.fields if one.api_name != "id"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rows", ROWS)
def test_so_many_rows(organisation: Open, rows: int, way: str) -> None:
    assert_stays_equal(organisation(rows, way), rows, way)


# The edges of a query's page; those of record lists make the same batches of other lengths.
@pytest.mark.parametrize("rows", [0, 1, 2_000, 2_001])
def test_so_many_rows_in_postgresql(
    organisation: Open, postgres_with_tables: PostgresServer, rows: int
) -> None:
    postgres_with_tables.execute(emptied(), SHARED)
    with closing(open_database(postgres_with_tables.url(SHARED))) as database:
        assert_stays_equal(organisation(rows, "queries", database=database), rows, "queries")


def assert_stays_equal(one: Organisation, rows: int, way: str) -> None:
    first = one.sync()["Deals"]
    assert one.differences() == []
    assert (first.inserted, first.skipped) == (rows, 0)
    assert f"by {WAYS[way]}" in first.plan
    assert one.sync()["Deals"].changed == 0
    changes = {"seed": rows, "inserts": 2, "updates": 3, "deletes": 2}
    one.sandbox("POST", "changes", module="Deals", **changes)
    one.sync()
    assert one.differences() == []


@pytest.mark.parametrize(
    ("way", "rows"), [("lists", 200), ("lists", 201), ("queries", 2_000), ("queries", 2_001)]
)
def test_no_page_is_asked_for_in_vain(organisation: Open, way: str, rows: int) -> None:
    """What a whole read costs above one of a single record: its further pages, and nothing else."""
    small = organisation(1, way)
    calls = []
    for each in (small, organisation(rows, way, database=small.database)):
        each.sandbox("DELETE", "calls")
        each.sync(full=True)
        calls.append(each.sandbox("GET", "calls")["calls"][CALLS[way]])
    assert calls[1] - calls[0] == ceil(rows / PER_PAGE[way]) - 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fields", FIELDS)
def test_so_many_fields(organisation: Open, fields: int, way: str) -> None:
    one = organisation(201, way, further_fields(fields))
    assert len([each for each in one.crm().fields("Deals") if each.api_name != "id"]) == fields
    assert one.sync()["Deals"].inserted == 201
    assert one.differences() == []
    assert one.sync()["Deals"].changed == 0
    one.sandbox("POST", "changes", module="Deals", seed=fields, inserts=1, updates=5, deletes=1)
    one.sync()
    assert one.differences() == []


@pytest.mark.parametrize("way", ["lists", "queries"])
def test_two_rows_of_one_second_on_both_sides_of_a_pages_edge(
    organisation: Open, tmp_path: Path, way: str
) -> None:
    """Counted from the earliest change as from the latest, the two are the 200th and the 201st."""
    one = organisation(450, way)
    one.sync()
    ids = one.deal_ids()
    earlier, pair, later = ids[:199], [ids[199], ids[-1]], ids[200:399]
    passed = 3600
    for step, some in (("before", earlier), ("edge", pair), ("after", later)):
        passed = at_another_second(tmp_path / "clock", passed)
        one.change(some, step)
    while len(one.modified(pair)) > 1:  # a second had passed between the two
        passed = at_another_second(tmp_path / "clock", passed)
        one.change(pair, f"edge at {passed}")
        passed = at_another_second(tmp_path / "clock", passed)
        one.change(later, f"after {passed}")
    report = one.sync()["Deals"]
    assert report.updated == 400
    assert one.differences() == []


def at_another_second(clock_file: Path, passed: int) -> int:
    clock_file.write_text(str(passed + 30))
    return passed + 30


@pytest.mark.parametrize("way", ["lists", "queries"])
def test_more_rows_of_one_second_than_a_page_holds(organisation: Open, tmp_path: Path, way: str) -> None:
    one = organisation(450, way)
    one.sync()
    at_another_second(tmp_path / "clock", 3600)
    made = one.sandbox("POST", "changes", module="Deals", updates=1_200, same_second=True)["changes"]
    changed = {each["id"] for each in made}
    assert len(changed) > 2 * 200
    assert len(one.modified(list(changed))) == 1
    assert one.sync()["Deals"].read >= len(changed)
    assert one.differences() == []


DURING = [
    ("lists", 0, "GET", "/crm/v8/Deals?"),
    ("lists", 120, "GET", "/crm/v8/Deals?"),
    ("queries", 0, "POST", "/crm/v8/coql"),
    ("queries", 120, "POST", "/crm/v8/coql"),
    ("bulk", 0, "POST", "/crm/bulk/v8/read"),
    ("bulk", 0, "GET", "/result"),
]


@pytest.mark.parametrize(("way", "fields", "method", "path"), DURING)
def test_a_row_modified_while_its_page_is_read(
    organisation: Open, way: str, fields: int, method: str, path: str
) -> None:
    """With 120 further fields a page is put together of several calls, and the change comes between two."""
    one = organisation(230, way, fields)
    early, late, dying, *_ = one.deal_ids()
    page = one.session
    page.method, page.path = method, path

    def happens() -> None:
        one.change([early, late], f"changed during {path}")
        CrmClient(ZohoClient(one.tokens()))._client.delete(f"/crm/v8/Deals/{dying}")

    metadata = replace(
        one.mapping, modules=tuple(each for each in one.mapping.modules if each.module != "Deals")
    )
    replace(one, mapping=metadata).sync()  # the next calls of this kind are about deals
    page.happens = happens
    report = one.sync()["Deals"]
    assert page.has_happened
    assert f"by {WAYS[way]}" in report.plan
    assert one.differences() == []


@pytest.mark.parametrize("fields", [0, 120])
@pytest.mark.parametrize("way", ["lists", "queries"])
def test_a_row_modified_while_the_page_of_its_change_is_read(
    organisation: Open, tmp_path: Path, way: str, fields: int
) -> None:
    one = organisation(230, way, fields)
    one.sync()
    early, late, *_ = one.deal_ids()
    at_another_second(tmp_path / "clock", 3600)
    one.change([early, late], "once")
    page = one.session
    page.method, page.path = ("GET", "/crm/v8/Deals?") if way == "lists" else ("POST", "/crm/v8/coql")
    page.happens = lambda: one.change([early], "twice")
    deals = replace(
        one.mapping, modules=tuple(each for each in one.mapping.modules if each.module == "Deals")
    )
    replace(one, mapping=deals).sync()
    assert page.has_happened
    one.sync()
    assert one.differences() == []
