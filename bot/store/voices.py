"""What customers wrote, out of the events of engagement: which of them are a voice, and of which source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select, tuple_

from bot.store.places import TABLES
from scoring.criteria.periods import Today
from scoring.voice.config import Source, VoiceSegmentation
from scoring.voice.kinds import Sentiment

EVENT, READING = TABLES["engagement_event"], TABLES["message_reading"]
KEY = ("source", "raw_id", "event_type")
MESSAGES_AT_ONCE = 2_000
IDS_AT_ONCE = 500
# What customers wrote to us, or somebody noted of what they said. What we sent is no voice of theirs.
SOURCES: Mapping[tuple[str, str], Source] = {
    ("crm.emails", "email_received"): "email",
    ("crm.notes", "note_written"): "note",
    ("crm.calls", "call_received"): "call",
    ("crm.calls", "call_made"): "call",
    ("desk", "ticket_opened"): "ticket",
    ("desk", "ticket_reply_received"): "ticket",
    ("desk", "ticket_rated"): "ticket",
    ("salesiq", "chat_held"): "chat",
    ("salesiq", "chat_missed"): "chat",
    ("salesiq", "chat_rated"): "chat",
    ("survey", "nps"): "survey",
    ("survey", "csat"): "survey",
    ("survey", "survey_comment"): "survey",
}
_RATED = ("ticket_rated", "chat_rated", "nps", "csat")
# Of 0 to 10, 9 and 10 are promoters and up to 6 detractors (Reichheld); the connector keeps (n - 5) * 20.
_PROMOTERS_FROM, _DETRACTORS_TO = 80, 20
_WITH_SUBJECT = ("email_received", "ticket_opened")
_IS_REPLY = re.compile(r"\s*(?:re|aw|sv|antw|fwd?|wg)\s*:", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).date()


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is to be read; ``day`` counts from 1 January 1970, ``subject`` may be empty.

    ``kept`` and ``body``: what was read of it under which version, if anything was.
    """

    key: tuple[str, str, str]
    account: str
    day: int
    source: Source
    text: str
    subject: str
    stated: str | None
    kept: str | None
    body: str | None

    @property
    def said(self) -> str:
        """All that there is to be read."""
        return f"{self.stated}\n{self.subject}\n{self.text}"


def since(segmentations: Sequence[VoiceSegmentation], today: Today) -> datetime:
    """From when on messages count, for any of the segmentations; a day earlier does no harm."""
    days = max(max(one.window_days, 2 * one.trend_days) for one in segmentations)
    return datetime.combine(today.day - timedelta(days=days), time(), UTC)


def messages(
    connection: Connection, start: datetime, today: Today, only: Sequence[str] | None = None
) -> Iterator[list[Message]]:
    """The messages of accounts since an instant, by key, a batch at a time."""
    query = _query().where(EVENT.c.occurred_at >= start)
    if only is None:
        yield from _pages(connection, query, today)
        return
    ids = sorted(set(only))
    for at in range(0, len(ids), IDS_AT_ONCE):
        mine = EVENT.c.account_id.in_(ids[at : at + IDS_AT_ONCE])
        yield from _pages(connection, query.where(mine), today)


def unread(
    connection: Connection, start: datetime, version: str, after: Message | None, today: Today, limit: int
) -> list[Message]:
    """Some messages behind another one that were never read, or by another version of the reader."""
    other = or_(READING.c.reader.is_(None), READING.c.reader.not_like(f"{version}.%"))
    query = _query().where(EVENT.c.occurred_at >= start, other)
    if after is not None:
        query = query.where(_behind(after.key))
    return [_message(row, today) for row in connection.execute(query.limit(limit))]


def _pages(connection: Connection, query: Select[Any], today: Today) -> Iterator[list[Message]]:
    page: list[Message] = []
    while True:
        behind = query.where(_behind(page[-1].key)) if page else query
        page = [_message(row, today) for row in connection.execute(behind.limit(MESSAGES_AT_ONCE))]
        if page:
            yield page
        if len(page) < MESSAGES_AT_ONCE:
            return


def _query() -> Select[Any]:
    same = and_(*(EVENT.c[name] == READING.c[name] for name in KEY))
    columns = ("occurred_at", "quality", "account_id", "text", "score")
    return (
        select(*(EVENT.c[name] for name in (*KEY, *columns)), READING.c.reader, READING.c.body)
        .select_from(EVENT.outerjoin(READING, same))
        .where(EVENT.c.account_id.is_not(None), _is_voice(), _says_something(), _not_said_twice())
        .order_by(*(EVENT.c[name] for name in KEY))
    )


def _is_voice() -> ColumnElement[bool]:
    kinds: dict[str, list[str]] = {}
    for source, kind in SOURCES:
        kinds.setdefault(source, []).append(kind)
    return or_(*(and_(EVENT.c.source == one, EVENT.c.event_type.in_(some)) for one, some in kinds.items()))


def _says_something() -> ColumnElement[bool]:
    rated = and_(EVENT.c.event_type.in_(_RATED), EVENT.c.score.is_not(None))
    return or_(EVENT.c.text != "", rated)


def _not_said_twice() -> ColumnElement[bool]:
    """One answer to a survey is two events when it has both ratings, with the same words."""
    other = EVENT.alias()
    twin = select(other.c.raw_id).where(
        other.c.source == EVENT.c.source, other.c.raw_id == EVENT.c.raw_id, other.c.event_type == "nps"
    )
    return or_(EVENT.c.event_type != "csat", ~twin.exists())


def _behind(key: tuple[str, str, str]) -> ColumnElement[bool]:
    return tuple_(*(EVENT.c[name] for name in KEY)) > key


def _message(row: Row[Any], today: Today) -> Message:
    # A day without an hour is that day everywhere.
    zone = UTC if row.quality == "day" else today.zone
    subject, text = _subject_and_text(row.event_type, row.text or "")
    return Message(
        key=(row.source, row.raw_id, row.event_type),
        account=row.account_id,
        day=(row.occurred_at.astimezone(zone).date() - _EPOCH).days,
        source=SOURCES[row.source, row.event_type],
        text=text,
        subject=subject,
        stated=_stated(row.event_type, row.score),
        kept=row.reader,
        body=row.body,
    )


def _subject_and_text(kind: str, text: str) -> tuple[str, str]:
    """The first line is the subject; that of an answer was written by whoever is answered."""
    first, line, rest = text.partition("\n")
    if kind not in _WITH_SUBJECT or not line:
        return "", text
    return first, rest if _IS_REPLY.match(first) else text


def _stated(kind: str, score: int | None) -> str | None:
    """What the customer's own rating says. A mood that a machine guessed says nothing here."""
    if score is None or kind not in _RATED:
        return None
    good, bad = (
        (score >= _PROMOTERS_FROM, score <= _DETRACTORS_TO) if kind == "nps" else (score > 0, score < 0)
    )
    return str(Sentiment.POSITIVE if good else Sentiment.NEGATIVE if bad else Sentiment.NEUTRAL)
