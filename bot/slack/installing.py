"""Installing the app from a page: ``/slack/install`` sends to Slack, ``/slack/oauth_redirect`` comes back.

The flow is Bolt's; ours are the state (signed, for one use, over after five minutes, and bound to the browser
by Bolt's cookie), where the token goes, and the pages. Nothing that somebody sends is shown or logged.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urljoin

import structlog
from slack_bolt import BoltResponse
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_bolt.error import BoltError
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.callback_options import CallbackOptions, FailureArgs, SuccessArgs
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import OAuthStateStore
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.installation_store import InstallationStore
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.app.errors import UserError
from bot.app.installing import Installation, UsedOnce
from bot.slack.client import client_with
from bot.slack.failures import TRANSPORT_ERRORS, code_of

_log = structlog.get_logger(__name__)
INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"
STATE_SECONDS: Final = 300
TIMEOUT_SECONDS: Final = 10
_PURPOSE: Final = b"bellwether: state of an installation in Slack"
# As in manifest.yaml, which says what each is for.
SCOPES: Final = (
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write",
    "groups:history", "groups:read", "im:history", "im:read", "im:write", "links:read", "links:write",
    "usergroups:read", "users:read", "users:read.email",
)  # fmt: skip
_SENTENCES: Final = {
    "access_denied": "The installation was cancelled in Slack.",
    "invalid_browser": "The installation was not begun in this browser, or cookies are blocked here.",
    "invalid_state": "This installation has expired, or was finished before.",
}
_FAILED: Final = "Slack did not confirm the installation."
PAGE_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds Slack's code
    "X-Content-Type-Options": "nosniff",
}


class SignedStates(OAuthStateStore):
    """States that prove themselves: nothing is stored until one comes back."""

    def __init__(self, keys: Sequence[str], once: UsedOnce, now: Callable[[], float]) -> None:
        self._keys = [hmac.new(key.encode(), _PURPOSE, hashlib.sha256).digest() for key in keys]
        self._once, self._now = once, now

    def issue(self, *_args: Any, **_kwargs: Any) -> str:
        """A new state."""
        content = f"{secrets.token_urlsafe(24)}.{int(self._now()) + STATE_SECONDS}"
        return f"{content}.{_sign(self._keys[0], content)}"

    def consume(self, state: str) -> bool:
        """Use a state up; False when it is not ours, has expired, or was used before."""
        content, _, signature = str(state).rpartition(".")
        given = signature.encode()
        right = [hmac.compare_digest(_sign(key, content).encode(), given) for key in self._keys]
        if not any(right):
            return False
        until = int(content.rpartition(".")[2])
        return self._now() < until and self._once.first_use(
            f"state:{content}", datetime.fromtimestamp(until + 1, UTC)
        )


def _sign(key: bytes, content: str) -> str:
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


class NotInstalledError(BoltError):
    """The workspace is refused; the message is for the person who tried."""


class Installer(OAuthFlow):
    """The flow, with the token going to where ``save`` puts it."""

    def __init__(
        self, settings: OAuthSettings, client: WebClient, save: Callable[[Installation], None], wanted: str
    ) -> None:
        super().__init__(settings=settings, client=client)
        self._save, self._wanted = save, wanted

    def build_authorize_url(self, state: str, request: BoltRequest) -> str:
        """Slack's page; with the only workspace that may install, when it is known."""
        del request  # Bolt would take the workspace from what the visitor asks
        return str(self.settings.authorize_url_generator.generate(state=state, team=self._wanted or None))

    def run_installation(self, code: str) -> SlackInstallation | None:
        """Exchange the code for a token; None when Slack refuses. Bolt's own writes the code to the log."""
        try:
            answer = self.client.oauth_v2_access(
                code=code,
                client_id=self.settings.client_id,
                client_secret=self.settings.client_secret,
                redirect_uri=self.settings.redirect_uri,
            )
            token = str(answer["access_token"])
            bot = self.client.auth_test(token=token)
        except SlackApiError as error:
            _log.warning("slack.not_installed", reason=code_of(error))
            return None
        except (*TRANSPORT_ERRORS, KeyError) as error:
            _log.warning("slack.not_installed", reason=type(error).__name__)
            return None
        team, person = answer.get("team") or {}, answer.get("authed_user") or {}
        return SlackInstallation(
            app_id=answer.get("app_id"),
            team_id=team.get("id"),
            team_name=team.get("name"),
            bot_token=token,
            bot_id=bot.get("bot_id"),
            bot_user_id=answer.get("bot_user_id"),
            bot_scopes=answer.get("scope"),  # type: ignore[arg-type]
            user_id=str(person.get("id") or ""),
        )

    def store_installation(self, request: BoltRequest, installation: SlackInstallation) -> None:
        """Keep it.

        Raises:
            NotInstalledError: it is another workspace than ours; its token is given back to Slack.
        """
        del request  # nothing in it is of use
        try:
            self._save(_ours(installation))
        except UserError as error:
            self._give_back(str(installation.bot_token))
            raise NotInstalledError(str(error)) from None

    def _give_back(self, token: str) -> None:
        try:
            self.client.auth_revoke(token=token)
        except TRANSPORT_ERRORS as error:
            _log.warning("slack.token_not_given_back", reason=type(error).__name__)


