"""Fetching pages that strangers name: from public addresses only, within limits, telling nothing of failures.

The one place of the product that opens connections to addresses which others chose. A connection is made by
``_CheckedConnections``, which asks the resolver once and connects to what it says, so that no second look-up
can answer differently; the name stays in Host and in TLS. Redirects are followed by hand, each like the first
address. Neither proxies nor credentials are taken from the surroundings, no cookie is kept, and no connection
is used twice.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpcore2
import httpx2

from connector.enrichment.bodies import Body, looks_like_html, text_of
from connector.enrichment.not_fetched import NotFetched, Why
from connector.enrichment.public_addresses import checked_url, port_of
from connector.enrichment.resolving import Resolver
from connector.enrichment.values import Page

MOST_PAGE_BYTES: Final = 2_000_000
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GOOD: Final = range(200, 300)
_MOST_ENDPOINTS: Final = 4  # of one name, one after the other
_MOST_COOKIES: Final = 50
_LONGEST_COOKIE_NAME: Final = 64
_ENCODED_LINE_END: Final = re.compile(r"%0[ad]", re.IGNORECASE)
_PAGE_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_AGENT: Final = re.compile(r"[\x20-\x7e]{1,300}")


@dataclass(frozen=True)
class Limits:
    """How much patience there is.

    Attributes:
        page_seconds: for all of a page: names, connections, TLS, headers, body, and its redirects.
        connect_seconds: for each address of a name.
        visit_seconds: for all pages of a site, with what is waited between them: no request begins later.
        origins: how many places with a robots.txt of their own one visit may lead to.
        redirects: how many are followed.
        header_bytes: how large the headers of an answer may be.
    """

    page_seconds: float = 15.0
    connect_seconds: float = 5.0
    visit_seconds: float = 120.0
    origins: int = 6  # the first one, and one for each redirect
    redirects: int = 5
    header_bytes: int = 64_000


@dataclass(frozen=True)
class Wanted:
    """What is fetched.

    Attributes:
        most_bytes: where the body is cut.
        types: the content types that will do; any, when there are none.
        refuse_longer: an answer that announces more is refused before it is read.
    """

    most_bytes: int
    types: frozenset[str] = frozenset()
    refuse_longer: bool = True


A_PAGE: Final = Wanted(MOST_PAGE_BYTES, _PAGE_TYPES)


@dataclass(frozen=True)
class Fetched:
    """An answer that is no redirect.

    Attributes:
        url: where it was found in the end.
        headers: as they came, names in lower case, without cookies.
        cookies: names only.
        body: unpacked; empty unless the status is good.
    """

    url: httpx2.URL
    status: int
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[str, ...] = ()
    body: bytes = b""

    @property
    def is_good(self) -> bool:
        """Whether the status says that this is what was asked for."""
        return self.status in _GOOD

    def header(self, name: str) -> str:
        """The values of a header, joined as HTTP joins them; empty without it."""
        return ", ".join(value for key, value in self.headers if key == name)

    def page(self) -> Page:
        """As a page, its body decoded."""
        charset = _parameter(self.header("content-type"), "charset")
        return Page(str(self.url), text_of(self.body, charset), self.headers, self.cookies)


Before = Callable[[httpx2.URL], None]


class Fetcher:
    """Fetches, from any thread, one thing after the other in each."""

    def __init__(self, resolver: Resolver, user_agent: str, limits: Limits | None = None) -> None:
        """Wire.

        Args:
            resolver: says where to connect.
            user_agent: printable ASCII.
            limits: of patience.

        Raises:
            ValueError: the user agent cannot be sent.
        """
        if not _AGENT.fullmatch(user_agent):
            raise ValueError("The user agent must be 1 to 300 printable ASCII characters.")
        self._resolver = resolver
        self._agent = user_agent
        self._limits = limits or Limits()
        self._of_thread = threading.local()

    def fetch(self, address: str, wanted: Wanted = A_PAGE, *, before: Before | None = None) -> Fetched:
        """What stands at an address, after redirects.

        Args:
            address: as it was given, by whomever.
            wanted: what will do.
            before: called with each address that is about to be visited, redirects included; may wait, which
                does not count against the limits, and may raise NotFetched.

        Raises:
            NotFetched: for whatever reason.
        """
        url, seen, left = checked_url(address), set[str](), self._limits.page_seconds
        for hop in range(self._limits.redirects + 1):
            try:
                if before is not None:
                    before(url)
                began = time.monotonic()
                found, location = self._visit(url, wanted, left)
                left -= time.monotonic() - began
            except NotFetched as failure:
                raise NotFetched(failure.why, redirected=hop > 0) from failure
            if location is None:
                return found
            seen.add(str(url))
            url = _next(url, location, seen)
        raise NotFetched(Why.REDIRECTS, redirected=True)

    def _visit(self, url: httpx2.URL, wanted: Wanted, seconds: float) -> tuple[Fetched, str | None]:
        """One exchange, in an event loop of its own: only there one deadline ends whatever is going on."""
        try:
            return asyncio.run(self._exchange(url, wanted, seconds))
        except httpcore2.ConnectTimeout as error:
            raise NotFetched(Why.NO_ANSWER) from error
        except (TimeoutError, httpcore2.TimeoutException) as error:
            raise NotFetched(Why.TOO_SLOW) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise NotFetched(Why.NO_ANSWER) from error

    async def _exchange(self, url: httpx2.URL, wanted: Wanted, seconds: float) -> tuple[Fetched, str | None]:
        until = time.monotonic() + seconds
        backend = _CheckedConnections(self._resolver, self._limits, until)
        connection = httpcore2.AsyncHTTPConnection(
            origin=httpcore2.Origin(url.scheme.encode(), url.raw_host, port_of(url)),
            ssl_context=self._trust() if url.scheme == "https" else None,
            network_backend=backend,
        )
        try:
            async with asyncio.timeout(seconds):
                answer = await connection.handle_async_request(self._request(url))
                return await self._read(url, answer, wanted)
        finally:
            await connection.aclose()
            await backend.close()

    def _request(self, url: httpx2.URL) -> httpcore2.Request:
        target = httpcore2.URL(
            scheme=url.scheme.encode(), host=url.raw_host, port=port_of(url), target=url.raw_path or b"/"
        )
        headers = [
            (b"Host", url.netloc),
            (b"User-Agent", self._agent.encode("ascii")),
            (b"Accept", b"text/html,application/xhtml+xml,text/plain;q=0.8"),
            (b"Accept-Encoding", b"gzip"),
            (b"Connection", b"close"),
        ]
        return httpcore2.Request("GET", target, headers=headers)

    async def _read(
        self, url: httpx2.URL, answer: httpcore2.Response, wanted: Wanted
    ) -> tuple[Fetched, str | None]:
        if sum(len(name) + len(value) for name, value in answer.headers) > self._limits.header_bytes:
            raise NotFetched(Why.GARBLED)
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers
        )
        found = Fetched(
            url,
            answer.status,
            tuple(one for one in headers if one[0] not in {"set-cookie", "set-cookie2"}),
            _cookie_names(headers),
        )
        if answer.status in _REDIRECTS:
            return found, _location(answer.headers)
        if not found.is_good:
            return found, None
        body = await _body(found, answer, wanted)
        if wanted.types and not found.header("content-type") and not looks_like_html(body):
            raise NotFetched(Why.NOT_A_PAGE)
        return Fetched(found.url, found.status, found.headers, found.cookies, body), None

    def _trust(self) -> ssl.SSLContext:
        """This machine's authorities; of each thread its own, since every connection sets something in it."""
        held: ssl.SSLContext | None = getattr(self._of_thread, "trust", None)
        if held is None:
            held = self._of_thread.trust = ssl.create_default_context()
        return held


