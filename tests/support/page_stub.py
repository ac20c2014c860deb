"""The smallest server that the sandbox's page can talk to: canned answers, and a record of what was asked.

It lets a test put any block on the page, also such that the real sandbox refuses.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

PAGE = Path(__file__).resolve().parents[2] / "sandbox/slack/page"
Json = dict[str, Any]
PEOPLE: list[Json] = [
    {
        "id": "UDARCEL",
        "name": "darcel.schlecht",
        "real_name": "Darcel Schlecht",
        "title": "Sales representative",
    },
    {"id": "UADA", "name": "ada.lindqvist", "real_name": "Ada Lindqvist", "title": "CRM administrator"},
    {"id": "UBELLWETHER", "name": "bellwether", "real_name": "Bellwether", "is_bot": True},
]
CHANNELS = [
    {"id": "CGENERAL", "name": "general", "is_im": False, "unread": 0, "is_member": True},
    {"id": "CSALES", "name": "sales", "is_im": False, "unread": 0, "is_member": True},
    {"id": "CALERTS", "name": "cs-alerts", "is_im": False, "unread": 3, "is_member": True},
    {"id": "DDARCEL", "name": "", "is_im": True, "unread": 0, "is_member": True},
]


class PageStub:
    """What the page is told, and what it asked."""

    def __init__(self) -> None:
        self.base_url = ""
        self._listeners: list[asyncio.Queue[Json | None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.forget()

    def forget(self) -> None:
        """Everything is as at the start."""
        self.messages: dict[str, list[Json]] = {}
        self.modal: list[Json] = []
        self.home: Json | None = None
        self.errors: dict[str, str] = {}
        self.offered: list[Json] = []
        self.refusals: list[Json] = []
        self.accounts: list[Json] = []
        self.connected = 1
        self.asked: list[tuple[str, Json]] = []
        self._offset = 0

    def post(self, channel: str, ts: str, text: str = "", **more: Any) -> None:
        """Put a message in a channel, or change it, and tell the page."""
        rest = [one for one in self.messages.get(channel, []) if one["ts"] != ts]
        fresh = {"ts": ts, "user": "UBELLWETHER", "text": text, "reactions": [], **more}
        self.messages[channel] = sorted([*rest, fresh], key=lambda one: float(one["ts"]))
        self.tell({"kind": "message", "channel": channel, "ts": ts})

    def tell(self, event: Json) -> None:
        """Send an event to every open page, from any thread."""
        if self._loop is None:
            return
        for queue in self._listeners:
            self._loop.call_soon_threadsafe(queue.put_nowait, event)

    def hang_up(self) -> None:
        """End every open stream of events; what is told before a page is back is lost."""
        listening, self._listeners = self._listeners, []
        assert self._loop is not None
        for queue in listening:
            self._loop.call_soon_threadsafe(queue.put_nowait, None)

    def asked_of(self, what: str) -> list[Json]:
        """The bodies that came to one path."""
        return [body for path, body in self.asked if path == what]

    # --- the server

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/_sandbox/state", self._state),
                Route("/_sandbox/messages", self._messages),
                Route("/_sandbox/events", self._events),
                Route("/_sandbox/world/{what}", self._world, methods=["GET", "POST"]),
                Route("/_sandbox/{what}", self._record, methods=["POST"]),
                Route("/{name:path}", self._file),
            ]
        )

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"] or "index.html"
        if "/" in name or not (PAGE / name).is_file():
            return Response(status_code=404)
        return FileResponse(
            PAGE / name,
            headers={"Content-Security-Policy": "default-src 'self'", "Cache-Control": "max-age=600"},
        )

    async def _state(self, request: Request) -> Response:
        wanted = request.query_params.get("as", "UDARCEL")
        return JSONResponse(
            {
                "me": next(one for one in PEOPLE if one["id"] == wanted),
                "users": PEOPLE,
                "channels": CHANNELS,
                "home": self.home,
                "modal": self.modal,
                "connected": self.connected,
                "refusals": self.refusals,
                "manifest": "Bellwether",
            }
        )

    async def _messages(self, request: Request) -> Response:
        viewer, channel = request.query_params["as"], request.query_params["channel"]
        seen = [one for one in self.messages.get(channel, []) if one.get("ephemeral_for") in {None, viewer}]
        return JSONResponse({"messages": seen})

    async def _events(self, _request: Request) -> Response:
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._listeners.append(queue)

        async def stream() -> AsyncIterator[Json]:
            yield {"retry": 100}
            while (event := await queue.get()) is not None:
                yield {"data": json.dumps(event)}

        return EventSourceResponse(stream())

    async def _world(self, request: Request) -> Response:
        what = request.path_params["what"]
        if request.method == "POST":
            body = await request.json()
            self.asked.append((f"world/{what}", body))
            self._offset += body.get("add_seconds", 0)
        return JSONResponse(
            {"accounts": self.accounts, "offset_seconds": self._offset, "kind": None, "changed": 7}
        )

    async def _record(self, request: Request) -> Response:
        body, what = await request.json(), request.path_params["what"]
        assert request.headers["X-Sandbox"] == "1"
        self.asked.append((what, body))
        if what == "say":
            ts = f"{time.time():.6f}"
            thread = {"thread_ts": body["thread_ts"]} if "thread_ts" in body else {}
            self.post(body["channel"], ts, body["text"], user=body["as"], **thread)
            return JSONResponse({"ts": ts})
        if what == "close":
            self.modal = self.modal[:-1]
            self.tell({"kind": "modal"})
        if what == "suggest":
            wanted = str(body["value"]).lower()
            return JSONResponse({"options": [one for one in self.offered if wanted in str(one["value"])]})
        return JSONResponse({"errors": self.errors} if what == "submit" and self.errors else {})


@contextmanager
def running_stub(port: int = 0) -> Iterator[PageStub]:
    """A stub server on the loopback, in a thread."""
    stub = PageStub()
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    stub.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        stub.app(), log_level="warning", timeout_graceful_shutdown=1, ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield stub
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
