"""Segments, labels and routes edited on App Home: chosen, changed, previewed, published."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.config.changing import Entry
from bot.app.config.editing import AFTER, KEYS, NAME, REMOVE, Edited, Editing, FormProblem
from bot.app.errors import UserError
from bot.app.people import Person
from bot.slack import ids
from bot.slack.failures import code_of
from bot.slack.listeners.alert_forms import Answered, Answering
from bot.slack.listeners.ask_shortcut import written
from bot.slack.listeners.problem import problem_view
from bot.slack.middleware import Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert import text_message
from bot.slack.views.blocks import Json
from bot.slack.views.config_forms import (
    ENTRY,
    LONGEST_FIELD,
    NEW,
    WHY,
    config_choice,
    config_form,
    confirm_view,
    done_view,
    entry_key,
    entry_options,
    working_view,
)
from bot.slack.views.limits import PRIVATE_METADATA

_log = structlog.get_logger(__name__)
PLACE: Final = "slack"
PAUSES_SECONDS: Final = (
    0.05,
    0.1,
    0.2,
    0.4,
    0.8,
    1.5,
)  # until Slack has taken an answer, three seconds at most
_OTHER_VERSION: Final = "This form is of another version."


@dataclass(frozen=True)
class ConfigListeners:
    """The listeners, with what they need."""

    around: Surroundings
    editing: Editing

    def on_button(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask what is to be edited."""
        self.editing.choices(asker(context))  # who may not is told so before a form is opened
        client.views_open(trigger_id=str(body["trigger_id"]), view=config_choice())

    def on_entries(self, ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        """Give the entries that fit what was typed so far."""
        person = self.around.services.people.person(context.user_id or "")
        try:
            found = self.editing.choices(person)
        except UserError:  # a list has no place for it, and the form that was opened says it when it is sent
            ack(options=[])
            return
        ack(options=entry_options(found, str(body.get("value") or "")[:100]))

    def on_chosen(self, body: dict[str, Any], context: BoltContext, _client: WebClient) -> Answered:
        """Show the entry's fields."""
        person, wanted = asker(context), written(body, ENTRY)
        every = (*NEW, *self.editing.choices(person))
        entry = next((one for one in every if entry_key(one) == wanted), None)
        if entry is None:
            return _errors(ENTRY, "That is not there any more. Choose another one."), None
        edited = self.editing.open(entry, person)
        if any(len(one) > LONGEST_FIELD for one in edited.values.values()):
            said = f"Its text is longer than {LONGEST_FIELD:,} characters: edit the file, and apply it."
            return _errors(ENTRY, said), None
        return {"response_action": "update", "view": config_form(edited)}, None

    def on_filled(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> Answered:
        """Check the edit, and show what it would do when that is known."""
        person, edited = asker(context), _filled(body)
        metadata = _carried(edited)
        if len(metadata) > PRIVATE_METADATA:
            said = "Together the fields are too long for this form: edit the file, and apply it."
            return _errors(KEYS[edited.entry.kind][0], said), None
        try:
            draft = self.editing.draft(edited, person)
        except FormProblem as error:
            return self._shown(error, edited), None

        def show() -> _Outcome:
            does = self.editing.preview(draft, person).sentences()
            return _Outcome(confirm_view(metadata, draft.sentences(), does))

        return _working("Working out what it would do …", show, person, client)

    def on_confirmed(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> Answered:
        """Publish it. What the form carries is checked as if it had just been written."""
        person: Person = asker(context)
        edited = _confirmed(str(body["view"].get("private_metadata") or ""))

        def publish() -> _Outcome:
            said = self.editing.publish(edited, person, PLACE)
            _log.info("configuration.edited", kind=edited.entry.kind)
            return _Outcome(done_view(said), said)

        return _working("Publishing …", publish, person, client)

    def _shown(self, error: FormProblem, edited: Edited) -> dict[str, Any]:
        """The problem below its field; above them all where the form has no such field."""
        shown = {*KEYS[edited.entry.kind], *((NAME,) if edited.new else ())}
        if error.field in shown:
            return _errors(error.field, str(error)[:2_000])
        return {"response_action": "update", "view": config_form(edited, str(error))}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What takes the place of the view that says that something goes on.

    Attributes:
        said: what the person is told if they have closed it meanwhile; empty for nothing.
    """

    view: Json
    said: str = ""


def _working(said: str, make: Callable[[], _Outcome], person: Person, client: WebClient) -> Answered:
    """Say that something goes on, do it, and show what came of it in the same place.

    The view gets a name of its own, by which it is found: Slack may take our change before our answer, and
    the answer would then stand over it for good.
    """
    name = secrets.token_hex(16)

    def go_on() -> None:
        try:
            outcome = make()
        except UserError as error:
            _log.info("request.not_possible", reason=error.what_happened)
            outcome = _Outcome(problem_view(error, ""), str(error))
        if not _shown_in_place(client, name, outcome.view) and outcome.said:
            Reply(client, Place(person.slack_id)).say_directly(text_message(outcome.said))

    return {"response_action": "update", "view": working_view(said) | {"external_id": name}}, go_on


def _shown_in_place(client: WebClient, name: str, view: Json) -> bool:
    """Whether the view of that name was there to be changed; one that is not there at once may still come."""
    for pause in (*PAUSES_SECONDS, None):
        try:
            client.views_update(external_id=name, view=view)
        except SlackApiError as error:
            if code_of(error) != "not_found":
                raise
            if pause is not None:
                time.sleep(pause)
        else:
            return True
    return False


def _errors(block_id: str, said: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {block_id: said}}


def _filled(body: Mapping[str, Any]) -> Edited:
    """The edit that a form says.

    Raises:
        UserError: it is not one of ours.
    """
    edited = _confirmed(str(body["view"].get("private_metadata") or ""))
    keys = (*KEYS[edited.entry.kind], REMOVE, AFTER)
    values = {key: written(dict(body), key) for key in keys}
    entry = edited.entry
    if edited.new:
        entry = replace(entry, name=" ".join(written(dict(body), NAME).split()))
    return replace(edited, entry=entry, values=values, note=written(dict(body), WHY))


def _carried(edited: Edited) -> str:
    entry = edited.entry
    about = {"kind": entry.kind, "name": entry.name, "of": entry.of, "basis": edited.basis, "new": edited.new}
    given = {key: one for key, one in edited.values.items() if one}
    return json.dumps({**about, "values": given, "note": edited.note}, ensure_ascii=False)


def _confirmed(text: str) -> Edited:
    try:
        found = json.loads(text)
        kind = found["kind"]
        if kind not in KEYS:
            raise UserError(_OTHER_VERSION)
        values = {str(key): str(one) for key, one in (found.get("values") or {}).items()}
        entry = Entry(kind, str(found["name"]), str(found["of"]))
        return Edited(
            entry, values, int(found["basis"]), str(found.get("note") or ""), new=bool(found["new"])
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(_OTHER_VERSION, "Close it and begin again.") from None


def register(app: App, around: Surroundings, safely: Safely, answering: Answering) -> None:
    """Listen to the button, to the forms and to what is typed in them."""
    editing = around.services.editing
    if editing is None:
        return
    own, checks = ConfigListeners(around, editing), [Access(around, anew=True).check]
    app.action(ids.CONFIG_EDIT, middleware=checks)(safely(own.on_button))
    app.view(ids.CONFIG_CHOICE, middleware=checks)(answering(own.on_chosen))
    app.view(ids.CONFIG_FORM, middleware=checks)(answering(own.on_filled))
    app.view(ids.CONFIG_CONFIRM, middleware=checks)(answering(own.on_confirmed))
    app.options(ids.CONFIG_ENTRY)(own.on_entries)
