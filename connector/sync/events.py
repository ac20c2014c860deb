"""Reading the events of Zoho's other products: source by source, resumable, none stopping another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.errors import ConnectorError
from connector.ports import Clock
from connector.suite_ports import EventCursor, EventSource, EventStore

# A first reading looks so far back: older mail and tickets say little of how a customer feels now.
FIRST_LOOK = timedelta(days=365)
# What is late or corrected is seen again; events are keyed, so that reading twice is harmless.
OVERLAP = timedelta(hours=1)
OnEvents = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What was read of one source; ``error`` is the sentence of what stopped it, if something did."""

    source: str
    read: int
    changed: int
    notes: tuple[str, ...]
    seconds: float
    error: str | None = None


class EventSync:
    """Every connected source of events."""

    def __init__(self, sources: Iterable[EventSource], store: EventStore, clock: Clock) -> None:
        self._sources = tuple(sources)
        self._store = store
        self._clock = clock

    def run(self, progress: OnEvents | None = None) -> tuple[SourceReport, ...]:
        """Read what is new.

        A source that cannot be read is reported and does not stop the others.
        """
        reports = tuple(self._read(source, progress) for source in self._sources)
        self._store.link()
        return reports

    def _read(self, source: EventSource, progress: OnEvents | None) -> SourceReport:
        began, read, changed = time.perf_counter(), 0, 0
        notes: list[str] = []
        started_at = self._clock.now()
        cursor = self._store.cursor(source.name)
        error: str | None = None
        try:
            for page in source.pages(since(cursor, started_at), cursor.position):
                cursor = moved(cursor, page.after, len(page.events), started_at)
                changed += self._store.write(page.events, cursor)
                read += len(page.events)
                notes += page.notes
                if progress is not None:
                    progress(source.name, read)
        except ConnectorError as stopped:
            error = str(stopped)
        seconds = round(time.perf_counter() - began, 3)
        return SourceReport(source.name, read, changed, tuple(dict.fromkeys(notes)), seconds, error)


def since(cursor: EventCursor, now: datetime) -> datetime:
    """From when on a source is asked."""
    return (cursor.high_water or now - FIRST_LOOK) - OVERLAP


def moved(cursor: EventCursor, after: str | None, events: int, started_at: datetime) -> EventCursor:
    """Behind a page; behind the last one the high water is when the reading began."""
    read = cursor.rows_read + events
    if after is not None:
        return replace(cursor, position=after, rows_read=read)
    return EventCursor(cursor.source, None, started_at, started_at, read)
