"""The forms behind an alert's buttons: opened by a press, and what is done when they are sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient

from bot.app import acting
from bot.app.acting import Assignment, FieldError, TaskWish
from bot.app.errors import UserError
from bot.app.notices import AlertNotice
from bot.app.people import Person
from bot.slack import ids
from bot.slack.listeners.alert_buttons import AlertListeners, number_of
from bot.slack.middleware import SHARED_REFUSAL, Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert_deeds import explanation_message
from bot.slack.views.alert_modals import (
    CALLBACK,
    LISTED,
    OWNER_TOO,
    TITLES,
    Form,
    alert_form,
    day_of,
    given,
    options,
)

_log = structlog.get_logger(__name__)
_KINDS_BEHIND_DOTS: Final = (acting.TASK, acting.NOTE, acting.NOT_AT_RISK)
_BLOCKS: Final = {
    acting.ASSIGN: {"whom"},
    acting.TASK: {"subject", "due", "whom"},
    acting.NOTE: {"note"},
    acting.NOT_AT_RISK: {"reason", "words"},
}
Answered = tuple[dict[str, Any], Callable[[], None] | None]  # what Slack is told, and what is done after that


class FormListener(Protocol):
    """Takes a form: what Slack is told about it at once, and what is done after that."""

    def __call__(self, body: dict[str, Any], context: BoltContext, client: WebClient, /) -> Answered:
        """Take it. Errors are told in place of the form."""
        ...


# Makes a Bolt listener of one of ours for forms: answers in their place, lets no error out (bot.slack.app).
Answering = Callable[[FormListener], Callable[..., None]]


@dataclass(frozen=True)
class _Carried:
    """What a form carries. It comes back from outside, so that nothing but its shape is relied on."""

    alert_id: int
    seen: int
    place: Mapping[str, str]


@dataclass(frozen=True)
class FormListeners:
    """The listeners, with what they need."""

    around: Surroundings
    buttons: AlertListeners

    def on_explain(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Tell the person alone why the account stands where it does."""
        alert_id = number_of(str(body["actions"][0].get("value") or ""))
        notice, why = self.around.services.alerts.explain(alert_id, asker(context))
        self.around.reply(body, context, client).whisper(explanation_message(notice, why))

    def on_assign(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask to whom it is to be given."""
        self._open(acting.ASSIGN, str(body["actions"][0].get("value") or ""), body, context, client)

    def on_more(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask for what was chosen behind the dots."""
        chosen = body["actions"][0].get("selected_option") or {}
        alert, _, kind = str(chosen.get("value") or "").partition(":")
        if kind not in _KINDS_BEHIND_DOTS:
            raise UserError("This menu is of another version.", "Open the alert in the CRM instead.")
        self._open(kind, alert, body, context, client)

    def on_sent(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> Answered:
        """Do what a form asks for."""
        view, person = body["view"], asker(context)
        kind = str(view.get("callback_id") or "").partition(":")[2]
        carried = _carried(str(view.get("private_metadata") or ""))
        self._refuse_shared(carried, person)
        try:
            notice = self._do(kind, carried, view, person)
        except FieldError as error:
            known = error.field if error.field in _BLOCKS.get(kind, ()) else None
            if known is None:
                raise
            return {"response_action": "errors", "errors": {known: str(error)}}, None
        _log.info("alert.action", action=kind, alert=carried.alert_id, state=notice.state)
        place = Place(person.slack_id, carried.place.get("channel"), message_ts=carried.place.get("ts"))
        return {}, lambda: self.buttons.show(notice, person, Reply(client, place), client)

    def on_people(self, ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        """Give the CRM users who fit what was typed so far."""
        person = self.around.services.people.person(context.user_id or "")
        typed = str(body.get("value") or "")[:100]
        ack(options=options(self.around.services.alerts.people(typed, LISTED, person)))

    def _open(
        self, kind: str, alert: str, body: dict[str, Any], context: BoltContext, client: WebClient
    ) -> None:
        person, alerts = asker(context), self.around.services.alerts
        notice, seen = alerts.to_act_on(number_of(alert), kind, person)
        people = alerts.people("", LISTED + 1, person)
        me = next((one for one in people if one.id == person.crm_user_id), None)
        place = self.around.place(body, context)
        stands = {"channel": place.channel, "ts": place.message_ts}
        listed = people if 0 < len(people) <= LISTED else None
        form = Form(kind, notice, seen, listed, me, {key: one for key, one in stands.items() if one})
        client.views_open(trigger_id=str(body["trigger_id"]), view=alert_form(form))

    def _refuse_shared(self, carried: _Carried, person: Person) -> None:
        """The channel may have been shared since the form was opened."""
        channel = carried.place.get("channel", "")
        if channel and not channel.startswith("D") and self.around.channels.facts(channel).shared:
            self.around.services.audit.record(
                person.slack_id, "alert form", f"alert {carried.alert_id}", "refused: shared channel", "slack"
            )
            raise UserError(SHARED_REFUSAL)

    def _do(self, kind: str, carried: _Carried, view: Mapping[str, Any], person: Person) -> AlertNotice:
        values = (view.get("state") or {}).get("values") or {}
        alerts, alert_id = self.around.services.alerts, carried.alert_id
        match kind:
            case acting.ASSIGN:
                owner = OWNER_TOO in given(values, "owner").split(",")
                return alerts.assign(alert_id, Assignment(given(values, "whom"), owner, carried.seen), person)
            case acting.TASK:
                return alerts.ask_task(alert_id, _task(values, carried.seen), person)
            case acting.NOTE:
                return alerts.ask_note(alert_id, given(values, "note"), str(view.get("id")), person)
            case acting.NOT_AT_RISK:
                return alerts.dismiss(alert_id, given(values, "reason"), given(values, "words"), person)
            case _:
                raise UserError("This form is of another version.")


def _task(values: Mapping[str, Any], seen: int) -> TaskWish:
    try:
        due = day_of(given(values, "due"))
    except ValueError:
        raise FieldError("due", "That is no day.") from None
    return TaskWish(given(values, "subject"), due, given(values, "whom"), seen)


def _carried(text: str) -> _Carried:
    """What a form carries.

    Raises:
        UserError: it is not what we write into one.
    """
    try:
        found = json.loads(text)
        place = {name: str(found["place"][name]) for name in ("channel", "ts") if name in found["place"]}
        return _Carried(number_of(str(found["alert"])), number_of(str(found["seen"])), place)
    except (ValueError, KeyError, TypeError):
        raise UserError("This form is of another version.", "Close it and press the button again.") from None


def register(app: App, around: Surroundings, safely: Safely, answering: Answering) -> None:
    """Listen to the buttons that open forms, and to the forms."""
    own, checks = FormListeners(around, AlertListeners(around)), [Access(around, anew=True).check]
    app.action(ids.EXPLAIN, middleware=checks)(safely(own.on_explain))
    app.action(ids.ASSIGN, middleware=checks)(safely(own.on_assign))
    app.action(ids.MORE, middleware=checks)(safely(own.on_more))
    for kind in TITLES:
        app.view(f"{CALLBACK}:{kind}", middleware=checks)(answering(own.on_sent))
    app.options(ids.WHOM)(own.on_people)
