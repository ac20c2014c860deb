"""Records in and out of SQLite: whole pages, straight through the driver."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from connector.cache.columnar import days, instants, typed_columns
from connector.cache.record_tables import Kind, RecordTable, greatest_text
from connector.cache.statements import fetched, upsert_text
from connector.ports import CrmRecord, Stored

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
        return {identifier: Stored(raw, account_id) for identifier, raw, account_id in fetched(rows)}

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

    def upsert(self, kept: RecordTable, records: Sequence[CrmRecord], *, all_new: bool) -> None:
        """Write these records, over what is held of them."""
        del all_new  # an insert that may meet a held row costs SQLite no more than one that may not
        self._connection.exec_driver_sql(
            upsert_text(kept.name, kept.keys, kept.columns, "?"), list(_rows(kept, records))
        )

    def delete(self, kept: RecordTable, ids: Collection[str]) -> None:
        """Remove these records."""
        self._connection.exec_driver_sql(
            f"DELETE FROM {kept.name} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 -- our names
            f"{_and_module(kept)}",
            (_json(ids), *_module(kept)),
        )


def _rows(kept: RecordTable, records: Sequence[CrmRecord]) -> Iterable[tuple[Any, ...]]:
    columns: list[Sequence[Any]] = list(typed_columns(kept, records))
    for place, kind in enumerate(kept.kinds):
        if kind is Kind.INSTANT:
            columns[place] = instants(columns[place], AFTER_SECONDS)
        elif kind is Kind.DAY:
            columns[place] = days(columns[place])
    ids, raws = [one.id for one in records], [one.raw for one in records]
    first = [ids] if kept.module is None else [[kept.module] * len(records), ids]
    return zip(*first, *columns, raws, strict=True)


def _json(ids: Collection[str]) -> str:
    return orjson.dumps(tuple(ids)).decode()


def _module(kept: RecordTable) -> tuple[str, ...]:
    return () if kept.module is None else (kept.module,)


def _and_module(kept: RecordTable, prefix: str = "") -> str:
    return "" if kept.module is None else f" AND {prefix}module = ?"
