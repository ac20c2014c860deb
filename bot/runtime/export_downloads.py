"""Where download links lead: a page that names the file, and a button that gives it once.

Following a link takes nothing: programs that look at links before people do would use it up. Whatever is
wrong with a link, the answer is the same, so that nothing can be learnt from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import BinaryIO, Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.app.errors import UserError
from bot.app.exporting import KIND, Exports, target_of
from bot.app.exporting_links import PATH, Links, Ticket
from bot.app.exporting_values import Export, Format, download_name, size_said
from bot.app.people import Person

PIECE_BYTES: Final = 256 * 1024
MEDIA: Final = {
    Format.CSV: "application/zip",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Download</title>'
    "<p>{name}, {size}. This works once.</p>"
    '<form method="post"><button type="submit">Download</button></form></html>'
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Downloads:
    """Answers download links.

    Attributes:
        person: who has a Slack id, and what they may do now.
        links: None where there is no address for them: then there are no downloads.
    """

    exports: Exports
    person: Callable[[str], Person]
    links: Links | None

    def routes(self) -> list[Route]:
        """The one address."""
        return [Route(f"{PATH}/{{public_id:path}}", self._on_request, methods=["GET", "HEAD", "POST"])]

    async def _on_request(self, request: Request) -> Response:
        """The database and the files are not touched by the event loop's own thread."""
        return await run_in_threadpool(self._answer, request)

    def _answer(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return _nothing()
        export, ticket = found
        if request.method != "POST":
            page = _PAGE.format(name=escape(download_name(export)), size=size_said(export.bytes))
            return HTMLResponse(page, headers=_HEADERS)
        return self._given(export, ticket)

    def _found(self, request: Request) -> tuple[Export, Ticket] | None:
        """The export that a link is for, if everything about it is right now."""
        if self.links is None:
            return None
        now = self.exports.clock.now()
        # From the whole path: a route's pattern passes over a line break at its end.
        public_id = str(request.scope["path"]).removeprefix(f"{PATH}/")
        ticket = self.links.read(public_id, request.query_params, now)
        export = self.exports.history.find(ticket.public_id) if ticket is not None else None
        if ticket is None or export is None or export.slack_id != ticket.slack_id:
            return None
        if export.link_key != ticket.key:
            return None
        try:
            self.exports.check_given(export, self.person(ticket.slack_id))
        except UserError:
            return None
        return export, ticket

    def _given(self, export: Export, ticket: Ticket) -> Response:
        """The file. The link is taken back first: of two that come at once, one gets it."""
        if not self.exports.history.use_link(export.public_id, ticket.key):
            return _nothing()
        try:
            file = self.exports.files.open(export.file_name or "")
        except OSError as error:
            log.warning("export_file_missing", export=export.public_id, reason=error.strerror)
            return _nothing()
        target = target_of(export)
        self.exports.audit.record(ticket.slack_id, KIND, target, f"downloaded: {export.public_id}", "link")
        disposition = f'attachment; filename="{download_name(export)}"'
        sent = {"Content-Disposition": disposition, "Content-Length": str(export.bytes or 0)}
        media = MEDIA[export.wish.format]
        return StreamingResponse(_pieces(file), headers={**_HEADERS, **sent}, media_type=media)


def _nothing() -> Response:
    return PlainTextResponse(
        "This link does not work (any more).\n", HTTPStatus.NOT_FOUND, headers=dict(_HEADERS)
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
