"""Records in and out of PostgreSQL: whole pages by COPY, which takes a third of the time of INSERT."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from connector.batches import RecordBatch
from connector.cache.copy_text import CopyText, copy_text
from connector.cache.record_tables import RecordTable, greatest_text
from connector.cache.statements import fetched, said_by_sqlalchemy, upsert_text
from connector.errors import Overtaken
from connector.ports import Stored

_WITHOUT_WAITING = "set_config('synchronous_commit', 'off', true)"  # until the transaction ends
_BETWEEN_IDS = chr(31)  # no id has this sign
HELD_ALREADY = "23505"  # unique_violation (PostgreSQL, appendix A)


class Kept(NamedTuple):
    """A statement that keeps a row, and its values."""

    statement: str
    values: tuple[Any, ...]


class PostgresqlRecords:
    """One transaction's records on PostgreSQL."""

    refuses_what_is_held = True  # when it is said to be new

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last: dict[tuple[str, Any], Kept] = {}  # rows of other tables, written at the end
        self._filled: set[str] = set()  # temporary tables that hold rows of this transaction

    def stored(self, kept: RecordTable, ids: Collection[str]) -> dict[str, Stored]:
        """What is held of these ids."""
        account = "account_id" if kept.has_account else "NULL"
        # As one text: the driver takes an array apart, value by value.
        wanted = "id = ANY(string_to_array(%s, chr(31)))"
        statement = f"SELECT id, raw, {account} FROM {kept.name} WHERE {wanted}{_and_module(kept)}"  # noqa: S608
        driver: Any = self._connection.connection.driver_connection
        # The driver begins a transaction with an exchange of its own, but in a pipeline.
        with (
            said_by_sqlalchemy(self._connection, statement),
            driver.pipeline(),
            driver.cursor() as cursor,
        ):
            cursor.execute(statement, (_BETWEEN_IDS.join(ids), *_module(kept)))
            return {identifier: Stored(raw, account_id) for identifier, raw, account_id in cursor.fetchall()}

    def greatest_id(self, kept: RecordTable) -> str | None:
        """The last id in the order of texts; None when none is held."""
        ((greatest,),) = fetched(self._connection.exec_driver_sql(greatest_text(kept, "%s"), _module(kept)))
        return None if greatest is None else str(greatest)

    def keep(self, table: str, key: str, row: Mapping[str, Any]) -> None:
        """Write one row of another table, at the end of the transaction; of several the last one."""
        self._last[table, row[key]] = Kept(upsert_text(table, (key,), tuple(row), "%s"), tuple(row.values()))

    def finish(self, *, lasting: bool) -> None:
        """Write what was to be kept, in one exchange.

        Unless it is ``lasting``, the transaction does not wait for the disk: what the server has not written
        there when it breaks down (less than a second of a sync) is lost, pages and places alike.
        """
        if not self._last:
            return
        *first, last = self._last.values()
        others = ", ".join(f"kept_{number} AS ({one.statement})" for number, one in enumerate(first))
        statement = f"WITH {others} {last.statement}" if others else last.statement
        if not lasting:
            statement += f" RETURNING {_WITHOUT_WAITING}"
        values = tuple(value for one in self._last.values() for value in one.values)
        self._connection.exec_driver_sql(statement, values).close()
        self._last.clear()

    def upsert(self, kept: RecordTable, batch: RecordBatch, *, all_new: bool) -> None:
        """Write these records, over what is held of them.

        ``all_new`` says that none is held.

        Raises:
            Overtaken: but another process has written one of them meanwhile; the transaction can only end.
        """
        page = batch.ready or copy_text(kept, batch)
        if all_new:
            self._insert(kept, page)
            return
        incoming = self._emptied(f"incoming_{kept.name}", kept)
        self._copy(incoming, page)
        self._connection.exec_driver_sql(_merge(kept, incoming))

    def delete(self, kept: RecordTable, ids: Collection[str]) -> None:
        """Remove these records."""
        self._connection.exec_driver_sql(
            f"DELETE FROM {kept.name} WHERE id = ANY(%s){_and_module(kept)}",  # noqa: S608 -- our own names
            (list(ids), *_module(kept)),
        )

    def _insert(self, kept: RecordTable, page: CopyText) -> None:
        # Without a savepoint: with each page it would cost two more exchanges with the database.
        try:
            self._copy(kept.name, page)
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) != HELD_ALREADY:
                raise
            raise Overtaken from None

    def _emptied(self, incoming: str, kept: RecordTable) -> str:
        """A temporary table like the other; it outlives the transaction, its rows do not."""
        self._connection.exec_driver_sql(
            f"TRUNCATE {incoming}"
            if incoming in self._filled
            else f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} (LIKE {kept.name}) ON COMMIT DELETE ROWS"
        )
        self._filled.add(incoming)
        return incoming

    def _copy(self, table: str, page: CopyText) -> None:
        statement = f"COPY {table} ({', '.join(page.columns)}) FROM STDIN"
        driver: Any = self._connection.connection.driver_connection
        with (
            said_by_sqlalchemy(self._connection, statement),
            driver.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            copy.write(page.content)


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
