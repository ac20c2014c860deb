"""Answers of a web server that means harm, by name."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from tests.support.local_web import LocalWeb, response

MEGABYTE = 1_000_000
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
# Those that are pages, hostile to parsers; the others are hostile to whoever fetches.
PAGES: Mapping[str, Callable[[], bytes]] = {
    "100,000 attributes": lambda: b"<div " + b" ".join(b"a%d=1" % one for one in range(100_000)) + b">",
    "100,000 nested div": lambda: b"<div>" * 100_000,
    "JSON-LD 20,000 deep": lambda: b'<script type="application/ld+json">' + b"[" * 20_000 + b"</script>",
    "1 MB of digits": lambda: b"<p>" + b"5551234567890-" * (MEGABYTE // 14),
}
FETCHED = (
    "gzip bomb",
    "gzip of gzip of gzip",
    "endless body",
    "dripped body",
    "dripped headers",
    "1.2 MB of headers",
    "Content-Length 10 GB",
)


def answer(web: LocalWeb, name: str) -> Iterable[bytes]:
    """The pieces of an answer."""
    if name in PAGES:
        return [response(b"<html><title>x</title>" + PAGES[name]())]
    answers: Mapping[str, Callable[[], Iterable[bytes]]] = {
        "gzip bomb": lambda: _bomb(1_000),
        "gzip of gzip of gzip": lambda: [
            response(_packed_thrice(), "Content-Encoding: gzip, gzip, gzip"),
        ],
        "endless body": lambda: itertools.chain([_HEAD + b"\r\n"], itertools.repeat(b"<p>more" * 9_000)),
        "dripped body": lambda: web.drip(_HEAD + b"\r\n", b"x"),
        "dripped headers": lambda: web.drip(_HEAD, b"X: y\r\n"),
        "1.2 MB of headers": lambda: [_HEAD + b"X: " + b"y" * 1_200_000 + b"\r\n\r\nbody"],
        "Content-Length 10 GB": lambda: [_HEAD + b"Content-Length: 10000000000\r\n\r\nbody"],
    }
    return answers[name]()


def _bomb(megabytes: int) -> Iterator[bytes]:
    """A megabyte that becomes a gigabyte."""
    yield _HEAD + b"Content-Encoding: gzip\r\n\r\n"
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(megabytes):
        yield packer.compress(bytes(MEGABYTE))
    yield packer.flush()


def _packed_thrice() -> bytes:
    packed = bytes(10 * MEGABYTE)
    for _ in range(3):
        packed = gzip.compress(packed)
    return packed
