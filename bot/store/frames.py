"""Many rows of a query as Arrow's columns, past the driver's Python objects: a million in a moment.

Arrow's own driver for SQLite would be a second copy of SQLite in the process, and when that one closes the
file, the locks of the other are gone (sqlite.org/howtocorrupt.html, 2.2.1). So SQLite itself writes the rows
into one text, and Arrow reads that.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import ColumnElement, Connection, Select, String, cast, func, literal, select

WHOLE = {"render_postcompile": True}  # lists of values written out as parameters


def columns_of(connection: Connection, statement: Select[Any], types: Sequence[pa.DataType]) -> pa.Table:
    """The rows of a query in columns ``0``, ``1`` … of these types.

    No value may be NULL, or have a comma, a quotation mark or a line's end in it: this is for ids, days and
    whole numbers.
    """
    names = [str(place) for place in range(len(types))]
    read = _copied if connection.dialect.name == "postgresql" else _concatenated
    content = read(connection, statement)
    if not content:
        return pa.Table.from_arrays([pa.array([], kind) for kind in types], names)
    return pa_csv.read_csv(
        io.BytesIO(content),
        read_options=pa_csv.ReadOptions(column_names=names),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)), strings_can_be_null=False
        ),
    )


def _concatenated(connection: Connection, statement: Select[Any]) -> bytes:
    rows = statement.subquery()
    first, *rest = (cast(column, String) for column in rows.columns)
    line: ColumnElement[str] = first
    for column in rest:
        line = line.concat(literal(",")).concat(column)
    text = connection.execute(select(func.group_concat(line, "\n"))).scalar_one()
    return b"" if text is None else str(text).encode()


def _copied(connection: Connection, statement: Select[Any]) -> bytes:
    compiled = statement.compile(connection, compile_kwargs=WHOLE)
    driver: Any = connection.connection.driver_connection
    content = io.BytesIO()
    question = f"COPY ({compiled}) TO STDOUT (FORMAT csv)"
    with driver.cursor() as cursor, cursor.copy(question, compiled.construct_params()) as copy:
        for block in copy:
            content.write(block)
    return content.getvalue()
