"""The local copy of the CRM, behind the port ``LocalCopy``: one transaction for each page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import func, insert, select, update

from connector.batches import RecordBatch
from connector.cache import id_order, late_indexes, repositories
from connector.cache.copy_text import copy_text
from connector.cache.engine import Database
from connector.cache.folding_in import folding_in_beside
from connector.cache.record_tables import record_table
from connector.cache.tables import FieldRow, ModuleRow, SyncCursorRow, SyncRunRow, table_of
from connector.cache.troubles import GOES_ON, STOPPED, troubles_said
from connector.cache.turns import turn
from connector.cache.writer import Known, SqlCopyWriter
from connector.cache.writing_sqlite import made_ready as rows_ready
from connector.errors import Retriable
from connector.mapping import ModuleMapping
from connector.ports import CrmRecord, Cursor, FieldDescription, ModuleDescription, Organisation

INTERRUPTED = "The sync was interrupted; the next one went on from there."
_CURSOR = table_of(SyncCursorRow)
_FIELD = table_of(FieldRow)
_MODULE = table_of(ModuleRow)
_RUN = table_of(SyncRunRow)


class SqlCopy:
    """The port ``LocalCopy`` on the tables of ``connector.cache.tables``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = Known()
        self._broken_before: int | None = None  # connections, when the turn began
        # SQLite's writers wait for one another for a limited time; while an index is made, that may be over.
        self._writes = Lock() if database.dialect == "sqlite" else nullcontext()

    @contextmanager
    def writing(self) -> Iterator[SqlCopyWriter]:
        """A transaction that holds the write lock from its beginning."""
        known = self._known.copied()
        self._known = Known()  # unless all goes well
        with self._writes, self._database.writes.begin() as connection:
            if self._broken_before is not None and self._broken_before != self._database.broken.connections:
                raise Retriable(STOPPED, GOES_ON)
            writer = SqlCopyWriter(connection, known)
            yield writer
            # What the server had not written to its disk when it broke down is read again, as this copy goes
            # on from the place that stands in the database, never from the one that it remembers.
            writer.finish(lasting=self._broken_before is None)
        self._known = known

    def make_ready(self, mapping: ModuleMapping, records: Sequence[CrmRecord]) -> None:
        """Make of a page by column what its writer would make of it first."""
        if isinstance(records, RecordBatch):
            made_ready = rows_ready if self._database.dialect == "sqlite" else copy_text
            records.ready = made_ready(record_table(mapping), records)

    @contextmanager
    def settling(self, mapping: ModuleMapping) -> Iterator[None]:
        """Make the indexes that waited for the end of a first reading, while this block waits for the CRM.

        Those of a table that several modules share wait for the end of the run.
        """
        kept = record_table(mapping)
        if kept.module is not None:
            yield
            return
        with ThreadPoolExecutor(1, thread_name_prefix="settling") as threads:
            made = threads.submit(late_indexes.make_missing, self._database, kept.table, self._writes)
            yield
            made.result()

    def cursor(self, module: str) -> Cursor | None:
        """How far a module has been read; None when never."""
        names = tuple(Cursor.__dataclass_fields__)
        statement = select(*(_CURSOR.c[name] for name in names)).where(_CURSOR.c.module == module)
        with self._database.reads.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return Cursor(*row) if row is not None else None

    def organisation(self) -> Organisation | None:
        """The organisation that the copy holds."""
        with self._database.reads.connect() as connection:
            return repositories.organisation(connection)

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields of a module as last read."""
        statement = select(_FIELD).where(_FIELD.c.module == module).order_by(_FIELD.c.api_name)
        with self._database.reads.connect() as connection:
            return tuple(_field(row) for row in connection.execute(statement).mappings())

    def modules(self) -> tuple[ModuleDescription, ...]:
        """The CRM's modules as last read."""
        names = tuple(ModuleDescription.__dataclass_fields__)
        statement = select(*(_MODULE.c[name] for name in names)).order_by(_MODULE.c.api_name)
        with self._database.reads.connect() as connection:
            return tuple(ModuleDescription(*row) for row in connection.execute(statement))

    def troubles_said(self) -> AbstractContextManager[None]:
        """What befalls the database in this block, as Retriable."""
        return troubles_said()

    @contextmanager
    def turn(self, name: str) -> Iterator[bool]:
        """The right to do something that only one process may do at a time, and that writes much."""
        with turn(self._database, name) as mine, folding_in_beside(self._database):
            self._broken_before = self._database.broken.connections
            try:
                yield mine
            finally:
                self._broken_before = None

    def ids_between(self, mapping: ModuleMapping, after: str | None, until: str | None) -> tuple[str, ...]:
        """The ids held in this range of the CRM's id order, ascending (``after`` excluded, ``until`` not)."""
        statement = id_order.ids_between(record_table(mapping), after, until)
        # One statement alone: PostgreSQL is spared the two that would begin and end a transaction.
        alone = self._database.reads.execution_options(isolation_level="AUTOCOMMIT")
        engine = alone if self._database.dialect == "postgresql" else self._database.reads
        with engine.connect() as connection:
            return id_order.in_order((connection.execute(statement).scalar_one() or "").split())

    def count(self, mapping: ModuleMapping) -> int:
        """How many records of a module are held."""
        kept = record_table(mapping)
        with self._database.reads.connect() as connection:
            statement = select(func.count()).select_from(kept.table).where(kept.mine)
            return int(connection.execute(statement).scalar_one())

    def boundaries(self, mapping: ModuleMapping, parts: int) -> tuple[str, ...]:
        """Ids, ascending, that cut what is held into so many parts of about the same size; fewer if few.

        Each is the last of its part.
        """
        with self._database.reads.connect() as connection:
            return tuple(id_order.boundaries(connection, record_table(mapping), parts))

    def begin_run(self, at: datetime) -> int:
        """Note that a sync begins; one that was never ended counts as interrupted. Gives its number."""
        late_indexes.make_missing_unless_filling(self._database)
        with self._database.writes.begin() as connection:
            connection.execute(
                update(_RUN)
                .where(_RUN.c.status == "running")
                .values(status="failed", finished_at=at, error=INTERRUPTED)
            )
            added = connection.execute(insert(_RUN).values(started_at=at, status="running"))
            (number,) = added.inserted_primary_key or (0,)
            return int(number)

    def end_run(self, run: int, at: datetime, *, report: str, error: str | None) -> None:
        """Note how a sync ended."""
        status = "done" if error is None else "failed"
        with self._database.writes.begin() as connection:
            connection.execute(
                update(_RUN)
                .where(_RUN.c.id == run)
                .values(status=status, finished_at=at, report=report, error=error)
            )
        late_indexes.make_missing(self._database)


def _field(row: Mapping[Any, Any]) -> FieldDescription:
    picklist = row["picklist"]
    return FieldDescription(
        row["api_name"],
        row["label"],
        row["data_type"],
        row["custom"],
        row["read_only"],
        tuple(orjson.loads(picklist)) if picklist is not None else None,
        row["target"],
    )
