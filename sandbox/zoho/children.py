"""Rows of subforms and links of multi-select lookups, as they are written with their record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.zoho.schema import Field, Module
from sandbox.zoho.store import Record, Store, Table
from sandbox.zoho.written import WrongItem, read_values

Change = tuple[Field, int | None, dict[str, Any] | None]  # the field, the row's id, its values (None: remove)


def read_children(store: Store, module: Module, item: Mapping[str, Any], place: str) -> list[Change]:
    """What an item says about the rows that belong to the record.

    Raises:
        WrongItem: a list is none, a row is no object or its values do not fit.
    """
    found: list[Change] = []
    for one in module.children:
        rows = item.get(one.api_name)
        if rows is None:
            continue
        where = f"{place}.{one.api_name}"
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            details = {"api_name": one.api_name, "json_path": where, "expected_data_type": "jsonarray"}
            raise WrongItem("INVALID_DATA", details)
        found += [_change(store, one, row, f"{where}[{number}]") for number, row in enumerate(rows)]
    return found


def _change(store: Store, one: Field, row: Mapping[str, Any], place: str) -> Change:
    table = store.tables[str(one.rows)]
    identity = int(row["id"]) if str(row.get("id", "")).isdecimal() else None
    if identity is not None and identity not in table.records:
        raise WrongItem("INVALID_DATA", {"id": str(identity), "json_path": place})
    if "_delete" in row:
        return one, identity, None
    return one, identity, read_values(store, table.module, row, place)


def write_children(store: Store, record: Record, changes: list[Change]) -> None:
    """Add, change and remove the rows of a record."""
    for one, identity, values in changes:
        table = store.tables[str(one.rows)]
        row = None if identity is None else table.records[identity]
        if values is None:
            if row is not None:
                store.drop_row(table, row)
        elif row is None:
            _add(store, table, one, values | {one.mine: record.id})
        else:
            store.update(table, row, values)


def _add(store: Store, table: Table, one: Field, values: dict[str, Any]) -> None:
    """A new row; a link that is already there is not made twice."""
    if one.theirs is not None:
        linked = (row.values for row in table.in_id_order())
        if any(row[one.mine] == values[one.mine] and row[one.theirs] == values[one.theirs] for row in linked):
            return
    store.insert(table, values)
