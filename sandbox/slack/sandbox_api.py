"""``/_sandbox``: what the page and the tests use to act as people, to look, and to break things."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.slack import oauth, people, reaching, world_proxy
from sandbox.slack.call import read_call
from sandbox.slack.events import view_json
from sandbox.slack.faults import Fault
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Message, username
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_USER, CHANNELS, USERS, Channel, Person, direct_messages_of

Json = dict[str, Any]


def _slack(request: Request) -> Workspace:
    slack: Workspace = request.app.state.slack
    return slack


def _viewer(request: Request) -> str:
    return people.known_person(request.query_params.get("as", ""))


async def _asked(request: Request, *needed: str) -> Json:
    """The body of a request.

    Raises:
        Refused: it is no JSON object, or lacks something.
    """
    try:
        asked = dict((await read_call("sandbox", request)).arguments)
    except Refused as refused:
        raise Refused(refused.error, status=400) from None
    for name in needed:
        if asked.get(name) is None:
            raise Refused(f"{name} is needed", status=400)
    return asked


async def health(request: Request) -> Response:
    """Whether the server runs."""
    slack = _slack(request)
    return JSONResponse({"ok": True, "manifest": slack.manifest.name, "connected": slack.sockets.connected})


async def state(request: Request) -> Response:
    """Everything around the conversation, as one person sees it."""
    slack, user = _slack(request), _viewer(request)
    home = slack.state.homes.get(user)
    return JSONResponse(
        {
            "me": _person_json(USERS[user]),
            "users": [_person_json(one) for one in USERS.values()],
            "channels": [_channel_json(slack, one, user) for one in slack.state.channels_of(user)],
            "home": view_json(home) if home else None,
            "modal": [view_json(view) for view in slack.state.modals[user]],
            "connected": slack.sockets.connected,
            "refusals": slack.refusals.as_list(),
            "manifest": slack.manifest.name,
            "shortcuts": [asdict(one) for one in slack.manifest.shortcuts],
            "agent": slack.manifest.agent,
            "prompts": slack.state.prompts.get(user),
            "status": slack.state.statuses.get(direct_messages_of(user).id, ""),
        }
    )


def _person_json(person: Person) -> Json:
    return {
        "id": person.id,
        "name": person.name,
        "real_name": person.real_name,
        "title": person.title,
        "is_admin": person.is_admin,
        "is_restricted": person.is_restricted,
        "is_bot": person.is_bot,
    }


def _channel_json(slack: Workspace, channel: Channel, user: str) -> Json:
    return {
        "id": channel.id,
        "name": channel.name or USERS["UBELLWETHER"].real_name,
        "is_im": channel.is_im,
        "purpose": channel.purpose,
        "unread": slack.state.unread(user, channel.id),
        "is_member": user in slack.state.members[channel.id],
        "has_bot": BOT_USER in slack.state.members[channel.id],
    }


async def messages(request: Request) -> Response:
    """A channel's last messages, oldest first; whoever reads them has read them."""
    slack, user = _slack(request), _viewer(request)
    channel = CHANNELS.get(request.query_params.get("channel", ""))
    if channel is None or channel.im_with not in {None, user}:
        raise Refused("channel_not_found", status=404)
    limit = request.query_params.get("limit", "100")
    if not limit.isdigit() or int(limit) == 0:
        raise Refused("limit must be a positive number", status=400)
    found = slack.state.messages(channel.id, user)[-int(limit) :]
    slack.state.mark_read(user, channel.id)
    return JSONResponse({"messages": [_message_json(slack, one) for one in found]})


def _message_json(slack: Workspace, message: Message) -> Json:
    body: Json = {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "username": username(message.user),
        "text": message.text,
        "blocks": message.blocks,
        "edited": message.edited,
        "reply_count": 0 if message.is_reply else len(slack.state.replies(message)),
        "reactions": message.reactions,
    }
    for name in ("thread_ts", "ephemeral_for", "metadata", "files", "attachments"):
        if value := getattr(message, name):
            body[name] = value
    return body


async def events(request: Request) -> Response:
    """Server-sent events: what has changed, so that a page reads it again."""
    slack, user = _slack(request), _viewer(request)

    async def changes() -> AsyncIterator[Json]:
        async for change in slack.feed.changes(user):
            yield {"data": json.dumps(change)}

    # A stopping server closes the feed, which ends the stream well; the grace lets it.
    return EventSourceResponse(changes(), shutdown_grace_period=1)


async def say(request: Request) -> Response:
    """A person types."""
    asked = await _asked(request, "as", "channel", "text")
    user, thread = people.known_person(asked["as"]), asked.get("thread_ts")
    said = await people.say(_slack(request), user, str(asked["channel"]), str(asked["text"]), thread)
    return JSONResponse(said)


async def click(request: Request) -> Response:
    """A person presses or chooses."""
    asked = await _asked(request, "as", "action_id")
    user = people.known_person(asked["as"])
    return JSONResponse(await people.click(_slack(request), user, asked, asked))


async def submit(request: Request) -> Response:
    """A person submits a modal."""
    asked = await _asked(request, "as", "view_id")
    user, values = people.known_person(asked["as"]), asked.get("values") or {}
    if not isinstance(values, dict) or not all(isinstance(one, dict) for one in values.values()):
        raise Refused("values must be {block_id: {action_id: value}}", status=400)
    return JSONResponse(await people.submit(_slack(request), user, str(asked["view_id"]), values))


async def close(request: Request) -> Response:
    """A person closes a modal."""
    asked = await _asked(request, "as", "view_id")
    user = people.known_person(asked["as"])
    return JSONResponse(await people.close(_slack(request), user, str(asked["view_id"])))


