"""The server as an ASGI application."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from sandbox.slack import oauth, sandbox_api
from sandbox.slack.guard import Guard
from sandbox.slack.images import image_kind
from sandbox.slack.refusals import Refused
from sandbox.slack.responses import serve_response_url
from sandbox.slack.web_api import serve_method
from sandbox.slack.workspace import Workspace

PAGE = Path(__file__).with_name("page")


def build_app(slack: Workspace) -> Starlette:
    """The application that serves this workspace."""
    app = Starlette(
        routes=[
            Route("/api/{method}", serve_method, methods=["GET", "POST"]),
            WebSocketRoute("/link/", socket_mode),
            Route("/response/{key}", serve_response_url, methods=["POST"]),
            Route("/upload/{file_id}", upload, methods=["POST"]),
            Route("/oauth/v2/authorize", oauth.authorize),
            Route("/oauth/v2/answer", oauth.answer),
            Route("/files/{file_id}/{name}", download),
            *sandbox_api.ROUTES,
            _page(),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={Refused: _refused},
    )
    app.state.slack = slack
    return app


def _page() -> BaseRoute:
    """The page's static files; a sentence where there are none."""
    if PAGE.is_dir():
        return Mount("/", StaticFiles(directory=PAGE, html=True))
    return Route("/", lambda _request: PlainTextResponse("This Slack runs; its page is not installed."))


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - registered for nothing else
    return JSONResponse(error.answer(), error.status)


async def socket_mode(socket: WebSocket) -> None:
    """One WebSocket of the app; its address was given out by ``apps.connections.open``."""
    slack: Workspace = socket.app.state.slack
    if slack.faults.is_down() or not slack.sockets.admit(socket.query_params.get("ticket", "")):
        await socket.close()
        return
    await slack.sockets.serve(socket)


async def upload(request: Request) -> Response:
    """The bytes of a file, at the address that ``files.getUploadURLExternal`` gave out; raw or as a form."""
    slack: Workspace = request.app.state.slack
    file = slack.state.files.get(request.path_params["file_id"])
    if file is None or file.content is not None:
        return PlainTextResponse("no such upload", 404)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            part = next((one for one in form.values() if not isinstance(one, str)), None)
            file.content = await part.read() if part else b""
    else:
        file.content = await request.body()
    return PlainTextResponse(f"OK - {len(file.content)}")


async def download(request: Request) -> Response:
    """A file that was shared, for the page; as a download, except that pictures say what they are."""
    slack: Workspace = request.app.state.slack
    file = slack.state.files.get(request.path_params["file_id"])
    if file is None or file.content is None or not file.shared:
        return PlainTextResponse("no such file", 404)
    headers = {"Content-Disposition": "attachment"}
    kind = image_kind(file.content) or "application/octet-stream"
    return Response(file.content, media_type=kind, headers=headers)
