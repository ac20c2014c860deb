"""Dropping a connection without an answer: what a client sees when the network breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

EXTENSION = "sandbox.drop"


class DroppableConnection(H11Protocol):
    """Uvicorn's HTTP/1.1 connection, which a handler can break off."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        inner = self.app

        async def with_drop(scope: Scope, receive: Receive, send: Send) -> None:
            await inner({**scope, EXTENSION: self._break_off}, receive, send)

        self.app = with_drop

    def _break_off(self) -> None:
        self.transport.abort()


async def drop(request: Request) -> Response:
    """Break off the connection of this request; the response returned goes nowhere."""
    break_off: Callable[[], None] = request.scope[EXTENSION]
    break_off()
    await asyncio.sleep(0.01)  # until the server has noticed
    return Response(status_code=502)
