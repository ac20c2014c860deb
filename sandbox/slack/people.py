"""What a person does in Slack: types, presses, fills in, opens. The page and the tests act through this."""

from __future__ import annotations

from typing import Any

from sandbox.slack import dispatch, events, payloads, reaching
from sandbox.slack.call import Call
from sandbox.slack.interactivity import ResponseUrl
from sandbox.slack.methods.chat import publish, thread_of
from sandbox.slack.modals import TROUBLE, apply_answer, complaints
from sandbox.slack.refusals import Refused
from sandbox.slack.responses import post_acknowledgement, slackbot_says
from sandbox.slack.socket_mode import NotAcknowledged
from sandbox.slack.state import Message, View
from sandbox.slack.values import STATELESS, UnknownChoiceError, entered, find_element
from sandbox.slack.wording import stored
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_USER, CHANNELS, PEOPLE

Json = dict[str, Any]


def known_person(user: str) -> str:
    """The id of a person of the workspace.

    Raises:
        Refused: there is no such person.
    """
    if user not in {person.id for person in PEOPLE}:
        raise Refused(f"unknown person: {user!r}", status=400)
    return user


async def say(slack: Workspace, user: str, channel: str, text: str, thread_ts: str | None) -> Json:
    """Type something into a channel; the message's ``ts``, or null for a command."""
    if user not in slack.state.members.get(channel, ()):
        raise Refused("not_in_channel" if channel in CHANNELS else "channel_not_found", status=400)
    if text.startswith("/"):
        await _command(slack, user, channel, text, thread_ts)
        return {"ts": None}
    if not text.strip():
        raise Refused("no_text", status=400)
    thread = thread_of(slack.state, channel, Call("say", {"thread_ts": thread_ts}))
    message = publish(slack, Message("", channel, user, stored(text.strip()), thread_ts=thread))
    slack.state.mark_read(user, channel)
    reaching.on_links(slack, message)
    if f"<@{BOT_USER}" in message.text and BOT_USER not in slack.state.members[channel]:
        hint = f"<@{BOT_USER}> is not in this channel, so it has not heard you. Invite it, or ask in #sales."
        slackbot_says(slack, channel, user, hint)
    return {"ts": message.ts}


async def _command(slack: Workspace, user: str, channel: str, text: str, thread_ts: str | None) -> None:
    name, _, rest = text.partition(" ")
    commands = slack.manifest.commands
    if commands and name not in commands:
        slackbot_says(slack, channel, user, f"`{name}` is not a valid command.")
        return
    if thread_ts:
        slackbot_says(slack, channel, user, f"`{name}` is not supported in threads. Sorry!")
        return
    escapes = name in commands and commands[name].should_escape
    words = stored(rest.strip(), labels=True) if escapes else rest.strip()
    payload = payloads.command_payload(slack, user, channel, name, words)
    try:
        slack.manifest.require("commands")
        answer = await dispatch.ask_command(slack, payload)
    except (NotAcknowledged, Refused) as failure:
        error = "operation_timeout" if "timeout" in str(failure) else "dispatch_failed"
        slack.refusals.note(name, f"not answered: {failure}", slack.clock.now().isoformat())
        slackbot_says(slack, channel, user, f'`{name}` failed with the error "{error}"')
        return
    post_acknowledgement(slack, ResponseUrl(channel, user, slack.clock.time(), None), answer)


async def click(slack: Workspace, user: str, place: Json, press: Json) -> Json:
    """Press or choose something in a message (``channel``, ``ts``) or a view (``view_id``)."""
    where = (
        _view_of(slack, user, place["view_id"]) if place.get("view_id") else _message_of(slack, user, place)
    )
    blocks = where.body["blocks"] if isinstance(where, View) else where.blocks
    found = find_element(blocks, str(press.get("block_id") or ""), str(press["action_id"]))
    if found is None:
        raise Refused(f"nothing there has the action_id {press['action_id']!r}", status=404)
    action = _action(slack, where, *found, press)
    if isinstance(where, View):
        payload = payloads.press_in_view(slack, user, where, action)
    else:
        payload = payloads.press_in_message(slack, user, where, action)
    try:
        await dispatch.ask_interaction(slack, payload)
    except NotAcknowledged as failure:
        slack.refusals.note("block_actions", f"not answered: {failure}", slack.clock.now().isoformat())
        return {"ok": False, "error": "operation_timeout" if "timeout" in str(failure) else "dispatch_failed"}
    return {"ok": True}


