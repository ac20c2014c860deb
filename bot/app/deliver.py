"""From the outbox to Slack: every message once, whatever breaks in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import structlog

from bot.app.alert_addresses import Addressing, is_personal
from bot.app.errors import SendLater, SendNever, SendUnclear
from bot.app.ports import Chat, Outbox, OutboxMessage

LEASE = timedelta(seconds=20)  # longer than any single exchange with Slack may take
LONGEST_PAUSE = timedelta(minutes=5)
UNCLEAR_PAUSE = timedelta(seconds=3)

log = structlog.get_logger(__name__)


class Troubles(Protocol):
    """Telling an administrator, once."""

    def begin(self, name: str, message: str, what_to_do: str) -> bool:
        """Something does not work; True when that is news."""
        ...

    def end(self, name: str) -> bool:
        """It works again; True when that is news."""
        ...


class Delivery:
    """Takes messages from the outbox and settles them.

    1. Claim one, with a lease, so that a process that dies gives it back. One to a person is given back with
       the channel that was found for it, so that every later attempt looks and posts in the same place.
    2. If an earlier attempt may have been delivered, look for it in Slack and adopt it.
    3. Otherwise post, and settle by how one recovers: later, unclear, never, or sent.
    """

    def __init__(
        self,
        outbox: Outbox,
        chat: Chat,
        troubles: Troubles,
        holder: str,
        addressing: Addressing | None = None,
    ) -> None:
        self._outbox = outbox
        self._chat = chat
        self._troubles = troubles
        self._holder = holder
        self._addressing = addressing

    def deliver_one(self) -> bool:
        """Deliver one due message; False when none is due."""
        message = self._outbox.claim(self._holder, LEASE)
        if message is None:
            return False
        try:
            self._send(message)
        except SendLater as error:
            # Nothing new was posted by this attempt, but an earlier one may have been and could not be found
            # out about: then it stays unclear.
            unclear = message.maybe_sent_since is not None
            after = max(error.after, pause(message.attempts))
            self._outbox.settle_later(message.id, after, str(error), unclear=unclear)
            log.warning("message_postponed", id=message.id, after_seconds=after.total_seconds())
        except SendUnclear as error:
            self._outbox.settle_later(message.id, UNCLEAR_PAUSE, str(error), unclear=True)
            log.warning("message_unclear", id=message.id)
        except SendNever as error:
            self._outbox.settle_never(message.id, str(error))
            log.warning("message_dead", id=message.id, channel=message.channel, reason=str(error))
            self._troubles.begin(
                f"slack:{message.channel}",
                f"A message to {message.channel} cannot be delivered: {error.what_happened}",
                error.what_to_do or "Then run `bellwether outbox retry`.",
            )
        return True

    def _send(self, message: OutboxMessage) -> None:
        if is_personal(message.channel):
            self._address(message)
            return
        posted = self._chat.find_posted(message) if message.maybe_sent_since else None
        if posted is None:
            posted = self._chat.post(message)
        self._outbox.settle_sent(message.id, posted)
        self._troubles.end(f"slack:{message.channel}")
        log.info("message_sent", id=message.id, kind=message.kind, attempts=message.attempts)

    def _address(self, message: OutboxMessage) -> None:
        """Find out where a person is told; nothing is sent yet."""
        if self._addressing is None:
            raise SendNever("Nobody looks people up here, so nobody can be told directly.")
        try:
            place = self._addressing.place(message)
        except SendUnclear as error:
            raise SendLater(error.what_happened) from None  # only a look-up was lost
        self._outbox.address(message.id, place.channel, place.note)
        self._troubles.end(f"slack:{message.channel}")
        log.info("message_addressed", id=message.id, otherwise=place.note is not None)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from a second, five minutes at the most."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 10)), LONGEST_PAUSE)
