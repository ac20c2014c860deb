"""Parsing strangers' pages in processes of their own, which a page can break without harm to anything else.

A parser that meets a page written against it takes minutes, or all memory, and cannot be interrupted from
within. So each task has seconds and memory; whoever exceeds them is killed, and the next task gets another
process. They are started afresh, not forked: nothing of the product's memory is in them, and of its
environment nothing but where Python's modules are.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Final, Self

from pydantic import TypeAdapter, ValidationError

from connector.enrichment.values import Company, Page, Site, SiteReading

_START_SECONDS: Final = 60.0
_LONGEST_ANSWER: Final = 5_000_000
_GRACE_SECONDS: Final = 1.0  # after which a process whose parent is gone ends itself


class TooHard(Exception):
    """The pages' reading was ended by a limit of time or memory, or broke the parser."""


@dataclass(frozen=True)
class ParsingLimits:
    """Of one task.

    Attributes:
        cpu_seconds: of the processor: on a machine that is busy a fair page is not called too hard.
        seconds: by the clock on the wall, whatever happens.
        memory_mb: megabytes of address space of its process.
    """

    cpu_seconds: float = 5.0
    seconds: float = 15.0
    memory_mb: int = 512


@dataclass(frozen=True)
class Readers:
    """The functions that read, as ``module:name``.

    Attributes:
        site: ``(company, site) -> SiteReading``.
        pages: ``(page) -> tuple[str, ...]``, the addresses of further pages that are worth reading.
    """

    site: str = "connector.enrichment.reading:read_site"
    pages: str = "connector.enrichment.reading:pages_to_read"


class ParsingProcesses:
    """Some processes, each for one task at a time; to be asked from any thread."""

    def __init__(
        self, readers: Readers | None = None, limits: ParsingLimits | None = None, processes: int = 0
    ) -> None:
        """Start nothing yet.

        Args:
            readers: what they run.
            limits: of each task.
            processes: how many; by default one for each processor, at most four.
        """
        self._free: queue.LifoQueue[ParsingProcess] = queue.LifoQueue()
        count = processes or min(4, os.cpu_count() or 1)
        self._every = [ParsingProcess(readers or Readers(), limits or ParsingLimits()) for _ in range(count)]
        for one in self._every:
            self._free.put(one)

    @contextlib.contextmanager
    def turn(self) -> Iterator[ParsingProcess]:
        """One of the processes, once one is free. Decode pages then, not before: few are held at once."""
        process = self._free.get()
        try:
            yield process
        finally:
            self._free.put(process)

    def close(self) -> None:
        """End the processes."""
        for one in self._every:
            one.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ParsingProcess:
    """One process, started when there is something to do, and again after it was killed."""

    def __init__(self, readers: Readers, limits: ParsingLimits) -> None:
        self._readers = readers
        self._limits = limits
        self._child: subprocess.Popen[bytes] | None = None

    def read_site(self, company: Company, site: Site) -> SiteReading:
        """What a site says.

        Raises:
            TooHard: its pages broke the parser.
        """
        answer = self._asked({"what": "site", "company": asdict(company), "site": asdict(site)})
        try:
            return TypeAdapter(SiteReading).validate_json(answer)
        except ValidationError as error:
            raise TooHard from error

    def pages_to_read(self, page: Page) -> tuple[str, ...]:
        """Further pages that are worth reading, as the page links to them.

        Raises:
            TooHard: the page broke the parser.
        """
        answer = self._asked({"what": "pages", "page": asdict(page)})
        try:
            return TypeAdapter(tuple[str, ...]).validate_json(answer)
        except ValidationError as error:
            raise TooHard from error

    def end(self) -> None:
        """Kill it, if it is there."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):  # what was written last had nobody to read it
                if pipe is not None:
                    pipe.close()

    def _asked(self, task: dict[str, Any]) -> bytes:
        """The answer to a task.

        Raises:
            TooHard: there is none.
        """
        sent = json.dumps(task, ensure_ascii=False).encode("utf-8", "replace")
        child = self._ready()
        try:
            with _killed_after(self._limits.seconds, child):
                _send(child, sent)
                return _answer(child)
        except (OSError, ValueError) as error:
            self.end()
            raise TooHard from error

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.end()
        return self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        limits, readers = self._limits, self._readers
        bounds = (limits.memory_mb, limits.cpu_seconds, limits.seconds + _GRACE_SECONDS)
        module = "connector.enrichment.parsing_child"
        child = self._child = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", module, readers.site, readers.pages, *map(str, bounds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # parsers complain in the words of the page
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
        )
        try:
            with _killed_after(_START_SECONDS, child):
                _answer(child)
        except (OSError, ValueError) as error:
            self.end()
            raise RuntimeError(f"The process that parses pages does not start with {readers}.") from error
        return child


@contextlib.contextmanager
def _killed_after(seconds: float, child: subprocess.Popen[bytes]) -> Iterator[None]:
    # A parser cannot be interrupted from within; its end is what ends the reading of its answer.
    watch = threading.Timer(seconds, child.kill)
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _send(child: subprocess.Popen[bytes], task: bytes) -> None:
    stdin: Any = child.stdin
    stdin.write(b"%d\n" % len(task) + task)
    stdin.flush()


def _answer(child: subprocess.Popen[bytes]) -> bytes:
    """What it answers.

    Raises:
        OSError, ValueError: it is gone, or does not speak as agreed.
    """
    stdout: Any = child.stdout
    length = int(stdout.readline(20))
    if not 0 <= length <= _LONGEST_ANSWER:
        raise ValueError("The answer is too long.")
    answer: bytes = stdout.read(length)
    if len(answer) != length:
        raise ValueError("The process ended within its answer.")
    return answer
