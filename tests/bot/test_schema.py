"""The schema: an empty database becomes exactly what the program's tables say, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.app.errors import ConfigurationError
from bot.store.migrating import differences
from bot.store.schema import MIGRATIONS, head, migrate, revision
from connector.cache.engine import Database, open_database
from tests.support.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
        yield opened
        opened.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.fresh(template="template1") as url:
        opened = open_database(url)
        yield opened
        opened.close()


def test_an_empty_database_becomes_what_the_tables_say(empty: Database) -> None:
    migrate(empty)
    migrate(empty)
    with empty.reads.begin() as connection:
        assert revision(connection) == head()
        assert differences(connection) == []
        assert connection.execute(text("SELECT bw_fold('Straße')")).scalar() == "strasse"


def test_processes_that_start_together_take_turns(empty: Database) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            migrate(empty)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shall show it
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_database_of_a_later_release_is_refused(empty: Database) -> None:
    migrate(empty)
    with empty.writes.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="does not know"):
        migrate(empty)


def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="BELLWETHER_DATABASE_URL"):
        migrate(open_database(f"sqlite:///{tmp_path}/nowhere/x.sqlite"))


def test_the_newest_version_is_that_of_the_migrations() -> None:
    """It is read off the files' names, without Alembic."""
    assert head() == ScriptDirectory(str(MIGRATIONS)).get_current_head()
