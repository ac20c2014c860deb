"""Examining an installation: every connection tried, and what to type next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.app.checks import Check
from bot.app.errors import BellwetherError, UserError
from bot.runtime.access_checks import territory_checks
from bot.runtime.consent_parts import NAME as CONSENTS
from bot.runtime.crm_checks import CrmChecks
from bot.runtime.feed_checks import channels_at_zoho, push_checks
from bot.runtime.slack_checks import send_test_message, slack_checks
from bot.runtime.wiring import Bellwether
from connector.errors import ConnectorError


def examine(bellwether: Bellwether) -> list[Check]:
    """Try everything that has to work; what a check finds never stops the others."""
    return list(_checks(bellwether))


def _checks(bellwether: Bellwether) -> Iterator[Check]:
    yield bellwether.health.database_check()
    configured = _tried("configuration", lambda: _configuration(bellwether))
    yield configured
    if configured.ok:
        yield from territory_checks(bellwether.database, bellwether.configuration())
    connected = _tried("zoho", lambda: f"connected to {bellwether.crm.organisation().name}")
    yield connected
    if connected.ok:
        yield from CrmChecks(bellwether.zoho, bellwether.clock, _tried).all()
    if bellwether.consent_parts.is_on:
        yield _tried(CONSENTS, bellwether.consent_parts.check)
    if bellwether.slack_parts.by_page:
        yield bellwether.slack_parts.check()
    yield from slack_checks(bellwether.slack, bellwether.settings, _tried)
    over_http = bellwether.settings.slack_over_http
    yield _tried("slack over HTTP" if over_http else "slack app token", bellwether.slack_parts.listening)
    for channel in _channels(bellwether):
        yield _tried(f"channel {channel}", partial(_channel, bellwether, channel))
    yield bellwether.health.zoho_check()
    yield from _push(bellwether)
    yield bellwether.health.outbox_check()
    yield from _processes(bellwether)


def _tried(name: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=attempt())
    except (BellwetherError, ConnectorError) as error:
        return Check(name, ok=False, detail=error.what_happened, advice=error.what_to_do)
    except SlackApiError as error:
        code = error.response.get("error")
        return Check(name, ok=False, detail=f"Slack says {code}", advice="Check the token and the manifest.")
    except (SlackClientError, OSError) as error:
        return Check(name, ok=False, detail=type(error).__name__, advice="Check the network and the address.")


def _configuration(bellwether: Bellwether) -> str:
    published = bellwether.configurations.current()
    names = ", ".join(one.name for one in published.configuration.segmentations)
    return f"version {published.version}: {names}"


def _processes(bellwether: Bellwether) -> Iterator[Check]:
    """Those that have run here: before the first start nobody is missed."""
    for role in ("web", "worker", "clock"):
        if bellwether.heartbeats.newest(role) is not None:
            yield bellwether.health.process_check(role)


def test_message(bellwether: Bellwether, channel: str) -> Check:
    """Post a test message into a channel."""
    place = partial(bellwether.channels.resolve, channel)
    return _tried(f"message to {channel}", lambda: send_test_message(bellwether.slack, place()))


def _push(bellwether: Bellwether) -> Iterator[Check]:
    if not bellwether.settings.secret_key.get_secret_value():
        return  # said already
    feed = bellwether.feed_parts.feed
    yield from push_checks(feed)
    yield _tried("channels at zoho", lambda: channels_at_zoho(feed))


def _channels(bellwether: Bellwether) -> list[str]:
    alerts = bellwether.configuration().alerts
    named = [route.home or "" for route in alerts.routes] + [alerts.admin_channel or ""]
    return [channel for channel in dict.fromkeys(named) if channel]


def _channel(bellwether: Bellwether, channel: str) -> str:
    found = bellwether.slack.conversations_info(channel=bellwether.channels.resolve(channel))["channel"]
    if not found.get("is_member"):
        raise UserError("The bot is not in it.", f"In Slack, write /invite @bellwether in {channel}.")
    return "the bot is in it"
