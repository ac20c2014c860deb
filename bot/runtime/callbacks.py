"""Where Zoho calls us: ``POST /zoho/crm`` and ``POST /zoho/books``. What is said there is a hint, no more.

An answer is given as soon as the hints are written; they are read again by a job. A call that cannot prove
where it comes from is refused, counted, and never repeated in a log.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.app.ports import Clock
from bot.app.services import SeenEvents
from bot.runtime.refusals import CRM_PATH, Refusals
from connector.cache.hints import SqlChannels, SqlHints
from connector.sync.callbacks import hints_of, read_callback
from connector.zoho import books_callbacks

BOOKS_PATH = "/zoho/books"
LARGEST_BODY = 1_000_000  # bytes
FORM = "application/x-www-form-urlencoded"

log = structlog.get_logger(__name__)


class Refused(Exception):
    """A call is not taken."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Callbacks:
    """Taking callbacks.

    Attributes:
        own: the fields of a module that we write ourselves.
        webhook_secret: what Books' webhooks are signed with; without one they are refused.
    """

    channels: SqlChannels
    hints: SqlHints
    seen: SeenEvents
    clock: Clock
    webhook_secret: str = field(default="", repr=False)
    own: Callable[[str], frozenset[str]] = lambda _module: frozenset()
    refusals: Refusals = field(default_factory=Refusals)

    def routes(self) -> list[Route]:
        """The two addresses."""
        return [
            Route(CRM_PATH, self._on_crm, methods=["POST"]),
            Route(BOOKS_PATH, self._on_books, methods=["POST"]),
        ]

    def take_crm(self, body: bytes) -> int:
        """Write the hints of a CRM callback; how many.

        Raises:
            Refused: it is not JSON, no callback, of a channel that we do not have, or without its token.
        """
        callback = read_callback(_json(body))
        if callback is None:
            raise Refused(HTTPStatus.BAD_REQUEST, "no_callback")
        channel = self.channels.find(callback.channel_id)
        # Compared in any case: how long a refusal takes must not tell which channels there are.
        token = (channel.token if channel is not None else None) or ""
        right = hmac.compare_digest(token.encode(), callback.token.encode("utf-8", "replace"))
        if channel is None:
            raise Refused(HTTPStatus.FORBIDDEN, "unknown_channel")
        if not (right and token):
            raise Refused(HTTPStatus.FORBIDDEN, "wrong_token")
        if callback.module != channel.module:
            raise Refused(HTTPStatus.BAD_REQUEST, "other_module")
        if callback.ignored:
            log.warning("callback_ids_ignored", module=channel.module, count=callback.ignored)
        hints = hints_of(callback, self.own(channel.module))
        self.hints.add("crm", hints, self.clock.now(), channel_id=channel.channel_id)
        return len(hints)

    def take_books(self, request: Request, body: bytes) -> int:
        """Write the hints of a webhook of Books or a sister of it; how many.

        Raises:
            Refused: it is not signed as it should be, or is no JSON and no form.
        """
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
        try:
            pairs = books_callbacks.form_pairs(body) if is_form else []
        except ValueError:
            raise Refused(HTTPStatus.BAD_REQUEST, "no_form") from None
        signed = [*request.query_params.multi_items(), *pairs]
        given = request.headers.get("x-zoho-webhook-signature", "")
        if not self.webhook_secret:
            raise Refused(HTTPStatus.FORBIDDEN, "no_webhook_secret")
        if not given:
            raise Refused(HTTPStatus.FORBIDDEN, "no_signature")
        if not books_callbacks.is_signed(self.webhook_secret, given, signed, b"" if is_form else body):
            raise Refused(HTTPStatus.FORBIDDEN, "wrong_signature")
        payload = books_callbacks.payload_of(pairs) if is_form else _json(body)
        hints = books_callbacks.hints_in(payload)
        event = books_callbacks.event_id(payload)
        # There is no time in the signature: a recorded call could be played again.
        if event is not None and not self.seen.first_time(f"books:{event}"):
            return 0
        if not hints:
            log.warning("webhook_without_record")
        self.hints.add("books", hints, self.clock.now())
        return len(hints)

    async def _on_crm(self, request: Request) -> Response:
        return await self._answer(request, self.take_crm)

    async def _on_books(self, request: Request) -> Response:
        return await self._answer(request, lambda body: self.take_books(request, body))

    async def _answer(self, request: Request, take: Callable[[bytes], int]) -> Response:
        """The database is not touched by the event loop's own thread."""
        try:
            body = await _body(request)
            await run_in_threadpool(take, body)
        except Refused as refused:
            self.refusals.count(request.url.path, refused.reason)
            return PlainTextResponse("", refused.status)
        return PlainTextResponse("ok\n")


async def _body(request: Request) -> bytes:
    """The body; reading stops where it is too large, whatever its length was announced to be."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > LARGEST_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
    return bytes(read)


def _json(body: bytes) -> object:
    try:
        read: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(HTTPStatus.BAD_REQUEST, "not_json") from None
    return read
