"""Tells open pages what has changed; they then read it again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

Change = dict[str, Any]


class Feed:
    """Changes for whoever listens; lives on the server's event loop."""

    def __init__(self) -> None:
        self._listeners: dict[asyncio.Queue[Change | None], str] = {}
        self._closed = False

    def tell(self, kind: str, *, only: str | None = None, **about: Any) -> None:
        """Tell everyone, or one person only, of a change."""
        for queue, user in self._listeners.items():
            if only in {None, user}:
                queue.put_nowait({"kind": kind, **about})

    async def changes(self, user: str) -> AsyncIterator[Change]:
        """The changes from now on, until the feed is closed or the listener leaves."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._listeners[queue] = user
        try:
            while not self._closed and (change := await queue.get()) is not None:
                yield change
        finally:
            del self._listeners[queue]

    def close(self) -> None:
        """End every listener, so that a stopping server does not wait for open pages."""
        self._closed = True
        for queue in self._listeners:
            queue.put_nowait(None)
