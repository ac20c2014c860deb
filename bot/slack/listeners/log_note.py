"""The message shortcut *Log to account*: a message becomes a note below an account in the CRM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient

from bot.app.account_notes import AccountNotes
from bot.app.acting import LONGEST_NOTE, FieldError
from bot.app.errors import UserError
from bot.app.linked_accounts import LISTED, LinkedAccounts
from bot.app.wording import day
from bot.slack import ids
from bot.slack.listeners.alert_forms import Answered, Answering
from bot.slack.listeners.ask import AskListeners
from bot.slack.listeners.ask_shortcut import written
from bot.slack.listeners.requests import request_handlers
from bot.slack.middleware import Access
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.form_parts import option
from bot.slack.views.note_form import ACCOUNT, NOTE, note_choice, note_form, note_kept
from bot.slack.views.text import clip, unescape

_log = structlog.get_logger(__name__)
_NO_TEXT: Final = "This message has no text that could be noted."


@dataclass(frozen=True)
class LogListeners:
    """The listeners, with what they need."""

    around: Surroundings
    notes: AccountNotes
    questions: AskListeners

    def on_shortcut(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask for the account, with the message as the note's text."""
        self.notes.admit(asker(context))
        text = self._quoted(body, context)
        client.views_open(trigger_id=str(body["trigger_id"]), view=note_choice(text))

    def on_chosen(self, body: dict[str, Any], context: BoltContext, _client: WebClient) -> Answered:
        """Show the account and the note as it will stand."""
        person = asker(context)
        try:
            account = self.notes.account(written(body, ACCOUNT), person)
        except UserError as error:
            return _wrong(ACCOUNT, error), None
        view = note_form(account, written(body, NOTE), person.name)
        return {"response_action": "update", "view": view}, None

    def on_sent(self, body: dict[str, Any], context: BoltContext, _client: WebClient) -> Answered:
        """Have it written. The view's id names the form: it stays the same from the first step on."""
        view, person = body["view"], asker(context)
        account_id = str(view.get("private_metadata") or "")
        try:
            account = self.notes.add(account_id, written(body, NOTE), str(view.get("id")), person)
        except FieldError as error:
            return _wrong(NOTE, error), None
        _log.info("note.asked_for", account=account.id)
        url = self._url(account.id)
        return {"response_action": "update", "view": note_kept(account, url)}, None

    def on_accounts(self, ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        """Give the accounts that fit what was typed so far."""
        person = self.around.services.people.person(context.user_id or "")
        found = self.notes.like(str(body.get("value") or ""), person)
        ack(options=[option(one.name, one.id) for one in found[:LISTED]])

    def _url(self, account_id: str) -> str | None:
        linked: LinkedAccounts = self.notes.accounts
        return linked.crm_url(account_id)

    def _quoted(self, body: dict[str, Any], context: BoltContext) -> str:
        """Who wrote what, where and when; as people read it, without Slack's signs."""
        message = body.get("message") or {}
        lines = str(message.get("text") or "").splitlines()
        said = "\n".join(self.questions.typed(one, None) for one in lines).strip()
        if not said:
            raise UserError(_NO_TEXT, "Write the note on the account in the CRM.")
        writer = self.around.services.people.person(str(message.get("user") or "")).name
        channel = self.around.channels.facts(str(context.channel_id or "")).name
        place = f" in #{unescape(channel)}" if channel else ""
        return clip(f"{writer}{place}{_on(message)}:\n{said}", LONGEST_NOTE)


def _on(message: dict[str, Any]) -> str:
    try:
        at = datetime.fromtimestamp(float(str(message.get("ts"))), UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f" on {day(at.date())}"


def _wrong(block_id: str, error: UserError) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {block_id: str(error)}}


def register(app: App, around: Surroundings, safely: Safely, answering: Answering) -> None:
    """Listen to the shortcut, to the forms and to what is typed in them."""
    notes = around.services.notes
    if notes is None:
        return
    own = LogListeners(around, notes, AskListeners(around, request_handlers(around)))
    checks = [Access(around, anew=True).check]
    app.message_shortcut(ids.LOG_SHORTCUT, middleware=checks)(safely(own.on_shortcut))
    app.view(ids.LOG_CHOICE, middleware=checks)(answering(own.on_chosen))
    app.view(ids.LOG_FORM, middleware=checks)(answering(own.on_sent))
    app.options(ids.ACCOUNT)(own.on_accounts)
