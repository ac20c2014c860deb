"""Writing records: insert, update, upsert, delete. Each item has its own result; the status sums them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused, envelope
from sandbox.zoho.children import read_children, write_children
from sandbox.zoho.clock import wire_time
from sandbox.zoho.modified import unchanged_since
from sandbox.zoho.records import identity_of
from sandbox.zoho.schema import Module
from sandbox.zoho.shaping import user_receipt
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Record, Store, Table
from sandbox.zoho.written import WrongItem, check_mandatory, check_unique, read_values, same_value

MOST_ITEMS = 100
ITEMS_PER_CREDIT = 10
HEAVY_ITEMS = 10  # more than these fall under the sub-concurrency limit
NEVER_APPROVED = frozenset({"Notes"})  # whose receipts say nothing of an approval
NO_UPSERT = frozenset({"Tasks", "Events", "Calls", "Notes"})
# What a task is when only its subject was given, as recorded live.
DEFAULTS: Mapping[str, dict[str, Any]] = {"Tasks": {"Status": "Not Started", "Priority": "Normal"}}
Item = dict[str, Any]


def insert_records(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/v8/{module}``."""
    table = zoho.store.table(call.names["module"])

    def insert(item: Item, place: str) -> Item:
        values = DEFAULTS.get(table.module.api_name, {}) | read_values(zoho.store, table.module, item, place)
        check_mandatory(table.module, values, place, partial=False)
        check_unique(table, values, place, but=None)
        return _success(_insert(zoho.store, table, values, item, place), "record added")

    return _each(_items(call), insert, success=201)


def update_records(zoho: Zoho, call: Call) -> Answer:
    """``PUT /crm/v8/{module}`` with an id in each item, or ``PUT /crm/v8/{module}/{id}``."""
    table = zoho.store.table(call.names["module"])
    items = _items(call)
    if "id" in call.names:
        items = [{**items[0], "id": call.names["id"]}]
    _check_unmodified(table, items, call)

    def update(item: Item, place: str) -> Item:
        if "id" not in item:
            raise WrongItem("MANDATORY_NOT_FOUND", {"api_name": "id", "json_path": f"{place}.id"})
        record = _existing(table, item["id"], "the id given seems to be invalid")
        if record.values.get("Converted__s"):
            raise WrongItem("CONVERTED_RECORD", {"id": str(record.id)}, "can't update the converted record")
        values = read_values(zoho.store, table.module, item, place)
        check_mandatory(table.module, values, place, partial=True)
        check_unique(table, values, place, but=record)
        return _success(_update(zoho.store, table, record, values, item, place), "record updated")

    return _each(items, update, success=200)


