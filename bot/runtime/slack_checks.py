"""What Slack lets us do, as checks: scopes against the manifest, the clock, the address, a test message."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.checks import Check
from bot.app.errors import ConfigurationError, UserError
from bot.settings import Settings
from bot.slack.http_mode import PATH
from bot.slack.installing import REDIRECT_PATH, SCOPES

Tried = Callable[[str, Callable[[], str]], Check]
# Slack: a request whose time stamp is more than five minutes off is to be refused (verifying requests).
MOST_CLOCK_SECONDS: Final = 60
ADDRESS_SECONDS: Final = 5
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
BAD_TOKEN: Final = {
    "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
    "not_allowed_token_type",
}  # fmt: skip
REFUSES: Final = (400, 401, 403)  # what our own door says to a request that is not signed
TEST_TEXT: Final = "A test message of `bellwether doctor`: this channel can be written to."


def slack_checks(slack: WebClient, settings: Settings, tried: Tried) -> Iterator[Check]:
    """Scopes and clock, from one answer; over HTTP the address at which Slack calls."""
    headers: dict[str, str] = {}

    def named() -> str:
        answer = slack.auth_test()
        headers.update({name.casefold(): _first(value) for name, value in answer.headers.items()})
        return f"{answer['user']} in {answer['team']}"

    connected = tried("slack", named)
    yield connected
    if not connected.ok:
        return
    yield tried("slack scopes", lambda: said_of_scopes(headers.get("x-oauth-scopes", "")))
    if "date" in headers:
        off = time.time() - parsedate_to_datetime(headers["date"]).timestamp()
        yield tried("clock", lambda: said_of_clock(off))
    if settings.slack_over_http or not settings.slack.bot_token.get_secret_value():
        yield tried("public address", lambda: said_of_address(settings))


def said_of_scopes(granted: str) -> str:
    """What the token may do, against what the manifest asks for.

    Args:
        granted: scopes with commas between them, as Slack's answers have them in a header.

    Raises:
        UserError: one is missing.
    """
    have = {one.strip() for one in granted.split(",") if one.strip()}
    if not have:
        return "Slack does not say which there are"
    missing, more = sorted(set(SCOPES) - have), sorted(have - set(SCOPES))
    if missing:
        raise UserError(
            f"The app lacks {', '.join(missing)}.",
            "Add them at api.slack.com/apps under OAuth & Permissions, or bring the app up to manifest.yaml; "
            "then install it again.",
        )
    return "as in the manifest" + (f"; not needed: {', '.join(more)}" if more else "")


def said_of_refusal(error: SlackApiError, token: str) -> tuple[str, str]:
    """What happened and what to do when Slack refuses a call.

    Args:
        error: the refusal.
        token: APP or BOT, whichever the call was made with.
    """
    code = str(error.response.get("error") or "nothing")
    if code in BAD_TOKEN:
        variable = f"BELLWETHER_SLACK__{token}_TOKEN"
        where = "Basic Information" if token == "APP" else "OAuth & Permissions"  # noqa: S105 - no secret
        return (
            f"Slack does not accept the token ({code}).",
            f"Copy it again from api.slack.com/apps, {where}, into {variable} (in .env).",
        )
    if code == "missing_scope":
        needed = str(error.response.get("needed") or "a scope")
        return f"The token lacks {needed}.", "Add it at api.slack.com/apps, and install the app again."
    return f"Slack says {code}.", "Check the app at api.slack.com/apps against manifest.yaml."


def said_of_clock(off_seconds: float) -> str:
    """How far this machine's clock is from Slack's.

    Raises:
        UserError: so far that signed requests may be refused.
    """
    if abs(off_seconds) > MOST_CLOCK_SECONDS:
        way = "fast" if off_seconds > 0 else "slow"
        raise UserError(
            f"This machine's clock is {abs(off_seconds):.0f} seconds {way}.",
            "Have it set by NTP: Slack's signatures hold for five minutes only.",
        )
    return f"within {MOST_CLOCK_SECONDS} seconds of Slack's"


def said_of_address(settings: Settings) -> str:
    """Whether Slack, and people who install, can reach us.

    Raises:
        ConfigurationError: there is no address, or somebody else answers at it.
    """
    url = (settings.public_url or "").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ConfigurationError(
            "Slack calls https addresses only." if url else "Slack has no address to call.",
            "Set BELLWETHER_PUBLIC_URL to the https address at which this server is reached.",
        )
    redirect = f"; redirect URL {url}{REDIRECT_PATH}" if settings.slack.client_id else ""
    try:
        status = requests.post(f"{url}{PATH}", data=b"{}", timeout=ADDRESS_SECONDS).status_code
    except requests.RequestException:
        return f"{url} is not reached from here: in order where `web` does not run yet{redirect}"
    if status not in REFUSES:
        raise ConfigurationError(
            f"At {url}{PATH} somebody else answers ({status}).",
            f"Lead it to the port of `bellwether web` ({settings.http_port}), without changing the path.",
        )
    return f"{url} leads here{redirect}"


def send_test_message(slack: WebClient, channel: str) -> str:
    """Post one message that says it is a test; errors are those of the Slack SDK."""
    slack.chat_postMessage(channel=channel, text=TEST_TEXT, unfurl_links=False, unfurl_media=False)
    return "it stands there"


def _first(value: object) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value)
