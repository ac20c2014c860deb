"""A CRM in memory that behaves as badly as the rules allow: pages by offset, so that deletions shift them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.errors import StartOver
from connector.ports import (
    CrmUser,
    DeletedPage,
    Deletion,
    FieldDescription,
    Organisation,
    Page,
    RawRecord,
    RecordReader,
)
from connector.zoho.fields import record_reader

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


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
    """A module's records by id, and what was deleted."""

    fields: tuple[FieldDescription, ...]
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    deletions: list[Deletion] = field(default_factory=list)


@dataclass
class FakeCrm:
    """The port CrmSource in memory. ``before_page`` may change things, or raise, before each page."""

    clock: SettableClock
    modules: dict[str, FakeModule]
    per_page: int = 3
    before_page: Callable[[], None] = lambda: None
    tokens_expire: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    people: list[CrmUser] = field(default_factory=list)
    name: str = "Maven Hardware"
    organisation_id: str = "1"
    _next_id: int = 1000

    def organisation(self) -> Organisation:
        self.asked.append(("organisation",))
        return Organisation(self.organisation_id, self.name, "America/New_York", "USD", "org1")

    def users(self) -> tuple[CrmUser, ...]:
        return tuple(self.people)

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        return self.modules[module].fields

    def count(self, module: str) -> int | None:
        return len(self.modules[module].records)

    def pages(
        self,
        module: str,
        fields: Sequence[str],
        page_token: str | None = None,
        modified_since: datetime | None = None,
    ) -> Iterator[Page]:
        offset = int(page_token) if page_token else 0
        while True:
            self.before_page()
            if offset and self.tokens_expire:
                self.tokens_expire = False
                raise StartOver
            rows = self._rows(module, modified_since)
            self.asked.append(("pages", module, "changes" if modified_since else "whole"))
            shown = rows[offset : offset + self.per_page]
            offset += len(shown)
            more = bool(shown) and offset < len(rows)
            yield Page(
                tuple(_only(row, fields) for row in shown), str(offset) if more else None, self.clock.now()
            )
            if not more:
                return

    def records(self, module: str, fields: Sequence[str], ids: Sequence[str]) -> tuple[RawRecord, ...]:
        self.asked.append(("records", module, *ids))
        held = self.modules[module].records
        return tuple(_only(held[one], fields) for one in ids if one in held)

    def deleted(self, module: str, since: datetime | None) -> Iterator[DeletedPage]:
        start, more = 0, True
        while more:
            self.before_page()
            self.asked.append(("deleted", module))
            found = [
                one
                for one in reversed(self.modules[module].deletions)
                if since is None or (one.at is not None and one.at > since)
            ]
            yield DeletedPage(tuple(found[start : start + self.per_page]), self.clock.now())
            start += self.per_page
            more = start < len(found)

    def reader(self, columns: Mapping[str, str]) -> RecordReader:
        return record_reader(columns)

    # What people do in the CRM.

    def add(self, module: str, **values: Any) -> str:
        self._next_id += 1
        identifier = str(self._next_id)
        self.modules[module].records[identifier] = {"id": identifier, **values, **self._stamp()}
        return identifier

    def change(self, module: str, identifier: str, **values: Any) -> None:
        self.modules[module].records[identifier] |= values | self._stamp()

    def remove(self, module: str, identifier: str, *, listed: bool = True) -> None:
        del self.modules[module].records[identifier]
        if listed:
            self.modules[module].deletions.append(Deletion(identifier, self.clock.now()))

    def add_field(self, module: str, api_name: str, data_type: str = "text") -> None:
        held = self.modules[module]
        held.fields = (*held.fields, FieldDescription(api_name, api_name, data_type))

    def _stamp(self) -> dict[str, str]:
        return {"Modified_Time": self.clock.now().isoformat(timespec="seconds")}

    def _rows(self, module: str, since: datetime | None) -> list[dict[str, Any]]:
        rows = list(self.modules[module].records.values())
        if since is None:
            return sorted(rows, key=lambda row: int(row["id"]))
        late = [row for row in rows if datetime.fromisoformat(row["Modified_Time"]) > since]
        return sorted(late, key=lambda row: (row["Modified_Time"], int(row["id"])), reverse=True)


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


def _only(row: Mapping[str, Any], fields: Sequence[str]) -> RawRecord:
    return {name: row.get(name) for name in ("id", *fields)}
