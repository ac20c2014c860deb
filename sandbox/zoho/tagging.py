"""Tags on records: given and taken, up to 500 records a call. Unknown names become tags."""

from __future__ import annotations

from math import ceil
from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused, envelope
from sandbox.zoho.invented import number_for
from sandbox.zoho.schema import ORGANISATION_DIGITS
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Record, Table

MOST_IDS = 500
LONGEST_NAME = 25
RECORDS_PER_CREDIT = 50


def add_tags(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/v8/{module}/actions/add_tags`` {"tags": [{"name"}], "ids": […], "over_write": false}."""
    over_write = call.json().get("over_write") is True

    def added(held: list[dict[str, Any]], tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = {tag["name"] for tag in tags}
        kept = [] if over_write else [tag for tag in held if tag["name"] not in names]
        return [*kept, *tags]

    return _each(zoho, call, added)


def remove_tags(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/v8/{module}/actions/remove_tags`` {"tags": [{"name"}], "ids": […]}."""

    def removed(held: list[dict[str, Any]], tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = {tag["name"] for tag in tags}
        return [tag for tag in held if tag["name"] not in names]

    return _each(zoho, call, removed)


def _each(zoho: Zoho, call: Call, changed: Any) -> Answer:
    table = zoho.store.table(call.names["module"])
    tags, ids = _tags(call), call.json().get("ids")
    if not isinstance(ids, list) or not 0 < len(ids) <= MOST_IDS:
        raise Refused(400, "INVALID_DATA", {"api_name": "ids", "maximum_length": MOST_IDS})
    results = [_one(zoho, table, str(one), tags, changed) for one in ids]
    done = sum(1 for one in results if one["status"] == "success")
    body = {"data": results, "success_count": str(done), "locked_count": "0", "wf_scheduler": None}
    return Answer(200, body, credits=ceil(len(ids) / RECORDS_PER_CREDIT))


def _one(zoho: Zoho, table: Table, identity: str, tags: list[dict[str, Any]], changed: Any) -> dict[str, Any]:
    record: Record | None = table.records.get(int(identity)) if identity.isdigit() else None
    if record is None:
        return envelope("INVALID_DATA", {"id": identity}, "the id given seems to be invalid")
    zoho.store.update(table, record, {"Tag": changed(record.values.get("Tag") or [], tags)})
    details = {"id": identity, "tags": record.values["Tag"]}
    return {
        "code": "SUCCESS",
        "details": details,
        "message": "tags updated successfully",
        "status": "success",
    }


def _tags(call: Call) -> list[dict[str, Any]]:
    wanted = call.json().get("tags")
    named = wanted if isinstance(wanted, list) else []
    names = [str(one.get("name") or "") for one in named if isinstance(one, dict)]
    if not names or not all(0 < len(one) <= LONGEST_NAME for one in names):
        raise Refused(400, "INVALID_DATA", {"api_name": "tags", "maximum_length": LONGEST_NAME})
    return [
        {"name": name, "id": str(ORGANISATION_DIGITS + 70_000 + number_for(name, 1000)), "color_code": None}
        for name in names
    ]
