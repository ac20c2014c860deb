"""Zoho Desk v1: tickets by time of change, their threads, and ratings. 204 when there is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.suite.world import Row, new_ticket, suite_of
from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.state import Zoho

LARGEST_PAGE, DEFAULT_PAGE = 100, 10
ORGANISATION = "770011"
AGENT, LAYOUT = "770011000000000021", "770011000000000031"
DEPARTMENT = {"id": "770011000000000041", "name": "Service"}
# Of a ticket nobody has filled these in.
NOTHING: Mapping[str, Any] = {
    **dict.fromkeys((
        "assignee", "assigneeId", "category", "classification", "description", "dueDate", "language",
        "onholdTime", "priority", "product", "productId", "resolution", "responseDueDate", "slaId",
        "subCategory", "team", "teamId",
    )),
    **dict.fromkeys(("isArchived", "isEscalated", "isOverDue", "isRead", "isSpam"), False),
    "cf": {}, "customFields": {}, "entitySkills": [], "secondaryContacts": [], "sharedDepartments": [],
}  # fmt: skip


def search_tickets(zoho: Zoho, call: Call) -> Answer:
    """``GET /api/v1/tickets/search?modifiedTimeRange=a,b&sortBy=modifiedTime&from&limit``."""
    _check_organisation(call)
    rows = suite_of(zoho).tickets()
    if "modifiedTimeRange" in call.query:
        first, last = (_epoch(part) for part in call.query["modifiedTimeRange"].split(",", 1))
        rows = [one for one in rows if first <= one["modified"] <= last]
    if call.query.get("sortBy", "").startswith("-"):
        rows.reverse()
    return _page(call, [_ticket(zoho, one) for one in rows])


def threads(zoho: Zoho, call: Call) -> Answer:
    """``GET /api/v1/tickets/{id}/threads``."""
    _check_organisation(call)
    found = [one for one in suite_of(zoho).tickets() if one["id"] == call.names["id"]]
    if not found:
        return _refusal(404, "URL_NOT_FOUND", "The URL you requested could not be found.")
    ticket = found[0]
    rows = [_thread(zoho, ticket, number, direction) for number, direction in ((1, "in"), (2, "out"))]
    return _page(call, rows, counted=False)


def _thread(zoho: Zoho, ticket: Row, number: int, direction: str) -> dict[str, Any]:
    incoming = direction == "in"
    return {
        "id": f"{ticket['id']}{number}",
        "channel": "EMAIL",
        "contentType": "plainText",
        "direction": direction,
        "summary": ticket["subject"] if number == 1 else ticket["reply"],
        "status": "SUCCESS",
        "visibility": "public",
        "sentiment": ticket["mood"] if incoming else None,
        "aspects": None,
        "keyWords": None,
        "createdTime": _iso(ticket["created"] + number * 3600),
        "respondedIn": None,
        "isDescriptionThread": number == 1,
        "canReply": incoming,
        "hasAttach": False,
        "attachmentCount": "0",
        "author": _author(zoho, ticket, incoming=incoming),
        "impersonatedUser": None,
        "channelRelatedInfo": None,
        "lastRatingIconURL": None,
        "readReceipts": [],
        "actions": [],
        "source": {"appName": None, "extId": None, "permalink": None, "type": "SYSTEM", "appPhotoURL": None},
    }


def _author(zoho: Zoho, ticket: Row, *, incoming: bool) -> dict[str, Any]:
    contact = _contact(zoho, ticket)
    first, last = (contact["firstName"], contact["lastName"]) if incoming else ("Robin", "Service")
    return {
        "id": contact["id"] if incoming else AGENT,
        "type": "END_USER" if incoming else "AGENT",
        "firstName": first,
        "lastName": last,
        "name": " ".join(part for part in (first, last) if part),
        "email": ticket["email"] if incoming else "service@maven.example",
        "photoURL": None,
    }


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


def _ticket(zoho: Zoho, row: Row) -> dict[str, Any]:
    """A ticket as the search shows it: with its contact, but neither moods nor ids of the CRM."""
    state = "Closed" if row["closed"] else "Open"
    contact = _contact(zoho, row)
    account = contact["account"]
    known = {
        "id": row["id"],
        "ticketNumber": row["id"][-5:],
        "subject": row["subject"],
        "status": state,
        "statusType": state,
        "channel": "Email",
        "email": row["email"],
        "phone": contact["phone"],
        "departmentId": DEPARTMENT["id"],
        "department": DEPARTMENT,
        "contactId": contact["id"],
        "accountId": account["id"] if account else None,
        "contact": contact,
        "createdTime": _iso(row["created"]),
        "customerResponseTime": _iso(row["created"]),
        "modifiedTime": _iso(row["modified"]),
        "closedTime": _iso(row["closed"]) if row["closed"] else None,
        "createdBy": AGENT,
        "modifiedBy": AGENT,
        "layoutId": LAYOUT,
        "threadCount": "2",
        "commentCount": "0",
        "childTicketCount": "0",
        "lastThread": {"channel": "EMAIL", "isDraft": False, "isForward": False, "direction": "out"},
        "webUrl": f"https://desk.zoho.com/agent/sandbox/tickets/details/{row['id']}",
    }
    return {**NOTHING, **known}


def _contact(zoho: Zoho, row: Row) -> dict[str, Any]:
    """Desk numbers its contacts and accounts itself."""
    tables = zoho.store.tables
    person = tables["Contacts"].records.get(row["contact"])
    values: Mapping[str, Any] = person.values if person is not None else {}
    company = tables["Accounts"].records.get(row["account"]) if row["account"] else None
    account = None
    if company is not None:
        account = {
            "id": str(company.id + 5),
            "accountName": company.values["Account_Name"],
            "website": company.values.get("Website"),
        }
    return {
        "id": str(row["contact"] + 5),
        "firstName": values.get("First_Name"),
        "lastName": values.get("Last_Name"),
        "email": row["email"],
        "phone": values.get("Phone"),
        "mobile": values.get("Mobile"),
        "type": None,
        "account": account,
    }


def _check_organisation(call: Call) -> None:
    if call.headers.get("orgid") != ORGANISATION:
        raise _RefusedByDesk(403, "OAUTH_ORG_MISMATCH", "The organisation does not belong to the token.")


def _page(call: Call, rows: list[dict[str, Any]], *, counted: bool = True) -> Answer:
    limit = call.number("limit", DEFAULT_PAGE)
    start = int(call.query.get("from", "0"))
    if limit > LARGEST_PAGE:
        return _refusal(422, "UNPROCESSABLE_ENTITY", "limit should not exceed 100.")
    shown = rows[start : start + limit]
    body: dict[str, Any] = {"data": shown, "count": len(rows)} if counted else {"data": shown}
    return Answer(200, body) if shown else Answer(204)


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
