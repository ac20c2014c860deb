"""Where Slack shows the app as an agent: prompts to begin with, and that it is at work.

Slack knows two of these views. In the older one a thread is opened (``assistant_thread_started``); in the
newer one the Messages tab is (``app_home_opened``), and every message there begins a thread of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.people import Person
from bot.slack.failures import code_of
from bot.slack.middleware import Access, refusal
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.text import plain

_log = structlog.get_logger(__name__)
PROMPTS: Final = 4  # as many as Slack shows
PROMPT_TITLE: Final = 75
TITLE: Final = "Ask about your accounts"


@dataclass(frozen=True)
class AgentListeners:
    """The listeners, with what they need."""

    around: Surroundings

    def on_thread(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Offer prompts in a thread that was opened. Bolt does not see who opened it: the thread says it."""
        thread: Mapping[str, Any] = body["event"].get("assistant_thread") or {}
        channel, thread_ts, user = (
            str(thread.get(one) or "") for one in ("channel_id", "thread_ts", "user_id")
        )
        if not (channel and thread_ts and user):
            return
        person = self.around.services.people.person(user)
        if refusal(person, self.around.place(body, context)) is None:  # the others hear it when they ask
            self._offer(client, person, channel, thread_ts)

    def on_messages_tab(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Offer prompts in the Messages tab, where that is an agent's."""
        channel = body["event"].get("channel")
        if channel:
            self._offer(client, asker(context), str(channel), None)

    def _offer(self, client: WebClient, person: Person, channel: str, thread_ts: str | None) -> None:
        prompts = [{"title": plain(one, PROMPT_TITLE), "message": one} for one in self._examples(person)]
        if not prompts:
            return
        try:
            client.assistant_threads_setSuggestedPrompts(
                channel_id=channel, thread_ts=thread_ts, title=TITLE, prompts=prompts
            )
        except SlackApiError as error:  # an offer that does not come is no trouble of the person's
            _log.warning("prompts.not_offered", reason=code_of(error))

    def _examples(self, person: Person) -> list[str]:
        """The first example of each topic of help: they are made of the organisation's own words."""
        topics = self.around.services.asking.ask("help", person, pressed=True).help
        return [one.examples[0] for one in topics if one.examples][:PROMPTS]


def is_at_work(client: WebClient, channel: str, thread_ts: str) -> None:
    """Show that an answer is under way; it goes away with the answer, or by itself."""
    try:
        client.assistant_threads_setStatus(
            channel_id=channel, thread_ts=thread_ts, status="is looking at the accounts…"
        )
    except SlackApiError as error:
        _log.warning("status.not_shown", reason=code_of(error))


def is_messages_tab(event: dict[str, Any]) -> bool:
    """Whether the Messages tab was opened."""
    return event.get("tab") == "messages"


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the agent's view being opened."""
    own, checks = AgentListeners(around), [Access(around).check]
    app.event("assistant_thread_started")(safely(own.on_thread))
    if around.agent:
        app.event("app_home_opened", matchers=[is_messages_tab], middleware=checks)(
            safely(own.on_messages_tab)
        )
