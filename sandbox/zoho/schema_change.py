"""Changes of the schema of a running Zoho: fields come, go, and get other names and types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.zoho.clock import wire_time
from sandbox.zoho.extra_schema import linking_module, subform_module
from sandbox.zoho.invented import number_for
from sandbox.zoho.schema import Field, Module, link, sketch
from sandbox.zoho.store import Record, Store, Table

FIRST_FREE_MODULE = 100  # numbers of modules that are made while it runs
DAY_SECONDS = 24 * 3600


def api_name_of(module: Module, label: str) -> str:
    """The API name that Zoho derives from a label: ``_`` for blanks, a number when it is taken."""
    name = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]+", "_", label)).strip("_") or "Field"
    name = name if name[0].isalpha() else f"F{name}"
    number, free = 1, name
    while free in module.by_name:
        free, number = f"{name}{number}", number + 1
    return free


def set_fields(store: Store, table: Table, fields: tuple[Field, ...]) -> None:
    """Give a module other fields, as of now."""
    table.module = replace(table.module, fields=fields, changed=store.clock.epoch())


def add_field(store: Store, table: Table, field: Field) -> Field:
    """Add a field; the records have nothing in it. A subform or a multi-select lookup gets its module too."""
    field = replace(field, id=store.new_id())
    if field.data_type == "subform" and field.rows is None:
        field = replace(field, rows=field.api_name)
    if field.data_type == "multiselectlookup" and field.rows is None:
        own, other = table.module.api_name, str(field.target)
        rows, theirs = f"{own}_X_{other}", other if other != own else f"{other}_2"
        field = replace(field, rows=rows, mine=own, theirs=theirs)
    set_fields(store, table, (*table.module.fields, field))
    if field.rows is not None and field.rows not in store.tables:
        _add_rows_module(store, table.module, field)
    return field


def _add_rows_module(store: Store, module: Module, field: Field) -> None:
    rows, number = str(field.rows), FIRST_FREE_MODULE + len(store.tables)
    mine = link(field.mine, module.api_name, field.api_name)
    if field.data_type == "subform":
        made = subform_module(number, rows, module.api_name, (mine,))
    else:
        theirs = link(str(field.theirs), str(field.target), module.api_name)
        made = linking_module(number, rows, (mine, theirs))
    store.tables[rows] = Table(replace(made, changed=store.clock.epoch()))


def remove_field(store: Store, table: Table, field: Field) -> None:
    """Take a field away, and its values; the modification times stay."""
    set_fields(store, table, tuple(one for one in table.module.fields if one.id != field.id))

    def forget(values: dict[str, Any]) -> None:
        values.pop(field.api_name, None)

    _rewrite(table, forget, list(table.kept.values()))


def rename_field(store: Store, table: Table, field: Field, name: str) -> None:
    """Give a field another API name."""
    change_field(store, table, field, api_name=name)

    def move(values: dict[str, Any]) -> None:
        if field.api_name in values:
            values[name] = values.pop(field.api_name)

    _rewrite(table, move, list(table.kept.values()))


def retype_field(store: Store, table: Table, field: Field, data_type: str) -> None:
    """Give a field another type; values that do not fit it become empty."""
    change_field(store, table, field, data_type=data_type, returns=None)
    convert = CONVERSIONS.get(data_type, str)

    def change(values: dict[str, Any]) -> None:
        values[field.api_name] = _converted(convert, values.get(field.api_name))

    _rewrite(table, change, table.in_id_order())


def change_field(store: Store, table: Table, field: Field, **changes: Any) -> Field:
    """Change attributes of a field."""
    changed = replace(field, **changes)
    set_fields(store, table, tuple(changed if one.id == field.id else one for one in table.module.fields))
    return changed


def fill(store: Store, table: Table, field: Field) -> None:
    """A value that depends on the record's id in every record; the modification times stay."""
    targets = sorted(store.tables[field.target].records) if field.target in store.tables else []

    def value(record: Record) -> Any:
        number = number_for(f"{field.api_name} {record.id}", 10**6)
        if field.target is not None:
            return targets[number % len(targets)] if targets else None
        return SEEDED.get(field.kind, _seeded_text)(field, number)

    for record in table.in_id_order():
        record.values[field.api_name] = value(record)
        table.changed(record)


def _rewrite(table: Table, change: Callable[[dict[str, Any]], None], records: Iterable[Record]) -> None:
    """Change values of records; those that are computed know a field by its id and need no change of name."""
    for record in records:
        change(record.values)
        table.changed(record)


def _converted(convert: Callable[[Any], Any], value: Any) -> Any:
    if value is None:
        return None
    try:
        return convert(value)
    except (ValueError, TypeError):
        return None


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


def _seeded_text(field: Field, number: int) -> str:
    return f"{field.label} {number}"[: field.length]


def _seeded_choice(field: Field, number: int) -> str | None:
    return field.options[number % len(field.options)] if field.options else None


def _seeded_choices(field: Field, number: int) -> list[str] | None:
    return [one for place, one in enumerate(field.options) if number >> place & 1] or None


CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "integer": lambda value: int(float(value)),
    "double": float,
    "currency": float,
    "percent": float,
    "boolean": bool,
    "multiselectpicklist": _listed,
    "text": lambda value: ";".join(map(str, value)) if isinstance(value, list) else str(value),
}
SEEDED: Mapping[str, Callable[[Field, int], Any]] = {
    "integer": lambda _field, number: number % 10_000,
    "bigint": lambda _field, number: str(number),
    "double": lambda _field, number: number / 8,
    "currency": lambda field, number: round(number / 100, field.scale),
    "percent": lambda _field, number: number % 100,
    "boolean": lambda _field, number: number % 2 == 0,
    "date": lambda _field, number: wire_time(number % 9_000 * DAY_SECONDS)[:10],
    "datetime": lambda _field, number: wire_time(10**9 + number),
    "email": lambda field, number: f"{field.api_name.lower()}.{number}@people.example",
    "phone": lambda _field, number: f"(555) 555-01{number % 100:02}",
    "website": lambda _field, number: f"https://site-{number}.example",
    "picklist": _seeded_choice,
    "multiselectpicklist": _seeded_choices,
}


def sketched(wish: Mapping[str, Any]) -> Field:
    """A field from its sketch: ``api_name``, ``data_type`` and other attributes of a field."""
    given = {name: wish[name] for name in SKETCH_KEYS if wish.get(name) is not None}
    if "options" in given:
        given["options"] = tuple(map(str, given["options"]))
    given.setdefault("custom", True)
    if wish["data_type"] in {"formula", "autonumber"}:
        given["read_only"] = True
    if wish["data_type"] == "formula":
        given.setdefault("returns", "double")
    return sketch(str(wish["api_name"]), str(wish["data_type"]), **given)


SKETCH_KEYS = (
    "label", "length", "mandatory", "read_only", "custom", "options", "target", "related_list", "returns",
    "rich", "unique", "scale", "prefix", "tooltip",
)  # fmt: skip


def add_with_columns(store: Store, table: Table, wish: Mapping[str, Any]) -> Field:
    """Add a sketched field; of a subform the columns too."""
    field = add_field(store, table, sketched(wish))
    for column in wish.get("fields") or ():
        add_with_columns(store, store.tables[str(field.rows)], column)
    if wish.get("fill"):
        fill(store, table, field)
    return field
