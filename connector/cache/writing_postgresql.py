"""Records in and out of PostgreSQL: whole pages by COPY, which takes a third of the time of INSERT."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from connector.cache.columnar import days, instants, typed_columns
from connector.cache.record_tables import Kind, RecordTable, greatest_text
from connector.cache.statements import fetched, upsert_text
from connector.ports import CrmRecord, Stored, Value

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
        return {identifier: Stored(raw, account_id) for identifier, raw, account_id in fetched(rows)}

    def greatest_id(self, kept: RecordTable) -> str | None:
        """The last id in the order of texts; None when none is held."""
        ((greatest,),) = fetched(self._connection.exec_driver_sql(greatest_text(kept, "%s"), _module(kept)))
        return None if greatest is None else str(greatest)

    def keep(self, table: str, key: str, row: Mapping[str, Any]) -> None:
        """Write one row of another table."""
        statement = upsert_text(table, (key,), tuple(row), "%s")
        self._connection.exec_driver_sql(statement, tuple(row.values()))

    def upsert(self, kept: RecordTable, records: Sequence[CrmRecord], *, all_new: bool) -> None:
        """Write these records, over what is held of them.

        ``all_new`` says that none is held. If another process has written one of them meanwhile, it is
        overwritten all the same.
        """
        page = copy_text(kept, records).encode()
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

    def _inserted(self, kept: RecordTable, page: bytes) -> bool:
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

    def _copy(self, table: str, kept: RecordTable, page: bytes) -> None:
        statement = f"COPY {table} ({', '.join(kept.columns)}) FROM STDIN"
        driver: Any = self._connection.connection.driver_connection
        with (
            _said_by_sqlalchemy(self._connection, statement),
            driver.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            copy.write(page)


@contextmanager
def _said_by_sqlalchemy(connection: Connection, statement: str) -> Iterator[None]:
    """The driver's errors become those that everything else here raises, without the rows they quote."""
    driver: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        short = type(error)(error.diag.message_primary or str(error))
        raise DBAPIError.instance(
            statement, None, short, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from None


@lru_cache(maxsize=10)
def _merge(kept: RecordTable, incoming: str) -> str:
    names = ", ".join(kept.columns)
    overwritten = ", ".join(f"{name} = excluded.{name}" for name in kept.columns if name not in kept.keys)
    return (
        f"INSERT INTO {kept.name} ({names}) SELECT {names} FROM {incoming} "  # noqa: S608 -- our own names
        f"ON CONFLICT ({', '.join(kept.keys)}) DO UPDATE SET {overwritten}"
    )


def copy_text(kept: RecordTable, records: Sequence[CrmRecord]) -> str:
    """A page in COPY's text format."""
    columns = [
        _written(kind, column) for kind, column in zip(kept.kinds, typed_columns(kept, records), strict=True)
    ]
    ids, raws = _texts([one.id for one in records]), _texts([one.raw for one in records])
    first = [ids] if kept.module is None else [_texts([kept.module]) * len(records), ids]
    return "\n".join(map("\t".join, zip(*first, *columns, raws, strict=True))) + "\n"


def _written(kind: Kind, column: Sequence[Any]) -> Sequence[str]:
    if kind in {Kind.NUMBER, Kind.BIG_NUMBER}:
        return [NOTHING if value is None else str(value) for value in column]
    if kind is Kind.DAY:
        return [value or NOTHING for value in days(column)]
    if kind is Kind.INSTANT:
        return [value or NOTHING for value in instants(column, "+00")]
    return _texts(column)


def _texts(column: Sequence[Value]) -> list[str]:
    texts = ["" if value is None else str(value) for value in column]
    together = "".join(texts)
    for letter, escaped in ESCAPES:
        if letter in together:
            texts = [text.replace(letter, escaped) for text in texts]
    return [NOTHING if value is None else text for value, text in zip(column, texts, strict=True)]


def _module(kept: RecordTable) -> tuple[str, ...]:
    return () if kept.module is None else (kept.module,)


def _and_module(kept: RecordTable) -> str:
    return "" if kept.module is None else " AND module = %s"
