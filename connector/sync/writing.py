"""Writing a module's pages into the copy: one page and its place in one transaction, counted and told."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

from connector import batches
from connector.copy_ports import LocalCopy
from connector.errors import Overtaken
from connector.mapping import ModuleMapping
from connector.ports import Clock, CrmRecord, CrmSource, Cursor, Page, Selection
from connector.sync import compare, decide
from connector.sync.report import OnProgress, Tally

IDS_AT_ONCE = 100  # records named in one call


class PageWriter:
    """Writes pages of one module, and keeps the tally."""

    def __init__(
        self,
        copy: LocalCopy,
        clock: Clock,
        mapping: ModuleMapping,
        selection: Selection,
        tally: Tally,
        progress: OnProgress,
    ) -> None:
        self.copy = copy
        self.mapping = mapping
        self.selection = selection
        self.tally = tally
        self.total: int | None = None
        self.before = 0  # records that earlier runs of the same reading had read
        self._clock = clock
        self._progress = progress
        self._began = time.perf_counter()

    def write(
        self, *pages: Page, gone: Collection[str] = (), cursor: Cursor | None = None, first: bool = False
    ) -> None:
        """Pages that belong together, deletions, and the place behind them, in one transaction."""
        records = _together(pages)
        self.tally.read += len(records)
        self.tally.pages += bool(records)
        for page in pages:
            for unreadable in page.unreadable:
                self.tally.read += 1
                self.tally.skip(unreadable)
        if records or gone or cursor is not None:
            try:
                self._write(records, gone, cursor, first=first)
            except Overtaken:
                self._write(records, gone, cursor, first=first)  # compared with what is held by now
        self._progress(self.tally.progress(self.total, self.before, time.perf_counter() - self._began))

    def _write(
        self, records: Sequence[CrmRecord], gone: Collection[str], cursor: Cursor | None, *, first: bool
    ) -> None:
        with self.copy.writing() as writer:
            if records or gone:
                ids = [*batches.ids_of(records), *gone]
                stored = writer.stored(self.mapping, ids, to_write=not gone)
                changes = compare.page(self.selection, records, gone, stored, first=first)
                writer.apply(self.mapping, changes, self._clock.now())
            if cursor is not None:
                writer.save_cursor(cursor)
        if records or gone:
            self.tally.add(changes)

    def save(self, cursor: Cursor) -> None:
        """Keep a place alone."""
        with self.copy.writing() as writer:
            writer.save_cursor(cursor)

    def absent(
        self, crm: CrmSource, came: Collection[str], after: str | None, until: str | None
    ) -> tuple[tuple[str, ...], tuple[Page, ...]]:
        """Of the ids held in a range but not among those that came: which are gone, and what is not."""
        held = self.copy.ids_between(self.mapping, after, until)
        missing = tuple(one for one in held if one not in came)
        return self.looked_up(crm, missing)

    def looked_up(self, crm: CrmSource, ids: Sequence[str]) -> tuple[tuple[str, ...], tuple[Page, ...]]:
        """Of these ids: which do not exist, and the records of the others."""
        pages = tuple(crm.records(self.selection, some) for some in portions(ids))
        alive = ids_of(*pages)
        return tuple(one for one in ids if one not in alive), pages


def portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many ids at a time as one call takes."""
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield ids[start : start + IDS_AT_ONCE]


def _together(pages: Sequence[Page]) -> Sequence[CrmRecord]:
    with_records = [page.records for page in pages if page.records]
    if len(with_records) == 1:
        return with_records[0]
    return tuple(record for records in with_records for record in records)


def ids_of(*pages: Page) -> set[str]:
    """The ids that came, those of records that could not be used too."""
    came = {one for page in pages for one in batches.ids_of(page.records)}
    return came | {unreadable.id for page in pages for unreadable in page.unreadable}


def compare_ids(crm: CrmSource, writer: PageWriter) -> int:
    """Compare every id of the module with those held; read what is missing, remove what is gone.

    Gives how many ids differed.

    Raises:
        NotOffered: the CRM gives no list of ids.
    """
    differing, after = 0, None
    for ids in crm.identifiers(writer.selection.module):
        until = decide.greatest(ids, after)
        differing += _settle(crm, writer, set(ids), after, until)
        after = until
    return differing + _settle(crm, writer, set(), after, None)


def _settle(crm: CrmSource, writer: PageWriter, ids: set[str], after: str | None, until: str | None) -> int:
    held = set(writer.copy.ids_between(writer.mapping, after, until))
    differing = sorted(ids ^ held, key=decide.id_order)
    for some in portions(differing):
        gone, pages = writer.looked_up(crm, some)
        writer.write(*pages, gone=gone)
    return len(differing)
