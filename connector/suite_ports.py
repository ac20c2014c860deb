"""What Zoho's other products tell of customers: one kind of event, one small port for every source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Quality = Literal["exact", "sent_time", "day"]
Direction = Literal["in", "out"]
# What the customer or we wrote is kept to this many characters: enough to read its mood and its words.
LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class EngagementEvent:
    """Something that happened between a customer and us.

    Attributes:
        source: crm.emails, crm.calls, campaigns, desk, salesiq, survey …
        raw_id, event_type: with the source the key: the same event read twice is one event.
        occurred_at: when; ``quality`` says how well that is known.
        email: of the customer, lower case.
        contact_id, account_id: CRM ids, where the source itself knows them.
        object_key: what it was about: a campaign, a ticket, an e-mail.
        score: a rating or mood in hundredths, -100 to 100; None where the source gives none.
        raw: JSON text of what it was made of, without long texts.
    """

    source: str
    raw_id: str
    event_type: str
    occurred_at: datetime
    quality: Quality = "exact"
    email: str | None = None
    contact_id: str | None = None
    account_id: str | None = None
    object_key: str | None = None
    direction: Direction | None = None
    text: str | None = field(default=None, repr=False)
    score: int | None = None
    raw: str = field(default="{}", repr=False)


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, as they came together.

    Attributes:
        after: where reading goes on behind them, for the next page or the next process; opaque. None on the
            last page.
        notes: what could not be read and why, for the report.
    """

    events: tuple[EngagementEvent, ...]
    after: str | None = None
    notes: tuple[str, ...] = ()


class EventSource(Protocol):
    """One product's events. Every method raises the errors of ``connector.errors``."""

    @property
    def name(self) -> str:
        """Of the source, as in its events."""
        ...

    def pages(self, since: datetime, after: str | None) -> Iterator[EventPage]:
        """What happened or changed since an instant, at least one page; resumed behind ``after``."""
        ...


@dataclass(frozen=True, slots=True)
class EventCursor:
    """How far a source has been read. ``position`` is None when no reading is under way."""

    source: str
    position: str | None = None
    high_water: datetime | None = None
    completed_at: datetime | None = None
    rows_read: int = 0


class EventStore(Protocol):
    """Where events are kept."""

    def cursor(self, source: str) -> EventCursor:
        """How far a source has been read."""
        ...

    def write(self, events: Sequence[EngagementEvent], cursor: EventCursor) -> int:
        """Keep events and the place behind them, in one transaction; how many are new or different.

        An event whose source knows no account is given the account of its contact, or of the one contact
        with its e-mail.
        """
        ...

    def link(self) -> int:
        """Give accounts to events that had none, because their contact has come into the copy since."""
        ...
