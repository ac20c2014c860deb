"""Socket Mode: the connection over which Slack sends events, commands and clicks."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from starlette.routing import Route

from bot.app.errors import ConfigurationError
from bot.slack.client import posting_client
from bot.slack.failures import TRANSPORT_ERRORS, code_of
from bot.slack.http_mode import ACKNOWLEDGE_SECONDS
from bot.slack.middleware import is_bare

_log = structlog.get_logger(__name__)
RETRY_SECONDS: Final = 5
WORKER_THREADS: Final = 20
TAKING_THREADS: Final = 40
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


class PromptHandler(SocketModeHandler):
    """Acknowledges what needs no answer, however slow the database is; the work goes on meanwhile."""

    def __init__(self, app: App, app_token: str, web_client: WebClient) -> None:
        super().__init__(
            app, app_token, web_client=web_client, concurrency=WORKER_THREADS, ping_interval=PING_SECONDS
        )
        self._taking = ThreadPoolExecutor(TAKING_THREADS, "slack-socket")

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Take one envelope. What fails before it is acknowledged is sent again by Slack."""
        work: Future[BoltResponse] = self._taking.submit(run_bolt_app, self.app, req)
        began = time.time()
        try:
            response = work.result(ACKNOWLEDGE_SECONDS if is_bare(req.payload) else None)
        except TimeoutError:
            if work.done():  # it is the work itself that timed out
                raise
            work.add_done_callback(_note_failure)
            client.send_socket_mode_response(SocketModeResponse(envelope_id=req.envelope_id))
            return
        send_response(client, req, response, began)

    def finish(self) -> None:
        """Take no more, and finish what was taken."""
        self.client.close()
        self._taking.shutdown(wait=True)


def _note_failure(work: Future[BoltResponse]) -> None:
    error = work.exception()
    if error is not None:
        _log.error("slack.late_failure", reason=type(error).__name__)


class SocketConnection:
    """One Socket Mode connection; it comes back by itself when it is lost."""

    def __init__(self, app: App, app_token: str, retry_seconds: float = RETRY_SECONDS) -> None:
        self._app, self._app_token, self._retry_seconds = app, app_token, retry_seconds
        self._stopping = threading.Event()
        self._handler: PromptHandler | None = None
        self._retrying: threading.Thread | None = None

    def start(self) -> None:
        """Connect. While Slack cannot be reached it goes on trying in the background.

        Raises:
            ConfigurationError: Slack refuses the token; trying again would not help.
        """
        self._handler = PromptHandler(self._app, self._app_token, posting_client(self._app.client))
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
            self._handler.finish()
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
