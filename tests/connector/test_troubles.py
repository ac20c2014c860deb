"""Which of the database's errors pass, and which are mistakes of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from connector.cache.engine import Database, open_database
from connector.cache.troubles import troubles_said
from connector.errors import Retriable
from tests.support.postgres import PostgresServer


def raised(server: PostgresServer, state: str) -> None:
    """Let PostgreSQL raise an error with this state."""
    database = open_database(server.url("postgres"))
    try:
        with troubles_said(), database.reads.connect() as connection:
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE 'its words' USING ERRCODE = '{state}'; END $$")
    finally:
        database.close()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "no room"),
        ("53300", "busy"),
        ("40001", "busy"),
        ("40P01", "busy"),
        ("55P03", "busy"),
        ("57P03", "cannot be reached"),
        ("08006", "cannot be reached"),
    ],
)
def test_what_passes_in_postgresql(postgres_server: PostgresServer, state: str, said: str) -> None:
    with pytest.raises(Retriable, match=said) as caught:
        raised(postgres_server, state)
    assert "its words" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("state", ["23505", "42P01", "57014", "22001"])
def test_what_does_not(postgres_server: PostgresServer, state: str) -> None:
    with pytest.raises(DBAPIError):
        raised(postgres_server, state)


def test_nobody_answers() -> None:
    database = open_database("postgresql+psycopg://postgres:hidden@/none?host=/nowhere")
    with pytest.raises(Retriable, match="cannot be reached") as caught, troubles_said():
        database.reads.connect()
    assert "hidden" not in str(caught.value)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'no such folder' / 'copy.sqlite'}")
    with pytest.raises(Retriable, match=r"SQLITE_CANTOPEN.*may write there"), troubles_said():
        database.reads.connect()


def test_mistakes_of_ours_stay_what_they_are(database: Database) -> None:
    kind = OperationalError if database.dialect == "sqlite" else DBAPIError
    with pytest.raises(kind), troubles_said(), database.reads.connect() as connection:
        connection.exec_driver_sql("SELECT no_such_column FROM sync_run")
    statement = "INSERT INTO sync_run (id, status) VALUES (1, NULL)"
    with pytest.raises(IntegrityError), troubles_said(), database.writes.begin() as connection:
        connection.exec_driver_sql(statement)
