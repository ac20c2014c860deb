"""A page of records, made ready for a database column by column: several times faster than value by value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from connector.batches import Column, RecordBatch, content_of, plain
from connector.cache.record_tables import Kind, RecordTable
from connector.ports import Value

# PostgreSQL's indexes take entries of at most 2,700 bytes. The raw text holds the whole.
LONGEST_INDEXED_TEXT = 400
# What the databases' whole numbers can hold.
LARGEST = {Kind.NUMBER: 2**31 - 1, Kind.BIG_NUMBER: 2**63 - 1}
# PostgreSQL's texts cannot hold the character NUL; in JSON texts it is written with six characters.
NUL, IN_JSON, INSTEAD = "\0", "\\u0000", "\ufffd"


class TypedColumn(NamedTuple):
    """A typed column of a page, as it is written."""

    name: str
    kind: Kind
    values: Column


def typed_columns(kept: RecordTable, batch: RecordBatch) -> list[TypedColumn]:
    """The typed values of a page by column, each fit for both databases.

    A number that is too large leaves its column empty; like a shortened text it is whole in the raw text. A
    column in which no record has a value is left out: nothing is mapped to most of these, and a row that is
    written without has NULL there.
    """
    columns = []
    has_nul = _has_nul(batch.raw_column)
    for name, kind, values in zip(kept.typed, kept.kinds, batch.columns, strict=True):
        if _is_empty(values):
            continue
        fit = values
        if has_nul and kind in {Kind.TEXT, Kind.INDEXED_TEXT}:
            fit = [_without_nul(value) for value in plain(values)]
        if kind is Kind.INDEXED_TEXT:
            fit = _shortened(fit)
        elif kind in LARGEST:
            fit = _within(fit, LARGEST[kind])
        columns.append(TypedColumn(name, kind, fit))
    return columns


def _is_empty(values: Column) -> bool:
    if isinstance(values, pa.Array):
        return bool(values.null_count == len(values))
    return bool(values.count(None) == len(values))


def instants(values: Column, ending: str) -> Column:
    """Aware instants as the digits of their UTC time with this ending: ``2026-01-31 23:59:59.000000``.

    ``ending`` stands after the seconds: ``.000000`` as SQLAlchemy writes it on SQLite, or an offset.

    Raises:
        ValueError: an instant without a time zone.
    """
    if isinstance(values, pa.Array) and values.type.unit != "s":
        values = values.to_pylist()
    if isinstance(values, pa.Array):
        digits = pc.cast(pc.cast(values, pa.timestamp("s")), pa.string())
        return pc.binary_join_element_wise(digits, ending, "")
    text = orjson.dumps(values).decode()
    if not values or "." in text or text.count('+00:00"') + text.count("null") != len(values):
        return [_instant(value, ending) for value in values]
    digits = text[1:-1].replace("T", " ").replace("+00:00", ending).replace('"', "").split(",")
    return [None if one == "null" else one for one in digits] if "null" in text else list(digits)


def _instant(value: datetime | None, ending: str) -> str | None:
    """The same for one, in another zone or with fractions of a second."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"an instant needs a time zone; got the naive {value!r}")
    digits = value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return digits if ending.startswith(".") else digits + ending


def days(values: Column) -> Column:
    """Days as ``2026-01-31``."""
    if isinstance(values, pa.Array):
        return pc.cast(values, pa.string())
    return [None if value is None else value.isoformat() for value in values]


def _without_nul(value: Value) -> Value:
    return value.replace(NUL, INSTEAD) if isinstance(value, str) else value


def _has_nul(raws: Column) -> bool:
    if isinstance(raws, pa.Array):
        content = bytes(content_of(raws))
        return b"\\" in content and IN_JSON.encode() in content  # the first alone is found many times faster
    return IN_JSON in "".join(raws)  # each begins with a bracket


def _shortened(column: Column) -> Column:
    if isinstance(column, pa.Array):
        longest = pc.max(pc.binary_length(column)).as_py() or 0
        return column if longest <= LONGEST_INDEXED_TEXT else _shortened(column.to_pylist())
    if max(map(len, filter(None, column)), default=0) <= LONGEST_INDEXED_TEXT:
        return column
    return [value and value[:LONGEST_INDEXED_TEXT] for value in column]


def _within(column: Column, largest: int) -> Column:
    if isinstance(column, pa.Array):
        ends = pc.min_max(column).as_py()
        within = ends["min"] is None or -largest <= ends["min"] <= ends["max"] <= largest
        return column if within else _within(column.to_pylist(), largest)
    if max(map(abs, filter(None, column)), default=0) <= largest:
        return column
    return [value if value is not None and abs(value) <= largest else None for value in column]
