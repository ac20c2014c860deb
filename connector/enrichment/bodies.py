"""Bodies of answers: unpacked and decoded, never larger than asked for. Pure."""

from __future__ import annotations

import codecs
import re
import zlib
from typing import Final

from connector.enrichment.not_fetched import NotFetched, Why

MOST_PIECES: Final = 50_000  # each costs some microseconds: an answer of one byte a piece would cost a minute
_GZIP: Final = 31  # zlib's word for "with gzip's header, the largest window"
_CODINGS: Final = {"": False, "identity": False, "gzip": True, "x-gzip": True}
_SNIFFED: Final = 512
_LOOKS_LIKE_HTML: Final = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|!--)", re.IGNORECASE)
_META: Final = re.compile(rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_META_WITHIN: Final = 2_048
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What pages are written in. Python knows more: utf-7, which hides tags, and codecs that are not of text.
_CHARSETS: Final = frozenset(
    {"utf-8", "cp1252", "iso8859-1", "ascii", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "cp932"}
    | {"euc_jp", "euc_kr", "koi8-r", "koi8-u", "cp874", "tis-620", "cp949", "iso2022_jp"}
    | {f"iso8859-{number}" for number in range(2, 17)}
    | {f"cp125{number}" for number in range(10)}
)


class Body:
    """A body that arrives in pieces.

    Attributes:
        full: nothing more is wanted: it is as long as it may be.
    """

    def __init__(self, codings: str, most_bytes: int) -> None:
        """Begin.

        Args:
            codings: the header Content-Encoding.
            most_bytes: the most that is kept once unpacked, and the most that is taken packed.

        Raises:
            NotFetched: packed in another way, or more than once: a thousandfold each time.
        """
        packed = _CODINGS.get(codings.strip().lower())
        if packed is None:
            raise NotFetched(Why.GARBLED)
        self._unpacker = zlib.decompressobj(wbits=_GZIP) if packed else None
        self._held = bytearray()
        self._most = most_bytes
        self._taken = 0
        self._pieces = 0
        self.full = False

    def add(self, piece: bytes) -> None:
        """The next bytes, as they came.

        Raises:
            NotFetched: they are not what they are said to be.
        """
        if self.full:
            return
        self._taken += len(piece)
        self._pieces += 1
        room = self._most - len(self._held)
        self._held += piece[:room] if self._unpacker is None else _unpacked(self._unpacker, piece, room)
        self.full = len(self._held) >= self._most or self._taken >= self._most or self._pieces >= MOST_PIECES

    def kept(self) -> bytes:
        """What has come, unpacked."""
        return bytes(self._held)


def _unpacked(unpacker: zlib._Decompress, piece: bytes, room: int) -> bytes:
    try:
        return b"" if unpacker.eof else unpacker.decompress(piece, room)
    except zlib.error as error:
        raise NotFetched(Why.GARBLED) from error


def looks_like_html(body: bytes) -> bool:
    """Whether it begins like a page; for answers that do not say what they are."""
    return bool(_LOOKS_LIKE_HTML.search(body[:_SNIFFED]))


def text_of(body: bytes, charset: str) -> str:
    """A page's text: by its mark, by the header's charset, by its own word, else UTF-8 or Windows-1252.

    Never fails: what cannot be decoded is replaced, and so are NULs, which parsers stumble over.
    """
    declared = _META.search(body[:_META_WITHIN])
    said = [charset, declared.group(1).decode("ascii", "replace") if declared else ""]
    named = [mark_name for mark, mark_name in _MARKS if body.startswith(mark)] + [
        known for one in said if (known := _known(one))
    ]
    return _decoded(body, named[0] if named else "").replace("\0", "�")


def _decoded(body: bytes, name: str) -> str:
    if name:
        return body.decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.end >= len(body) - 1 and error.reason == "unexpected end of data"
        return body.decode("utf-8" if cut else "cp1252", "replace")


def _known(charset: str) -> str:
    """The codec of a charset that pages are written in; empty for others."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    if name not in _CHARSETS:
        return ""
    return "cp1252" if name in {"iso8859-1", "ascii"} else name  # as browsers take them
