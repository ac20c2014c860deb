"""Slack's errors, sorted by what they mean for a message: not sent, perhaps sent, never to be sent."""

from __future__ import annotations

import errno
import http.client
import socket
import urllib.error
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.app.errors import SendError, SendLater, SendNever, SendUnclear

# What the SDK's urllib client lets through: connection and protocol errors, and a body that is not JSON.
TRANSPORT_ERRORS: Final = (OSError, http.client.HTTPException, ValueError, SlackClientError)
BLOCK_ERRORS: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"}
)
RATE_LIMITED: Final = 429
_RETRY_SECONDS: Final = 30  # when Slack is down or gives no Retry-After
_LONGEST_SECONDS: Final = 86_400
_DIGITS: Final = 9  # of a longer number the first ones are more than a day already
_NOT_TAKEN: Final = {"ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable"}
# Slack says of these: "some aspect of the operation" may have succeeded before the error was raised.
_PERHAPS_TAKEN: Final = {"fatal_error", "internal_error", "request_timeout"}
_NOT_REACHED: Final = {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH}
_REINSTALL: Final = "Install the app again and set BELLWETHER_SLACK__BOT_TOKEN to the new token."
_WHAT_TO_DO: Final[Mapping[str, str]] = {
    "channel_not_found": "There is no such channel, or it is private and the app is not in it. "
    "Invite the app there, or name another channel in the alert route.",
    "not_in_channel": "The app is not in the channel. Type /invite @Bellwether there.",
    "is_archived": "The channel is archived. Name another channel in the alert route.",
    "restricted_action": "The workspace does not let the app post there. Ask a workspace owner.",
    "invalid_auth": f"The bot token is not valid. {_REINSTALL}",
    "not_authed": "No bot token was sent. Set BELLWETHER_SLACK__BOT_TOKEN.",
    "account_inactive": f"The app was removed from the workspace. {_REINSTALL}",
    "token_revoked": f"The bot token was revoked. {_REINSTALL}",
    "token_expired": f"The bot token has expired. {_REINSTALL}",
}


def code_of(error: SlackApiError) -> str:
    """Slack's name for the error, as ``channel_not_found``."""
    response = error.response
    found = response.get("error") if hasattr(response, "get") else None
    return str(found or "unknown_error")


def send_error(error: Exception) -> SendError:
    """What an error of the SDK means for the message that was being sent."""
    if isinstance(error, SlackApiError):
        return _answered(error)
    return SendLater("Slack could not be reached.") if _never_arrived(error) else SendUnclear()


def before_it_is_seen(error: Exception) -> SendError:
    """The same of a step that nobody can see and that may be done twice: never unclear."""
    found = send_error(error)
    return SendLater("Slack did not answer.") if isinstance(found, SendUnclear) else found


def _answered(error: SlackApiError) -> SendError:
    status = int(getattr(error.response, "status_code", 200))
    name = code_of(error)
    if status >= http.client.INTERNAL_SERVER_ERROR or name in _PERHAPS_TAKEN:
        return SendUnclear(f"Slack had an error of its own ({status}); the message may have been posted.")
    if status == RATE_LIMITED or name in _NOT_TAKEN:
        wait = retry_after(error)
        return SendLater(f"Slack asks to wait {wait.total_seconds():.0f} seconds ({name}).", after=wait)
    return SendNever(f"Slack refuses the message: {name}. {advice(error)}".strip())


def advice(error: SlackApiError) -> str:
    """What to do about a refusal; empty when there is nothing to be said."""
    name = code_of(error)
    if name == "missing_scope":
        needed = error.response.get("needed") or "see the manifest"
        return f"The app lacks a scope ({needed}). Add it to the app and install the app again."
    return _WHAT_TO_DO.get(name, "")


def retry_after(error: SlackApiError) -> timedelta:
    """How long Slack asks to wait."""
    headers = {str(name).casefold(): value for name, value in dict(error.response.headers or {}).items()}
    said = str(headers.get("retry-after", ""))
    if not (said.isascii() and said.isdigit()):
        return timedelta(seconds=_RETRY_SECONDS)
    return timedelta(seconds=min(int(said[:_DIGITS]), _LONGEST_SECONDS))


def _never_arrived(error: Exception) -> bool:
    """Whether it failed before a connection stood, so that nothing can have been posted."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror):
        return True
    return isinstance(reason, OSError) and reason.errno in _NOT_REACHED
