"""Events for the app: their payloads, and their way to it over Socket Mode or signed HTTP, with retries."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.slack import signed_http
from sandbox.slack.socket_mode import NotAcknowledged
from sandbox.slack.state import Message, View, message_json
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import APP_ID, BOT_USER, CHANNELS, TEAM_ID, direct_messages_of

Json = dict[str, Any]
# Slack tries again about at once, after a minute and after five; an app that is away is waited for as long.
RETRY_AFTER_SECONDS = (0, 60, 300)
# What an app needs besides the subscription.
SCOPES = {
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "message.channels": "channels:history",
    "link_shared": "links:read",
}


def on_message(slack: Workspace, message: Message) -> None:
    """A message was posted, by a person or the app: tell the app what it has subscribed to."""
    event = message_event(slack, message)
    send(slack, event)
    channel = CHANNELS[message.channel]
    mentioned = f"<@{BOT_USER}" in message.text and not message.from_bot
    if mentioned and not channel.is_im and BOT_USER in slack.state.members[channel.id]:
        mention = {name: value for name, value in event.items() if name != "channel_type"}
        send(slack, {**mention, "type": "app_mention"})


def message_event(slack: Workspace, message: Message) -> Json:
    """The ``message`` event of a new message."""
    event = message_json(message, slack.state) | {
        "channel": message.channel,
        "channel_type": CHANNELS[message.channel].kind,
        "event_ts": message.ts,
    }
    if message.from_bot:
        return event
    event |= {"client_msg_id": f"sandbox-{message.ts}", "team": TEAM_ID}
    if message.thread_ts and (parent := slack.state.find(message.channel, message.thread_ts)):
        event |= {"thread_ts": message.thread_ts, "parent_user_id": parent.user}
    return event


def on_change(slack: Workspace, message: Message, previous: Json) -> None:
    """A message was changed: a ``message`` event with a subtype, without a user of its own."""
    changed = {
        "type": "message",
        "subtype": "message_changed",
        "message": message_json(message, slack.state),
        "previous_message": previous,
    }
    send(slack, changed | _where(slack, message))


def on_delete(slack: Workspace, message: Message) -> None:
    """A message was deleted."""
    previous = message_json(message, slack.state)
    deleted = {"type": "message", "subtype": "message_deleted", "deleted_ts": message.ts}
    send(slack, deleted | {"previous_message": previous} | _where(slack, message))


def _where(slack: Workspace, message: Message) -> Json:
    kind = CHANNELS[message.channel].kind
    now = slack.clock.timestamp()
    return {"channel": message.channel, "channel_type": kind, "ts": now, "event_ts": now, "hidden": True}


def on_home_opened(slack: Workspace, user: str, home: Json | None, tab: str = "home") -> None:
    """A person opened the app's Home, or its Messages tab."""
    event: Json = {
        "type": "app_home_opened",
        "user": user,
        "channel": direct_messages_of(user).id,
        "tab": tab,
        "event_ts": slack.clock.timestamp(),
    }
    send(slack, event | ({"view": home} if home else {}))


def send(slack: Workspace, event: Json) -> None:
    """Send an event on its way, if the app has subscribed to it and may see it."""
    wanted = _subscription(event)
    app = slack.manifest
    may_hear = SCOPES.get(wanted) in {None, *app.scopes}
    if wanted in app.events and may_hear and _visible(slack, event):
        slack.later(_deliver(slack, _envelope(slack, event)))


def _subscription(event: Json) -> str:
    if event["type"] != "message":
        return str(event["type"])
    return f"message.{'im' if event['channel_type'] == 'im' else 'channels'}"


def _visible(slack: Workspace, event: Json) -> bool:
    return event["type"] != "message" or BOT_USER in slack.state.members[event["channel"]]


def _envelope(slack: Workspace, event: Json) -> Json:
    return {
        "type": "event_callback",
        "token": "sandbox-verification-token",
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "event_id": slack.state.new_id("Ev"),
        "event_time": int(slack.clock.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


async def _deliver(slack: Workspace, payload: Json) -> None:
    """Deliver with up to three retries; then the event is lost, as with Slack."""
    reason = ""
    for attempt, pause in enumerate((None, *RETRY_AFTER_SECONDS)):
        if pause is not None:
            await asyncio.sleep(pause)
        try:
            await _attempt(slack, payload, attempt, reason)
        except NotAcknowledged as failure:
            reason = failure.reason
            if reason == signed_http.NO_RETRY:
                return
        else:
            return
    slack.refusals.note(
        f"event {payload['event']['type']}", f"not delivered: {reason}", slack.clock.now().isoformat()
    )


async def _attempt(slack: Workspace, payload: Json, attempt: int, reason: str) -> None:
    app = slack.manifest
    if not app.socket_mode and app.event_url:
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        await signed_http.post_json(app.event_url, payload, retry)
        return
    await slack.sockets.wait_for_one(RETRY_AFTER_SECONDS[-1])
    await slack.sockets.ask("events_api", payload, retry_attempt=attempt, retry_reason=reason)


def view_json(view: View) -> Json:
    """A view as the Web API and payloads carry it."""
    known = ("type", "title", "submit", "close", "blocks", "private_metadata", "callback_id", "external_id")
    optional = ("clear_on_close", "notify_on_close")
    body = {name: view.body[name] for name in (*known, *optional) if name in view.body}
    return body | {
        "id": view.id,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": "B0BELLWETHER",
        "app_installed_team_id": TEAM_ID,
        "hash": view.hash,
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "private_metadata": view.body.get("private_metadata", ""),
        "callback_id": view.body.get("callback_id", ""),
        "external_id": view.body.get("external_id", ""),
        "state": {"values": view.values},
    }
