"""Answers to commands and presses: what an acknowledgement says, and what is posted to a response URL."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.slack.call import Call, read_call
from sandbox.slack.connection import drop
from sandbox.slack.interactivity import ResponseUrl
from sandbox.slack.methods.chat import change, content_of, publish, remove, thread_of
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Message
from sandbox.slack.web_api import meet
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_USER, SLACKBOT

METHOD = "response_url"


async def serve_response_url(request: Request) -> Response:
    """``POST /response/{key}``."""
    slack: Workspace = request.app.state.slack
    fault = slack.faults.take(METHOD)
    if fault and (mishap := await meet(slack, fault, METHOD, request)):
        return mishap
    try:
        call = await read_call(METHOD, request)
        post_response(slack, slack.response_urls.take(request.path_params["key"]), call)
    except Refused as refused:
        slack.refusals.note(METHOD, refused.error, slack.clock.now().isoformat())
        return JSONResponse(refused.answer(), 404 if refused.status == 404 else 400)  # noqa: PLR2004
    if fault and fault.kind == "lost_answer":
        return await drop(request)
    return PlainTextResponse("ok")


def post_acknowledgement(slack: Workspace, url: ResponseUrl, answer: dict[str, Any]) -> None:
    """Show what the acknowledgement of a command says, if it says anything."""
    if not any(answer.get(name) for name in ("text", "blocks", "attachments")):
        return
    try:
        post_response(slack, url, Call("command", answer))
    except Refused as refused:
        slack.refusals.note("command", refused.error, slack.clock.now().isoformat())


def post_response(slack: Workspace, url: ResponseUrl, call: Call) -> None:
    """Post, replace or delete through a response URL.

    Raises:
        Refused: the content breaks a rule.
    """
    original = slack.state.find(url.channel, url.original_ts) if url.original_ts else None
    if call.flag("delete_original"):
        if original:
            remove(slack, original)
        return
    text, blocks, attachments = content_of(call)
    if call.flag("replace_original") and original:
        change(slack, original, text, blocks, None)
        return
    message = Message("", url.channel, BOT_USER, text, blocks, attachments=attachments)
    message.thread_ts = thread_of(slack.state, url.channel, call)
    if call.text("response_type") == "in_channel":
        publish(slack, message)
    else:
        show_only(slack, message, url.user)
    url.original_ts = url.original_ts or message.ts


def show_only(slack: Workspace, message: Message, user: str) -> None:
    """Show a message to one person."""
    message.ts = slack.clock.timestamp()
    message.ephemeral_for = user
    slack.state.add(message)


def slackbot_says(slack: Workspace, channel: str, user: str, text: str) -> None:
    """A hint of Slack itself, for one person."""
    show_only(slack, Message("", channel, SLACKBOT, text), user)
