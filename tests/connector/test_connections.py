"""Connections that broke while nobody used them are not given out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from connector.cache import engine
from connector.cache.engine import Database, open_database
from tests.support.postgres import PostgresServer

BACKEND = text("SELECT pg_backend_pid()")


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    opened = open_database(postgres_url)
    yield opened
    opened.close()


def backend_of(database: Database) -> int:
    with database.reads.connect() as connection:
        return int(connection.execute(BACKEND).scalar_one())


def test_one_that_was_just_used_is_given_without_a_look(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    monkeypatch.setattr(database.reads.dialect, "do_ping", looks.append)
    first = backend_of(database)
    assert backend_of(database) == first
    assert looks == []
    monkeypatch.setattr(engine, "IDLE_SECONDS", 0)
    assert backend_of(database) == first
    assert len(looks) == 1


def test_one_that_broke_is_replaced(
    database: Database, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "IDLE_SECONDS", 0)
    first = backend_of(database)
    postgres_server.execute(f"SELECT pg_terminate_backend({first}, 5000)")
    assert backend_of(database) != first
