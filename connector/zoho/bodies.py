"""JSON in and out: fast in the usual case, exact and storable in the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

import orjson

# Up to here a double tells hundredths apart with room to spare; a larger number is read digit by digit.
EXACT_BELOW = 1e13
LARGEST_BIGINT = 2**63 - 1
# PostgreSQL stores no NUL, UTF-8 has no lone surrogates; both can stand in JSON as escapes.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A success of Zoho.

    Attributes:
        body: the JSON; None when there was no content (204, 304).
        at: Zoho's own time.
        content: the bytes that the body was read from.
    """

    body: Any
    at: datetime | None = None
    content: bytes = field(default=b"", repr=False)

    def items(self, key: str, numeric: Iterable[str] = ()) -> list[dict[str, Any]] | None:
        """The objects under a key; none without content; None when the answer is of another shape.

        Numbers under the ``numeric`` names that are too large for a double come as Decimal.
        """
        found = _objects(self.body, key)
        if found and any(_lost_digits(found, name) for name in numeric):
            return _objects(storable(exactly(self.content)), key)
        return found

    @property
    def info(self) -> Mapping[str, Any]:
        """What the answer says about the list that it is a page of."""
        info = self.body.get("info") if isinstance(self.body, dict) else None
        return info if isinstance(info, dict) else {}


def _objects(body: Any, key: str) -> list[dict[str, Any]] | None:
    if body is None:
        return []
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list) or not set(map(type, found)) <= {dict}:
        return None
    return found


def _lost_digits(rows: list[dict[str, Any]], name: str) -> bool:
    """Whether a number may have lost digits when it became a double."""
    values: list[Any] = [one.get(name) for one in rows]
    try:
        if -EXACT_BELOW < min(values) <= max(values) < EXACT_BELOW:
            return False  # the usual case, in a quarter of the time
    except TypeError:  # some are missing
        pass
    doubles = [value for value in values if type(value) is float]
    return bool(doubles) and not -EXACT_BELOW < min(doubles) <= max(doubles) < EXACT_BELOW


def parsed(content: bytes) -> Any:
    """The JSON of an answer, without anything that a database cannot store.

    Raises:
        ValueError, RecursionError: it is cut off, or is not JSON.
    """
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:  # a lone surrogate or a number beyond a double are JSON all the same
        return storable(exactly(content))
    return storable(body) if b"\\u0000" in content else body


def exactly(content: bytes) -> Any:
    """The JSON with every fraction as a Decimal.

    Raises:
        ValueError, RecursionError: as of :func:`parsed`.
    """
    return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)


def dumped(value: object) -> bytes:
    """JSON text, in which a Decimal is written as the number that it is."""
    return orjson.dumps(value, default=as_number)


def storable(value: Any) -> Any:
    """The value with replacement characters for what no database can store."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(_REPLACEMENT, value)
    if isinstance(value, dict):
        return {storable(name): storable(one) for name, one in value.items()}
    if isinstance(value, int) and abs(value) > LARGEST_BIGINT:
        return Decimal(value)
    return [storable(one) for one in value] if isinstance(value, list) else value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def as_number(value: Any) -> orjson.Fragment:
    """What JSON has no type for: a Decimal, as the number that it is."""
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is not JSON")
