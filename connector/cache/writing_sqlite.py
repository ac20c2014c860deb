"""Records in and out of SQLite: whole pages, straight through the driver."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from sqlite3 import Cursor
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from connector.batches import RecordBatch, plain
from connector.cache.columnar import days, instants, typed_columns
from connector.cache.record_tables import Kind, RecordTable, greatest_text
from connector.cache.statements import fetched, said_by_sqlalchemy, upsert_text
from connector.ports import Stored

# Records that are read as one text, and that are written by one statement: with each row by itself Python's
# lock is let go, and threads that read the next pages take it.
READ_TOGETHER = 500
WRITTEN_TOGETHER = 64
# Between the values and the records of such a text: ids have no such signs, and JSON writes them as \u001f.
_NEXT_VALUE, _NEXT_RECORD = "\x1f", "\x1e"
AFTER_SECONDS = ".000000"  # as SQLAlchemy's DateTime writes and reads it on SQLite


class Page(NamedTuple):
    """Rows one behind the other in one list: as the driver takes those of a statement. And their columns."""

    columns: tuple[str, ...]
    values: list[Any]


class SqliteRecords:
    """One transaction's records on SQLite. Nobody else writes until it ends."""

    refuses_what_is_held = False  # an insert writes over it

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stored(self, kept: RecordTable, ids: Collection[str]) -> dict[str, Stored]:
        """What is held of these ids."""
        account = "json_quote(held.account_id)" if kept.has_account else "'null'"
        # One parameter, however many ids: the statement is always the same, and no limit is met. One text,
        # however many records: with each row that SQLite gives by itself Python's lock is let go, and got
        # again behind all threads that read the next pages.
        statement = (
            f"SELECT group_concat(held.id || :value || held.raw || :value || {account}, :record) "  # noqa: S608 -- our own names
            "FROM json_each(:ids) AS wanted "
            f"CROSS JOIN {kept.name} AS held ON held.id = wanted.value"
            f"{'' if kept.module is None else ' AND held.module = :module'}"
        )
        named = {"value": _NEXT_VALUE, "record": _NEXT_RECORD, "module": kept.module}
        found: dict[str, Stored] = {}
        wanted = tuple(ids)
        for start in range(0, len(wanted), READ_TOGETHER):
            some = {**named, "ids": _json(wanted[start : start + READ_TOGETHER])}
            ((text,),) = fetched(self._connection.exec_driver_sql(statement, some))
            for record in text.split(_NEXT_RECORD) if text else ():
                identifier, raw, account_id = record.split(_NEXT_VALUE)
                found[identifier] = Stored(raw, orjson.loads(account_id))
        return found

    def greatest_id(self, kept: RecordTable) -> str | None:
        """The last id in the order of texts; None when none is held."""
        ((greatest,),) = self._execute(greatest_text(kept, "?"), _module(kept)).fetchall()
        return None if greatest is None else str(greatest)

    def keep(self, table: str, key: str, row: Mapping[str, Any]) -> None:
        """Write one row of another table: it has the time of a statement that SQLAlchemy would make anew."""
        instants_as_text = [
            instants([value], AFTER_SECONDS)[0] if isinstance(value, datetime) else value
            for value in row.values()
        ]
        statement = upsert_text(table, (key,), tuple(row), "?")
        self._execute(statement, tuple(instants_as_text))

    def finish(self, *, lasting: bool) -> None:
        """Everything is written already; when it is on the disk, ``PRAGMA synchronous`` says."""

    def upsert(self, kept: RecordTable, batch: RecordBatch, *, all_new: bool) -> None:
        """Write these records, over what is held of them."""
        del all_new  # an insert that may meet a held row costs SQLite no more than one that may not
        page: Page = batch.ready or made_ready(kept, batch)
        each = WRITTEN_TOGETHER * len(page.columns)
        for start in range(0, len(page.values), each):
            some = page.values[start : start + each]
            rows = len(some) // len(page.columns)
            statement = upsert_text(kept.name, kept.keys, page.columns, "?", rows, over=kept.columns)
            self._execute(statement, some)

    def delete(self, kept: RecordTable, ids: Collection[str]) -> None:
        """Remove these records."""
        self._connection.exec_driver_sql(
            f"DELETE FROM {kept.name} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 -- our names
            f"{_and_module(kept)}",
            (_json(ids), *_module(kept)),
        )

    def _execute(self, statement: str, values: Sequence[Any]) -> Cursor:
        """By the driver alone: SQLAlchemy's part of it would take several times as long."""
        driver: Any = self._connection.connection.driver_connection
        with said_by_sqlalchemy(self._connection, statement):
            cursor: Cursor = driver.execute(statement, values)
            return cursor


def made_ready(kept: RecordTable, batch: RecordBatch) -> Page:
    """What can be made of a page before its transaction: its values, without columns that are all empty."""
    names, written = [], []
    for name, kind, column in typed_columns(kept, batch):
        names.append(name)
        if kind is Kind.INSTANT:
            written.append(instants(column, AFTER_SECONDS))
        else:
            written.append(days(column) if kind is Kind.DAY else column)
    keys = [batch.ids] if kept.module is None else [[kept.module] * len(batch), batch.ids]
    columns = [*keys, *map(plain, written), batch.raws]
    values: list[Any] = [None] * (len(columns) * len(batch))
    for place, column in enumerate(columns):
        values[place :: len(columns)] = column
    return Page((*kept.keys, *names, "raw"), values)


def _json(ids: Collection[str]) -> str:
    return orjson.dumps(tuple(ids)).decode()


def _module(kept: RecordTable) -> tuple[str, ...]:
    return () if kept.module is None else (kept.module,)


def _and_module(kept: RecordTable) -> str:
    return "" if kept.module is None else " AND module = ?"
