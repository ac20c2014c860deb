"""Socket Mode: WebSocket connections, envelopes over them, and the wait for acknowledgements."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.world import APP_ID

ACK_SECONDS = 3.0
Json = dict[str, Any]


class NotAcknowledged(Exception):
    """The app did not answer an envelope; ``reason`` in Slack's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(eq=False)
class Connection:
    """One WebSocket of the app, with the envelopes that wait for an answer on it."""

    socket: WebSocket
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)

    async def ask(self, envelope: Json, seconds: float) -> Json:
        """Send an envelope and wait for its acknowledgement; the payload of it, or an empty one.

        Raises:
            NotAcknowledged: none came in time, or the connection was lost.
        """
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.waiting[envelope["envelope_id"]] = answer
        try:
            await self.socket.send_text(json.dumps(envelope))
            return await asyncio.wait_for(answer, seconds)
        except TimeoutError:
            raise NotAcknowledged("timeout") from None
        except (WebSocketDisconnect, RuntimeError):
            raise NotAcknowledged("connection_failed") from None
        finally:
            del self.waiting[envelope["envelope_id"]]

    def settle(self, text: str) -> None:
        """Take what the app has sent; anything that is no acknowledgement is ignored, as Slack does."""
        try:
            message = json.loads(text)
        except ValueError:
            return
        waiting = self.waiting.get(message.get("envelope_id", "")) if isinstance(message, dict) else None
        if waiting and not waiting.done():
            waiting.set_result(message.get("payload") or {})

    def abandon(self) -> None:
        """The connection is lost: nobody will answer any more."""
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_exception(NotAcknowledged("connection_failed"))


class Sockets:
    """The app's connections; each envelope goes to one of them, in turn."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._connections: list[Connection] = []
        self._tickets: set[str] = set()
        self._turn = 0
        self._changed = asyncio.Event()

    @property
    def connected(self) -> int:
        """How many connections there are."""
        return len(self._connections)

    def ticket(self) -> str:
        """A ticket that opens one connection."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    def admit(self, ticket: str) -> bool:
        """Whether the ticket is good; it is used up."""
        known = ticket in self._tickets
        self._tickets.discard(ticket)
        return known

    async def serve(self, socket: WebSocket) -> None:
        """Greet a connection, then read acknowledgements until it ends."""
        await socket.accept()
        connection = Connection(socket)
        self._connections.append(connection)
        try:
            await socket.send_text(json.dumps(self._hello()))
            self._changed.set()
            self._on_change()
            while True:
                connection.settle(await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            pass  # the app has gone, or we have closed it
        finally:
            self._connections.remove(connection)
            connection.abandon()
            self._on_change()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connected,
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }

    async def ask(self, kind: str, payload: Json, **about: Any) -> Json:
        """Send an envelope over the next connection and wait for the answer.

        Raises:
            NotAcknowledged: nobody is connected, or nobody answered.
        """
        if not self._connections:
            raise NotAcknowledged("connection_failed")
        self._turn += 1
        connection = self._connections[self._turn % len(self._connections)]
        envelope = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": payload,
            **about,
        }
        return await connection.ask(envelope, ACK_SECONDS)

    async def wait_for_one(self, seconds: float) -> None:
        """Wait until the app is connected, but not longer than this."""
        self._changed.clear()
        if not self._connections:
            try:
                await asyncio.wait_for(self._changed.wait(), seconds)
            except TimeoutError:
                return

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection that it ends, and end it."""
        for connection in list(self._connections):
            try:
                notice = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
                await connection.socket.send_text(json.dumps(notice))
                await connection.socket.close()
            except (WebSocketDisconnect, RuntimeError):
                continue
