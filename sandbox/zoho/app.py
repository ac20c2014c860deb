"""The HTTP face: reads a call, lets faults and limits have their say, answers as Zoho does."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from email.utils import format_datetime
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.zoho.access import authenticate, check_scope, presented_token
from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.clock import wire_time
from sandbox.zoho.faults import Fault, refusal
from sandbox.zoho.operations import Operation, operations
from sandbox.zoho.routes import Routes
from sandbox.zoho.state import Zoho

PIECE_BYTES = 256 * 1024  # of a file at once
CUT_BODY = b'{"data":[{"id":"61002140'  # what arrives of an answer that had no body to cut
# Recorded on real responses.
CRM_HEADERS = {
    "Server": "ZGS",
    "Content-Language": "en-US",
    "Content-Disposition": "attachment; filename=response.json",
    "Cache-Control": "no-store, no-cache, must-revalidate, private",
    "Pragma": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


def build_app(zoho: Zoho, stopping: asyncio.Event) -> ASGIApp:
    """The ASGI application. ``stopping`` lets go of the calls that hang."""
    by_template: dict[str, dict[str, Operation]] = {}
    for operation in operations():
        by_template.setdefault(operation.template, {})[operation.method] = operation
    routes = Routes(
        (template, Endpoint(zoho, template, methods, stopping)) for template, methods in by_template.items()
    )
    nowhere = Endpoint(zoho, "/{rest}", {}, stopping)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found = routes.find(scope["path"])
        endpoint, names = (nowhere, {"rest": scope["path"][1:]}) if found is None else found
        await endpoint.answer(scope, receive, send, names)

    return app


class Endpoint:
    """One address: an ASGI application that picks the operation by method."""

    def __init__(
        self, zoho: Zoho, template: str, methods: Mapping[str, Operation], stopping: asyncio.Event
    ) -> None:
        self._zoho = zoho
        self._template = template
        self._methods = methods
        self._stopping = stopping

    async def answer(self, scope: Scope, receive: Receive, send: Send, names: dict[str, str]) -> None:
        """Answer one request; ``names`` are the values in its address."""
        body = await _body(receive)
        if body is None:
            return
        call = _call(scope, names, body)
        operation = self._methods.get(call.method)
        async with AsyncExitStack() as places:
            fault = None
            try:
                if not call.path.startswith("/_sandbox"):
                    _take_place(self._zoho, call, operation, places)
                    fault = await self._suffer(call, operation, receive)
                answer = self._answer(call, operation, fault)
            except Refused as refused:
                answer = refused.answer()
            self._count(call, answer, operation)
            if answer.file is not None:
                await _send_file(send, answer, self._headers(call, answer, operation), cut=_cuts(fault))
                return
            await _send(send, answer, self._headers(call, answer, operation), cut=_cuts(fault))

    async def _suffer(self, call: Call, operation: Operation | None, receive: Receive) -> Fault | None:
        """Wait as long as ordered; then the fault that strikes, a hanging one with its wait behind it."""
        await self._wait(self._zoho.limits.latency_seconds + self._zoho.faults.delay(call.path), receive)
        accounts = operation is None or not operation.takes_token
        fault = self._zoho.faults.strike(call.path, accounts=accounts)
        if fault is not None and fault.kind == "hang":
            await self._wait(fault.seconds, receive)
        return fault

    async def _wait(self, seconds: float, receive: Receive) -> None:
        """Wait, but not longer than the client or the server stays."""
        if seconds <= 0:
            return
        ends = [asyncio.ensure_future(one) for one in (self._stopping.wait(), _gone(receive))]
        try:
            await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    def _answer(self, call: Call, operation: Operation | None, fault: Fault | None) -> Answer:
        if operation is not None and operation.face is not None:
            struck = operation.face.refusal(self._zoho, call, fault)
            return operation.handle(self._zoho, call) if struck is None else struck
        struck = refusal(fault) if fault is not None else None
        if struck is not None:
            if fault is not None and fault.kind == "expired_token":
                self._zoho.tokens.kill(presented_token(call) or "")
            return struck
        if operation is None:
            known = bool(self._methods)
            raise Refused(400, "INVALID_REQUEST_METHOD") if known else Refused(404, "INVALID_URL_PATTERN")
        if operation.scope is not None:
            token = check_scope(self._zoho, call, operation.scope.format(**call.names))
            if operation.is_crm and self._zoho.ledger.remaining < 1:
                raise Refused(429, "TOO_MANY_REQUESTS")
            with self._zoho.store.acting(token.user):
                return operation.handle(self._zoho, call)
        return operation.handle(self._zoho, call)

    def _count(self, call: Call, answer: Answer, operation: Operation | None) -> None:
        if call.path.startswith("/_sandbox"):
            return
        shown = self._template.replace("{module}", call.names.get("module", ""))
        self._zoho.counter.count(call.method, shown if self._methods else call.path, answer.status)
        if operation is not None and operation.is_crm:
            self._zoho.ledger.charge(answer.credits)

    def _headers(self, call: Call, answer: Answer, operation: Operation | None) -> dict[str, str]:
        headers = {"Date": format_datetime(self._zoho.clock.now(), usegmt=True), **answer.headers}
        if operation is not None and operation.face is not None:
            return headers | dict(operation.face.headers(self._zoho))
        if operation is None or not operation.is_crm:
            return headers
        headers = CRM_HEADERS | headers | self._zoho.ledger.header()
        try:
            token = authenticate(self._zoho, call)
        except Refused:
            return headers
        return headers | {"X-ACCESSTOKEN-RESET": wire_time(token.expires)}


def _take_place(zoho: Zoho, call: Call, operation: Operation | None, places: AsyncExitStack) -> None:
    if operation is not None and operation.is_crm:
        places.enter_context(zoho.concurrency.place(heavy=operation.heavy(call)))
    elif operation is not None and operation.face is not None:
        places.enter_context(operation.face.place(zoho))


def _cuts(fault: Fault | None) -> bool:
    return fault is not None and fault.kind == "cut_body"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when the client has left before its end."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def _call(scope: Scope, names: dict[str, str], body: bytes) -> Call:
    query = scope["query_string"].decode("latin-1")
    return Call(
        scope["method"],
        scope["path"],
        names,
        dict(parse_qsl(query, keep_blank_values=True)) if query else {},
        {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body,
    )


async def _send(send: Send, answer: Answer, headers: dict[str, str], *, cut: bool) -> None:
    """Send an answer; a cut one announces more than it sends and leaves the connection to be closed."""
    body = answer.content()
    if cut:
        body = body or CUT_BODY
        length, sent = len(body) if len(body) > 1 else 2, body[: len(body) // 2]
        status = answer.status if answer.content() else 200
    else:
        length, sent, status = len(body), body, answer.status
    if body:
        headers = {"Content-Type": answer.content_type, **headers}
    if status not in {204, 304}:
        headers["Content-Length"] = str(length)
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": sent, "more_body": cut})


async def _send_file(send: Send, answer: Answer, headers: dict[str, str], *, cut: bool) -> None:
    """Send a file in pieces, wherever others have read it to; of a cut one the first half."""
    descriptor = -1 if answer.file is None else answer.file.fileno()
    size = os.fstat(descriptor).st_size
    headers = {"Content-Type": answer.content_type, **headers, "Content-Length": str(size)}
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    end = size // 2 if cut else size
    for start in range(0, end, PIECE_BYTES):
        piece = os.pread(descriptor, min(PIECE_BYTES, end - start), start)
        await send(
            {"type": "http.response.body", "body": piece, "more_body": cut or start + PIECE_BYTES < end}
        )
