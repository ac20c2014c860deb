"""The local copy, as the sync sees it: ``connector.cache.copy`` stands behind these protocols."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from connector.mapping import ModuleMapping
from connector.ports import (
    CrmRecord,
    CrmUser,
    Cursor,
    FieldDescription,
    ModuleDescription,
    Organisation,
    PageChanges,
    Stored,
)


class CopyWriter(Protocol):
    """One transaction on the local copy."""

    def stored(
        self, mapping: ModuleMapping, ids: Collection[str], *, to_write: bool = False
    ) -> Mapping[str, Stored]:
        """What is held of these records. ``to_write``: what is not held is written in this transaction."""
        ...

    def apply(self, mapping: ModuleMapping, changes: PageChanges, at: datetime) -> None:
        """Write, remove and touch; Overtaken when a record that was not held is held by now."""

    def save_cursor(self, cursor: Cursor) -> None:
        """Keep the position."""

    def save_organisation(self, organisation: Organisation, at: datetime) -> None:
        """Keep the organisation, read at this instant."""

    def save_users(self, users: Sequence[CrmUser]) -> None:
        """Keep the users; those that are held but not among these become inactive."""

    def save_fields(self, module: str, fields: Sequence[FieldDescription]) -> None:
        """Replace what is held of a module's fields."""

    def save_modules(self, modules: Sequence[ModuleDescription]) -> None:
        """Replace what is held of the CRM's modules."""


class LocalCopy(Protocol):
    """The local copy of the CRM."""

    def writing(self) -> AbstractContextManager[CopyWriter]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        ...

    def make_ready(self, mapping: ModuleMapping, records: Sequence[CrmRecord]) -> None:
        """Do of the writing of these records what can be done by another thread, before the transaction."""

    def settling(self, mapping: ModuleMapping) -> AbstractContextManager[None]:
        """Beside this block, make what a first reading of the module left for its end."""
        ...

    def cursor(self, module: str) -> Cursor | None:
        """How far a module has been read; None when never."""
        ...

    def organisation(self) -> Organisation | None:
        """The organisation that the copy holds."""
        ...

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields of a module as last read."""
        ...

    def modules(self) -> tuple[ModuleDescription, ...]:
        """The CRM's modules as last read."""

    def troubles_said(self) -> AbstractContextManager[None]:
        """What befalls the copy's database in this block is raised as Retriable: no room, no answer."""

    def turn(self, name: str) -> AbstractContextManager[bool]:
        """The right to do something that only one process may do at a time; False while another does it.

        Given back when the block ends, or the process.
        """
        ...

    def ids_between(self, mapping: ModuleMapping, after: str | None, until: str | None) -> tuple[str, ...]:
        """The ids held in this range of the CRM's id order (``after`` excluded, ``until`` included)."""
        ...

    def count(self, mapping: ModuleMapping) -> int:
        """How many records of a module are held."""
        ...

    def boundaries(self, mapping: ModuleMapping, parts: int) -> tuple[str, ...]:
        """Ids, ascending, that cut what is held into so many parts of about the same size; fewer if few."""
        ...

    def begin_run(self, at: datetime) -> int:
        """Note that a sync begins; one that was never ended counts as interrupted. Gives its number."""
        ...

    def end_run(self, run: int, at: datetime, *, report: str, error: str | None) -> None:
        """Note how a sync ended."""
