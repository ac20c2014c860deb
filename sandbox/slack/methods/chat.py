"""chat.*: posting, changing and deleting messages."""

from __future__ import annotations

from typing import Any

from sandbox.slack import events
from sandbox.slack.blocks import MESSAGE, check_blocks
from sandbox.slack.call import Call
from sandbox.slack.limits import BLOCKS_TOTAL_TEXT, MARKDOWN_TEXT, MESSAGE_ATTACHMENTS, MESSAGE_TEXT
from sandbox.slack.methods.method import (
    Json,
    Method,
    addressee_of,
    channel_of,
    joined,
    joined_channel,
    person_of,
)
from sandbox.slack.refusals import Refused, invalid_blocks
from sandbox.slack.state import Message, State, message_json
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_USER


def post_message(slack: Workspace, call: Call) -> Json:
    """chat.postMessage."""
    channel = joined(slack, addressee_of(call))
    text, blocks, attachments = content_of(call)
    message = Message(
        ts="",
        channel=channel.id,
        user=BOT_USER,
        text=text,
        blocks=blocks,
        attachments=attachments,
        thread_ts=thread_of(slack.state, channel.id, call),
        metadata=metadata_of(call),
    )
    slack.pace.admit(channel.id)
    publish(slack, message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message, slack.state)}


def publish(slack: Workspace, message: Message) -> Message:
    """Give a message its time, put it into its channel and tell the app."""
    message.ts = slack.clock.timestamp()
    slack.state.add(message)
    events.on_message(slack, message)
    return message


def post_ephemeral(slack: Workspace, call: Call) -> Json:
    """chat.postEphemeral: one person sees it, and it cannot be changed by its time."""
    channel, person = joined_channel(slack, call), person_of(call)
    if person.id not in slack.state.members[channel.id]:
        raise Refused("user_not_in_channel")
    text, blocks, attachments = content_of(call)
    now = slack.clock.timestamp()
    thread = thread_of(slack.state, channel.id, call)
    message = Message(now, channel.id, BOT_USER, text, blocks, thread, attachments=attachments)
    message.ephemeral_for = person.id
    slack.state.add(message)
    return {"message_ts": now}


def update(slack: Workspace, call: Call) -> Json:
    """chat.update: replaces text and blocks of the app's own message; text alone takes the blocks away."""
    message = own_message(slack, call, "cant_update_message")
    text, blocks, _ = content_of(call)
    change(slack, message, text, blocks, metadata_of(call))
    answer = {"channel": message.channel, "ts": message.ts, "text": message.text}
    return answer | {"message": message_json(message, slack.state)}


def change(slack: Workspace, message: Message, text: str, blocks: list[Json], metadata: Json | None) -> None:
    """Replace what a message says and tell the app; an ephemeral one changes in silence."""
    previous = message_json(message, slack.state)
    slack.state.change(message, text, blocks, metadata)
    if message.ephemeral_for is None:
        events.on_change(slack, message, previous)


def delete(slack: Workspace, call: Call) -> Json:
    """chat.delete."""
    message = own_message(slack, call, "cant_delete_message")
    remove(slack, message)
    return {"channel": message.channel, "ts": message.ts}


def remove(slack: Workspace, message: Message) -> None:
    """Delete a message and tell the app."""
    slack.state.remove(message)
    if message.ephemeral_for is None:
        events.on_delete(slack, message)


def get_permalink(slack: Workspace, call: Call) -> Json:
    """chat.getPermalink."""
    channel = channel_of(call)
    message = slack.state.find(channel.id, call.needed("message_ts", "message_not_found"))
    if message is None:
        raise Refused("message_not_found")
    place = f"{slack.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": place}


def own_message(slack: Workspace, call: Call, error: str) -> Message:
    """The app's lasting message that the call names.

    Raises:
        Refused: there is none, or somebody else wrote it.
    """
    channel = joined_channel(slack, call)
    message = slack.state.find(channel.id, call.needed("ts", "message_not_found"))
    if message is None or message.ephemeral_for:
        raise Refused("message_not_found")
    if not message.from_bot:
        raise Refused(error)
    return message


def content_of(call: Call) -> tuple[str, list[Json], list[Json]]:
    """Text, blocks and attachments of a message.

    Raises:
        Refused: there is nothing to say, or it breaks a limit.
    """
    text, markdown = call.text("text"), call.text("markdown_text")
    blocks = blocks_of(call.json("blocks", "invalid_blocks_format"))
    attachments = call.json("attachments", "invalid_attachments") or []
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if not (text or markdown or blocks or attachments):
        raise Refused("no_text")
    if len(text) > MESSAGE_TEXT or len(markdown) > MARKDOWN_TEXT:
        raise Refused("msg_too_long")
    if len(attachments) > MESSAGE_ATTACHMENTS:
        raise Refused("too_many_attachments")
    return text or markdown, blocks, attachments


def blocks_of(blocks: Any) -> list[Json]:
    """A message's blocks.

    Raises:
        Refused: they break a rule of Block Kit.
    """
    if blocks is None:
        return []
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    if problems := check_blocks(blocks, MESSAGE):
        raise invalid_blocks(problems)
    if sum(map(_visible_length, blocks)) > BLOCKS_TOTAL_TEXT:
        raise Refused("msg_blocks_too_long")
    return blocks


def _visible_length(part: Any) -> int:
    if isinstance(part, dict):
        own = len(part["text"]) if isinstance(part.get("text"), str) else 0
        return own + sum(_visible_length(value) for value in part.values() if isinstance(value, dict | list))
    if isinstance(part, list):
        return sum(map(_visible_length, part))
    return 0


def thread_of(state: State, channel: str, call: Call) -> str | None:
    """The first message of the thread that the call answers in.

    Raises:
        Refused: there is no such message.
    """
    if not (wanted := call.text("thread_ts")):
        return None
    parent = state.find(channel, wanted)
    if parent is None or parent.ephemeral_for:
        raise Refused("cannot_reply_to_message")
    return parent.thread_ts or parent.ts


def metadata_of(call: Call) -> Json | None:
    """A message's metadata.

    Raises:
        Refused: it does not have the form of metadata.
    """
    metadata = call.json("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    well_formed = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not well_formed:
        raise Refused("invalid_metadata_format")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


METHODS = {
    "chat.postMessage": Method(post_message, "chat:write"),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write"),
    "chat.update": Method(update, "chat:write"),
    "chat.delete": Method(delete, "chat:write"),
    "chat.getPermalink": Method(get_permalink),
}
