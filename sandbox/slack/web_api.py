"""The Web API's door: token, scope, faults, refusals; then the method itself."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.slack.call import Call, read_call
from sandbox.slack.connection import drop
from sandbox.slack.faults import Fault
from sandbox.slack.methods import chat, conversations, files, surfaces, team, users, views
from sandbox.slack.methods.method import Method
from sandbox.slack.refusals import RateLimited, Refused
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import APP_TOKEN, BOT_TOKEN

METHODS: dict[str, Method] = {
    **chat.METHODS,
    **conversations.METHODS,
    **users.METHODS,
    **views.METHODS,
    **files.METHODS,
    **team.METHODS,
    **surfaces.METHODS,
}


async def serve_method(request: Request) -> Response:
    """``/api/{method}``."""
    slack: Workspace = request.app.state.slack
    method = request.path_params["method"]
    fault = slack.faults.take(method)
    if fault and (mishap := await meet(slack, fault, method, request)):
        return mishap
    response = await _answer(slack, method, request)
    if fault and fault.kind == "lost_answer":
        slack.refusals.note(method, "answer lost", slack.clock.now().isoformat())
        return await drop(request)
    return response


async def meet(slack: Workspace, fault: Fault, method: str, request: Request) -> Response | None:
    """What a fault does before a call acts; None when the call goes on."""
    if fault.kind == "slow":
        await asyncio.sleep(2.0 if fault.seconds is None else fault.seconds)
        return None
    if fault.kind in {"lost_answer", "disconnect"}:
        return None
    slack.refusals.note(method, fault.kind, slack.clock.now().isoformat())
    if fault.kind == "rate_limit":
        return _refusal(RateLimited(int(fault.seconds or 1)))
    if fault.kind == "server_error":
        return PlainTextResponse("Internal Server Error", 500)
    return await drop(request)


async def _answer(slack: Workspace, method: str, request: Request) -> Response:
    try:
        call = await read_call(method, request)
        body = _act(slack, call)
    except Refused as refused:
        slack.refusals.note(method, refused.error, slack.clock.now().isoformat())
        return _refusal(refused)
    except ClientDisconnect:  # whoever called was killed meanwhile; nobody reads this
        return PlainTextResponse("", 499)
    accepted = METHODS[method].scope or ""
    scopes = {"x-oauth-scopes": ",".join(slack.manifest.scopes), "x-accepted-oauth-scopes": accepted}
    return JSONResponse({"ok": True, **body}, headers=scopes)


def _act(slack: Workspace, call: Call) -> dict[str, Any]:
    method = METHODS.get(call.method)
    if method is None:
        raise Refused("unknown_method", req_method=call.method)
    _check_token(slack, method, call.token)
    if method.scope:
        slack.manifest.require(method.scope)
    body = method.act(slack, call)
    noted = {"method": call.method, "arguments": call.loggable(), "at": slack.clock.now().isoformat()}
    slack.calls.append(noted | ({"ts": body["ts"]} if "ts" in body else {}))
    return body


def _check_token(slack: Workspace, method: Method, token: str | None) -> None:
    if not method.token:
        return
    if not token:
        raise Refused("not_authed")
    if token in slack.revoked:
        raise Refused("token_revoked")
    if token not in {BOT_TOKEN, APP_TOKEN, *slack.tokens}:
        raise Refused("invalid_auth")
    if (BOT_TOKEN if token in slack.tokens else token) != method.token:
        raise Refused("not_allowed_token_type")


def _refusal(refused: Refused) -> Response:
    response = JSONResponse(refused.answer(), refused.status)
    if isinstance(refused, RateLimited):
        response.headers["Retry-After"] = str(refused.retry_after_seconds)
    return response
