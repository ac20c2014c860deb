"""What happens beside messages: shortcuts, choices that the app is asked for, links, workflows, the agent."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.slack import dispatch, events, payloads
from sandbox.slack.refusals import Refused
from sandbox.slack.socket_mode import NotAcknowledged
from sandbox.slack.state import Execution, Message, View
from sandbox.slack.values import find_element
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_USER, CHANNELS, USERS, direct_messages_of

Json = dict[str, Any]
MOST_OPTIONS = 100
_LINK = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>|(?<![<|])(https?://[^\s<>|]+)")


async def use_shortcut(slack: Workspace, user: str, callback_id: str, message: Message | None) -> Json:
    """Choose a global shortcut, or one on a message.

    Raises:
        Refused: the app has no such shortcut.
    """
    wanted = "global" if message is None else "message"
    known = slack.manifest.shortcuts
    if known and not any((one.callback_id, one.type) == (callback_id, wanted) for one in known):
        raise Refused(f"the app has no {wanted} shortcut {callback_id!r}", status=404)
    payload = payloads.shortcut(slack, user, callback_id, message)
    try:
        slack.manifest.require("commands")
        await dispatch.ask_interaction(slack, payload)
    except (NotAcknowledged, Refused) as failure:
        slack.refusals.note("shortcut", f"not answered: {failure}", slack.clock.now().isoformat())
        return {"ok": False, "error": "operation_timeout" if "timeout" in str(failure) else "dispatch_failed"}
    return {"ok": True}


async def suggest(slack: Workspace, user: str, view: View, asked: Json) -> Json:
    """Type into a choice whose options the app gives; they can be chosen from then on.

    Raises:
        Refused: there is no such choice.
    """
    found = find_element(view.body["blocks"], str(asked.get("block_id") or ""), str(asked["action_id"]))
    if found is None or found[1]["type"] not in {"external_select", "multi_external_select"}:
        raise Refused("nothing there asks the app for options", status=404)
    block, element = found
    typed = str(asked.get("value") or "")
    if len(typed) < element.get("min_query_length", 3):
        return {"options": []}
    payload = payloads.suggestion(user, view, block["block_id"], element["action_id"], typed)
    try:
        answer = await dispatch.ask_options(slack, payload)
    except NotAcknowledged as failure:
        slack.refusals.note("block_suggestion", f"not answered: {failure}", slack.clock.now().isoformat())
        return {"options": []}
    options = answer.get("options")
    if not isinstance(options, list) or len(options) > MOST_OPTIONS:
        slack.refusals.note("block_suggestion", "invalid options", slack.clock.now().isoformat())
        return {"options": []}
    # What was offered in this choice may be chosen: values are looked up among its options. Of several that
    # are chosen, some were found by an earlier search.
    offered = {str(one["value"]): one for one in (*element.get("options", ()), *options)}
    element["options"] = list(offered.values()) if element["type"].startswith("multi_") else options
    return {"options": options}


def on_links(slack: Workspace, message: Message) -> None:
    """Tell the app of the links to its domains in somebody's message."""
    if message.from_bot:
        return
    links = []
    for found in _LINK.finditer(message.text):
        url = found.group(1) or found.group(2)
        domain = _domain(slack, url)
        if domain and url not in message.links:
            message.links.append(url)
            links.append({"domain": domain, "url": url})
    if not links:
        return
    event: Json = {
        "type": "link_shared",
        "channel": message.channel,
        "is_bot_user_member": BOT_USER in slack.state.members[message.channel],
        "user": message.user,
        "message_ts": message.ts,
        "unfurl_id": f"{message.channel}.{message.ts}",
        "source": "conversations_history",
        "links": links,
        "event_ts": slack.clock.timestamp(),
    }
    if message.is_reply:
        event["thread_ts"] = message.thread_ts
    events.send(slack, event)


def _domain(slack: Workspace, url: str) -> str | None:
    """The app's domain that a link belongs to; the sandbox's own CRM stands for Zoho's."""
    try:
        place = urlsplit(url.replace("&amp;", "&"))
    except ValueError:
        return None
    host = place.hostname or ""
    if slack.zoho_url and place.netloc == urlsplit(slack.zoho_url).netloc:
        return host
    return next(
        (one for one in slack.manifest.unfurl_domains if host == one or host.endswith(f".{one}")), None
    )


def open_messages(slack: Workspace, user: str) -> None:
    """Open the app's Messages tab, or its agent's view."""
    events.on_home_opened(slack, user, None, tab="messages")


def open_assistant(slack: Workspace, user: str, thread_ts: str) -> None:
    """Open a thread with the app in the older agent's view."""
    channel = direct_messages_of(user).id
    thread = {"user_id": user, "channel_id": channel, "thread_ts": thread_ts, "context": {}}
    now = slack.clock.timestamp()
    events.send(slack, {"type": "assistant_thread_started", "assistant_thread": thread, "event_ts": now})


def execute(slack: Workspace, callback_id: str, inputs: Json) -> Execution:
    """Run a workflow that consists of one step of the app.

    Raises:
        Refused: there is no such step, or an input is missing or of another type.
    """
    step = slack.manifest.functions.get(callback_id)
    if step is None:
        raise Refused(f"the app has no workflow step {callback_id!r}", status=404)
    if set(step.required) - inputs.keys() or inputs.keys() - step.inputs.keys():
        raise Refused("the inputs are not those of the step", status=400)
    for key, kind in step.inputs.items():
        if kind == "slack#/types/user_id" and inputs.get(key) not in USERS:
            raise Refused(f"{key} is no person", status=400)
        if kind == "slack#/types/channel_id" and inputs.get(key) not in CHANNELS:
            raise Refused(f"{key} is no channel", status=400)
    execution = Execution(slack.state.new_id("Fx"), callback_id)
    slack.state.executions[execution.id] = execution
    events.send(slack, payloads.function_event(slack, step, execution, inputs))
    return execution
