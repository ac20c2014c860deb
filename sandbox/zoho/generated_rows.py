"""Generated records of one module: any column of any rows, computed when it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import repeat
from typing import Any

import numpy as np

from sandbox.zoho.draws import Indexes
from sandbox.zoho.generated_values import Column, constant, wire_times
from sandbox.zoho.placement import ByCreated, ById, ByModified, Placement
from sandbox.zoho.schema import Module
from sandbox.zoho.store import Record, complete


class GeneratedRows:
    """The records of a module as they are in the beginning.

    A column belongs to a field's id, so that it keeps its values when the field gets another name; a field
    that has no column holds what a new record holds in it.
    """

    def __init__(
        self, module: Module, placement: Placement, columns: Mapping[str, Column], user: int
    ) -> None:
        self.placement = placement
        self.orders = ById(placement), ByCreated(placement), ByModified(placement)
        times: dict[str, Column] = {
            "Created_Time": lambda index: wire_times(placement.created_times(index)),
            "Modified_Time": lambda index: wire_times(placement.modified_times(index)),
            "id": lambda index: [str(one) for one in placement.identities(index).tolist()],
        }
        named = {**columns, **times}
        self._columns = {one.id: named[one.api_name] for one in module.fields if one.api_name in named}
        self._user = user
        self._blank: tuple[Module, dict[str, Any]] | None = None

    @property
    def count(self) -> int:
        """How many records there are."""
        return self.placement.count

    def column(self, module: Module, name: str, index: Indexes) -> list[Any]:
        """The stored values of a field for some rows."""
        made = self._columns.get(module.by_name[name].id)
        if made is not None:
            return made(index)
        value = self._blank_of(module)[name]
        if isinstance(value, list):
            return [list(value) for _ in range(len(index))]
        return constant(value)(index)

    def record(self, module: Module, number: int) -> Record:
        """One record, made anew."""
        return self.records(module, np.array([number], dtype=np.int64))[0]

    def records(self, module: Module, index: Indexes, wanted: Collection[str] | None = None) -> list[Record]:
        """Some records, made anew, with all fields or some."""
        every = (one.api_name for one in module.fields if one.api_name != "id")
        names = [name for name in every if wanted is None or name in wanted]
        columns = [self.column(module, name, index) for name in names]
        rows = zip(*columns, strict=True) if columns else repeat((), len(index))
        ids = self.placement.identities(index).tolist()
        created = self.placement.created_times(index).tolist()
        modified = self.placement.modified_times(index).tolist()
        return [
            Record(identity, made, changed, dict(zip(names, row, strict=True)))
            for identity, made, changed, row in zip(ids, created, modified, rows, strict=True)
        ]

    def _blank_of(self, module: Module) -> dict[str, Any]:
        if self._blank is None or self._blank[0] is not module:
            empty = Record(0, 0, 0, {"Owner": self._user, "Tag": []})
            complete(module, empty, self._user)
            self._blank = module, empty.values
        return self._blank[1]
