"""Reading one module into the copy. Does what ``decide`` says; killed anywhere, the next run goes on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from connector.copy_ports import LocalCopy
from connector.errors import Fatal, NotGranted, NotOffered, StartOver
from connector.mapping import ModuleMapping
from connector.ports import Clock, CrmSource, Cursor, Selection
from connector.sync import cursors, decide
from connector.sync.cursors import Way
from connector.sync.decide import Counts, Plan, Reading
from connector.sync.policy import Asked, SyncPolicy
from connector.sync.reading import PageReader
from connector.sync.report import ModuleReport, OnProgress, Tally
from connector.sync.writing import PageWriter, compare_ids, portions

MOST_RESTARTS = 3  # of one reading whose place the CRM has forgotten


class FieldsMoved(Exception):
    """The module's fields are not those that were selected: select anew, and plan again."""


@dataclass(frozen=True, slots=True)
class Target:
    """A module to read: its mapping, what is asked for of it, and its kind (the CRM's generated_type)."""

    mapping: ModuleMapping
    selection: Selection
    kind: str = "default"
    field_changes: tuple[str, ...] = ()


class ModuleSync:
    """One module, one sync.

    decide.plan -> pages | compare.page | copy -> deletions | copy -> decide.follow_up -> … -> counts
    """

    def __init__(
        self,
        copy: LocalCopy,
        crm: CrmSource,
        clock: Clock,
        policy: SyncPolicy,
        target: Target,
        progress: OnProgress,
        count: Callable[[], int | None],
        fields_moved: Callable[[], bool] = lambda: False,
    ) -> None:
        self._copy = copy
        self._crm = crm
        self._clock = clock
        self._policy = policy
        self._selection = target.selection
        self._kind = target.kind
        self._mapping = target.mapping
        self._count = count
        self._fields_moved = fields_moved
        module, missing = target.mapping.module, target.selection.missing
        self._tally = Tally(module, missing, target.field_changes, spent=crm.spent)
        self._writer = PageWriter(copy, clock, target.mapping, target.selection, self._tally, progress)
        self._reader = PageReader(crm, clock, policy, self._writer)
        self._began = time.perf_counter()

    def run(self, asked: Asked) -> ModuleReport:
        """Bring the copy up to date with the module.

        Raises:
            ConnectorError: reading stopped; what was read is kept, and the next run goes on from there.
            FieldsMoved: the fields have changed since they were selected.
        """
        with ExitStack() as beside:
            threads = beside.enter_context(ThreadPoolExecutor(1, thread_name_prefix="count"))
            self._carry_out_plans(asked, beside, _CountBeside(threads, self._crm, self._tally))
        return self.report()

    def _carry_out_plans(self, asked: Asked, beside: ExitStack, counting: _CountBeside) -> None:
        held = self._copy.cursor(self._selection.module)
        plan: Plan | None = decide.plan(held, self._selection, asked, self._policy, self._clock.now())
        readings: Counter[bool] = Counter()
        done: list[Reading] = []
        while plan is not None:
            self._tally.plans.append(plan.why)
            if plan.cursor is None:
                break
            reading, deletions_at = self._carry_out(plan.cursor, asked, done, beside, counting)
            readings[reading.position.is_whole] += 1
            if decide.is_disturbed(reading) and readings[reading.position.is_whole] < decide.MOST_READINGS:
                plan = decide.once_more(reading, self._selection)
                continue
            done.append(reading)
            after = cursors.caught_up(reading.cursor, deletions_at, self._clock.now())
            self._writer.save(after)
            plan = (
                None if asked.rehearsed else decide.follow_up(reading, after, self._selection, self._policy)
            )
        if any(reading.deletions_read for reading in done):
            self._compare_counts(done, counting)

    def read_again(self, ids: tuple[str, ...]) -> ModuleReport:
        """Read these records; those that do not exist are taken out of the copy."""
        self._tally.plans.append(f"{len(ids)} records read again")
        for some in portions(ids):
            gone, pages = self._writer.looked_up(self._crm, some)
            self._writer.write(*pages, gone=gone)
        return self.report()

    def report(self) -> ModuleReport:
        """What was done so far."""
        return self._tally.report(time.perf_counter() - self._began)

    def _carry_out(
        self,
        cursor: Cursor,
        asked: Asked,
        done: Sequence[Reading],
        beside: ExitStack,
        counting: _CountBeside,
    ) -> tuple[Reading, datetime | None]:
        """One reading to its end, and the deletions if they are due; when those were read.

        ``beside`` is entered with what a whole reading leaves to be made while the CRM is asked for the rest.
        """
        resumed, asked_at = cursor.started_at is not None, self._clock.now()
        if self._is_whole(cursor):
            self._writer.total = self._count()
        cursor = self._read(cursor, may_widen=not asked.rehearsed and decide.may_widen(done))
        if self._is_whole(cursor) and not done:
            beside.enter_context(self._copy.settling(self._mapping))
        cursor = replace(cursor, started_at=cursor.started_at or asked_at)
        reading = Reading(cursor, self._reader.pages + 2 * resumed, resumed=resumed)
        full = asked.full or asked.since is not None
        if not decide.deletions_are_due(
            reading, self._policy, self._clock.now(), full=full, follows_whole=bool(done)
        ):
            return reading, None
        if self._counts_tell((*done, reading)):
            counting.begin(self._selection.module)
        latest, read_at = self._reader.deletions(cursor)
        counting.removed()
        return Reading(cursor, reading.pages, latest, resumed, deletions_read=True), read_at

    @staticmethod
    def _is_whole(cursor: Cursor) -> bool:
        position = cursors.position_of(cursor)
        return position is None or position.is_whole

    def _read(self, cursor: Cursor, *, may_widen: bool) -> Cursor:
        """Every page, by the best way that the CRM offers; from the start when it forgot the place."""
        cursor, refused, restarts = self._with_way(cursor, ()), [], 0
        while True:
            way = (cursors.position_of(cursor) or cursors.Position()).way
            self._writer.before = cursor.rows_read - self._tally.read if self._is_whole(cursor) else 0
            try:
                return self._reader.pages_of(cursor, may_widen=may_widen)
            except (NotOffered, Fatal) as error:
                if not isinstance(error, NotGranted) and self._fields_moved():
                    raise FieldsMoved from None
                if way is None or isinstance(error, Fatal):
                    raise
                refused.append(way)
                self._tally.note(f"not read by {_said(way)}: {error.what_happened}")
                following = self._with_way(cursor, refused, again=True)
                if following is cursor:
                    raise
                cursor = following
            except StartOver:
                restarts += 1
                if restarts > MOST_RESTARTS or way is None:
                    raise
                self._tally.plans.append("started over, because the CRM had forgotten the place")
                cursor = self._with_way(
                    self._copy.cursor(self._selection.module) or cursor, refused, again=True
                )

    def _with_way(
        self, cursor: Cursor, refused: list[Way] | tuple[Way, ...], *, again: bool = False
    ) -> Cursor:
        """The reading with a way that was not refused; the same cursor when none is left."""
        position = cursors.position_of(cursor) or cursors.Position()
        if position.way is not None and not again:
            self._tally.plans[-1] += f", by {_said(position.way)}"
            return cursor
        offered = decide.ways(self._selection, self._kind, position, self._writer.total, self._policy)
        way = next((one for one in offered if one not in refused), None)
        if way is None:
            return cursor
        if decide.leaves_out_converted(self._selection.module, way):
            self._tally.note("converted leads are not among what this way of reading gives")
        self._tally.plans[-1] += f", by {_said(way)}"
        held = self._copy.count(self._mapping) if position.is_whole else 0
        cursor = decide.with_may_hold_gone(cursor, held) if position.is_whole else cursor
        lanes = decide.lanes(self._reader.boundaries(held)) if way is Way.QUERIED else ()
        return cursors.another_way(cursor, way, lanes)

    def _counts_tell(self, done: Sequence[Reading]) -> bool:
        """Whether the counts may say that the copy is not what the CRM has."""
        if self._selection.module == decide.LEADS:
            return False  # neither counts nor lists of ids have converted leads
        whole = [one.position.way for one in done if one.position.is_whole]
        # Otherwise every range of ids was compared as it was read.
        return not whole or Way.BULK in whole or any(one.resumed for one in done)

    def _compare_counts(self, done: Sequence[Reading], counting: _CountBeside) -> None:
        """After the deletions: where the counts differ, compare every id."""
        module, cursor = self._selection.module, self._copy.cursor(self._selection.module)
        if cursor is None or not self._counts_tell(done):
            return
        whole = [one.position.way for one in done if one.position.is_whole]
        counts = Counts(
            counting.counted(module),
            self._copy.count(self._mapping),
            cursor.count_gap,
            moved=bool(self._tally.inserted or self._tally.deleted),
            unordered=Way.BULK in whole and any(one.position.may_hold_gone for one in done),
        )
        reason = decide.why_compare_ids(counts, self._policy)
        if reason is None:
            return
        self._compare_ids(reason)
        gap = 0 if counts.counted is None else counts.counted - self._copy.count(self._mapping)
        if gap != cursor.count_gap:
            self._writer.save(cursors.settled(self._copy.cursor(module) or cursor, gap))

    def _compare_ids(self, reason: str) -> None:
        self._tally.plans.append(f"every id compared: {reason}")
        try:
            differing = compare_ids(self._crm, self._writer)
            self._tally.plans[-1] += f"; {differing} differed"
        except NotOffered:
            self._tally.plans[-1] += ", by reading every record"
            self._read_beside()

    def _read_beside(self) -> None:
        """Every record by lists, without a place that is kept: it began when all else was done."""
        held = self._copy.cursor(self._selection.module) or Cursor(self._selection.module)
        start = cursors.begun(held, self._selection.signature, since=None)
        for restart in range(MOST_RESTARTS + 1):
            try:
                self._reader.pages_of(
                    cursors.another_way(start, Way.LISTED), may_widen=False, keep_place=False
                )
            except StartOver:
                if restart == MOST_RESTARTS:
                    raise
            else:
                return


class _CountBeside:
    """The CRM's count, asked for beside its deletions: the copy cannot differ from it by these."""

    def __init__(self, threads: Executor, crm: CrmSource, tally: Tally) -> None:
        self._threads = threads
        self._crm = crm
        self._tally = tally
        self._asked: Future[int | None] | None = None
        self._then = self._moved()

    def begin(self, module: str) -> None:
        """Ask for it."""
        self._asked = self._threads.submit(self._crm.count, module)

    def removed(self) -> None:
        """The deletions are taken out of the copy."""
        self._then = self._moved()

    def counted(self, module: str) -> int | None:
        """What was answered; if records came or went since then, what is answered now."""
        if self._asked is None or self._moved() != self._then:
            return self._crm.count(module)
        return self._asked.result()

    def _moved(self) -> tuple[int, int]:
        return self._tally.inserted, self._tally.deleted


def _said(way: Way) -> str:
    return {
        Way.BULK: "bulk jobs",
        Way.QUERIED: "queries",
        Way.LISTED: "record lists",
        Way.QUERIED_CHANGES: "queries",
        Way.RANGES: "ranges of ids",
        Way.LISTED_CHANGES: "record lists",
    }[way]
