"""Corrections of what was read of customers: members type ``voice correct "…" complaint negative``."""

from __future__ import annotations

from bot.app.people import Person
from bot.slack.sending import Reply
from bot.slack.surroundings import Surroundings
from bot.slack.views.alert import text_message


def on_correction(
    around: Surroundings, correction: tuple[str, str | None, str | None], person: Person, reply: Reply
) -> None:
    """Keep a correction and say what comes of it; what may not be is told by the error."""
    place = reply.place.channel or "home"
    sentence, intent, sentiment = correction
    reply.say(text_message(around.services.voice.correct(sentence, intent, sentiment, person, place)))
