"""The conditional headers: If-Modified-Since and If-Unmodified-Since, which Zoho wants as ISO 8601."""

from __future__ import annotations

from datetime import datetime

from sandbox.zoho.answers import Call, Refused
from sandbox.zoho.clock import ZONE


def changed_since(call: Call) -> int | None:
    """If-Modified-Since as seconds since 1970; None when it is not sent.

    Raises:
        Refused: it is no ISO 8601 time.
    """
    return _instant(call, "if-modified-since")


def unchanged_since(call: Call) -> int | None:
    """If-Unmodified-Since as seconds since 1970; None when it is not sent.

    Raises:
        Refused: it is no ISO 8601 time.
    """
    return _instant(call, "if-unmodified-since")


def _instant(call: Call, header: str) -> int | None:
    text = call.headers.get(header)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, "UNABLE_TO_PARSE_DATA_TYPE", {"header": header}) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp())
