"""A copy that is read and never written: what a sync would change is decided, counted and forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime

from connector.copy_ports import CopyWriter, LocalCopy
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


class Rehearsal:
    """The port LocalCopy over another one. Cursors, fields and counts move in memory only."""

    def __init__(self, copy: LocalCopy) -> None:
        self._copy = copy
        self._cursors: dict[str, Cursor] = {}
        self._fields: dict[str, tuple[FieldDescription, ...]] = {}
        self._modules: tuple[ModuleDescription, ...] | None = None
        self._more: defaultdict[str, int] = defaultdict(int)
        self._gone: defaultdict[str, set[str]] = defaultdict(set)

    @contextmanager
    def writing(self) -> Iterator[CopyWriter]:
        """A transaction in which nothing is written."""
        with self._copy.writing() as writer:
            yield _Forgetting(self, writer)

    def make_ready(self, mapping: ModuleMapping, records: Sequence[CrmRecord]) -> None:
        """Nothing, since nothing will be written."""

    def settling(self, mapping: ModuleMapping) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nothing was left for the end."""
        return nullcontext()

    def cursor(self, module: str) -> Cursor | None:
        """How far a module would have been read."""
        return self._cursors.get(module) or self._copy.cursor(module)

    def organisation(self) -> Organisation | None:
        """The organisation that the copy holds."""
        return self._copy.organisation()

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields of a module as last read."""
        return self._fields.get(module) or self._copy.fields(module)

    def modules(self) -> tuple[ModuleDescription, ...]:
        """The CRM's modules as last read."""
        return self._copy.modules() if self._modules is None else self._modules

    def troubles_said(self) -> AbstractContextManager[None]:
        """Those of the copy itself."""
        return self._copy.troubles_said()

    def turn(self, name: str) -> AbstractContextManager[bool]:
        """The turn of the copy itself."""
        return self._copy.turn(name)

    def ids_between(self, mapping: ModuleMapping, after: str | None, until: str | None) -> tuple[str, ...]:
        """The ids held in this range."""
        return self._copy.ids_between(mapping, after, until)

    def count(self, mapping: ModuleMapping) -> int:
        """How many records would be held."""
        return self._copy.count(mapping) + self._more[mapping.module]

    def boundaries(self, mapping: ModuleMapping, parts: int) -> tuple[str, ...]:
        """Ids that cut what is held into parts."""
        return self._copy.boundaries(mapping, parts)

    def begin_run(self, at: datetime) -> int:  # noqa: ARG002 -- a rehearsal is no run
        """Nothing is noted."""
        return 0

    def end_run(self, run: int, at: datetime, *, report: str, error: str | None) -> None:
        """Nothing is noted."""

    def keep(self, cursor: Cursor) -> None:
        """Move a cursor in memory."""
        self._cursors[cursor.module] = cursor

    def keep_fields(self, module: str, fields: tuple[FieldDescription, ...]) -> None:
        """Know a module's fields in memory."""
        self._fields[module] = fields

    def keep_modules(self, modules: tuple[ModuleDescription, ...]) -> None:
        """Know the modules in memory."""
        self._modules = modules

    def count_in(self, module: str, changes: PageChanges) -> None:
        """So many records would be held more, and these not any more."""
        self._more[module] += changes.inserted - len(changes.deletes)
        self._gone[module].update(changes.deletes)

    def is_gone(self, module: str, identifier: str) -> bool:
        """Whether a record would have been removed by now."""
        return identifier in self._gone[module]


class _Forgetting:
    """The port CopyWriter: reads what is held, forgets what is to be written."""

    def __init__(self, rehearsal: Rehearsal, writer: CopyWriter) -> None:
        self._rehearsal = rehearsal
        self._writer = writer

    def stored(
        self, mapping: ModuleMapping, ids: Collection[str], *, to_write: bool = False
    ) -> Mapping[str, Stored]:
        del to_write  # nothing is
        remaining = [one for one in ids if not self._rehearsal.is_gone(mapping.module, one)]
        return self._writer.stored(mapping, remaining)

    def apply(self, mapping: ModuleMapping, changes: PageChanges, at: datetime) -> None:  # noqa: ARG002
        self._rehearsal.count_in(mapping.module, changes)

    def save_cursor(self, cursor: Cursor) -> None:
        self._rehearsal.keep(cursor)

    def save_organisation(self, organisation: Organisation, at: datetime) -> None:
        pass

    def save_users(self, users: Sequence[CrmUser]) -> None:
        pass

    def save_fields(self, module: str, fields: Sequence[FieldDescription]) -> None:
        self._rehearsal.keep_fields(module, tuple(fields))

    def save_modules(self, modules: Sequence[ModuleDescription]) -> None:
        self._rehearsal.keep_modules(tuple(modules))
