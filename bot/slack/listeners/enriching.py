"""Enriching in Slack: the command, the form with a box for each field, batches, the history and the way back.

Whoever asks is answered in the direct message with them, and that message is edited as it goes on: what a
company's site says, and what of it is written, is between the app and the person who consents.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient

from bot.app.answers import Answer
from bot.app.enriching_desk import HOW, PLACE, Enrich, EnrichingDesk
from bot.app.enriching_values import BatchState
from bot.app.errors import UserError
from bot.app.people import Person
from bot.app.ports import Posted
from bot.language.question import Kind, Question
from bot.slack import ids
from bot.slack.middleware import Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert import text_message
from bot.slack.views.blocks import Message
from bot.slack.views.enriching import (
    batch_message,
    choice_message,
    chosen_fields,
    confirm_message,
    history_message,
    proposed_modal,
    reading_message,
    said_message,
    undo_modal,
)
from bot.slack.views.limits import LONGEST_QUESTION
from bot.slack.views.problem import problem_message

_log = structlog.get_logger(__name__)
ELSEWHERE: Final = "I tell you in our direct message."
_LEFT: Final = "Nothing was enriched."


def desk_of(around: Surroundings) -> EnrichingDesk:
    """The use case.

    Raises:
        UserError: this installation has none.
    """
    if around.services.enriching is None:
        raise UserError("Enrichment is not set up here.", "Ask an administrator.")
    return around.services.enriching


def on_enrich(around: Surroundings, wanted: Enrich, person: Person, reply: Reply) -> None:
    """Have one account or many enriched, or list what was.

    Raises:
        UserError: the person may not, or there is no such account and it is no question.
    """
    desk = desk_of(around)
    if wanted.history:
        lines, people = desk.lines(person, wanted.text), around.services.people
        names = {one.by: people.person(one.by).name for one in lines if one.by.startswith(("U", "W"))}
        reply.whisper(history_message(lines, names, around.services.clock.now()))
        return
    desk.one.admit(person, wanted.text[:100] or "nothing", PLACE)
    if not wanted.text:
        raise UserError("Say which account.", HOW)
    found = desk.called(wanted.text, person)
    if len(found) == 1 and found[0].name.casefold() == wanted.text.casefold():
        _look(desk, found[0].id, found[0].name, person, reply)
        return
    answer = around.services.asking.ask(wanted.text[:LONGEST_QUESTION], person, pressed=True)
    question = answer.asked if answer.not_understood is None else None
    if question is not None and question.kind is Kind.ACCOUNT and answer.card is not None:
        _look(desk, answer.card.line.id, answer.card.line.name, person, reply)
    elif question is not None and question.kind is not Kind.ACCOUNT and question.kind is not Kind.HELP:
        _confirm(desk, answer, question, person, reply)
    elif len(found) == 1:
        _look(desk, found[0].id, found[0].name, person, reply)
    elif found:
        reply.whisper(choice_message(wanted.text, found))
    else:
        raise UserError(f"“{wanted.text}” is neither an account nor a question for accounts.", HOW)


def _look(desk: EnrichingDesk, account_id: str, name: str, person: Person, reply: Reply) -> None:
    """Say at once that the site is read; a worker edits that message."""
    posted = _directly(reply, reading_message(name))
    desk.look(account_id, person, posted)
    _log.info("enrich.asked_for", account=account_id)


def _confirm(desk: EnrichingDesk, answer: Answer, question: Question, person: Person, reply: Reply) -> None:
    """Say how many accounts it would be; nothing is entered."""
    found = desk.many.rehearse(desk.wish(question, answer.question), person, PLACE)
    most, daily = desk.many.limits.batch_limit, desk.many.limits.daily_limit
    _directly(reply, confirm_message(answer.question, answer.read_as, found, most, daily))


def _directly(reply: Reply, message: Message) -> Posted:
    posted = reply.say_directly(message)
    if not reply.place.direct and reply.place.channel:
        reply.whisper(text_message(ELSEWHERE))
    return posted


@dataclass(frozen=True)
class EnrichingListeners:
    """The listeners, with what they need."""

    around: Surroundings

    @property
    def desk(self) -> EnrichingDesk:
        """The use case."""
        return desk_of(self.around)

    def on_account(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """One of several accounts was chosen."""
        person, account_id = asker(context), _value(body)
        self.desk.one.admit(person, account_id, PLACE)
        line = self.desk.linked.line(account_id, person)
        if line is None:
            raise UserError("There is no such account.", HOW)
        _look(self.desk, line.id, line.name, person, self.around.reply(body, context, client))

    def on_review(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Open the form of a proposal."""
        person, reply = asker(context), self.around.reply(body, context, client)
        self.desk.one.admit(person, _value(body), PLACE)
        found = self.desk.one.kept(_value(body), person)
        posted = _own_message(reply) or Posted("", "")
        client.views_open(trigger_id=str(body["trigger_id"]), view=proposed_modal(found, posted))

    def on_submitted(self, run: Callable[..., None]) -> Callable[..., None]:
        """Tell in the form that nothing is ticked; else close it and go on.

        Args:
            run: ``apply``, made safe.
        """

        def listener(ack: Ack, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
            values = body["view"]["state"]["values"]
            if chosen_fields(values) or not values:
                run(ack, body, context, client)
            else:
                ack(response_action="errors", errors={next(iter(values)): "Tick one field at least."})

        return listener

    def apply(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Have what was ticked written. Only the proposal's id and names of fields come from the form."""
        person, carried = asker(context), json.loads(body["view"]["private_metadata"])
        chosen = chosen_fields(body["view"]["state"]["values"])
        reply = Reply(client, Place(user=person.slack_id))
        found = self.desk.one.kept(str(carried["id"]), person, str(carried["seen"]))
        told = said_message(f"⏳ Writing {len(chosen)} of {found.account_name}'s fields to the CRM …")
        posted = Posted(str(carried["channel"]), str(carried["ts"]))
        if posted.ts:
            reply.edit(posted, told)
        else:
            posted = reply.say_directly(told)
        try:
            self.desk.apply(found.id, found.digest, chosen, person, posted)
        except UserError as error:
            reply.edit(posted, problem_message(error.what_happened, error.what_to_do))

    def on_leave(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Nothing is wanted."""
        self.around.reply(body, context, client).answer_click(said_message(_LEFT))

    def on_batch(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Enter a batch for what the button asks; a second press of it changes nothing."""
        person, reply, text = asker(context), self.around.reply(body, context, client), _value(body)
        self.desk.many.admit(person, text[:100], PLACE)
        answer = self.around.services.asking.ask(text, person, pressed=True)
        if answer.asked is None or answer.not_understood is not None:
            raise UserError("The question is not understood any more.", HOW)
        wish = self.desk.wish(answer.asked, text)
        posted = _own_message(reply)
        told = said_message(f"⏳ The accounts are looked up: {text}")
        if posted is None:
            posted = reply.say_directly(told)
        else:
            reply.edit(posted, told)
        self.desk.start(wish, person, posted)

    def on_cancel(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Read no further accounts of a batch; the worker tells the rest."""
        reply = self.around.reply(body, context, client)
        batch = self.desk.many.cancel(_value(body), asker(context), PLACE)
        reply.answer_click(batch_message(batch))
        latest = self.desk.many.found(batch.id)
        if latest.state is BatchState.DONE and batch.state is not BatchState.DONE:
            reply.answer_click(batch_message(latest))  # the worker was quicker, and we have drawn over it

    def on_resume(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Go on with a stopped batch."""
        reply = self.around.reply(body, context, client)
        self.desk.many.resume(_value(body), asker(context), PLACE, progress_at=_own_message(reply))
        reply.answer_click(said_message("⏳ The batch goes on."))

    def on_undo(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask whether values are to be taken back."""
        person, identifier = asker(context), _value(body)
        what, number = self.desk.to_undo(identifier, person)
        view = undo_modal(identifier, what, number)
        client.views_open(trigger_id=str(body["trigger_id"]), view=view)

    def take_back(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Have values taken back; a new message tells what became of it."""
        person, identifier = asker(context), str(body["view"].get("private_metadata") or "")
        self.desk.to_undo(identifier, person)
        reply = Reply(client, Place(user=person.slack_id))
        self.desk.undo(identifier, person, reply.say_directly(said_message("⏳ Taking the values back …")))


def _own_message(reply: Reply) -> Posted | None:
    """The message whose button was pressed, if it stands in the direct message and can be edited."""
    place = reply.place
    if place.direct and not place.ephemeral and place.channel and place.message_ts:
        return Posted(place.channel, place.message_ts)
    return None


def _value(body: dict[str, Any]) -> str:
    """What a button or a chosen option carries."""
    action = body["actions"][0]
    return str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to everything about enrichment."""
    own, checks = EnrichingListeners(around), [Access(around, anew=True).check]
    for action, listener in (
        (ids.ENRICH_ACCOUNT, own.on_account),
        (ids.ENRICH_REVIEW, own.on_review),
        (ids.ENRICH_LEAVE, own.on_leave),
        (ids.ENRICH_BATCH, own.on_batch),
        (ids.ENRICH_CANCEL, own.on_cancel),
        (ids.ENRICH_RESUME, own.on_resume),
        (ids.ENRICH_UNDO, own.on_undo),
    ):
        app.action(action, middleware=checks)(safely(listener))
    app.view(ids.ENRICH_FORM, middleware=checks)(own.on_submitted(safely(own.apply)))
    app.view(ids.ENRICH_UNDO_FORM, middleware=checks)(safely(own.take_back))
