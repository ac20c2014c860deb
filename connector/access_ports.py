"""What lets us call Zoho: tokens that all processes share, and the ledger that every call is booked in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, where it may be sent to (``https://host``), and until when it works."""

    value: str = field(repr=False)
    api_domain: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenLease:
    """The right to renew a token until the lease ends."""

    name: str
    holder: str


class TokenShelf(Protocol):
    """Where every process finds the current access token; kept sealed."""

    def token(self, name: str) -> AccessToken | None:
        """What lies there, expired or not."""
        ...

    def lease(self, name: str, holder: str, now: datetime, until: datetime) -> TokenLease | None:
        """Take the right to renew; None while another holds it."""
        ...

    def put(self, lease: TokenLease, token: AccessToken) -> None:
        """Lay a renewed token there and give the lease back."""
        ...

    def release(self, lease: TokenLease, not_before: datetime | None) -> None:
        """Give the lease back without a token; nobody gets it before the given instant."""
        ...

    def discard(self, name: str, value: str) -> None:
        """Take this token away, unless another lies there by now."""
        ...

    def drop(self, name: str) -> None:
        """Take away whatever lies there, and the place itself."""
        ...


@dataclass(frozen=True, slots=True)
class Granted:
    """What a person's consent has given: a refresh token, and which CRM user they are.

    Attributes:
        active: whether that user is.
    """

    refresh_token: str = field(repr=False)
    user_id: str
    active: bool


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call of one of Zoho's APIs, as it is booked.

    Attributes:
        api: whose limits it counts against: ``crm``, ``finance:<organisation id>``, ``desk`` …
        name: method and path without ids, for people: ``GET Deals``, ``COQL 2000``, ``bulk read``.
        credits: its price; in Finance every call is one.
    """

    api: str
    name: str
    credits: int = 1


class CallBook(Protocol):
    """The ledger and the budget of all processes."""

    def before(self, call: ApiCall) -> None:
        """Book a call before it is sent.

        Raises:
            OutOfBudget: it would eat into the share that is left to the customer's other programs.
        """
        ...

    def after(self, call: ApiCall, remaining: int | None) -> None:
        """What the API said is left of the day, if it said so."""
        ...
