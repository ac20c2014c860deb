"""Reading values as Zoho writes them. The input is hostile: a wrong value spoils its record only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import orjson

from connector.errors import Skippable
from connector.ports import CrmRecord, RawRecord, RecordReader, Value

MINOR_PER_UNIT = 100
LARGEST_BIGINT = 2**63 - 1  # a BIGINT column
LARGEST_INTEGER = 2**31 - 1  # an INTEGER column of PostgreSQL
LONGEST_ID = 32
# PostgreSQL stores no NUL, UTF-8 has no lone surrogates; both can stand in JSON as escapes.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def record_reader(columns: Mapping[str, str]) -> RecordReader:
    """A reader for one module: system field name -> API name. The system name says the kind of value.

    The reader raises Skippable, with the field and the reason, for a record that cannot be used.
    """
    plan = tuple((column, api_name, kind_of(column)) for column, api_name in columns.items())

    def read(record: RawRecord) -> CrmRecord:
        clean, raw = raw_text(record)
        values: dict[str, Value] = {}
        for column, api_name, kind in plan:
            try:
                values[column] = kind(clean.get(api_name))
            except (ValueError, TypeError, InvalidOperation, OverflowError) as error:
                raise Skippable(f"{api_name}: {error}") from None
        return CrmRecord(record_id(clean), values, raw)

    return read


def kind_of(column: str) -> Callable[[Any], Value]:
    """The reading of a system field, by its name: the names carry their units."""
    if column.endswith("_id"):
        return lookup_id
    if column.endswith("_minor"):
        return money_minor
    if column.endswith("_at"):
        return instant
    if column.endswith("_on"):
        return day
    return whole_number if column == "employees" else text


def record_id(record: RawRecord) -> str:
    """The record's id.

    Raises:
        Skippable: it has none that can be one.
    """
    value = record.get("id")
    identifier = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not identifier.isascii() or not identifier.isalnum() or len(identifier) > LONGEST_ID:
        raise Skippable("The record has no id.")
    return identifier


def raw_text(record: RawRecord) -> tuple[RawRecord, str]:
    """The record and its JSON text with sorted keys, both free of what a database cannot store.

    Decimals are written as the numbers that they were.
    """
    try:
        raw = _dumped(record)
    except TypeError:  # a lone surrogate, or a number beyond 64 bits
        record = _storable(record)
        return record, _dumped(record)
    if "\\u0000" in raw:
        record = _storable(record)
        return record, _dumped(record)
    return record, raw


def text(value: Any) -> str | None:
    """Text; several values are joined by "; ", as Zoho exports them. Empty is None."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, dict):
        return text(value.get("name"))
    if isinstance(value, list):
        return "; ".join(part for part in map(text, value) if part) or None
    raise ValueError(f"{type(value).__name__} is not text")


def lookup_id(value: Any) -> str | None:
    """The id of a lookup: ``{"id": …, "name": …}``, or the bare id that older versions send."""
    found = value.get("id") if isinstance(value, dict) else value
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, str | int) or not str(found).isalnum():
        raise ValueError(f"{_shown(value)} is not a lookup")
    return str(found)


def money_minor(value: Any) -> int | None:
    """An amount in hundredths, exactly; more than two decimals are rounded half to even."""
    number = _number(value)
    if number is None:
        return None
    minor = int((number * MINOR_PER_UNIT).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    if abs(minor) > LARGEST_BIGINT:
        raise ValueError(f"{_shown(value)} is too large for an amount")
    return minor


def whole_number(value: Any) -> int | None:
    """A number; a fraction is rounded half to even."""
    number = _number(value)
    if number is None:
        return None
    whole = int(number.to_integral_value(rounding=ROUND_HALF_EVEN))
    if abs(whole) > LARGEST_INTEGER:
        raise ValueError(f"{_shown(value)} is too large")
    return whole


def day(value: Any) -> date | None:
    """``yyyy-MM-dd``, or the day of an instant by the clock on its own wall."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is not a date")  # noqa: TRY004 -- one error for all readings
    return datetime.fromisoformat(value).date() if "T" in value else date.fromisoformat(value)


def instant(value: Any) -> datetime | None:
    """``yyyy-MM-ddTHH:mm:ss±HH:mm`` as UTC; without an offset nobody knows when it was."""
    if value is None or value == "":
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{_shown(value)} has no offset from UTC")
    return moment.astimezone(UTC)


def _number(value: Any) -> Decimal | None:
    """A finite number; numbers written as text (bigint fields) too."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"{_shown(value)} is not a number")  # noqa: TRY004 -- one error for all readings
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{_shown(value)} is not a number") from None
    # Beyond 30 digits neither a column nor Decimal's own precision holds it.
    if not number.is_finite() or number.adjusted() > 20:  # noqa: PLR2004
        raise ValueError(f"{_shown(value)} is not a number that can be kept")
    return number


def _dumped(record: RawRecord) -> str:
    return orjson.dumps(record, default=_as_number, option=orjson.OPT_SORT_KEYS).decode()


def _as_number(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub(_REPLACEMENT, value)
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    if isinstance(value, int) and abs(value) > LARGEST_BIGINT:
        return Decimal(value)
    return [_storable(one) for one in value] if isinstance(value, list) else value


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"  # noqa: PLR2004
