"""A page of records in COPY's text format.

Large pages come as Arrow's arrays and are written by Arrow; small ones come as plain values: only to begin
Arrow's work on each of their columns would take longer than Python's whole work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from connector.batches import Column, RecordBatch, content_of, plain
from connector.cache.columnar import TypedColumn, days, instants, typed_columns
from connector.cache.record_tables import Kind, RecordTable
from connector.ports import Value

NOTHING = "\\N"  # COPY's NULL
# What the format wants written with a backslash; the backslash itself comes first.
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


class CopyText(NamedTuple):
    """Rows in COPY's text format, and the names of their columns. The end of the last line may be missing."""

    columns: tuple[str, ...]
    content: bytes | memoryview


def copy_text(kept: RecordTable, batch: RecordBatch) -> CopyText:
    """A page, without the columns that are empty in all of its rows."""
    columns = typed_columns(kept, batch)
    by = _by_arrow if isinstance(batch.raw_column, pa.Array) else _by_python
    return CopyText((*kept.keys, *(one.name for one in columns), "raw"), by(kept, batch, columns))


def _by_python(kept: RecordTable, batch: RecordBatch, columns: Sequence[TypedColumn]) -> bytes:
    written = [_written(one.kind, plain(one.values)) for one in columns]
    ids, raws = _texts(batch.ids), _texts(batch.raws)
    first = [ids] if kept.module is None else [_texts([kept.module]) * len(batch), ids]
    return "\n".join(map("\t".join, zip(*first, *written, raws, strict=True))).encode()


def _written(kind: Kind, column: Sequence[Value]) -> Sequence[str]:
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


def _by_arrow(kept: RecordTable, batch: RecordBatch, columns: Sequence[TypedColumn]) -> memoryview:
    written = [_array(one.kind, one.values) for one in columns]
    first, *rest = [_escaped(_text_array(batch.ids)), *written, _escaped(batch.raw_column)]
    if kept.module is not None:
        first = pc.binary_join_element_wise(*_texts([kept.module]), first, "\t")
    # Each line begins with the end of the one before it: to add ends to whole lines would copy them again.
    parts = [pc.binary_join_element_wise("\n", first, ""), *rest]
    lines = pc.binary_join_element_wise(*parts, "\t", null_handling="replace", null_replacement=NOTHING)
    return content_of(lines)[1:]


def _array(kind: Kind, column: Column) -> pa.Array:
    if kind is Kind.DAY:
        return _text_array(days(column))
    if kind is Kind.INSTANT:
        return _text_array(instants(column, "+00"))
    if kind in {Kind.NUMBER, Kind.BIG_NUMBER}:
        return pc.cast(pa.array(column, pa.int64()), pa.string())
    return _escaped(_text_array(column))


def _text_array(column: Column) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column, pa.string())


def _escaped(column: pa.Array) -> pa.Array:
    content = bytes(content_of(column))  # to look for a byte in it is faster than to look through the texts
    for letter, escaped in ESCAPES:
        if letter.encode() in content:
            column = pc.replace_substring(column, letter, escaped)
    return column
