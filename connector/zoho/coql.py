"""COQL, Zoho's query language: writing values into a query. Whatever comes from people goes through here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from connector.errors import Fatal

ROWS_PER_CALL = 2000
VALUES_PER_IN = 50  # Zoho's pages say 50 and 100; the smaller works everywhere
COUNTED = "COUNT(id)"  # Zoho wants aggregates in capitals
MODIFIED = "Modified_Time"
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]*\Z")


def name(api_name: str) -> str:
    """A field's or module's API name.

    Raises:
        Fatal: it cannot be one.
    """
    if not _NAME.match(api_name):
        raise Fatal(f"{api_name!r} is not an API name.")
    return api_name


def literal(value: str | int | Decimal | date | datetime) -> str:
    """A value. A quote inside text is doubled (Zoho, Kaizen 171).

    Raises:
        Fatal: an instant without an offset, or a number that is none.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Fatal("An instant in a query needs an offset.")
        return f"'{value.replace(microsecond=0).isoformat()}'"
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise Fatal("A number in a query needs to be finite.")
        return format(value, "f")
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def one_of(field: str, values: Sequence[str]) -> str:
    """``field in (…)``.

    Raises:
        Fatal: no value, or more than one query may name.
    """
    if not 0 < len(values) <= VALUES_PER_IN:
        raise Fatal(f"A query names between 1 and {VALUES_PER_IN} values, not {len(values)}.")
    return f"{name(field)} in ({', '.join(literal(value) for value in values)})"


def compare(field: str, operator: Operator, value: str | int | Decimal | date | datetime) -> str:
    """``field < value`` and the like."""
    return f"{name(field)} {operator} {literal(value)}"


def known(field: str) -> str:
    """Whether a boolean field is true or false: always so, and yet the query asks about it."""
    return either(f"{name(field)} = true", f"{name(field)} = false")


def either(first: str, second: str) -> str:
    """One of two conditions, or both."""
    return f"({first} or {second})"


def behind(moment: datetime, identity: str) -> str:
    """What comes after a place in the order of (Modified_Time, id)."""
    at_that_time = all_of(compare(MODIFIED, "=", moment), compare("id", ">", identity))
    return either(compare(MODIFIED, ">", moment), at_that_time)


def up_to(moment: datetime, identity: str) -> str:
    """What comes before a place in the order of (Modified_Time, id), and what stands there."""
    at_that_time = all_of(compare(MODIFIED, "=", moment), compare("id", "<=", identity))
    return either(compare(MODIFIED, "<", moment), at_that_time)


def all_of(*conditions: str) -> str:
    """Conditions joined by ``and``, nested in pairs as Zoho wants them; none is always true."""
    if not conditions:
        return "id is not null"
    joined = conditions[0]
    for condition in conditions[1:]:
        joined = f"({joined} and {condition})"
    return joined


def select(
    columns: Sequence[str],
    module: str,
    where: str,
    *,
    order_by: Sequence[str] = ("id",),
    limit: int = ROWS_PER_CALL,
) -> str:
    """A query. ``where`` is made by the functions above; Zoho demands one.

    Raises:
        Fatal: a name that cannot be one, or a limit that Zoho does not take.
    """
    if not 0 < limit <= ROWS_PER_CALL:
        raise Fatal(f"A query gives between 1 and {ROWS_PER_CALL} rows, not {limit}.")
    chosen = ", ".join(name(column) for column in columns)
    order = ", ".join(f"{name(column)} asc" for column in order_by)
    return (
        f"select {chosen} from {name(module)} "  # noqa: S608 -- names are checked, values are quoted
        f"where {where} order by {order} limit {limit}"
    )


def count(module: str, where: str) -> str:
    """How many records fulfil a condition; the answer's one row has it under COUNTED."""
    return f"select {COUNTED} from {name(module)} where {where}"  # noqa: S608 -- as above
