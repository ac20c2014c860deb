"""Records in and out of PostgreSQL: whole pages by COPY, which takes a third of the time of INSERT."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from connector.batches import Column, RecordBatch
from connector.cache.columnar import days, instants, typed_columns
from connector.cache.record_tables import Kind, RecordTable, greatest_text
from connector.cache.statements import fetched, said_by_sqlalchemy, upsert_text
from connector.ports import Stored

NOTHING = "\\N"  # COPY's NULL
# What COPY's text format wants written with a backslash; the backslash itself comes first.
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


class PostgresqlRecords:
    """One transaction's records on PostgreSQL."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._filled: set[str] = set()  # temporary tables that hold rows of this transaction

    def stored(self, kept: RecordTable, ids: Collection[str]) -> dict[str, Stored]:
        """What is held of these ids."""
        account = "account_id" if kept.has_account else "NULL"
        rows = self._connection.exec_driver_sql(
            f"SELECT id, raw, {account} FROM {kept.name} WHERE id = ANY(%s){_and_module(kept)}",  # noqa: S608 -- our own names
            (list(ids), *_module(kept)),
        )
        return {identifier: Stored._make(held) for identifier, *held in fetched(rows)}

    def greatest_id(self, kept: RecordTable) -> str | None:
        """The last id in the order of texts; None when none is held."""
        ((greatest,),) = fetched(self._connection.exec_driver_sql(greatest_text(kept, "%s"), _module(kept)))
        return None if greatest is None else str(greatest)

    def keep(self, table: str, key: str, row: Mapping[str, Any]) -> None:
        """Write one row of another table."""
        statement = upsert_text(table, (key,), tuple(row), "%s")
        self._connection.exec_driver_sql(statement, tuple(row.values()))

    def upsert(self, kept: RecordTable, batch: RecordBatch, *, all_new: bool) -> None:
        """Write these records, over what is held of them.

        ``all_new`` says that none is held. If another process has written one of them meanwhile, it is
        overwritten all the same.
        """
        page = copy_text(kept, batch)
        if all_new and self._inserted(kept, page):
            return
        incoming = self._emptied(f"incoming_{kept.name}", kept)
        self._copy(incoming, kept, page)
        self._connection.exec_driver_sql(_merge(kept, incoming))

    def delete(self, kept: RecordTable, ids: Collection[str]) -> None:
        """Remove these records."""
        self._connection.exec_driver_sql(
            f"DELETE FROM {kept.name} WHERE id = ANY(%s){_and_module(kept)}",  # noqa: S608 -- our own names
            (list(ids), *_module(kept)),
        )

    def _inserted(self, kept: RecordTable, page: memoryview) -> bool:
        """Copy rows straight into the table; False, and nothing done, when one of them is held already."""
        try:
            with self._connection.begin_nested():
                self._copy(kept.name, kept, page)
        except IntegrityError:
            return False
        return True

    def _emptied(self, incoming: str, kept: RecordTable) -> str:
        """A temporary table like the other; it outlives the transaction, its rows do not."""
        self._connection.exec_driver_sql(
            f"TRUNCATE {incoming}"
            if incoming in self._filled
            else f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} (LIKE {kept.name}) ON COMMIT DELETE ROWS"
        )
        self._filled.add(incoming)
        return incoming

    def _copy(self, table: str, kept: RecordTable, page: memoryview) -> None:
        statement = f"COPY {table} ({', '.join(kept.columns)}) FROM STDIN"
        driver: Any = self._connection.connection.driver_connection
        with (
            said_by_sqlalchemy(self._connection, statement),
            driver.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            copy.write(page)


@lru_cache(maxsize=10)
def _merge(kept: RecordTable, incoming: str) -> str:
    names = ", ".join(kept.columns)
    overwritten = ", ".join(f"{name} = excluded.{name}" for name in kept.columns if name not in kept.keys)
    return (
        f"INSERT INTO {kept.name} ({names}) SELECT {names} FROM {incoming} "  # noqa: S608 -- our own names
        f"ON CONFLICT ({', '.join(kept.keys)}) DO UPDATE SET {overwritten}"
    )


def copy_text(kept: RecordTable, batch: RecordBatch) -> memoryview:
    """A page in COPY's text format."""
    columns = [
        _written(kind, column) for kind, column in zip(kept.kinds, typed_columns(kept, batch), strict=True)
    ]
    first = [] if kept.module is None else [pa.scalar(_escaped(pa.array([kept.module]))[0].as_py())]
    parts = [*first, _escaped(_texts(batch.ids)), *columns, _escaped(_texts(batch.raw_column))]
    lines = pc.binary_join_element_wise(*parts, "\t", null_handling="replace", null_replacement=NOTHING)
    return _bytes_of(pc.binary_join_element_wise(lines, "\n", ""))


def _written(kind: Kind, column: Column) -> pa.Array:
    if kind is Kind.DAY:
        return _texts(days(column))
    if kind is Kind.INSTANT:
        return _texts(instants(column, "+00"))
    if kind in {Kind.NUMBER, Kind.BIG_NUMBER}:
        return pc.cast(pa.array(column, pa.int64()), pa.string())
    return _escaped(_texts(column))


def _texts(column: Column) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column, pa.string())


def _escaped(column: pa.Array) -> pa.Array:
    for letter, escaped in ESCAPES:
        if pc.any(pc.match_substring(column, letter)).as_py():
            column = pc.replace_substring(column, letter, escaped)
    return column


def _bytes_of(lines: pa.Array) -> memoryview:
    """The bytes of all texts of an array, which lie one behind the other."""
    _, offsets, content = lines.buffers()
    ends = memoryview(offsets).cast("i")
    return memoryview(content)[ends[lines.offset] : ends[lines.offset + len(lines)]]


def _module(kept: RecordTable) -> tuple[str, ...]:
    return () if kept.module is None else (kept.module,)


def _and_module(kept: RecordTable) -> str:
    return "" if kept.module is None else " AND module = %s"