async def open_home(request: Request) -> Response:
    """A person opens App Home."""
    asked = await _asked(request, "as")
    return JSONResponse(people.open_home(_slack(request), people.known_person(asked["as"])))


async def shortcut(request: Request) -> Response:
    """A person chooses a shortcut."""
    asked = await _asked(request, "as", "callback_id")
    user = people.known_person(asked["as"])
    return JSONResponse(await people.use_shortcut(_slack(request), user, asked))


async def suggest(request: Request) -> Response:
    """A person types into a choice that the app has to fill."""
    asked = await _asked(request, "as", "view_id", "action_id")
    return JSONResponse(await people.suggest(_slack(request), people.known_person(asked["as"]), asked))


async def open_agent(request: Request) -> Response:
    """A person opens the Messages tab, or a thread of the older agent's view (``thread_ts``)."""
    asked = await _asked(request, "as")
    slack, user = _slack(request), people.known_person(asked["as"])
    if asked.get("thread_ts"):
        reaching.open_assistant(slack, user, str(asked["thread_ts"]))
    else:
        reaching.open_messages(slack, user)
    return JSONResponse({"ok": True})


async def workflow(request: Request) -> Response:
    """A workflow runs a step of the app, or (GET) how such a run ended."""
    slack = _slack(request)
    if request.method == "GET":
        execution = slack.state.executions.get(request.query_params.get("id", ""))
        if execution is None:
            raise Refused("function_execution_not_found", status=404)
    else:
        asked = await _asked(request, "callback_id", "inputs")
        execution = reaching.execute(slack, str(asked["callback_id"]), dict(asked["inputs"]))
    return JSONResponse({"id": execution.id, "outputs": execution.outputs, "error": execution.error})


async def uninstall(request: Request) -> Response:
    """An administrator removes the app from the workspace."""
    oauth.uninstall(_slack(request))
    return JSONResponse({})


async def faults(request: Request) -> Response:
    """The ordered faults: look, order one, clear all."""
    slack = _slack(request)
    if request.method == "DELETE":
        slack.faults.clear()
        slack.feed.tell("state")
    elif request.method == "POST":
        asked = await _asked(request, "kind")
        await world_proxy.order_fault(slack, _fault(asked))
    return JSONResponse({"faults": slack.faults.as_list()})


def _fault(asked: Json) -> Fault:
    times, seconds = asked.get("times"), asked.get("seconds")
    if not isinstance(times, int | None) or not isinstance(seconds, int | float | None):
        raise Refused("times must be a whole number or null, seconds a number", status=400)
    return Fault(str(asked["kind"]), str(asked.get("match") or ""), times, seconds)


async def calls(request: Request) -> Response:
    """The calls that were accepted, oldest first, perhaps of one method only."""
    wanted = request.query_params.get("method")
    found = [one for one in _slack(request).calls if wanted in {None, one["method"]}]
    return JSONResponse({"calls": found})


async def world_accounts(request: Request) -> Response:
    """The CRM's accounts."""
    return JSONResponse(await world_proxy.accounts(_slack(request)))


async def world_deals(request: Request) -> Response:
    """Win or lose an account's deals."""
    what = request.url.path.rpartition("/")[2]
    return JSONResponse(await world_proxy.change_deals(_slack(request), what, await _asked(request)))


async def world_clock(request: Request) -> Response:
    """Look at the clock, or move it."""
    slack = _slack(request)
    if request.method == "GET":
        return JSONResponse(world_proxy.clock(slack))
    asked = await _asked(request, "add_seconds")
    try:
        return JSONResponse(world_proxy.move_clock(slack, float(asked["add_seconds"])))
    except (TypeError, ValueError):
        raise Refused("add_seconds must be a number", status=400) from None


async def world_break(request: Request) -> Response:
    """Look how the CRM or this Slack is broken; break it, or mend it."""
    what = request.url.path.rpartition("/")[2]
    if request.method == "GET":
        return JSONResponse(await world_proxy.broken(_slack(request), what))
    break_it = {"zoho": world_proxy.break_zoho, "slack": world_proxy.break_slack}
    kind = (await _asked(request)).get("kind")
    return JSONResponse(await break_it[what](_slack(request), kind))


ROUTES = [
    Route("/_sandbox/health", health),
    Route("/_sandbox/state", state),
    Route("/_sandbox/messages", messages),
    Route("/_sandbox/events", events),
    Route("/_sandbox/calls", calls),
    Route("/_sandbox/say", say, methods=["POST"]),
    Route("/_sandbox/click", click, methods=["POST"]),
    Route("/_sandbox/submit", submit, methods=["POST"]),
    Route("/_sandbox/close", close, methods=["POST"]),
    Route("/_sandbox/open_home", open_home, methods=["POST"]),
    Route("/_sandbox/shortcut", shortcut, methods=["POST"]),
    Route("/_sandbox/suggest", suggest, methods=["POST"]),
    Route("/_sandbox/open_agent", open_agent, methods=["POST"]),
    Route("/_sandbox/workflow", workflow, methods=["GET", "POST"]),
    Route("/_sandbox/uninstall", uninstall, methods=["POST"]),
    Route("/_sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
    Route("/_sandbox/world/accounts", world_accounts),
    *(Route(f"/_sandbox/world/{what}", world_deals, methods=["POST"], name=what) for what in ("win", "lose")),
    Route("/_sandbox/world/clock", world_clock, methods=["GET", "POST"]),
    *(
        Route(f"/_sandbox/world/{it}", world_break, methods=["GET", "POST"], name=it)
        for it in ("zoho", "slack")
    ),
]
