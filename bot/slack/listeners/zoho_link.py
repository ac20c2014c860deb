"""Writing to the CRM as oneself: ``zoho connect`` and ``zoho disconnect``, and the buttons on App Home."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.consenting import Consenting
from bot.app.errors import UserError
from bot.app.people import Person
from bot.slack import ids
from bot.slack.listeners.alert_buttons import on_link
from bot.slack.listeners.home import publish_home
from bot.slack.middleware import Access
from bot.slack.sending import Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert import text_message
from bot.slack.views.zoho_link import way_message

CONNECT, DISCONNECT = "connect", "disconnect"
_COMMAND: Final = re.compile(
    r"(?:(?:my\s+)?zoho\s+(?P<after>connect|disconnect)|(?P<before>connect|disconnect)\s+(?:my\s+)?zoho)[.!]?",
    re.IGNORECASE,
)
_NOT_SET_UP: Final = "Writing to Zoho as yourself is not set up here."
_HOW: Final = "An administrator sets BELLWETHER_ZOHO__CONSENT_CLIENT_ID; see the README."


def zoho_wanted(text: str) -> str | None:
    """``connect`` or ``disconnect``; None when the text asks for something else."""
    found = _COMMAND.fullmatch(text.strip())
    return (found["after"] or found["before"]).lower() if found else None


def on_zoho(around: Surroundings, wanted: str, person: Person, reply: Reply) -> None:
    """Do it. The way to Zoho is for the person alone, wherever they asked."""
    consenting = _consenting(around)
    now = around.services.people.person_now(person.slack_id)
    if wanted == DISCONNECT:
        reply.whisper(text_message(consenting.end(now)))
    else:
        reply.whisper(way_message(consenting.begin(now, reply.place.team)))


def _consenting(around: Surroundings) -> Consenting:
    if around.services.consenting is None:
        raise UserError(_NOT_SET_UP, _HOW)
    return around.services.consenting


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the buttons."""

    def pressed(wanted: str, body: Mapping[str, Any], context: BoltContext, client: WebClient) -> None:
        person = asker(context)
        on_zoho(around, wanted, person, around.reply(body, context, client))
        if wanted == DISCONNECT:
            publish_home(around, person, client)

    def on_connect(body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        pressed(CONNECT, body, context, client)

    def on_disconnect(body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        pressed(DISCONNECT, body, context, client)

    checks = [Access(around, anew=True).check]
    app.action(ids.ZOHO_CONNECT, middleware=checks)(safely(on_connect))
    app.action(ids.ZOHO_DISCONNECT, middleware=checks)(safely(on_disconnect))
    app.action(ids.ZOHO_OPEN)(safely(on_link))
