"""``/settings/fields`` with POST, PATCH and DELETE: custom fields as a client makes them.

A new field's API name is not told: a client reads the metadata again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.metadata import find_module, module_parameter
from sandbox.zoho.schema import Field, sketch
from sandbox.zoho.schema_change import add_field, api_name_of, change_field, remove_field
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Store, Table
from sandbox.zoho.written import WrongItem

MOST_AT_ONCE = 5
MOST_UNIQUE, MOST_NUMBERED = 2, 1
MOST_CUSTOM = 300  # Enterprise edition
LONGEST_LABEL, LONGEST_TOOLTIP = 50, 255
LENGTHS = {
    "text": 255, "email": 100, "phone": 30, "website": 450, "integer": 9, "bigint": 18, "double": 18,
    "currency": 16, "percent": 5,
}  # fmt: skip
TEXT_AREAS = {"small": 2_000, "large": 32_000, "rich_text": 50_000}
OTHERS = frozenset(
    {
        "textarea", "picklist", "multiselectpicklist", "date", "datetime", "boolean", "autonumber", "formula",
        "lookup", "userlookup", "multiselectlookup",
    }
)  # fmt: skip
RESERVED = frozenset({"id", "select", "from", "where", "null", "class"})
Item = Mapping[str, Any]


def create(zoho: Zoho, call: Call) -> Answer:
    """``POST /crm/v8/settings/fields?module=``: 201, 207 when some fail, 400 when all do."""
    table = _table(zoho, call)

    def make(item: Item, place: str) -> dict[str, Any]:
        field = _new_field(zoho.store, table, item, place)
        return _done(add_field(zoho.store, table, field).id, "field created")

    return _each(_items(call), make, success=201)


def update(zoho: Zoho, call: Call) -> Answer:
    """``PATCH /crm/v8/settings/fields[/{id}]?module=``: label, tooltip, uniqueness, more options."""
    table = _table(zoho, call)

    def change(item: Item, place: str) -> dict[str, Any]:
        field = _known(table, call.names.get("id", item.get("id")), place)
        changes = _changes(field, item, place)
        return _done(change_field(zoho.store, table, field, **changes).id, "field updated")

    return _each(_items(call), change, success=200)


def delete(zoho: Zoho, call: Call) -> Answer:
    """``DELETE /crm/v8/settings/fields/{id}?module=``; only custom fields.

    Raises:
        Refused: INVALID_DATA without such a field, NOT_ALLOWED for one of the system.
    """
    table = _table(zoho, call)
    try:
        field = _known(table, call.names["id"], "$.id")
    except WrongItem:
        raise Refused(
            400, "INVALID_DATA", {"id": call.names["id"]}, "the id given seems to be invalid"
        ) from None
    if not field.custom:
        raise Refused(400, "NOT_ALLOWED", {"id": str(field.id)})
    remove_field(zoho.store, table, field)
    return Answer(200, {"fields": [_done(field.id, "field deleted")]})


def _table(zoho: Zoho, call: Call) -> Table:
    return zoho.store.tables[find_module(zoho.store, module_parameter(call)).api_name]


def _items(call: Call) -> list[Item]:
    items = call.json().get("fields")
    if items is None or items == []:
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": "fields", "json_path": "$.fields"})
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise Refused(400, "INVALID_DATA", {"api_name": "fields", "expected_data_type": "jsonarray"})
    if len(items) > MOST_AT_ONCE:
        details = {"limit": MOST_AT_ONCE, "api_name": "fields", "json_path": "$.fields"}
        raise Refused(400, "LIMIT_EXCEEDED", details)
    return items


def _each(items: list[Item], write: Callable[[Item, str], dict[str, Any]], *, success: int) -> Answer:
    results, failed = [], 0
    for number, item in enumerate(items):
        try:
            results.append(write(item, f"$.fields[{number}]"))
        except WrongItem as wrong:
            results.append(wrong.result)
            failed += 1
    return Answer(success if not failed else 400 if failed == len(items) else 207, {"fields": results})


def _done(identity: int, message: str) -> dict[str, Any]:
    return {"code": "SUCCESS", "details": {"id": str(identity)}, "message": message, "status": "success"}


def _new_field(store: Store, table: Table, item: Item, place: str) -> Field:
    label, data_type = _text(item, "field_label", place), _text(item, "data_type", place)
    if data_type not in LENGTHS.keys() | OTHERS:
        raise _wrong("INVALID_DATA", "data_type", place, supported_values=sorted(LENGTHS.keys() | OTHERS))
    if len(label) > LONGEST_LABEL:
        raise _wrong("INVALID_DATA", "field_label", place, maximum_length=LONGEST_LABEL)
    _check_label(table, label, place)
    attributes = _attributes(item, data_type, place) | _target(store, item, data_type, place)
    _check_room(table, data_type, place, unique=bool(attributes.get("unique")))
    name = api_name_of(table.module, label)
    length = attributes.pop("length", LENGTHS.get(data_type, 255))
    return sketch(name, data_type, length, label=label, custom=True, **attributes)


def _check_label(table: Table, label: str, place: str) -> None:
    if label.casefold() in RESERVED:
        raise _wrong("RESERVED_KEYWORD_NOT_ALLOWED", "field_label", place)
    if any(one.label.casefold() == label.casefold() for one in table.module.fields):
        raise _wrong("DUPLICATE_DATA", "field_label", place)


def _check_room(table: Table, data_type: str, place: str, *, unique: bool) -> None:
    """There is room for another custom field, another unique one, another autonumber."""
    fields = table.module.fields
    if sum(one.custom for one in fields) >= MOST_CUSTOM:
        raise _wrong("FIELD_LIMIT_EXCEEDED", "field_label", place, limit=MOST_CUSTOM)
    if unique and sum(one.unique for one in fields) >= MOST_UNIQUE:
        raise _wrong("LIMIT_EXCEEDED", "unique", place, limit=MOST_UNIQUE)
    numbered = sum(one.data_type == "autonumber" for one in fields)
    if data_type == "autonumber" and numbered >= MOST_NUMBERED:
        raise _wrong("LIMIT_EXCEEDED", "data_type", place, limit=MOST_NUMBERED)


def _attributes(item: Item, data_type: str, place: str) -> dict[str, Any]:
    made: dict[str, Any] = {"read_only": data_type in {"formula", "autonumber"}}
    if data_type == "textarea":
        size = _inside(item, "textarea", "type") or "small"
        made |= {"length": TEXT_AREAS.get(str(size), TEXT_AREAS["small"]), "rich": size == "rich_text"}
    elif data_type in LENGTHS:
        made["length"] = _length(item, data_type, place)
    elif data_type in {"picklist", "multiselectpicklist"}:
        made["options"] = _options(item, place)
    elif data_type == "formula":
        made["returns"] = str(_inside(item, "formula", "return_type") or "double")
    elif data_type == "autonumber":
        made["prefix"] = str(_inside(item, "auto_number", "prefix") or "")
    if "decimal_place" in item:
        made["scale"] = int(item["decimal_place"] or 0)
    return made | _details(item, place)


def _target(store: Store, item: Item, data_type: str, place: str) -> dict[str, Any]:
    """Where a lookup points to."""
    if data_type == "userlookup":
        return {"target": "Users"}
    if data_type not in {"lookup", "multiselectlookup"}:
        return {}
    module = _inside(item, data_type, "module") or _inside(item, data_type, "connected_module")
    name = module.get("api_name") if isinstance(module, dict) else module
    if name not in store.tables:
        raise _wrong("INVALID_DATA", data_type, place)
    return {"target": str(name)}


def _details(item: Item, place: str) -> dict[str, Any]:
    """What a field may be given when it is made and later: tooltip, uniqueness."""
    made: dict[str, Any] = {}
    tooltip = _inside(item, "tooltip", "value")
    if tooltip is not None:
        if len(str(tooltip)) > LONGEST_TOOLTIP:
            raise _wrong("INVALID_DATA", "tooltip", place, maximum_length=LONGEST_TOOLTIP)
        made["tooltip"] = str(tooltip)
    unique = item.get("unique")
    if isinstance(unique, dict) and unique:
        made["unique"] = "_disable" not in unique
    return made


def _changes(field: Field, item: Item, place: str) -> dict[str, Any]:
    for name in ("api_name", "data_type"):
        if name in item and item[name] != getattr(field, name):
            raise _wrong("NOT_ALLOWED", name, place)
    made = _details(item, place)
    if "field_label" in item:
        made["label"] = _text(item, "field_label", place)
    if "pick_list_values" in item:
        fresh = (name for name in _options(item, place) if name not in field.options)
        made["options"] = (*field.options, *fresh)
    return made


def _length(item: Item, data_type: str, place: str) -> int:
    length = item.get("length", LENGTHS[data_type])
    if isinstance(length, bool) or not isinstance(length, int) or not 0 < length <= LENGTHS[data_type]:
        raise _wrong("INVALID_DATA", "length", place, maximum_length=LENGTHS[data_type])
    return length


def _options(item: Item, place: str) -> tuple[str, ...]:
    options = item.get("pick_list_values")
    if not isinstance(options, list) or not options:
        raise _wrong("MANDATORY_NOT_FOUND", "pick_list_values", place)
    names = [one.get("actual_value") or one.get("display_value") for one in options if isinstance(one, dict)]
    if len(names) < len(options) or not all(isinstance(name, str) and name for name in names):
        raise _wrong("INVALID_DATA", "pick_list_values", place)
    if len(set(names)) < len(names):
        raise _wrong("DUPLICATE_DATA", "pick_list_values", place)
    return tuple(map(str, names))


def _text(item: Item, name: str, place: str) -> str:
    value = item.get(name)
    if value is None or value == "":
        raise _wrong("MANDATORY_NOT_FOUND", name, place)
    if not isinstance(value, str):
        raise _wrong("INVALID_DATA", name, place, expected_data_type="string")
    return value


def _inside(item: Item, name: str, key: str) -> object:
    inner = item.get(name)
    return inner.get(key) if isinstance(inner, dict) else None


def _known(table: Table, identity: object, place: str) -> Field:
    for field in table.module.fields:
        if str(field.id) == str(identity):
            return field
    raise WrongItem("INVALID_DATA", {"id": str(identity), "json_path": place})


def _wrong(code: str, name: str, place: str, **more: Any) -> WrongItem:
    return WrongItem(code, {"api_name": name, "json_path": f"{place}.{name}", **more})
