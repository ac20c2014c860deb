"""While a run reads and judges, others write; two runs, and who publishes, take turns all the same."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from bot.app.errors import UserError
from bot.app.facts import RunRecord
from bot.store.audit import SqlAudit
from bot.store.locks import in_turn
from bot.store.scores import SqlScores
from connector.cache.engine import Database
from tests.support.moved_clock import SetClock

NOW = datetime(2026, 11, 30, tzinfo=UTC)
RUN = RunRecord(
    segmentation="RFM",
    cause="command",
    as_of=NOW.date(),
    started_at=NOW,
    finished_at=NOW,
    accounts=0,
    changed=0,
    written=0,
    config_version=1,
    technique="rfm",
    thresholds=None,
    warnings=(),
)


def write_soon(database: Database, clock: SetClock) -> None:
    """Write; a database that is locked is an error at once, not after the usual wait."""
    with database.writes.connect() as connection:
        if database.dialect == "sqlite":
            file: Any = connection.connection.dbapi_connection
            file.execute("PRAGMA busy_timeout = 1")
        with connection.begin():
            connection.execute(text("SELECT 1"))
    SqlAudit(database, clock).record("somebody", "ask", "", "answered", "slack")


def test_others_write_while_a_run_reads_and_what_it_writes_is_kept(database: Database) -> None:
    scores, clock = SqlScores(database), SetClock()
    with scores.transaction() as run:
        assert run.last_run("RFM") is None
        write_soon(database, clock)
        run.save_run(RUN)
    assert [one.action for one in SqlAudit(database, clock).lines()] == ["ask"]
    with scores.reading() as read:
        assert read.last_run("RFM") is not None


def test_a_run_that_reads_keeps_publishing_waiting(database: Database) -> None:
    with SqlScores(database).transaction() as run:
        assert run.last_run("RFM") is None
        with pytest.raises(UserError, match="A run is under way"), in_turn(database, "scoring", 0.05):
            pass
    with in_turn(database, "scoring", 5):
        pass


def test_a_second_run_reads_what_the_first_has_written(database: Database) -> None:
    scores, found, reads = SqlScores(database), list[bool](), threading.Event()

    def second() -> None:
        reads.set()
        with scores.transaction() as run:
            found.append(run.last_run("RFM") is not None)

    other = threading.Thread(target=second)
    with scores.transaction() as run:
        other.start()
        assert reads.wait(20)
        run.save_run(RUN)
    other.join(20)
    assert found == [True]


def test_what_fails_takes_back_what_was_written(database: Database) -> None:
    scores = SqlScores(database)

    def fails() -> None:
        with scores.transaction() as run:
            run.save_run(RUN)
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fails()
    with scores.reading() as read:
        assert read.last_run("RFM") is None
