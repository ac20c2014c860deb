"""What the use cases need from the world. Each port has one adapter in ``bot.store`` or ``bot.slack``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from bot.app.answers import AccountCard, AccountLine, Group
from bot.app.notices import AlertNotice
from bot.app.tables import Picture
from bot.language.question import Question, Sort
from scoring.criteria.fields import Catalog
from scoring.criteria.tree import Fact, Node


class Clock(Protocol):
    """Time. Injected, so that tests and the demo can move it."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A claimed message: values to draw, and what is known of earlier attempts."""

    id: int
    kind: str
    channel: str
    payload: Mapping[str, Any]
    attempts: int
    maybe_sent_since: datetime | None  # an earlier attempt may have been delivered: look before sending again


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands in Slack."""

    channel: str
    ts: str


class Chat(Protocol):
    """Slack, as the delivery sees it. Errors are those of ``bot.app.errors``."""

    def post(self, message: OutboxMessage) -> Posted:
        """Draw and post a message, with its outbox id in the metadata.

        Raises:
            SendLater: nothing was posted; try again after the given time.
            SendUnclear: it may have been posted; look before trying again.
            SendNever: it will never work; the reason is for an administrator.
        """
        ...

    def find_posted(self, message: OutboxMessage) -> Posted | None:
        """Look for a message that an earlier attempt may have posted, by the outbox id in its metadata."""
        ...

    def edit(self, posted: Posted, kind: str, payload: Mapping[str, Any]) -> None:
        """Draw a message again in place, from new values."""
        ...


class Outbox(Protocol):
    """Messages waiting to be sent."""

    def claim(self, holder: str, lease: timedelta) -> OutboxMessage | None:
        """Take the oldest due message nobody holds; at most one per channel and second."""
        ...

    def address(self, message_id: int, channel: str, note: str | None) -> None:
        """Say in which channel a message to a person goes, and give it back to be claimed for it."""
        ...

    def settle_sent(self, message_id: int, posted: Posted) -> None:
        """It stands in Slack; also tells the alert where."""
        ...

    def settle_later(self, message_id: int, after: timedelta, error: str, *, unclear: bool) -> None:
        """Try again later; ``unclear`` when it may have been posted."""
        ...

    def settle_never(self, message_id: int, error: str) -> None:
        """Give up, keeping the reason."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed piece of work."""

    id: int
    kind: str
    slot: str
    args: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class NewJob:
    """A piece of work to be entered, in one transaction with what makes it necessary."""

    kind: str
    slot: str
    args: Mapping[str, Any]
    due_at: datetime


class Jobs(Protocol):
    """Work to be done once per (kind, slot)."""

    def enqueue(self, kind: str, slot: str, args: Mapping[str, Any], due_at: datetime) -> int | None:
        """Add a job; None when that slot exists already."""
        ...

    def claim(self, holder: str, lease: timedelta, kinds: Sequence[str] = ()) -> Job | None:
        """Take the oldest due job that nobody holds."""
        ...

    def progress(self, job_id: int, holder: str, lease: timedelta, progress: Mapping[str, Any]) -> None:
        """Say how far it is, and keep the lease."""
        ...

    def settle(self, job_id: int, *, result: Mapping[str, Any] | None, error: str | None) -> None:
        """It is done, or has failed for good."""
        ...

    def last_slot(self, kind: str) -> str | None:
        """The newest slot of a kind that was ever enqueued, for catching up."""
        ...


class Audit(Protocol):
    """The append-only record of everything that changes something."""

    def record(self, actor: str, action: str, target: str, outcome: str, place: str) -> None:
        """Add one line."""
        ...


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account's id and name, for recognising it in a sentence."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class NamedUser:
    """A CRM user, for recognising owners in a sentence."""

    id: str
    name: str
    email: str | None
    manager_id: str | None


