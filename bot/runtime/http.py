"""The HTTP face of a process: is it alive, is it ready, and with what detail; and what else it takes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.app.checks import Check
from bot.app.errors import ConfigurationError
from bot.runtime.metrics import CONTENT_TYPE, Metrics

START_SECONDS = 10
METRICS_PATH = "/metrics"


def http_app(checks: Callable[[], Sequence[Check]], others: Sequence[Route] = ()) -> Starlette:
    """``/healthz`` answers while the process lives; ``/readyz`` is 200 when every check is ok, else 503.

    ``others`` are the addresses that a process has besides these two.
    """

    def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_request: Request) -> Response:
        found = checks()
        body = [
            {
                "name": one.name,
                "ok": one.ok,
                "detail": one.detail,
                "age_seconds": one.age_seconds,
                "advice": one.advice,
            }
            for one in found
        ]
        return JSONResponse(
            {"ready": all(one.ok for one in found), "checks": body},
            200 if all(one.ok for one in found) else 503,
        )

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), *others])


def metrics_route(metrics: Metrics) -> Route:
    """``/metrics``, read in a thread: the event loop does not wait for the database."""

    async def on_metrics(_request: Request) -> Response:
        return Response(await run_in_threadpool(metrics.text), media_type=CONTENT_TYPE)

    return Route(METRICS_PATH, on_metrics)


class HttpServer:
    """An ASGI app served by uvicorn in a thread, as a context: it listens inside, and stops on leaving."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        self._host, self._port = host, port
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> HttpServer:
        """Bind at once, so that a port in use is an error here and not in a thread.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._host, self._port))
            listening.listen()  # who calls before the thread runs waits, instead of being refused
        except OSError as error:
            listening.close()
            raise ConfigurationError(
                f"Cannot listen on {self._host}:{self._port}: {error.strerror}.",
                "Stop the program that uses the port, or set BELLWETHER_HTTP_PORT to a free one.",
            ) from None
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="http", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(START_SECONDS)
