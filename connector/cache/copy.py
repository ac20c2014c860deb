"""Writing the local copy: bulk statements through SQLAlchemy Core, one transaction for each page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, or_, select, update

from connector.cache import repositories
from connector.cache.engine import Database
from connector.cache.statements import upsert
from connector.cache.tables import (
    AccountRow,
    ContactRow,
    FieldRow,
    ModuleRow,
    OrganisationRow,
    ProductRow,
    RecordRow,
    SyncCursorRow,
    SyncRunRow,
    TouchedAccountRow,
    TransactionRow,
    UserRow,
    table_of,
)
from connector.cache.turns import turn
from connector.mapping import COLUMNS, ModuleMapping, Role
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

IDS_PER_STATEMENT = 500  # databases limit the parameters of a statement
INTERRUPTED = "The sync was interrupted; the next one went on from there."

_TABLES: Mapping[Role, Table] = {
    Role.ACCOUNTS: table_of(AccountRow),
    Role.CONTACTS: table_of(ContactRow),
    Role.PRODUCTS: table_of(ProductRow),
    Role.TRANSACTIONS: table_of(TransactionRow),
    Role.OTHER: table_of(RecordRow),
}
_MODULE = table_of(ModuleRow)
_CURSOR = table_of(SyncCursorRow)
_FIELD = table_of(FieldRow)
_ORGANISATION = table_of(OrganisationRow)
_RUN = table_of(SyncRunRow)
_TOUCHED = table_of(TouchedAccountRow)
_USER = table_of(UserRow)


class SqlCopy:
    """The port ``LocalCopy`` on the tables of ``connector.cache.tables``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def writing(self) -> Iterator[SqlCopyWriter]:
        """A transaction that holds the write lock from its beginning."""
        with self._database.writes.begin() as connection:
            yield SqlCopyWriter(connection)

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

    def turn(self, name: str) -> AbstractContextManager[bool]:
        """The right to do something that only one process may do at a time."""
        return turn(self._database, name)

    def ids_between(self, mapping: ModuleMapping, after: str | None, until: str | None) -> tuple[str, ...]:
        """The ids held in this range of the CRM's id order (``after`` excluded, ``until`` included)."""
        column = _TABLES[mapping.role].c.id
        statement = select(column).where(_of_module(mapping), _in_range(column, after, until))
        with self._database.reads.connect() as connection:
            return tuple(connection.execute(statement).scalars())

    def count(self, mapping: ModuleMapping) -> int:
        """How many records of a module are held."""
        statement = select(func.count()).select_from(_TABLES[mapping.role]).where(_of_module(mapping))
        with self._database.reads.connect() as connection:
            return int(connection.execute(statement).scalar_one())

    def boundaries(self, mapping: ModuleMapping, parts: int) -> tuple[str, ...]:
        """Ids that cut what is held into so many parts."""
        ids = sorted(self.ids_between(mapping, None, None), key=lambda one: (len(one), one))
        cuts = (ids[len(ids) * part // parts] for part in range(1, parts) if ids)
        return tuple(dict.fromkeys(cuts))

    def begin_run(self, at: datetime) -> int:
        """Note that a sync begins; one that was never ended counts as interrupted. Gives its number."""
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


class SqlCopyWriter:
    """The port ``CopyWriter`` on one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stored(self, mapping: ModuleMapping, ids: Collection[str]) -> Mapping[str, Stored]:
        """What is held of these records; those that are not held are left out."""
        table = _TABLES[mapping.role]
        columns = [table.c.id, table.c.raw, *([table.c.account_id] if "account_id" in table.c else [])]
        found: dict[str, Stored] = {}
        for some in _some(tuple(ids)):
            rows = self._connection.execute(select(*columns).where(_of_module(mapping), table.c.id.in_(some)))
            found.update((row[0], Stored(*row[1:])) for row in rows)
        return found

    def apply(self, mapping: ModuleMapping, changes: PageChanges, at: datetime) -> None:
        """Write, remove and touch."""
        table = _TABLES[mapping.role]
        if changes.upserts:
            self._upsert(table, [_row(mapping, record) for record in changes.upserts])
        for some in _some(changes.deletes):
            self._connection.execute(delete(table).where(_of_module(mapping), table.c.id.in_(some)))
        if changes.touched:
            # In one order always: two transactions that lock the same rows must not wait for each other.
            self._upsert(_TOUCHED, [{"account_id": one, "touched_at": at} for one in sorted(changes.touched)])

    def save_cursor(self, cursor: Cursor) -> None:
        """Keep the position."""
        self._upsert(_CURSOR, [asdict(cursor)])

    def save_organisation(self, organisation: Organisation, at: datetime) -> None:
        """Keep the organisation, read at this instant."""
        self._upsert(_ORGANISATION, [asdict(organisation) | {"read_at": at}])

    def save_users(self, users: Sequence[CrmUser]) -> None:
        """Keep the users; those that are held but not among these become inactive."""
        held = set(self._connection.execute(select(_USER.c.id)).scalars())
        if users:
            self._upsert(_USER, [asdict(user) for user in users])
        for some in _some(tuple(held.difference(user.id for user in users))):
            self._connection.execute(update(_USER).where(_USER.c.id.in_(some)).values(active=False))

    def save_fields(self, module: str, fields: Sequence[FieldDescription]) -> None:
        """Replace what is held of a module's fields."""
        self._connection.execute(delete(_FIELD).where(_FIELD.c.module == module))
        if fields:
            self._upsert(_FIELD, [_field_row(module, field) for field in fields])

    def save_modules(self, modules: Sequence[ModuleDescription]) -> None:
        """Replace what is held of the CRM's modules."""
        self._connection.execute(delete(_MODULE))
        if modules:
            self._upsert(_MODULE, [asdict(one) for one in modules])

    def _upsert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        statement = upsert(table, self._connection.dialect.name, frozenset(rows[0]))
        self._connection.execute(statement, rows)


def _row(mapping: ModuleMapping, record: CrmRecord) -> dict[str, Any]:
    values = dict(zip(COLUMNS[mapping.role], record.values, strict=True))
    if mapping.role is Role.OTHER:
        values["module"] = mapping.module
    return {**values, "id": record.id, "raw": record.raw}


def _of_module(mapping: ModuleMapping) -> ColumnElement[bool]:
    """A condition that holds for the module's rows: other modules share a table."""
    if mapping.role is Role.OTHER:
        return table_of(RecordRow).c.module == mapping.module
    return and_(True)  # noqa: FBT003 -- SQL's own "true"


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


def _field_row(module: str, field: FieldDescription) -> dict[str, Any]:
    picklist = orjson.dumps(field.picklist).decode() if field.picklist is not None else None
    return asdict(field) | {"module": module, "picklist": picklist}


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), IDS_PER_STATEMENT):
        yield ids[start : start + IDS_PER_STATEMENT]


def _in_range(column: ColumnElement[str], after: str | None, until: str | None) -> ColumnElement[bool]:
    """Ids are numbers written as text: a longer one is greater."""
    length = func.length(column)
    if after is not None and until is not None and len(after) == len(until):
        return and_(column > after, column <= until, length == len(after))  # the usual case, by the index
    conditions = []
    if after is not None:
        conditions.append(or_(length > len(after), and_(length == len(after), column > after)))
    if until is not None:
        conditions.append(or_(length < len(until), and_(length == len(until), column <= until)))
    return and_(True, *conditions)  # noqa: FBT003 -- SQL's own "true"
