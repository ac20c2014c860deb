"""A page of records, made ready for a database column by column: several times faster than value by value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from connector.cache.record_tables import Kind, RecordTable
from connector.ports import CrmRecord, Value

# PostgreSQL's indexes take entries of at most 2,700 bytes. The raw text holds the whole.
LONGEST_INDEXED_TEXT = 400
# What the databases' whole numbers can hold.
LARGEST = {Kind.NUMBER: 2**31 - 1, Kind.BIG_NUMBER: 2**63 - 1}
# PostgreSQL's texts cannot hold the character NUL; in JSON texts it is written with six characters.
NUL, IN_JSON, INSTEAD = "\0", "\\u0000", "\ufffd"


def typed_columns(kept: RecordTable, records: Sequence[CrmRecord]) -> list[Sequence[Value]]:
    """The typed values of a page by column, each fit for both databases.

    A number that is too large leaves its column empty; like a shortened text it is whole in the raw text.
    """
    columns: list[Sequence[Value]] = list(zip(*(record.values for record in records), strict=True))
    has_nul = any(IN_JSON in record.raw for record in records)
    for place, kind in enumerate(kept.kinds):
        if has_nul and kind in {Kind.TEXT, Kind.INDEXED_TEXT}:
            columns[place] = [_without_nul(value) for value in columns[place]]
        if kind is Kind.INDEXED_TEXT:
            columns[place] = _shortened(columns[place])
        elif kind in LARGEST:
            columns[place] = _within(columns[place], LARGEST[kind])
    return columns


def instants(values: Sequence[Any], ending: str) -> list[str | None]:
    """Aware instants as the digits of their UTC time with this ending: ``2026-01-31 23:59:59.000000``.

    ``ending`` stands after the seconds: ``.000000`` as SQLAlchemy writes it on SQLite, or an offset.

    Raises:
        ValueError: an instant without a time zone.
    """
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


def days(values: Sequence[Any]) -> list[str | None]:
    """Days as ``2026-01-31``."""
    return [None if value is None else value.isoformat() for value in values]


def _without_nul(value: Value) -> Value:
    return value.replace(NUL, INSTEAD) if isinstance(value, str) else value


def _shortened(column: Sequence[Any]) -> Sequence[Value]:
    if max(map(len, filter(None, column)), default=0) <= LONGEST_INDEXED_TEXT:
        return column
    return [value and value[:LONGEST_INDEXED_TEXT] for value in column]


def _within(column: Sequence[Any], largest: int) -> Sequence[Value]:
    if max(map(abs, filter(None, column)), default=0) <= largest:
        return column
    return [value if value is not None and abs(value) <= largest else None for value in column]