@dataclass(frozen=True, slots=True)
class OrganisationWords:
    """The organisation's own words, from which the question language builds its vocabulary.

    Attributes:
        values: canonical field name -> the values that occur or may occur (industries, cities, states,
            countries, kinds, stages, labels by ``label``).
        products: what is sold: id -> name.
        technologies: names of what a company's site may be made with.
    """

    accounts: tuple[NamedAccount, ...]
    users: tuple[NamedUser, ...]
    values: Mapping[str, tuple[str, ...]]
    products: Mapping[str, str] = field(default_factory=dict)
    technologies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was asked at one place, by one person.

    Attributes:
        questions: the question of now last, those before each refinement before it.
        offset: how many accounts of the list have been shown before the page that stands there.
        shown: how many are on that page.
    """

    questions: tuple[Question, ...]
    offset: int = 0
    shown: int = 0


class Conversations(Protocol):
    """What was asked where, so that any process can answer a follow-up."""

    def load(self, key: str) -> Conversation | None:
        """The conversation at a place; None when there is none, or it is too old."""
        ...

    def save(self, key: str, conversation: Conversation) -> None:
        """Keep it. That it could not be kept is logged, and takes no answer away."""
        ...


@dataclass(frozen=True, slots=True)
class Miss:
    """A sentence that was not understood, however often and by whomever it was typed.

    Attributes:
        text: as it was typed, folded and cut short.
        words: those that meant nothing.
        reason: what was answered the last time.
    """

    id: int
    text: str
    words: tuple[str, ...]
    reason: str
    count: int
    first_at: datetime
    last_at: datetime


class Misses(Protocol):
    """Sentences that were not understood."""

    def count(self, text: str, words: Sequence[str], reason: str) -> None:
        """Count one more. That it could not be written is logged, and takes no answer away."""
        ...

    def recent(self, limit: int) -> tuple[Miss, ...]:
        """Those that were typed most often, of equal ones the latest first."""
        ...

    def forget(self, miss_id: int, *, keep: bool = True) -> bool:
        """Forget one; False when there is none of that number. Without ``keep`` only look."""
        ...


class Pictures(Protocol):
    """Drawing."""

    def png(self, picture: Picture) -> bytes:
        """The picture as PNG, light, readable, with its title and subtitle.

        Raises:
            NotDrawn: it cannot be drawn now (bot.app.picturing); a sentence for the person.
        """
        ...


class AccountBook(Protocol):
    """Reading accounts with their scores: criteria in, values out; CriteriaError for unknown fields."""

    def catalog(self) -> Catalog:
        """The fields that a question may use."""
        ...

    def words(self) -> OrganisationWords:
        """The organisation's own words."""
        ...

    def page(
        self,
        criteria: Node,
        sort: Sequence[Sort],
        limit: int,
        offset: int = 0,
        further: Sequence[str | Fact] = (),
    ) -> list[AccountLine]:
        """Accounts that meet the criteria, sorted; ties by name and then id; empty values last.

        Args:
            criteria: which accounts.
            sort: the keys, the first one first.
            limit: how many at most.
            offset: how many to pass over.
            further: names of fields, and facts, whose values ``AccountLine.further`` is to have.
        """
        ...

    def count(self, criteria: Node) -> int:
        """How many accounts meet the criteria."""
        ...

    def breakdown(self, criteria: Node, field_name: str) -> list[Group]:
        """How many per value of a field, largest first; accounts without a value last, as None."""
        ...

    def card(self, account_id: str) -> AccountCard | None:
        """Everything that is told of one account; None when there is no such account."""
        ...

    def edition(self) -> Hashable:
        """What ``words`` and ``catalog`` were read from: another value when they may have changed."""
        ...

    def as_of(self) -> datetime | None:
        """When the cache last agreed with the CRM; None before the first complete sync."""
        ...

    def currency(self) -> str:
        """ISO code of the organisation's currency."""
        ...

    def today(self) -> date:
        """The organisation's present day, in its time zone."""
        ...


@dataclass(frozen=True, slots=True)
class SlackProfile:
    """A Slack user, as Slack tells it."""

    name: str
    email: str | None
    is_guest: bool
    is_bot: bool


class Directory(Protocol):
    """Slack's people."""

    def profile(self, slack_id: str) -> SlackProfile | None:
        """Who this is; None when Slack does not know.

        Raises:
            SendError: Slack could not be asked.
        """
        ...


class AlertRecords(Protocol):
    """Alerts as they stand."""

    def notice(self, alert_id: int) -> AlertNotice | None:
        """The alert as it stands now; None when there is no such alert."""
        ...

    def open_ones(self, owner_id: str | None, limit: int) -> tuple[AlertNotice, ...]:
        """Alerts nobody has taken, newest first: of one owner's accounts and given to them, or of all."""
        ...

    def postings(self, alert_id: int) -> tuple[Posted, ...]:
        """Every place where the alert's message stands: its own first, then copies to further people."""
        ...


class ConfigVersions(Protocol):
    """The published versions of the configuration document."""

    def latest(self) -> tuple[int, str] | None:
        """Number and text of the version in force; None when none was published."""
        ...

    def document(self, version: int) -> str | None:
        """The text of a version."""
        ...
