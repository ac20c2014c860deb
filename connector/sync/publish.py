"""Writing scores back: only what differs, at the API's lowest price, and gone on with wherever it stopped.

What the CRM has taken is noted in the local copy in the same breath. A run that is killed therefore needs no
place of its own: the next one finds fewer differences. Only a bulk job that was entered is kept, and its
result is taken before anything else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import orjson

from connector.errors import NeedsPerson, NotOffered, Retriable
from connector.ports import Clock
from connector.sync import differences
from connector.sync.differences import Remedy
from connector.write_ports import (
    BulkUpdate,
    Change,
    CrmWriter,
    Outcome,
    OwnField,
    Wanted,
    WrittenCopy,
)

COMPARED_AT_ONCE = 2_000
MOST_REASONS = 20
FIRST_LOOK_SECONDS = 0.2
LONGEST_LOOK_SECONDS = 60.0
SURELY_NOT_BEFORE, SHARE_WAITED = 0.75, 0.25  # of the time that the last job took; that was waited already
MOST_WAITING_SECONDS = 3600.0

_T = TypeVar("_T")
WantedNow = Callable[[], Iterable[Wanted]]
OnPublished = Callable[[int, int], None]


@dataclass
class PublishReport:
    """What was written: records that took values, that were refused, tags moved; fields that were created."""

    compared: int = 0
    differing: int = 0
    written: int = 0
    refused: int = 0
    gone: int = 0
    later: int = 0
    tags: int = 0
    bulk_jobs: int = 0
    created_fields: tuple[str, ...] = ()
    reasons: list[str] = field(default_factory=list)

    def refuse(self, outcome: Outcome) -> None:
        """Count a record that was refused."""
        self.refused += 1
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append(f"{outcome.id}: {outcome.code} {outcome.message}".strip())


class Publisher:
    """Our fields of one module.

    Args:
        tags: the tags that are ours to give and take; none: tags are left alone.
        sleep: between the looks at a bulk job.
    """

    def __init__(
        self,
        writer: CrmWriter,
        copy: WrittenCopy,
        clock: Clock,
        module: str,
        own: Sequence[OwnField],
        *,
        tags: Collection[str] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._writer = writer
        self._copy = copy
        self._clock = clock
        self._module = module
        self._own = tuple(own)
        self._tags = frozenset(tag[: differences.LONGEST_TAG] for tag in tags)
        self._sleep = sleep
        self._job_took = 0.0  # seconds, the last bulk job
        self._report = PublishReport()
        self._offers_bulk = True

    def run(self, wanted: WantedNow, progress: OnPublished | None = None) -> PublishReport:
        """Write what differs.

        Args:
            wanted: what every record should say; called twice, because the number of differences decides how
                they are written.
            progress: called with (written or refused, differing).

        Raises:
            ConnectorError: it stopped; what was written is noted, and the next run goes on.
        """
        self._report = PublishReport()
        for job in self._copy.jobs():
            self._finish(job)
        names = self._names()
        self._report.differing = sum(1 for _ in self._differences(wanted, names))
        left = self._report.differing
        changes = self._differences(wanted, names)
        while left > 0:
            size = min(left, differences.BULK_ROWS)
            if self._offers_bulk and differences.is_bulk_cheaper(size):
                self._in_bulk(list(islice(changes, size)))
            else:
                size = min(size, differences.RECORDS_PER_CALL)
                self._in_one_call(list(islice(changes, size)))
            left -= size
            if progress is not None:
                progress(self._report.differing - left, self._report.differing)
        self._move_tags(wanted)
        return self._report

    def rehearse(self, wanted: WantedNow) -> PublishReport:
        """How many records would be written. Fields that do not exist yet are not created."""
        self._report = PublishReport()
        present = differences.find_fields(self._own, self._writer.fields(self._module))
        new = {one.label: f" {one.label}" for one in present.missing}  # no API name begins with a blank
        names = {**present.names, **new}
        self._report.differing = sum(1 for _ in self._differences(wanted, names))
        self._report.created_fields = tuple(new)
        return self._report

    def _names(self) -> Mapping[str, str]:
        """Our fields' API names; what is missing is created first."""
        found = differences.find_fields(self._own, self._writer.fields(self._module))
        if not found.missing:
            return found.names
        refused: list[Outcome] = []
        for some in _some(found.missing, differences.FIELDS_PER_CALL):
            refused += [one for one in self._writer.create_fields(self._module, some) if not one.done]
        present = self._writer.fields(self._module)
        self._copy.save_fields(self._module, present)
        complete = differences.find_fields(self._own, present)
        if complete.missing:
            missing = ", ".join(one.label for one in complete.missing)
            why = "; ".join(f"{one.id}: {one.code} {one.message}".strip() for one in refused)
            raise NeedsPerson(
                f"Zoho did not create the fields {missing} of {self._module}{f' ({why})' if why else ''}.",
                "Create them as custom fields with these labels, or give the scope "
                "ZohoCRM.settings.fields.CREATE to the refresh token.",
            )
        self._report.created_fields = tuple(one.label for one in found.missing)
        return complete.names

    def _differences(self, wanted: WantedNow, names: Mapping[str, str]) -> Iterator[Change]:
        self._report.compared = 0
        for some in _some(wanted(), COMPARED_AT_ONCE):
            held = self._held(some)
            self._report.compared += len(some)
            for one in some:
                change = differences.difference(one, held[one.id], names) if one.id in held else None
                if change is not None:
                    yield change

    def _held(self, some: Sequence[Wanted]) -> dict[str, Mapping[str, Any]]:
        raws = self._copy.raws([one.id for one in some])
        return {identifier: orjson.loads(raw) for identifier, raw in raws.items()}

    def _in_one_call(self, changes: Sequence[Change]) -> None:
        if not changes:  # a record was changed by somebody else since it was counted
            return
        again = self._written(zip(changes, self._writer.update(self._module, changes), strict=True))
        if again:
            # Once more without the refused field; what is refused then is reported.
            second = zip(again, self._writer.update(self._module, again), strict=True)
            for change in self._written(second):
                self._report.refuse(Outcome(change.id, done=False, code="INVALID_DATA"))

    def _written(self, pairs: Iterable[tuple[Change, Outcome]]) -> list[Change]:
        """Note what was taken; gives what is to be written once more without the field that was refused."""
        taken: list[tuple[Change, Outcome]] = []
        again: list[Change] = []
        for change, outcome in pairs:
            if outcome.done:
                taken.append((change, outcome))
            else:
                again += self._remedied(change, outcome)
        if taken:
            self._copy.note_written(taken)
            self._report.written += len(taken)
        return again

    def _remedied(self, change: Change, outcome: Outcome) -> list[Change]:
        kind = differences.remedy(outcome, change)
        if kind is Remedy.WITHOUT_FIELD:
            if len(self._report.reasons) < MOST_REASONS:
                self._report.reasons.append(f"{change.id}: {outcome.field} was refused ({outcome.code})")
            return [differences.without(change, outcome.field)]
        if kind is Remedy.LEAVE:
            self._report.gone += 1
        elif kind is Remedy.NEXT_TIME:
            self._report.later += 1
        else:
            self._report.refuse(outcome)
        return []

    def _in_bulk(self, changes: list[Change]) -> None:
        """By one job. Records with different sets of changed fields share it: the others are sent as held."""
        if not changes:
            return
        columns = sorted({name for change in changes for name in change.values})
        if self._came_already(changes, columns):
            self._report.later += len(changes)
            self._report.reasons.append(
                f"{len(changes)} records say most of it already: a bulk job of which we lost sight has "
                "written them; they are compared again when the next sync has read them"
            )
            return
        filled = (
            self._filled(changes, columns) if any(len(c.values) < len(columns) for c in changes) else changes
        )
        try:
            job = self._writer.enter_bulk(self._module, columns, filled)
        except NotOffered as error:
            self._without_bulk(error, changes)
            return
        self._copy.add_job(job, self._clock.now())
        self._report.bulk_jobs += 1
        if not self._finish(job, entered_now=True):
            for some in _some(changes, differences.RECORDS_PER_CALL):
                self._in_one_call(some)

    def _came_already(self, changes: Sequence[Change], columns: Sequence[str]) -> bool:
        """Whether a job that was entered without our knowing its number has written this.

        That happens when the process or the connection ends before the answer. A look at some records costs
        one credit, the job five hundred.
        """
        sampled = differences.sample(changes)
        said = self._writer.said(self._module, [one.id for one in sampled], columns)
        return differences.are_there(sampled, said)

    def _filled(self, changes: Sequence[Change], columns: Sequence[str]) -> Iterator[Change]:
        for some in _some(changes, COMPARED_AT_ONCE):
            raws = self._copy.raws([one.id for one in some])
            for one in some:
                held = orjson.loads(raws.get(one.id, "{}"))
                yield Change(one.id, {name: one.values.get(name, held.get(name)) for name in columns})

    def _without_bulk(self, error: NotOffered, changes: Sequence[Change]) -> None:
        self._offers_bulk = False
        self._report.reasons.append(f"written without bulk jobs: {error.what_happened}")
        for some in _some(changes, differences.RECORDS_PER_CALL):
            self._in_one_call(some)

    def _finish(self, job: BulkUpdate, *, entered_now: bool = False) -> bool:
        """Wait for a job and take its result; False when it failed as a whole."""
        try:
            result = self._awaited(job, entered_now=entered_now)
        except NotOffered as error:
            self._copy.end_job(job, self._clock.now(), failed=True)
            self._report.reasons.append(f"bulk job {job.id} failed: {error.what_happened}")
            return False
        again: list[Change] = []
        for some in _some(result, COMPARED_AT_ONCE):
            again += self._written((one.change, one.outcome) for one in some)
        self._copy.end_job(job, self._clock.now(), failed=False)
        for some in _some(again, differences.RECORDS_PER_CALL):
            self._in_one_call(some)
        return True

    def _awaited(self, job: BulkUpdate, *, entered_now: bool) -> Iterator[Any]:
        """A job's outcomes. A look costs a credit: none is had before the job can have ended."""
        waited, pause = 0.0, self._pause(0.0) if entered_now else 0.0
        while waited <= MOST_WAITING_SECONDS:
            self._sleep(pause)
            waited += pause
            result = self._writer.bulk_outcomes(job)
            if result is not None:
                self._job_took = waited
                return result
            pause = self._pause(waited)
        raise Retriable(
            f"Zoho has not finished the bulk job {job.id} within an hour.", "The next run looks at it again."
        )

    def _pause(self, waited: float) -> float:
        """Seconds until the next look; later jobs take about as long as the last one did."""
        surely = self._job_took * SURELY_NOT_BEFORE - waited
        growing = waited * (SHARE_WAITED if self._job_took else 1)
        return min(max(FIRST_LOOK_SECONDS, growing, surely), LONGEST_LOOK_SECONDS)

    def _move_tags(self, wanted: WantedNow) -> None:
        if not self._tags:
            return
        for some in _some(wanted(), COMPARED_AT_ONCE * 5):
            for move in differences.tag_moves(some, self._held(some), self._tags):
                outcomes = self._writer.tag(self._module, move)
                done = tuple(one.id for one in outcomes if one.done)
                self._copy.note_tags(type(move)(move.tag, move.add, done))
                self._report.tags += len(done)
                for one in outcomes:
                    if not one.done:
                        self._report.refuse(one)


def _some(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group
