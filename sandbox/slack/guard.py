"""Who may talk to the sandbox: this machine only, and no foreign page through this machine's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

OWN_NAMES = {"127.0.0.1", "localhost", "::1"}
CONTENT_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Guard:
    """Refuses foreign hosts and origins; changes under ``/_sandbox`` need a header that no form can send."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
        elif reason := _objection(scope):
            websocket = scope["type"] == "websocket"
            refusal = WebSocketClose(1008) if websocket else JSONResponse({"error": reason}, 403)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, _with_policy(send))


def _objection(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in OWN_NAMES:
        return "the sandbox answers to this machine's own names only"
    if (origin := headers.get("origin")) and urlsplit(origin).netloc != host:
        return "the sandbox does not answer pages of other origins"
    changes = scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}
    if changes and scope["path"].startswith("/_sandbox/") and headers.get("x-sandbox") != "1":
        return "changing the sandbox needs the header X-Sandbox: 1"
    return None


def _with_policy(send: Send) -> Send:
    async def with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = CONTENT_POLICY
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
        await send(message)

    return with_policy
