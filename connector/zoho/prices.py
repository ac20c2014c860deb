"""What a call of the CRM's API costs, and what it is called in the ledger. Decides; sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connector.access_ports import ApiCall

API = "crm"
# Rows asked for up to -> credits (Zoho CRM, API limits).
COQL_STEPS = ((200, 1), (1000, 2), (2000, 3))
BULK_READ_CREDITS = 50
BULK_WRITE_CREDITS = 500
DELETED_CREDITS = 2  # the dearer of two figures in Zoho's tables
SORTED_LIST_CREDITS = 3  # by custom view, or by anything but the id
WRITES_PER_CREDIT = 10
DELETES_PER_CREDIT = 100
TAGGED_PER_CREDIT = 50
_ID = re.compile(r"\d{5,}\Z")
_LIMIT = re.compile(r"\blimit\s+(\d+)\s*\Z", re.IGNORECASE)


def priced(method: str, path: str, params: Mapping[str, Any] | None, body: object) -> ApiCall:
    """The call as it is booked."""
    parts = [part for part in path.split("/") if part and not _ID.match(part)][1:]
    if parts[:1] == ["bulk"]:
        return _bulk(method, parts)
    if parts[1:2] == ["coql"]:
        return _query(body)
    name = f"{method} {'/'.join(parts[1:])}"
    return ApiCall(API, name, _credits(method, parts[1:], params or {}, body))


def _bulk(method: str, parts: list[str]) -> ApiCall:
    kind = f"bulk {parts[2]}" if len(parts) > 2 else "bulk"  # noqa: PLR2004 -- bulk, version, kind
    if method == "POST":
        return ApiCall(API, kind, BULK_READ_CREDITS if kind == "bulk read" else BULK_WRITE_CREDITS)
    return ApiCall(API, f"{kind} {'result' if parts[-1] == 'result' else 'state'}")


def _query(body: object) -> ApiCall:
    text = body.get("select_query", "") if isinstance(body, dict) else ""
    found = _LIMIT.search(str(text))
    rows = int(found.group(1)) if found else COQL_STEPS[0][0]
    most, credits_ = next((step for step in COQL_STEPS if rows <= step[0]), COQL_STEPS[-1])
    return ApiCall(API, f"COQL {most}", credits_)


def _credits(method: str, parts: list[str], params: Mapping[str, Any], body: object) -> int:
    of_records = parts[0][:1].isupper() and len(parts) == 1
    if method == "GET":
        if parts[1:] == ["deleted"]:
            return DELETED_CREDITS
        dear = of_records and ("cvid" in params or params.get("sort_by", "id") != "id")
        return SORTED_LIST_CREDITS if dear else 1
    if parts[1:] in (["actions", "add_tags"], ["actions", "remove_tags"]):
        return _for_each(body, "ids", TAGGED_PER_CREDIT)
    if not of_records:
        return 1
    if method == "DELETE":
        return -(-max(1, str(params.get("ids", "")).count(",") + 1) // DELETES_PER_CREDIT)
    return _for_each(body, "data", WRITES_PER_CREDIT)


def _for_each(body: object, key: str, per_credit: int) -> int:
    items = body.get(key) if isinstance(body, dict) else None
    return -(-max(1, len(items) if isinstance(items, list) else 1) // per_credit)
