"""A CRM in memory that can be written, and refuses as it is told to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.errors import NotOffered, Retriable
from connector.ports import FieldDescription
from connector.write_ports import BulkOutcome, BulkUpdate, Change, Outcome, OwnField, TagMove


class Killed(BaseException):
    """The process ends here."""


@dataclass
class FakeCrmWriter:
    """The port CrmWriter in memory.

    Attributes:
        refusals: id -> what an update of it answers instead of taking it.
        refused_fields: API names whose values are refused.
        loses_bulk: a bulk job is taken and done, but the connection ends before its number is told.
        looks: how often a bulk job is looked at before it has a result.
        lives: after so many calls the process is killed.
    """

    records: dict[str, dict[str, Any]]
    present: list[FieldDescription] = field(default_factory=list)
    refusals: dict[str, Outcome] = field(default_factory=dict)
    refused_fields: frozenset[str] = frozenset()
    creates_fields: bool = True
    offers_bulk: bool = True
    bulk_fails: bool = False
    loses_bulk: bool = False
    looks: int = 2
    lives: int | None = None
    calls: list[str] = field(default_factory=list)
    credits: int = 0
    _bulk: dict[str, tuple[list[Change], int]] = field(default_factory=dict)

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        return tuple(self.present)

    def create_fields(self, module: str, wanted: Sequence[OwnField]) -> tuple[Outcome, ...]:
        self._call("fields")
        assert len(wanted) <= 5
        if not self.creates_fields:
            return tuple(Outcome(one.label, False, "FIELD_LIMIT_EXCEEDED") for one in wanted)
        for one in wanted:
            name = one.label.replace(" ", "_") + "1"  # the CRM chooses
            self.present.append(FieldDescription(name, one.label, one.data_type, custom=True))
        return tuple(Outcome(one.label, True) for one in wanted)

    def update(self, module: str, changes: Sequence[Change]) -> tuple[Outcome, ...]:
        assert 0 < len(changes) <= 100
        self._call("update", -(-len(changes) // 10))
        return tuple(self._take(change) for change in changes)

    def said(
        self, module: str, ids: Sequence[str], names: Sequence[str]
    ) -> Mapping[str, Mapping[str, object]]:
        assert 0 < len(ids) <= 100
        self._call("said")
        return {
            one: {name: self.records[one].get(name) for name in names} for one in ids if one in self.records
        }

    def enter_bulk(self, module: str, columns: Sequence[str], changes: Iterable[Change]) -> BulkUpdate:
        if not self.offers_bulk:
            raise NotOffered("Bulk jobs are not allowed.")
        rows = list(changes)
        assert 0 < len(rows) <= 25_000
        assert all(tuple(sorted(row.values)) == tuple(columns) for row in rows)
        job = BulkUpdate(str(900 + len(self._bulk)), module, tuple(columns))
        self._bulk[job.id] = (rows, 0)
        self._call("bulk", 500)
        if self.loses_bulk:
            for row in rows:
                self._take(row)
            raise Retriable("The connection broke off.")
        return job

    def bulk_outcomes(self, job: BulkUpdate) -> Iterator[BulkOutcome] | None:
        self._call("look", 1)
        rows, looked = self._bulk[job.id]
        if self.bulk_fails:
            raise NotOffered("The file could not be read.")
        self._bulk[job.id] = (rows, looked + 1)
        if looked < self.looks:
            return None
        return iter([BulkOutcome(row, self._take(row)) for row in rows])

    def tag(self, module: str, move: TagMove) -> tuple[Outcome, ...]:
        assert len(move.ids) <= 500
        self._call("tag")
        for identifier in move.ids:
            tags = self.records[identifier].setdefault("Tag", [])
            tags[:] = [one for one in tags if one["name"] != move.tag]
            if move.add:
                tags.append({"name": move.tag})
        return tuple(Outcome(identifier, True) for identifier in move.ids)

    def _take(self, change: Change) -> Outcome:
        if change.id in self.refusals:
            return replace(self.refusals[change.id], id=change.id)
        for name in change.values:
            if name in self.refused_fields:
                return Outcome(change.id, False, "INVALID_DATA", "invalid data", name)
        if change.id not in self.records:
            return Outcome(change.id, False, "INVALID_DATA", "the id given seems to be invalid", "id")
        self.records[change.id].update(change.values)
        return Outcome(change.id, True)

    def _call(self, name: str, price: int = 1) -> None:
        if self.lives is not None:
            if self.lives == 0:
                raise Killed
            self.lives -= 1
        self.calls.append(name)
        self.credits += price
