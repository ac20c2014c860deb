"""The payloads of commands and interactions, as the app receives them."""

from __future__ import annotations

from typing import Any

from sandbox.slack.events import view_json
from sandbox.slack.manifest import Function
from sandbox.slack.state import Execution, Message, View, message_json
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import APP_ID, BOT_TOKEN, CHANNELS, TEAM_DOMAIN, TEAM_ID, USERS

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


def shortcut(slack: Workspace, user: str, callback_id: str, message: Message | None) -> Json:
    """``shortcut`` for a global one, ``message_action`` for one on a message."""
    about = {"callback_id": callback_id, "trigger_id": slack.triggers.give(user)}
    now = slack.clock.timestamp()
    if message is None:
        return _interaction("shortcut", user) | about | {"action_ts": now}
    channel = CHANNELS[message.channel]
    answered_at = slack.response_urls.give(slack.base_url, channel.id, user, None, message.thread_ts)
    return (
        _interaction("message_action", user)
        | about
        | {
            "action_ts": now,
            "message_ts": message.ts,
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "message": message_json(message, slack.state),
            "response_url": answered_at,
        }
    )


def suggestion(user: str, view: View, block_id: str, action_id: str, typed: str) -> Json:
    """``block_suggestion`` from a view."""
    return _interaction("block_suggestion", user) | {
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(view),
        "block_id": block_id,
        "action_id": action_id,
        "value": typed,
    }


def function_event(slack: Workspace, step: Function, execution: Execution, inputs: Json) -> Json:
    """The ``function_executed`` event."""
    return {
        "type": "function_executed",
        "function": {
            "id": f"Fn{APP_ID}",
            "callback_id": step.callback_id,
            "title": step.title,
            "description": step.description,
            "type": "app",
            "app_id": APP_ID,
        },
        "inputs": inputs,
        "function_execution_id": execution.id,
        "workflow_execution_id": f"Wx{execution.id}",
        "event_ts": slack.clock.timestamp(),
        "bot_access_token": BOT_TOKEN,
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
