"""Where Zoho Survey's webhooks call."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.app.ports import Clock
from connector.cache.events import SqlEventStore
from connector.zoho.suite_survey import survey_events
from scoring.config import SurveyQuestions

SURVEY_PATH = "/zoho/survey"
LARGEST_BODY = 1_000_000  # bytes


@dataclass(frozen=True)
class SurveyDoor:
    """Where Zoho Survey's webhooks call: ``/zoho/survey?key=…``, because Survey signs nothing.

    Attributes:
        secret: that the address must carry; without one every call is refused.
        questions: which question is what; None while the survey is not connected.
        refused: told of each call that is refused: path and reason.
    """

    store: SqlEventStore
    clock: Clock
    secret: str
    questions: Callable[[], SurveyQuestions | None]
    refused: Callable[[str, str], None] = lambda _path, _reason: None

    def route(self) -> Route:
        """The address."""
        return Route(SURVEY_PATH, self._on_answer, methods=["POST"])

    async def _on_answer(self, request: Request) -> Response:
        """An answer is kept at once; the same one sent twice is kept once."""
        given = request.query_params.get("key", "")
        right = hmac.compare_digest(given.encode(), self.secret.encode())
        questions = self.questions()
        if not (right and self.secret) or questions is None:
            self.refused(SURVEY_PATH, "not_connected" if questions is None else "wrong_key")
            return PlainTextResponse("", HTTPStatus.FORBIDDEN)
        body = await _body(request)
        if body is None:
            self.refused(SURVEY_PATH, "too_large")
            return PlainTextResponse("", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            self.refused(SURVEY_PATH, "not_json")
            return PlainTextResponse("", HTTPStatus.BAD_REQUEST)
        await run_in_threadpool(self._keep, answer, questions)
        return PlainTextResponse("ok\n")

    def _keep(self, answer: Mapping[str, Any], questions: SurveyQuestions) -> None:
        events = survey_events(
            answer,
            self.clock.now(),
            email=questions.email,
            nps=questions.nps,
            csat=questions.csat,
            comment=questions.comment,
        )
        self.store.add(tuple(events))


async def _body(request: Request) -> bytes | None:
    """The body; None as soon as it is too large."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > LARGEST_BODY:
            return None
    return bytes(read)
