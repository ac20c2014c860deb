"""What a reading of Finance did, in values: for the terminal, the log and the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TypeAlias

import orjson

from connector.finance_ports import FinanceChanges, FinancePage

MOST_NOTES = 20


@dataclass(frozen=True, slots=True)
class FinanceProgress:
    """For a progress bar: rows read of a list so far."""

    name: str
    read: int


OnFinanceProgress: TypeAlias = Callable[[FinanceProgress], None]


@dataclass(frozen=True, slots=True)
class ListReport:
    """What was done with one list.

    Attributes:
        plan: what was read, and why.
        calls: to the API, for this list.
        skipped: rows that could not be used; ``notes`` names the first of them.
        notes: what is worth knowing, fit to be shown.
        problem: why the list could not be read; None when it could.
    """

    name: str
    plan: str
    read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    skipped: int
    calls: int
    notes: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class FinanceReport:
    """What was done with one product."""

    product: str
    organisation: str
    lists: tuple[ListReport, ...]
    links_changed: int
    started_at: datetime
    finished_at: datetime

    @property
    def changed(self) -> int:
        """Rows of the copy that are different now."""
        return sum(one.inserted + one.updated + one.deleted for one in self.lists)

    @property
    def calls(self) -> int:
        """Calls of the API."""
        return sum(one.calls for one in self.lists)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why lists could not be read; each waits for a person."""
        return tuple(f"{one.name}: {one.problem}" for one in self.lists if one.problem)

    def as_json(self) -> str:
        """As JSON text."""
        return orjson.dumps(asdict(self)).decode()


@dataclass
class ListTally:
    """A list's report in the making."""

    name: str
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    skipped: int = 0
    calls: int = 0
    plans: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problem: str | None = None

    def came(self, page: FinancePage) -> None:
        """Count a page."""
        self.read += len(page.rows) + len(page.unreadable)
        self.skipped += len(page.unreadable)
        for identifier, reason in page.unreadable:
            self.note(f"{identifier}: {reason}")
        for notice in page.notices:
            self.note(notice)

    def add(self, changes: FinanceChanges) -> None:
        """Count what was done."""
        self.inserted += changes.inserted
        self.updated += changes.updated
        self.unchanged += changes.unchanged
        self.deleted += len(changes.deletes)

    def note(self, text: str) -> None:
        """Remark something, once."""
        if text not in self.notes:
            self.notes.append(text)

    def report(self) -> ListReport:
        """The finished report."""
        more = len(self.notes) - MOST_NOTES
        return ListReport(
            name=self.name,
            plan="; then ".join(self.plans) or "nothing was due",
            read=self.read,
            inserted=self.inserted,
            updated=self.updated,
            unchanged=self.unchanged,
            deleted=self.deleted,
            skipped=self.skipped,
            calls=self.calls,
            notes=(*self.notes[:MOST_NOTES], *([f"… and {more} more"] if more > 0 else [])),
            problem=self.problem,
        )
