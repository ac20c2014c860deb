"""The columns of a query: a path like ``Account_Name.Industry`` resolved by the schema, read from records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.zoho.answers import Refused
from sandbox.zoho.schema import Field, Module
from sandbox.zoho.shaping import reference
from sandbox.zoho.store import Record, Store

MOST_JOINS_IN_A_PATH = 2
# Types as conditions see them. Text compares without regard to case (an assumption; undocumented).
FAMILIES = {
    "bigint": "id", "lookup": "id", "ownerlookup": "id", "userlookup": "id",
    "integer": "number", "double": "number", "currency": "number", "percent": "number",
    "date": "date", "datetime": "datetime", "boolean": "boolean", "textarea": "unfilterable",
    "multiselectpicklist": "choices", "territories": "unfilterable",
}  # fmt: skip
LOOKUP_TYPES = frozenset({"lookup", "ownerlookup", "userlookup"})
UNSUPPORTED = frozenset({"subform", "multiselectlookup", "multiuserlookup", "fileupload", "imageupload"})
Reader = Callable[[Record], Any]


@dataclass(frozen=True)
class Column:
    """A resolved path: the module whose field it ends in, that field, and how many lookups it follows."""

    written: str
    module: Module
    field: Field
    steps: tuple[Field, ...]

    @property
    def family(self) -> str:
        """The type as conditions see it: text, choices, id, number, date and so on; some unfilterable."""
        return FAMILIES.get(self.field.kind, "text")


def resolve(store: Store, module: Module, written: str) -> Column:
    """Resolve a path.

    Raises:
        Refused: INVALID_QUERY with the column's name; LIMIT_EXCEEDED when it follows too many lookups.
    """
    parts = written.removeprefix("!").split(".")
    if written.startswith("!") and parts[0] == module.api_name:
        parts = parts[1:]
    *lookups, last = parts
    place, steps = module, []
    for name in lookups:
        step = place.by_name.get(name)
        if step is None or step.anywhere or step.data_type not in LOOKUP_TYPES:
            raise _invalid_column(written)
        steps.append(step)
        if step.target is not None:
            place = store.tables[step.target].module
    if len(steps) > MOST_JOINS_IN_A_PATH:
        raise Refused(400, "LIMIT_EXCEEDED", {"column_name": written, "limit": MOST_JOINS_IN_A_PATH})
    inside = steps[-1] if steps and steps[-1].target is None else None
    if inside is not None and last in {"name", "id"}:  # role and profile of a user: objects, not records
        return Column(written, place, Field(0, last, last, "text"), tuple(steps))
    field = place.by_name.get(last)
    if field is None or inside is not None:
        raise _invalid_column(written)
    if field.data_type in UNSUPPORTED:
        details = {"column_name": written, "reason": "data_type"}
        raise Refused(400, "INVALID_QUERY", details, "data type not supported")
    return Column(written, place, field, tuple(steps))


def stored_reader(store: Store, column: Column) -> Reader:
    """Reads the stored value of a column; None when a lookup on the way is empty."""
    name, blank = column.field.api_name, column.module.blank.get(column.field.api_name)
    if not column.steps:
        return (lambda record: record.id) if name == "id" else (lambda record: record.values.get(name, blank))

    def read(record: Record) -> Any:
        place: Any = record
        for step in column.steps:
            value = place.values.get(step.api_name)
            place = value if step.target is None else store.tables[step.target].records.get(value)
            if place is None:
                return None
        if isinstance(place, dict):
            return place.get(name)
        return place.id if name == "id" else place.values.get(name, blank)

    return read


def comparable_reader(store: Store, column: Column) -> Reader:
    """Reads a column as a value that can be compared: text without case, datetimes as instants."""
    read = stored_reader(store, column)
    if column.family == "choices" or column.field.api_name == "Tag":
        return lambda record: joined(read(record))
    if column.family == "text":
        return lambda record: None if (value := read(record)) is None else str(value).casefold()
    if column.family == "datetime":
        return lambda record: None if (value := read(record)) is None else datetime.fromisoformat(value)
    return read


def shown_reader(store: Store, column: Column) -> Reader:
    """Reads a column as the result shows it: lookups as name and id; of a user the last name only."""
    read = stored_reader(store, column)
    target = column.field.target
    if column.field.api_name == "id":
        return lambda record: None if (value := read(record)) is None else str(value)
    if target is None:
        return read
    if column.field.anywhere:
        return lambda record: None if (value := read(record)) is None else {"id": str(value)}
    return lambda record: shown_reference(store, target, read(record))


def joined(value: list[Any] | None) -> str | None:
    """Several options, or the names of tags, as conditions compare them: one text without case."""
    if not value:
        return None
    names = (one["name"] if isinstance(one, dict) else one for one in value)
    return ";".join(str(name) for name in names).casefold()


def shown_reference(store: Store, module: str, identity: int | None) -> dict[str, str] | None:
    """A lookup as COQL shows it."""
    made = reference(store, module, identity)
    if made is not None and module == "Users" and identity is not None:
        user = store.user_of(identity)
        return {"name": user.values["last_name"] if user else "", "id": made["id"]}
    return made


def _invalid_column(written: str) -> Refused:
    return Refused(400, "INVALID_QUERY", {"column_name": written}, "column given seems to be invalid")
