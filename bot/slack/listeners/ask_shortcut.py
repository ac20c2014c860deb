"""The global shortcut *Ask*: a modal with a question, which is answered as if it was typed to the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.people import Person
from bot.slack import ids
from bot.slack.listeners.alert_forms import Answered, Answering
from bot.slack.listeners.ask import AskListeners
from bot.slack.listeners.requests import request_handlers
from bot.slack.middleware import Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert_modals import given
from bot.slack.views.ask_form import QUESTION, ask_form, asked_view
from bot.slack.views.limits import LONGEST_QUESTION


@dataclass(frozen=True)
class AskShortcut:
    """The listeners, with what they need."""

    questions: AskListeners

    def on_shortcut(self, body: dict[str, Any], _context: BoltContext, client: WebClient) -> None:
        """Open the modal."""
        client.views_open(trigger_id=str(body["trigger_id"]), view=ask_form(LONGEST_QUESTION))

    def on_sent(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> Answered:
        """Say where the answer will be, and answer there."""
        text = self.questions.typed(written(body, QUESTION), context.bot_user_id)
        if not text:
            return {"response_action": "errors", "errors": {QUESTION: "Write a question."}}, None
        person = asker(context)
        answer = {"response_action": "update", "view": asked_view(text)}
        return answer, lambda: self._answer(text, person, client)

    def _answer(self, text: str, person: Person, client: WebClient) -> None:
        opened = client.conversations_open(users=person.slack_id)
        place = Place(person.slack_id, str((opened.get("channel") or {})["id"]), direct=True)
        self.questions.answer(text, person, Reply(client, place), client)


def written(body: dict[str, Any], block_id: str) -> str:
    """What was entered in a block of the form that was sent."""
    return given((body["view"].get("state") or {}).get("values") or {}, block_id)


def register(app: App, around: Surroundings, safely: Safely, answering: Answering) -> None:
    """Listen to the shortcut and to the modal."""
    own, checks = (
        AskShortcut(AskListeners(around, request_handlers(around))),
        [Access(around).check],
    )
    app.global_shortcut(ids.ASK_SHORTCUT, middleware=checks)(safely(own.on_shortcut))
    app.view(ids.ASK_FORM, middleware=checks)(answering(own.on_sent))
