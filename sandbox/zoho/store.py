"""The organisation's records in memory. One thread, the server's event loop, touches them: no lock is needed.

Values stand here as they go over the wire, except lookups, which are the other record's id.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.zoho.answers import Refused
from sandbox.zoho.clock import SandboxClock, wire_time
from sandbox.zoho.schema import ORGANISATION_DIGITS, STAGES, Module, modules

FIRST_NEW_ID = ORGANISATION_DIGITS + 9_000_001


@dataclass(slots=True, eq=False)
class Record:
    """One record. ``created`` and ``modified`` are seconds since 1970."""

    id: int
    created: int
    modified: int
    values: dict[str, Any]


@dataclass(frozen=True)
class DeletedRecord:
    """What is left of a deleted record."""

    id: int
    display_name: str | None
    deleted_by: int
    created_by: int | None
    deleted: int


@dataclass
class Table:
    """The records of one module, with two indexes: by id, and by (modified, id)."""

    module: Module
    records: dict[int, Record] = field(default_factory=dict)
    deleted: list[DeletedRecord] = field(default_factory=list)
    _by_id: list[int] = field(default_factory=list)
    _by_modified: list[tuple[int, int]] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Put a record in."""
        self.records[record.id] = record
        insort(self._by_id, record.id)
        insort(self._by_modified, (record.modified, record.id))

    def remove(self, record: Record) -> None:
        """Take a record out."""
        del self.records[record.id]
        del self._by_id[bisect_left(self._by_id, record.id)]
        del self._by_modified[bisect_left(self._by_modified, (record.modified, record.id))]

    def touch(self, record: Record, modified: int) -> None:
        """Give a record another time of modification."""
        del self._by_modified[bisect_left(self._by_modified, (record.modified, record.id))]
        record.modified = modified
        record.values["Modified_Time"] = wire_time(modified)
        insort(self._by_modified, (modified, record.id))

    def in_id_order(self) -> list[Record]:
        """All records, ascending by id."""
        return [self.records[one] for one in self._by_id]

    def in_modified_order(self, after: int | None = None) -> list[Record]:
        """Records modified later than an instant (all, when there is none), ascending."""
        start = 0 if after is None else bisect_left(self._by_modified, (after + 1, 0))
        return [self.records[identity] for _, identity in self._by_modified[start:]]

    def display_name(self, record: Record) -> str | None:
        """What a lookup to the record is called."""
        name = record.values.get(self.module.display_field)
        return None if name is None else str(name)


# Told of a change: module, "insert", "update" or "delete", the record, and the names of what changed.
Listener = Callable[[str, str, Record, set[str]], None]


class Store:
    """All tables, the clock they are stamped by, and the user who acts through the API.

    Attributes:
        listeners: told of every insert, update and delete after it was made.
    """

    def __init__(self, clock: SandboxClock, acting_user: int) -> None:
        self.clock = clock
        self.acting_user = acting_user
        self.tables = {name: Table(module) for name, module in modules().items()}
        self._next_id = FIRST_NEW_ID
        self.listeners: list[Listener] = []

    def table(self, module: str) -> Table:
        """A module's records.

        Raises:
            Refused: INVALID_MODULE, there is none or its records are not served.
        """
        table = self.tables.get(module)
        if table is None or not table.module.has_records_api:
            raise Refused(400, "INVALID_MODULE", {"resource_path_index": 0})
        return table

    def user_of(self, identity: int) -> Record | None:
        """A user by id."""
        return self.tables["Users"].records.get(identity)

    def users(self) -> Iterator[Record]:
        """All users, by id."""
        return iter(self.tables["Users"].in_id_order())

    def insert(self, table: Table, values: Mapping[str, Any]) -> Record:
        """A new record, stamped with the present and the acting user."""
        now = self.clock.epoch()
        own = {"Owner": self.acting_user, "Tag": []} | dict(values)
        record = Record(self._next_id, now, now, own)
        self._next_id += 1
        complete(table.module, record, self.acting_user)
        table.add(record)
        self._tell(table, "insert", record, None)
        return record

    def update(self, table: Table, record: Record, values: Mapping[str, Any]) -> None:
        """Change some values of a record and its time of modification."""
        before = dict(record.values) if self.listeners else None
        record.values.update(values)
        record.values["Modified_By"] = self.acting_user
        _compute(table.module, record, given=values)
        table.touch(record, self.clock.epoch())
        self._tell(table, "update", record, before)

    def delete(self, table: Table, record: Record) -> None:
        """Move a record to the recycle bin."""
        table.remove(record)
        left = DeletedRecord(
            record.id,
            table.display_name(record),
            self.acting_user,
            record.values.get("Created_By"),
            self.clock.epoch(),
        )
        table.deleted.append(left)
        self._tell(table, "delete", record, None)

    def _tell(self, table: Table, operation: str, record: Record, before: Mapping[str, Any] | None) -> None:
        affected = {name for name, value in record.values.items() if before and before.get(name) != value}
        for listener in self.listeners:
            listener(table.module.api_name, operation, record, affected)


def complete(module: Module, record: Record, user: int) -> None:
    """Fill in what the system itself keeps: people, times, computed fields, empty fields as null."""
    kept = {
        "Created_By": user,
        "Modified_By": user,
        "Created_Time": wire_time(record.created),
        "Modified_Time": wire_time(record.modified),
        "Record_Status__s": "Available",
    }
    record.values = {**module.blank, **record.values, **kept}
    _compute(module, record, given=record.values)


def _compute(module: Module, record: Record, given: Mapping[str, Any]) -> None:
    values = record.values
    if module.api_name == "Deals":
        if given.get("Stage") in STAGES and given.get("Probability") is None:
            values["Probability"] = STAGES[given["Stage"]]  # an unknown stage keeps the old probability
        amount, probability = values["Amount"], values["Probability"]
        known = amount is not None and probability is not None
        values["Expected_Revenue"] = round(amount * probability / 100, 2) if known else None
    elif "Full_Name" in module.by_name:
        names = (values["First_Name"], values["Last_Name"])
        values["Full_Name"] = " ".join(name for name in names if name)
