"""users.*, usergroups.*, bots.*: who is who."""

from __future__ import annotations

from sandbox.slack.call import Call
from sandbox.slack.methods.conversations import channel_json
from sandbox.slack.methods.method import Json, Method, one_page, person_of
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import (
    APP_ID,
    BOT,
    BOT_ID,
    BOT_USER,
    PEOPLE,
    TEAM_ID,
    TIME_ZONE,
    USER_GROUPS,
    USERS,
    Person,
    UserGroup,
)


def user_json(slack: Workspace, person: Person) -> Json:
    """A member as the Web API describes them; the e-mail only with ``users:read.email``."""
    profile: Json = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "title": person.title,
        "team": TEAM_ID,
    }
    if person.email and "users:read.email" in slack.manifest.scopes:
        profile["email"] = person.email
    if person.is_bot:
        profile |= {"api_app_id": APP_ID, "bot_id": BOT_ID, "always_active": True}
    return {
        "id": person.id,
        "team_id": TEAM_ID,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": False,
        "tz": TIME_ZONE,
        "tz_label": "Eastern Time",
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_email_confirmed": not person.is_bot,
        "updated": 1_700_000_000,
        "profile": profile,
    }


def info(slack: Workspace, call: Call) -> Json:
    """users.info."""
    return {"user": user_json(slack, person_of(call))}


def list_users(slack: Workspace, call: Call) -> Json:
    """users.list."""
    page, following = one_page([user_json(slack, one) for one in USERS.values()], call)
    return {"members": page, "cache_ts": int(slack.clock.time())} | following


def lookup_by_email(slack: Workspace, call: Call) -> Json:
    """users.lookupByEmail."""
    wanted = call.needed("email", "users_not_found").lower()
    found = next((one for one in PEOPLE if one.email == wanted), None)
    if found is None:
        raise Refused("users_not_found")
    return {"user": user_json(slack, found)}


def conversations(slack: Workspace, call: Call) -> Json:
    """users.conversations: the channels that a member is in; the app's own without ``user``."""
    user = person_of(call).id if call.text("user") else BOT_USER
    types = call.text("types", "public_channel").split(",")
    found = [
        channel_json(slack, one)
        for one in slack.state.channels_of(user)
        if user in slack.state.members[one.id] and ("im" if one.is_im else "public_channel") in types
    ]
    page, following = one_page(found, call)
    return {"channels": page} | following


def list_groups(_slack: Workspace, call: Call) -> Json:
    """usergroups.list."""
    return {"usergroups": [_group_json(one, with_users=call.flag("include_users")) for one in USER_GROUPS]}


def _group_json(group: UserGroup, *, with_users: bool) -> Json:
    body: Json = {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "user_count": len(group.members),
        "date_delete": 0,
    }
    return body | ({"users": list(group.members)} if with_users else {})


def list_group_members(_slack: Workspace, call: Call) -> Json:
    """usergroups.users.list."""
    wanted = call.needed("usergroup")
    found = next((one for one in USER_GROUPS if one.id == wanted), None)
    if found is None:
        raise Refused("no_such_subteam")
    return {"users": list(found.members)}


def bot_info(_slack: Workspace, call: Call) -> Json:
    """bots.info."""
    if call.text("bot", BOT_ID) != BOT_ID:
        raise Refused("bot_not_found")
    bot = {"id": BOT_ID, "app_id": APP_ID, "user_id": BOT_USER, "name": BOT.name, "deleted": False}
    return {"bot": bot}


METHODS = {
    "users.info": Method(info, "users:read"),
    "users.list": Method(list_users, "users:read"),
    "users.lookupByEmail": Method(lookup_by_email, "users:read.email"),
    "users.conversations": Method(conversations, "channels:read"),
    "usergroups.list": Method(list_groups, "usergroups:read"),
    "usergroups.users.list": Method(list_group_members, "usergroups:read"),
    "bots.info": Method(bot_info, "users:read"),
}
