"""From kept values to the typed columns of the copy, a whole column of a page at a time.

A converter takes the column as it came and the column as it is kept, and raises ValueError (or TypeError,
OverflowError) when one of them cannot be a value of the column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

from connector.ports import Value
from connector.zoho import fields as values

Typed: TypeAlias = Callable[[Sequence[Any], Sequence[Any]], Sequence[Value]]
WRONG = (ValueError, TypeError, OverflowError, ArithmeticError)


def typed(column: str) -> Typed:
    """The converter of a system field, by its name: the names carry their units."""
    if column.endswith("_id"):
        return _ids
    if column.endswith("_minor"):
        return _amounts
    if column.endswith("_at"):
        return _instants
    if column.endswith("_on"):
        return _days
    return _whole_numbers if column == "employees" else _texts


def _ids(_came: Sequence[Any], kept: Sequence[Any]) -> Sequence[Value]:
    try:
        found = [one and one["id"] for one in kept]
        # All at once: joined, they are what each of them has to be.
        whole = "".join(filter(None, found))
    except (KeyError, TypeError):
        return list(map(values.lookup_id, kept))
    usual = (whole.isascii() and whole.isalnum()) or not any(found)
    return found if usual and "" not in found else list(map(values.lookup_id, kept))


def _amounts(_came: Sequence[Any], kept: Sequence[Any]) -> Sequence[Value]:
    return list(map(values.money_minor, kept))


def _instants(_came: Sequence[Any], kept: Sequence[Any]) -> Sequence[Value]:
    if set(map(type, kept)) <= {datetime, type(None)}:
        return kept
    return [one if isinstance(one, datetime) else values.instant(one) for one in kept]


def _days(came: Sequence[Any], _kept: Sequence[Any]) -> Sequence[Value]:
    try:
        return [date.fromisoformat(one) if one else None for one in came]
    except (ValueError, TypeError):
        return list(map(values.day, came))


def _whole_numbers(_came: Sequence[Any], kept: Sequence[Any]) -> Sequence[Value]:
    if set(map(type, kept)) <= {int, type(None)} and max(map(abs, filter(None, kept)), default=0) < 2**31:
        return kept
    return list(map(values.whole_number, kept))


def _texts(_came: Sequence[Any], kept: Sequence[Any]) -> Sequence[Value]:
    kinds = set(map(type, kept))
    if kinds <= {str, type(None)}:
        return kept
    if kinds <= {int, float, type(None)}:  # rates of exchange: few different ones
        written = {one: values.text(one) for one in set(kept)}
        return [written[one] for one in kept]
    return list(map(values.text, kept))
