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

from bot.app.enriching import ACTION, GONE, TRIES, CrmSide, Writer
from bot.app.enriching_fit import fillable, proposed_rows
from bot.app.enriching_judged import MODIFIED, judged, unmodified_since
from bot.app.enriching_ports import Batches, Ended, ReadAccount, Writes
from bot.app.enriching_values import (
    INTERRUPTED,
    MAY_ENRICH_MANY,
    NOT_SETTLED,
    WRITE_REFUSED,
    Batch,
    BatchState,
    FieldWrite,
    Settled,
    WriteState,
)
from bot.app.errors import BellwetherError, UserError
from bot.app.people import NOT_ASKED, Person
from bot.app.ports import Audit, Clock
from connector.enrichment.values import ERROR_OF_OURS, Company, CompanyReading, Outcome, Provider
from connector.errors import Conflict, ConnectorError, Retriable
from connector.ports import FieldDescription
from connector.write_ports import Change
from connector.write_ports import Outcome as WriteOutcome

# As many as the crawler reads at the same time: so many may be interrupted when a process is killed.
HANDED_AT_ONCE: Final = 20
WRITTEN_AT_ONCE: Final = 100  # Zoho CRM, records of one update
WORKER_ENDED: Final = "The worker ended while the site was read; another batch will read it."
ANOTHER: Final = "An administrator can resume it, or cancel it."
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
        person: who is behind a key of the history, and what they may do now.
    """

    crm: CrmSide
    batches: Batches
    writes: Writes
    provider: Callable[[], Provider]
    audit: Audit
    clock: Clock
    person: Callable[[str], Person]

    def run(
        self, batch_id: str, told: Told, stopped: Callable[[], bool], by: str | None = None
    ) -> Batch | None:
        """Work on a batch until it is done, or ``stopped`` says so; None when there is no such batch.

        Args:
            batch_id: which.
            told: called now and then.
            stopped: whether it is to be left.
            by: who had it resumed; None is who entered it. Rights may have been taken since, even meanwhile.

        Raises:
            BusyError: another process works on a batch.
            UserError: that person may not do it any more.
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
                done = self._work(batch, told, stopped, by or batch.by)
            except (BellwetherError, ConnectorError) as error:
                self.batches.mark(batch_id, BatchState.STOPPED, error.what_happened)
                raise
            if done:
                self.batches.mark(batch_id, BatchState.DONE)
                self._tell_audit(batch)
        return self.batches.find(batch_id)

    def _work(self, batch: Batch, told: Told, stopped: Callable[[], bool], by: str) -> bool:
        """False when it was asked to stop before its end."""
        orphans = self.batches.orphans(batch.id)
        ended = [Ended(one, INTERRUPTED, WORKER_ENDED) for one in orphans]
        self.batches.end(batch.id, ended, interrupted=True)
        self._check(by)
        provider = self.provider()
        filling = _Filling(self, batch)
        filling.rest()  # what an earlier process has read
        while not stopped():
            companies = self.batches.claim(batch.id, HANDED_AT_ONCE)
            if not companies:
                return True
            self._read(batch, provider, companies, told, stopped)
            self._check(by)  # what was read is kept, for whoever resumes the batch
            filling.rest()
            self._tell(batch, told)
        return False

    def _check(self, by: str) -> None:
        person = self.person(by)
        if person.refusal == NOT_ASKED:
            raise Retriable(NOT_ASKED)
        if not person.may(MAY_ENRICH_MANY):
            raise UserError("Who asked for it may not enrich many accounts any more.", ANOTHER)

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
        readings = self._each(provider, companies)
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
            readings.close()
            self.batches.give_back(batch.id, pending)

    def _each(
        self, provider: Provider, companies: Sequence[Company]
    ) -> Generator[CompanyReading, None, None]:
        """A provider's readings; after an error that nobody expected, of those that are left one by one.

        Such an error, an answer of a shape that nobody has seen, is of one company: it would end the batch at
        the same one each time that it is resumed.
        """
        left = {one.account_id: one for one in companies}
        try:
            for reading in provider.read(companies):
                left.pop(reading.company.account_id, None)
                yield reading
        except (ConnectorError, BellwetherError):
            raise
        except Exception:
            log.exception("provider_error", provider=provider.name)
            for company in left.values():
                yield from self._alone(provider, company)

    def _alone(self, provider: Provider, company: Company) -> tuple[CompanyReading, ...]:
        try:
            return tuple(provider.read([company]))
        except (ConnectorError, BellwetherError):
            raise
        except Exception:
            log.exception("site_not_read", account=company.account_id)
            now = self.clock.now()
            return (CompanyReading(company, Outcome.UNREACHABLE, ERROR_OF_OURS, now),)

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
        ids = [one.account_id for one in found]
        records = self._said(ids)
        self._plan(found, records)
        for attempt in range(TRIES):
            if not self._open(ids):
                break
            records = self._said(ids) if attempt else records
            self._attempt(ids, records)
        for account_id in self._open(ids):  # one that others keep changing must not keep the others out
            self._writer.write(self._batch.id, account_id, crm.names(self._fields))
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

    def _said(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        crm = self._work.crm
        return crm.records().said(crm.module, ids, [*crm.names(self._fields or {}), MODIFIED])

    def _open(self, ids: Sequence[str]) -> dict[str, list[FieldWrite]]:
        """What is planned and not settled, by account."""
        planned = self._work.writes.of(self._batch.id, ids)
        return _by_account([one for one in planned if one.state in NOT_SETTLED])

    def _attempt(self, ids: Sequence[str], records: Mapping[str, Mapping[str, Any]]) -> None:
        """Write what still says what these records say, all of it in one call; settle what is over by then.

        Open stays a record that was changed behind our look, and the rest of one that had a field refused.
        """
        planned = self._open(ids)
        settled: dict[str, list[Settled]] = {}
        sound: list[FieldWrite] = []
        for account_id, some in planned.items():
            still, settled[account_id] = _judge(some, records.get(account_id))
            sound += still
        if sound:
            self._writer.ask(sound)
            for account_id, ended in self._write(_by_account(sound), records).items():
                settled[account_id] += ended
        self._writer.settle_written(self._batch.id, settled, planned)

    def _write(
        self, sound: Mapping[str, Sequence[FieldWrite]], records: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, list[Settled]]:
        """How values ended that the CRM has judged; none when it was changed meanwhile."""
        changes = [Change(one, {write.crm_field: write.new for write in some}) for one, some in sound.items()]
        crm, since = self._work.crm, unmodified_since(records[one] for one in sound)
        try:
            outcomes = crm.write_as(
                self._batch.by,
                lambda written: written.update(crm.module, changes, unmodified_since=since),
            )
        except Conflict:
            log.info("enrichment_conflict", batch=self._batch.id)
            return {}
        return {one.id: _after(one, outcome) for one, outcome in zip(changes, outcomes, strict=True)}


def _judge(
    planned: Sequence[FieldWrite], record: Mapping[str, Any] | None
) -> tuple[list[FieldWrite], list[Settled]]:
    if record is None:
        return [], [Settled(one.crm_field, WriteState.REFUSED, GONE) for one in planned]
    return judged(planned, record)


def _after(change: Change, outcome: WriteOutcome) -> list[Settled]:
    """How a record's values ended, without those that may be tried once more: beside what was refused."""
    if outcome.done:
        return [Settled(name, WriteState.WRITTEN) for name in change.values]
    if outcome.changed_since:
        return []
    why = " ".join(part for part in (outcome.code, outcome.message) if part)
    refused = outcome.field if outcome.field in change.values else None
    return [Settled(name, WriteState.REFUSED, why) for name in change.values if refused in {None, name}]


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
