"""Fields of the raw records: an SQL expression for each form of value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Numeric,
    String,
    and_,
    case,
    cast,
    false,
    func,
    or_,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.cache.types import UtcDateTime

ISO_DAY_LENGTH = len("2026-06-30")
ISO_SECONDS_LENGTH = len("2026-06-30T23:59:59")
ISO_OFFSET_LENGTH = len("+00:00")
# Instants before and after these years are no values: in some time zones nobody can express them.
FIRST_INSTANT, BEFORE_INSTANT = "1000", "9999"
# Beyond these a number of the raw record is no double; PostgreSQL would refuse the whole query.
LARGEST_DOUBLE, SMALLEST_DOUBLE = "1.7976931348623157e308", "2.2250738585072014e-308"


def raw_value(raw: ColumnElement[Any], form_and_name: str, dialect: str) -> ColumnElement[Any]:
    """A CRM field of the raw record; NULL when its JSON has another form than the field's type says.

    Args:
        raw: the column with the JSON text.
        form_and_name: ``text:Tier``; forms are text, named (an object's ``name``), number, day, instant (as
            UtcDateTime), truth, list.
        dialect: ``sqlite`` or ``postgresql``.
    """
    form, _, name = form_and_name.partition(":")
    forms = _SQLITE_FORMS if dialect == "sqlite" else _POSTGRESQL_FORMS
    return forms[form](raw, name)


def _path(*names: str) -> str:
    return "$" + "".join(f'."{name}"' for name in names)


def _sqlite_text(raw: ColumnElement[Any], *names: str) -> ColumnElement[Any]:
    path = _path(*names)
    return case((func.json_type(raw, path) == "text", func.json_extract(raw, path, type_=String)))


def _sqlite_number(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    number = func.json_extract(raw, _path(name))
    return case((func.json_type(raw, _path(name)).in_(("integer", "real")), cast(number, Double)))


def _sqlite_truth(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    kind = func.json_type(raw, _path(name))
    return type_coerce(case((kind == "true", true()), (kind == "false", false())), Boolean)


def _sqlite_list(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return case(
        (func.json_type(raw, _path(name)) == "array", func.json_extract(raw, _path(name), type_=String))
    )


def _sqlite_day(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    text = _sqlite_text(raw, name)
    digit = "[0-9]"
    pattern = f"{digit * 4}-{digit * 2}-{digit * 2}*"
    return case((text.op("GLOB")(pattern), func.substr(text, 1, ISO_DAY_LENGTH, type_=String)))


def _sqlite_instant(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """As SQLite's UtcDateTime is stored; whole seconds, which is enough to tell days apart."""
    text = _sqlite_text(raw, name)
    digit = "[0-9]"
    seconds = f"{digit * 4}-{digit * 2}-{digit * 2}T{digit * 2}:[0-5]{digit}:[0-5]{digit}"
    offset = f"[+-][01]{digit}:[0-5]{digit}"
    day = func.substr(text, 1, ISO_DAY_LENGTH, type_=String)
    is_instant = and_(
        or_(*(text.op("GLOB")(seconds + fraction + offset) for fraction in ("", f".{digit * 6}"))),
        text.between(FIRST_INSTANT, BEFORE_INSTANT),
        func.substr(text, ISO_DAY_LENGTH + 2, 2, type_=String) < "24",
        func.date(day, "+0 days", type_=String) == day,  # with which 31 February becomes 3 March
    )
    moment = func.substr(text, 1, ISO_SECONDS_LENGTH, type_=String).concat(
        func.substr(text, -ISO_OFFSET_LENGTH, type_=String)
    )
    return type_coerce(
        case((is_instant, func.strftime("%Y-%m-%d %H:%M:%S.000000", moment))),
        UtcDateTime,
    )


_Form = Callable[..., ColumnElement[Any]]
_SQLITE_FORMS: Mapping[str, _Form] = {
    "text": _sqlite_text,
    "named": lambda raw, name: _sqlite_text(raw, name, "name"),
    "number": _sqlite_number,
    "truth": _sqlite_truth,
    "list": _sqlite_list,
    "day": _sqlite_day,
    "instant": _sqlite_instant,
}


def _json(raw: ColumnElement[Any], name: str) -> Any:
    return cast(raw, JSONB)[name]


def _postgresql_text(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return case((func.jsonb_typeof(_json(raw, name)) == "string", _json(raw, name).astext))


def _postgresql_named(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    inner = _json(raw, name)["name"]
    return case((func.jsonb_typeof(inner) == "string", inner.astext))


def _postgresql_number(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    value = _json(raw, name)
    number = cast(value.astext, Numeric)
    size = func.abs(number)
    as_double = case(
        (size > cast(LARGEST_DOUBLE, Numeric), func.sign(number) * cast("Infinity", Double)),
        (size < cast(SMALLEST_DOUBLE, Numeric), cast(0, Double)),
        else_=cast(number, Double),
    )
    return case((func.jsonb_typeof(value) == "number", as_double))


def _postgresql_truth(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    value = _json(raw, name)
    return case((func.jsonb_typeof(value) == "boolean", cast(value.astext, Boolean)))


def _postgresql_list(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    value = _json(raw, name)
    return case((func.jsonb_typeof(value) == "array", type_coerce(value, JSONB)))


def _postgresql_day(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    text = _json(raw, name).astext
    day = func.substr(text, 1, ISO_DAY_LENGTH, type_=String)
    # The collation of bytes, so that days are in order whatever the server's language.
    return case((text.regexp_match("^[0-9]{4}-[0-9]{2}-[0-9]{2}"), day.collate("C")))


# Days that the calendar has, because PostgreSQL refuses the whole query for one that it has not.
CALENDAR = (
    "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)-02-29)"
)
_INSTANT = (
    f"^(?=[1-8]|9[0-8]|99[0-8]|999[0-8]){CALENDAR}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{{6}})?"
    "[+-](0[0-9]|1[0-4]):[0-5][0-9]$"
)


def _postgresql_instant(raw: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    text = _postgresql_text(raw, name)
    return case((text.regexp_match(_INSTANT), cast(text, UtcDateTime)))


_POSTGRESQL_FORMS: Mapping[str, _Form] = {
    "text": _postgresql_text,
    "named": _postgresql_named,
    "number": _postgresql_number,
    "truth": _postgresql_truth,
    "list": _postgresql_list,
    "day": _postgresql_day,
    "instant": _postgresql_instant,
}
