"""chat.unfurl, assistant.threads.*, functions.complete*: what belongs to links, agents and workflows."""

from __future__ import annotations

from sandbox.slack.call import Call
from sandbox.slack.methods.chat import blocks_of
from sandbox.slack.methods.method import Json, Method, channel_of, joined_channel
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Execution
from sandbox.slack.workspace import Workspace

PROMPTS = 4
STATUS = 250
_TYPES: dict[str, type | tuple[type, ...]] = {
    "integer": int,
    "number": (int, float),
    "string": str,
    "boolean": bool,
}


def unfurl(slack: Workspace, call: Call) -> Json:
    """chat.unfurl: attachments below the links of somebody's message."""
    channel = joined_channel(slack, call)
    message = slack.state.find(channel.id, call.needed("ts", "cannot_find_message"))
    if message is None or message.ephemeral_for:
        raise Refused("cannot_find_message")
    unfurls = call.json("unfurls", "cannot_parse_attachment")
    if not isinstance(unfurls, dict) or not unfurls:
        raise Refused("missing_unfurls")
    shared = set(message.links)
    for url, attachment in unfurls.items():
        if url not in shared:
            raise Refused("cannot_unfurl_url")
        if not isinstance(attachment, dict):
            raise Refused("cannot_parse_attachment")
        blocks = slack.state.named(blocks_of(attachment.get("blocks")))
        message.attachments.append({**attachment, "blocks": blocks, "from_url": url, "is_app_unfurl": True})
    slack.state.tell("update", message)
    return {}


def set_prompts(slack: Workspace, call: Call) -> Json:
    """assistant.threads.setSuggestedPrompts: at most four; the thread may be left out in the agent's view."""
    channel = channel_of(call, "channel_id")
    if channel.im_with is None:
        raise Refused("channel_not_found")
    prompts = call.json("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= PROMPTS:
        raise Refused("too_many_prompts" if prompts else "invalid_arguments")
    if not all(isinstance(one, dict) and one.get("title") and one.get("message") for one in prompts):
        raise Refused("invalid_arguments")
    slack.state.prompts[channel.im_with] = {"title": call.text("title"), "prompts": prompts}
    slack.feed.tell("state", only=channel.im_with)
    return {}


def set_status(slack: Workspace, call: Call) -> Json:
    """assistant.threads.setStatus: stands until the app posts in the thread, or takes it back."""
    channel = channel_of(call, "channel_id")
    if channel.im_with is None:
        raise Refused("channel_not_found")
    thread = call.needed("thread_ts")
    if slack.state.find(channel.id, thread) is None:
        raise Refused("message_not_found")
    status = call.text("status")
    if len(status) > STATUS:
        raise Refused("invalid_arguments")
    slack.state.statuses[channel.id] = status
    slack.feed.tell("state", only=channel.im_with)
    return {}


def complete_success(slack: Workspace, call: Call) -> Json:
    """functions.completeSuccess: the outputs are those of the manifest, with their types."""
    execution = _execution(slack, call)
    outputs = call.json("outputs", "parameter_validation_failed")
    known = slack.manifest.functions.get(execution.callback_id)
    if not isinstance(outputs, dict):
        raise Refused("parameter_validation_failed")
    if known is not None:
        wrong = outputs.keys() - known.outputs.keys() or set(known.promised) - outputs.keys()
        ill = [
            key for key, one in outputs.items() if not isinstance(one, _TYPES.get(known.outputs[key], object))
        ]
        if wrong or ill:
            raise Refused("parameter_validation_failed")
    execution.outputs = outputs
    slack.feed.tell("state")
    return {}


def complete_error(slack: Workspace, call: Call) -> Json:
    """functions.completeError."""
    execution = _execution(slack, call)
    execution.error = call.needed("error")
    slack.feed.tell("state")
    return {}


def _execution(slack: Workspace, call: Call) -> Execution:
    execution = slack.state.executions.get(call.needed("function_execution_id"))
    if execution is None:
        raise Refused("function_execution_not_found")
    if execution.ended:
        raise Refused("function_not_in_progress")
    return execution


METHODS = {
    "chat.unfurl": Method(unfurl, "links:write"),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, "chat:write"),
    "assistant.threads.setStatus": Method(set_status, "chat:write"),
    "functions.completeSuccess": Method(complete_success),
    "functions.completeError": Method(complete_error),
}
