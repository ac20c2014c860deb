"""Jobs: once per slot, one holder at a time, given back when the holder dies."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.app.errors import BellwetherError
from bot.app.ports import Job
from bot.runtime.work import JobLoop, Loop, Stopping
from bot.store.jobs import SqlJobs
from connector.cache.engine import Database
from connector.errors import ConnectorError, NeedsPerson, Retriable
from tests.support.moved_clock import SetClock

LEASE = timedelta(seconds=20)


def test_a_slot_is_entered_once_even_by_two_clocks(database: Database) -> None:
    clock = SetClock()
    jobs = SqlJobs(database, clock)
    numbers: list[int | None] = []
    threads = [
        threading.Thread(target=lambda: numbers.append(jobs.enqueue("daily", "2026-11-24", {}, clock.now())))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([number for number in numbers if number is not None]) == 1
    assert jobs.last_slot("daily") == "2026-11-24"


def test_a_job_comes_back_when_its_holder_dies_and_stays_while_the_lease_is_renewed(
    database: Database,
) -> None:
    clock = SetClock()
    jobs = SqlJobs(database, clock)
    jobs.enqueue("sync", "a", {"x": 1}, clock.now())
    job = jobs.claim("dead", LEASE)
    assert job is not None
    assert job.args == {"x": 1}
    clock.move(seconds=15)
    jobs.progress(job.id, "dead", LEASE, {"read": 10})
    clock.move(seconds=15)
    assert jobs.claim("alive", LEASE) is None
    clock.move(seconds=6)
    again = jobs.claim("alive", LEASE)
    assert again is not None
    assert again.attempts == 2
    jobs.settle(again.id, result={"ok": True}, error=None)
    assert not jobs.waiting("sync")


def loop(
    database: Database, clock: SetClock, handler: Any, failures: list[str], done: list[str]
) -> tuple[SqlJobs, JobLoop]:
    jobs = SqlJobs(database, clock)

    def failed(job: Job, error: BellwetherError | ConnectorError) -> None:
        failures.append(str(error))

    return jobs, JobLoop(
        jobs, clock, "me", {"sync": handler}, on_failure=failed, on_success=lambda job: done.append(job.kind)
    )


def test_a_passing_fault_is_tried_again_and_a_lasting_one_is_told(database: Database) -> None:
    clock, failures, done = SetClock(), list[str](), list[str]()
    outcomes: list[Exception | None] = [Retriable("busy", after_seconds=7), None, NeedsPerson("revoked")]

    def handler(job: Job) -> Mapping[str, Any]:
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome
        return {}

    jobs, worker = loop(database, clock, handler, failures, done)
    jobs.enqueue("sync", "a", {}, clock.now())
    assert worker.step()
    clock.move(seconds=6)
    assert not worker.step(), "not before the seven seconds that were asked for"
    clock.move(seconds=2)
    assert worker.step()
    assert done == ["sync"]
    jobs.enqueue("sync", "b", {}, clock.now())
    assert worker.step()
    assert failures == ["busy", "revoked"]
    last = jobs.last_finished("sync")
    assert last is not None
    assert (last.ok, last.error) == (False, "revoked")


def test_a_job_whose_lease_was_lost_is_left_to_who_has_it_now(database: Database) -> None:
    clock, done = SetClock(), list[str]()

    def handler(job: Job) -> Mapping[str, Any]:
        if job.attempts == 1:
            clock.move(seconds=21)
            worker.step()
            return {}
        raise Retriable("busy")

    jobs, worker = loop(database, clock, handler, [], done)
    jobs.enqueue("sync", "a", {}, clock.now())
    worker.step()
    assert jobs.waiting("sync"), "the later one has not done it"
    clock.move(minutes=1)
    again = jobs.claim("another", LEASE)
    assert again is not None
    assert again.attempts == 3


def test_what_nobody_expected_is_tried_a_few_times_and_told(database: Database) -> None:
    clock, failures, done, attempts = SetClock(), list[str](), list[str](), list[int]()

    def handler(job: Job) -> Mapping[str, Any]:
        attempts.append(job.attempts)
        raise KeyError("channel")

    jobs, worker = loop(database, clock, handler, failures, done)
    jobs.enqueue("sync", "a", {}, clock.now())
    for _ in range(100):
        worker.step()
        clock.move(seconds=20)
    assert attempts == [1, 2, 3, 4, 5]
    assert set(failures) == {"Something unexpected happened: KeyError. The log of the worker says more."}
    assert not jobs.waiting("sync")


def test_a_stopped_job_is_given_back_at_once(database: Database) -> None:
    clock, failures, done = SetClock(), list[str](), list[str]()

    def handler(job: Job) -> Mapping[str, Any]:
        raise Stopping

    jobs, worker = loop(database, clock, handler, failures, done)
    jobs.enqueue("sync", "a", {}, clock.now())
    worker.step()
    assert (failures, done) == ([], [])
    assert jobs.claim("another", LEASE) is not None


def test_a_loop_survives_what_nobody_expected() -> None:
    stop, seen = threading.Event(), list[int]()

    def step() -> bool:
        seen.append(1)
        if len(seen) == 1:
            raise RuntimeError("unexpected")
        stop.set()
        return False

    stopper = Loop("test", step)
    thread = threading.Thread(target=stopper.run, args=(stop,))
    thread.start()
    thread.join(10)
    assert len(seen) == 2
