"""The records of one module: those that are kept, and under them perhaps such as are computed.

Values stand here as they go over the wire, except lookups, which are the other record's id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, overload

import numpy as np

from sandbox.zoho.clock import wire_time
from sandbox.zoho.draws import Indexes
from sandbox.zoho.ordering import ComputedOrder, Key, Order, Window
from sandbox.zoho.placement import ID_STEP, Placement
from sandbox.zoho.schema import Module

STRETCH = 1_000  # records made at once


@dataclass(slots=True, eq=False)
class Record:
    """One record. ``created`` and ``modified`` are seconds since 1970; ``version`` counts its changes."""

    id: int
    created: int
    modified: int
    values: dict[str, Any]
    version: int = 0


@dataclass(frozen=True)
class DeletedRecord:
    """What is left of a deleted record."""

    id: int
    display_name: str | None
    deleted_by: int
    created_by: int | None
    deleted: int
    record: Record | None = None
    children: tuple[tuple[str, Record], ...] = ()  # rows that went with it, with their modules


class ComputedRows(Protocol):
    """Records that are not kept but computed: those a generated organisation begins with."""

    @property
    def placement(self) -> Placement:
        """Where each record stands."""

    @property
    def orders(self) -> tuple[ComputedOrder, ComputedOrder, ComputedOrder]:
        """The orders by id, by time of creation and by time of modification."""

    def column(self, module: Module, name: str, index: Indexes) -> list[Any]:
        """The stored values of a field for some rows."""

    def records(self, module: Module, index: Indexes, names: Collection[str] | None = None) -> list[Record]:
        """Some records, made anew, with all fields or some."""


@dataclass
class Table:
    """The records of one module, in three orders: by id, by (created, id) and by (modified, id).

    A table may stand on computed rows. A record among these is made anew whenever it is asked for, until it
    is changed: from then on the table keeps it. So a change of a record's values is not one before it is told
    by ``touch`` or ``changed``.
    """

    module: Module
    deleted: list[DeletedRecord] = field(default_factory=list)
    kept: dict[int, Record] = field(default_factory=dict)
    naming: int = 0  # counts what changes how other records show a lookup to one of these
    changes: int = 0

    def __post_init__(self) -> None:
        self.computed: ComputedRows | None = None
        self.records = Records(self)
        self._gone: set[int] = set()
        self._hidden: set[int] = set()
        self._sorted: tuple[tuple[int, str, int], list[Key]] | None = None
        self.orders = {name: Order() for name in ("id", "Created_Time", "Modified_Time")}

    def stand_on(self, rows: ComputedRows) -> None:
        """Begin with computed rows; there must be no others yet."""
        self.computed = rows
        self.orders = {name: Order(order) for name, order in zip(self.orders, rows.orders, strict=True)}

    def add(self, record: Record) -> None:
        """Put a record in."""
        number = self.number(record.id)
        if number is not None:
            self._hide(record.id, number)
        self.kept[record.id] = record
        self.changes += 1
        for name, order in self.orders.items():
            order.add(key_of(record, name))
        if record.id in self._gone:
            self._gone.discard(record.id)
            self.naming += 1

    def remove(self, record: Record) -> None:
        """Take a record out."""
        self._keep(record)
        for name, order in self.orders.items():
            order.drop(key_of(record, name))
        del self.kept[record.id]
        self.changes += 1
        self._gone.add(record.id)
        self.naming += 1

    def touch(self, record: Record, modified: int) -> None:
        """Give a record another time of modification."""
        self._keep(record)
        order = self.orders["Modified_Time"]
        order.drop((record.modified, record.id))
        record.modified = modified
        record.values["Modified_Time"] = wire_time(modified)
        order.add((modified, record.id))
        record.version += 1
        self.changes += 1

    def changed(self, record: Record) -> None:
        """A record's values were changed without moving its time of modification."""
        self._keep(record)
        record.version += 1
        self.naming += 1

    def number(self, identity: int) -> int | None:
        """The number of a computed row that is as it was made; None for every other id."""
        if self.computed is None or identity in self._hidden:
            return None
        return self.computed.placement.number(identity)

    def key(self, identity: int, name: str) -> Key:
        """Where a record stands in an order."""
        record = self.kept.get(identity)
        if record is not None:
            return key_of(record, name)
        number = self.number(identity)
        if name == "id" or number is None or self.computed is None:
            return (identity,)
        place = self.computed.placement
        return (place.created(number) if name == "Created_Time" else place.modified(number), identity)

    def in_id_order(self) -> Listing:
        """All records, ascending by id."""
        return Listing(self, self.orders["id"].window())

    def in_modified_order(self, after: int | None = None) -> Listing:
        """Records modified later than an instant (all, when there is none), ascending."""
        return Listing(
            self, self.orders["Modified_Time"].window() if after is None else self.changed_after(after)
        )

    def changed_after(self, instant: int) -> Window:
        """Where the records modified later than an instant stand in the order of modification."""
        order = self.orders["Modified_Time"]
        return Window(order, order.rank((instant + 1,)), len(order))

    def keys_changed_after(self, instant: int, name: str) -> list[Key]:
        """The records modified later than an instant in another order; sorted once until one changes."""
        wanted = instant, name, self.changes
        if self._sorted is None or self._sorted[0] != wanted:
            changed = self.changed_after(instant)
            keys = sorted(self.key(one, name) for one in changed.ids(0, len(changed)))
            self._sorted = wanted, keys
        return self._sorted[1]

    def iterate(
        self, after: int = 0, *, skip: int = 0, names: Collection[str] | None = None
    ) -> Iterator[Record]:
        """All records with a greater id, less the first ``skip``, ascending by id.

        Computed ones are made in stretches; with ``names`` they hold only these fields, which is faster.
        Records may come and go in between: each stretch begins behind the last id of the one before.
        """
        while ids := self.orders["id"].window((after,)).ids(skip, skip + STRETCH):
            yield from self.fetch(ids, names)
            after, skip = ids[-1], 0

    def fetch(self, ids: Sequence[int], names: Collection[str] | None = None) -> list[Record]:
        """The records with these ids, which must all be there; computed ones with these fields only."""
        made: dict[int, Record] = {}
        if self.computed is not None:
            numbers = [number for one in ids if (number := self.number(one)) is not None]
            index = np.array(numbers, dtype=np.int64)
            made = (
                {one.id: one for one in self.computed.records(self.module, index, names)} if numbers else made
            )
        kept = self.kept
        return [kept[one] if one in kept else made[one] for one in ids]

    def times(self, ids: Sequence[int]) -> list[int]:
        """When the records with these ids, which must all be there, were modified."""
        if self.computed is None:
            return [self.kept[one].modified for one in ids]
        place = self.computed.placement
        found = place.modified_times((np.array(ids, dtype=np.int64) - place.first_id) // ID_STEP)
        times: list[int] = found.tolist()
        if self.kept:
            for at, record in enumerate(map(self.kept.get, ids)):
                if record is not None:
                    times[at] = record.modified
        return times

    def names(self, ids: Sequence[int | None]) -> list[str | None]:
        """What lookups to the records are called; None where there is no such record."""
        if self.computed is not None and not self._hidden and None not in ids:
            index = self.computed.placement.numbers(np.array(ids, dtype=np.int64))
            if index is not None:
                return self.computed.column(self.module, self.module.display_field, index)
        found: list[str | None] = [self._kept_name(one) for one in ids]
        if self.computed is None:
            return found
        numbers = [
            (at, number) for at, one in enumerate(ids) if one and (number := self.number(one)) is not None
        ]
        if numbers:
            index = np.array([number for _, number in numbers], dtype=np.int64)
            named = self.computed.column(self.module, self.module.display_field, index)
            for (at, _), name in zip(numbers, named, strict=True):
                found[at] = "" if name is None else str(name)
        return found

    def display_name(self, record: Record) -> str | None:
        """What a lookup to the record is called."""
        name = record.values.get(self.module.display_field)
        return None if name is None else str(name)

    def _kept_name(self, identity: int | None) -> str | None:
        record = None if identity is None else self.kept.get(identity)
        return None if record is None else self.display_name(record) or ""

    def _keep(self, record: Record) -> None:
        """A record that was computed is kept from now on."""
        if record.id not in self.kept:
            self.add(record)

    def _hide(self, identity: int, number: int) -> None:
        if self.computed is not None:
            self._hidden.add(identity)
            place = self.computed.placement.modified_place(number)
            for (_, order), at in zip(self.orders.items(), (number, number, place), strict=True):
                order.hide(at)


def key_of(record: Record, name: str) -> Key:
    """Where a record stands in an order."""
    if name == "id":
        return (record.id,)
    return (record.created if name == "Created_Time" else record.modified, record.id)


class Records(Mapping[int, Record]):
    """A table's records by id."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table.orders["id"])

    def __iter__(self) -> Iterator[int]:
        window = self._table.orders["id"].window()
        for start in range(0, len(window), STRETCH):
            yield from window.ids(start, start + STRETCH)

    def __contains__(self, identity: object) -> bool:
        table = self._table
        return isinstance(identity, int) and (identity in table.kept or table.number(identity) is not None)

    def __getitem__(self, identity: int) -> Record:
        kept = self._table.kept.get(identity)
        if kept is not None:
            return kept
        if identity not in self:  # an empty lookup asks for None
            raise KeyError(identity)
        return self._table.fetch([identity])[0]

    def values(self) -> Any:
        """The records, ascending by id."""
        return self._table.in_id_order()


class Listing(Sequence[Record]):
    """Records of a table in an order, made when they are looked at."""

    def __init__(self, table: Table, window: Window) -> None:
        self._table = table
        self._window = window

    def __len__(self) -> int:
        return len(self._window)

    def __iter__(self) -> Iterator[Record]:
        for start in range(0, len(self), STRETCH):
            yield from self._table.fetch(self._window.ids(start, start + STRETCH))

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step == 1:
                return self._table.fetch(self._window.ids(start, stop))
            return [self[one] for one in range(start, stop, step)]
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        return self._table.fetch(self._window.ids(place, place + 1))[0]
