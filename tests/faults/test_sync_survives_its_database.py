"""What the database does to a sync: it ends exact, or stops with one sentence and goes on later."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from benchmarks.zoho_server import running_sandbox
from connector.cache import engine
from connector.cache.engine import Database, open_database
from connector.errors import Retriable
from tests.support.postgres import PostgresServer
from tests.support.processes import install
from tests.support.surviving_copy import DEALS, PAGE, Copy, assert_is_a_sentence


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """The operating system lets this process write no file beyond that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


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

    def test_for_the_file_of_a_bulk_job(self, crashing: tuple[PostgresServer, Database]) -> None:
        """No file of this process may be that long; Zoho and the database are others."""
        _, database = crashing
        with running_sandbox(DEALS, 1, 0) as zoho:
            copy = Copy(zoho.base_url, database, way="bulk")
            # From the start: the file may have come by the time the sync says that it waits for it.
            with files_up_to(32 * 1024):
                error = copy.stopped_by(lambda: None, after=0)
            assert isinstance(error, Retriable)
            assert "no room for the file" in str(error)
            copy.assert_goes_on(kept=0)


class TestTheDatabaseGoesAway:
    @pytest.mark.parametrize("mode", ["fast", "immediate"])
    @pytest.mark.parametrize(
        "idle", [0, engine.IDLE_SECONDS], ids=["noticed at once", "noticed by a statement"]
    )
    def test_it_is_restarted_between_two_pages(
        self,
        zoho_url: str,
        crashing: tuple[PostgresServer, Database],
        monkeypatch: pytest.MonkeyPatch,
        mode: str,
        idle: float,
    ) -> None:
        """``immediate`` is a crash. The place that the sync remembers may be ahead of what is left."""
        server, database = crashing
        monkeypatch.setattr(engine, "IDLE_SECONDS", idle)
        copy = Copy(zoho_url, database)
        error = copy.stopped_by(lambda: server.restart(mode))
        assert isinstance(error, Retriable)
        assert "database" in str(error)
        copy.assert_goes_on(kept=0 if mode == "immediate" else PAGE)

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
        """The turn belongs to a session: when that is ended, another sync may have it. Nothing is lost."""
        server, database = crashing
        copy = Copy(zoho_url, database)

        def meanwhile() -> None:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            with closing(open_database(str(database.reads.url))) as other:
                assert Copy(zoho_url, other).sync()["Deals"].read > 0, "it had the turn"

        assert isinstance(copy.stopped_by(meanwhile), Retriable)
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