def _ours(found: SlackInstallation) -> Installation:
    return Installation(
        team_id=found.team_id or "",
        team_name=found.team_name or "",
        token=str(found.bot_token),
        app_id=found.app_id or "",
        bot_id=found.bot_id or "",
        bot_user_id=found.bot_user_id or "",
        scopes=",".join(found.bot_scopes or ()),
        installed_by=found.user_id or "",
    )


def installer(
    *,
    client_id: str,
    client_secret: str,
    api_url: str,
    public_url: str,
    states: SignedStates,
    save: Callable[[Installation], None],
    wanted: str = "",
) -> Installer:
    """The flow of this deployment.

    Args:
        client_id: of the app.
        client_secret: of the app.
        api_url: Slack's Web API; Slack's page for people is beside it.
        public_url: where people reach this server.
        states: the states.
        save: keeps an installation; raises UserError for a workspace that is not ours.
        wanted: the only workspace that may install; empty: the first that does.
    """
    settings = OAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=SCOPES,
        user_scopes=(),
        redirect_uri=public_url.rstrip("/") + REDIRECT_PATH,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        install_page_rendering_enabled=False,
        authorization_url=urljoin(api_url, "../oauth/v2/authorize"),
        installation_store=InstallationStore(),  # never asked: the token is kept by ``save``
        state_store=states,
        state_expiration_seconds=STATE_SECONDS,
        callback_options=CallbackOptions(success=_success, failure=_failure),
    )
    client = client_with(None, base_url=api_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])
    return Installer(settings, client, save, wanted)


def install_routes(flow: Installer) -> list[Route]:
    """The two addresses."""

    async def on_install(request: Request) -> Response:
        return to_starlette_response(flow.handle_installation(to_bolt_request(request, b"")))

    async def on_redirect(request: Request) -> Response:
        asked = to_bolt_request(request, b"")
        return to_starlette_response(await run_in_threadpool(flow.handle_callback, asked))

    return [
        Route(INSTALL_PATH, on_install, methods=["GET"]),
        Route(REDIRECT_PATH, on_redirect, methods=["GET"]),
    ]


def _success(given: SuccessArgs) -> BoltResponse:
    name = given.installation.team_name or "your workspace"
    return _page(
        200, f"Bellwether is installed in {name}.", "Invite it where it is needed: /invite @bellwether", given
    )


def _failure(given: FailureArgs) -> BoltResponse:
    if isinstance(given.error, NotInstalledError):
        return _page(409, "Bellwether was not installed.", str(given.error), given)
    status = max(given.suggested_status_code, 400)
    return _page(status, _SENTENCES.get(given.reason, _FAILED), f"Begin again at {INSTALL_PATH}.", given)


def _page(status: int, title: str, text: str, given: SuccessArgs | FailureArgs) -> BoltResponse:
    over = given.settings.state_utils.build_set_cookie_for_deletion()
    return BoltResponse(
        status=status, body=page_html(title, text), headers={**PAGE_HEADERS, "Set-Cookie": over}
    )


def page_html(title: str, text: str) -> str:
    """A page that says something to somebody who comes from elsewhere; sent with ``PAGE_HEADERS``."""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Bellwether</title>"
        "<body style='font: 16px sans-serif; margin: 4em auto; max-width: 36em'>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p></body></html>"
    )
