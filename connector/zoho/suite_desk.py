"""Zoho Desk: tickets, what was written in them, and whether the customer was content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from connector.errors import Fatal
from connector.suite_ports import LONGEST_TEXT, EngagementEvent, EventPage
from connector.zoho.suite import SuiteClient, from_iso

SCOPES = "Desk.tickets.READ, Desk.contacts.READ, Desk.search.READ, Desk.basic.READ"
PER_PAGE = 100
# Desk's search reaches so far; behind it the window is moved to the last time of change that was seen.
SEARCH_REACHES = 4_900
_MOODS = {"POSITIVE": 100, "NEUTRAL": 0, "NEGATIVE": -100}
_RATINGS = {"good": 100, "ok": 0, "okay": 0, "bad": -100}
Raw = Mapping[str, Any]


class DeskEvents:
    """The port ``EventSource`` on Zoho Desk v1.

    Args:
        threads_a_reading: threads are one call a ticket, so only so many tickets of a reading get one; the
            others are events without text, and the report says how many.
    """

    def __init__(self, client: SuiteClient, *, threads_a_reading: int = 300) -> None:
        self._client = client
        self._threads = threads_a_reading

    @property
    def name(self) -> str:
        """Of the source."""
        return "desk"

    def pages(self, since: datetime, after: str | None) -> Iterator[EventPage]:
        """Tickets that changed since an instant, by time of change, then ratings since then."""
        start = from_iso(after) or since
        read_threads, left_out = 0, 0
        for tickets in self._changed(start):
            events: list[EngagementEvent] = []
            for ticket in tickets:
                events += ticket_events(ticket)
                if read_threads < self._threads:
                    read_threads += 1
                    events += self._thread_events(ticket)
                else:
                    left_out += 1
            # Never None here: the ratings are still to come.
            yield EventPage(tuple(events), _last_change(tickets) or _iso(start))
        notes = (f"{left_out} tickets without what was written in them",) if left_out else ()
        yield EventPage(tuple(self._ratings(since)), None, notes)

    def _changed(self, since: datetime) -> Iterator[list[Raw]]:
        """Pages of tickets by ascending time of change."""
        offset = 0
        while True:
            body = self._client.get(
                "/api/v1/tickets/search",
                {
                    "modifiedTimeRange": f"{_iso(since)},{_iso(datetime(2100, 1, 1, tzinfo=UTC))}",
                    "sortBy": "modifiedTime",
                    "limit": PER_PAGE,
                    "from": offset,
                },
            )
            tickets = _rows(body)
            if tickets:
                yield tickets
            offset += len(tickets)
            if len(tickets) < PER_PAGE:
                return
            last = from_iso(_last_change(tickets))
            if offset >= SEARCH_REACHES and last is not None and last > since:
                since, offset = last, 0

    def _thread_events(self, ticket: Raw) -> Iterator[EngagementEvent]:
        identifier = quote(str(ticket["id"]), safe="")
        body = self._client.get(f"/api/v1/tickets/{identifier}/threads", {"limit": PER_PAGE})
        for thread in _rows(body):
            at = from_iso(thread.get("createdTime"))
            if at is None:
                continue
            incoming = thread.get("direction") == "in"
            yield EngagementEvent(
                source="desk",
                raw_id=f"thread {thread['id']}"[:100],
                event_type="ticket_reply_received" if incoming else "ticket_reply_sent",
                occurred_at=at,
                **_who(ticket),
                object_key=str(ticket["id"]),
                direction="in" if incoming else "out",
                text=_text(thread.get("summary")),
                score=_MOODS.get(str(thread.get("sentiment") or "").upper()),
            )

    def _ratings(self, since: datetime) -> Iterator[EngagementEvent]:
        """Answers to "how did we do?"; key names are not documented, so several spellings are read."""
        offset = 0
        while True:
            body = self._client.get(
                "/api/v1/customerHappiness",
                {"department": "allDepartment", "startTime": _iso(since), "from": offset, "limit": PER_PAGE},
            )
            rows = _rows(body)
            for row in rows:
                yield from rating_events(row)
            offset += len(rows)
            if len(rows) < PER_PAGE:
                return


def ticket_events(ticket: Raw) -> Iterator[EngagementEvent]:
    """A ticket that was opened, and closed if it was."""
    shared: dict[str, Any] = {"source": "desk", "object_key": str(ticket["id"]), **_who(ticket)}
    raw = orjson.dumps({name: ticket.get(name) for name in _KEPT}).decode()
    words = "\n".join(str(ticket[name]) for name in ("subject", "description") if ticket.get(name))
    opened, closed = from_iso(ticket.get("createdTime")), from_iso(ticket.get("closedTime"))
    if opened is not None:
        yield EngagementEvent(
            raw_id=f"ticket {ticket['id']}"[:100],
            event_type="ticket_opened",
            occurred_at=opened,
            direction="in",
            text=_text(words),
            score=_MOODS.get(str(ticket.get("sentiment") or "").upper()),
            raw=raw,
            **shared,
        )
    if closed is not None:
        yield EngagementEvent(
            raw_id=f"ticket {ticket['id']}"[:100],
            event_type="ticket_closed",
            occurred_at=closed,
            direction="out",
            raw=raw,
            **shared,
        )


_KEPT = ("ticketNumber", "status", "priority", "channel", "category", "classification", "isEscalated")


def rating_events(row: Raw) -> Iterator[EngagementEvent]:
    """A rating: good, ok or bad, perhaps with words."""
    at = next(
        (found for name in ("ratedTime", "createdTime", "time") if (found := from_iso(row.get(name)))), None
    )
    rating = str(row.get("rating") or row.get("happinessRating") or "").casefold()
    identifier = row.get("id") or row.get("ticketId")
    if at is None or rating not in _RATINGS or not identifier:
        return
    feedback = row.get("feedback") or row.get("comment") or row.get("comments")
    yield EngagementEvent(
        source="desk",
        raw_id=f"rating {identifier}"[:100],
        event_type="ticket_rated",
        occurred_at=at,
        **_who(row),
        object_key=str(row.get("ticketId") or identifier),
        direction="in",
        text=_text(feedback),
        score=_RATINGS[rating],
    )


def _who(row: Raw) -> dict[str, Any]:
    """The customer: e-mail, and CRM ids where Desk is linked with the CRM."""
    contact = row.get("contact")
    inner: Raw = contact if isinstance(contact, dict) else {}
    account = inner.get("account")
    account_inner: Raw = account if isinstance(account, dict) else {}
    email = row.get("email") or inner.get("email")
    return {
        "email": str(email).strip().casefold() if email else None,
        "contact_id": _crm_id(inner.get("zohoCRMContact")),
        "account_id": _crm_id(account_inner.get("zohoCRMAccount")),
    }


def _crm_id(link: object) -> str | None:
    found = link.get("id") if isinstance(link, dict) else None
    return str(found) if found and str(found).isalnum() else None


def _rows(body: Any) -> list[Raw]:
    if body is None:
        return []
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise Fatal("Zoho Desk's answer has no list of data.")
    return [one for one in rows if isinstance(one, dict) and one.get("id")]


def _last_change(tickets: list[Raw]) -> str | None:
    times = [moment for one in tickets if (moment := from_iso(one.get("modifiedTime"))) is not None]
    return _iso(max(times)) if times else None


def _text(words: object) -> str | None:
    return str(words)[:LONGEST_TEXT] if words else None


def _iso(moment: datetime) -> str:
    """As Desk writes instants."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