def upsert_records(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/v8/{module}/upsert``: updates the record with the same duplicate-check value."""
    table = zoho.store.table(call.names["module"])
    if table.module.api_name in NO_UPSERT:
        raise Refused(400, "NOT_SUPPORTED", {"resource_path_index": 0})
    names = _duplicate_checks(table.module, call.json().get("duplicate_check_fields"))

    def upsert(item: Item, place: str) -> Item:
        values = read_values(zoho.store, table.module, item, place)
        name, twin = _twin(table, item, values, names)
        check_mandatory(table.module, values, place, partial=twin is not None)
        check_unique(table, values, place, but=twin)
        if twin is None:
            done = _success(_insert(zoho.store, table, values, item, place), "record added")
            return done | {"action": "insert", "duplicate_field": None}
        _check_unmodified(table, [{"id": str(twin.id)}], call)
        done = _success(_update(zoho.store, table, twin, values, item, place), "record updated")
        return done | {"action": "update", "duplicate_field": name}

    return _each(_items(call), upsert, success=200)


def delete_records(zoho: Zoho, call: Call) -> Answer:
    """``DELETE /crm/v8/{module}?ids=…`` or ``DELETE /crm/v8/{module}/{id}``."""
    table = zoho.store.table(call.names["module"])
    if "id" not in call.names and "ids" not in call.query:
        raise Refused(400, "REQUIRED_PARAM_MISSING", {"param_name": "ids"})
    ids = [call.names["id"]] if "id" in call.names else call.query["ids"].split(",")
    if not all(text.isascii() and text.isdigit() for text in ids):
        raise Refused(400, "UNABLE_TO_PARSE_DATA_TYPE", {"param_name": "ids"})
    if len(ids) > MOST_ITEMS:
        raise Refused(400, "LIMIT_EXCEEDED", {"limit": MOST_ITEMS, "param_name": "ids"})

    def delete(item: Item, _place: str) -> Item:
        record = _existing(table, item["id"], "record not deleted")
        zoho.store.delete(table, record)
        return _success({"id": str(record.id)}, "record deleted")

    return _each([{"id": text} for text in ids], delete, success=200, items_per_credit=MOST_ITEMS)


def is_heavy_write(call: Call) -> bool:
    """Whether a write falls under the sub-concurrency limit: more than ten records."""
    items = call.json().get("data")
    return isinstance(items, list) and len(items) > HEAVY_ITEMS


def _items(call: Call) -> list[Item]:
    """The items of a write.

    Raises:
        Refused: there are none, too many, or they are not objects.
    """
    items = call.json().get("data")
    if items is None or items == []:
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": "data", "json_path": "$.data"})
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        details = {"expected_data_type": "jsonarray", "api_name": "data", "json_path": "$.data"}
        raise Refused(400, "INVALID_DATA", details)
    if len(items) > MOST_ITEMS:
        limit = {"maximum_length": MOST_ITEMS, "api_name": "data", "json_path": "$.data"}
        raise Refused(400, "LIMIT_EXCEEDED", limit)
    return items


def _each(
    items: list[Item],
    write: Callable[[Item, str], Item],
    *,
    success: int,
    items_per_credit: int = ITEMS_PER_CREDIT,
) -> Answer:
    results, failed = [], 0
    for number, item in enumerate(items):
        try:
            results.append(write(item, f"$.data[{number}]"))
        except WrongItem as wrong:
            results.append(wrong.result)
            failed += 1
    status = success if failed == 0 else 400 if failed == len(items) else 207
    return Answer(status, {"data": results}, credits=ceil(len(items) / items_per_credit))


def _existing(table: Table, given: object, message: str) -> Record:
    try:
        record = table.records.get(identity_of(given))
    except Refused:
        record = None
    if record is None:
        raise WrongItem("INVALID_DATA", {"id": str(given)}, message)
    return record


class _Changed(Refused):
    """A record was changed later than the caller has seen it; said as of one item."""

    def __init__(self, record: Record) -> None:
        super().__init__(412, "ALREADY_MODIFIED")
        self.envelope = {"data": [envelope("ALREADY_MODIFIED", {"id": str(record.id)})]}


def _check_unmodified(table: Table, items: list[Item], call: Call) -> None:
    """If-Unmodified-Since: nothing is written when one of the records was changed later."""
    limit = unchanged_since(call)
    if limit is None:
        return
    for item in items:
        record = table.records.get(int(item["id"])) if str(item.get("id")).isdigit() else None
        if record is not None and record.modified > limit:
            raise _Changed(record)


def _insert(store: Store, table: Table, values: Item, item: Item, place: str) -> Item:
    changes = read_children(store, table.module, item, place)
    record = store.insert(table, values)
    write_children(store, record, changes)
    return _receipt(store, record, new=table.module.api_name not in NEVER_APPROVED)


def _update(store: Store, table: Table, record: Record, values: Item, item: Item, place: str) -> Item:
    changes = read_children(store, table.module, item, place)
    store.update(table, record, values)
    write_children(store, record, changes)
    return _receipt(store, record, new=False)


def _duplicate_checks(module: Module, wanted: object) -> list[str]:
    """The fields that an upsert compares: those wished for, then every other unique field.

    Raises:
        Refused: INVALID_DATA, a field is neither the system's own nor unique.
    """
    unique = [one.api_name for one in module.fields if one.unique]
    legal = [module.duplicate_check, *unique]
    names = wanted or [module.duplicate_check]
    if not isinstance(names, list) or any(name not in legal for name in names):
        details = {"api_name": "duplicate_check_fields", "json_path": "$.duplicate_check_fields"}
        raise Refused(400, "INVALID_DATA", {**details, "supported_values": legal})
    return [*names, *(name for name in unique if name not in names)]


def _twin(table: Table, item: Item, values: Item, names: list[str]) -> tuple[str | None, Record | None]:
    """The record to update and the field by which it was found; an id in the item counts before all."""
    if "id" in item:
        return None, _existing(table, item["id"], "the id given seems to be invalid")
    for name in names:
        twin = None if values.get(name) is None else same_value(table, name, values[name])
        if twin is not None:
            return name, twin
    return None, None


def _receipt(store: Store, record: Record, *, new: bool = True) -> Item:
    receipt = {
        "Modified_Time": wire_time(record.modified),
        "Modified_By": user_receipt(store, record.values["Modified_By"]),
        "Created_Time": wire_time(record.created),
        "id": str(record.id),
        "Created_By": user_receipt(store, record.values["Created_By"]),
    }
    return receipt | ({"$approval_state": "approved"} if new else {})


def _success(details: Mapping[str, Any], message: str) -> Item:
    return {"code": "SUCCESS", "details": dict(details), "message": message, "status": "success"}
