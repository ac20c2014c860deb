"""What a sync did, in values: for the terminal, the log and the table ``sync_run``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TypeAlias

import orjson

from connector.ports import PageChanges, Unreadable

MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """For a progress bar.

    Attributes:
        read: records of the module so far, those of earlier runs of the same reading too.
        total: about how many there are, if known.
        rate: records a second in this run.
        seconds_left: about so long, if known.
        credits: what the module has cost in this run.
    """

    module: str
    read: int
    total: int | None
    rate: float = 0.0
    seconds_left: float | None = None
    credits: int = 0


OnProgress: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class ModuleReport:
    """What a sync did with one module.

    Attributes:
        read: records that came, those that came twice counted twice.
        skipped: records that could not be used; ``reasons`` names the first twenty with id and reason.
        missing_fields: mapped fields that the module does not have.
        plan: what was read, by which way, and why.
        pages: that came with records; ``lanes``: ranges that were read at a time.
        rate: records read a second.
        credits: what its calls cost.
        field_changes: what became of the module's fields since they were last read.
        notes: what somebody should know.
    """

    module: str
    read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    skipped: int
    reasons: tuple[str, ...]
    missing_fields: tuple[str, ...]
    plan: str
    seconds: float
    pages: int = 0
    lanes: int = 1
    rate: float = 0.0
    credits: int = 0
    field_changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """Rows of the copy that are different now."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did.

    Attributes:
        rehearsed: nothing was written; the counts say what would have been.
        note: why nothing was done at all; None when something was.
    """

    modules: tuple[ModuleReport, ...]
    started_at: datetime
    finished_at: datetime
    rehearsed: bool = False
    note: str | None = None

    @property
    def changed(self) -> int:
        """Rows of the copy that are different now."""
        return sum(one.changed for one in self.modules)

    def as_json(self) -> str:
        """As JSON text."""
        return orjson.dumps(asdict(self)).decode()


@dataclass
class Tally:
    """A module's report in the making. ``spent``: the credits of all calls so far."""

    module: str
    missing_fields: tuple[str, ...] = ()
    field_changes: tuple[str, ...] = ()
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    skipped: int = 0
    pages: int = 0
    lanes: int = 1
    reasons: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    spent: Callable[[], int] = lambda: 0

    def __post_init__(self) -> None:
        self._spent_before = self.spent()

    @property
    def credits(self) -> int:
        """What the module has cost so far: modules are read one after the other."""
        return self.spent() - self._spent_before

    def add(self, changes: PageChanges) -> None:
        """Count what was done with a page."""
        self.inserted += changes.inserted
        self.updated += changes.updated
        self.unchanged += changes.unchanged
        self.deleted += len(changes.deletes)

    def skip(self, unreadable: Unreadable) -> None:
        """Count a record that could not be used."""
        self.skipped += 1
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append(f"{unreadable.id}: {unreadable.reason}")

    def note(self, sentence: str) -> None:
        """Say something once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def progress(self, total: int | None, before: int, seconds: float) -> Progress:
        """How far a reading is, of which earlier runs had read ``before`` records."""
        rate = self.read / seconds if seconds > 0 else 0.0
        done = before + self.read
        left = max(total - done, 0) / rate if total is not None and rate > 0 else None
        return Progress(self.module, done, total, rate, left, self.credits)

    def report(self, seconds: float) -> ModuleReport:
        """The finished report."""
        more = self.skipped - len(self.reasons)
        return ModuleReport(
            module=self.module,
            read=self.read,
            inserted=self.inserted,
            updated=self.updated,
            unchanged=self.unchanged,
            deleted=self.deleted,
            skipped=self.skipped,
            reasons=(*self.reasons, *([f"… and {more} more"] if more else [])),
            missing_fields=self.missing_fields,
            plan="; then ".join(self.plans),
            seconds=round(seconds, 3),
            pages=self.pages,
            lanes=self.lanes,
            rate=round(self.read / seconds, 1) if seconds > 0 else 0.0,
            credits=self.credits,
            field_changes=self.field_changes,
            notes=tuple(self.notes),
        )
