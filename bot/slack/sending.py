"""Where an answer goes and who sees it: in the channel, only to the person, in place of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.app.ports import Posted
from bot.slack.client import TIMEOUT_SECONDS
from bot.slack.failures import code_of
from bot.slack.files import Attachment, upload
from bot.slack.views.blocks import Json, Message, plain_section
from bot.slack.views.limits import TEXT, Surface, check
from bot.slack.views.text import clip, mrkdwn, unescape

_log = structlog.get_logger(__name__)
_OK: Final = 200
# The app may answer a command in a channel that it is not in, but it can upload nothing there.
_NOT_THERE: Final = {"not_in_channel", "channel_not_found", "is_archived"}


class ReplyLost(Exception):
    """Slack did not take an answer at its response URL (five uses in half an hour are allowed)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody asked or clicked.

    Attributes:
        channel: None on App Home.
        thread_ts: the thread to stay in.
        direct: a direct message with the app.
        shared: people of another organisation can read the channel.
        public: an answer may be seen by everybody in the channel.
        message_ts: the message whose button was pressed; None for questions.
        ephemeral: that message is seen by this person alone.
        response_url: Slack's address for answers to a command or click.
        owner: whose question that message answers; empty when unknown.
        team: the person's workspace.
    """

    user: str
    channel: str | None = None
    thread_ts: str | None = None
    direct: bool = False
    shared: bool = False
    public: bool = False
    message_ts: str | None = None
    ephemeral: bool = False
    response_url: str | None = None
    owner: str = ""
    team: str = ""

    @property
    def editable(self) -> bool:
        """Whether a click may redraw the message: it is the person's own, and they see it rightly."""
        if self.message_ts is None:
            return False
        return self.ephemeral or self.direct or (self.public and self.owner == self.user)

    @property
    def private(self) -> bool:
        """Whether an answer here is seen by the person alone, though others are there."""
        return bool(self.channel) and not (self.direct or self.public or self.shared)


def sendable(message: Message) -> Json:
    """The payload of a message, checked; one that Slack would refuse becomes plain text, and is logged."""
    payload = message.payload()
    problems = check(payload, Surface.MESSAGE)
    if not problems:
        return payload
    _log.error("message.unsendable", problems=problems[:10])
    return as_text(message)


def as_text(message: Message) -> Json:
    """The essential of a message, without its blocks."""
    said = clip(unescape(message.text), TEXT // 5) or "…"  # escaping makes a sign five at most
    return {"text": mrkdwn(said, TEXT // 5), "blocks": [plain_section(said)]}


class Reply:
    """Answers at one place. Errors are those of the Slack SDK, and ReplyLost."""

    def __init__(self, client: WebClient, place: Place) -> None:
        self._client, self.place = client, place

    def say(self, message: Message) -> Posted | None:
        """Answer where it was asked, seen by as many as may; returns where it stands, if it can be edited."""
        place = self.place
        if place.response_url and place.message_ts is None:
            kind = "in_channel" if place.public or place.direct else "ephemeral"
            self._respond(place.response_url, sendable(message) | {"response_type": kind})
            return None
        if place.channel and (place.public or place.direct):
            return self._post(place.channel, message, place.thread_ts)
        self.whisper(message)
        return None

    def share(self, message: Message) -> Posted | None:
        """Post for everybody in the channel, in the thread where it was asked; nothing on App Home."""
        if self.place.channel is None:
            return None
        return self._post(self.place.channel, message, self.place.thread_ts)

    def whisper(self, message: Message) -> None:
        """Tell the person alone."""
        place = self.place
        if place.response_url:
            private = {"response_type": "ephemeral", "replace_original": False}
            self._respond(place.response_url, sendable(message) | private)
        elif place.channel and not place.direct:
            self._client.chat_postEphemeral(
                channel=place.channel, user=place.user, thread_ts=place.thread_ts, **sendable(message)
            )
        else:
            self.say_directly(message)

    def say_directly(self, message: Message) -> Posted:
        """Post in the person's direct message with the app."""
        place = self.place
        if place.direct and place.channel:
            return self._post(place.channel, message, place.thread_ts)
        opened = self._client.conversations_open(users=place.user)
        return self._post(str((opened.get("channel") or {})["id"]), message, None)

    def answer_click(self, message: Message) -> None:
        """Answer in place of the message whose button was pressed; only to the person if it is not theirs."""
        place = self.place
        if not place.editable:
            self.whisper(message)
        elif place.ephemeral and place.response_url:
            self._respond(place.response_url, sendable(message) | {"replace_original": True})
        elif place.channel and place.message_ts:
            self._client.chat_update(channel=place.channel, ts=place.message_ts, **sendable(message))

    def attach(self, file: Attachment, elsewhere: Message) -> None:
        """Upload a file where the answer that it belongs to is seen; a private one to the person directly.

        A file that stands in no conversation cannot be looked at, and an ephemeral message is none: so
        what is private goes into the direct messages with the person, and ``elsewhere`` tells them so.
        """
        place = self.place
        seen = place.direct or (place.public and not place.ephemeral)
        if place.channel and seen and self._attached(place.channel, file):
            return
        opened = self._client.conversations_open(users=place.user)
        upload(self._client, str((opened.get("channel") or {})["id"]), None, file)
        self.whisper(elsewhere)

    def _attached(self, channel: str, file: Attachment) -> bool:
        """Whether the file could be uploaded in the channel: below the message that it belongs to."""
        place = self.place
        try:
            upload(
                self._client, channel, place.thread_ts or (None if place.direct else place.message_ts), file
            )
        except SlackApiError as error:
            if place.direct or code_of(error) not in _NOT_THERE:
                raise
            return False
        return True

    def edit(self, posted: Posted, message: Message) -> None:
        """Draw a message of ours again in place."""
        self._client.chat_update(channel=posted.channel, ts=posted.ts, **sendable(message))

    def _post(self, channel: str, message: Message, thread_ts: str | None) -> Posted:
        answer = self._client.chat_postMessage(
            channel=channel,
            thread_ts=thread_ts,
            unfurl_links=False,
            unfurl_media=False,
            **sendable(message),
        )
        return Posted(str(answer["channel"]), str(answer["ts"]))

    def _respond(self, url: str, payload: Mapping[str, Any]) -> None:
        answer = WebhookClient(url, timeout=TIMEOUT_SECONDS).send_dict(dict(payload))
        if answer.status_code != _OK:  # the SDK does not raise
            raise ReplyLost(f"Slack answered {answer.status_code} at the response URL.")
