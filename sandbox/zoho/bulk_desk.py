"""Bulk jobs: what they are, how they go on by the sandbox's clock, and the files they leave on the disk."""

from __future__ import annotations

import asyncio
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sandbox.zoho.answers import Refused
from sandbox.zoho.clock import SandboxClock

ROWS_PER_FILE = 200_000  # bulk read page, v8
DOWNLOADS_A_MINUTE = 10
RESULT_SECONDS = 24 * 3600
WRITE_RESULT_SECONDS = 7 * 24 * 3600
STEPS_AT_ONCE = 10
DONE = object()
STEPS = ((0.25, "ADDED"), (0.5, "QUEUED"), (1.0, "IN PROGRESS"))  # up to this share of a job's time


@dataclass(frozen=True)
class Failure:
    """Why a job failed."""

    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Job:
    """One job. ``seconds`` is how long it takes, ``file`` its result, ``outcome`` what it did."""

    id: int
    kind: str
    created: int
    user: int
    seconds: int
    query: dict[str, Any]
    file: IO[bytes] | None = None
    failure: Failure | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    at_work: bool = False

    def state(self, now: int) -> str:
        """How far it is. A job that takes no time is done when it is looked at first."""
        passed = now - self.created
        for share, name in STEPS:
            if passed < self.seconds * share:
                return name
        if self.at_work:
            return "IN PROGRESS"
        return "FAILURE" if self.failure is not None else "COMPLETED"


class BulkDesk:
    """All jobs of a running Zoho, the uploaded files, and the downloads of the last minute."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._jobs: dict[int, Job] = {}
        self._downloads: deque[int] = deque()
        self._dropped: set[int] = set()  # jobs of which nobody wants the file any more
        self.uploads: dict[str, bytes] = {}
        self.seconds = 0
        self.rows_per_file = ROWS_PER_FILE
        self.downloads_a_minute = DOWNLOADS_A_MINUTE

    def add(self, job: Job) -> None:
        """Take a job in; the files of those long gone are thrown away."""
        oldest = self._clock.epoch() - WRITE_RESULT_SECONDS
        for old in [one for one in self._jobs.values() if one.created < oldest]:
            _drop(old)
        self._jobs[job.id] = job

    def begin(self, job: Job, work: Iterator[None]) -> None:
        """Do a small job at once; the rest of a large one between the calls that follow."""
        for _ in islice(work, STEPS_AT_ONCE):
            pass
        job.at_work = True
        self._go_on(job, work)

    def _go_on(self, job: Job, work: Iterator[None]) -> None:
        if job.id in self._dropped or next(work, DONE) is DONE:
            job.at_work = False
        else:
            asyncio.get_running_loop().call_soon(self._go_on, job, work)

    def find(self, text: str, kind: str) -> Job:
        """A job by its id.

        Raises:
            Refused: RESOURCE_NOT_FOUND.
        """
        job = self._jobs.get(int(text)) if text.isascii() and text.isdigit() else None
        if job is None or job.kind != kind:
            raise Refused(404, "RESOURCE_NOT_FOUND")
        return job

    def download(self, job: Job, lasting_seconds: int) -> IO[bytes]:
        """The result of a finished job.

        Raises:
            Refused: RESOURCE_NOT_FOUND before it is done and after it expired, TOO_MANY_REQUESTS.
        """
        now = self._clock.epoch()
        while self._downloads and self._downloads[0] <= now - 60:
            self._downloads.popleft()
        if len(self._downloads) >= self.downloads_a_minute:
            raise Refused(429, "TOO_MANY_REQUESTS")
        self._downloads.append(now)
        done = job.created + job.seconds
        if job.file is None or job.state(now) != "COMPLETED" or now > done + lasting_seconds:
            raise Refused(404, "RESOURCE_NOT_FOUND")
        return job.file

    def reset(self) -> None:
        """Forget the downloads of the last minute."""
        self._downloads.clear()

    def close(self) -> None:
        """Throw all files away."""
        for job in self._jobs.values():
            self._dropped.add(job.id)
            _drop(job)


def result_file() -> IO[bytes]:
    """A file on the disk that is gone when it is closed."""
    return tempfile.TemporaryFile(dir=Path(tempfile.gettempdir()))


def _drop(job: Job) -> None:
    if job.file is not None:
        job.file.close()
        job.file = None
