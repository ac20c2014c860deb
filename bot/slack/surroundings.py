"""What every listener has at hand, and what it reads out of Slack's payloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.app.exporting_values import NEEDED_ROLE as MAY_EXPORT
from bot.app.people import Person
from bot.app.saving import MAY_SAVE
from bot.app.services import Services
from bot.slack import ids
from bot.slack.channels import Channels
from bot.slack.readers import Readers
from bot.slack.sending import Place, Reply
from bot.slack.views.drawing import Drawing
from bot.slack.views.marks import Marks, label_marks
from scoring.config import Configuration

Body = Mapping[str, Any]
Listener = Callable[[dict[str, Any], BoltContext, WebClient], None]
# Makes a Bolt listener of one of ours: acknowledges first, and lets no error out (bot.slack.app).
Safely = Callable[[Listener], Callable[..., None]]


@dataclass(frozen=True)
class Surroundings:
    """The use cases, the channels and the configuration.

    Attributes:
        agent: Slack shows the app as an agent: each message to it begins a thread.
        workflow_step: workflows may ask.
    """

    services: Services
    channels: Channels
    configuration: Callable[[], Configuration]
    agent: bool = False
    workflow_step: bool = False
    readers: Readers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "readers", Readers(self.channels.client, self.services.people))

    def drawing(
        self, person: Person, note: str = "", *, private: bool = False, direct: bool = False
    ) -> Drawing:
        """The circumstances of a message for somebody.

        Args:
            person: who asked for it.
            note: one more sentence of mrkdwn below.
            private: it is seen by them alone, in a channel.
            direct: it is in a direct message.
        """
        alone = private or direct
        return Drawing(
            self.services.clock.now(),
            self.marks(),
            asker=person.slack_id,
            note=note,
            private=private,
            may_save=person.may(MAY_SAVE),
            may_export=not alone or person.may(MAY_EXPORT),
        )

    def marks(self) -> Marks:
        """The marks of the first segmentation's labels, which the question language means by ``label``."""
        return label_marks([label.name for label in self.configuration().primary.labels])

    def reply(self, body: Body, context: BoltContext, client: WebClient) -> Reply:
        """Where to answer what just arrived."""
        return Reply(client, self.place(body, context))

    def place(self, body: Body, context: BoltContext) -> Place:
        """Where it arrived, and who may see an answer there."""
        event: Mapping[str, Any] = body.get("event") or {}
        message: Mapping[str, Any] = body.get("message") or {}
        container: Mapping[str, Any] = body.get("container") or {}
        channel = context.channel_id or container.get("channel_id")
        direct = _is_direct(channel, event)
        shared = not direct and bool(channel) and self._is_shared(str(channel), body)
        return Place(
            user=context.user_id or "",
            channel=channel,
            thread_ts=_thread(event, message, container, opens=self.agent or not direct),
            direct=direct,
            shared=shared,
            public=not direct and not shared and bool(channel) and self._is_public(str(channel)),
            message_ts=container.get("message_ts") or message.get("ts"),
            ephemeral=bool(container.get("is_ephemeral")),
            response_url=context.response_url,
            owner=_owner(body),
            team=context.team_id or "",
        )

    def _is_shared(self, channel: str, body: Body) -> bool:
        return bool(body.get("is_ext_shared_channel")) or self.channels.facts(channel).shared

    def _is_public(self, channel: str) -> bool:
        """Whether the configuration lets answers with account data be seen by everybody in the channel."""
        wanted = {one.strip().removeprefix("#") for one in self.configuration().access.public_channels}
        if not wanted:
            return False
        facts = self.channels.facts(channel)
        return facts.known and (facts.id in wanted or facts.name in {one.casefold() for one in wanted})


def asker(context: BoltContext) -> Person:
    """The person whom the access check let through."""
    person: Person = context["person"]
    return person


def _is_direct(channel: str | None, event: Mapping[str, Any]) -> bool:
    return event.get("channel_type") == "im" or str(channel or "").startswith("D")


def _thread(
    event: Mapping[str, Any], message: Mapping[str, Any], container: Mapping[str, Any], *, opens: bool
) -> str | None:
    """The thread to stay in. A mention opens one, to keep the channel readable; a direct message does not.

    Where the app is an agent, Slack shows each direct message as the beginning of a thread.
    """
    there = event.get("thread_ts") or message.get("thread_ts") or container.get("thread_ts")
    return there or (event.get("ts") if event.get("type") in {"app_mention", "message"} and opens else None)


def _owner(body: Body) -> str:
    """Whose question the pressed message answers, as its block ids tell; decides only about a redraw."""
    return next((ids.owner(str(one.get("block_id", ""))) for one in body.get("actions") or ()), "")
