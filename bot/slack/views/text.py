"""Values as people read them, made harmless for the place they go to.

Everything that came from the CRM or from a person passes ``plain`` (for rich_text, raw_text and plain_text,
which interpret nothing) or ``mrkdwn`` (for the places that Slack parses). Nothing else writes such values.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from bot.app.wording import NOTHING, ago, one_line
from bot.slack.views.limits import URL

STALE_AFTER: Final = timedelta(hours=26)  # more than the daily run's distance: something has stopped
LOOKED_AT: Final = 8  # times the length that is shown: a field may hold megabytes
_OTHER_GRAVE: Final = "\u02cb"  # looks like the sign that would end the code
_FORMATTING: Final = re.compile(r"([*_~`])")
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


def plain(value: str | None, most: int = 200) -> str:
    """A foreign value on one line, without control and direction marks, clipped; a dash when empty."""
    beginning = (value or "")[: most * LOOKED_AT]
    return clip(one_line(beginning), most) or NOTHING


def mrkdwn(value: str | None, most: int = 200) -> str:
    """A foreign value for a place that Slack parses: it can neither ping, link nor change the formatting.

    Slack has no escape for its formatting signs; an invisible space on each side makes them plain signs.
    """
    escaped = plain(value, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _FORMATTING.sub("\u200b\\1\u200b", escaped)


def code(value: str, most: int = 500) -> str:
    """A foreign value as `code` in mrkdwn."""
    escaped = plain(value, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"`{escaped.replace('`', _OTHER_GRAVE)}`"


def clip(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def split(text: str, most: int) -> list[str]:
    """The text in pieces of at most so many characters, cut at line ends or spaces where there are any."""
    pieces: list[str] = []
    rest = text
    while len(rest) > most:
        cut = max(rest.rfind("\n", 1, most + 1), rest.rfind(" ", 1, most + 1))
        cut = most if cut < 1 else cut
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [piece for piece in [*pieces, rest] if piece.strip()]


def unescape(text: str) -> str:
    """What a person typed, from the form in which Slack sends it."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def moment(at: datetime) -> str:
    """An instant in mrkdwn: Slack writes it in the reader's own zone; elsewhere it is UTC."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{utc(at)}>"


def clock_time(at: datetime) -> str:
    """The time of an instant in mrkdwn, in the reader's own zone."""
    return f"<!date^{int(at.timestamp())}^{{time}}|{at.astimezone(UTC):%H:%M} UTC>"


def utc(at: datetime) -> str:
    """An instant where Slack does not translate it: ``24 Nov 19:03 UTC``."""
    there = at.astimezone(UTC)
    return f"{there.day} {there:%b %H:%M} UTC"


def data_age(as_of: datetime | None, now: datetime) -> str:
    """How old the data is, in mrkdwn; old data is said to be old."""
    if as_of is None:
        return "⚠ the first sync is not complete"
    age = now - as_of
    if age > STALE_AFTER:
        return f"⚠ data is from {ago(age.total_seconds())}: {moment(as_of)}"
    return f"data from {moment(as_of)}"


def web_address(url: str | None) -> str | None:
    """The address if a link to it may be offered: https, or this machine's own; None otherwise."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    harmless = bool(url) and len(url or "") <= URL and not re.search(r"[\s<>|]", url or "")
    return url if safe and parts.hostname and harmless else None