async def use_shortcut(slack: Workspace, user: str, asked: Json) -> Json:
    """Choose a global shortcut, or one on the message of ``channel`` and ``ts``."""
    message = _message_of(slack, user, asked) if asked.get("ts") else None
    return await reaching.use_shortcut(slack, user, str(asked["callback_id"]), message)


async def suggest(slack: Workspace, user: str, asked: Json) -> Json:
    """Type into a choice of a modal whose options the app gives."""
    return await reaching.suggest(slack, user, _view_of(slack, user, str(asked["view_id"])), asked)


def _message_of(slack: Workspace, user: str, place: Json) -> Message:
    channel = str(place.get("channel"))
    message = slack.state.find(channel, str(place.get("ts")))
    visible = message is not None and message.ephemeral_for in {None, user}
    if message is None or not visible or CHANNELS[channel].im_with not in {None, user}:
        raise Refused("message_not_found", status=404)
    return message


def _view_of(slack: Workspace, user: str, view_id: str) -> View:
    view = slack.state.find_view(view_id)
    if view is None or view.user != user:
        raise Refused("view_not_found", status=404)
    return view


def _action(slack: Workspace, where: View | Message, block: Json, element: Json, press: Json) -> Json:
    """The entry of ``actions``; what was chosen stays chosen in ``state.values``."""
    block_id = block["block_id"]
    about = {"action_id": element["action_id"], "block_id": block_id, "action_ts": slack.clock.timestamp()}
    kind = element["type"]
    if kind in STATELESS - {"overflow"}:
        given: Json = {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        if kind == "feedback_buttons":
            given = {"value": press.get("value")}
        return {"type": kind, **given, **about}
    try:
        value = entered(element, press["selected"] if "selected" in press else press.get("value"))
    except UnknownChoiceError as error:
        raise Refused(str(error), status=400) from None
    if kind != "overflow":
        where.values.setdefault(block_id, {})[element["action_id"]] = value
    return value | about


async def submit(slack: Workspace, user: str, view_id: str, values: Json) -> Json:
    """Press a modal's submit; ``errors`` by block when Slack or the app is not content."""
    view = _view_of(slack, user, view_id)
    if view.body["type"] != "modal":
        raise Refused("view_not_found", status=404)
    if errors := complaints(view, values):
        return {"errors": errors}
    try:
        answer = await dispatch.ask_interaction(slack, payloads.submission(slack, user, view))
    except NotAcknowledged as failure:
        slack.refusals.note("view_submission", f"not answered: {failure}", slack.clock.now().isoformat())
        return {"ok": False, "error": TROUBLE}
    return apply_answer(slack, view, answer)


async def close(slack: Workspace, user: str, view_id: str) -> Json:
    """Close a modal; the app hears of it when it has asked to."""
    view = _view_of(slack, user, view_id)
    if view in slack.state.modals[user]:
        slack.state.modals[user].remove(view)
    slack.feed.tell("modal", only=user)
    if view.body.get("notify_on_close"):
        try:
            await dispatch.ask_interaction(slack, payloads.closing(user, view))
        except NotAcknowledged as failure:
            slack.refusals.note("view_closed", f"not answered: {failure}", slack.clock.now().isoformat())
    return {"ok": True}


def open_home(slack: Workspace, user: str) -> Json:
    """Open the app's Home tab."""
    home = slack.state.homes.get(user)
    events.on_home_opened(slack, user, events.view_json(home) if home else None)
    return {"ok": True}
