"""An organisation to be read while it, or the database, is broken."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from connector.cache.engine import Database, open_database
from sandbox.zoho.serve import running
from tests.support.postgres import TEMPLATE, PostgresServer, create_tables, running_postgres
from tests.support.surviving_copy import ORGANISATION, Copy


@pytest.fixture(scope="session")
def one_zoho() -> Iterator[str]:
    """The organisation of these tests; nobody changes its records."""
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
def sqlite(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    file = tmp_path / "copy.sqlite"
    shutil.copyfile(sqlite_template, file)
    with closing(open_database(f"sqlite:///{file}")) as database:
        yield database


@pytest.fixture
def copy(zoho_url: str, sqlite: Database) -> Copy:
    """Into SQLite: for what does not depend on the kind of database."""
    return Copy(zoho_url, sqlite)


@pytest.fixture(scope="session")
def crashing_server() -> Iterator[PostgresServer]:
    """A server of its own, which is stopped and crashed."""
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
