"""Records in and out of PostgreSQL: whole pages by COPY, which takes a third of the time of INSERT."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from connector.batches import RecordBatch
from connector.cache.copy_text import copy_text
from connector.cache.record_tables import RecordTable, greatest_text
from connector.cache.statements import fetched, said_by_sqlalchemy, upsert_text
from connector.ports import Stored


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
        page = batch.ready or copy_text(kept, batch)
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

    def _inserted(self, kept: RecordTable, page: bytes | memoryview) -> bool:
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

    def _copy(self, table: str, kept: RecordTable, page: bytes | memoryview) -> None:
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


def _module(kept: RecordTable) -> tuple[str, ...]:
    return () if kept.module is None else (kept.module,)


def _and_module(kept: RecordTable) -> str:
    return "" if kept.module is None else " AND module = %s"
