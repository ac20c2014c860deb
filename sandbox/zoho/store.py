"""The organisation's records in memory. One thread, the server's event loop, touches them: no lock is needed.

Values stand here as they go over the wire, except lookups, which are the other record's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sandbox.zoho.answers import Refused
from sandbox.zoho.clock import SandboxClock, wire_time
from sandbox.zoho.extra_schema import extra_modules
from sandbox.zoho.schema import ORGANISATION_DIGITS, STAGES, Field, Module, modules
from sandbox.zoho.table import DeletedRecord, Record, Table, key_of

__all__ = ["DeletedRecord", "Record", "Store", "Table", "complete", "key_of"]

FIRST_NEW_ID = ORGANISATION_DIGITS + 9_000_001


# Told of a change: module, "insert", "update" or "delete", the record, and the names of what changed.
Listener = Callable[[str, str, Record, set[str]], None]


class Store:
    """All tables, the clock they are stamped by, and the user who acts through the API.

    Attributes:
        administrator: who acts unless somebody else has consented.
        listeners: told of every insert, update and delete after it was made.
    """

    def __init__(self, clock: SandboxClock, acting_user: int) -> None:
        self.clock = clock
        self.administrator = self.acting_user = acting_user
        self.tables = {name: Table(module) for name, module in (modules() | extra_modules()).items()}
        self.currencies: dict[str, float] = {}  # rates by ISO code, the home one first; empty: one only
        self._numbers: dict[int, int] = {}
        self._next_id = FIRST_NEW_ID
        self.listeners: list[Listener] = []

    def first_new_id(self, identity: int) -> None:
        """New records get ids from this one on."""
        self._next_id = identity

    @contextmanager
    def acting(self, user: int | None) -> Iterator[None]:
        """Whatever is done inside is done by this user; None: by the usual one."""
        usual, self.acting_user = self.acting_user, user or self.acting_user
        try:
            yield
        finally:
            self.acting_user = usual

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

    def new_id(self) -> int:
        """An id that nothing else has."""
        self._next_id += 1
        return self._next_id - 1

    def insert(self, table: Table, values: Mapping[str, Any]) -> Record:
        """A new record, stamped with the present and the acting user."""
        now = self.clock.epoch()
        own = (
            {"Owner": self.acting_user, "Tag": []} | dict(values) | self._rate(table.module, values, new=True)
        )
        record = Record(self.new_id(), now, now, own)
        self._number(table.module, own)
        complete(table.module, record, self.acting_user)
        table.add(record)
        self._tell(table, "insert", record, None)
        return record

    def update(self, table: Table, record: Record, values: Mapping[str, Any]) -> None:
        """Change some values of a record and its time of modification."""
        called = table.display_name(record)
        before = dict(record.values) if self.listeners else None
        record.values.update(values)
        record.values.update(self._rate(table.module, values, new=False))
        record.values["Modified_By"] = self.acting_user
        _compute(table.module, record, given=values)
        table.touch(record, self.clock.epoch())
        if table.display_name(record) != called:
            table.naming += 1
        self._tell(table, "update", record, before)

    def delete(self, table: Table, record: Record) -> None:
        """Move a record to the recycle bin."""
        children = self._take_children(table.module, record)
        table.remove(record)
        left = DeletedRecord(
            record.id,
            table.display_name(record),
            self.acting_user,
            record.values.get("Created_By"),
            self.clock.epoch(),
            record,
            children,
        )
        table.deleted.append(left)
        self._tell(table, "delete", record, None)

    def _tell(self, table: Table, operation: str, record: Record, before: Mapping[str, Any] | None) -> None:
        affected = {name for name, value in record.values.items() if before and before.get(name) != value}
        for listener in self.listeners:
            listener(table.module.api_name, operation, record, affected)

    def restore(self, table: Table, left: DeletedRecord) -> Record | None:
        """Bring a record back from the recycle bin as it was, its time of modification too."""
        if left.record is None:
            return None
        table.deleted.remove(left)
        table.add(left.record)
        for module, child in left.children:
            self.tables[module].add(child)
        return left.record

    def rows_of(self, record: Record, one: Field) -> list[Record]:
        """The rows of a subform or the links of a multi-select lookup, by id."""
        rows = () if one.rows is None else self.tables[one.rows].in_id_order()
        return [row for row in rows if row.values.get(one.mine) == record.id]

    def drop_row(self, table: Table, row: Record) -> None:
        """Remove a row of a subform or a link: no deleted list tells of these."""
        table.remove(row)

    def _take_children(self, module: Module, record: Record) -> tuple[tuple[str, Record], ...]:
        found = [(str(one.rows), row) for one in module.children for row in self.rows_of(record, one)]
        for name, row in found:
            self.tables[name].remove(row)
        return tuple(found)

    def _rate(self, module: Module, values: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        """The currency of a new record and the rate of the day, which a record keeps."""
        if "Exchange_Rate" not in module.by_name or not (new or values.get("Currency")):
            return {}
        currency = values.get("Currency") or next(iter(self.currencies))
        rate = values.get("Exchange_Rate") or self.currencies.get(currency, 1)
        return {"Currency": currency, "Exchange_Rate": rate}

    def _number(self, module: Module, values: dict[str, Any]) -> None:
        """Give the next number where a field counts by itself."""
        for one in module.fields:
            if one.data_type == "autonumber":
                self._numbers[one.id] = self._numbers.get(one.id, 0) + 1
                values[one.api_name] = f"{one.prefix}{self._numbers[one.id]}"


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
    elif module.api_name == "Calls":
        minutes, _, seconds = str(values["Call_Duration"] or "").partition(":")
        timed = minutes.isdecimal() and seconds.isdecimal()
        values["Call_Duration_in_seconds"] = int(minutes) * 60 + int(seconds) if timed else None
    elif "Full_Name" in module.by_name:
        names = (values["First_Name"], values["Last_Name"])
        values["Full_Name"] = " ".join(name for name in names if name)
