"""What enrichment needs from the world: accounts, the CRM's records, and a memory of what was done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.app.enriching_values import Batch, BatchState, FieldWrite, Proposed, Settled, WriteState
from connector.enrichment.values import Company, CompanyReading, Proposal
from connector.ports import FieldDescription
from connector.write_ports import Change, Outcome, OwnValue


class CrmRecords(Protocol):
    """The CRM's records, to be read and written now. Every method raises ``connector.errors``."""

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields that a module has now, with their lengths."""
        ...

    def said(
        self, module: str, ids: Sequence[str], names: Sequence[str]
    ) -> Mapping[str, Mapping[str, object]]:
        """What at most 100 records say now, by id and API name."""
        ...

    def set_fields(
        self, module: str, identifier: str, values: Mapping[str, Any], unmodified_since: datetime | None
    ) -> None:
        """Change one record, unless somebody else has changed it meanwhile (Conflict)."""
        ...

    def update(
        self, module: str, changes: Sequence[Change], *, unmodified_since: datetime | None = None
    ) -> tuple[Outcome, ...]:
        """Change at most 100 records, without triggering workflows; an outcome for each, in order.

        Nothing is written when one of them was changed after ``unmodified_since`` (Conflict), or that one is
        left out (``changed_since`` of its outcome).
        """
        ...


class EnrichableAccounts(Protocol):
    """The local copy of the accounts."""

    def meeting(self, criteria: str) -> Sequence[str]:
        """The ids of the accounts that meet criteria, ascending.

        Raises:
            UserError: the criteria do not fit the fields.
        """
        ...

    def company(self, account: str) -> Company:
        """The account of that id or name.

        Raises:
            UserError: there is none, or several.
        """
        ...

    def seen(self, ids: Collection[str]) -> frozenset[str]:
        """Those that whoever asks sees (``bot.app.scope``): ``meeting`` and ``company`` keep to them."""
        ...

    def companies(self, ids: Collection[str]) -> Sequence[tuple[Company, Mapping[str, Any]]]:
        """Accounts, with all that the copy has of each by API name; in the order of the ids."""
        ...

    def fields(self) -> tuple[FieldDescription, ...]:
        """The fields of accounts as the copy has them, without lengths."""
        ...

    def today(self) -> date:
        """The organisation's present day, in its time zone."""
        ...

    def note_written(self, written: Mapping[str, Mapping[str, OwnValue]]) -> None:
        """The CRM holds these values now, by account and API name; the accounts are to be scored again."""
        ...


class Proposals(Protocol):
    """What was proposed, for 24 hours."""

    def add(self, proposed: Proposed) -> None:
        """Keep it, and forget those that are over."""
        ...

    def find(self, proposal_id: str) -> Proposed | None:
        """The one of that id; None when there is none, or what is kept is not what was proposed."""
        ...


class Writes(Protocol):
    """Every value that enrichment wrote, or meant to. A value is planned once and settled once."""

    def plan(self, writes: Sequence[FieldWrite]) -> None:
        """Note what is about to be written; what was planned before stays as it is."""
        ...

    def settle(self, of: str, settled: Mapping[str, Sequence[Settled]]) -> None:
        """Note how values ended that were being written, by account."""
        ...

    def of(self, of: str, account_ids: Sequence[str] | None = None) -> tuple[FieldWrite, ...]:
        """The values of a proposal or batch, of all its accounts or of some; the oldest first."""
        ...

    def recent(
        self, limit: int, *, account_id: str | None = None, by: str | None = None, of_batches: bool = False
    ) -> tuple[FieldWrite, ...]:
        """The latest of single proposals, or of batches; those that are being written left out.

        Of accounts that whoever asks sees (``bot.app.scope``), the newest first.

        Args:
            limit: of values.
            account_id: of this account only.
            by: that this person has consented to.
            of_batches: those of batches instead.
        """
        ...

    def move(
        self, writes: Sequence[FieldWrite], given: Sequence[WriteState], changes: Mapping[str, Any]
    ) -> tuple[FieldWrite, ...]:
        """Change values that have one of these states; gives those that had."""
        ...


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """An account of a batch whose site was read, and whose values are not settled yet."""

    account_id: str
    name: str
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How an account of a batch ended: one of ``RESULTS``, and a sentence."""

    account_id: str
    result: str
    reason: str


@dataclass(frozen=True, slots=True)
class AccountResult:
    """An account of a batch for the eye."""

    account_id: str
    name: str
    state: str
    result: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class BatchJob:
    """The job that works on a batch: once per kind and slot."""

    kind: str
    slot: str
    args: Mapping[str, Any]


class Entered(StrEnum):
    """How entering a batch ended."""

    DONE = "done"
    TOO_MANY = "too_many"  # for what is left of the day's share
    OVERTAKEN = "overtaken"  # another batch has just taken one of the accounts


class Batches(Protocol):
    """Batches and their accounts: waiting, begun, read, done. The database lets each step be taken once."""

    def left(self, day: date, most: int) -> int:
        """How many accounts of a day are left of so many."""
        ...

    def enter(
        self, batch: Batch, companies: Sequence[Company], most_a_day: int, job: BatchJob | None
    ) -> Entered:
        """Take the accounts from the day's share, and keep the batch and its job: all of it or nothing."""
        ...

    def find(self, batch_id: str) -> Batch | None:
        """A batch with its counts; None when there is none."""
        ...

    def recent(self, limit: int) -> tuple[Batch, ...]:
        """The latest batches."""
        ...

    def accounts(self, batch_id: str) -> tuple[AccountResult, ...]:
        """Every account of a batch, by name."""
        ...

    def read_since(self, ids: Collection[str], since: datetime) -> frozenset[str]:
        """Those of some accounts that a batch has read since then."""
        ...

    def held(self, ids: Collection[str]) -> frozenset[str]:
        """Those of some accounts that wait for a batch, or are begun."""
        ...

    def turn(self) -> AbstractContextManager[bool]:
        """The right to work on batches; False while another process does, whichever the batch."""
        ...

    def mark(self, batch_id: str, state: BatchState, reason: str | None = None) -> None:
        """Note how far it is."""
        ...

    def claim(self, batch_id: str, most: int) -> tuple[Company, ...]:
        """Some that wait, which are begun from now on; none when none waits."""
        ...

    def give_back(self, batch_id: str, ids: Collection[str]) -> None:
        """Let begun ones wait again."""
        ...

    def cancel(self, batch_id: str, reason: str) -> int:
        """Those that wait are over, unread, and the day has their share again; how many they were."""
        ...

    def orphans(self, batch_id: str) -> tuple[str, ...]:
        """Those that were begun by a process that is not there any more."""
        ...

    def keep(self, batch_id: str, reading: CompanyReading) -> None:
        """Keep what was read of a begun account; it is over unless something was found."""
        ...

    def unwritten(self, batch_id: str, most: int) -> tuple[ReadAccount, ...]:
        """Some whose findings are not settled."""
        ...

    def end(self, batch_id: str, ended: Sequence[Ended], *, interrupted: bool = False) -> None:
        """Accounts are over; those that are over already stay as they are."""
        ...
