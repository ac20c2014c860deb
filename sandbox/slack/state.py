"""What the workspace holds: messages, views, files, who has read what. In memory; a restart forgets it.

Changed only from the server's event loop, by code that does not await in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.clock import SandboxClock
from sandbox.slack.feed import Feed
from sandbox.slack.world import BOT_ID, BOT_USER, CHANNELS, USERS, Channel

Json = dict[str, Any]


@dataclass
class Message:
    """One message of a channel; ``ephemeral_for`` makes it one that a single person sees."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    edited: Json | None = None
    ephemeral_for: str | None = None
    reactions: list[Json] = field(default_factory=list)
    values: dict[str, Json] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)  # those that the app was told of

    @property
    def from_bot(self) -> bool:
        """Whether the app wrote it."""
        return self.user == BOT_USER

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread, below the first message."""
        return self.thread_ts not in {None, self.ts}


@dataclass
class View:
    """A modal or an App Home."""

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    values: dict[str, Json] = field(default_factory=dict)


@dataclass
class File:
    """An uploaded file; ``content`` is None until its bytes have come."""

    id: str
    name: str
    length: int
    title: str = ""
    content: bytes | None = None
    shared: bool = False
    alt_txt: str = ""
    created: int = 0


@dataclass
class Execution:
    """One run of a workflow step, until the app says how it ended."""

    id: str
    callback_id: str
    outputs: Json | None = None
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Whether it has."""
        return self.outputs is not None or self.error is not None


class State:
    """The workspace."""

    def __init__(self, clock: SandboxClock, feed: Feed) -> None:
        self.clock = clock
        self.feed = feed
        self.members: dict[str, set[str]] = {one.id: set(one.members) for one in CHANNELS.values()}
        self.files: dict[str, File] = {}
        self.homes: dict[str, View] = {}
        self.modals: dict[str, list[View]] = defaultdict(list)
        self.executions: dict[str, Execution] = {}
        self.prompts: dict[str, Json] = {}  # by person
        self.statuses: dict[str, str] = {}  # by channel: what the app says that it is doing
        self._messages: dict[str, list[Message]] = defaultdict(list)
        self._read: dict[tuple[str, str], str] = {}
        self._counter = 0

    def new_id(self, prefix: str) -> str:
        """A Slack-like id that no other thing has."""
        self._counter += 1
        return f"{prefix}{self._counter:09d}"

    # --- messages

    def add(self, message: Message) -> Message:
        """Put a message at the end of its channel."""
        message.blocks = self.named(message.blocks)
        self._messages[message.channel].append(message)
        if message.from_bot:
            self.statuses.pop(message.channel, None)
        kind = "ephemeral" if message.ephemeral_for else "message"
        self.tell(kind, message)
        return message

    def change(self, message: Message, text: str, blocks: list[Json], metadata: Json | None = None) -> None:
        """Replace what a message says."""
        message.text, message.blocks = text, self.named(blocks)
        message.values = {}
        if metadata is not None:
            message.metadata = metadata
        message.edited = {"user": message.user, "ts": self.clock.timestamp()}
        self.tell("update", message)

    def remove(self, message: Message) -> None:
        """Delete a message."""
        self._messages[message.channel].remove(message)
        self.tell("delete", message)

    def bury(self, file_id: str) -> None:
        """A file is gone: its messages say so."""
        for message in [one for channel in self._messages.values() for one in channel]:
            if any(one["id"] == file_id for one in message.files):
                message.files = [
                    {"id": file_id, "mode": "tombstone"} if one["id"] == file_id else one
                    for one in message.files
                ]
                self.tell("update", message)

    def find(self, channel: str, ts: str) -> Message | None:
        """The message with this ``ts``, if it is there."""
        return next((one for one in reversed(self._messages[channel]) if one.ts == ts), None)

    def messages(self, channel: str, viewer: str | None = None) -> list[Message]:
        """A channel's messages, oldest first: those that last, and the viewer's ephemeral ones."""
        return [one for one in self._messages[channel] if one.ephemeral_for in {None, viewer}]

    def replies(self, message: Message) -> list[Message]:
        """What was answered in a message's thread, oldest first."""
        return [
            one
            for one in self.messages(message.channel)
            if one.thread_ts == message.ts and one.ts != message.ts
        ]

    def tell(self, kind: str, message: Message) -> None:
        """Tell the pages of those who can see the message."""
        only = message.ephemeral_for or CHANNELS[message.channel].im_with
        self.feed.tell(kind, only=only, channel=message.channel, ts=message.ts)

    # --- reading

    def mark_read(self, user: str, channel: str) -> None:
        """The person has seen everything in the channel."""
        if seen := self.messages(channel, user):
            self._read[user, channel] = seen[-1].ts

    def unread(self, user: str, channel: str) -> int:
        """How many messages of others came after the last one read."""
        last = self._read.get((user, channel), "")
        return sum(one.ts > last and one.user != user for one in self.messages(channel, user))

    def channels_of(self, user: str) -> list[Channel]:
        """What stands in a person's channel list: public channels and their own direct messages."""
        return [one for one in CHANNELS.values() if one.im_with in {None, user}]

    # --- views

    def find_view(self, view_id: str) -> View | None:
        """A modal or home by its id."""
        return next((one for one in self.all_views() if one.id == view_id), None)

    def all_views(self) -> Iterable[View]:
        """Every view that is open."""
        yield from self.homes.values()
        for stack in self.modals.values():
            yield from stack

    def named(self, blocks: list[Json]) -> list[Json]:
        """The blocks with an id on every block and every element that can be pressed, as Slack adds them."""
        return [self._named(block) for block in blocks]

    def _named(self, block: Json) -> Json:
        named = {**block, "block_id": block.get("block_id") or self.new_id("b")}
        for key in ("accessory", "element"):
            if isinstance(named.get(key), dict):
                named[key] = self._with_action_id(named[key])
        if named["type"] in {"actions", "context_actions"}:
            named["elements"] = [self._with_action_id(one) for one in named["elements"]]
        if named["type"] == "card" and "actions" in named:
            named["actions"] = [self._with_action_id(one) for one in named["actions"]]
        return named

    def _with_action_id(self, element: Json) -> Json:
        if element["type"] == "image" or element.get("action_id"):
            return element
        return {**element, "action_id": self.new_id("a")}


def message_json(message: Message, state: State) -> Json:
    """A message as the Web API and events carry it."""
    body: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    if message.from_bot:
        body |= {"bot_id": BOT_ID, "app_id": "A0BELLWETHER", "team": "T0SANDBOX"}
    for name in ("blocks", "thread_ts", "edited", "files", "attachments", "reactions"):
        if value := getattr(message, name):
            body[name] = value
    if message.files:
        body |= {"subtype": "file_share", "upload": True}
    if not message.is_reply and (replies := state.replies(message)):
        body |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": sorted({one.user for one in replies}),
            "latest_reply": replies[-1].ts,
        }
    return body


def username(user: str) -> str:
    """The name that stands over a message."""
    return USERS[user].real_name if user in USERS else "Slackbot"
