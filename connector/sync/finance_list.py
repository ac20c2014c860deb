"""Reading one list of Finance: a walk, what changed meanwhile, a count, what is gone. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from connector.errors import NotOffered
from connector.finance_lists import FinanceList
from connector.finance_ports import FinanceCopy, FinancePage, FinanceReader, FinanceRow, SourceCursor
from connector.ports import Clock
from connector.sync import finance_cursors as cursors
from connector.sync import finance_decide as decide
from connector.sync.finance_decide import FinancePlan, FinancePolicy
from connector.sync.finance_report import FinanceProgress, ListTally, OnFinanceProgress


@dataclass
class Walked:
    """What a walk met: how many pages, every id (whole walks only), and whether it can say what is gone."""

    pages: int
    seen: set[str]
    sees_all: bool


class ListSync:
    """One list. A page and its place in the list are committed together."""

    def __init__(
        self,
        copy: FinanceCopy,
        reader: FinanceReader,
        clock: Clock,
        policy: FinancePolicy,
        of: FinanceList,
        progress: OnFinanceProgress,
    ) -> None:
        self._copy = copy
        self._reader = reader
        self._clock = clock
        self._policy = policy
        self._list = of
        self._progress = progress
        name = f"{reader.product}.{of.name}"
        self.tally = ListTally(of.name)
        self._cursor = copy.cursor(name) or SourceCursor(name)
        self._position = cursors.position(self._cursor.position)
        self._confirmed = False

    def run(self, *, full: bool) -> None:
        """Bring the list up to date; ``tally`` says what was done, also after an error."""
        self._confirmed = full
        before = self._reader.calls
        try:
            now = self._clock.now()
            plan = decide.plan(self._list, self._cursor, self._position, self._policy, now, full=full)
            if plan is not None and plan.finds_deletions:  # now and then, every way is tried again
                self._position = replace(self._position, refused=None)
            was_whole = self._follow(plan)
            if self._list.counted:
                self._check_count(was_whole=was_whole)
        finally:
            self.tally.calls += self._reader.calls - before

    def _follow(self, plan: FinancePlan | None) -> bool:
        """Carry out a plan and what follows from it; whether everything was read."""
        looks = 0
        was_whole = False
        while plan is not None:
            self.tally.plans.append(plan.why)
            try:
                walked, plan = self._walk(plan)
            except NotOffered as refusal:
                plan = self._other_way(plan, refusal)
                continue
            was_whole = was_whole or plan.is_whole
            self._remove_missing(plan, walked)
            done, looks = plan, looks + 1
            plan = decide.second_look(
                self._list, done, self._position, self._policy, pages=walked.pages, looks=looks
            )
            self._end(done, ends_all=plan is None)
        return was_whole

    def _other_way(self, plan: FinancePlan, refusal: NotOffered) -> FinancePlan:
        """The next way, when the list does not honour one."""
        self.tally.note(f"{plan.walk.way.value}: {refusal.what_happened}; another way is taken")
        if plan.is_whole:  # even the plain walk's sorting was refused: it is not asked for again
            self._list = replace(self._list, order=None)
            return replace(plan, walk=replace(plan.walk, page=0), why=f"{plan.why}, unsorted")
        self._position = self._position.without(plan.walk.way, refusal.what_happened)
        since = self._cursor.high_water
        return decide.changes(self._list, self._position, since, self._policy) or decide.whole(
            "changes cannot be found otherwise"
        )

    def _walk(self, plan: FinancePlan) -> tuple[Walked, FinancePlan]:
        """Page after page, to the end; the plan comes back with its walk as it ended."""
        walk = plan.walk
        number = decide.first_page(walk)
        walked = Walked(0, set(), sees_all=plan.finds_deletions)
        first_ids: set[str] = set()
        while True:
            page = self._reader.page(decide.request(self._list, walk, number))
            decide.circle(page, number, first_ids)
            refused = decide.not_honoured(walk, page)
            if refused is not None:
                raise NotOffered(refused)
            self._remark(page, walked)
            first_ids.update(row.id for row in page.rows[:1])
            if plan.is_whole:
                walked.seen.update(page.ids)
            kept, ends = decide.fresh(walk, page)
            walk = decide.after(walk, kept, number, self._clock.now())
            self._keep(kept, walk)
            walked.pages += 1
            if ends:
                return walked, replace(plan, walk=walk)
            number += 1

    def _remark(self, page: FinancePage, walked: Walked) -> None:
        self.tally.came(page)
        narrowed = decide.narrowed(page)
        if narrowed is not None:
            walked.sees_all = False
            self.tally.note(f"{narrowed}; deletions are not looked for")

    def _keep(self, page: FinancePage, walk: cursors.Walk) -> None:
        """One page and its place, in one transaction."""
        self._position = replace(self._position, walk=walk)
        rows_read = len(page.rows) + (self._cursor.rows_read if walk.page > 1 else 0)
        self._cursor = replace(self._cursor, position=self._position.as_json(), rows_read=rows_read)
        self._write(page.rows, ())
        self._progress(FinanceProgress(self._list.name, self.tally.read))

    def _write(self, rows: Sequence[FinanceRow], gone: Collection[str]) -> None:
        kind = self._list.kind
        with self._copy.writing() as writer:
            held = writer.held(kind, [*(row.id for row in rows), *gone])
            changes = decide.page_changes(rows, gone, held)
            writer.apply(kind, changes, self._clock.now())
            writer.save_cursor(self._cursor)
        self.tally.add(changes)

    def _end(self, done: FinancePlan, *, ends_all: bool) -> None:
        """The walk is over: keep the latest stamp, and when everything was read."""
        now = self._clock.now()
        marks = [mark for mark in (self._cursor.high_water, done.walk.latest) if mark is not None]
        if done.is_whole:
            rows = self._cursor.rows_read
            self._position = replace(self._position, whole_rows=rows)
            self._cursor = replace(self._cursor, whole_at=done.walk.started_at or now)
        self._position = replace(self._position, walk=None)
        # A second look is due: until it is taken, only what is certain counts as read.
        if not ends_all and done.walk.started_at is not None:
            marks = [min(mark, done.walk.started_at) for mark in marks]
        self._cursor = replace(
            self._cursor,
            position=self._position.as_json(),
            high_water=max(marks, default=None),
            completed_at=now,
        )
        with self._copy.writing() as writer:
            writer.save_cursor(self._cursor)

    def _check_count(self, *, was_whole: bool) -> None:
        """Compare the number of rows; walk everything when it differs."""
        counted_at = self._position.counted_at
        now = self._clock.now()
        if counted_at is not None and now - counted_at < self._policy.count_after and not was_whole:
            return
        said = self._reader.count(self._list)
        held = self._copy.count(self._list.kind)
        if said is None:
            self.tally.note("the list does not say how many rows it has")
        elif said != held and was_whole:
            self.tally.note(f"the list says that it has {said} rows; {held} are held after a whole walk")
        elif said != held:
            self._follow(decide.whole(f"the list has {said} rows, {held} are held"))
        self._position = replace(self._position, counted_at=now)
        self._cursor = replace(self._cursor, position=self._position.as_json())
        with self._copy.writing() as writer:
            writer.save_cursor(self._cursor)

    def _remove_missing(self, plan: FinancePlan, walked: Walked) -> None:
        """Rows that a whole walk from page 1 to the end did not meet are gone, once that is certain."""
        if not walked.sees_all or plan.walk.is_resumed:
            return
        kind = self._list.kind
        held = self._copy.ids(kind)
        missing = held - walked.seen
        if not missing:
            return
        if decide.is_suspicious(len(walked.seen), len(held)) and not self._confirmed:
            met = f"{len(walked.seen)} of {len(held)}"
            self.tally.note(f"only {met} rows were met; nothing is removed without a full sync")
            return
        self._write((), self._gone(missing, walked))

    def _gone(self, missing: frozenset[str], walked: Walked) -> Collection[str]:
        """A row may have slipped past the walk when an earlier one was removed: look again."""
        if len(missing) <= decide.LOOKED_UP_MOST or walked.pages <= 1:
            one_page = walked.pages <= 1
            return [one for one in sorted(missing) if one_page or not self._reader.exists(self._list, one)]
        self.tally.plans.append(f"whole walk again: {len(missing)} rows were not met")
        again, _ = self._walk(decide.whole("again"))
        return missing - again.seen if again.sees_all else ()


def nobody(_: FinanceProgress) -> None:
    """Nobody watches."""
