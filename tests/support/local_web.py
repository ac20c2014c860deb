"""A web and its names on this machine: servers that answer as they are told, and a record of connections."""

from __future__ import annotations

import contextlib
import errno
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.resolving import Endpoint


@dataclass(frozen=True)
class Asked:
    """A request as it came: host and path in one, and its headers in lower case."""

    url: str
    headers: Mapping[str, str]


Answers = Callable[[Asked], Iterable[bytes]]


class LocalWeb:
    """Answers every request, whatever its host, with the pieces that ``answers`` gives for it."""

    def __init__(self, answers: Answers, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        web = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):  # a client that hangs up is what is tested
                    if tls is None:
                        web._serve(self.request)
                        return
                    with tls.wrap_socket(self.request, server_side=True) as wrapped:
                        web._serve(wrapped)

        self._answers = answers
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            asked = _read(stream)
        self.asked.append(asked)
        for piece in self._answers(asked):
            connection.sendall(piece)

    def drip(self, beginning: bytes, piece: bytes, seconds: float = 0.02) -> Iterator[bytes]:
        """A piece every so often, until the client hangs up or the web closes."""
        yield beginning
        while not self.closing.wait(seconds):
            yield piece


def _read(stream: Any) -> Asked:
    first, headers = stream.readline().decode("latin-1").split(" "), dict[str, str]()
    if len(first) == 1:
        raise ConnectionResetError  # a client that was killed before it asked
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Asked(headers.get("host", "") + first[1], headers)


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer with its length, as HTML unless a header says otherwise."""
    kind = (
        () if any(one.lower().startswith("content-type") for one in headers) else ("Content-Type: text/html",)
    )
    lines = (f"HTTP/1.1 {status}", *kind, *headers, f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode("utf-8") + body


@dataclass
class LoopbackResolver:
    """Every name leads to a server of this machine, but those that are said to have no address."""

    port: int
    unknown: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    mail: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def endpoints(self, host: str, port: int, *, seconds: float) -> tuple[Endpoint, ...]:
        if host in self.unknown:
            raise NotFetched(Why.NO_SUCH_NAME)
        # Nobody listens at port 1; there is no TLS here either.
        return (Endpoint("127.0.0.1", 1 if host in self.closed or port == 443 else self.port),)

    def mail_hosts(self, domain: str) -> tuple[str, ...]:
        return self.mail.get(domain, ())

    def text_records(self, domain: str) -> tuple[str, ...]:
        return (f"v=spf1 {domain}",)


class LocalDns:
    """A name server of this machine. A list of lists: successive answers to A; the last one stays."""

    def __init__(self) -> None:
        self.names: dict[str, list[Any]] = {}
        self.asked: list[str] = []
        dns_server = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, sender = self.request
                sender.sendto(dns_server._answer(data), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def client(self) -> dns.resolver.Resolver:
        """A resolver that asks here only."""
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = ["127.0.0.1"], int(self._server.server_address[1])
        return made

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, data: bytes) -> bytes:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        if kind == "A":
            self.asked.append(name)
        if name not in self.names:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return answer.to_wire()
        found = [text for text in self._of(name, kind) if _kind(text) == kind]
        values = [text.partition(" ")[2] if " " in text else text for text in found]
        if values:
            # A time to live of 0: nothing is kept, as it suits those who change their answers.
            answer.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *values))
        return answer.to_wire()

    def _of(self, name: str, kind: str) -> Sequence[str]:
        answers = self.names[name]
        if not answers or isinstance(answers[0], str):
            return answers
        current: Sequence[str] = answers[0]
        if kind == "AAAA" and len(answers) > 1:
            answers.pop(0)
        return current


def _kind(text: str) -> str:
    if " " in text:
        return text.partition(" ")[0]
    return "AAAA" if ":" in text else "A"


@dataclass
class Connections:
    """Every address that a connection was tried to; none leaves this machine.

    Attributes:
        web: where connections to IPv4 addresses of others lead; nowhere without it.
    """

    web: LocalWeb | None = None
    tried: list[tuple[str, int]] = field(default_factory=list)

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """From now on, instead of the real connecting."""
        really, record = socket.socket.connect, self

        def connect(one: socket.socket, address: Any) -> None:
            if one.family not in {socket.AF_INET, socket.AF_INET6}:
                really(one, address)
                return
            record.tried.append((str(address[0]), int(address[1])))
            if record.web is None or one.family == socket.AF_INET6:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody is there")
            really(one, ("127.0.0.1", record.web.port))

        patch.setattr(socket.socket, "connect", connect)
