"""Questions: mentions, direct messages, the slash command, and the buttons that ask or turn a page."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.customer_voice import correction_wanted
from bot.app.errors import UserError
from bot.app.people import Person
from bot.slack import ids
from bot.slack.listeners.exports import history_wanted, on_history
from bot.slack.listeners.help import HELP
from bot.slack.listeners.rescore import on_rescore, rescore_wanted
from bot.slack.listeners.voice import on_correction
from bot.slack.middleware import Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.answer import answer_message
from bot.slack.views.blocks import Message
from bot.slack.views.text import mrkdwn, unescape

_log = structlog.get_logger(__name__)
LONGEST_QUESTION: Final = 1_000
LARGEST_OFFSET: Final = 1_000_000
_PERSON: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_LABELLED: Final = re.compile(r"<[#!@]?[^<>|]*\|([^<>]*)>")
_BARE: Final = re.compile(r"<[#!@]?([^<>|]*)>")


@dataclass(frozen=True)
class AskListeners:
    """The listeners, with what they need."""

    around: Surroundings

    def on_message(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Answer a mention, in its thread, or a direct message."""
        text = self.typed(str(body["event"].get("text") or ""), context.bot_user_id)
        self.answer(text, asker(context), self.around.reply(body, context, client))

    def on_command(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Answer ``/bellwether <question>``, to the person alone unless the channel is a public one."""
        text = self.typed(str(body.get("text") or ""), context.bot_user_id)
        self.answer(text, asker(context), self.around.reply(body, context, client))

    def on_reading(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask the question that a button carries, for whoever pressed it."""
        question = str(body["actions"][0].get("value") or "")
        self._answer_click(question, 0, body, context, client)

    def on_page(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask the same question again for another page, for whoever pressed it."""
        question, offset = page_of(str(body["actions"][0].get("value") or ""))
        self._answer_click(question, offset, body, context, client)

    def answer(self, text: str, person: Person, reply: Reply) -> None:
        """Answer what somebody typed, whatever it is."""
        segmentation = rescore_wanted(text)
        if segmentation is not None:
            on_rescore(self.around, segmentation, person, reply)
            return
        if history_wanted(text):
            on_history(self.around, person, reply)
            return
        correction = correction_wanted(text)
        if correction is not None:
            on_correction(self.around, correction, person, reply)
            return
        note = note_for(reply.place, self._name(reply.place))
        reply.say(self._message(text or HELP, person, note=note, private=reply.place.private))

    def _answer_click(
        self, question: str, offset: int, body: dict[str, Any], context: BoltContext, client: WebClient
    ) -> None:
        reply = self.around.reply(body, context, client)
        private = reply.place.private
        reply.answer_click(
            self._message(question[:LONGEST_QUESTION], asker(context), offset, private=private)
        )

    def _message(
        self, text: str, person: Person, offset: int = 0, note: str = "", *, private: bool = False
    ) -> Message:
        started = time.monotonic()
        if len(text) > LONGEST_QUESTION:
            raise UserError(
                f"The question is longer than {LONGEST_QUESTION:,} characters.", "Ask it in fewer words."
            )
        answer = self.around.services.asking.ask(text, person, offset)
        _log.info(
            "question.answered",
            kind=answer.kind,
            understood=answer.not_understood is None,
            total=answer.total,
            milliseconds=round((time.monotonic() - started) * 1000),
        )
        return answer_message(answer, self.around.drawing(person, note, private=private))

    def typed(self, text: str, bot_user_id: str | None) -> str:
        """What the person typed: without the mention of us, other people by name, links by what they show."""

        def name(found: re.Match[str]) -> str:
            slack_id = found.group(1)
            return "" if slack_id == bot_user_id else self.around.services.people.person(slack_id).name

        shown = _BARE.sub(r"\1", _LABELLED.sub(r"\1", _PERSON.sub(name, text)))
        return " ".join(unescape(shown).split())

    def _name(self, place: Place) -> str:
        return self.around.channels.facts(place.channel).name if place.channel else ""


def note_for(place: Place, channel_name: str) -> str:
    """Why an answer to a mention is seen by the asker alone; empty where that is expected."""
    if place.direct or place.public or place.response_url:
        return ""
    channel = f"#{mrkdwn(channel_name, 80)}" if channel_name else "this channel"
    return f"Only you can see this: answers in {channel} are private."


def page_of(value: str) -> tuple[str, int]:
    """What a page button carries.

    Raises:
        UserError: it is not what we write into one.
    """
    try:
        carried = json.loads(value)
        question, offset = carried["q"], carried["offset"]
    except (ValueError, KeyError, TypeError):
        question, offset = None, None
    if not isinstance(question, str) or not isinstance(offset, int) or not 0 <= offset <= LARGEST_OFFSET:
        raise UserError("This button is of another version.", "Ask the question again.")
    return question, offset


def is_question(event: Mapping[str, Any]) -> bool:
    """Whether a person said this just now: no edit, no deletion, no join, nothing that a bot said."""
    ignored = ("subtype", "bot_id", "edited", "hidden")
    return bool(event.get("user")) and not any(event.get(name) for name in ignored)


def is_mention(event: dict[str, Any]) -> bool:
    """A mention in a channel; in a direct message the message itself is the question."""
    return is_question(event) and not str(event.get("channel", "")).startswith("D")


def is_direct_message(event: dict[str, Any]) -> bool:
    """A question in a direct message."""
    return is_question(event) and event.get("channel_type") == "im"


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to questions."""
    own, checks = AskListeners(around), [Access(around).check]
    app.event("app_mention", matchers=[is_mention], middleware=checks)(safely(own.on_message))
    app.event("message", matchers=[is_direct_message], middleware=checks)(safely(own.on_message))
    app.command(ids.COMMAND, middleware=checks)(safely(own.on_command))
    app.action(ids.any_number_of(ids.ASK), middleware=checks)(safely(own.on_reading))
    app.action(ids.any_number_of(ids.PAGE), middleware=checks)(safely(own.on_page))
