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

from bot.app.answers import Answer
from bot.app.conversing import direct_key
from bot.app.customer_voice import correction_wanted
from bot.app.enriching_desk import enrich_wanted
from bot.app.errors import UserError
from bot.app.people import Person
from bot.app.scope import seen_by
from bot.language.question import Action, Kind
from bot.slack import ids
from bot.slack.listeners.agent import is_at_work
from bot.slack.listeners.enriching import on_enrich
from bot.slack.listeners.exports import history_wanted, on_history
from bot.slack.listeners.help import HELP
from bot.slack.listeners.requests import Requested, RequestHandlers, act, person_now, request_handlers
from bot.slack.listeners.rescore import on_rescore, rescore_wanted
from bot.slack.listeners.voice import on_correction
from bot.slack.listeners.zoho_link import on_zoho, zoho_wanted
from bot.slack.middleware import Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert import text_message
from bot.slack.views.answer import answer_message
from bot.slack.views.blocks import Message
from bot.slack.views.keep_word import keep_button, learnt
from bot.slack.views.limits import LONGEST_QUESTION
from bot.slack.views.text import mrkdwn, unescape

_log = structlog.get_logger(__name__)
LARGEST_OFFSET: Final = 1_000_000
_PERSON: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_LABELLED: Final = re.compile(r"<[#!@]?[^<>|]*\|([^<>]*)>")
_BARE: Final = re.compile(r"<[#!@]?([^<>|]*)>")
HOW_TO_GO_ON: Final = (
    "A command cannot be gone on with. Mention me with this question in a channel, or write it to me: "
    "then “only in Berlin”, “next 10” or “undo” go on from it."
)
_GO_ON: Final = {Kind.LIST, Kind.COUNT, Kind.COUNT_BY, Kind.FIGURE, Kind.MOVED, Kind.HISTORY, Kind.PROSPECTS}


