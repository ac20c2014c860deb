"""Reading one module into the copy. Does what ``decide`` says; killed anywhere, the next run goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from connector.errors import Skippable, StartOver
from connector.mapping import ModuleMapping
from connector.ports import LIST_READ, Clock, CrmRecord, CrmSource, Cursor, LocalCopy, Page, RawRecord
from connector.sync import cursors, decide
from connector.sync.decide import Plan, Reading, Selection
from connector.sync.report import ModuleReport, OnProgress, Progress, Tally

MOST_RESTARTS = 3  # of one list whose page token is refused


class ModuleSync:
    """One module, one sync.

    decide.plan -> pages | read | decide.page | copy -> deletions | copy -> decide.follow_up -> …
    """

    def __init__(
        self,
        copy: LocalCopy,
        crm: CrmSource,
        clock: Clock,
        mapping: ModuleMapping,
        selection: Selection,
        progress: OnProgress,
    ) -> None:
        self._copy = copy
        self._crm = crm
        self._clock = clock
        self._role = mapping.role
        self._module = mapping.module
        self._selection = selection
        self._reader = crm.reader(selection.columns)
        self._progress = progress
        self._total: int | None = None
        self._before = 0  # read by earlier runs of the same whole read
        self._tally = Tally(mapping.module, selection.missing)

    def run(self, *, full: bool) -> ModuleReport:
        """Bring the copy up to date with the module.

        Raises:
            ConnectorError: reading stopped; what was read is kept, and the next run goes on from there.
        """
        began = time.perf_counter()
        held = self._copy.cursor(self._module)
        plan: Plan | None = decide.plan(held, self._module, self._selection, self._clock.now(), full=full)
        if plan is not None and plan.is_whole:
            self._total = self._crm.count(self._module)
        readings = {True: 0, False: 0}
        while plan is not None:
            self._tally.plans.append(plan.why)
            readings[plan.is_whole] += 1
            reading = self._carry_out(plan)
            again = decide.is_disturbed(reading) and readings[plan.is_whole] < decide.MOST_READINGS
            if not again:
                with self._copy.writing() as writer:
                    writer.save_cursor(reading.cursor)
            plan = decide.follow_up(plan, reading, self._selection, again=again)
        return self._tally.report(time.perf_counter() - began)

    def report(self) -> ModuleReport:
        """What was done so far, for a run that stopped."""
        return self._tally.report(0)

    def _carry_out(self, plan: Plan) -> Reading:
        if plan.is_whole:
            self._before = plan.cursor.rows_read - self._tally.read
            cursor, pages = self._read_whole(plan.cursor)
        else:
            cursor, pages = self._read_changes(plan)
        started_at = cursor.started_at or self._clock.now()
        cursor, latest = self._read_deletions(cursor, started_at)
        return Reading(cursor, started_at, pages, latest)

    def _read_whole(self, cursor: Cursor) -> tuple[Cursor, int]:
        """Every record, from the cursor's place on; from the start when the CRM has forgotten the place."""
        for restart in range(MOST_RESTARTS + 1):
            try:
                return self._read_from(cursor)
            except StartOver:
                if restart == MOST_RESTARTS:
                    raise
                self._tally.plans.append("started over, because the CRM had forgotten the place")
                cursor = cursors.begun_again(
                    self._copy.cursor(self._module) or cursor, self._selection.signature
                )
        raise StartOver

    def _read_from(self, cursor: Cursor) -> tuple[Cursor, int]:
        may_hold_gone = cursor.high_water is not None
        pages = 0 if cursor.page_token is None else 1
        if cursor.page_token == LIST_READ:
            return cursor, pages + 1
        for page in self._crm.pages(self._module, self._selection.asked, cursor.page_token):
            pages += 1
            gone, found = self._gone(cursor, page) if may_hold_gone else ((), ())
            started_at = cursor.started_at or page.read_at or self._clock.now()
            last_id = _last_id(page, cursor.last_id)
            cursor = cursors.after_page(cursor, page, started_at, last_id)
            self._write((*page.records, *found), gone, cursor)
        return cursor, pages

    def _read_changes(self, plan: Plan) -> tuple[Cursor, int]:
        """What changed. The cursor moves when the deletions are in too; until then repeating is harmless."""
        pages = 0
        started_at: datetime | None = None
        for page in self._crm.pages(self._module, self._selection.asked, modified_since=plan.since):
            pages += 1
            started_at = started_at or page.read_at or self._clock.now()
            if page.records:
                self._write(page.records, ())
        return cursors.changes_read(plan.cursor, started_at or self._clock.now()), pages

    def _read_deletions(self, cursor: Cursor, started_at: datetime) -> tuple[Cursor, datetime | None]:
        since = cursor.deleted_high_water or started_at
        read_at: datetime | None = None
        latest: datetime | None = None
        for page in self._crm.deleted(self._module, since - decide.OVERLAP):
            read_at = read_at or page.read_at or self._clock.now()
            latest = max(filter(None, (latest, decide.latest(page.deletions))), default=None)
            if page.deletions:
                self._write((), tuple(one.id for one in page.deletions))
        return cursors.caught_up(cursor, started_at, read_at or started_at, self._clock.now()), latest

    def _gone(self, cursor: Cursor, page: Page) -> tuple[tuple[str, ...], tuple[RawRecord, ...]]:
        """Held records that the page lacks: which of them are gone, and which exist all the same."""
        until = None if page.next_token is None else _last_id(page, cursor.last_id)
        came = {str(record.get("id")) for record in page.records}
        held = self._copy.ids_between(self._role, cursor.last_id, until)
        absent = tuple(one for one in held if one not in came)
        if not absent:
            return (), ()
        found = self._crm.records(self._module, self._selection.asked, absent)
        alive = {str(record.get("id")) for record in found}
        return tuple(one for one in absent if one not in alive), found

    def _write(self, records: Sequence[RawRecord], gone: Sequence[str], cursor: Cursor | None = None) -> None:
        """One page and its cursor, in one transaction."""
        readable = self._readable(records)
        with self._copy.writing() as writer:
            stored = writer.stored(self._role, [*(record.id for record in readable), *gone])
            changes = decide.page(self._role, readable, gone, stored)
            writer.apply(self._role, changes, self._clock.now())
            if cursor is not None:
                writer.save_cursor(cursor)
        self._tally.read += len(records)
        self._tally.add(changes)
        self._progress(Progress(self._module, self._before + self._tally.read, self._total))

    def _readable(self, records: Sequence[RawRecord]) -> list[CrmRecord]:
        readable = []
        for record in records:
            try:
                readable.append(self._reader(record))
            except Skippable as error:
                self._tally.skip(str(record.get("id", "?"))[:32], str(error))
        return readable


def _last_id(page: Page, before: str | None) -> str | None:
    ids = [str(record["id"]) for record in page.records if record.get("id")]
    return max([*ids, *([before] if before else [])], key=decide.id_order, default=None)
