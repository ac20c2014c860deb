"""Zoho Desk v1: tickets by time of change, their threads, and ratings. 204 when there is nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.suite.world import Row, new_ticket, suite_of
from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.state import Zoho

LARGEST_PAGE, DEFAULT_PAGE = 100, 10
ORGANISATION = "770011"


def search_tickets(zoho: Zoho, call: Call) -> Answer:
    """``GET /api/v1/tickets/search?modifiedTimeRange=a,b&sortBy=modifiedTime&from&limit``."""
    _check_organisation(call)
    rows = suite_of(zoho).tickets()
    if "modifiedTimeRange" in call.query:
        first, last = (_epoch(part) for part in call.query["modifiedTimeRange"].split(",", 1))
        rows = [one for one in rows if first <= one["modified"] <= last]
    if call.query.get("sortBy", "").startswith("-"):
        rows.reverse()
    return _page(call, [_ticket(one) for one in rows])


def threads(zoho: Zoho, call: Call) -> Answer:
    """``GET /api/v1/tickets/{id}/threads``."""
    _check_organisation(call)
    found = [one for one in suite_of(zoho).tickets() if one["id"] == call.names["id"]]
    if not found:
        return _refusal(404, "URL_NOT_FOUND", "The URL you requested could not be found.")
    ticket = found[0]
    rows = [
        {
            "id": f"{ticket['id']}{number}",
            "channel": "EMAIL",
            "direction": direction,
            "summary": ticket["subject"] if number == 1 else ticket["reply"],
            "sentiment": ticket["mood"] if direction == "in" else None,
            "createdTime": _iso(ticket["created"] + number * 3600),
            "author": {"type": "END_USER" if direction == "in" else "AGENT", "email": ticket["email"]},
        }
        for number, direction in ((1, "in"), (2, "out"))
    ]
    return _page(call, rows)


def happiness(zoho: Zoho, call: Call) -> Answer:
    """``GET /api/v1/customerHappiness?startTime=…``."""
    _check_organisation(call)
    since = _epoch(call.query["startTime"]) if "startTime" in call.query else 0
    rows = [
        {
            "id": f"{one['id']}9",
            "ticketId": one["id"],
            "rating": one["rating"],
            "feedback": one["reply"],
            "ratedTime": _iso(one["closed"] + 7200),
            "email": one["email"],
        }
        for one in suite_of(zoho).tickets()
        if one["rating"] is not None and one["closed"] + 7200 >= since
    ]
    return _page(call, rows)


def add_ticket(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/suite/tickets`` {"contact": id, "subject", "mood"}: somebody complains now."""
    wish = call.json()
    contact = zoho.store.tables["Contacts"].records.get(int(str(wish.get("contact", 0))))
    if contact is None:
        raise Refused(404, "INVALID_DATA", {"api_name": "contact"}, "there is no such contact")
    suite = suite_of(zoho)
    now = zoho.clock.epoch()
    identifier = str(8_800_000_000 + len(suite.extra["tickets"]))
    mood = str(wish.get("mood", "NEGATIVE"))
    ticket = new_ticket(identifier, contact, str(wish.get("subject", "Help")), mood, (now, None))
    suite.extra["tickets"].append(ticket)
    return Answer(200, {"id": identifier})


def _ticket(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "ticketNumber": row["id"][-5:],
        "subject": row["subject"],
        "description": None,
        "status": "Closed" if row["closed"] else "Open",
        "statusType": "Closed" if row["closed"] else "Open",
        "channel": "Email",
        "email": row["email"],
        "sentiment": row["mood"],
        "createdTime": _iso(row["created"]),
        "modifiedTime": _iso(row["modified"]),
        "closedTime": _iso(row["closed"]) if row["closed"] else None,
        "threadCount": "2",
        "contact": {
            "id": str(row["contact"] + 5),
            "email": row["email"],
            "zohoCRMContact": {"id": str(row["contact"]), "type": "contacts"},
            "account": {"zohoCRMAccount": {"id": str(row["account"])} if row["account"] else None},
        },
    }


def _check_organisation(call: Call) -> None:
    if call.headers.get("orgid") != ORGANISATION:
        raise _RefusedByDesk(403, "OAUTH_ORG_MISMATCH", "The organisation does not belong to the token.")


def _page(call: Call, rows: list[dict[str, Any]]) -> Answer:
    limit = call.number("limit", DEFAULT_PAGE)
    start = int(call.query.get("from", "0"))
    if limit > LARGEST_PAGE:
        return _refusal(422, "UNPROCESSABLE_ENTITY", "limit should not exceed 100.")
    shown = rows[start : start + limit]
    return Answer(200, {"data": shown, "count": len(rows)}) if shown else Answer(204)


class _RefusedByDesk(Refused):
    """A refusal in Desk's own envelope."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code)
        self.envelope = {"errorCode": code, "message": message}


def _refusal(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"errorCode": code, "message": message})


def _epoch(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise _RefusedByDesk(422, "INVALID_DATA", f"{text[:40]} is not a time.") from None


def _iso(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
