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
LONGEST_EXPONENT = 30
DEEPEST = 40


def canonical(row: Mapping[str, Any]) -> str:
    """JSON with sorted keys, exact numbers without trailing zeros, without formatted twins.

    Raises:
        Skippable: a number or a depth that nobody could have meant.
    """
    return _text({key: value for key, value in row.items() if key not in PASSING_KEYS}, 0)


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
