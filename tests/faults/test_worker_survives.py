"""The worker while its database is away: it says so in a sentence, waits, and goes on."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.app.ports import Job
from bot.runtime import work
from bot.runtime.clock import clock_for
from bot.runtime.work import JobLoop, Loop, Loops
from bot.store.jobs import SqlJobs
from connector.cache.engine import Database, open_database
from tests.support.postgres import PostgresServer
from tests.support.processes import await_that
from tests.support.surviving_copy import assert_is_a_sentence


def loops(database: Database, handler: Any, failures: list[str], stop: threading.Event) -> Loops:
    def failed(_job: Job, error: Exception) -> None:
        failures.append(str(error))

    clock = clock_for(None)
    jobs = JobLoop(SqlJobs(database, clock), clock, "one", {"sync": handler}, failed, lambda _job: None)
    return Loops((Loop("jobs", jobs.step, idle_seconds=0.02),), stop)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "AFTER_ERROR_SECONDS", 0.1)
    monkeypatch.setattr(work, "RENEW_SECONDS", 0.05)


def test_the_database_is_away_while_there_is_nothing_to_do(
    crashing: tuple[PostgresServer, Database],
) -> None:
    server, database = crashing
    stop, done = threading.Event(), threading.Event()

    def handler(_job: Job) -> Mapping[str, Any]:
        done.set()
        return {}

    with capture_logs() as logs, loops(database, handler, [], stop):
        server.stop()
        try:
            await_that(lambda: bool(logs), 10, "the loop has said something")
        finally:
            server.start()
        clock = clock_for(None)
        SqlJobs(database, clock).enqueue("sync", "a", {}, clock.now())
        assert done.wait(10), "it goes on"
    assert {one["event"] for one in logs} == {"loop_waits"}
    for one in logs:
        assert_is_a_sentence(one["reason"])


def test_the_database_is_restarted_while_a_job_is_done(crashing: tuple[PostgresServer, Database]) -> None:
    server, database = crashing
    clock, stop, failures = clock_for(None), threading.Event(), list[str]()
    attempts: list[int] = []

    def handler(job: Job) -> Mapping[str, Any]:
        attempts.append(job.attempts)
        if len(attempts) == 1:
            with closing(open_database(str(database.reads.url))) as own, own.writes.begin() as connection:
                connection.exec_driver_sql("SELECT 1")
                server.restart()
                connection.exec_driver_sql("SELECT 1")
        return {}

    jobs = SqlJobs(database, clock)
    jobs.enqueue("sync", "a", {}, clock.now())
    with capture_logs() as logs, loops(database, handler, failures, stop):
        await_that(lambda: len(attempts) > 1, 20, "it is tried again")
        await_that(lambda: not jobs.waiting("sync"), 10, "it is done")
    assert attempts == [1, 2]
    (said,) = failures
    assert_is_a_sentence(said)
    assert {one["event"] for one in logs} <= {"job_failed", "loop_waits"}
