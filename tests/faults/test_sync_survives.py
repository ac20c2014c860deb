"""What befalls a sync from outside: it ends exact, or stops with one sentence and goes on later.

An organisation of the sandbox is read over HTTP into a real database, and broken in the middle.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Connection, event, text

from bot.runtime.clock import clock_for
from connector.budget import Allowance
from connector.cache import engine
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database, open_database
from connector.cache.ledger import SqlCallBook, remaining_of
from connector.cache.token_shelf import SealedShelf
from connector.errors import ConnectorError, NeedsPerson, OutOfBudget, Retriable
from connector.ports import Clock
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.sync.report import ModuleReport, OnProgress, Progress
from connector.zoho import client as http_client
from connector.zoho.auth import Tokens
from connector.zoho.client import RetryPolicy, ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.regions import region
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from tests.connector.test_boundaries import ListsOnly
from tests.support.exactness import differences
from tests.support.postgres import TEMPLATE, PostgresServer, create_tables, running_postgres
from tests.support.processes import install
from tests.support.zoho_access import SANDBOX, SECRET_KEY
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

DEALS, PAGE = 2_600, 2_000
NEVER = 10**9
HOUR_SECONDS, ONE_DAY_SECONDS = 3_700, 25 * 3600
LONGEST_SENTENCE = 400
SECRETS = (SANDBOX.client_secret, SANDBOX.refresh_token, SECRET_KEY, "Zoho-oauthtoken")


@dataclass
class Copy(ZohoCopy):
    """A copy whose sync meets with something in the middle of the deals."""

    way: str = "queries"
    clock: Clock = field(default_factory=lambda: clock_for(None))
    daily: int | None = None

    def allowance(self, api: str) -> Allowance:
        """As the product makes it, with a fifth for other programs."""
        remaining = remaining_of(self.database, self.clock.now()).get(api)
        return Allowance(self.daily, remaining, reserve_percent=20)

    def crm(self) -> CrmClient:
        book = SqlCallBook(self.database, self.clock, self.allowance)
        kind = ListsOnly if self.way == "lists" else CrmClient
        client = ZohoClient(self.tokens(), retry=self.retry, book=book)
        return kind(client, self.people, sleep=lambda _seconds: None)

    def tokens(self) -> Tokens:
        shelf = SealedShelf(self.database, SECRET_KEY)
        return Tokens(shelf, self.credentials, region("us", self.base_url), self.clock)

    def sync(self, *, full: bool = False, progress: OnProgress | None = None) -> dict[str, ModuleReport]:
        policy = SyncPolicy(bulk_from=0 if self.way == "bulk" else NEVER)
        sync = Sync(SqlCopy(self.database), self.crm(), self.mapping, self.clock, policy)
        return {one.module: one for one in sync.run(progress, full=full).modules}

    def sync_with(self, happens: Callable[[], None], *, after: int = PAGE) -> dict[str, ModuleReport]:
        """Sync, and let something happen when so many deals are in."""
        waiting = [happens]

        def look(progress: Progress) -> None:
            if waiting and progress.module == "Deals" and progress.read >= after:
                waiting.pop()()

        try:
            return self.sync(progress=look)
        finally:
            assert waiting == [], "it did happen"

    def stopped_by(self, happens: Callable[[], None], **when: int) -> ConnectorError:
        """The error that a sync ended with: one sentence or two, no secret, and nothing of the machinery."""
        with pytest.raises(ConnectorError) as caught:
            self.sync_with(happens, **when)
        assert_is_a_sentence(str(caught.value))
        return caught.value

    def held(self) -> int:
        with self.database.reads.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM crm_transaction")).scalar_one())

    def assert_equal(self) -> None:
        with closing(ZohoHttp(self.base_url)) as http:
            assert differences(http, self.database, self.mapping) == []

    def assert_goes_on(self, *, kept: int) -> None:
        """The next sync reads what is missing, not what is there, and ends exact."""
        assert self.held() >= kept
        missing = DEALS - self.held()
        deals = self.sync()["Deals"]
        assert deals.read == missing, "no page comes again"
        assert "started over" not in deals.plan
        self.assert_equal()
        assert self.sync()["Deals"].changed == 0

    def last_run(self) -> Any:
        with self.database.reads.connect() as connection:
            return connection.execute(text("SELECT * FROM sync_run ORDER BY id DESC")).first()


def assert_is_a_sentence(said: str) -> None:
    assert said[:1].isupper()
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < LONGEST_SENTENCE
    assert [
        one for one in (*SECRETS, "Traceback", "sqlalchemy", "psycopg", "INSERT", "COPY") if one in said
    ] == []


ORGANISATION = OrganisationSpec(accounts=30, deals=DEALS, contacts=20, products=5, seed=5)


@pytest.fixture(scope="module")
def one_zoho() -> Iterator[str]:
    """The organisation of this module; nobody changes its records."""
    with running(organisation=ORGANISATION) as server:
        yield server.base_url


@pytest.fixture
def zoho_url(one_zoho: str) -> str:
    """The same, and nothing is broken any more."""
    for method, path, body in (
        ("DELETE", "faults", None),
        ("DELETE", "calls", None),
        ("POST", "tokens/restore", {}),
        ("POST", "limits", {"edition": "enterprise", "token_requests": 10_000}),
    ):
        requests.request(method, f"{one_zoho}/_sandbox/{path}", json=body, timeout=10).raise_for_status()
    return one_zoho


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    file = tmp_path / "clock"
    file.write_text("0")
    return file


@pytest.fixture
def zoho_in_time(clock_file: Path) -> Iterator[str]:
    """An organisation for which hours pass."""
    with running(clock_file=clock_file, organisation=ORGANISATION) as server:
        yield server.base_url


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    file = tmp_path / "copy.sqlite"
    shutil.copyfile(sqlite_template, file)
    with closing(open_database(f"sqlite:///{file}")) as database:
        yield database


@pytest.fixture
def copy(zoho_url: str, sqlite: Database) -> Copy:
    """Into SQLite: for what does not depend on the kind of database."""
    return Copy(zoho_url, sqlite)


@pytest.fixture
def copy_in_time(zoho_in_time: str, sqlite: Database, clock_file: Path) -> Copy:
    return Copy(zoho_in_time, sqlite, clock=clock_for(clock_file))


class TestZohoAnswersBadly:
    PATHS = (
        "org",
        "settings/modules",
        "users",
        "settings/fields",
        "Deals",
        "coql",
        "deleted",
        "read",
        "/result",
    )

    @pytest.mark.parametrize(
        ("kind", "way"),
        [
            *(("rate_limit", "lists"), ("rate_limit", "queries")),
            *(("server_error", "lists"), ("server_error", "bulk")),
            *(("bad_gateway", "queries"), ("hang", "queries"), ("hang", "bulk")),
            *(("cut_body", "lists"), ("cut_body", "queries"), ("cut_body", "bulk")),
        ],
    )
    def test_twice_at_every_address(self, copy: Copy, kind: str, way: str) -> None:
        copy.way = way
        seconds = 0.05 if kind == "hang" else 0  # it ends as gateways end what takes too long
        for path in self.PATHS:
            copy.sandbox("POST", "faults", kind=kind, match=path, times=2, seconds=seconds)
        copy.sync()
        copy.assert_equal()

    def test_a_short_storm_is_waited_for_as_long_as_zoho_asks(self, copy: Copy) -> None:
        storm = {"kind": "rate_limit", "match": "/crm/v8/coql", "times": 2, "seconds": 1}
        began = time.monotonic()
        copy.sync_with(lambda: copy.sandbox("POST", "faults", **storm))
        assert time.monotonic() - began >= 2
        copy.assert_equal()

    def test_a_long_storm_is_not_insisted_on(self, copy: Copy) -> None:
        def storm() -> None:
            copy.sandbox("DELETE", "calls")
            copy.sandbox("POST", "faults", kind="rate_limit", match="/crm/", seconds=90)

        error = copy.stopped_by(storm)
        assert isinstance(error, Retriable)
        assert error.after_seconds == 90
        assert copy.sandbox("GET", "calls")["statuses"]["429"] == 1
        copy.sandbox("DELETE", "faults")
        copy.assert_goes_on(kept=PAGE)

    def test_no_place_among_the_calls_at_once(self, copy: Copy) -> None:
        error = copy.stopped_by(lambda: copy.sandbox("POST", "limits", concurrent_calls=0))
        assert isinstance(error, Retriable)
        assert "429" in str(error)
        copy.sandbox("POST", "limits", concurrent_calls=20)
        copy.assert_goes_on(kept=PAGE)

    @pytest.mark.parametrize("way", ["lists", "queries"])
    @pytest.mark.parametrize(
        ("kind", "said"), [("server_error", "500"), ("bad_gateway", "502"), ("cut_body", "broke off")]
    )
    def test_until_it_is_mended(self, copy: Copy, kind: str, said: str, way: str) -> None:
        copy.way = way
        error = copy.stopped_by(lambda: copy.sandbox("POST", "faults", kind=kind, match="/crm/"))
        assert isinstance(error, Retriable)
        assert said in str(error)
        assert copy.last_run().error == str(error)
        copy.sandbox("DELETE", "faults")
        copy.assert_goes_on(kept=PAGE)

    @pytest.mark.parametrize("kind", ["server_error", "cut_body"])
    def test_the_file_of_a_bulk_job(self, copy: Copy, kind: str) -> None:
        copy.way = "bulk"
        copy.sandbox("POST", "faults", kind=kind, match="/result")
        with pytest.raises(Retriable) as caught:
            copy.sync()
        assert_is_a_sentence(str(caught.value))
        copy.sandbox("DELETE", "faults")
        copy.assert_goes_on(kept=0)
        jobs = copy.sandbox("GET", "calls")["calls"]["POST /crm/bulk/v8/read"]
        assert jobs == len(copy.mapping.modules), "the job whose file did not come was not ordered again"

    def test_no_answer_in_time(self, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_client, "READ_SECONDS", 1.0)
        copy.retry = RetryPolicy(attempts=2, first_wait_seconds=0.01, longest_wait_seconds=0.02)
        hang = {"kind": "hang", "match": "/crm/v8/coql", "seconds": 60}
        copy.sync_with(lambda: copy.sandbox("POST", "faults", **hang, times=1))
        copy.assert_equal()

    def test_no_answer_at_all(self, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_client, "READ_SECONDS", 1.0)
        copy.retry = RetryPolicy(attempts=2, first_wait_seconds=0.01, longest_wait_seconds=0.02)
        hang = {"kind": "hang", "match": "/crm/v8/coql", "seconds": 60}
        error = copy.stopped_by(lambda: copy.sandbox("POST", "faults", **hang))
        assert "did not answer POST /crm/v8/coql in time" in str(error)
        copy.sandbox("DELETE", "faults")
        copy.assert_goes_on(kept=PAGE)


class TestTheTokenIsRevoked:
    def test_and_restored(self, copy: Copy) -> None:
        error = copy.stopped_by(lambda: copy.sandbox("POST", "tokens/revoke"))
        assert isinstance(error, NeedsPerson)
        assert "BELLWETHER_ZOHO__REFRESH_TOKEN" in str(error)
        copy.sandbox("POST", "tokens/restore")
        copy.assert_goes_on(kept=PAGE)

    def test_before_anything_was_read(self, copy: Copy) -> None:
        copy.crm().organisation()
        copy.sandbox("POST", "tokens/revoke")
        copy.sandbox("DELETE", "calls")
        with pytest.raises(NeedsPerson) as caught:
            copy.sync()
        assert_is_a_sentence(str(caught.value))
        assert copy.sandbox("GET", "calls")["calls"]["POST /oauth/v2/token"] == 1, "Zoho grants few"
        copy.sandbox("POST", "tokens/restore")
        copy.assert_goes_on(kept=0)


class TestTheCreditsAreUsedUp:
    def test_and_replenished_the_next_day(self, copy_in_time: Copy, clock_file: Path) -> None:
        copy = copy_in_time

        def use_up() -> None:
            used = copy.sandbox("GET", "calls")["credits_used"]
            copy.sandbox("POST", "limits", daily_credits=used + 2)

        error = copy.stopped_by(use_up)
        assert isinstance(error, OutOfBudget), "Zoho said what was left, and we asked no further"
        assert "429" not in copy.sandbox("GET", "calls")["statuses"]
        copy.sandbox("POST", "limits", daily_credits=500)
        clock_file.write_text(str(ONE_DAY_SECONDS))
        copy.assert_goes_on(kept=PAGE)

    def test_and_more_were_bought(self, copy_in_time: Copy, clock_file: Path) -> None:
        copy = copy_in_time
        copy.stopped_by(lambda: copy.sandbox("POST", "limits", daily_credits=1))
        copy.sandbox("POST", "limits", daily_credits=100_000)
        with pytest.raises(OutOfBudget):
            copy.sync()
        clock_file.write_text(str(HOUR_SECONDS))  # what Zoho said is not believed for longer
        copy.assert_goes_on(kept=PAGE)

    def test_our_share_is_not_overdrawn(
        self, zoho_in_time: str, database: Database, clock_file: Path
    ) -> None:
        copy = Copy(zoho_in_time, database, clock=clock_for(clock_file))
        copy.daily = 41
        with pytest.raises(OutOfBudget) as caught:
            copy.sync()
        assert_is_a_sentence(str(caught.value))
        assert copy.sandbox("GET", "calls")["credits_used"] <= 33
        assert "429" not in copy.sandbox("GET", "calls")["statuses"]
        kept = copy.held()
        assert 0 < kept < DEALS
        assert caught.value.after_seconds is not None
        clock_file.write_text(str(int(caught.value.after_seconds) + 1))
        copy.assert_goes_on(kept=kept)


class TestTheDiskIsFull:
    def test_in_sqlite(self, copy: Copy) -> None:
        def no_further_page(connection: Connection) -> None:
            # Less than there are means: as many as there are.
            connection.exec_driver_sql("PRAGMA max_page_count = 1")

        error = copy.stopped_by(lambda: event.listen(copy.database.reads, "begin", no_further_page))
        assert isinstance(error, Retriable)
        assert "no room" in str(error)
        event.remove(copy.database.reads, "begin", no_further_page)
        copy.database.close()  # the limit belongs to a connection
        copy.assert_goes_on(kept=PAGE)

    def test_in_postgresql(self, zoho_url: str, crashing: tuple[PostgresServer, Database]) -> None:
        _, database = crashing
        copy = Copy(zoho_url, database)
        error = copy.stopped_by(lambda: on_insert(database, "RAISE 'full' USING ERRCODE = 'disk_full'"))
        assert isinstance(error, Retriable)
        assert "no room" in str(error)
        assert copy.last_run().error == str(error)
        on_insert(database, "NULL")
        copy.assert_goes_on(kept=PAGE)

    @pytest.mark.process
    def test_as_the_command_says_it(self, zoho_url: str, tmp_path: Path) -> None:
        """The operating system lets no file grow beyond two megabytes."""
        product = install(tmp_path, zoho_url=zoho_url, slack_url="http://127.0.0.1:1")
        command = f"ulimit -f 4096; exec {sys.executable} -m bot sync"
        outcome = subprocess.run(
            ["/bin/sh", "-c", command],
            env=dict(product.environment),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert outcome.returncode == 1
        (said,) = [line for line in outcome.stderr.splitlines() if line.startswith("bellwether: ")]
        assert_is_a_sentence(said.removeprefix("bellwether: "))
        assert "Traceback" not in outcome.stderr + outcome.stdout
        again = product.run("sync")
        assert again.returncode == 0, again.stderr
        with closing(open_database(f"sqlite:///{product.database}")) as database:
            Copy(zoho_url, database).assert_equal()


class TestTheDatabaseGoesAway:
    def test_it_is_restarted_between_two_pages(
        self, zoho_url: str, crashing: tuple[PostgresServer, Database]
    ) -> None:
        server, database = crashing
        copy = Copy(zoho_url, database)
        copy.sync_with(server.restart)
        copy.assert_equal()
        assert copy.sync()["Deals"].changed == 0

    @pytest.mark.parametrize("mode", ["fast", "immediate"])
    def test_it_is_restarted_within_a_page(
        self, zoho_url: str, crashing: tuple[PostgresServer, Database], mode: str
    ) -> None:
        """``immediate`` is a crash; what the server had not written yet is gone, pages and places alike."""
        server, database = crashing
        copy = Copy(zoho_url, database)
        waiting = [mode]

        def before_commit(_connection: Connection) -> None:
            if waiting:
                server.restart(waiting.pop())

        error = copy.stopped_by(lambda: event.listen(database.reads, "commit", before_commit))
        assert isinstance(error, Retriable)
        assert "database" in str(error)
        copy.assert_goes_on(kept=0 if mode == "immediate" else PAGE)

    def test_it_stays_down(self, zoho_url: str, crashing: tuple[PostgresServer, Database]) -> None:
        server, database = crashing
        copy = Copy(zoho_url, database)
        try:
            error = copy.stopped_by(server.stop)
            assert "database cannot be reached" in str(error)
            with pytest.raises(Retriable, match="cannot be reached"):
                copy.sync()
        finally:
            server.start()
        copy.assert_goes_on(kept=PAGE)

    def test_a_session_is_ended_within_a_page(
        self, zoho_url: str, crashing: tuple[PostgresServer, Database]
    ) -> None:
        _, database = crashing
        copy = Copy(zoho_url, database)
        ended = "PERFORM pg_terminate_backend(pg_backend_pid())"
        error = copy.stopped_by(lambda: on_insert(database, ended))
        assert isinstance(error, Retriable)
        on_insert(database, "NULL")
        copy.assert_goes_on(kept=PAGE)

    def test_every_session_is_ended_and_another_sync_takes_the_turn(
        self, zoho_url: str, crashing: tuple[PostgresServer, Database]
    ) -> None:
        """The turn belongs to a session: when that is ended, two syncs read at a time. Nothing is lost."""
        server, database = crashing
        copy = Copy(zoho_url, database)

        def meanwhile() -> None:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            with closing(open_database(str(database.reads.url))) as other:
                assert Copy(zoho_url, other).sync()["Deals"].read > 0, "it had the turn"

        copy.sync_with(meanwhile)
        copy.assert_equal()
        copy.sync()
        copy.assert_equal()
        assert copy.sync()["Deals"].changed == 0

    def test_another_program_holds_sqlites_file(self, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
        with closing(sqlite3.connect(str(copy.database.reads.url.database))) as other:
            error = copy.stopped_by(lambda: other.executescript("BEGIN IMMEDIATE").close())
            assert isinstance(error, Retriable)
            assert "busy" in str(error)
            other.rollback()
        copy.assert_goes_on(kept=PAGE)


@pytest.fixture(scope="module")
def crashing_server() -> Iterator[PostgresServer]:
    """A server of this module's own, which is stopped and crashed."""
    with running_postgres() as server:
        server.execute(f"CREATE DATABASE {TEMPLATE}")
        create_tables(server.url(TEMPLATE))
        server.execute("CHECKPOINT")
        yield server


@pytest.fixture
def crashing(crashing_server: PostgresServer) -> Iterator[tuple[PostgresServer, Database]]:
    """The server, and an empty database on it."""
    with crashing_server.fresh() as url, closing(open_database(url)) as database:
        yield crashing_server, database


def on_insert(database: Database, what: str) -> None:
    """Let a trigger of PostgreSQL do this with the next record of a deal."""
    with database.writes.begin() as connection:
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION befall() RETURNS trigger LANGUAGE plpgsql "
                f"AS $$ BEGIN {what}; RETURN NEW; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE OR REPLACE TRIGGER befall BEFORE INSERT ON crm_transaction "
                "FOR EACH ROW EXECUTE FUNCTION befall()"
            )
        )
