"""Values that a client writes: checked by type and length, and turned into what is stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sandbox.zoho.answers import envelope
from sandbox.zoho.clock import ZONE, wire_time
from sandbox.zoho.invented import number_for
from sandbox.zoho.schema import ORGANISATION_DIGITS, Field, Module
from sandbox.zoho.store import Record, Store, Table

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"[0-9a-zA-Z+.()\-;\s]+")


class WrongItem(Exception):
    """One item of a write fails; ``result`` is its line of the answer."""

    def __init__(self, code: str, details: Mapping[str, Any], message: str | None = None) -> None:
        super().__init__(code)
        self.result = envelope(code, details, message)


def read_values(store: Store, module: Module, item: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The stored values of one item. Unknown names and what only the system writes are ignored, as Zoho does.

    Raises:
        WrongItem: a value does not fit its field; several give MULTIPLE_OR_MULTI_ERRORS.
    """
    values: dict[str, Any] = {}
    wrong: list[dict[str, Any]] = []
    for name, value in item.items():
        field = module.by_name.get(name)
        if field is None or field.read_only or field.data_type not in READERS.keys() | LINK_TYPES:
            continue
        try:
            values |= (
                _pointer(store, field, item)
                if field.anywhere
                else {name: None if value is None else _stored(store, field, value)}
            )
        except _Unfit as unfit:
            details = {"api_name": name, "json_path": f"{place}.{name}", **unfit.details}
            wrong.append(envelope("INVALID_DATA", details))
    if len(wrong) > 1:
        raise WrongItem("MULTIPLE_OR_MULTI_ERRORS", {"errors": wrong}, "the record has multiple errors")
    if wrong:
        raise WrongItem("INVALID_DATA", wrong[0]["details"])
    return values


def check_mandatory(module: Module, values: Mapping[str, Any], place: str, *, partial: bool) -> None:
    """What must be there is there; in an update only what is given counts.

    Raises:
        WrongItem: MANDATORY_NOT_FOUND for the first that is missing.
    """
    for field in module.fields:
        given = field.api_name in values
        if field.mandatory and values.get(field.api_name) in (None, "") and (given or not partial):
            details = {"api_name": field.api_name, "json_path": f"{place}.{field.api_name}"}
            raise WrongItem("MANDATORY_NOT_FOUND", details)


def check_unique(table: Table, values: Mapping[str, Any], place: str, *, but: Record | None) -> None:
    """No other record has the value of a field that wants it to be unique.

    Raises:
        WrongItem: DUPLICATE_DATA with the record that has it.
    """
    for field in table.module.fields:
        value = values.get(field.api_name)
        if not field.unique or value is None:
            continue
        twin = same_value(table, field.api_name, value)
        if twin is not None and (but is None or twin.id != but.id):
            details = {
                "api_name": field.api_name,
                "json_path": f"{place}.{field.api_name}",
                "duplicate_record": {
                    "id": str(twin.id),
                    "module": {"api_name": table.module.api_name, "id": str(table.module.id)},
                },
            }
            raise WrongItem("DUPLICATE_DATA", details, "duplicate data")


def same_value(table: Table, name: str, value: Any) -> Record | None:
    """The first record with a value, letters of either case alike."""
    wanted = str(value).casefold()
    for record in table.in_id_order():
        has = record.values.get(name)
        if has is not None and str(has).casefold() == wanted:
            return record
    return None


class _Unfit(Exception):
    def __init__(self, **details: Any) -> None:
        super().__init__("unfit")
        self.details = details


def _stored(store: Store, field: Field, value: Any) -> Any:
    if field.api_name == "Tag":
        return _tags(value)
    if field.target is not None:
        return _link(store, field.target, value)
    return READERS[field.data_type](field, value)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _Unfit(expected_data_type="string")
    if len(value) > field.length:
        raise _Unfit(maximum_length=field.length)
    return value


def _email(field: Field, value: Any) -> str:
    text = _text(field, value)
    if not EMAIL.fullmatch(text):
        raise _Unfit(expected_data_type="email")
    return text


def _phone(field: Field, value: Any) -> str:
    text = _text(field, value)
    if not PHONE.fullmatch(text):
        raise _Unfit(regex=PHONE.pattern)
    return text


def _integer(field: Field, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Unfit(expected_data_type="integer")
    if len(str(abs(value))) > field.length:
        raise _Unfit(maximum_length=field.length)
    return value


def _double(field: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Unfit(expected_data_type="double")
    if len(str(abs(int(value)))) > field.length:
        raise _Unfit(maximum_length=field.length)
    return value


def _boolean(_field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Unfit(expected_data_type="boolean")
    return value


def _date(_field: Field, value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise _Unfit(expected_data_type="date") from None


def _datetime(_field: Field, value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Unfit(expected_data_type="datetime") from None
    return wire_time(int((moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp()))


def _link(store: Store, target: str, value: Any) -> int:
    given = value.get("id") if isinstance(value, dict) else value
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdigit()):
        raise _Unfit(expected_data_type="jsonobject")
    if int(text) not in store.tables[target].records:
        raise _Unfit(id=text)
    return int(text)


def _pointer(store: Store, field: Field, item: Mapping[str, Any]) -> dict[str, Any]:
    """A lookup into any module, which the value or the item names; else the module that has such a record."""
    value = item[field.api_name]
    if value is None:
        return {field.api_name: None, "$se_module": None}
    module = value.get("module") if isinstance(value, dict) else None
    named = module.get("api_name") if isinstance(module, dict) else item.get("$se_module")
    given = value.get("id") if isinstance(value, dict) else value
    if named is None and str(given).isdecimal():
        holders = (name for name, table in store.tables.items() if int(str(given)) in table.records)
        named = next(holders, None)
    if named not in store.tables:
        raise _Unfit(expected_data_type="jsonobject")
    return {field.api_name: _link(store, str(named), value), "$se_module": named}


def _choices(field: Field, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Unfit(expected_data_type="jsonarray")
    return list(dict.fromkeys(_text(field, one) for one in value))


def _big(field: Field, value: Any) -> str:
    text = str(value)
    if isinstance(value, bool) or not text.removeprefix("-").isdecimal():
        raise _Unfit(expected_data_type="bigint")
    return _text(field, text)


def _tags(value: Any) -> list[dict[str, str | None]]:
    if not isinstance(value, list) or not all(isinstance(tag, dict) and tag.get("name") for tag in value):
        raise _Unfit(expected_data_type="jsonarray")
    return [
        {
            "name": str(tag["name"]),
            "id": str(ORGANISATION_DIGITS + 70_000 + number_for(str(tag["name"]), 1000)),
            "color_code": tag.get("color_code"),
        }
        for tag in value
    ]


READERS: Mapping[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "textarea": _text,
    "website": _text,
    "picklist": _text,  # what is no option is accepted and stored, as recorded live
    "email": _email,
    "phone": _phone,
    "integer": _integer,
    "currency": _double,
    "percent": _double,
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "bigint": _big,
    "multiselectpicklist": _choices,
}
LINK_TYPES = frozenset({"lookup", "ownerlookup", "userlookup"})
