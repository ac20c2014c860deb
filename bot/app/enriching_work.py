"""Working on a batch: read, write what fills empty fields, count. Every account once, whatever breaks.

An account waits, is begun, is read, and is over; each step is taken in the database before or after what it
stands for, so that a process that dies loses nothing but what it had in its hands: accounts whose site was
being read are over as interrupted, since they may have been read, and are found by the next batch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from bot.app.enriching import ACTION, GONE, CrmSide, Writer, judged
from bot.app.enriching_fit import fillable, proposed_rows
from bot.app.enriching_ports import Batches, Ended, ReadAccount, Writes
from bot.app.enriching_values import (
    INTERRUPTED,
    WRITE_REFUSED,
    Batch,
    BatchState,
    FieldWrite,
    Settled,
    WriteState,
)
from bot.app.errors import BellwetherError, UserError
from bot.app.ports import Audit, Clock
from connector.enrichment.values import Company, Outcome, Provider
from connector.errors import ConnectorError
from connector.ports import FieldDescription
from connector.write_ports import Change
from connector.write_ports import Outcome as WriteOutcome

# As many as the crawler reads at the same time: so many may be interrupted when a process is killed.
HANDED_AT_ONCE: Final = 20
WRITTEN_AT_ONCE: Final = 100  # Zoho CRM, records of one update
WORKER_ENDED: Final = "The worker ended while the site was read; another batch will read it."
SILENT: Final = "The provider said nothing."
NOTHING_EMPTY: Final = "Nothing was found for the fields that are empty."

log = structlog.get_logger(__name__)
Told = Callable[[int, int], None]  # accounts that are read, accounts in all


class BusyError(UserError):
    """Another process is enriching accounts at this moment; one batch is worked on at a time."""


@dataclass(frozen=True)
class BatchWork:
    """Does the work of batches.

    Attributes:
        provider: the one that is set up, built when it is first asked for.
    """

    crm: CrmSide
    batches: Batches
    writes: Writes
    provider: Callable[[], Provider]
    audit: Audit
    clock: Clock

    def run(self, batch_id: str, told: Told, stopped: Callable[[], bool]) -> Batch | None:
        """Work on a batch until it is done, or ``stopped`` says so; None when there is no such batch.

        Raises:
            BusyError: another process works on a batch.
            ConnectorError: the CRM or the provider as a whole does not answer. Nothing is lost.
            ConfigurationError: the provider is not set up.
        """
        batch = self.batches.find(batch_id)
        if batch is None or batch.state is BatchState.DONE:
            return batch
        with self.batches.turn() as mine:
            if not mine:
                raise BusyError
            self.batches.mark(batch_id, BatchState.RUNNING)
            try:
                done = self._work(batch, told, stopped)
            except (BellwetherError, ConnectorError) as error:
                self.batches.mark(batch_id, BatchState.STOPPED, error.what_happened)
                raise
            if done:
                self.batches.mark(batch_id, BatchState.DONE)
                self._tell_audit(batch)
        return self.batches.find(batch_id)

    def _work(self, batch: Batch, told: Told, stopped: Callable[[], bool]) -> bool:
        """False when it was asked to stop before its end."""
        orphans = self.batches.orphans(batch.id)
        ended = [Ended(one, INTERRUPTED, WORKER_ENDED) for one in orphans]
        self.batches.end(batch.id, ended, interrupted=True)
        provider = self.provider()
        filling = _Filling(self, batch)
        filling.rest()  # what an earlier process has read
        while not stopped():
            companies = self.batches.claim(batch.id, HANDED_AT_ONCE)
            if not companies:
                return True
            self._read(batch, provider, companies, told, stopped)
            filling.rest()
            self._tell(batch, told)
        return False

    def _read(
        self,
        batch: Batch,
        provider: Provider,
        companies: Sequence[Company],
        told: Told,
        stopped: Callable[[], bool],
    ) -> None:
        """Have some begun accounts read; those that were not, because of an orderly end, wait again."""
        pending = {one.account_id: one for one in companies}
        now = self.batches.find(batch.id)
        over = len(companies) + (now.finished if now is not None else 0)
        readings = provider.read(companies)
        try:
            for reading in readings:
                if pending.pop(reading.company.account_id, None) is not None:
                    self.batches.keep(batch.id, reading)
                    told(over - len(pending), batch.total)
                if stopped():
                    break
            if not stopped():  # a provider that is asked to stop too says nothing of those that are left
                silent = [Ended(one, Outcome.UNREACHABLE.value, SILENT) for one in pending]
                self.batches.end(batch.id, silent)
                pending.clear()
        except (ConnectorError, BellwetherError, KeyboardInterrupt):
            self.batches.give_back(batch.id, pending)
            raise
        if pending:
            if isinstance(readings, Generator):
                readings.close()
            self.batches.give_back(batch.id, pending)

    def _tell(self, batch: Batch, told: Told) -> None:
        now = self.batches.find(batch.id)
        if now is not None:
            told(now.finished, now.total)

    def _tell_audit(self, batch: Batch) -> None:
        now = self.batches.find(batch.id)
        counts = ", ".join(f"{name} {count}" for name, count in now.counts.items() if count) if now else ""
        self.audit.record(batch.by, ACTION, f"batch {batch.id}", f"done: {counts}", "worker")


class _Filling:
    """Writes what was read into fields that are empty at this moment."""

    def __init__(self, work: BatchWork, batch: Batch) -> None:
        self._work = work
        self._batch = batch
        self._writer = Writer(work.crm, work.writes)
        self._fields: Mapping[str, FieldDescription] | None = None

    def rest(self) -> None:
        """Settle every account that was read."""
        while found := self._work.batches.unwritten(self._batch.id, WRITTEN_AT_ONCE):
            self._fill(found)

    def _fill(self, found: Sequence[ReadAccount]) -> None:
        crm = self._work.crm
        if self._fields is None:  # once for a run: options and lengths may be edited, but rarely are
            self._fields = crm.fields()
        ids, names = [one.account_id for one in found], crm.names(self._fields)
        records = crm.records().said(crm.module, ids, names)
        self._plan(found, records)
        planned = _by_account(self._work.writes.of(self._batch.id, ids))
        settled: dict[str, list[Settled]] = {}
        changes: list[Change] = []
        for one in found:
            sound, over = self._judge(planned.get(one.account_id, ()), records.get(one.account_id))
            settled[one.account_id] = over
            if sound:
                changes.append(Change(one.account_id, {write.crm_field: write.new for write in sound}))
        for account_id, some in self._written(changes).items():
            settled[account_id] += some
        self._writer.settle_written(self._batch.id, settled, planned)
        after = _by_account(self._work.writes.of(self._batch.id, ids))
        ended = [_ended(one.account_id, after.get(one.account_id, ()), gone=one.account_id not in records)
                 for one in found]  # fmt: skip
        self._work.batches.end(self._batch.id, ended)

    def _plan(self, found: Sequence[ReadAccount], records: Mapping[str, Mapping[str, Any]]) -> None:
        """Plan for accounts that no earlier process has planned for."""
        into, fields = self._work.crm.settings.fields, self._fields or {}
        known = _by_account(self._work.writes.of(self._batch.id, [one.account_id for one in found]))
        now = self._work.clock.now()
        wanted = [
            FieldWrite(
                self._batch.id, one.account_id, row.field, row.crm_field, row.current, row.value,
                self._batch.by, now,
            )
            for one in found
            if one.account_id in records and one.account_id not in known
            for row in fillable(proposed_rows(one.proposals, into, fields, records[one.account_id]), into)
        ]  # fmt: skip
        self._work.writes.plan(wanted)

    def _judge(
        self, planned: Sequence[FieldWrite], record: Mapping[str, Any] | None
    ) -> tuple[list[FieldWrite], list[Settled]]:
        open_ones = [one for one in planned if one.state is WriteState.WRITING]
        if record is None:
            return [], [Settled(one.crm_field, WriteState.REFUSED, GONE) for one in open_ones]
        return judged(open_ones, record)

    def _written(self, changes: Sequence[Change]) -> dict[str, list[Settled]]:
        """Write; a field that is refused is left out, and the others are tried without it."""
        found: dict[str, list[Settled]] = {one.id: [] for one in changes}
        left = list(changes)
        while left:
            outcomes, again = self._update(left), []
            for change, outcome in zip(left, outcomes, strict=True):
                some, rest = _after(change, outcome)
                found[change.id] += some
                if rest:
                    again.append(Change(change.id, rest))
            left = again
        return found

    def _update(self, changes: Sequence[Change]) -> tuple[WriteOutcome, ...]:
        crm = self._work.crm
        return crm.write_as(self._batch.by, lambda records: records.update(crm.module, changes))


def _after(change: Change, outcome: WriteOutcome) -> tuple[list[Settled], dict[str, Any]]:
    """How a record's values ended, and those to be tried once more without what was refused."""
    if outcome.done:
        return [Settled(name, WriteState.WRITTEN) for name in change.values], {}
    why = " ".join(part for part in (outcome.code, outcome.message) if part)
    refused = outcome.field
    if refused is not None and refused in change.values and len(change.values) > 1:
        rest = {name: value for name, value in change.values.items() if name != refused}
        return [Settled(refused, WriteState.REFUSED, why)], rest
    return [Settled(name, WriteState.REFUSED, why) for name in change.values], {}


def _ended(account_id: str, writes: Sequence[FieldWrite], *, gone: bool) -> Ended:
    """What an account counts as: enriched when one value at least stands in the CRM."""
    written = [one.crm_field for one in writes if one.state is WriteState.WRITTEN]
    if written:
        return Ended(account_id, Outcome.FOUND.value, f"Filled {', '.join(written)}.")
    if gone:
        return Ended(account_id, WRITE_REFUSED, GONE)
    refused = [one for one in writes if one.state is WriteState.REFUSED]
    if refused:
        return Ended(account_id, WRITE_REFUSED, f"{refused[0].crm_field}: {refused[0].reason}")
    return Ended(account_id, Outcome.NOTHING_FOUND.value, NOTHING_EMPTY)


def _by_account(writes: Sequence[FieldWrite]) -> dict[str, list[FieldWrite]]:
    found: dict[str, list[FieldWrite]] = {}
    for one in writes:
        found.setdefault(one.account_id, []).append(one)
    return found
