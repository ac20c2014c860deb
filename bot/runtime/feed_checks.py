"""Whether Zoho tells us of changes, as checks: what is known here, and what Zoho says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.app.checks import Check
from bot.app.errors import UserError
from bot.runtime.feed import ChangeFeed
from connector.feed_ports import KeptChannel
from connector.sync.feed import is_alive, is_doubted

REPAIR = "The worker makes it anew when it starts and every six hours; until then changes are polled for."


def push_checks(feed: ChangeFeed) -> Iterator[Check]:
    """One check for each module that we are told of; a single one when callbacks are not set up."""
    if feed.url is None:
        yield Check("push", ok=True, detail="not set up (BELLWETHER_PUBLIC_URL): changes are polled for")
        return
    kept = feed.channels.all()
    reached = any(one.heard_at is not None for one in kept if one.url == feed.url)
    now = feed.clock.now()
    for module in feed.modules():
        channel = next((one for one in kept if one.module == module), None)
        yield _check(f"push {module}", channel, feed.url, now, reached=reached)


def channels_at_zoho(feed: ChangeFeed) -> str:
    """What Zoho says of the channels.

    Raises:
        ConnectorError: it does not say, because a scope is missing for example.
        UserError: a channel is not there as it should be.
    """
    if feed.url is None:
        return "none needed"
    plan = feed.plan()
    if plan.make:
        wrong = "; ".join(f"{module}: {reason}" for module, reason in sorted(plan.make.items()))
        raise UserError(f"Notification channels are not as they should be ({wrong}).", REPAIR)
    return f"{len(plan.ends)} channels"


def _check(name: str, channel: KeptChannel | None, url: str, now: datetime, *, reached: bool) -> Check:
    if channel is None or channel.expires_at is None:
        return Check(name, ok=False, detail="no channel", advice=REPAIR)
    until = f"{channel.expires_at:%d %b %H:%M} UTC"
    if not is_alive(channel, now):
        return Check(name, ok=False, detail=f"the channel ended on {until}", advice=REPAIR)
    if is_doubted(channel):
        return Check(
            name, ok=False, detail="changes came of which no callback had told", advice=_how_to_test(url)
        )
    if not reached:
        detail = f"alive until {until}; whether Zoho reaches us is not known. {_how_to_test(url)}"
        return Check(name, ok=True, detail=detail)
    age = None if channel.heard_at is None else (now - channel.heard_at).total_seconds()
    return Check(name, ok=True, detail=f"alive until {until}", age_seconds=age)


def _how_to_test(url: str) -> str:
    return (
        f"Change a record in Zoho and run this again; from outside, `curl -X POST -w '%{{http_code}}' {url}` "
        "must print 400."
    )
