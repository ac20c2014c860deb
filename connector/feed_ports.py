"""What the parts of the change feed say to one another: values, and the protocols behind which they stand.

Zoho calls our server when a record changes. What it says is a hint: the record is read again before anything
is believed, and polling goes on at a slower rhythm, because callbacks can be lost without a trace.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """A channel that is asked for, or asked to live longer.

    Attributes:
        channel_id: digits, at most 19, chosen by us.
        token: what Zoho repeats in each callback, at most 50 characters.
    """

    channel_id: str
    module: str
    url: str
    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelOutcome:
    """What Zoho made of an order: until when the channel lives, or why there is none."""

    order: ChannelOrder
    expires_at: datetime | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """A channel as Zoho lists it. ``events`` are ``Deals.all`` and so on; empty when Zoho does not say."""

    channel_id: str
    module: str
    url: str
    token: str | None = field(repr=False)
    expires_at: datetime | None
    events: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeptChannel:
    """A channel as we know it.

    Attributes:
        token: None when it cannot be opened (the secret key was changed): nobody can call back then.
        expires_at: as Zoho said; None while Zoho has not confirmed the channel.
        heard_at: when the last callback came.
        missed_at: when a poll last found changes of which no callback had told.
    """

    channel_id: str
    module: str
    url: str
    token: str | None = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    checked_at: datetime | None = None
    heard_at: datetime | None = None
    missed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """A record that is said to have changed.

    Attributes:
        operation: ``insert``, ``update`` or ``delete``, as it was said.
        fields: the affected fields; None when it was not said.
        times: how often it was hinted at since it was last dealt with.
    """

    module: str
    record_id: str
    operation: str
    fields: frozenset[str] | None = None
    times: int = 1


class ChannelDesk(Protocol):
    """Channels at Zoho. Every method raises ``connector.errors``."""

    def create(self, orders: Sequence[ChannelOrder]) -> tuple[ChannelOutcome, ...]:
        """Make channels, or let existing ones live longer."""
        ...

    def channels(self) -> tuple[LiveChannel, ...]:
        """Every channel that the credentials may see."""
        ...

    def delete(self, channel_ids: Collection[str]) -> None:
        """End channels; those that do not exist are no error."""
        ...
