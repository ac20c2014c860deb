"""auth.test, api.test, apps.connections.open, team.info, reactions.add: the small ones."""

from __future__ import annotations

from sandbox.slack.call import Call
from sandbox.slack.methods.method import Json, Method, joined_channel
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import APP_ID, APP_TOKEN, BOT_ID, BOT_NAME, BOT_USER, TEAM_DOMAIN, TEAM_ID, TEAM_NAME

MOST_CONNECTIONS = 10


def auth_test(slack: Workspace, _call: Call) -> Json:
    """auth.test."""
    return {
        "url": f"{slack.base_url}/",
        "team": TEAM_NAME,
        "user": BOT_NAME,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def api_test(_slack: Workspace, call: Call) -> Json:
    """api.test: answers what it was given; needs no token."""
    if error := call.text("error"):
        raise Refused(error, args=dict(call.arguments))
    return {"args": dict(call.arguments)}


def open_connection(slack: Workspace, _call: Call) -> Json:
    """apps.connections.open: an address for one WebSocket."""
    if not slack.manifest.socket_mode:
        raise Refused("socket_mode_not_enabled")
    if slack.sockets.connected >= MOST_CONNECTIONS:
        raise Refused("too_many_websockets")
    address = slack.base_url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={slack.sockets.ticket()}&app_id={APP_ID}"}


def team_info(_slack: Workspace, _call: Call) -> Json:
    """team.info."""
    return {"team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "email_domain": ""}}


def add_reaction(slack: Workspace, call: Call) -> Json:
    """reactions.add."""
    channel, name = joined_channel(slack, call), call.needed("name", "invalid_name").strip(":")
    message = slack.state.find(channel.id, call.needed("timestamp", "no_item_specified"))
    if message is None or message.ephemeral_for:
        raise Refused("message_not_found")
    reaction = next((one for one in message.reactions if one["name"] == name), None)
    if reaction is None:
        reaction = {"name": name, "users": [], "count": 0}
        message.reactions.append(reaction)
    if BOT_USER in reaction["users"]:
        raise Refused("already_reacted")
    reaction["users"].append(BOT_USER)
    reaction["count"] += 1
    slack.state.tell("update", message)
    return {}


METHODS = {
    "auth.test": Method(auth_test),
    "api.test": Method(api_test, token=""),
    "apps.connections.open": Method(open_connection, token=APP_TOKEN),
    "team.info": Method(team_info, "team:read"),
    "reactions.add": Method(add_reaction, "reactions:write"),
}
