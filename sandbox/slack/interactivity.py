"""What lives for a moment between a person's press and the app's answer: trigger ids and response URLs."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.clock import SandboxClock
from sandbox.slack.refusals import Refused

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60
RESPONSE_URL_USES = 5


@dataclass
class Trigger:
    """The right to open one modal for one person, for three seconds."""

    user: str
    issued: float
    view_id: str | None = None
    used: bool = False


class Triggers:
    """The trigger ids that were given out."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._given: dict[str, Trigger] = {}

    def give(self, user: str, view_id: str | None = None) -> str:
        """A new trigger id for a person; ``view_id`` is the modal in which the person pressed."""
        trigger_id = f"{len(self._given) + 1}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._given[trigger_id] = Trigger(user, self._monotonic(), view_id)
        return trigger_id

    def take(self, trigger_id: str) -> Trigger:
        """Use a trigger id up.

        Raises:
            Refused: it is unknown, was used before, or is older than three seconds.
        """
        trigger = self._given.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._monotonic() - trigger.issued > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger


@dataclass
class ResponseUrl:
    """Where an app may answer a command or a press, without a token."""

    channel: str
    user: str
    issued: float
    original_ts: str | None
    thread_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """The response URLs that were given out: five uses, thirty minutes of the sandbox's clock."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._given: dict[str, ResponseUrl] = {}

    def give(
        self, base_url: str, channel: str, user: str, original_ts: str | None, thread_ts: str | None
    ) -> str:
        """A new response URL; ``original_ts`` is the message in which the person pressed."""
        key = secrets.token_urlsafe(18)
        self._given[key] = ResponseUrl(channel, user, self._clock.time(), original_ts, thread_ts)
        return f"{base_url}/response/{key}"

    def take(self, key: str) -> ResponseUrl:
        """Count one use.

        Raises:
            Refused: unknown, used up or expired; 404 as Slack has it.
        """
        url = self._given.get(key)
        if url is None:
            raise Refused("invalid_url", status=404)
        if url.uses >= RESPONSE_URL_USES:
            raise Refused("used_url", status=404)
        if self._clock.time() - url.issued > RESPONSE_URL_SECONDS:
            raise Refused("expired_url", status=404)
        url.uses += 1
        return url
