"""What a follow-up in a thread asks to be done with the answer before it, beside asking another question."""

from __future__ import annotations

from bot.app.people import Person
from bot.language.question import Action, Request
from bot.language.restate import restate
from bot.slack.listeners.saving import on_save_request
from bot.slack.listeners.sharing import share
from bot.slack.sending import Reply
from bot.slack.surroundings import Surroundings


def on_request(around: Surroundings, request: Request, person: Person, reply: Reply) -> bool:
    """Save or share; False where something else is asked for.

    Raises:
        UserError: it cannot be done, or the person may not.
    """
    if request.action is Action.SAVE:
        on_save_request(around, request, person, reply)
        return True
    if request.action is Action.SHARE:
        share(around, restate(request.question), person, reply)
        return True
    return False
