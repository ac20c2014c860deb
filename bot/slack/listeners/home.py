"""App Home: drawn anew whenever somebody opens it."""

from __future__ import annotations

from typing import Any

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.people import Person
from bot.slack.middleware import Access
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.home import home_view, refused_home
from bot.slack.views.limits import Surface, check

_log = structlog.get_logger(__name__)


def publish_home(around: Surroundings, person: Person, client: WebClient) -> None:
    """Draw the person's App Home."""
    view = home_view(around.services.home.view(person), around.marks(), around.services.clock.now())
    problems = check(view, Surface.HOME)
    if problems:
        _log.error("home.unsendable", problems=problems[:10])
        view = refused_home("App Home cannot be drawn just now; ask in the Messages tab.")
    client.views_publish(user_id=person.slack_id, view=view)


def is_home_tab(event: dict[str, Any]) -> bool:
    """Whether the Home tab was opened, and not the Messages tab."""
    return bool(event.get("tab", "home") == "home")


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to App Home being opened."""

    def on_home_opened(_body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        publish_home(around, asker(context), client)

    checks = [Access(around).check]
    app.event("app_home_opened", matchers=[is_home_tab], middleware=checks)(safely(on_home_opened))
