"""The e-mails of a CRM record: ten a call, continued by index."""

from __future__ import annotations

from typing import Any

from sandbox.suite.world import Row, suite_of
from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.clock import wire_time
from sandbox.zoho.records import identity_of
from sandbox.zoho.shaping import user_receipt
from sandbox.zoho.state import Zoho

PER_PAGE = 10


def emails(zoho: Zoho, call: Call) -> Answer:
    """``GET /crm/v8/{module}/{id}/Emails[?index]``; only contacts have any here."""
    table = zoho.store.table(call.names["module"])
    record = table.records.get(identity_of(call.names["id"]))
    if record is None or table.module.api_name != "Contacts":
        return Answer(204)
    rows = suite_of(zoho).emails(record.id)
    start = int(call.query.get("index", "0"), 16)
    shown = rows[start : start + PER_PAGE]
    if not shown:
        return Answer(204)
    more = start + PER_PAGE < len(rows)
    info = {
        "per_page": PER_PAGE,
        "count": len(shown),
        "next_index": f"{start + PER_PAGE:x}" if more else None,
        "prev_index": f"{max(start - PER_PAGE, 0):x}",
        "more_records": more,
    }
    address = str(record.values["Email"])
    owner = user_receipt(zoho.store, record.values["Owner"])
    return Answer(200, {"Emails": [_email(one, address, owner) for one in shown], "info": info})


def _email(row: Row, address: str, owner: dict[str, Any] | None) -> dict[str, Any]:
    us, them = {"user_name": "Sales", "email": "sales@maven.example"}, {"user_name": "", "email": address}
    status: list[dict[str, Any]] = [{"type": "sent"}] if row["sent"] else []
    if row["opened"]:
        at = wire_time(row["opened"])
        status.append({"type": "opened", "count": "1", "first_open": at, "last_open": at})
    if row["bounced"]:
        at = wire_time(row["at"] + 60)
        status.append({"type": "bounced", "bounced_time": at, "bounced_reason": "the address does not exist"})
    return {
        "message_id": row["id"],
        "subject": row["subject"],
        "summary": row["subject"],
        "from": us if row["sent"] else them,
        "to": [them if row["sent"] else us],
        "cc": None,
        "time": wire_time(row["at"]),
        "sent": row["sent"],
        "read": True,
        "has_attachment": False,
        "has_thread_attachment": False,
        "owner": owner,
        "source": "crm",
        "linked_record": None,
        "status": status,
        "intent": None,
        "sentiment_info": row["mood"],
        "emotion": None,
    }
