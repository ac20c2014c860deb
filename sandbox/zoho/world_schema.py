"""The part of the ``/_sandbox`` API of what an administrator would do: fields, formulas, undeleting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.schema import Field
from sandbox.zoho.schema_change import (
    add_with_columns,
    remove_field,
    rename_field,
    retype_field,
)
from sandbox.zoho.state import Zoho
from sandbox.zoho.store import Store, Table


def change_fields(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/fields``: add (one or a list), rename, retype or remove fields of a module."""
    wish = call.json()
    table = _table(zoho.store, wish)
    added = wish.get("add") or []
    sketches = added if isinstance(added, list) else [added]
    for one in sketches:
        _check_sketch(zoho.store, table, one)
    made = [add_with_columns(zoho.store, table, one) for one in sketches]
    if "rename" in wish:
        ends = wish["rename"]
        rename_field(zoho.store, table, _field(table, ends.get("from")), _free(table, ends.get("to")))
    if "retype" in wish:
        change = wish["retype"]
        retype_field(zoho.store, table, _field(table, change.get("name")), str(change["data_type"]))
    if "remove" in wish:
        remove_field(zoho.store, table, _field(table, wish["remove"]))
    ids = {one.api_name: str(one.id) for one in made}
    return Answer(200, {"ok": True, "added": ids, "fields": len(table.module.fields)})


def recompute_formula(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/formula``: ``value`` set or ``delta`` added, in all records or ``ids``."""
    wish = call.json()
    table = _table(zoho.store, wish)
    field = _field(table, wish.get("field"))
    if field.data_type != "formula" or not {"value", "delta"} & wish.keys():
        raise Refused(400, "INVALID_DATA", {"api_name": "field"})
    wanted = {int(one) for one in wish.get("ids") or ()}
    changed = 0
    for record in table.in_id_order():
        if wanted and record.id not in wanted:
            continue
        before = record.values.get(field.api_name)
        record.values[field.api_name] = wish["value"] if "value" in wish else (before or 0) + wish["delta"]
        table.changed(record)
        changed += 1
    return Answer(200, {"changed": changed})


def undelete(zoho: Zoho, call: Call) -> Answer:
    """``POST /_sandbox/undelete``: records come back from the recycle bin as they were."""
    wish = call.json()
    table = _table(zoho.store, wish)
    wanted = {int(one) for one in wish.get("ids") or ()}
    found = [left for left in table.deleted if left.id in wanted and left.record is not None]
    for left in found:
        zoho.store.restore(table, left)
    return Answer(200, {"restored": [str(left.id) for left in found]})


def _table(store: Store, wish: Mapping[str, Any]) -> Table:
    table = store.tables.get(str(wish.get("module")))
    if table is None:
        raise Refused(400, "INVALID_MODULE", {"module": str(wish.get("module"))})
    return table


def _field(table: Table, name: object) -> Field:
    field = table.module.by_name.get(str(name))
    if field is None:
        raise Refused(400, "INVALID_DATA", {"api_name": str(name)}, "there is no such field")
    return field


def _free(table: Table, name: object) -> str:
    if not isinstance(name, str) or not name.isidentifier() or name in table.module.by_name:
        raise Refused(400, "DUPLICATE_DATA", {"api_name": str(name)})
    return name


def _check_sketch(store: Store, table: Table, wish: object) -> None:
    if not isinstance(wish, dict) or not {"api_name", "data_type"} <= wish.keys():
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": "api_name, data_type"})
    _free(table, wish["api_name"])
    target = wish.get("target")
    if target is not None and target not in store.tables:
        raise Refused(400, "INVALID_MODULE", {"module": str(target)})
