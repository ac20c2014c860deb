"""Slack over HTTP: signed requests to ``POST /slack/events``, each taken once and answered within a second.

Bolt's own check is not enough: it lets a request through twice, fails on a time that is no number, and writes
refused bodies to its log. A request that cannot prove where it comes from is refused without a word of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

import structlog
from slack_bolt import App, BoltRequest
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.app.installing import UsedOnce
from bot.slack.middleware import is_bare

_log = structlog.get_logger(__name__)
PATH: Final = "/slack/events"
WINDOW_SECONDS: Final = 300  # docs.slack.dev, verifying requests from Slack
LARGEST_BODY: Final = 1_000_000  # bytes
BODY_SECONDS: Final = 3  # Slack does not wait longer for an answer
ACKNOWLEDGE_SECONDS: Final = 0.2  # of waiting for what becomes of it; it goes on behind
THREADS: Final = 40
_TIME: Final = re.compile(r"[0-9]{1,11}", re.ASCII)
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_FORM: Final = "application/x-www-form-urlencoded"
_LONGEST_SSL_CHECK: Final = 1_000


class Refused(Exception):
    """A request is not taken."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signed:
    """A request that Slack has signed: the signature, and until when it could be sent again."""

    signature: str
    until: datetime


@dataclass(frozen=True)
class Signatures:
    """Checks that a request comes from Slack, and now.

    Attributes:
        secrets: the signing secret; two while it is being changed.
        now: seconds since 1970.
    """

    secrets: tuple[str, ...] = field(repr=False)
    now: Callable[[], float]

    def check(self, headers: Headers, body: bytes) -> Signed:
        """Check the two headers against the raw body.

        Raises:
            Refused: 400 when a header is missing, double or malformed; 401 when it is too old, too far ahead,
                or not signed with our secret.
        """
        given = _only(headers, "x-slack-request-timestamp", _TIME)
        signature = _only(headers, "x-slack-signature", _SIGNATURE)
        if abs(self.now() - int(given)) > WINDOW_SECONDS:
            raise Refused(HTTPStatus.UNAUTHORIZED, "wrong_time")
        # Each is compared, whichever was right: how long it takes tells nothing.
        right = [hmac.compare_digest(signature, _sign(one, given, body)) for one in self.secrets]
        if not any(right):
            raise Refused(HTTPStatus.UNAUTHORIZED, "wrong_signature")
        return Signed(signature, datetime.fromtimestamp(int(given) + 2 * WINDOW_SECONDS, UTC))


def _only(headers: Headers, name: str, form: re.Pattern[str]) -> str:
    found = headers.getlist(name)
    if len(found) != 1:
        raise Refused(HTTPStatus.BAD_REQUEST, "two_headers" if found else "no_signature")
    if not form.fullmatch(found[0]):
        raise Refused(HTTPStatus.BAD_REQUEST, "malformed_header")
    return found[0]


def _sign(secret: str, timestamp: str, body: bytes) -> str:
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpConnection:
    """What Slack calls. Processes may be many: each request is taken by one of them."""

    def __init__(
        self,
        app: App,
        signatures: Signatures,
        once: UsedOnce,
        *,
        app_id: Callable[[], str] = lambda: "",
        count: Callable[[str, str], None] = lambda _path, _reason: None,
    ) -> None:
        """Take what it works with.

        Args:
            app: the Bolt app; its own check of signatures is off.
            signatures: ours.
            once: remembers signatures.
            app_id: whose requests are taken; empty while it is not known.
            count: told of each refusal: path and reason.
        """
        self._app, self._signatures, self._once = app, signatures, once
        self._app_id, self._count = app_id, count
        self._threads = ThreadPoolExecutor(THREADS, "slack-http")
        self._stopping = False

    def start(self) -> None:
        """Nothing to connect: Slack calls."""

    def is_connected(self) -> bool:
        """Whether requests are taken."""
        return not self._stopping

    def stop(self) -> None:
        """Take no more, and finish what is being answered."""
        self._stopping = True
        self._threads.shutdown(wait=True)
        self._app.listener_runner.listener_executor.shutdown(wait=True)

    def routes(self) -> list[Route]:
        """The one address: of events, commands, clicks, modals and options."""
        return [Route(PATH, self._on_request, methods=["POST"])]

    async def _on_request(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except Refused as refused:
            self._count(PATH, refused.reason)
            return Response(status_code=refused.status)

    async def _answer(self, request: Request) -> Response:
        body = await _body(request)
        if _is_ssl_check(request.headers, body):
            return Response()  # asked without a signature, to try our certificate; nothing is done
        signed = self._signatures.check(request.headers, body)
        asked = _read(request, body)
        if self._stopping:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "stopping")
        work = self._threads.submit(self._take, asked, signed)
        wait = ACKNOWLEDGE_SECONDS if is_bare(asked.body) else None
        awaited = asyncio.wrap_future(work)
        try:
            return await asyncio.wait_for(asyncio.shield(awaited), wait)
        except TimeoutError:
            awaited.add_done_callback(lambda one: one.cancelled() or one.exception())  # noted below
            # The database or Slack keeps us waiting. It goes on; Slack is not to send it again meanwhile.
            work.add_done_callback(self._note_failure)
            return Response()

    def _take(self, asked: BoltRequest, signed: Signed) -> Response:
        """Do it, in a thread; what fails may be sent again.

        Raises:
            Refused: it was taken before, or is of another app.
        """
        if not self._once.first_use(signed.signature, signed.until):
            raise Refused(HTTPStatus.UNAUTHORIZED, "replayed")
        ours, theirs = self._app_id(), asked.body.get("api_app_id")
        if ours and theirs and ours != theirs:
            raise Refused(HTTPStatus.FORBIDDEN, "other_app")
        taken = False
        try:
            response = to_starlette_response(self._app.dispatch(asked))
            taken = response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            return response
        finally:
            if not taken:
                self._once.forget(signed.signature)

    def _note_failure(self, work: Future[Response]) -> None:
        error = work.exception()
        if isinstance(error, Refused):
            self._count(PATH, error.reason)
        elif error is not None:
            _log.error("slack.late_failure", reason=type(error).__name__)


async def _body(request: Request) -> bytes:
    """The raw body; reading stops where it is too large or too slow.

    Raises:
        Refused: it is.
    """
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                read += part
                if len(read) > LARGEST_BODY:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "too_slow") from None
    return bytes(read)


def _is_ssl_check(headers: Headers, body: bytes) -> bool:
    if not headers.get("content-type", "").startswith(_FORM) or len(body) > _LONGEST_SSL_CHECK:
        return False
    return parse_qs(body.decode("utf-8", "replace")).get("ssl_check") == ["1"]


def _read(request: Request, body: bytes) -> BoltRequest:
    try:
        asked = to_bolt_request(request, body)
        if isinstance(asked.body, dict):
            return asked
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass  # signed, but not what Slack sends
    raise Refused(HTTPStatus.BAD_REQUEST, "unreadable")
