"""One transaction on the local copy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Table, delete, update

from connector.batches import RecordBatch, as_batch, in_order
from connector.cache import late_indexes
from connector.cache.record_tables import RecordTable, record_table
from connector.cache.statements import upsert
from connector.cache.tables import (
    FieldRow,
    ModuleRow,
    OrganisationRow,
    SyncCursorRow,
    TouchedAccountRow,
    UserRow,
    table_of,
)
from connector.cache.writing_postgresql import PostgresqlRecords
from connector.cache.writing_sqlite import SqliteRecords
from connector.mapping import ModuleMapping
from connector.ports import (
    CrmUser,
    Cursor,
    FieldDescription,
    ModuleDescription,
    Organisation,
    PageChanges,
    Stored,
)

LONGEST_ACCOUNT_ID = 32  # of the column; what is longer is the id of no account
_CURSOR = table_of(SyncCursorRow)
_OF_CURSOR = tuple(Cursor.__dataclass_fields__)
_FIELD = table_of(FieldRow)
_MODULE = table_of(ModuleRow)
_ORGANISATION = table_of(OrganisationRow)
_TOUCHED = table_of(TouchedAccountRow)
_USER = table_of(UserRow)


@dataclass
class Known:
    """What the writers of one copy know of its tables without looking.

    Attributes:
        filled: the names of tables that hold rows.
        greatest: of a module's part of a table the greatest id that this copy has seen or written.
    """

    filled: set[str] = field(default_factory=set)
    greatest: dict[RecordTable, str] = field(default_factory=dict)

    def copied(self) -> Known:
        """The same, to be changed."""
        return Known(set(self.filled), dict(self.greatest))


class SqlCopyWriter:
    """The port ``CopyWriter`` on one transaction. ``known`` is what its copy knows; it grows."""

    def __init__(self, connection: Connection, known: Known) -> None:
        self._connection = connection
        self._known = known
        self._records: SqliteRecords | PostgresqlRecords = (
            SqliteRecords(connection)
            if connection.dialect.name == "sqlite"
            else PostgresqlRecords(connection)
        )

    def stored(
        self, mapping: ModuleMapping, ids: Collection[str], *, to_write: bool = False
    ) -> Mapping[str, Stored]:
        """What is held of these records; those that are not held are left out.

        ``to_write``: all of those are written in this transaction. Then what another process wrote meanwhile
        may be missing here: PostgreSQL refuses the page (``Overtaken``), and the next try looks again.
        """
        kept = record_table(mapping)
        if not ids or self._are_beyond(kept, ids, to_write=to_write):
            return {}
        return self._records.stored(kept, ids)

    def apply(self, mapping: ModuleMapping, changes: PageChanges, at: datetime) -> None:
        """Write, remove and touch."""
        kept = record_table(mapping)
        if changes.upserts:
            self._upsert_records(kept, changes)
        if changes.deletes:
            self._records.delete(kept, changes.deletes)
        self._touch(changes.touched, at)

    def save_cursor(self, cursor: Cursor) -> None:
        """Keep the position."""
        # Not by ``asdict``, which copies deeply: one stands beside every page.
        self._records.keep(_CURSOR.name, "module", {one: getattr(cursor, one) for one in _OF_CURSOR})

    def save_organisation(self, organisation: Organisation, at: datetime) -> None:
        """Keep the organisation, read at this instant."""
        self._upsert(_ORGANISATION, [asdict(organisation) | {"read_at": at}])

    def save_users(self, users: Sequence[CrmUser]) -> None:
        """Keep the users; those that are held but not among these become inactive."""
        known = [user.id for user in users]
        self._upsert(_USER, [asdict(user) for user in users])
        self._connection.execute(update(_USER).where(_USER.c.id.not_in(known)).values(active=False))

    def save_fields(self, module: str, fields: Sequence[FieldDescription]) -> None:
        """Replace what is held of a module's fields."""
        self._connection.execute(delete(_FIELD).where(_FIELD.c.module == module))
        self._upsert(_FIELD, [_field_row(module, one) for one in fields])

    def save_modules(self, modules: Sequence[ModuleDescription]) -> None:
        """Replace what is held of the CRM's modules."""
        self._connection.execute(delete(_MODULE))
        self._upsert(_MODULE, [asdict(one) for one in modules])

    def finish(self, *, lasting: bool = True) -> None:
        """Write what waits for the end of the transaction.

        ``lasting``: when it has ended, everything is on PostgreSQL's disk; otherwise a moment later.
        """
        self._records.finish(lasting=lasting)

    def _are_beyond(self, kept: RecordTable, ids: Collection[str], *, to_write: bool) -> bool:
        """Whether all ids come after whatever is held: so it is, page after page, in a first read.

        One look at the end of an index, or at what is known where writing would tell that it is wrong. Digits
        have the same order in every collation.
        """
        if not "".join(ids).isdecimal():
            return False
        known = self._known.greatest.get(kept) if to_write and self._records.refuses_what_is_held else None
        greatest = known or self._records.greatest_id(kept)
        if greatest is None:
            return True
        self._known.greatest[kept] = greatest
        return greatest.isdecimal() and min(ids) > greatest

    def _upsert_records(self, kept: RecordTable, changes: PageChanges) -> None:
        # In one order always: two transactions that lock the same rows must not wait for each other.
        records = in_order(_each_once(as_batch(changes.upserts)))
        all_new = changes.inserted == len(changes.upserts)
        if kept.name not in self._known.filled:
            if all_new and len(records) >= late_indexes.ROWS_WORTH_WAITING_FOR:
                late_indexes.set_aside(self._connection, kept)
            self._known.filled.add(kept.name)
        self._records.upsert(kept, records, all_new=all_new)
        self._known.greatest[kept] = max(records.ids[-1], self._known.greatest.get(kept, ""))

    def _touch(self, accounts: Collection[str], at: datetime) -> None:
        rows = [
            {"account_id": one, "touched_at": at}
            for one in sorted(accounts)
            if len(one) <= LONGEST_ACCOUNT_ID
        ]
        if len(rows) == 1:  # as with every page of a first read
            self._records.keep(_TOUCHED.name, "account_id", rows[0])
        else:
            self._upsert(_TOUCHED, rows)

    def _upsert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            statement = upsert(table, self._connection.dialect.name, frozenset(rows[0]))
            self._connection.execute(statement, rows)


def _each_once(batch: RecordBatch) -> RecordBatch:
    """Of several versions of a record the last one."""
    if len(set(batch.ids)) == len(batch):
        return batch
    rows = {identifier: row for row, identifier in enumerate(batch.ids)}
    return batch.taken(list(rows.values()))


def _field_row(module: str, described: FieldDescription) -> dict[str, Any]:
    picklist = orjson.dumps(described.picklist).decode() if described.picklist is not None else None
    kept = asdict(described) | {"module": module, "picklist": picklist}
    del kept["length"]  # it is asked for anew whenever something is written
    return kept
