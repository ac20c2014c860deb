"""What a sync did, in values: for the terminal, the log and the table ``sync_run``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TypeAlias

import orjson

from connector.ports import PageChanges

MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """For a progress bar: records read of a module so far, and about how many there are, if known."""

    module: str
    read: int
    total: int | None


OnProgress: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class ModuleReport:
    """What a sync did with one module.

    Attributes:
        read: records that came, those that came twice counted twice.
        skipped: records that could not be used; ``reasons`` names the first twenty with id and reason.
        missing_fields: mapped fields that the module does not have.
        plan: what was read, and why.
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

    @property
    def changed(self) -> int:
        """Rows of the copy that are different now."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did."""

    modules: tuple[ModuleReport, ...]
    started_at: datetime
    finished_at: datetime

    @property
    def changed(self) -> int:
        """Rows of the copy that are different now."""
        return sum(one.changed for one in self.modules)

    def as_json(self) -> str:
        """As JSON text."""
        return orjson.dumps(asdict(self)).decode()


@dataclass
class Tally:
    """A module's report in the making."""

    module: str
    missing_fields: tuple[str, ...] = ()
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    skipped: int = 0
    reasons: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)

    def add(self, changes: PageChanges) -> None:
        """Count what was done with a page."""
        self.inserted += changes.inserted
        self.updated += changes.updated
        self.unchanged += changes.unchanged
        self.deleted += len(changes.deletes)

    def skip(self, identifier: str, reason: str) -> None:
        """Count a record that could not be used."""
        self.skipped += 1
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append(f"{identifier}: {reason}")

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
        )
