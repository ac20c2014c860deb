"""A Web API on loopback that records what it is told and answers as Slack does, faults included."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

CHANNELS = {"CSALES": "sales", "CALERTS": "cs-alerts", "CSHARED": "with-partner", "COPS": "ops"}
# What to answer instead, once each: a status with headers, "lost" (acts, then drops), or an error's name.
Fault = str | tuple[int, dict[str, str]]


@dataclass
class Call:
    """One call: the method, or ``response_url``, and its arguments."""

    method: str
    arguments: dict[str, Any]


@dataclass
class RecordingSlack:
    """What was called, and the messages that stand."""

    base_url: str = ""
    calls: list[Call] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, list[str]] = field(
        default_factory=lambda: {one: ["UDARCEL", "UMELVIN"] for one in CHANNELS}
    )
    shared: set[str] = field(default_factory=lambda: {"CSHARED"})

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    def of(self, *methods: str) -> list[dict[str, Any]]:
        """The arguments of every call of these methods, in order."""
        return [call.arguments for call in self.calls if call.method in methods]

    def answer(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        handler = getattr(self, "_" + method.replace(".", "_"), None)
        return {"ok": True} | (handler(arguments) if handler else {})

    def _auth_test(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {"user_id": "UBELLWETHER", "team_id": "T0", "user": "bellwether", "bot_id": "BBELLWETHER"}

    def _chat_postMessage(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        ts = f"{1_700_000_000 + len(self.messages)}.000100"
        self.messages.append({"ts": ts, **arguments})
        return {"channel": arguments["channel"], "ts": ts}

    def _chat_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        for message in self.messages:
            if message["ts"] == arguments["ts"]:
                message |= {"text": arguments["text"], "blocks": arguments["blocks"], "edited": True}
        return {"channel": arguments["channel"], "ts": arguments["ts"]}

    def _conversations_history(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {"messages": list(reversed(self.messages))}

    def _conversations_open(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"channel": {"id": "D" + arguments["users"][1:]}}

    def _conversations_list(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {"channels": [{"id": key, "name": name} for key, name in CHANNELS.items()]}

    def _conversations_info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        key = arguments["channel"]
        if key not in CHANNELS:
            return {"ok": False, "error": "channel_not_found"}
        return {"channel": {"id": key, "name": CHANNELS[key], "is_ext_shared": key in self.shared}}

    def _conversations_members(self, arguments: dict[str, Any]) -> dict[str, Any]:
        members, start = self.members.get(arguments["channel"], []), int(arguments.get("cursor") or 0)
        end = start + int(arguments["limit"])
        return {
            "members": members[start:end],
            "response_metadata": {"next_cursor": str(end) if end < len(members) else ""},
        }

    def _files_getUploadURLExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        number = len(self.of("files.getUploadURLExternal"))
        return {"upload_url": f"{self.base_url}/api/upload", "file_id": f"F{number}"}

    def _files_completeUploadExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"files": arguments["files"]}

    def _usergroups_list(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {"usergroups": self.groups}

    def _users_info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        user = self.users.get(arguments["user"])
        return {"user": user} if user else {"ok": False, "error": "user_not_found"}


@contextmanager
def recording_slack() -> Iterator[RecordingSlack]:
    """Serve on a free port of this machine."""
    slack = RecordingSlack()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(slack))
    server.daemon_threads = True
    slack.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler_of(slack: RecordingSlack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            method = self.path.removeprefix("/api/").split("?")[0]
            arguments = _arguments(body, self.headers.get("Content-Type", ""))
            if self.path.startswith("/respond"):
                method = "response_url"
            slack.calls.append(Call(method, arguments))
            fault = slack.faults.get(method, [])
            self._answer(method, arguments, fault.pop(0) if fault else None)

        def _answer(self, method: str, arguments: dict[str, Any], fault: Fault | None) -> None:
            if isinstance(fault, tuple):
                body = b"<html>bad</html>" if fault[0] >= 500 else b'{"ok": false, "error": "ratelimited"}'
                self._send(fault[0], body, fault[1])
            elif fault == "lost":
                slack.answer(method, arguments)
                self.close_connection = True
            elif fault:
                refusal = {"ok": False, "error": fault, "needed": "channels:history"}
                self._send(200, json.dumps(refusal).encode(), {})
            else:
                self._send(200, json.dumps(slack.answer(method, arguments)).encode(), {})

        def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    return Handler


def _arguments(body: bytes, content_type: str) -> dict[str, Any]:
    """JSON, or a form whose structured values are JSON texts."""
    if "json" in content_type:
        parsed: dict[str, Any] = json.loads(body)
        return parsed
    return {name: _value(values[0]) for name, values in parse_qs(body.decode(errors="replace")).items()}


def _value(text: str) -> Any:
    return json.loads(text) if text[:1] in "[{" else text
