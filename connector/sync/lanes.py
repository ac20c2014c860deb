"""Several readings at a time: their pages come one after another to the thread that asked for them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from connector.ports import Page


def side_by_side(readings: Mapping[int, Iterator[Page]]) -> Generator[tuple[int, Page | None]]:
    """The pages of several readings as they come, with the reading's number; None when one has ended.

    While a page is written, the next one of its reading is fetched: at most one page of each is held. The
    first reading that fails stops the others; its error is raised after the pages under way have come.
    """
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


def ahead(reading: Iterator[Page]) -> Generator[Page]:
    """The pages of one reading; while one is written, the next one is fetched."""
    for _, page in side_by_side({0: reading}):
        if page is not None:
            yield page
