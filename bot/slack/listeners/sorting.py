"""The menu that sorts a list: the same question in another order, drawn in the same place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.errors import UserError
from bot.app.people import Person
from bot.language.restate import restate
from bot.slack import ids
from bot.slack.listeners.ask import AskListeners
from bot.slack.middleware import Access
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.controls import WHOLE, carried_question, order_of


@dataclass(frozen=True)
class SortListeners:
    """The listener, with what it needs."""

    around: Surroundings

    def on_sort(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Ask the question in the chosen order, for whoever chose it, as if it had been typed."""
        chosen = body["actions"][0].get("selected_option") or {}
        value = str(chosen.get("value") or "")
        question = value[1:] if value[:1] == WHOLE else self._in_order(value, body, asker(context))
        pressed = {**body["actions"][0], "value": question}
        AskListeners(self.around, {}).on_reading({**body, "actions": [pressed]}, context, client)

    def _in_order(self, value: str, body: Mapping[str, Any], person: Person) -> str:
        """The question that stands in a button beside the menu, with an order in place of its own.

        Raises:
            UserError: the menu or the button carries something else.
        """
        order, question = order_of(value), carried_question(body)
        asked = self.around.services.asking.ask(question, person).asked if order and question else None
        if order is None or asked is None:
            raise UserError("This menu is of another version.", "Ask the question again.")
        return restate(replace(asked, sort=(order,)))


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the menu."""
    app.action(ids.SORT, middleware=[Access(around).check])(safely(SortListeners(around).on_sort))
