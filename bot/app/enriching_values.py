"""What enrichment is made of: what is proposed for an account, what was written, how a batch goes. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bot.app.people import Person, Role
from connector.enrichment.values import EnrichedField, Outcome, Technology
from connector.write_ports import OwnValue

MAY_ENRICH_ONE: Final = Role.MEMBER
MAY_ENRICH_MANY: Final = Role.ADMIN
PROPOSAL_HOURS: Final = timedelta(hours=24)
# A site that gave nothing is not read again by the next batch of the same criteria.
NOT_AGAIN_FOR: Final = timedelta(days=30)
OPERATOR_KEY: Final = "operator"
WRITE_REFUSED: Final = "write_refused"
CANCELLED: Final = "cancelled"
INTERRUPTED: Final = "interrupted"  # by the end of the worker; the site itself may be all right
# Every way in which an account of a batch can end; their counts add up to the batch.
RESULTS: Final = (*(one.value for one in Outcome), WRITE_REFUSED, CANCELLED, INTERRUPTED)


def key_of(person: Person) -> str:
    """How proposals and the history name a person."""
    return person.slack_id or person.email or OPERATOR_KEY


@dataclass(frozen=True, slots=True)
class ProposedField:
    """A field of an account as it stands, beside what is proposed for it: a line of a form.

    Attributes:
        field: what it is, of ``EnrichedField``; by it the line is chosen.
        crm_field: the API name of the field that it goes into.
        label: what a person calls that field.
        current: as the CRM gave it; ``current_shown`` for people, empty when it is empty.
        value: what would be written; None when it cannot be.
        proposed: for people.
        confidence: 0 to 1.
        ticked: whether it is chosen to begin with: only what fills an empty field is, and is not elsewhere.
        problem: why it cannot be chosen; None when it can.
        elsewhere: it is a part of an address, and the CRM has parts of another one.
    """

    field: str
    crm_field: str
    label: str
    current: Any
    current_shown: str
    value: OwnValue
    proposed: str
    source_url: str
    quote: str
    method: str
    confidence: float
    ticked: bool
    problem: str | None = None
    elsewhere: bool = False

    @property
    def can_be_chosen(self) -> bool:
        """Whether a person may have it written."""
        return self.problem is None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a provider found for one account, kept here so that only its id has to come back.

    Attributes:
        id: 32 hexadecimal digits; not to be guessed.
        by: the key of the person for whom it was made: nobody else can apply it.
        digest: of all that is proposed, to tell an older form from this one.
        reason: how the reading ended, in a sentence.
    """

    id: str
    account_id: str
    account_name: str
    by: str
    at: datetime
    expires_at: datetime
    provider: str
    outcome: Outcome
    reason: str
    rows: tuple[ProposedField, ...] = ()
    technologies: tuple[Technology, ...] = ()
    digest: str = ""

    @property
    def used(self) -> str:
        """What the site is made with, in words; empty where a row says so."""
        if any(one.field == EnrichedField.TECHNOLOGIES for one in self.rows):
            return ""
        return ", ".join(f"{one.name} ({one.category})" for one in self.technologies)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


class WriteState(StrEnum):
    """What became of one value."""

    WRITING = "writing"  # planned; the CRM was not asked
    ASKED = "asked"  # the CRM was asked, or was about to be: a dead process may have left it so
    WRITTEN = "written"
    REFUSED = "refused"  # by the CRM, or because it would have been wrong to write it
    CHANGED = "changed_meanwhile"
    UNDOING = "undoing"
    UNDONE = "undone"


NOT_SETTLED: Final = (WriteState.WRITING, WriteState.ASKED)
# What can be taken back; a process that died, or an answer that did not come, may have left it half undone.
OURS: Final = (WriteState.WRITTEN, WriteState.UNDOING)


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """One value on its way into the CRM, and what became of it.

    Attributes:
        of: id of the proposal or batch.
        old: what stood there, as the CRM gave it; ``new`` what was written.
        by: key of the person who consented.
        reason: why it was not written, or not taken back.
    """

    of: str
    account_id: str
    field: str
    crm_field: str
    old: Any
    new: OwnValue
    by: str
    at: datetime
    state: WriteState = WriteState.WRITING
    reason: str | None = None
    undone_by: str | None = None
    undone_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Settled:
    """How one value ended."""

    crm_field: str
    state: WriteState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of the fields that a person chose."""

    id: str
    account_name: str
    writes: tuple[FieldWrite, ...]

    @property
    def written(self) -> int:
        """How many are in the CRM."""
        return sum(one.state is WriteState.WRITTEN for one in self.writes)


class BatchState(StrEnum):
    """How far a batch is."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"  # something hinders it that a person has to see to; it can be resumed
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Batch:
    """Accounts that are enriched together.

    Attributes:
        what: the criteria or segment, as it was said.
        day: of the organisation, whose limit it counts for; ISO.
        counts: of accounts by ``RESULTS``, without those that are not finished.
        fields: how often each CRM field was filled.
        reason: why it was stopped.
    """

    id: str
    what: str
    by: str
    place: str
    provider: str
    day: str
    total: int
    state: BatchState
    at: datetime
    finished_at: datetime | None = None
    reason: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> int:
        """How many accounts are over."""
        return sum(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a batch would hold.

    Attributes:
        meeting: accounts that meet the criteria.
        full: of these, how many have no empty field that a batch may fill.
        lately: how many were read without need in the last 30 days.
        held: how many another batch will read, which is not done.
        chosen: how many the batch would hold.
        left_today: how many more the day allows, before this batch.
    """

    meeting: int
    full: int
    lately: int
    chosen: int
    left_today: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of taking values back.

    Attributes:
        undone: how many are as they were before.
        kept: how many say something else by now, and were left as they are.
        refused: how many the CRM did not take back.
    """

    id: str
    undone: int
    kept: int
    refused: int
