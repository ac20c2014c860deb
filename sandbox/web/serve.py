"""Serving every site on one port of this machine, over HTTP and over TLS: the first byte tells which."""

from __future__ import annotations

import contextlib
import signal
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedReader
from pathlib import Path
from typing import Final

from sandbox.web.answers import Answer, answer
from sandbox.web.certificate import Trust, trust_for
from sandbox.web.companies import companies

HOST: Final = "127.0.0.1"
_HAND_SHAKE: Final = 0x16  # the first byte of TLS
_PATIENCE_SECONDS: Final = 20.0
_DRIP_SECONDS: Final = 0.5
_MOST_HEAD_LINES: Final = 100


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, trust: Trust) -> None:
        self.trust = trust
        self.closing = threading.Event()
        super().__init__((HOST, port), _Visit)

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor that hangs up is nothing to tell."""


class _Visit(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer one request."""
        connection: socket.socket = self.request
        connection.settimeout(_PATIENCE_SECONDS)
        with contextlib.suppress(OSError):
            first = connection.recv(1, socket.MSG_PEEK)
            if first and first[0] == _HAND_SHAKE:
                with self.server.trust.context.wrap_socket(connection, server_side=True) as secured:
                    self._serve(secured, secure=True)
            elif first:
                self._serve(connection, secure=False)

    def _serve(self, connection: socket.socket | ssl.SSLSocket, *, secure: bool) -> None:
        with connection.makefile("rb") as stream:
            path, host = _asked(stream)
        if host == HOST:
            connection.sendall(_head(Answer(200, "ok")) + b"ok")
            return
        found = answer(host, path, secure=secure)
        if found is None:
            return
        connection.sendall(_head(found))
        body = found.body.encode()
        if not found.drips:
            connection.sendall(body)
            return
        for at in range(len(body)):
            connection.sendall(body[at : at + 1])
            if self.server.closing.wait(_DRIP_SECONDS):
                return


def _asked(stream: BufferedReader) -> tuple[str, str]:
    """Path and host of a request."""
    lines: Iterator[bytes] = iter(stream.readline, b"")
    path = next(lines, b"").decode("latin-1").split(" ")[1:2]
    host = ""
    for number, line in enumerate(lines):
        name, _, value = line.decode("latin-1").strip().partition(":")
        if not name or number > _MOST_HEAD_LINES:
            break
        if name.lower() == "host":
            host = value.strip().lower().partition(":")[0]
    return (path[0] if path else "/"), host


def _head(found: Answer) -> bytes:
    own = (
        ("Content-Type", found.kind),
        *([] if found.drips else [("Content-Length", str(len(found.body.encode())))]),
        ("Server", "nginx"),
        ("Connection", "close"),
    )
    lines = [f"{name}: {value}" for name, value in (*own, *found.headers)]
    status = HTTPStatus(found.status)
    return "\r\n".join([f"HTTP/1.1 {status.value} {status.phrase}", *lines, "", ""]).encode("latin-1")


def _started(port: int, authority: Path) -> _Server:
    hosts = [one for host in companies() for one in (host, f"www.{host}")]
    trust = trust_for(hosts)
    authority.write_bytes(trust.authority)
    return _Server(port, trust)


@dataclass(frozen=True)
class RunningWeb:
    """A web that runs.

    Attributes:
        authority: a file with the certificate that visitors have to trust.
    """

    port: int
    authority: Path


@contextmanager
def running(authority: Path, port: int = 0) -> Iterator[RunningWeb]:
    """Serve in a thread; port 0 takes a free one.

    Args:
        authority: where the certificate is written that visitors have to trust.
        port: of this machine.
    """
    with _started(port, authority) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="sandbox-web", daemon=True)
        thread.start()
        try:
            yield RunningWeb(int(server.server_address[1]), authority)
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


def serve(port: int, authority: Path) -> int:
    """Serve in the foreground until SIGTERM or Ctrl-C; the exit code of the process."""
    try:
        server = _started(port, authority)
    except OSError as error:
        sys.stderr.write(f"bellwether sandbox: {error}; choose another port with --port.\n")
        return 1
    with server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        sys.stdout.write(f"{len(companies())} companies' sites are at {HOST}:{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever(0.2)
        server.closing.set()
    return 0
