"""A small Zoho on the loopback that keeps to the rules of bulk jobs, and notes what it is asked."""

from __future__ import annotations

import csv
import io
import json
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from connector.access_ports import AccessToken

READ = "/crm/bulk/v8/read"
MOST_FIELDS, MOST_JOINS, DOWNLOADS_PER_MINUTE = 200, 5, 10
Reply = tuple[int, bytes, dict[str, str]]


class OneToken:
    """A token that never ends."""

    def __init__(self, api_domain: str) -> None:
        self._token = AccessToken("strict", api_domain, datetime(2100, 1, 1, tzinfo=UTC))

    def current(self) -> AccessToken:
        return self._token

    def reject(self, value: str) -> None:
        raise AssertionError(f"the token {value} was never refused")


@dataclass
class Job:
    """A bulk job: which rows of its module it gives, and the states that it is still going to show."""

    number: int
    query: dict[str, Any]
    start: int
    states: list[str]
    forgotten: bool = False


@dataclass
class StrictZoho:
    """Bulk reads of modules given as rows of texts.

    Attributes:
        modules: module -> rows, each a mapping of column (and ``Lookup.Name`` paths) to text.
        states: what the next jobs show before they are completed.
        requests: (method, path, body) of all that came.
    """

    modules: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    rows_per_file: int = 200_000
    states: list[str] = field(default_factory=lambda: ["ADDED", "QUEUED", "IN PROGRESS"])
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)  # module -> code
    spoil: Callable[[bytes], bytes] = bytes
    error: dict[str, Any] = field(default_factory=dict)
    downloads: int = 0
    connections: int = 0

    def __enter__(self) -> StrictZoho:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def tokens(self) -> OneToken:
        return OneToken(f"http://127.0.0.1:{self._server.server_port}")

    def posted(self) -> list[Any]:
        """The bodies of the jobs that were entered."""
        return [body["query"] for method, _, body in self.requests if method == "POST"]

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One exchange."""
        read = json.loads(body) if body else None
        self.requests.append((method, path, read))
        if headers.get("Authorization") != "Zoho-oauthtoken strict":
            return _error(401, "AUTHENTICATION_FAILURE")
        if path.startswith("/crm/v8/Echo/"):
            return _json(200, {"path": path})
        if method == "POST" and path == READ:
            return self._enter(headers, read)
        parts = path.removeprefix(f"{READ}/").split("/")
        job = self.jobs.get(parts[0])
        if job is None or job.forgotten:
            return _error(404, "RESOURCE_NOT_FOUND")
        return self._result(job) if parts[1:] == ["result"] else self._state(job)

    def _enter(self, headers: Mapping[str, str], body: Any) -> Reply:
        if headers.get("Content-Type") != "application/json":
            return _error(415, "MEDIA_TYPE_NOT_SUPPORTED")
        query = body["query"]
        if "page_token" in query:
            return self._continue(query)
        return self._refusal(query) or self._added(Job(0, query, 0, []))

    def _continue(self, query: dict[str, Any]) -> Reply:
        if query.keys() != {"page_token"} or not query["page_token"].startswith("after-"):
            return _error(400, "TOKEN_BOUND_DATA_MISMATCH", param_name="page_token")
        _, before, start = query["page_token"].split("-")
        return self._added(Job(0, self.jobs[before].query, int(start), []))

    def _refusal(self, query: dict[str, Any]) -> Reply | None:
        module = query["module"]["api_name"]
        if module in self.refused:
            return _error(400, self.refused[module])
        fields: Sequence[str] = query.get("fields", ())
        known = self.modules[module][0].keys() if self.modules[module] else set(fields)
        if len(fields) > MOST_FIELDS:
            return _error(400, "LIMIT_EXCEEDED", limit=MOST_FIELDS)
        if sum("." in one for one in fields) > MOST_JOINS:
            return _error(400, "JOIN_LIMIT_EXCEEDED", limit=MOST_JOINS)
        unknown = [one for one in fields if one not in known]
        return _error(400, "FIELD_NOT_AVAILABLE", api_name=unknown[0]) if unknown else None

    def _added(self, job: Job) -> Reply:
        job.number = 5437000000000100000 + len(self.jobs) + 1
        job.states = list(self.states)
        self.jobs[str(job.number)] = job
        details = {"id": str(job.number), "operation": "read", "state": "ADDED"}
        added = {"status": "success", "code": "ADDED_SUCCESSFULLY", "message": "Added.", "details": details}
        return _json(201, {"data": [added], "info": {}})

    def _state(self, job: Job) -> Reply:
        state = job.states.pop(0) if job.states else "COMPLETED"
        shown: dict[str, Any] = {"id": str(job.number), "operation": "read", "state": state}
        if state == "FAILURE":
            job.states.insert(0, state)
            shown["result"] = {"error_message": self.error}
        if state == "COMPLETED":
            rows = self.modules[job.query["module"]["api_name"]]
            end = job.start + self.rows_per_file
            more = end < len(rows)
            shown["result"] = {
                "page": 1,
                "count": len(rows[job.start : end]),
                "download_url": f"{READ}/{job.number}/result",
                "more_records": more,
                "next_page_token": f"after-{job.number}-{end}" if more else None,
            }
        return _json(200, {"data": [shown]})

    def _result(self, job: Job) -> Reply:
        self.downloads += 1
        if self.downloads > DOWNLOADS_PER_MINUTE:
            self.downloads = 0  # the minute is over when they come again
            return _error(429, "TOO_MANY_REQUESTS")
        rows = self.modules[job.query["module"]["api_name"]][job.start : job.start + self.rows_per_file]
        wanted = job.query.get("fields") or [name for name in (rows[0] if rows else ()) if name != "id"]
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(["Id", *wanted])
        lines.writerows([row["id"], *(row[name] for name in wanted)] for row in rows)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{job.number}.csv", text.getvalue())
        return 200, self.spoil(file.getvalue()), {"Content-Type": "application/x-download"}


def _json(status: int, body: Any) -> Reply:
    return status, json.dumps(body).encode(), {"Content-Type": "application/json;charset=UTF-8"}


def _error(status: int, code: str, **details: Any) -> Reply:
    return _json(status, {"code": code, "details": details, "message": code.lower(), "status": "error"})


def _handler(zoho: StrictZoho) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            zoho.connections += 1
            super().setup()

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            status, body, headers = zoho.answer(
                self.command, self.path, dict(self.headers), self.rfile.read(length)
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- as above

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
            """Say nothing."""

    return Handler
