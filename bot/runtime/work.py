"""The worker: loops that claim jobs and messages, keep their leases, and stop cleanly."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from bot.app.errors import BellwetherError
from bot.app.ports import Clock, Job
from bot.store.jobs import SqlJobs
from connector.cache.troubles import troubles_said
from connector.errors import ConnectorError, Retriable

LEASE = timedelta(seconds=20)
RENEW_SECONDS = 5.0
IDLE_SECONDS = 0.25
AFTER_ERROR_SECONDS = 2.0
MOST_ATTEMPTS = 5
LONGEST_PAUSE_SECONDS = 300

log = structlog.get_logger(__name__)


class Stopping(Exception):
    """The process is asked to stop; the job is given back."""


class UnexpectedError(Retriable):
    """Nobody has thought of it: it may pass, but it may as well be so every time."""


Handler = Callable[[Job], Mapping[str, Any]]


@dataclass(frozen=True)
class JobLoop:
    """Claims jobs and does them, one at a time.

    Attributes:
        handlers: what to do for each kind; raises ``Stopping`` when asked to stop in the middle.
        on_failure: told of every job that has failed for good or for now: kind, error.
        on_success: told of every job that is done.
        most_attempts: how often a job is tried when what hinders it will pass.
        patience: the same for kinds of jobs that are tried more often when it was expected.
    """

    jobs: SqlJobs
    clock: Clock
    holder: str
    handlers: Mapping[str, Handler]
    on_failure: Callable[[Job, BellwetherError | ConnectorError], None]
    on_success: Callable[[Job], None]
    most_attempts: int = MOST_ATTEMPTS
    patience: Mapping[str, int] = field(default_factory=dict)

    def step(self) -> bool:
        """Do one job; False when none is due."""
        job = self.jobs.claim(self.holder, LEASE, tuple(self.handlers))
        if job is None:
            return False
        with structlog.contextvars.bound_contextvars(job=job.id, kind=job.kind), self._lease_kept(job):
            self._do(job)
        return True

    def _do(self, job: Job) -> None:
        try:
            with troubles_said():
                result = self.handlers[job.kind](job)
        except Stopping:
            self.jobs.release(job.id, self.clock.now(), attempt=job.attempts)
        except (BellwetherError, ConnectorError) as error:
            log.warning("job_failed", reason=str(error), attempts=job.attempts)
            self._fail(job, error)
        except Exception as error:  # else the job were done again as soon as its lease is over, without end
            log.exception("job_crashed", attempts=job.attempts)
            said = f"Something unexpected happened: {type(error).__name__}."
            self._fail(job, UnexpectedError(said, "The log of the worker says more."))
        else:
            self.jobs.settle(job.id, result=result, error=None, attempt=job.attempts)
            self.on_success(job)

    def _fail(self, job: Job, error: BellwetherError | ConnectorError) -> None:
        if goes_on(job, error, self.patience, self.most_attempts):
            pause = min(2 ** min(job.attempts, 20), LONGEST_PAUSE_SECONDS)
            asked = error.after_seconds if isinstance(error, Retriable) else None
            wait = timedelta(seconds=max(asked or 0, pause))
            self.jobs.release(job.id, self.clock.now() + wait, str(error), attempt=job.attempts)
        else:
            self.jobs.settle(job.id, result=None, error=str(error), attempt=job.attempts)
        self.on_failure(job, error)

    @contextmanager
    def _lease_kept(self, job: Job) -> Iterator[None]:
        """Renew the lease from a thread of its own while the job runs."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(RENEW_SECONDS):
                # A database that is away for a moment must not end the renewing.
                with suppress(Retriable), troubles_said():
                    self.jobs.progress(job.id, self.holder, LEASE, {})

        thread = threading.Thread(target=renew, name=f"lease-{job.id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def goes_on(
    job: Job,
    error: BellwetherError | ConnectorError,
    patience: Mapping[str, int],
    most_attempts: int = MOST_ATTEMPTS,
) -> bool:
    """Whether a job that has failed is tried again; with what nobody expected no kind has more patience."""
    most = most_attempts if isinstance(error, UnexpectedError) else patience.get(job.kind, most_attempts)
    return isinstance(error, Retriable) and job.attempts < most


def give_way(niceness: int) -> None:
    """Let the processor do other work before that of this thread and of the threads that it starts.

    Only Linux has a priority for each thread (setpriority(2), notes); elsewhere nothing is changed.
    """
    if niceness and sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


@dataclass(frozen=True)
class Loop:
    """Something that is done again and again in a thread until it is asked to stop.

    Attributes:
        name: of the thread.
        step: does a piece of work; False when there was none.
        idle_seconds: how long to wait then.
        niceness: how far its thread gives way to others, 0 (not at all) to 19.
    """

    name: str
    step: Callable[[], bool]
    idle_seconds: float = IDLE_SECONDS
    niceness: int = 0

    def run(self, stop: threading.Event) -> None:
        """Step until stopped; wait when there was nothing to do, or when something unexpected happened."""
        give_way(self.niceness)
        while not stop.is_set():
            try:
                with troubles_said():
                    busy = self.step()
            except Retriable as error:
                log.warning("loop_waits", loop=self.name, reason=str(error))
                stop.wait(AFTER_ERROR_SECONDS)
                continue
            except Exception:
                log.exception("loop_error", loop=self.name)
                stop.wait(AFTER_ERROR_SECONDS)
                continue
            if not busy:
                stop.wait(self.idle_seconds)


class Loops:
    """Some loops, each in its thread, as a context: they run inside, and have ended after it."""

    def __init__(self, loops: tuple[Loop, ...], stop: threading.Event) -> None:
        self._stop = stop
        self._threads = [
            threading.Thread(target=loop.run, args=(stop,), name=loop.name, daemon=True) for loop in loops
        ]

    def __enter__(self) -> Loops:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)
