"""Zoho SalesIQ: chats on the website, and what visitors said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connector.suite_ports import LONGEST_TEXT, EngagementEvent, EventPage
from connector.zoho.suite import SuiteClient, from_milliseconds, milliseconds, whole

SCOPES = "SalesIQ.conversations.READ, SalesIQ.visitors.READ"
PER_PAGE = 99  # SalesIQ's most
_RATINGS = {"good": 100, "happy": 100, "average": 0, "neutral": 0, "bad": -100, "sad": -100}
Raw = Mapping[str, Any]


class SalesIqEvents:
    """The port ``EventSource`` on Zoho SalesIQ v2."""

    def __init__(self, client: SuiteClient, portal: str) -> None:
        self._client = client
        self._path = f"/api/v2/{quote(portal, safe='')}/conversations"

    @property
    def name(self) -> str:
        """Of the source."""
        return "salesiq"

    def pages(self, since: datetime, after: str | None) -> Iterator[EventPage]:
        """Conversations that changed since an instant; ``after`` is a page number."""
        page = whole(after, 1)
        while True:
            body = self._client.get(
                self._path,
                {
                    "updated_from_time": milliseconds(since),
                    "sort_by": "updated_time",
                    "page": page,
                    "limit": PER_PAGE,
                },
            )
            rows = self._rows(body)
            more = len(rows) == PER_PAGE
            page += 1
            events = tuple(event for row in rows for event in conversation_events(row))
            yield EventPage(events, str(page) if more else None)
            if not more:
                return

    def _rows(self, body: Any) -> list[Raw]:
        """The conversations; an error comes with HTTP 200 too."""
        answer: Raw = body if isinstance(body, dict) else {}
        error = answer.get("error")
        if isinstance(error, dict):
            self._client.refuse(error.get("code"), error.get("message"))
        rows = answer.get("data")
        return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def conversation_events(row: Raw) -> Iterator[EngagementEvent]:
    """A chat, and its rating if there is one."""
    found = row.get("visitor")
    visitor: Raw = found if isinstance(found, dict) else {}
    email = str(visitor.get("email") or "").strip().casefold() or None
    at = from_milliseconds(row.get("start_time")) or from_milliseconds(row.get("attended_time"))
    if at is None or not row.get("id"):
        return
    attended = from_milliseconds(row.get("attended_time")) is not None
    yield EngagementEvent(
        source="salesiq",
        raw_id=str(row["id"])[:100],
        event_type="chat_held" if attended else "chat_missed",
        occurred_at=at,
        email=email,
        object_key=str(row["id"]),
        direction="in",
        text=str(row["question"])[:LONGEST_TEXT] if row.get("question") else None,
    )
    rating, words = _rating(row)
    if rating is not None:
        yield EngagementEvent(
            source="salesiq",
            raw_id=str(row["id"])[:100],
            event_type="chat_rated",
            occurred_at=from_milliseconds(row.get("end_time")) or at,
            email=email,
            object_key=str(row["id"]),
            direction="in",
            text=words,
            score=rating,
        )


def _rating(row: Raw) -> tuple[int | None, str | None]:
    """A rating as a word or as 1 to 5 stars, with the visitor's words."""
    found = row.get("feedback")
    feedback: Raw = found if isinstance(found, dict) else {}
    value = row.get("rating", feedback.get("rating"))
    words = found if isinstance(found, str) else feedback.get("message") or feedback.get("comment")
    score = _RATINGS.get(str(value or "").casefold())
    stars = whole(value)
    if score is None and 1 <= stars <= 5:  # noqa: PLR2004
        score = (stars - 3) * 50
    return score, str(words)[:LONGEST_TEXT] if words else None