class _CheckedConnections(httpcore2.AsyncNetworkBackend):
    """Connects to where the resolver says that a host is, and to nothing else."""

    def __init__(self, resolver: Resolver, limits: Limits, until: float) -> None:
        self._resolver = resolver
        self._limits = limits
        self._until = until
        self._tcp = httpcore2.AnyIOBackend()
        self._opened: list[httpcore2.AsyncNetworkStream] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the interface is httpcore2's
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        """The first of the resolver's places that answers.

        Raises:
            NotFetched: the resolver refuses the host.
            httpcore2.ConnectError, httpcore2.ConnectTimeout: nobody answers.
        """
        # The look-up blocks the loop: nothing else runs in it, and the resolver keeps the time.
        places = self._resolver.endpoints(host, port, seconds=self._left())
        failure: Exception | None = None
        for place in places[:_MOST_ENDPOINTS]:
            seconds = min(self._limits.connect_seconds, self._left())
            try:
                stream = await self._tcp.connect_tcp(place.address, place.port, seconds)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            self._opened.append(stream)
            return stream
        raise failure or NotFetched(Why.NO_SUCH_NAME)

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        """Never.

        Raises:
            NotFetched: always.
        """
        raise NotFetched(Why.NOT_PUBLIC)

    async def close(self) -> None:
        """Close what was opened, also within a hand-shake that was broken off."""
        for stream in self._opened:
            await stream.aclose()

    def _left(self) -> float:
        return max(self._until - time.monotonic(), 0.01)


async def _body(found: Fetched, answer: httpcore2.Response, wanted: Wanted) -> bytes:
    kind = found.header("content-type").partition(";")[0].strip().lower()
    if wanted.types and kind and kind not in wanted.types:
        raise NotFetched(Why.NOT_A_PAGE)
    announced = found.header("content-length")
    if wanted.refuse_longer and announced.isdecimal() and int(announced[:20]) > wanted.most_bytes:
        raise NotFetched(Why.TOO_LARGE)
    body = Body(found.header("content-encoding"), wanted.most_bytes)
    async for piece in answer.aiter_stream():
        body.add(piece)
        if body.full:
            break
    return body.kept()


def _location(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """Where a redirect leads, as it says.

    Raises:
        NotFetched: it does not say so, or not in text.
    """
    said = [value for name, value in headers if name.lower() == b"location"]
    try:
        location = said[0].decode("utf-8") if len(said) == 1 else ""
    except UnicodeDecodeError:
        location = ""
    if not location or _ENCODED_LINE_END.search(location):
        raise NotFetched(Why.REDIRECTS)
    return location


def _next(url: httpx2.URL, location: str, seen: set[str]) -> httpx2.URL:
    """Where a redirect leads, checked as the first address was.

    Raises:
        NotFetched: it leads back, or to what is not a public address.
    """
    try:
        following = checked_url(str(url.join(location)))
    except (httpx2.InvalidURL, ValueError) as error:
        raise NotFetched(Why.REDIRECTS, redirected=True) from error
    except NotFetched as failure:
        raise NotFetched(failure.why, redirected=True) from failure
    if str(following) in seen:
        raise NotFetched(Why.REDIRECTS, redirected=True)
    return following


def _cookie_names(headers: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    names = (value.partition("=")[0].strip() for name, value in headers if name == "set-cookie")
    kept = dict.fromkeys(name[:_LONGEST_COOKIE_NAME] for name in names if name)
    return tuple(kept)[:_MOST_COOKIES]


def _parameter(header: str, wanted: str) -> str:
    for part in header.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == wanted:
            return value.strip().strip("\"'")
    return ""
