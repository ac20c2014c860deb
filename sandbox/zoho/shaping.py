"""A stored record as the record API shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.zoho.schema import Field, Module
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
RECORD_KEYS = frozenset({"$se_module", "$converted", "$converted_detail"})  # differ from record to record
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
MOST_RICH_CHARACTERS = 500
Column = Callable[[Record], Any]


def shape(store: Store, module: Module, names: Iterable[str] | None) -> Callable[[Record], dict[str, Any]]:
    """How to show records: the named fields and the id, or everything. Unknown names are left out."""
    wanted = (*module.by_name, *SYSTEM_KEYS, *own_keys(module)) if names is None else tuple(names)
    columns = [(name, column) for name in wanted if (column := _column(store, module, name)) is not None]

    def shown(record: Record) -> dict[str, Any]:
        made = {name: column(record) for name, column in columns}
        made["id"] = str(record.id)
        return made

    return shown


def own_keys(module: Module) -> tuple[str, ...]:
    """The keys with a dollar sign that only this module's records have."""
    if module.api_name == "Leads":
        return ("$converted", "$converted_detail")
    return ("$se_module",) if any(one.anywhere for one in module.fields) else ()


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


def symbol_of(currency: str) -> str:
    """The sign of a currency; its code where there is none."""
    return SYMBOLS.get(currency, currency)


def user_receipt(store: Store, identity: int) -> dict[str, str]:
    """A user as the receipt of a write shows one: without e-mail."""
    user = store.user_of(identity)
    return {"name": user.values["full_name"] if user else "", "id": str(identity)}


def _column(store: Store, module: Module, name: str) -> Column | None:
    if name in SYSTEM_KEYS or name in RECORD_KEYS:
        return _system_column(name)
    field = module.by_name.get(name)
    if field is None or name == "id" or field.has_rows:
        return None
    if field.anywhere:
        return lambda record: pointer(store, module, record, name)
    target, blank = field.target, module.blank.get(name)
    if target is not None:
        return lambda record: reference(store, target, record.values.get(name))
    if field.rich:
        return lambda record: cut(record.values.get(name))
    return lambda record: record.values.get(name, blank)


def _system_column(name: str) -> Column:
    if name == "$currency_symbol":
        return lambda record: symbol_of(record.values.get("Currency") or "USD")
    if name == "$converted":
        return lambda record: bool(record.values.get(name))
    return lambda record: record.values.get(name) if name in RECORD_KEYS else SYSTEM_KEYS[name]


def pointer(store: Store, module: Module, record: Record, name: str) -> dict[str, Any] | None:
    """A lookup into any module: name and id of the other record; a note says the module too."""
    identity, target = record.values.get(name), record.values.get("$se_module")
    if identity is None or target not in store.tables:
        return None
    made: dict[str, Any] | None = reference(store, target, identity)
    if made is not None and module.api_name == "Notes":
        made["module"] = {"api_name": target, "id": str(store.tables[target].module.id)}
    return made


def cut(text: str | None) -> str | None:
    """Rich text as records show it: its first characters. ``fetch_full_data`` gives the whole."""
    return None if text is None else text[:MOST_RICH_CHARACTERS]


def with_rows(store: Store, module: Module, record: Record) -> dict[str, Any]:
    """Subforms and multi-select lookups, which only a single record shows."""
    made: dict[str, Any] = {one.api_name: _rows(store, one, record) for one in module.children}
    if made:
        made["$has_more"] = dict.fromkeys(made, False)
    return made


def _rows(store: Store, one: Field, record: Record) -> list[dict[str, Any]]:
    module = store.tables[str(one.rows)].module
    names = tuple(module.by_name) if one.theirs is None else (one.theirs,)
    return list(map(shape(store, module, names), store.rows_of(record, one)))