@dataclass(frozen=True)
class AskListeners:
    """The listeners, with what they need."""

    around: Surroundings
    handlers: RequestHandlers

    def on_message(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Answer a mention, in its thread, or a direct message."""
        text = self.typed(str(body["event"].get("text") or ""), context.bot_user_id)
        reply = self.around.reply(body, context, client)
        if self.around.agent and reply.place.direct and reply.place.channel and reply.place.thread_ts:
            is_at_work(client, reply.place.channel, reply.place.thread_ts)
        self.answer(text, asker(context), reply, client)

    def on_command(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Answer ``/bellwether <question>``, to the person alone unless the channel is a public one."""
        text = self.typed(str(body.get("text") or ""), context.bot_user_id)
        self.answer(text, asker(context), self.around.reply(body, context, client), client)

    def on_reading(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask the question that a button carries, for whoever pressed it."""
        question = str(body["actions"][0].get("value") or "")
        self._answer_click(question, 0, body, context, client)

    def on_word_reading(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask what was meant by an unknown word; an administrator may keep the word for it."""
        found, person = learnt(str(body["actions"][0].get("value") or "")), asker(context)
        reply = self.around.reply(body, context, client)
        message = self._message(self._pressed(found.question, 0, person, reply.place), person, reply.place)
        meaning = self.around.services.words.offer(found.word, found.reading, person)
        kept = keep_button(found, meaning, person.slack_id) if meaning else ()
        reply.answer_click(Message(message.text, (*message.blocks, *kept)))

    def on_keep_word(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Keep a word, and tell whoever pressed the button what was done."""
        found, person = learnt(str(body["actions"][0].get("value") or "")), asker(context)
        reply = self.around.reply(body, context, client)
        try:
            said = self.around.services.words.keep(found.word, found.reading, person)
        except UserError as error:
            outcome = f"refused: {error.what_happened}"
            place = reply.place.channel or "slack"
            self.around.services.audit.record(person.slack_id, "keep word", found.word[:100], outcome, place)
            raise
        reply.whisper(text_message(said))

    def on_page(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask the same question again for another page, for whoever pressed it."""
        question, offset = page_of(str(body["actions"][0].get("value") or ""))
        self._answer_click(question, offset, body, context, client)

    def answer(self, text: str, person: Person, reply: Reply, client: WebClient) -> None:
        """Answer what somebody typed, whatever it is."""
        segmentation = rescore_wanted(text)
        if segmentation is not None:
            on_rescore(self.around, segmentation, person_now(person, self.around.services.people), reply)
            return
        if history_wanted(text):
            on_history(self.around, person_now(person, self.around.services.people), reply)
            return
        zoho = zoho_wanted(text)
        if zoho is not None:
            on_zoho(self.around, zoho, person, reply)
            return
        enrich = enrich_wanted(text)
        if enrich is not None:
            on_enrich(self.around, enrich, person, reply)
            return
        correction = correction_wanted(text)
        if correction is not None:
            corrector = person_now(person, self.around.services.people)
            with seen_by(corrector.scope):
                on_correction(self.around, correction, corrector, reply)
            return
        key = conversation_key(reply.place)
        answer = self._answered(text or HELP, person, conversation=key)
        request = answer.request
        if request is not None and request.action is not Action.NEXT and answer.not_understood is None:
            asked = Requested(request, answer, person, reply, client, key)
            act(asked, self.handlers, self.around.services.people)
            return
        notes = (note_for(reply.place, self._name(reply.place)), how_to_go_on(reply.place, answer))
        reply.say(self._message(answer, person, reply.place, " ".join(one for one in notes if one)))

    def _answer_click(
        self, question: str, offset: int, body: dict[str, Any], context: BoltContext, client: WebClient
    ) -> None:
        reply, person = self.around.reply(body, context, client), asker(context)
        reply.answer_click(
            self._message(self._pressed(question, offset, person, reply.place), person, reply.place)
        )

    def _pressed(self, question: str, offset: int, person: Person, place: Place) -> Answer:
        return self._answered(
            question[:LONGEST_QUESTION], person, offset, conversation=conversation_key(place), pressed=True
        )

    def _message(self, answer: Answer, person: Person, place: Place, note: str = "") -> Message:
        drawing = self.around.drawing(person, note, private=place.private, direct=place.direct)
        return answer_message(answer, drawing)

    def _answered(
        self, text: str, person: Person, offset: int = 0, *, conversation: str = "", pressed: bool = False
    ) -> Answer:
        started = time.monotonic()
        if len(text) > LONGEST_QUESTION:
            raise UserError(
                f"The question is longer than {LONGEST_QUESTION:,} characters.", "Ask it in fewer words."
            )
        answer = self.around.services.asking.ask(
            text, person, offset, conversation=conversation, pressed=pressed
        )
        _log.info(
            "question.answered",
            kind=answer.kind,
            understood=answer.not_understood is None,
            total=answer.total,
            milliseconds=round((time.monotonic() - started) * 1000),
        )
        return answer

    def typed(self, text: str, bot_user_id: str | None) -> str:
        """What the person typed: without the mention of us, other people by name, links by what they show."""

        def name(found: re.Match[str]) -> str:
            slack_id = found.group(1)
            return "" if slack_id == bot_user_id else self.around.services.people.person(slack_id).name

        shown = _BARE.sub(r"\1", _LABELLED.sub(r"\1", _PERSON.sub(name, text)))
        return " ".join(unescape(shown).split())

    def _name(self, place: Place) -> str:
        return self.around.channels.facts(place.channel).name if place.channel else ""


def conversation_key(place: Place) -> str:
    """Where a question is gone on with: a thread, for everybody in it, or a direct message outside of one.

    A command has no thread, and neither has what it answers: there nothing is gone on with.
    """
    command = place.response_url is not None and place.message_ts is None
    if place.channel is None or command:
        return ""
    if place.thread_ts:
        return f"{place.channel}:{place.thread_ts}"
    return direct_key(place.channel) if place.direct else ""


def how_to_go_on(place: Place, answer: Answer) -> str:
    """After a command: how its question could be gone on with, where there is something to go on with."""
    command = place.response_url is not None and place.message_ts is None
    return HOW_TO_GO_ON if command and answer.kind in _GO_ON else ""


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
    own, checks = AskListeners(around, request_handlers(around)), [Access(around).check]
    app.event("app_mention", matchers=[is_mention], middleware=checks)(safely(own.on_message))
    app.event("message", matchers=[is_direct_message], middleware=checks)(safely(own.on_message))
    app.command(ids.COMMAND, middleware=checks)(safely(own.on_command))
    app.action(ids.any_number_of(ids.ASK), middleware=checks)(safely(own.on_reading))
    app.action(ids.any_number_of(ids.READING), middleware=checks)(safely(own.on_word_reading))
    app.action(ids.KEEP_WORD, middleware=[Access(around, anew=True).check])(safely(own.on_keep_word))
    app.action(ids.any_number_of(ids.PAGE), middleware=checks)(safely(own.on_page))
