"""The app in its workspace: with which token it acts, and what happens when it is removed there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

import structlog
from slack_bolt import Ack, App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError

from bot.app.errors import SendLater, SendNever
from bot.app.installing import Installations, is_bot_token_revoked
from bot.app.ports import Chat, OutboxMessage, Posted
from bot.slack.failures import code_of

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)
PAUSE: Final = timedelta(seconds=30)
_GONE: Final = {"token_revoked", "account_inactive", "invalid_auth", "not_authed", "token_expired"}


@dataclass(frozen=True)
class Workspace:
    """An app that was installed from a page.

    Attributes:
        installations: where the token is.
        on_removed: called once when the app was removed from the workspace.
    """

    installations: Installations
    on_removed: Callable[[], None]

    def token(self) -> str | None:
        """The token of this moment."""
        held = self.installations.current()
        return held.token if held else None

    def app_id(self) -> str:
        """The app whose requests are taken; empty before it is installed."""
        held = self.installations.current()
        return held.app_id if held else ""

    def authorizing(self) -> Callable[..., AuthorizeResult]:
        """For Bolt: with which token to answer a request; none for one of another workspace.

        A function and no method: Bolt hands in what its parameters are named after, ``self`` among them.
        """

        def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
            held = self.installations.current()
            if held is None or team_id not in {None, held.team_id}:
                return None
            return AuthorizeResult(
                enterprise_id=enterprise_id,
                team_id=held.team_id,
                team=held.team_name,
                bot_user_id=held.bot_user_id,
                bot_id=held.bot_id,
                bot_token=held.token,
                bot_scopes=held.scopes,
            )

        return cast("Callable[..., AuthorizeResult]", authorize)  # Bolt knows what None means

    def register(self, app: App) -> None:
        """Listen to the app being removed."""

        def on_uninstalled(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            self._remove(body)

        def on_revoked(ack: Ack, body: dict[str, Any]) -> None:
            ack()
            if is_bot_token_revoked(body["event"]):
                self._remove(body)

        app.event("app_uninstalled")(on_uninstalled)
        app.event("tokens_revoked")(on_revoked)

    def _remove(self, body: Mapping[str, Any]) -> None:
        at = datetime.fromtimestamp(int(body.get("event_time") or 0), UTC)
        if self.installations.remove(str(body.get("team_id")), at):
            _log.warning("slack.app_removed")
            self.on_removed()


@dataclass(frozen=True)
class WatchfulChat:
    """The port ``Chat`` that keeps messages when Slack does not know our token: they are sent when it does.

    Attributes:
        chat: Slack.
        token: the token of this moment.
        on_gone: called with the token that Slack does not know.
        on_posted: called after each message that was posted.
    """

    chat: Chat
    token: Callable[[], str | None]
    on_gone: Callable[[str], None]
    on_posted: Callable[[], None]

    def post(self, message: OutboxMessage) -> Posted:
        """As ``Chat``, but a token that Slack does not know is no error of the message.

        Raises:
            SendLater, SendUnclear, SendNever: as ``Chat``.
        """
        posted = self._watched(lambda: self.chat.post(message))
        self.on_posted()
        return posted

    def find_posted(self, message: OutboxMessage) -> Posted | None:
        """As ``Chat``; errors as of ``post``."""
        return self._watched(lambda: self.chat.find_posted(message))

    def edit(self, posted: Posted, kind: str, payload: Mapping[str, Any]) -> None:
        """As ``Chat``; errors as of ``post``."""
        self._watched(lambda: self.chat.edit(posted, kind, payload))

    def _watched(self, call: Callable[[], _T]) -> _T:
        used = self.token()
        try:
            return call()
        except SendNever as error:
            cause = error.__cause__
            if not isinstance(cause, SlackApiError) or code_of(cause) not in _GONE:
                raise
            self.on_gone(used or "")
            raise SendLater(error.what_happened, after=PAUSE) from cause
