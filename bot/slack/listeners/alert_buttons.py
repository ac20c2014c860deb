"""The buttons of an alert. Pressing twice, or two people at once, shows who was first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.errors import UserError
from bot.app.notices import AlertNotice
from bot.app.people import Person
from bot.app.ports import Posted
from bot.slack import ids
from bot.slack.listeners.home import publish_home
from bot.slack.middleware import Access
from bot.slack.sending import Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert import alert_message

_log = structlog.get_logger(__name__)
LONGEST_NUMBER: Final = 18  # digits that fit into 64 bits
Deed = Callable[[int, Person], AlertNotice]


@dataclass(frozen=True)
class AlertListeners:
    """The listeners, with what they need."""

    around: Surroundings

    def on_acknowledge(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Take note of the alert, and show by whom."""
        alert_id = number_of(str(body["actions"][0].get("value") or ""))
        self._act("acknowledge", alert_id, self.around.services.alerts.acknowledge, body, context, client)

    def on_snooze(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Put the alert to rest, and show by whom and until when."""
        chosen = body["actions"][0].get("selected_option") or {}
        alert, _, days = str(chosen.get("value") or "").partition(":")
        wanted = number_of(days)

        def snooze(alert_id: int, person: Person) -> AlertNotice:
            return self.around.services.alerts.snooze(alert_id, wanted, person)

        self._act(f"snooze {wanted} days", number_of(alert), snooze, body, context, client)

    def _act(
        self,
        name: str,
        alert_id: int,
        deed: Deed,
        body: dict[str, Any],
        context: BoltContext,
        client: WebClient,
    ) -> None:
        person, reply = asker(context), self.around.reply(body, context, client)
        notice = deed(alert_id, person)  # who may, who was first, and the record of it: the use case's
        _log.info("alert.action", action=name, alert=alert_id, state=notice.state)
        self.show(notice, person, reply, client)

    def show(self, notice: AlertNotice, person: Person, reply: Reply, client: WebClient) -> None:
        """Redraw the alert where it stands, and App Home if it was pressed there."""
        place = reply.place
        if place.channel and place.message_ts:
            reply.edit(Posted(place.channel, place.message_ts), alert_message(notice))
            return
        publish_home(self.around, person, client)
        if notice.slack_channel and notice.slack_ts:
            reply.edit(Posted(notice.slack_channel, notice.slack_ts), alert_message(notice))


def number_of(text: str) -> int:
    """What a button carries, if it is a number that can be one of ours.

    Raises:
        UserError: it is not.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise UserError("This button is of another version.", "Open the alert in the CRM instead.")
    return int(text)


def on_link(_body: dict[str, Any], _context: BoltContext, _client: WebClient) -> None:
    """Slack tells of a pressed link as well, and wants to hear that we heard it: nothing else to do."""


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the buttons of alerts."""
    own, access = AlertListeners(around), Access(around, anew=True)
    app.action(ids.ACKNOWLEDGE, middleware=[access.check])(safely(own.on_acknowledge))
    app.action(ids.SNOOZE, middleware=[access.check])(safely(own.on_snooze))
    app.action(ids.any_number_of(ids.OPEN_IN_CRM))(safely(on_link))
