"""Many rows of a query as Arrow's columns, past the driver's Python objects: a million in a moment.

Arrow's own driver for SQLite would be a second copy of SQLite in the process, and when that one closes the
file, the locks of the other are gone (sqlite.org/howtocorrupt.html, 2.2.1). So SQLite itself writes the rows
into one text, and Arrow reads that.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, String, cast, func, literal, select
from sqlalchemy.exc import DBAPIError

from connector.cache.statements import said_by_sqlalchemy

Rows = Select[Any] | CompoundSelect[Any]
WHOLE = {"render_postcompile": True}  # lists of values written out as parameters
# Ids in the first column that begin so are not written as plain numbers are.
_UNLIKE_NUMBERS = np.frombuffer(b"0-", dtype=np.uint8)
_OF_NUMBERS_AND_DAYS = b"0123456789-,\n\r"
# PostgreSQL's SQLSTATEs for a text beyond its gigabyte, or beyond its memory (appendix A).
TOO_LONG = frozenset({"54000", "53200"})
# Arrow's threads pay from some megabytes on; a process that ends while they start is killed by them.
LARGE = 4 << 20


def columns_of(connection: Connection, statement: Select[Any], types: Sequence[pa.DataType]) -> pa.Table:
    """The rows of a query in columns ``0``, ``1`` … of these types.

    No value may be NULL, or have a comma, a quotation mark or a line's end in it: this is for ids, days and
    whole numbers.
    """
    return read_rows(written_rows(connection, statement), types)


def account_columns(connection: Connection, statement: Select[Any], types: Sequence[pa.DataType]) -> pa.Table:
    """The same with an account's id before these types: whole numbers if all ids are, else texts."""
    return read_account_rows(written_rows(connection, statement), types)


def written_rows(connection: Connection, statement: Rows) -> bytes:
    """The rows of a query as CSV without a header, written by the database."""
    read = _gathered if connection.dialect.name == "postgresql" else _concatenated
    return read(connection, statement)


def read_account_rows(content: bytes, types: Sequence[pa.DataType]) -> pa.Table:
    """Rows whose first value is an account's id."""
    if not content.translate(None, _OF_NUMBERS_AND_DAYS) and not _begins_oddly(content):
        try:
            return read_rows(content, [pa.int64(), *types])
        except pa.ArrowInvalid:  # a number beyond 64 bits
            pass
    return read_rows(content, [pa.string(), *types])


def _begins_oddly(content: bytes) -> bool:
    """Whether a line begins as no plain number does; to search the text takes five times as long."""
    written = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(written[:-1] == ord("\n"))
    firsts = np.append(written[:1], written[ends + 1])
    return bool(np.isin(firsts, _UNLIKE_NUMBERS).any())


def alike_tables(tables: Sequence[pa.Table]) -> Sequence[pa.Table]:
    """Tables with ids before them, all of them texts unless all of them are numbers."""
    if len({table.schema.field(0).type for table in tables}) <= 1:
        return tables
    return [table.set_column(0, "0", pc.cast(table.column(0), pa.string())) for table in tables]


def read_rows(content: bytes, types: Sequence[pa.DataType]) -> pa.Table:
    """CSV without a header as columns of these types."""
    names = [str(place) for place in range(len(types))]
    if not content:
        return pa.Table.from_arrays([pa.array([], kind) for kind in types], names)
    return pa_csv.read_csv(
        io.BytesIO(content),
        read_options=pa_csv.ReadOptions(column_names=names, use_threads=len(content) > LARGE),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)), strings_can_be_null=False
        ),
    )


def as_one_text(statement: Rows) -> Select[Any]:
    """The rows of a query as one text, a line each: for SQLite; null without a row."""
    return select(func.group_concat(_line(statement), "\n"))


def _line(statement: Rows) -> ColumnElement[str]:
    first, *rest = (cast(column, String) for column in statement.subquery().columns)
    line: ColumnElement[str] = first
    for column in rest:
        line = line.concat(literal(",")).concat(column)
    return line


def _concatenated(connection: Connection, statement: Rows) -> bytes:
    text = connection.execute(as_one_text(statement)).scalar_one()
    return b"" if text is None else str(text).encode()


def _gathered(connection: Connection, statement: Rows) -> bytes:
    """One text of PostgreSQL: COPY hands over each row by itself, which takes ten times as long."""
    whole = select(func.string_agg(_line(statement), "\n")).compile(connection, compile_kwargs=WHOLE)
    driver: Any = connection.connection.driver_connection
    try:
        # A savepoint, so that the transaction goes on if the text is too long.
        with said_by_sqlalchemy(connection, str(whole)), driver.transaction(), driver.cursor() as cursor:
            (text,) = cursor.execute(str(whole), whole.construct_params()).fetchone()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in TOO_LONG:
            raise
        return _copied(connection, statement)
    return b"" if text is None else str(text).encode()


def _copied(connection: Connection, statement: Rows) -> bytes:
    compiled = statement.compile(connection, compile_kwargs=WHOLE)
    driver: Any = connection.connection.driver_connection
    content = io.BytesIO()
    question = f"COPY ({compiled}) TO STDOUT (FORMAT csv)"
    with driver.cursor() as cursor, cursor.copy(question, compiled.construct_params()) as copy:
        for block in copy:
            content.write(block)
    return content.getvalue()
