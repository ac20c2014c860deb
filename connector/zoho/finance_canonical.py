"""The canonical text of a Finance row: the same row gives the same text whichever answer it stood in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from connector.errors import Skippable

# What changes from day to day or from answer to answer although nobody changed the row: counted days, and
# addresses with a fresh signature in them.
PASSING_KEYS = frozenset({"due_days", "shipment_days", "invoice_url", "estimate_url", "photo_url"})
TWIN = "_formatted"  # the same value as text for people, in the language of whoever reads
ONLY_SINGLE = frozenset({"line_items", "invoice_items"})
MODIFIED, UPDATED = "last_modified_time", "updated_time"  # lists of payments say the one, payments the other
LONGEST_EXPONENT = 30
DEEPEST = 40


def canonical(row: Mapping[str, Any]) -> str:
    """JSON with sorted keys, exact numbers without trailing zeros, without formatted twins.

    Raises:
        Skippable: a number or a depth that nobody could have meant.
    """
    return _text({key: value for key, value in row.items() if key not in PASSING_KEYS}, 0)


def as_listed(row: Mapping[str, Any], held: str | None) -> Mapping[str, Any]:
    """A single row in the form of the row that a list gave before, whose canonical text is held.

    Single rows say more than lists, and some things under other names. What only lists say stays as it was
    until the next list; a row that no list has given yet is taken as it is, without its lines.
    """
    if held is None:
        return {key: value for key, value in row.items() if key not in ONLY_SINGLE}
    before = json.loads(held, parse_float=Decimal)
    if MODIFIED in before and MODIFIED not in row and UPDATED in row:
        row = {**row, MODIFIED: row[UPDATED]}
    return _like(row, before)


def _like(row: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _like(row[key], old)
        if isinstance(old, dict) and isinstance(row.get(key), dict)
        else row.get(key, old)
        for key, old in before.items()
    }


def _text(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if depth > DEEPEST:
        raise Skippable("it is nested too deeply")
    if isinstance(value, dict):
        kept = sorted(key for key in value if not key.endswith(TWIN))
        return (
            "{" + ",".join(f"{encode_basestring(key)}:{_text(value[key], depth + 1)}" for key in kept) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(_text(one, depth + 1) for one in value) + "]"
    if isinstance(value, Decimal):
        return digits(value)
    return json.dumps(value)


def digits(number: Decimal) -> str:
    """A number in plain digits.

    Raises:
        Skippable: it would need too many.
    """
    if not number.is_finite() or abs(number.adjusted()) > LONGEST_EXPONENT:
        raise Skippable("a number in it is out of any range")
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
