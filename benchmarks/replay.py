"""A server that gives the sandbox's answers again: ``python -m benchmarks.replay PORT SANDBOX_URL LATENCY``.

What was asked once is answered from memory with one look into a dictionary, so that the server is not what is
measured. Page tokens, ids of jobs and times are those of the first answer, and lead to the next recorded one.
Calls are counted, and priced as ``benchmarks.cost`` says.
"""

from __future__ import annotations

import asyncio
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import orjson
import requests

PASSED_ON = frozenset({"authorization", "content-type", "accept", "if-modified-since"})
HEAD_ENDS = b"\r\n\r\n"
_LIMIT = re.compile(rb"limit\s+(?:\d+\s*,\s*)?(\d+)", re.IGNORECASE)
_JOB = re.compile(r"/crm/bulk/v8/read/\d+$")
QUERY_PRICES = ((200, 1), (1000, 2), (2000, 3))  # LIMIT up to -> credits
Key = tuple[str, str, bytes]


class Recorder:
    """The answers, and the count of calls."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._answers: dict[Key, tuple[bytes, bytes]] = {}
        self._session = requests.Session()
        self._calls: dict[str, int] = {}
        self._credits = 0

    def known(self, key: Key) -> tuple[bytes, bytes] | None:
        """The answer, if it is recorded: what stands before and after the date."""
        return self._answers.get(key)

    def fetch(self, key: Key, headers: dict[str, str]) -> tuple[bytes, bytes]:
        """Ask the sandbox; the answer is recorded when it will hold."""
        method, target, body = key
        given = {name: value for name, value in headers.items() if name in PASSED_ON}
        found = self._session.request(
            method, f"{self._upstream}{target}", data=body or None, headers=given, timeout=600
        )
        kind = found.headers.get("Content-Type", "application/json")
        head = f"HTTP/1.1 {found.status_code} X\r\nContent-Type: {kind}\r\nDate: ".encode()
        tail = f"\r\nContent-Length: {len(found.content)}\r\n\r\n".encode() + found.content
        if self._holds(key, headers, found):
            self._answers[key] = (head, tail)
        return head, tail

    def count(self, key: Key) -> None:
        """Book a call."""
        method, target, body = key
        if not target.startswith("/crm/"):
            return
        name = f"{method} {target.partition('?')[0]}"
        self._calls[name] = self._calls.get(name, 0) + 1
        self._credits += price(method, target, body)

    def calls(self, method: str) -> bytes:
        """The count; forgotten on DELETE."""
        if method == "DELETE":
            self._calls, self._credits = {}, 0
        return orjson.dumps({"calls": self._calls, "credits_used": self._credits})

    @staticmethod
    def _holds(key: Key, headers: dict[str, str], found: requests.Response) -> bool:
        method, target, _ = key
        if not target.startswith("/crm/") or "if-modified-since" in headers or not found.ok:
            return False
        if _JOB.match(target):
            state: Any = found.json()["data"][0]["state"]
            return bool(state == "COMPLETED")
        return method == "GET" or target.endswith(("/coql", "/read"))


def price(method: str, target: str, body: bytes) -> int:
    """Credits of a call."""
    if method == "POST" and target.endswith("/read"):
        return 50
    limit = _LIMIT.search(body) if target.endswith("/coql") else None
    if limit:
        return next(credits_ for rows, credits_ in QUERY_PRICES if int(limit[1]) <= rows)
    return 1


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other, answers in their order."""

    def __init__(self, recorder: Recorder, latency: float, pool: ThreadPoolExecutor) -> None:
        self._recorder = recorder
        self._latency = latency
        self._pool = pool
        self._held = b""
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole."""
        self._held += data
        end = self._held.find(HEAD_ENDS)
        if end < 0:
            return
        line, *rest = self._held[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
        length = end + len(HEAD_ENDS) + int(headers.get("content-length", "0"))
        if len(self._held) < length:
            return
        body, self._held = self._held[end + len(HEAD_ENDS) : length], self._held[length:]
        method, target, _ = line.split(" ")
        self._task = asyncio.get_running_loop().create_task(self._answer((method, target, body), headers))

    async def _answer(self, key: Key, headers: dict[str, str]) -> None:
        if key[1] == "/_sandbox/calls":
            content = self._recorder.calls(key[0])
            tail = f"\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
            found: tuple[bytes, bytes] = (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: ",
                tail,
            )
        else:
            self._recorder.count(key)
            conditional = "if-modified-since" in headers
            loop = asyncio.get_running_loop()
            known = None if conditional else self._recorder.known(key)
            if known is None:
                known = await loop.run_in_executor(self._pool, self._recorder.fetch, key, headers)
            found = known
            if self._latency:
                await asyncio.sleep(self._latency)
        self._transport.write(found[0] + formatdate(usegmt=True).encode() + found[1])


async def serve(port: int, upstream: str, latency: float) -> None:
    """Serve until the process ends."""
    recorder, pool = Recorder(upstream), ThreadPoolExecutor(16)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(recorder, latency, pool), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
