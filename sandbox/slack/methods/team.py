"""auth.test, api.test, apps.connections.open, team.info, reactions.add: the small ones."""

from __future__ import annotations

from sandbox.slack import oauth
from sandbox.slack.call import Call
from sandbox.slack.methods.method import Json, Method, joined_channel
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import (
    APP_ID,
    APP_TOKEN,
    BOT_ID,
    BOT_NAME,
    BOT_USER,
    CLIENT_ID,
    CLIENT_SECRET,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
)

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


def oauth_access(slack: Workspace, call: Call) -> Json:
    """oauth.v2.access: the code of an installation for a bot token; the app proves itself by HTTP Basic."""
    name, secret = call.client or (call.text("client_id"), call.text("client_secret"))
    if name != CLIENT_ID:
        raise Refused("invalid_client_id")
    if secret != CLIENT_SECRET:
        raise Refused("bad_client_secret")
    return {"app_id": APP_ID} | oauth.exchange(slack, call.text("code"), call.text("redirect_uri"))


def revoke(slack: Workspace, call: Call) -> Json:
    """auth.revoke: the token of the call ends. The sandbox's own printed one does not."""
    token = str(call.token)
    if slack.tokens.pop(token, None) is None:
        return {"revoked": False}
    slack.revoked.add(token)
    return {"revoked": True}


METHODS = {
    "oauth.v2.access": Method(oauth_access, token=""),
    "auth.revoke": Method(revoke),
    "auth.test": Method(auth_test),
    "api.test": Method(api_test, token=""),
    "apps.connections.open": Method(open_connection, token=APP_TOKEN),
    "team.info": Method(team_info, "team:read"),
    "reactions.add": Method(add_reaction, "reactions:write"),
}
