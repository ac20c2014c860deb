"""Several readings at a time: their pages come one after another to the thread that asked for them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from connector.memory import share_arenas
from connector.ports import Page

LOOKED_AT_SECONDS = 0.5
WORTH_A_THREAD = 0.3  # of the time


def side_by_side(readings: Mapping[int, Iterator[Page]]) -> Generator[tuple[int, Page | None]]:
    """The pages of several readings as they come, with the reading's number; None when one has ended.

    While a page is written, the next one of its reading is fetched: at most one page of each is held. The
    first reading that fails stops the others; its error is raised after the pages under way have come.
    """
    if len(readings) == 1:
        ((number, reading),) = readings.items()
        yield from ((number, page) for page in ahead(reading))
        yield number, None
    else:
        yield from _in_threads(readings)


def _in_threads(readings: Mapping[int, Iterator[Page]]) -> Generator[tuple[int, Page | None]]:
    share_arenas()
    with ThreadPoolExecutor(max(len(readings), 1), thread_name_prefix="lane") as threads:
        coming: dict[Future[Page | None], int] = {
            threads.submit(next, reading, None): number for number, reading in readings.items()
        }
        while coming:
            done, _ = wait(coming, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=coming.__getitem__):
                number, page = coming.pop(future), future.result()
                if page is not None:
                    coming[threads.submit(next, readings[number], None)] = number
                yield number, page


def ahead(reading: Iterator[Page], *, at_once: bool = False) -> Generator[Page]:
    """The pages of one reading; the next one is fetched while one is written, where that is worth a thread.

    It is where time goes by in waiting, for the CRM or for the database. Otherwise both threads would only
    take Python's lock from each other. ``at_once``: it is known to be worth it.
    """
    if not at_once:
        yield from _until_worth_a_thread(reading)
    for _, page in _in_threads({0: reading}):
        if page is not None:
            yield page


def _until_worth_a_thread(reading: Iterator[Page]) -> Generator[Page]:
    began, worked = time.perf_counter(), time.thread_time()
    for page in reading:
        yield page
        passed = time.perf_counter() - began
        waited = passed - (time.thread_time() - worked)
        if passed > LOOKED_AT_SECONDS:
            if waited > WORTH_A_THREAD * passed:
                return
            began, worked = time.perf_counter(), time.thread_time()
