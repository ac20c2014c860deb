"""Download links: signed, for one person and one use, and over after a while. Pure.

A link says which export, for whom, until when and which of its links it is; the signature is over all of
that. Who holds the link is not proved by it: that is why it is sent privately, works once, and why the
person's rights are read again when it is used.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

PATH: Final = "/exports"
_PURPOSE: Final = b"bellwether: download links of exports"
_PUBLIC_ID: Final = re.compile(r"[0-9a-f]{32}")
_SLACK_ID: Final = re.compile(r"[A-Z0-9]{1,32}")
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_INSTANT: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a link says. ``until`` is a number of seconds since 1970."""

    public_id: str
    slack_id: str
    until: int
    key: str


@dataclass(frozen=True)
class Links:
    """Making and reading links.

    Attributes:
        secret: the installation's key; links have one of their own that is made from it.
        base_url: where people reach the web process.
    """

    secret: str = field(repr=False)
    base_url: str

    def link(self, ticket: Ticket) -> str:
        """The address."""
        said = {"for": ticket.slack_id, "until": ticket.until, "key": ticket.key, "sign": self._sign(ticket)}
        return f"{self.base_url.rstrip('/')}{PATH}/{ticket.public_id}?{urlencode(said)}"

    def read(self, public_id: str, query: Mapping[str, str], now: datetime) -> Ticket | None:
        """What a link says; None when it is not one of ours, or is over."""
        parts = (query.get("for", ""), query.get("until", ""), query.get("key", ""), query.get("sign", ""))
        shapes = zip((_SLACK_ID, _INSTANT, _KEY, _SIGNATURE), parts, strict=True)
        if not _PUBLIC_ID.fullmatch(public_id) or not all(shape.fullmatch(part) for shape, part in shapes):
            return None
        slack_id, until, key, signature = parts
        ticket = Ticket(public_id, slack_id, int(until), key)
        right = hmac.compare_digest(self._sign(ticket), signature)
        return ticket if right and now.timestamp() < ticket.until else None

    def _sign(self, ticket: Ticket) -> str:
        own = hmac.digest(self.secret.encode(), _PURPOSE, "sha256")
        text = f"{ticket.public_id}|{ticket.slack_id}|{ticket.until}|{ticket.key}"
        return hmac.new(own, text.encode(), hashlib.sha256).hexdigest()
