"""How fast an app may post: one message a second to a channel (rate limits of chat.postMessage)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from sandbox.slack.refusals import RateLimited

SECONDS_BETWEEN_MESSAGES = 1.0


class Pace:
    """Refuses the second message to a channel within a second of the first.

    Slack lets a short burst pass at times but promises none; an app must not count on it: none passes here.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last: dict[str, float] = {}

    def admit(self, channel: str) -> None:
        """Count a message to the channel.

        Raises:
            RateLimited: it comes too early; with the whole seconds to wait.
        """
        now = self._monotonic()
        free_at = self._last.get(channel, -math.inf) + SECONDS_BETWEEN_MESSAGES
        if now < free_at:
            raise RateLimited(max(1, math.ceil(free_at - now)))
        self._last[channel] = now
