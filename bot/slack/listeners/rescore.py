"""Re-scores on command: administrators type ``rescore [segmentation]`` or press the button on App Home."""

from __future__ import annotations

import re
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.errors import UserError
from bot.app.people import Person, Role
from bot.app.ports import Posted
from bot.slack import ids
from bot.slack.middleware import Access
from bot.slack.sending import Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert import text_message
from bot.slack.views.blocks import Message
from bot.slack.views.problem import problem_message, refusal_message

_log = structlog.get_logger(__name__)
_COMMAND: Final = re.compile(r"^re-?score(?:\s+(?P<segmentation>.+))?$", re.IGNORECASE)
_EVERYTHING: Final = {"", "all", "everything", "now"}
NOT_ADMIN: Final = "Only administrators can re-score. Ask one of them, or wait for the daily run."


def rescore_wanted(text: str) -> str | None:
    """The segmentation that is to be re-scored, empty for all; None when the text asks for something else."""
    found = _COMMAND.match(text.strip())
    if found is None:
        return None
    named = (found["segmentation"] or "").strip().strip("\"'“”")
    return "" if named.casefold() in _EVERYTHING else named


def on_rescore(around: Surroundings, segmentation: str, person: Person, reply: Reply) -> None:
    """Queue a re-score; one message, edited as it goes on, tells its progress."""
    target = segmentation or "all segmentations"
    if not person.may(Role.ADMIN):
        place = reply.place.channel or "home"
        around.services.audit.record(person.slack_id, "rescore", target, "refused: no administrator", place)
        reply.whisper(refusal_message(NOT_ADMIN))
        return
    posted = _announce(
        reply, text_message(f"⏳ Re-scoring {target}, for {person.name}. This message tells how it goes on.")
    )
    try:
        job = around.services.rescoring.request(segmentation or None, person, posted)
    except UserError as error:
        reply.edit(posted, problem_message(error.what_happened, error.what_to_do))
        return
    _log.info("rescore.queued", job=job, segmentation=segmentation)


def _announce(reply: Reply, message: Message) -> Posted:
    """Post the message that will be edited: where it was asked if that can be edited, else to the person."""
    place = reply.place
    if place.response_url is None and place.public:
        posted = reply.say(message)
        if posted is not None:
            return posted
    posted = reply.say_directly(message)
    if not place.direct and place.channel:
        reply.whisper(text_message("I tell you in our direct message how the re-score goes on."))
    return posted


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the button on App Home."""

    def on_button(body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        on_rescore(around, "", asker(context), around.reply(body, context, client))

    app.action(ids.RESCORE, middleware=[Access(around, anew=True).check])(safely(on_button))
