"""Reading what lies beside the CRM: Finance products, the suite's events. No source stops another."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.app.ports import Clock
from bot.app.schedule import Every
from bot.app.write_back import KIND as PUBLISH
from bot.runtime.metrics import CONTENT_TYPE, Metrics
from connector.cache.events import SqlEventStore
from connector.errors import ConnectorError, NeedsPerson
from connector.sync.events import EventSync
from connector.sync.finance import FinanceSync
from connector.zoho.suite_survey import survey_events
from scoring.config import Configuration, Suite, SurveyQuestions

SOURCES = "sources"
SOURCES_SECONDS = 900
# A look for differences reads only the database; it costs credits when scores have changed.
PUBLISH_SECONDS = 300
SURVEY_PATH, METRICS_PATH = "/zoho/survey", "/metrics"
LARGEST_BODY = 1_000_000  # bytes

log = structlog.get_logger(__name__)


def beside_the_crm(configuration: Configuration) -> tuple[Every, ...]:
    """How often to read what is connected besides the CRM, and to write back; nothing if nothing is."""
    rhythms = []
    if configuration.finance or configuration.suite != Suite():
        rhythms.append(Every(SOURCES, SOURCES_SECONDS))
    if configuration.write_back.enabled:
        rhythms.append(Every(PUBLISH, PUBLISH_SECONDS))
    return tuple(rhythms)


@dataclass(frozen=True)
class Sources:
    """Every connected source.

    Attributes:
        finance: one reading of each connected Finance product.
        events: one reading of every connected source of engagement.
    """

    finance: Callable[[], Iterable[FinanceSync]]
    events: Callable[[], EventSync]

    def read(self, between: Callable[[], None]) -> Mapping[str, Any]:
        """Read what is new, everywhere.

        Args:
            between: called after every page; raises when the process is asked to stop.

        Raises:
            ConnectorError: the first trouble; the other sources were read all the same.
        """
        done: dict[str, Any] = {}
        troubles: list[ConnectorError] = []
        for sync in self.finance():
            try:
                sync.run(lambda _progress: between())
            except ConnectorError as error:
                troubles.append(error)
            report = sync.report()
            done[report.product] = json.loads(report.as_json())
            troubles += [NeedsPerson(problem) for problem in report.problems]
        reports = self.events().run(lambda _source, _read: between())
        done["events"] = [asdict(one) for one in reports]
        troubles += [NeedsPerson(f"{one.source}: {one.error}") for one in reports if one.error]
        if troubles:
            log.warning("sources_read", done=done)
            raise troubles[0]
        return done


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


def metrics_route(metrics: Metrics) -> Route:
    """``/metrics``, read in a thread: the event loop does not wait for the database."""

    async def on_metrics(_request: Request) -> Response:
        return Response(await run_in_threadpool(metrics.text), media_type=CONTENT_TYPE)

    return Route(METRICS_PATH, on_metrics)
