"""One row of a bulk write: its texts become values, and these are inserted or change a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.zoho.bulk_mapping import Mapped
from sandbox.zoho.store import Record, Store, Table
from sandbox.zoho.written import WrongItem, check_mandatory, check_unique, read_values

PLACE = "$"


@dataclass(frozen=True)
class Written:
    """What became of a row: ADDED, UPDATED or SKIPPED, the record's id, and what was wrong."""

    status: str
    record: int | None
    error: str


class _Unreadable(Exception):
    """A text is no value of its field."""


class RowWriter:
    """Writes the rows of one job."""

    def __init__(
        self, store: Store, table: Table, mapped: tuple[Mapped, ...], operation: str, *, ignore_empty: bool
    ) -> None:
        self._store = store
        self.table = table
        self._mapped = mapped
        self._operation = operation
        self._ignore_empty = ignore_empty
        self._indexes: dict[tuple[str, str], dict[str, int]] = {}

    def write(self, line: list[str]) -> Written:
        """Write one row; a row that does not fit is left out and says why."""
        try:
            return self._write(self._item(line), line)
        except WrongItem as wrong:
            details = wrong.result["details"]
            about = details.get("api_name") or details.get("id") or ""
            return Written("SKIPPED", None, f"{wrong.result['code']}:{about}")
        except _Unreadable as error:
            return Written("SKIPPED", None, f"INVALID_DATA:{error}")

    def _write(self, item: dict[str, Any], line: list[str]) -> Written:
        store, table = self._store, self.table
        record = None if self._operation == "insert" else self._existing(line)
        if record is None and self._operation == "update":
            return Written("SKIPPED", None, "RECORD_NOT_FOUND")
        values = read_values(store, table.module, item, PLACE)
        check_mandatory(table.module, values, PLACE, partial=record is not None)
        check_unique(table, values, PLACE, but=record)
        if record is not None:
            store.update(table, record, values)
            return Written("UPDATED", record.id, "")
        added = store.insert(table, values)
        for key in self._keys:
            index = self._index(table, key.field.api_name)
            index.setdefault(self._text(key, line).casefold(), added.id)
        return Written("ADDED", added.id, "")

    @cached_property
    def _keys(self) -> tuple[Mapped, ...]:
        """What finds a record; without a wish the field that the module compares."""
        keys = tuple(one for one in self._mapped if one.key)
        own = self.table.module.duplicate_check
        return keys or tuple(one for one in self._mapped if one.field.api_name == own)

    def _existing(self, line: list[str]) -> Record | None:
        for key in self._keys:
            text = self._text(key, line)
            if not text:
                continue
            if key.field.api_name == "id":
                return self.table.records.get(int(text)) if text.isascii() and text.isdigit() else None
            identity = self._index(self.table, key.field.api_name).get(text.casefold())
            if identity is not None:
                return self.table.records[identity]
        return None

    def _item(self, line: list[str]) -> dict[str, Any]:
        item: dict[str, Any] = {}
        for one in self._mapped:
            text = self._text(one, line)
            if one.field.api_name == "id" or (not text and self._ignore_empty):
                continue
            item[one.field.api_name] = self._value(one, text) if text else None
        return item

    def _text(self, one: Mapped, line: list[str]) -> str:
        text = line[one.index] if one.index is not None and one.index < len(line) else ""
        return text or one.default or ""

    def _value(self, one: Mapped, text: str) -> Any:
        if one.found_by is not None:
            identity = self._index(self._store.tables[str(one.field.target)], one.found_by).get(
                text.casefold()
            )
            if identity is None:
                raise _Unreadable(one.field.api_name)
            return {"id": str(identity)}
        if one.field.target is not None:
            return {"id": text}
        try:
            return PARSERS.get(one.field.data_type, str)(text)
        except ValueError:
            raise _Unreadable(one.field.api_name) from None

    def _index(self, table: Table, name: str) -> dict[str, int]:
        """Ids by the values of a field, the first record counting; made once a job."""
        wanted = table.module.api_name, name
        if wanted not in self._indexes:
            made: dict[str, int] = {}
            for record in table.in_id_order():
                value = record.id if name == "id" else record.values.get(name)
                if value is not None:
                    made.setdefault(str(value).casefold(), record.id)
            self._indexes[wanted] = made
        return self._indexes[wanted]


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _number(text: str) -> int | float:
    return int(text) if text.removeprefix("-").isdecimal() else float(text)


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "integer": int,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "boolean": _boolean,
    "multiselectpicklist": lambda text: text.split(";"),
}
