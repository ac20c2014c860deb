"""Zoho Survey: answers, which come by webhook only. Pure; the column names are the questions' own texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from connector.suite_ports import LONGEST_TEXT, EngagementEvent, Quality
from connector.zoho.suite import from_iso, whole

_WIRE_TIME = "%b %d, %Y %H:%M:%S"  # "Jun 03, 2024 11:07:29", in the survey's own zone
Raw = Mapping[str, Any]


def survey_events(
    answer: Raw, now: datetime, *, email: str, nps: str | None, csat: str | None, comment: str | None
) -> Iterator[EngagementEvent]:
    """The events of one response: an NPS, a satisfaction, a comment.

    Args:
        answer: the webhook's flat JSON: question -> answer.
        now: for a response that does not say when it was given.
        email: the question that asks for the address.
        nps: the one that asks how likely a recommendation is, 0 to 10.
        csat: the one that asks for satisfaction, 1 to 5.
        comment: the one for words.
    """
    at, quality = _answered_at(answer, now)
    raw = orjson.dumps({str(name): answer[name] for name in sorted(answer, key=str)}).decode()
    shared: dict[str, Any] = {
        "source": "survey",
        "raw_id": str(answer.get("Response ID") or hashlib.sha256(raw.encode()).hexdigest()[:32])[:100],
        "occurred_at": at,
        "quality": quality,
        "email": str(answer.get(email) or "").strip().casefold() or None,
        "direction": "in",
        "raw": raw,
    }
    words = str(answer.get(comment) or "")[:LONGEST_TEXT] or None if comment else None
    score = whole(answer.get(nps), -1) if nps else -1
    if 0 <= score <= 10:  # noqa: PLR2004 -- the scale of the question
        yield EngagementEvent(event_type="nps", score=(score - 5) * 20, text=words, **shared)
    stars = whole(answer.get(csat), -1) if csat else -1
    if 1 <= stars <= 5:  # noqa: PLR2004
        yield EngagementEvent(event_type="csat", score=(stars - 3) * 50, text=words, **shared)
    if words is not None and not 0 <= score <= 10 and not 1 <= stars <= 5:  # noqa: PLR2004
        yield EngagementEvent(event_type="survey_comment", text=words, **shared)


def _answered_at(answer: Raw, now: datetime) -> tuple[datetime, Quality]:
    for name in ("Response End Time", "Response Start Time"):
        value = answer.get(name)
        exact = from_iso(value)
        if exact is not None:
            return exact, "exact"
        try:
            return datetime.strptime(str(value), _WIRE_TIME).replace(tzinfo=UTC), "day"
        except ValueError:
            continue
    return now, "day"
