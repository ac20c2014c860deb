"""A server that takes callbacks and keeps what came."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.processes import await_that

PATIENCE_SECONDS = 15
POLL_SECONDS = 0.01  # a server that is told to stop notices after so long; half a second otherwise


@dataclass
class Received:
    """What came, the oldest first."""

    url: str
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def await_count(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many came."""
        await_that(lambda: len(self.bodies) >= count, PATIENCE_SECONDS, f"{count} callbacks")
        return self.bodies


@contextmanager
def receiving() -> Iterator[Received]:
    """Listen on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            read = self.rfile.read(int(self.headers["Content-Length"]))
            received.bodies.append(json.loads(read))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Received(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
