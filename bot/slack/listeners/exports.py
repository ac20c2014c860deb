"""Exports in Slack: the button, the modal with its search for fields, cancelling, the history."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient

from bot.app.answers import Answer
from bot.app.errors import UserError
from bot.app.exporting import Exports, target_of
from bot.app.exporting_rhythm import ExportSchedule
from bot.app.exporting_schedules import ExportSchedules
from bot.app.exporting_values import Export, ExportSort, Status
from bot.app.people import Person
from bot.app.ports import Posted
from bot.app.wording import counted
from bot.slack import ids
from bot.slack.middleware import Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views import limits
from bot.slack.views.alert import text_message
from bot.slack.views.export import (
    Chosen,
    chosen,
    export_message,
    export_modal,
    field_options,
    history_message,
    offer_message,
)
from bot.slack.views.export_schedules import RESUME, scheduled_message

_log = structlog.get_logger(__name__)
_HISTORY: Final = re.compile(r"^(?:my |show |list |show my )?exports$", re.IGNORECASE)


def exports_of(around: Surroundings) -> Exports:
    """The use case.

    Raises:
        UserError: this installation has none.
    """
    if around.services.exports is None:
        raise UserError("Exports are not set up here.", "Ask an administrator.")
    return around.services.exports


def schedules_of(around: Surroundings) -> ExportSchedules:
    """The use case of exports that are made again and again.

    Raises:
        UserError: this installation has none.
    """
    if around.services.schedules is None:
        raise UserError("Exports are not set up here.", "Ask an administrator.")
    return around.services.schedules


def history_wanted(text: str) -> bool:
    """Whether somebody asks for the history of exports."""
    return _HISTORY.match(text.strip()) is not None


def begin_export(
    around: Surroundings,
    answer: Answer,
    person: Person,
    reply: Reply,
    client: WebClient,
    trigger_id: str | None = None,
) -> None:
    """Have somebody choose how an answer's accounts are exported.

    Args:
        around: the use cases.
        answer: with the question in ``asked``, or in its ``request``.
        person: who asks.
        reply: where; the person alone sees what is said.
        client: Slack.
        trigger_id: of a click or a command; without one, as of a message, a button opens the modal.

    Raises:
        UserError: the person may not export, or the answer is no list of accounts.
    """
    question = answer.request.question if answer.request is not None else answer.asked
    if question is None:
        raise UserError(
            "There is nothing here to export.", "Ask for accounts, and export that: `VIP accounts`."
        )
    exports = exports_of(around)
    export = exports.begin(question, answer.question, person, reply.place.channel or "home")
    # Not the answer's total: that of changes counts changes, and that of "top 5" all accounts.
    what = f"{counted(exports.number(export), 'account')}: {answer.read_as}"
    if trigger_id is None:
        reply.whisper(offer_message(export, what))
    else:
        _open(around, export, what, client, trigger_id)


def on_history(around: Surroundings, person: Person, reply: Reply) -> None:
    """List a person's exports, to them alone.

    Raises:
        UserError: the person may not export.
    """
    reply.whisper(_history(around, person, ExportSort.WHEN))


def _open(around: Surroundings, export: Export, what: str, client: WebClient, trigger_id: str) -> None:
    exports = exports_of(around)
    modal = export_modal(export, what, len(exports.rows.columns()), exports.contacts.marks())
    client.views_open(trigger_id=trigger_id, view=modal)


def _history(around: Surroundings, person: Person, sort: ExportSort) -> Any:
    exports = exports_of(around)
    found = exports.listed(person, sort)
    mine = [one for one in found if one.slack_id == person.slack_id and exports.available(one)]
    schedules, now = schedules_of(around).listed(person), around.services.clock.now()
    return history_message(found, [one.public_id for one in mine], sort, now, schedules)


@dataclass(frozen=True)
class ExportListeners:
    """The listeners, with what they need."""

    around: Surroundings

    def on_button(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask the question of the message again, as whoever pressed the button, and open the modal."""
        person, reply = asker(context), self.around.reply(body, context, client)
        question = question_of(str(body["actions"][0].get("value") or ""))
        answer = self.around.services.asking.ask(question, person)
        if answer.not_understood is not None:
            raise UserError(answer.not_understood.reason or "The question is not understood any more.")
        begin_export(self.around, answer, person, reply, client, str(body["trigger_id"]))

    def on_open(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Open the modal of a draft."""
        exports = exports_of(self.around)
        export = exports.own(_value(body), asker(context))
        if export.status is not Status.DRAFT:
            raise UserError("This export has been started already.", "`exports` shows how far it is.")
        _open(self.around, export, target_of(export), client, str(body["trigger_id"]))

    def on_fields(self, ack: Ack, body: dict[str, Any]) -> None:
        """Offer the fields that are searched for."""
        found = exports_of(self.around).fields(str(body.get("value") or ""), limits.OPTIONS)
        ack(options=field_options(found))

    def on_submitted(self, run: Callable[..., None]) -> Callable[..., None]:
        """Tell in the modal what is wrong with the choice; else close it and go on.

        Args:
            run: ``start``, made safe.
        """

        def listener(ack: Ack, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
            problems = self._choice(body, asker(context)).problems
            if problems:
                ack(response_action="errors", errors=dict(problems))
            else:
                run(ack, body, context, client)

        return listener

    def start(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Have the export written; one message in the direct message tells how it goes on."""
        person, exports = asker(context), exports_of(self.around)
        choice = self._choice(body, person)
        wish = choice.wish
        public_id = str(body["view"].get("private_metadata") or "")
        draft = exports.own(public_id, person)
        exports.check_allowed(person, draft.criteria, "modal")
        exports.checked(wish)
        reply = Reply(client, Place(user=person.slack_id))
        posted = reply.say_directly(text_message("⏳ The export begins."))
        try:
            # What cannot be repeated is not begun, and what cannot be begun is not repeated.
            scheduled = self._prepared(public_id, choice, person)
            export = exports.confirm(public_id, wish, person, posted)
        except UserError as error:
            reply.edit(posted, text_message(str(error)))
            return
        if scheduled is not None:
            schedules_of(self.around).keep(scheduled, person)
            reply.say_directly(scheduled_message(scheduled))
        _log.info("export.queued", export=public_id)
        self._draw(export, posted, reply)

    def _prepared(self, public_id: str, choice: Chosen, person: Person) -> ExportSchedule | None:
        if choice.rhythm is None:
            return None
        return schedules_of(self.around).prepared(public_id, choice.wish, choice.rhythm, person)

    def _draw(self, export: Export, posted: Posted, reply: Reply) -> None:
        """Unless a worker was quicker: its words are newer."""
        latest = exports_of(self.around).history.find(export.public_id)
        if latest is not None and latest.status is Status.WAITING:
            reply.edit(posted, export_message(latest))

    def on_cancel(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Stop an export; the worker notices within a second and removes what it has written."""
        export = exports_of(self.around).cancel(_value(body), asker(context))
        if export.posted is not None and export.status is Status.CANCELLED:
            self.around.reply(body, context, client).edit(export.posted, export_message(export))

    def on_send(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Give a file once more."""
        exports_of(self.around).send_again(_value(body), asker(context))
        said = text_message("I send the file again, in our direct message.")
        self.around.reply(body, context, client).whisper(said)

    def on_sort(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """List the history in another order."""
        value = _value(body)
        sort = ExportSort(value) if value in set(ExportSort) else ExportSort.WHEN
        reply = self.around.reply(body, context, client)
        reply.answer_click(_history(self.around, asker(context), sort))

    def on_schedule(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Stop or resume a schedule."""
        verb, _, public_id = _value(body).partition(":")
        schedules, person = schedules_of(self.around), asker(context)
        if verb == RESUME:
            found = schedules.resume(public_id, person)
            said = f"The export goes on, {found.rhythm.said}."
        else:
            found = schedules.stop(public_id, person)
            said = (
                f"The export is not made {found.rhythm.said} any more. Its files stay as long as they would."
            )
        self.around.reply(body, context, client).whisper(text_message(said))

    def on_download(self, _body: dict[str, Any], _context: BoltContext, _client: WebClient) -> None:
        """A link was followed: the web role answers it."""

    def _choice(self, body: dict[str, Any], person: Person) -> Chosen:
        draft = exports_of(self.around).own(str(body["view"].get("private_metadata") or ""), person)
        return chosen((body["view"].get("state") or {}).get("values") or {}, draft.wish)


def _value(body: dict[str, Any]) -> str:
    """What a button or a chosen option carries."""
    action = body["actions"][0]
    return str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")


def question_of(value: str) -> str:
    """The question that an export button carries: as it is, or in JSON as page buttons have it."""
    try:
        carried = json.loads(value)
    except ValueError:
        return value
    question = carried.get("q") if isinstance(carried, dict) else None
    return question if isinstance(question, str) else value


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to everything about exports."""
    own, checks = ExportListeners(around), [Access(around, anew=True).check]
    for action, listener in (
        (ids.any_number_of(ids.EXPORT), own.on_button),
        (ids.EXPORT_OPEN, own.on_open),
        (ids.EXPORT_CANCEL, own.on_cancel),
        (ids.EXPORT_SEND, own.on_send),
        (ids.EXPORT_SORT, own.on_sort),
        (ids.EXPORT_SCHEDULE, own.on_schedule),
        (ids.EXPORT_DOWNLOAD, own.on_download),
    ):
        app.action(action, middleware=checks)(safely(listener))
    app.options(ids.EXPORT_FIELDS, middleware=[Access(around).check])(own.on_fields)  # at every letter
    app.view(ids.EXPORT_MODAL, middleware=checks)(own.on_submitted(safely(own.start)))
