"""Socket Mode: the connection over which Slack sends events, commands and clicks."""

from __future__ import annotations

import threading
from typing import Final

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError
from starlette.routing import Route

from bot.app.errors import ConfigurationError
from bot.slack.client import posting_client
from bot.slack.failures import TRANSPORT_ERRORS, code_of

_log = structlog.get_logger(__name__)
RETRY_SECONDS: Final = 5
WORKER_THREADS: Final = 20
PING_SECONDS: Final = 3  # also how often a broken connection is noticed; the SDK's own is 10
_WRONG_TOKEN: Final = {
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "not_allowed_token_type",
    "missing_scope",
    "forbidden_team",
}


class SocketConnection:
    """One Socket Mode connection; it comes back by itself when it is lost."""

    def __init__(self, app: App, app_token: str, retry_seconds: float = RETRY_SECONDS) -> None:
        self._app, self._app_token, self._retry_seconds = app, app_token, retry_seconds
        self._stopping = threading.Event()
        self._handler: SocketModeHandler | None = None
        self._retrying: threading.Thread | None = None

    def start(self) -> None:
        """Connect. While Slack cannot be reached it goes on trying in the background.

        Raises:
            ConfigurationError: Slack refuses the token; trying again would not help.
        """
        self._handler = SocketModeHandler(
            self._app,
            self._app_token,
            web_client=posting_client(self._app.client),
            concurrency=WORKER_THREADS,
            ping_interval=PING_SECONDS,
        )
        try:
            self._handler.client.connect()
        except SlackApiError as error:
            if code_of(error) in _WRONG_TOKEN:
                self.stop()
                raise _refused(code_of(error)) from None
            self._go_on_trying(str(code_of(error)))
        except TRANSPORT_ERRORS as error:
            self._go_on_trying(type(error).__name__)

    def is_connected(self) -> bool:
        """Whether events can arrive now."""
        return self._handler is not None and bool(self._handler.client.is_connected())

    def routes(self) -> list[Route]:
        """No address: we call Slack."""
        return []

    def stop(self) -> None:
        """Take no more, finish what is being answered, and close."""
        self._stopping.set()
        if self._retrying is not None:
            self._retrying.join()
        if self._handler is not None:
            self._handler.client.close()
        self._app.listener_runner.listener_executor.shutdown(wait=True)

    def _go_on_trying(self, reason: str) -> None:
        _log.warning("slack.not_reached", reason=reason, url=self._app.client.base_url)
        self._retrying = threading.Thread(target=self._retry, name="slack-connect", daemon=True)
        self._retrying.start()

    def _retry(self) -> None:
        while self._handler is not None and not self._stopping.wait(self._retry_seconds):
            try:
                self._handler.client.connect_to_new_endpoint()
            except TRANSPORT_ERRORS as error:
                _log.warning("slack.not_reached", reason=type(error).__name__)
            else:
                _log.info("slack.connected")
                return


def _refused(code: str) -> ConfigurationError:
    return ConfigurationError(
        f"Slack refuses the app-level token ({code}).",
        "Set BELLWETHER_SLACK__APP_TOKEN to a token of the scope connections:write "
        "(api.slack.com/apps, Basic Information, App-Level Tokens; it begins with xapp-).",
    )
