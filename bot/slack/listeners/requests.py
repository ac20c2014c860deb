"""What a follow-up asks to be done with an answer: draw it, export it, save its question, share it.

A topic that does one of these makes an entry with ``on_request`` and puts it into ``request_handlers``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from slack_sdk import WebClient

from bot.app.answers import Answer
from bot.app.errors import UserError
from bot.app.people import Person, Role
from bot.app.people_ports import People
from bot.app.scope import seen_by
from bot.language.question import Action, Request
from bot.language.restate import restate
from bot.slack.listeners.charts import post_chart
from bot.slack.listeners.exports import begin_export
from bot.slack.listeners.saving import on_save_request
from bot.slack.listeners.sharing import share
from bot.slack.sending import Reply
from bot.slack.surroundings import Surroundings
from bot.slack.views.alert import text_message


@dataclass(frozen=True)
class Requested:
    """A request, with what it is about and where it was made.

    Attributes:
        answer: that of the request's question, as it would be shown.
        conversation: the key of the place where it was asked; empty for a command.
    """

    request: Request
    answer: Answer
    person: Person
    reply: Reply
    client: WebClient
    conversation: str = ""


RequestHandler = Callable[[Requested], None]
RequestHandlers = Mapping[Action, RequestHandler]

_NOT_DONE: Final[Mapping[Action, str]] = {
    Action.CHART: "I understood that you want a chart, but I cannot draw one here.",
    Action.EXPORT: "I understood that you want an export, but I cannot make one here.",
    Action.SAVE: "I understood that you want to save this question, but I cannot do that here.",
    Action.SHARE: "I understood that you want to share this, but I cannot do that here.",
}


def on_request(action: Action, handler: RequestHandler) -> tuple[Action, RequestHandler]:
    """An entry: what is done about an action."""
    return action, handler


def request_handlers(around: Surroundings) -> RequestHandlers:
    """Who does what; each topic has its line here."""

    def chart(asked: Requested) -> None:
        post_chart(asked.answer, asked.reply, around.services.pictures)

    def export(asked: Requested) -> None:
        begin_export(around, asked.answer, asked.person, asked.reply, asked.client)

    def save(asked: Requested) -> None:
        on_save_request(around, asked.request, asked.person, asked.reply)

    def share_it(asked: Requested) -> None:
        share(around, restate(asked.request.question), asked.person, asked.reply)

    return dict(
        (
            on_request(Action.CHART, chart),
            on_request(Action.EXPORT, export),
            on_request(Action.SAVE, save),
            on_request(Action.SHARE, share_it),
        )
    )


def person_now(person: Person, people: People) -> Person:
    """The same person with the rights that they have now: before what writes, exports or shares.

    Raises:
        UserError: they have none any more.
    """
    found = people.person_now(person.slack_id)
    if not found.may(Role.VIEWER):
        raise UserError(found.refusal or "You are not among the people who may ask me.")
    return found


def act(requested: Requested, handlers: RequestHandlers, people: People) -> None:
    """Do what was asked for, or say that nobody does it. Who may is looked up anew."""
    handler = handlers.get(requested.request.action)
    if handler is not None:
        person = person_now(requested.person, people)
        with seen_by(person.scope):
            handler(replace(requested, person=person))
    else:
        said = _NOT_DONE.get(requested.request.action, "I understood this, but I cannot do it here.")
        requested.reply.whisper(text_message(said))
