"""A stored record as the record API shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.zoho.schema import Module
from sandbox.zoho.store import Record, Store

SYSTEM_KEYS: dict[str, Any] = {
    "$approval_state": "approved",
    "$approved": True,
    "$currency_symbol": "$",
    "$editable": True,
    "$field_states": None,
    "$in_merge": False,
    "$locked_for_me": False,
    "$orchestration": False,
    "$process_flow": False,
    "$review": None,
    "$sharing_permission": "full_access",
    "$state": "save",
    "$zia_owner_assignment": "owner_recommendation_unavailable",
    "$approval": {"delegate": False, "takeover": False, "approve": False, "reject": False, "resubmit": False},
    "$review_process": {"approve": False, "reject": False, "resubmit": False},
}
Column = Callable[[Record], Any]


def shape(store: Store, module: Module, names: Iterable[str] | None) -> Callable[[Record], dict[str, Any]]:
    """How to show records: the named fields and the id, or everything. Unknown names are left out."""
    wanted = (*module.by_name, *SYSTEM_KEYS) if names is None else tuple(names)
    columns = [(name, column) for name in wanted if (column := _column(store, module, name)) is not None]

    def shown(record: Record) -> dict[str, Any]:
        made = {name: column(record) for name, column in columns}
        made["id"] = str(record.id)
        return made

    return shown


def reference(store: Store, module: str, identity: int | None) -> dict[str, str] | None:
    """A lookup's value: name and id of the other record, for a user the e-mail too; null when it is gone."""
    table = store.tables[module]
    name = None if identity is None else table.names([identity])[0]
    if name is None:
        return None
    made = {"name": name, "id": str(identity)}
    if module == "Users":
        made["email"] = table.kept[identity or 0].values["email"]
    return made


def user_receipt(store: Store, identity: int) -> dict[str, str]:
    """A user as the receipt of a write shows one: without e-mail."""
    user = store.user_of(identity)
    return {"name": user.values["full_name"] if user else "", "id": str(identity)}


def _column(store: Store, module: Module, name: str) -> Column | None:
    if name in SYSTEM_KEYS:
        return lambda _record: SYSTEM_KEYS[name]
    field = module.by_name.get(name)
    if field is None or name == "id":
        return None
    target = field.target
    if target is None:
        return lambda record: record.values[name]
    return lambda record: reference(store, target, record.values[name])
