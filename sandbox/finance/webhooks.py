"""Webhooks: a POST for each change, from a thread, so that the server never waits for who listens.

Signed as documented: HMAC-SHA256, in hex, over the sorted query pairs and the raw body. The encoding as hex
is what peers use; the documentation does not name one.
"""

from __future__ import annotations

import hashlib
import hmac
import queue
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import Request, urlopen

import orjson

from sandbox.finance.documents import Document, Event

TIMEOUT_SECONDS = 5
SIGNATURE = "X-Zoho-Webhook-Signature"


@dataclass(frozen=True)
class Hook:
    """Where changes are told; ``entities`` are names of lists, all of them when empty."""

    url: str
    secret: str = field(repr=False)
    entities: frozenset[str]


class Webhooks:
    """The hooks, and the thread that calls them; it starts with the first hook."""

    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        self.sent = self.failed = 0
        self._events = 0
        self._waiting: queue.Queue[tuple[Hook, bytes]] = queue.Queue()
        self._thread: threading.Thread | None = None

    def add(self, hook: Hook) -> None:
        """Tell a hook of changes from now on."""
        self.hooks.append(hook)
        if self._thread is None:
            self._thread = threading.Thread(target=self._send_all, name="finance-webhooks", daemon=True)
            self._thread.start()

    def note(self, name: str, event: Event, document: Document) -> None:
        """A document changed."""
        for hook in self.hooks:
            if not hook.entities or name in hook.entities:
                self._events += 1
                self._waiting.put((hook, orjson.dumps(self._payload(name, event, document))))

    def wait(self) -> None:
        """Until everything is sent."""
        self._waiting.join()

    def _payload(self, name: str, event: Event, document: Document) -> dict[str, Any]:
        values = document.values
        named = {key: one for key, one in values.items() if key.endswith("_id") and one == document.id}
        shown = {"id": document.id, **named} if event == "delete" else values
        return {
            "event_id": str(self._events),
            "entity": name,
            "event": event,
            "id": document.id,
            "data": shown,
        }

    def _send_all(self) -> None:
        while True:
            hook, body = self._waiting.get()
            try:
                self._send(hook, body)
                self.sent += 1
            except (URLError, OSError, ValueError):
                self.failed += 1  # nobody listens; a webhook is not sent again
            finally:
                self._waiting.task_done()

    def _send(self, hook: Hook, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        if hook.secret:
            headers[SIGNATURE] = signature(hook.secret, urlsplit(hook.url).query, body)
        request = Request(hook.url, data=body, headers=headers, method="POST")  # noqa: S310 - http only, checked
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            pass


def signature(secret: str, query: str, body: bytes) -> str:
    """The hex HMAC over ``key + value`` of the sorted query pairs, followed by the body."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    text = "".join(f"{key}{value}" for key, value in pairs).encode() + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
