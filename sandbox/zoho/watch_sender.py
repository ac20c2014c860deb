"""Sending callbacks: what changed within a moment goes together, from a thread that ends when all is sent.

Faults are ordered at ``/_sandbox/callbacks``: callbacks that are lost, come twice, late, in the wrong order,
or with a wrong token.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import requests

GATHER_SECONDS = 0.05  # what changes within this time is told together
IDS_AT_ONCE = 100
TIMEOUT_SECONDS = 5
REMEMBERED = 1000
COUNTED = ("drop", "duplicate", "wrong_token")  # faults that strike so many callbacks
WRONG_TOKEN = "not-the-token"  # noqa: S105 - it is none


@dataclass(frozen=True, slots=True)
class Callback:
    """One change for one channel."""

    url: str
    query: dict[str, str]
    channel: str
    token: str | None = field(repr=False)
    module: str
    resource_uri: str
    operation: str
    record_id: str
    affected: tuple[str, ...]
    values: dict[str, Any] | None
    server_time_ms: int


@dataclass(slots=True)
class CallbackFaults:
    """What goes wrong with the next callbacks."""

    drop: int = 0
    duplicate: int = 0
    wrong_token: int = 0
    reorder: bool = False
    delay_seconds: float = 0.0

    def takes(self, kind: str) -> bool:
        """Whether a counted fault strikes now; it is used up by that."""
        left: int = getattr(self, kind)
        setattr(self, kind, max(0, left - 1))
        return left > 0


@dataclass
class CallbackSender:
    """The queue and its thread. ``tell`` is called by the server's thread, the rest by either."""

    faults: CallbackFaults = field(default_factory=CallbackFaults)
    sent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _waiting: list[Callback] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _runs: bool = False

    def tell(self, callback: Callback) -> None:
        """Take a change; it is sent soon."""
        with self._lock:
            self._waiting.append(callback)
            if self._runs:
                return
            self._runs = True
        threading.Thread(target=self._run, name="sandbox-callbacks", daemon=True).start()

    def waiting(self) -> int:
        """How many changes have not been sent yet."""
        with self._lock:
            return len(self._waiting) + self._runs

    def log(self) -> list[dict[str, Any]]:
        """What was sent, the oldest first."""
        with self._lock:
            return list(self.sent)

    def _run(self) -> None:
        while True:
            time.sleep(GATHER_SECONDS + self.faults.delay_seconds)
            with self._lock:
                taken, self._waiting = self._waiting, []
                if not taken:
                    self._runs = False
                    return
            posts = gathered(taken)
            for url, body in reversed(posts) if self.faults.reorder else posts:
                self._send(url, body)

    def _send(self, url: str, body: dict[str, Any]) -> None:
        if self.faults.takes("drop"):
            self._note(url, body, "dropped")
            return
        if self.faults.takes("wrong_token"):
            body = {**body, "token": WRONG_TOKEN}
        for _ in range(2 if self.faults.takes("duplicate") else 1):
            self._note(url, body, _posted(url, body))

    def _note(self, url: str, body: dict[str, Any], outcome: int | str) -> None:
        with self._lock:
            self.sent.append({"url": url, "body": body, "outcome": outcome})


def _posted(url: str, body: dict[str, Any]) -> int | str:
    try:
        return requests.post(url, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False).status_code
    except requests.RequestException as error:
        return type(error).__name__


def gathered(callbacks: list[Callback]) -> list[tuple[str, dict[str, Any]]]:
    """The posts: changes of one channel, module and operation together, in order of the first."""
    groups: dict[tuple[str, str, str], list[list[Callback]]] = {}
    for one in callbacks:
        parts = groups.setdefault((one.channel, one.module, one.operation), [[]])
        if len(parts[-1]) >= IDS_AT_ONCE:
            parts.append([])
        parts[-1].append(one)
    return [(part[0].url, body_of(part)) for parts in groups.values() for part in parts]


def body_of(callbacks: list[Callback]) -> dict[str, Any]:
    """The body of one post."""
    first = callbacks[0]
    body: dict[str, Any] = {
        "server_time": max(one.server_time_ms for one in callbacks),
        "query_params": first.query,
        "module": first.module,
        "resource_uri": first.resource_uri,
        "ids": list(dict.fromkeys(one.record_id for one in callbacks)),
        "affected_fields": [
            {one.record_id: list(one.affected)} for one in callbacks if one.operation == "update"
        ],
        "operation": first.operation,
        "channel_id": first.channel,
        "token": first.token,
    }
    if any(one.values is not None for one in callbacks):
        body["affected_values"] = [{"record_id": one.record_id, "values": one.values} for one in callbacks]
    return body
