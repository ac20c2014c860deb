"""Records in and out of SQLite: whole pages, straight through the driver."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from connector.batches import RecordBatch, plain
from connector.cache.columnar import days, instants, typed_columns
from connector.cache.record_tables import Kind, RecordTable, greatest_text
from connector.cache.statements import fetched, said_by_sqlalchemy, upsert_text
from connector.ports import Stored

AFTER_SECONDS = ".000000"  # as SQLAlchemy's DateTime writes and reads it on SQLite


class SqliteRecords:
    """One transaction's records on SQLite."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stored(self, kept: RecordTable, ids: Collection[str]) -> dict[str, Stored]:
        """What is held of these ids."""
        account = "held.account_id" if kept.has_account else "NULL"
        # One parameter, however many ids: the statement is always the same, and no limit is met.
        statement = (
            f"SELECT held.id, held.raw, {account} FROM json_each(?) AS wanted "  # noqa: S608 -- our own names
            f"CROSS JOIN {kept.name} AS held ON held.id = wanted.value{_and_module(kept, 'held.')}"
        )
        rows = self._connection.exec_driver_sql(statement, (_json(ids), *_module(kept)))
        return {identifier: Stored._make(held) for identifier, *held in fetched(rows)}

    def greatest_id(self, kept: RecordTable) -> str | None:
        """The last id in the order of texts; None when none is held."""
        ((greatest,),) = fetched(self._connection.exec_driver_sql(greatest_text(kept, "?"), _module(kept)))
        return None if greatest is None else str(greatest)

    def keep(self, table: str, key: str, row: Mapping[str, Any]) -> None:
        """Write one row of another table: it has the time of a statement that SQLAlchemy would make anew."""
        instants_as_text = [
            instants([value], AFTER_SECONDS)[0] if isinstance(value, datetime) else value
            for value in row.values()
        ]
        statement = upsert_text(table, (key,), tuple(row), "?")
        self._connection.exec_driver_sql(statement, tuple(instants_as_text))

    def upsert(self, kept: RecordTable, batch: RecordBatch, *, all_new: bool) -> None:
        """Write these records, over what is held of them."""
        del all_new  # an insert that may meet a held row costs SQLite no more than one that may not
        statement = upsert_text(kept.name, kept.keys, kept.columns, "?")
        driver: Any = self._connection.connection.driver_connection
        with said_by_sqlalchemy(self._connection, statement):
            driver.executemany(statement, rows_of(kept, batch))  # rows are made one by one, not all before

    def delete(self, kept: RecordTable, ids: Collection[str]) -> None:
        """Remove these records."""
        self._connection.exec_driver_sql(
            f"DELETE FROM {kept.name} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 -- our names
            f"{_and_module(kept)}",
            (_json(ids), *_module(kept)),
        )


def rows_of(kept: RecordTable, batch: RecordBatch) -> Iterable[tuple[Any, ...]]:
    """The rows of a page, with the values of ``kept.columns``."""
    columns = typed_columns(kept, batch)
    for place, kind in enumerate(kept.kinds):
        if kind is Kind.INSTANT:
            columns[place] = instants(columns[place], AFTER_SECONDS)
        elif kind is Kind.DAY:
            columns[place] = days(columns[place])
    first = [batch.ids] if kept.module is None else [[kept.module] * len(batch), batch.ids]
    return zip(*first, *map(plain, columns), batch.raws, strict=True)


def _json(ids: Collection[str]) -> str:
    return orjson.dumps(tuple(ids)).decode()


def _module(kept: RecordTable) -> tuple[str, ...]:
    return () if kept.module is None else (kept.module,)


def _and_module(kept: RecordTable, prefix: str = "") -> str:
    return "" if kept.module is None else f" AND {prefix}module = ?"
