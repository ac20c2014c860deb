"""What talks with Slack: with which token, over which way, and what waits while the app is not installed."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import structlog
from slack_sdk import WebClient
from starlette.routing import Route

from bot.app.checks import Check
from bot.app.deliver import Delivery
from bot.app.errors import ConfigurationError
from bot.app.installing import INCIDENT, REMOVED, Installation
from bot.runtime.clock import clock_for
from bot.slack.client import client_with
from bot.slack.http_mode import PATH, HttpConnection, Signatures
from bot.slack.installing import INSTALL_PATH, Installer, SignedStates, install_routes, installer
from bot.slack.socket import SocketConnection
from bot.slack.workspace import WatchfulChat, Workspace
from bot.store.installations import SqlInstallations
from bot.store.once import SqlUsedOnce

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

log = structlog.get_logger(__name__)
TIMEOUT_SECONDS = 10


class SlackParts:
    """Every part, each built when it is first asked for."""

    def __init__(self, of: Bellwether) -> None:
        self._of = of
        self._slack = of.settings.slack

    @property
    def by_page(self) -> bool:
        """Whether the token comes from an installation. One in the environment is taken before it."""
        return bool(self._slack.client_id) and not self._slack.bot_token.get_secret_value()

    @cached_property
    def installations(self) -> SqlInstallations:
        """The installation.

        Raises:
            ConfigurationError: what it needs is not set.
        """
        self._of.settings.require("slack.client_secret", "secret_key", "public_url")
        return SqlInstallations(self._of.database, self._of.clock, self._of.settings.sealing_keys)

    @cached_property
    def once(self) -> SqlUsedOnce:
        """What was used. Slack signs with the time of the world, whatever time the product is given."""
        return SqlUsedOnce(self._of.database, clock_for(None))

    @cached_property
    def workspace(self) -> Workspace:
        """The app in its workspace, when it is installed from a page."""
        return Workspace(self.installations, self._begin_pause)

    def source(self) -> str | Callable[[], str | None]:
        """The token, or where to look it up.

        Raises:
            ConfigurationError: there is neither a token nor a way to get one.
        """
        if self.by_page:
            return self.workspace.token
        self._of.settings.require("slack.bot_token")
        return self._slack.bot_token.get_secret_value()

    @cached_property
    def client(self) -> WebClient:
        """Slack's Web API; raises as ``source``."""
        return client_with(self.source(), base_url=self._slack.api_url, timeout=TIMEOUT_SECONDS)

    def is_installed(self) -> bool:
        """Whether there is a token."""
        return not self.by_page or self.workspace.token() is not None

    def connection(self) -> SocketConnection | HttpConnection:
        """Slack's events, commands and clicks.

        Raises:
            ConfigurationError: a token or the signing secret is not set.
        """
        from bot.slack.app import build_app

        over_http, settings = self._of.settings.slack_over_http, self._of.settings
        settings.require("slack.signing_secret" if over_http else "slack.app_token")
        self.source()
        app = build_app(
            self._of.services,
            bot_token=self._slack.bot_token.get_secret_value(),
            api_url=self._slack.api_url,
            configuration=self._of.configuration,
            workspace=self.workspace if self.by_page else None,
            as_agent=self._slack.agent,
            with_workflow_step=self._slack.workflow_step,
        )
        if not over_http:
            return SocketConnection(app, self._slack.app_token.get_secret_value())
        return HttpConnection(
            app,
            Signatures(self._slack.signing_secrets, time.time),
            self.once,
            app_id=self.workspace.app_id if self.by_page else lambda: "",
            count=self._of.feed_parts.refusals.count,
        )

    def install_routes(self) -> list[Route]:
        """Where the app is installed; nowhere when it has its token from the environment."""
        return install_routes(self._installer()) if self.by_page else []

    def _installer(self) -> Installer:
        installations, settings = self.installations, self._of.settings
        if installations.is_unreadable():
            log.error("slack.token_unreadable", advice=UNREADABLE)
        return installer(
            client_id=self._slack.client_id,
            client_secret=self._slack.client_secret.get_secret_value(),
            api_url=self._slack.api_url,
            public_url=str(settings.public_url),
            states=SignedStates(settings.sealing_keys, self.once, time.time),
            save=self._install,
            wanted=self._slack.team_id,
        )

    def _install(self, installation: Installation) -> None:
        self.installations.save(installation, self._slack.team_id)
        who = installation.installed_by or "somebody"
        self._of.audit.record(who, "install", installation.team_id, "installed", "web")
        self._end_pause()
        log.info("slack.installed", team=installation.team_id)

    def _begin_pause(self) -> None:
        self._of.incidents.begin(INCIDENT, REMOVED, self.advice(), told=False)

    def advice(self) -> str:
        """What to do when the app is not in the workspace."""
        if self.by_page:
            return f"Install it at {str(self._of.settings.public_url).rstrip('/')}{INSTALL_PATH}."
        return "Install the app again and set BELLWETHER_SLACK__BOT_TOKEN to the new token."

    @cached_property
    def delivery(self) -> Delivery:
        """From the outbox to Slack."""
        from bot.runtime.alert_parts import addressing

        of = self._of
        chat = WatchfulChat(
            of.gateway,
            token=lambda: of.slack.token,
            on_gone=self._on_gone,
            on_posted=self._end_pause,
        )
        people = addressing(of.database, of.slack)
        return Delivery(of.outbox, of.acting.chat(chat), of.incidents, of.holder, people)

    def _end_pause(self) -> None:
        self._of.incidents.end(INCIDENT)

    def _on_gone(self, token: str) -> None:
        if not self.by_page or self.installations.discard(token):
            self._begin_pause()

    def deliver_one(self) -> bool:
        """Deliver one due message; none is touched while the app is not installed."""
        return self.is_installed() and self.delivery.deliver_one()

    def check(self) -> Check:
        """Whether there is a token, for ``doctor``."""
        if self.is_installed():
            return Check("slack app", ok=True, detail="installed")
        if self.installations.is_unreadable():
            return Check("slack app", ok=False, detail="its token cannot be opened", advice=UNREADABLE)
        return Check("slack app", ok=False, detail="not installed", advice=self.advice())

    def listening(self) -> str:
        """Over which way Slack reaches us, for ``doctor``.

        Raises:
            ConfigurationError: what that way needs is not set.
        """
        settings = self._of.settings
        if not settings.slack_over_http:
            settings.require("slack.app_token")
            token = self._slack.app_token.get_secret_value()
            self._of.slack.apps_connections_open(app_token=token)
            return "may open connections"
        settings.require("slack.signing_secret")
        if not settings.public_url:
            raise ConfigurationError(
                "Slack has no address to call.", "Set BELLWETHER_PUBLIC_URL, or use Socket Mode."
            )
        return f"Slack calls {settings.public_url.rstrip('/')}{PATH}"


UNREADABLE = (
    "It was sealed with another key: add that to BELLWETHER_FORMER_SECRET_KEYS and run "
    "`bellwether keys rotate`, or install the app again."
)
