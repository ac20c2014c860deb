"""The write-ahead log is folded in beside the work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connector.cache import folding_in
from connector.cache.engine import SQLITE_CHECKPOINT_PAGES, Database, open_database
from connector.cache.folding_in import FoldingIn, folding_in_beside, not_folding_in


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A file with a table for long rows; its log counts as long from the first byte on."""
    monkeypatch.setattr(folding_in, "LONG_BYTES", 1)
    database = open_database(f"sqlite:///{tmp_path / 'folded.sqlite'}")
    with database.reads.connect() as connection:
        file(connection).execute("CREATE TABLE long (words)")
    yield database
    database.close()


def file(connection: Any) -> Any:
    return connection.connection.dbapi_connection


def size(database: Database) -> int:
    """Of the file itself, to which nothing is written but by folding in."""
    return Path(str(database.reads.url.database)).stat().st_size


def test_who_commits_does_not_wait_for_it_and_a_thread_does_it(filled: Database) -> None:
    long = text("INSERT INTO long VALUES (zeroblob(1000000))")
    with filled.writes.connect() as connection:
        before = size(filled)
        with not_folding_in(connection), connection.begin():
            connection.execute(long)
        assert size(filled) == before
    folding = FoldingIn(filled)
    thread = folding.begin()
    assert thread is not None
    thread.join(20)
    assert size(filled) > before + 1_000_000
    assert folding.begin() is None, "it was just done"


def test_others_fold_in_as_before(filled: Database) -> None:
    with filled.writes.connect() as connection:
        with not_folding_in(connection):
            pass
        (pages,) = file(connection).execute("PRAGMA wal_autocheckpoint").fetchone()
        assert pages == SQLITE_CHECKPOINT_PAGES


def test_a_thread_folds_in_while_much_is_written(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding_in, "PAUSE_SECONDS", 0.01)
    before = size(filled)
    with filled.writes.connect() as connection, folding_in_beside(filled), not_folding_in(connection):
        with connection.begin():
            connection.execute(text("INSERT INTO long VALUES (zeroblob(1000000))"))
        deadline = time.monotonic() + 20
        while size(filled) < before + 1_000_000 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert size(filled) > before + 1_000_000
    assert not [one for one in threading.enumerate() if one.name == "write-ahead log"]


def test_a_short_log_is_left_alone(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding_in, "LONG_BYTES", 1 << 40)
    assert FoldingIn(filled).begin() is None
