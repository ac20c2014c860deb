"""conversations.*: channels, their members, and what was said in them."""

from __future__ import annotations

from sandbox.slack.call import Call
from sandbox.slack.methods.method import Json, Method, channel_of, joined_channel, one_page
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Message, message_json
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_USER, CHANNELS, PEOPLE, TEAM_ID, Channel, direct_messages_of

CREATED = 1_600_000_000


def list_conversations(slack: Workspace, call: Call) -> Json:
    """conversations.list."""
    types = set(call.text("types", "public_channel").replace(" ", "").split(","))
    _require_types(slack, types)
    channels = [channel_json(slack, one) for one in CHANNELS.values() if _type(one) in types]
    page, following = one_page(channels, call)
    return {"channels": page} | following


def _require_types(slack: Workspace, types: set[str]) -> None:
    scopes = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}
    for one in types - {"mpim"}:
        if one not in scopes:
            raise Refused("invalid_types")
        slack.manifest.require(scopes[one])


def _type(channel: Channel) -> str:
    return "im" if channel.is_im else "public_channel"


def channel_json(slack: Workspace, channel: Channel) -> Json:
    """A channel as the Web API describes it."""
    body: Json = {
        "id": channel.id,
        "created": CREATED,
        "is_im": channel.is_im,
        "is_mpim": False,
        "is_archived": False,
        "is_org_shared": False,
        "context_team_id": TEAM_ID,
    }
    if channel.is_im:
        return body | {"user": channel.im_with, "is_user_deleted": False, "is_open": True}
    members = slack.state.members[channel.id]
    return body | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_private": False,
        "is_general": channel.id == "CGENERAL",
        "is_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "creator": "UADA",
        "is_member": BOT_USER in members,
        "num_members": len(members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": "UADA", "last_set": CREATED},
    }


def info(slack: Workspace, call: Call) -> Json:
    """conversations.info."""
    channel = channel_of(call)
    slack.manifest.require("im:read" if channel.is_im else "channels:read")
    return {"channel": channel_json(slack, channel)}


def open_conversation(slack: Workspace, call: Call) -> Json:
    """conversations.open: the direct messages with one person."""
    if call.text("channel"):
        channel = channel_of(call)
    else:
        users = call.needed("users", "users_list_not_supplied").split(",")
        if len(users) > 1:
            raise Refused("too_many_users")
        if users[0] not in {person.id for person in PEOPLE}:
            raise Refused("user_not_found")
        channel = direct_messages_of(users[0])
    full = channel_json(slack, channel) if call.flag("return_im") else {"id": channel.id}
    return {"no_op": True, "already_open": True, "channel": full}


def history(slack: Workspace, call: Call) -> Json:
    """conversations.history: newest first, without replies; metadata only when asked for."""
    channel = _readable(slack, call)
    found = [one for one in slack.state.messages(channel.id) if not one.is_reply and _in_span(one, call)]
    found.reverse()
    page, following = one_page(found, call)
    messages = [_described(slack, one, call) for one in page]
    more = bool(following["response_metadata"]["next_cursor"])
    return {"messages": messages, "has_more": more, "pin_count": 0} | (following if more else {})


def replies(slack: Workspace, call: Call) -> Json:
    """conversations.replies: the thread's first message, then the answers, oldest first."""
    channel = _readable(slack, call)
    parent = slack.state.find(channel.id, call.needed("ts", "thread_not_found"))
    if parent is None or parent.ephemeral_for:
        raise Refused("thread_not_found")
    answers = [one for one in slack.state.replies(parent) if _in_span(one, call)]
    page, following = one_page([parent, *answers], call)
    more = bool(following["response_metadata"]["next_cursor"])
    messages = [_described(slack, one, call) for one in page]
    return {"messages": messages, "has_more": more} | (following if more else {})


def _readable(slack: Workspace, call: Call) -> Channel:
    channel = joined_channel(slack, call)
    slack.manifest.require("im:history" if channel.is_im else "channels:history")
    return channel


def _in_span(message: Message, call: Call) -> bool:
    oldest, latest = call.text("oldest", "0"), call.text("latest") or "9999999999"
    ts = float(message.ts)
    try:
        inside = float(oldest) < ts < float(latest)
    except ValueError:
        raise Refused("invalid_ts_oldest") from None
    return inside or (call.flag("inclusive") and ts in {float(oldest), float(latest)})


def _described(slack: Workspace, message: Message, call: Call) -> Json:
    body = message_json(message, slack.state)
    if message.metadata:
        only_type = {"event_type": message.metadata["event_type"]}
        body["metadata"] = message.metadata if call.flag("include_all_metadata") else only_type
    return body


def members(slack: Workspace, call: Call) -> Json:
    """conversations.members."""
    channel = channel_of(call)
    slack.manifest.require("im:read" if channel.is_im else "channels:read")
    page, following = one_page(sorted(slack.state.members[channel.id]), call)
    return {"members": page} | following


def join(slack: Workspace, call: Call) -> Json:
    """conversations.join."""
    channel = channel_of(call)
    if channel.is_im:
        raise Refused("method_not_supported_for_channel_type")
    slack.state.members[channel.id].add(BOT_USER)
    slack.feed.tell("state")
    return {"channel": channel_json(slack, channel)}


METHODS = {
    "conversations.list": Method(list_conversations),
    "conversations.info": Method(info),
    "conversations.open": Method(open_conversation, "im:write"),
    "conversations.history": Method(history),
    "conversations.replies": Method(replies),
    "conversations.members": Method(members),
    "conversations.join": Method(join, "channels:join"),
}
