"""Saving a question as a segment: the button, the modal it opens, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient

from bot.app.errors import UserError
from bot.app.people import Person
from bot.app.saving import CRITERIA, LONGEST_CRITERIA, MAY_SAVE, NAME, NOT_ALLOWED, written
from bot.app.scope import seen_by
from bot.language.question import Request
from bot.slack import ids
from bot.slack.middleware import Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert import text_message
from bot.slack.views.save_form import ERROR, NOTE, save_form
from bot.slack.views.text import clip

_log = structlog.get_logger(__name__)
PLACE = "slack"


@dataclass(frozen=True)
class SaveListeners:
    """The listeners, with what they need."""

    around: Surroundings

    def on_button(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Open the modal with the criteria of the question that the button carries."""
        person = asker(context)
        if not person.may(MAY_SAVE):
            raise UserError(NOT_ALLOWED, "Ask one of them.")
        question = str(body["actions"][0].get("value") or "")
        criteria = self._criteria(question, person)
        metadata = json.dumps({"response_url": context.response_url})
        client.views_open(trigger_id=body["trigger_id"], view=save_form(criteria, metadata))

    def _criteria(self, question: str, person: Person) -> str:
        asked = self.around.services.asking.ask(question, person).asked
        if asked is None:
            raise UserError("This button is of another version.", "Ask the question again.")
        criteria = written(asked)
        if len(criteria) > LONGEST_CRITERIA:
            raise UserError("The criteria are too long for a segment.", "Save a part of them.")
        return criteria

    def problems(self, body: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with what was written, by block; Slack shows it below the fields."""
        values = entered(body)
        found = self.around.services.saving.problems(values[NAME], values[CRITERIA])
        return {block: clip(said, ERROR) for block, said in found.items()}

    def on_submit(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Save what was written, and say so to the person."""
        values, person = entered(body), asker(context)
        said = self.around.services.saving.save_text(
            values[NAME], values[CRITERIA], values[NOTE], person, PLACE
        )
        _log.info("segment.saved", name=values[NAME])
        Reply(client, _opened_from(body, person)).whisper(text_message(said))


def entered(body: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the modal's fields."""
    values = body["view"]["state"]["values"]
    return {
        name: str(((values.get(name) or {}).get(name) or {}).get("value") or "")
        for name in (NAME, CRITERIA, NOTE)
    }


def _opened_from(body: Mapping[str, Any], person: Person) -> Place:
    metadata = json.loads(body["view"].get("private_metadata") or "{}")
    return Place(user=person.slack_id, response_url=metadata.get("response_url"))


def on_save_request(around: Surroundings, request: Request, person: Person, reply: Reply) -> None:
    """Do what ``save as "…"`` asks for in a thread."""
    said = around.services.saving.save(request.argument, request.question, person, PLACE)
    reply.say(text_message(said))


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the button and to the modal."""
    own, checks = SaveListeners(around), [Access(around, anew=True).check]
    save = safely(own.on_submit)

    def on_form(ack: Ack, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        # Slack waits for this answer with the modal open: what is wrong, or that it may close.
        with seen_by(asker(context).scope):
            wrong = own.problems(body)
        if wrong:
            ack(response_action="errors", errors=wrong)
        else:
            save(ack=ack, body=body, context=context, client=client)

    app.action(ids.SAVE, middleware=checks)(safely(own.on_button))
    app.view(ids.SAVE_FORM, middleware=checks)(on_form)
