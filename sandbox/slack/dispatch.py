"""Commands and interactions on their way to the app: over Socket Mode, or signed HTTP when it has a URL."""

from __future__ import annotations

import json
from typing import Any

from sandbox.slack import signed_http
from sandbox.slack.socket_mode import NotAcknowledged
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]


async def ask_command(slack: Workspace, payload: Json) -> Json:
    """Hand a slash command to the app; its answer.

    Raises:
        NotAcknowledged: no answer in three seconds; commands are not sent again.
    """
    app = slack.manifest
    if app.socket_mode:
        return await slack.sockets.ask("slash_commands", payload)
    command = app.commands.get(payload["command"])
    if command is None or command.url is None:
        raise NotAcknowledged("connection_failed")
    return await signed_http.post_form(command.url, payload)


async def ask_interaction(slack: Workspace, payload: Json) -> Json:
    """Hand a press or a submission to the app; its answer.

    Raises:
        NotAcknowledged: no answer in three seconds; interactions are not sent again.
    """
    app = slack.manifest
    if not app.interactive:
        raise NotAcknowledged("interactivity is not enabled in the manifest")
    if app.socket_mode:
        return await slack.sockets.ask("interactive", payload)
    if app.interactivity_url is None:
        raise NotAcknowledged("connection_failed")
    return await signed_http.post_form(app.interactivity_url, {"payload": json.dumps(payload)})


async def ask_options(slack: Workspace, payload: Json) -> Json:
    """Ask the app for the options of a choice; its answer. Over HTTP they have an address of their own.

    Raises:
        NotAcknowledged: no answer in three seconds.
    """
    app = slack.manifest
    if app.socket_mode or app.options_url is None:
        return await ask_interaction(slack, payload)
    return await signed_http.post_form(app.options_url, {"payload": json.dumps(payload)})
