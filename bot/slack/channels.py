"""What we know of Slack's channels: asked when needed, kept for a while, never listed at the start."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.errors import SendNever
from bot.slack.failures import TRANSPORT_ERRORS, code_of

KEPT_SECONDS: Final = 600
PAGE: Final = 1000  # conversations.list allows up to 1000 a page
_ID: Final = re.compile(r"^[CGD][A-Z0-9]{2,}$")
_KINDS: Final = ("public_channel,private_channel", "public_channel")  # the second needs no groups:read


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """One channel.

    Attributes:
        shared: people of another organisation can read it (Slack Connect).
        known: False when Slack does not let us look; such a channel is never treated as a public one.
    """

    id: str
    name: str = ""
    shared: bool = False
    known: bool = True


class Channels:
    """Channels by id and by name, with a memory of ten minutes."""

    def __init__(self, client: WebClient, now: Callable[[], float] = time.monotonic) -> None:
        self.client, self._now = client, now
        self._facts: dict[str, tuple[float, ChannelFacts]] = {}
        self._by_name: dict[str, str] = {}
        self._listed_at = float("-inf")

    def facts(self, channel_id: str) -> ChannelFacts:
        """What there is to know; never raises, because a channel that cannot be looked at is an answer."""
        kept = self._facts.get(channel_id)
        if kept and self._now() - kept[0] < KEPT_SECONDS:
            return kept[1]
        try:
            channel = self.client.conversations_info(channel=channel_id).get("channel") or {}
        except TRANSPORT_ERRORS:
            return ChannelFacts(channel_id, known=False)
        shared = any(channel.get(flag) for flag in ("is_ext_shared", "is_pending_ext_shared"))
        facts = ChannelFacts(channel_id, str(channel.get("name") or ""), shared)
        self._facts[channel_id] = (self._now(), facts)
        return facts

    def facts_now(self, channel_id: str) -> ChannelFacts:
        """The same, looked up anew: for what everybody in the channel is about to see."""
        self._facts.pop(channel_id, None)
        return self.facts(channel_id)

    def resolve(self, name: str) -> str:
        """The id of a channel given as ``#name``, ``name`` or id.

        Raises:
            SendNever: there is no such channel that the app can see.
            SlackApiError: Slack does not answer, with the errors of the transport.
        """
        if _ID.match(name):
            return name
        wanted = name.strip().removeprefix("#").casefold()
        if wanted not in self._by_name or self._now() - self._listed_at > KEPT_SECONDS:
            self._by_name = dict(self._list())
            self._listed_at = self._now()
        if wanted not in self._by_name:
            raise SendNever(
                f"There is no channel #{wanted} that the app can see. Create it, or invite the app to it, "
                "or name another channel in the configuration."
            )
        return self._by_name[wanted]

    def _list(self) -> Iterator[tuple[str, str]]:
        try:
            yield from self._pages(_KINDS[0])
        except SlackApiError as error:
            if code_of(error) != "missing_scope":
                raise
            yield from self._pages(_KINDS[1])

    def _pages(self, kinds: str) -> Iterator[tuple[str, str]]:
        cursor: str | None = None
        while cursor != "":
            answer = self.client.conversations_list(
                types=kinds, exclude_archived=True, limit=PAGE, cursor=cursor
            )
            for channel in answer.get("channels") or ():
                yield str(channel["name"]).casefold(), str(channel["id"])
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
