"""A CRM in memory that behaves as badly as the rules allow.

Lists are paged by offset, so that deletions shift them; bulk jobs give a snapshot in no order; queries and
bulk jobs give lookups without names and no converted leads; a restored record keeps its Modified_Time.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from connector.errors import ConnectorError, NotOffered, StartOver
from connector.mapping import COLUMNS
from connector.ports import (
    CrmRecord,
    CrmUser,
    DeletedPage,
    Deletion,
    FieldDescription,
    ModuleDescription,
    Organisation,
    Page,
    Selection,
    Unreadable,
)

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
Row = dict[str, Any]


class SettableClock:
    """A clock that moves when it is told to."""

    def __init__(self, now: datetime = START) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant

    def forward(self, **duration: float) -> None:
        self.instant += timedelta(**duration)


@dataclass
class FakeModule:
    """A module's records by id, what was deleted, and what lies in the recycle bin."""

    fields: tuple[FieldDescription, ...]
    records: dict[str, Row] = field(default_factory=dict)
    deletions: list[Deletion] = field(default_factory=list)
    bin: dict[str, Row] = field(default_factory=dict)
    kind: str = "default"
    readable: bool = True


@dataclass
class FakeCrm:
    """The port CrmSource in memory.

    Attributes:
        before_page: may change things, or raise, before each page.
        refused: names of the readings that are not offered.
        forgets: names of the readings whose place is forgotten, once each.
        errors: module -> what every reading of it raises.
        counted_more: module -> how far the count is off.
    """

    clock: SettableClock
    modules_held: dict[str, FakeModule]
    per_page: int = 3
    before_page: Callable[[], None] = lambda: None
    refused: set[str] = field(default_factory=set)
    forgets: set[str] = field(default_factory=set)
    errors: dict[str, ConnectorError] = field(default_factory=dict)
    counted_more: dict[str, int | None] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    people: list[CrmUser] = field(default_factory=list)
    name: str = "Maven Hardware"
    organisation_id: str = "1"
    _next_id: int = 1000
    _jobs: dict[str, list[Row]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def organisation(self) -> Organisation:
        self.asked.append(("organisation",))
        return Organisation(self.organisation_id, self.name, "America/New_York", "USD", "org1")

    def users(self) -> tuple[CrmUser, ...]:
        return tuple(self.people)

    def modules(self) -> tuple[ModuleDescription, ...]:
        return tuple(
            ModuleDescription(name, name, one.kind, one.readable) for name, one in self.modules_held.items()
        )

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        self.asked.append(("fields", module))
        return self.modules_held[module].fields

    def count(self, module: str, since: datetime | None = None) -> int | None:
        self.asked.append(("count", module))
        more = self.counted_more.get(module, 0)
        return None if more is None else len(self._rows(module, since, converted=False)) + more

    def listed(self, selection: Selection, after: str | None = None) -> Iterator[Page]:
        yield from self._by_offset("listed", selection, after, lambda: self._rows(selection.module))

    def listed_changes(self, selection: Selection, since: datetime) -> Iterator[Page]:
        def rows() -> list[Row]:
            return sorted(self._rows(selection.module, since), key=_by_change, reverse=True)

        for page in self._by_offset("listed_changes", selection, None, rows):
            yield Page(page.records, page.unreadable, None, page.read_at)

    def queried(
        self,
        selection: Selection,
        after: str | None = None,
        *,
        until: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[Page]:
        more = True
        while more:
            with self._lock:
                self._before("queried", selection, after)
                rows = [
                    row
                    for row in self._rows(selection.module, since, converted=False)
                    if (after is None or int(row["id"]) > int(after))
                    and (until is None or int(row["id"]) <= int(until))
                ]
                shown, more = rows[: self.per_page], len(rows) > self.per_page
                after = shown[-1]["id"] if more else None
                page = self._page(selection, shown, after, names=False)
            yield page

    def queried_changes(
        self, selection: Selection, since: datetime, after: str | None = None
    ) -> Iterator[Page]:
        more = True
        while more:
            with self._lock:
                self._before("queried_changes", selection, after)
                place = (after.split("|")[0], int(after.split("|")[1])) if after else ("", 0)
                rows = self._rows(selection.module, since, converted=False)
                rows = [row for row in sorted(rows, key=_by_change) if _by_change(row) > place]
                shown, more = rows[: self.per_page], len(rows) > self.per_page
                after = "{}|{}".format(*_by_change(shown[-1])) if more else None
                page = self._page(selection, shown, after, names=False)
            yield page

    def spent(self) -> int:
        return len(self.asked)

    def identifiers(self, module: str, after: str | None = None) -> Iterator[tuple[str, ...]]:
        more = True
        while more:
            with self._lock:
                self.before_page()
                self._refuse("identifiers", module)
                self.asked.append(("identifiers", module))
                ids = [row["id"] for row in self._rows(module, converted=False)]
                ids = [one for one in ids if after is None or int(one) > int(after)]
                shown, more = ids[: self.per_page], len(ids) > self.per_page
                after = shown[-1] if shown else after
            yield tuple(shown)

    def bulk(self, selection: Selection, after: str | None = None) -> Iterator[Page]:
        job, _, place = (after or "").partition(":")
        if not job:
            with self._lock:
                self._before("bulk", selection, after)
                job = str(len(self._jobs))
                rows = [dict(row) for row in self._rows(selection.module, converted=False)]
                random.Random(len(rows)).shuffle(rows)
                self._jobs[job] = rows
                tick = Page((), (), f"{job}:0", self.clock.now())
            yield tick
        offset = int(place or 0)
        more = True
        while more:
            with self._lock:
                self._before("bulk", selection, f"{job}:{offset}")
                rows = self._jobs[job][offset : offset + self.per_page]
                offset += len(rows)
                more = offset < len(self._jobs[job])
                page = self._page(selection, rows, f"{job}:{offset}" if more else None, names=False)
            yield page

    def records(self, selection: Selection, ids: Sequence[str]) -> Page:
        with self._lock:
            self.asked.append(("records", selection.module, *ids))
            held = self.modules_held[selection.module].records
            return self._page(selection, [held[one] for one in ids if one in held], None)

    def deleted(self, module: str, since: datetime | None) -> Iterator[DeletedPage]:
        start, more = 0, True
        while more:
            with self._lock:
                self.before_page()
                self.asked.append(("deleted", module))
                found = [
                    one
                    for one in reversed(self.modules_held[module].deletions)
                    if since is None or (one.at is not None and one.at > since)
                ]
                shown = tuple(found[start : start + self.per_page])
                start += self.per_page
                more = start < len(found)
                page = DeletedPage(shown, self.clock.now())
            yield page

    # What people do in the CRM.

    def add(self, module: str, **values: Any) -> str:
        with self._lock:
            self._next_id += 1
            identifier = str(self._next_id)
            self.modules_held[module].records[identifier] = {"id": identifier, **values, **self._stamp()}
            return identifier

    def change(self, module: str, identifier: str, **values: Any) -> None:
        with self._lock:
            self.modules_held[module].records[identifier] |= values | self._stamp()

    def recompute(self, module: str, identifier: str, **values: Any) -> None:
        """As a formula field does: without a new Modified_Time."""
        with self._lock:
            self.modules_held[module].records[identifier] |= values

    def remove(self, module: str, identifier: str, *, listed: bool = True) -> None:
        with self._lock:
            held = self.modules_held[module]
            held.bin[identifier] = held.records.pop(identifier)
            if listed:
                held.deletions.append(Deletion(identifier, self.clock.now()))

    def restore(self, module: str, identifier: str) -> None:
        """Out of the recycle bin, with the Modified_Time that it had."""
        with self._lock:
            held = self.modules_held[module]
            held.records[identifier] = held.bin.pop(identifier)
            held.deletions = [one for one in held.deletions if one.id != identifier]

    def add_field(self, module: str, api_name: str, data_type: str = "text", label: str = "") -> None:
        held = self.modules_held[module]
        held.fields = (*held.fields, FieldDescription(api_name, label or api_name, data_type))

    def remove_field(self, module: str, api_name: str) -> None:
        held = self.modules_held[module]
        held.fields = tuple(one for one in held.fields if one.api_name != api_name)

    def rename_field(self, module: str, before: str, after: str) -> None:
        """The same label under another API name; the values move with it."""
        with self._lock:
            held = self.modules_held[module]
            old = next(one for one in held.fields if one.api_name == before)
            self.remove_field(module, before)
            self.add_field(module, after, old.data_type, old.label)
            for row in (*held.records.values(), *held.bin.values()):
                if before in row:
                    row[after] = row.pop(before)

    # How it answers.

    def _stamp(self) -> dict[str, str]:
        return {"Modified_Time": self.clock.now().isoformat(timespec="seconds")}

    def _rows(self, module: str, since: datetime | None = None, *, converted: bool = True) -> list[Row]:
        """By ascending id; what changed at an instant or later when one is given."""
        rows = sorted(self.modules_held[module].records.values(), key=lambda row: int(row["id"]))
        moment = since.isoformat(timespec="seconds") if since else ""
        late = (row for row in rows if row["Modified_Time"] >= moment)
        return [row for row in late if converted or not row.get("$converted")]

    def _before(self, reading: str, selection: Selection, after: str | None) -> None:
        self.before_page()
        self._refuse(reading, selection.module)
        if after is not None and reading in self.forgets:
            self.forgets.remove(reading)
            raise StartOver
        known = {one.api_name for one in self.modules_held[selection.module].fields}
        unknown = set(selection.names) - known
        if unknown and not reading.startswith("listed"):
            raise NotOffered(f"there is no column {min(unknown)}")
        self.asked.append((reading, selection.module))

    def _refuse(self, reading: str, module: str) -> None:
        if module in self.errors:
            raise self.errors[module]
        if reading in self.refused:
            raise NotOffered(f"{reading} is not offered")

    def _by_offset(
        self, reading: str, selection: Selection, after: str | None, rows: Callable[[], list[Row]]
    ) -> Iterator[Page]:
        offset, more = int(after or 0), True
        while more:
            with self._lock:
                self._before(reading, selection, after)
                found = rows()
                shown = found[offset : offset + self.per_page]
                offset += len(shown)
                more = bool(shown) and offset < len(found)
                after = str(offset) if more else None
                page = self._page(selection, shown, after)
            yield page

    def _page(
        self, selection: Selection, rows: Sequence[Row], after: str | None, *, names: bool = True
    ) -> Page:
        records, unreadable = [], []
        for row in rows:
            shown = {name: _shown(row.get(name), names=names) for name in ("id", *selection.names)}
            try:
                values = _values(selection, shown)
            except (ValueError, InvalidOperation):
                unreadable.append(Unreadable(row["id"], "a value cannot be read"))
            else:
                records.append(CrmRecord(row["id"], values, orjson.dumps(shown).decode()))
        return Page(tuple(records), tuple(unreadable), after, self.clock.now())


def described(*names: str, **types: str) -> tuple[FieldDescription, ...]:
    """Descriptions: text fields by name, others by type."""
    return tuple(FieldDescription(one, one, types.get(one, "text")) for one in (*names, *types))


def standard_crm(clock: SettableClock) -> FakeCrm:
    """Accounts and Deals with a few fields each."""
    return FakeCrm(
        clock,
        {
            "Accounts": FakeModule(described("Account_Name", "Note", Modified_Time="datetime")),
            "Deals": FakeModule(
                described(
                    "Deal_Name",
                    "Stage",
                    Account_Name="lookup",
                    Amount="currency",
                    Closing_Date="date",
                    Modified_Time="datetime",
                    Items="subform",
                )
            ),
        },
    )


def _by_change(row: Row) -> tuple[str, int]:
    return row["Modified_Time"], int(row["id"])


def _shown(value: Any, *, names: bool) -> Any:
    return {"id": value["id"]} if isinstance(value, dict) and not names else None if value == "" else value


def _values(selection: Selection, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        _value(column, row.get(selection.columns.get(column, ""))) for column in COLUMNS[selection.role]
    )


def _value(column: str, value: Any) -> Any:
    """As the column's name says."""
    if value is None:
        return None
    if column.endswith("_id"):
        return value["id"]
    if column.endswith("_minor"):
        return int(Decimal(value) * 100)
    if column.endswith("_at"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if column.endswith("_on") else str(value)
