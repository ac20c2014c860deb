"""What a Web API method is, and how methods find the channel and the person they are about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.slack.call import Call
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_TOKEN, BOT_USER, CHANNELS, USERS, Channel, Person, direct_messages_of

Json = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Method:
    """A method with the scope that it needs (none when it depends on the channel) and the token."""

    act: Callable[[Workspace, Call], Json]
    scope: str | None = None
    token: str = BOT_TOKEN


def channel_of(call: Call, argument: str = "channel") -> Channel:
    """The channel that the call names by id.

    Raises:
        Refused: ``channel_not_found``.
    """
    if channel := CHANNELS.get(call.needed(argument, "channel_not_found")):
        return channel
    raise Refused("channel_not_found")


def addressee_of(call: Call) -> Channel:
    """Where a new message goes: a channel by id or name, or a person by id.

    Raises:
        Refused: ``channel_not_found``.
    """
    wanted = call.needed("channel", "channel_not_found")
    if wanted in USERS and wanted != BOT_USER:
        return direct_messages_of(wanted)
    named = next(
        (one for one in CHANNELS.values() if one.name and one.name == wanted.removeprefix("#")), None
    )
    return named or channel_of(call)


def joined_channel(slack: Workspace, call: Call) -> Channel:
    """The channel that the call names, of which the app must be a member.

    Raises:
        Refused: ``channel_not_found`` or ``not_in_channel``.
    """
    return joined(slack, channel_of(call))


def joined(slack: Workspace, channel: Channel) -> Channel:
    """The channel, if the app is a member of it.

    Raises:
        Refused: ``not_in_channel``.
    """
    if BOT_USER not in slack.state.members[channel.id]:
        raise Refused("not_in_channel")
    return channel


def person_of(call: Call, argument: str = "user") -> Person:
    """The person that the call names by id.

    Raises:
        Refused: ``user_not_found``.
    """
    if person := USERS.get(call.needed(argument, "user_not_found")):
        return person
    raise Refused("user_not_found")


def one_page(items: Sequence[Item], call: Call, default: int = 100) -> tuple[list[Item], Json]:
    """A page of a list by ``limit`` and ``cursor``, and the answer's ``response_metadata``.

    Raises:
        Refused: the cursor is none that was given out.
    """
    cursor, limit = call.text("cursor"), call.number("limit", default)
    start = 0
    if cursor:
        prefix, _, place = cursor.partition(":")
        if prefix != "next" or not place.isdigit():
            raise Refused("invalid_cursor")
        start = int(place)
    following = f"next:{start + limit}" if start + limit < len(items) else ""
    return list(items[start : start + limit]), {"response_metadata": {"next_cursor": following}}
