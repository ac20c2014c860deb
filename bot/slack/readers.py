"""Who reads a channel, and which accounts all of them see: asked before an answer is shared with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from slack_sdk import WebClient

from bot.app.people import APP, NOT_ASKED, Person, Role
from bot.app.people_ports import People
from bot.app.scope import Scope, in_common
from bot.app.wording import counted
from bot.slack.failures import TRANSPORT_ERRORS

KEPT_SECONDS: Final = 300
MOST: Final = 200  # members of a channel that are looked at one by one; each may be a call to Slack
NOT_SEEN: Final = "I cannot see who reads this channel; invite me to it first."
TOO_MANY: Final = (
    f"More than {MOST} people read this channel, too many to look at what each may see: nothing was shared."
)
_SEE_NOTHING: Final = (
    "{who} this channel may see no account data (guests, or people without a CRM user): nothing was shared."
)
_NOT_ASKED: Final = "Slack cannot be asked right now what each reader here may see. Try again in a minute."


class Readers:
    """Members of channels, as they were up to five minutes ago; apps among them are not counted.

    Whoever joins later reads what stands in the channel: that is whoever lets people in to know.
    """

    def __init__(self, client: WebClient, people: People, now: Callable[[], float] = time.monotonic) -> None:
        self._client, self._people, self._now = client, people, now
        self._members: dict[str, tuple[float, tuple[str, ...]]] = {}

    def common_scope(self, channel: str) -> Scope | str:
        """The accounts that every reader sees, or why that cannot be said, in a sentence."""
        try:
            members = self._members_of(channel)
        except TRANSPORT_ERRORS:
            return NOT_SEEN
        if not members:
            return NOT_SEEN
        if len(members) > MOST:
            return TOO_MANY
        readers = [one for one in map(self._people.person, members) if one.refusal != APP]
        if any(one.refusal == NOT_ASKED for one in readers):
            return _NOT_ASKED
        unseeing = sum(not one.may(Role.VIEWER) for one in readers)
        if unseeing:
            return _SEE_NOTHING.format(who=_who(unseeing))
        return in_common(_scopes(readers))

    def _members_of(self, channel: str) -> tuple[str, ...]:
        kept = self._members.get(channel)
        if kept is None or self._now() - kept[0] >= KEPT_SECONDS:
            kept = self._members[channel] = self._now(), tuple(self._listed(channel))
        return kept[1]

    def _listed(self, channel: str) -> Iterator[str]:
        """No more of them than tells that there are too many."""
        cursor: str | None = None
        found = 0
        while cursor != "" and found <= MOST:
            answer = self._client.conversations_members(channel=channel, limit=MOST, cursor=cursor)
            page = [str(one) for one in answer.get("members") or ()]
            found += len(page)
            yield from page
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")


def _scopes(readers: list[Person]) -> list[Scope]:
    return [one.scope for one in readers]


def _who(number: int) -> str:
    return "A reader of" if number == 1 else f"{counted(number, 'reader')} of"
