"""The payloads of commands and interactions, as the app receives them."""

from __future__ import annotations

from typing import Any

from sandbox.slack.events import view_json
from sandbox.slack.state import Message, View, message_json
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import APP_ID, CHANNELS, TEAM_DOMAIN, TEAM_ID, USERS

Json = dict[str, Any]
VERIFICATION = "sandbox-verification-token"


def command_payload(slack: Workspace, user: str, channel: str, command: str, text: str) -> Json:
    """A slash command."""
    return {
        "token": VERIFICATION,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel,
        "channel_name": CHANNELS[channel].name or "directmessage",
        "user_id": user,
        "user_name": USERS[user].name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": slack.response_urls.give(slack.base_url, channel, user, None, None),
        "trigger_id": slack.triggers.give(user),
    }


def _interaction(kind: str, user: str) -> Json:
    person = USERS[user]
    return {
        "type": kind,
        "token": VERIFICATION,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": user, "username": person.name, "name": person.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def press_in_message(slack: Workspace, user: str, message: Message, action: Json) -> Json:
    """``block_actions`` from a message; an ephemeral one is not sent along."""
    channel = CHANNELS[message.channel]
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_for is not None,
    }
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    payload = _interaction("block_actions", user) | {
        "container": container,
        "trigger_id": slack.triggers.give(user),
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
        "state": {"values": message.values},
        "response_url": slack.response_urls.give(
            slack.base_url, channel.id, user, message.ts, message.thread_ts
        ),
        "actions": [action],
    }
    return payload if message.ephemeral_for else payload | {"message": message_json(message, slack.state)}


def press_in_view(slack: Workspace, user: str, view: View, action: Json) -> Json:
    """``block_actions`` from a modal or App Home."""
    in_modal = view.id if view.body["type"] == "modal" else None
    return _interaction("block_actions", user) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": slack.triggers.give(user, in_modal),
        "view": view_json(view),
        "actions": [action],
    }


def submission(slack: Workspace, user: str, view: View) -> Json:
    """``view_submission``."""
    return _interaction("view_submission", user) | {
        "trigger_id": slack.triggers.give(user, view.id),
        "view": view_json(view),
        "response_urls": [],
    }


def closing(user: str, view: View) -> Json:
    """``view_closed``."""
    return _interaction("view_closed", user) | {"view": view_json(view), "is_cleared": False}
