"""Which column of a bulk write's CSV goes into which field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.zoho.answers import Refused
from sandbox.zoho.schema import Field, Module
from sandbox.zoho.store import Store
from sandbox.zoho.written import LINK_TYPES, READERS


@dataclass(frozen=True)
class Mapped:
    """A field and the column it comes from; without one its default. ``found_by`` finds a lookup's record.

    ``key`` says that the column finds the record that is updated.
    """

    field: Field
    index: int | None
    found_by: str | None
    default: str | None
    key: bool

    def as_json(self) -> dict[str, Any]:
        """As the job's details show it."""
        return {
            "api_name": self.field.api_name,
            "index": self.index,
            "find_by": self.found_by,
            "default_value": None if self.default is None else {"value": self.default},
            "format": None,
            "parent_column_index": None,
        }


def read_mapping(
    store: Store, module: Module, resource: Mapping[str, Any], header: list[str]
) -> tuple[Mapped, ...]:
    """The mapping that a job gives, or by the header's names when it gives none.

    Raises:
        Refused: a field is unknown or cannot be written, a column is not there.
    """
    wanted = resource.get("field_mappings")
    if wanted is None:
        wanted = [{"api_name": name, "index": place} for place, name in enumerate(header)]
    if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
        raise Refused(400, "INVALID_DATA", {"api_name": "field_mappings"})
    key = resource.get("find_by")
    made = tuple(_mapped(store, module, one, len(header), key) for one in wanted)
    if key is not None and not any(one.key for one in made):
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": str(key)})
    return made


def _mapped(store: Store, module: Module, wish: Mapping[str, Any], columns: int, key: object) -> Mapped:
    name, index = wish.get("api_name"), wish.get("index")
    field = module.by_name.get(str(name))
    if field is None:
        raise Refused(400, "FIELD_NOT_AVAILABLE", {"api_name": str(name)})
    writable = not field.read_only and field.data_type in READERS.keys() | LINK_TYPES
    if not writable and name != "id":
        raise Refused(400, "FIELD_NOT_SUPPORTED", {"api_name": str(name)})
    default = wish.get("default_value")
    value = default.get("value") if isinstance(default, dict) else None
    if index is None and value is None:
        raise Refused(400, "MANDATORY_NOT_FOUND", {"api_name": "index"})
    if index is not None and (not isinstance(index, int) or not 0 <= index < columns):
        raise Refused(400, "INVALID_DATA", {"api_name": "index", "field": str(name)})
    found_by = wish.get("find_by")
    if found_by is not None and name != key:
        target = store.tables.get(str(field.target))
        if target is None or found_by not in target.module.by_name:
            raise Refused(400, "INVALID_DATA", {"api_name": "find_by", "field": str(name)})
    own = name == key or (key is None and name == "id")
    text = None if value is None else str(value)
    return Mapped(field, index, None if name == key or found_by is None else str(found_by), text, own)
