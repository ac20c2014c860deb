"""Zoho SalesIQ v2: conversations of website visitors. Errors come with HTTP 200."""

from __future__ import annotations

from typing import Any

from sandbox.suite.world import Row, suite_of
from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.state import Zoho

PORTAL = "mavenhardware"
LARGEST_PAGE, DEFAULT_PAGE = 99, 20


def conversations(zoho: Zoho, call: Call) -> Answer:
    """``GET /api/v2/{portal}/conversations?updated_from_time&page&limit``."""
    if call.names["portal"] != PORTAL:
        return Answer(200, {"error": {"code": 1006, "message": "invalid URL"}})
    since = int(call.query.get("updated_from_time", "0")) // 1000
    limit = min(call.number("limit", DEFAULT_PAGE), LARGEST_PAGE)
    start = (call.number("page", 1) - 1) * limit
    rows = [one for one in suite_of(zoho).chats() if one["ended"] >= since]
    shown = [_conversation(one) for one in rows[start : start + limit]]
    return Answer(200, {"url": call.path, "object": "list", "data": shown})


def _conversation(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "question": row["question"],
        "visitor": {"email": row["email"], "name": row["email"].partition("@")[0]},
        "start_time": str(row["started"] * 1000),
        "attended_time": str(row["attended"] * 1000) if row["attended"] else None,
        "end_time": str(row["ended"] * 1000),
        "rating": row["rating"],
    }
