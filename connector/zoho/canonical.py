"""From values as they came over the wire to values as they are kept, a whole column of a page at a time.

The three forms of the wire (record lists, query rows, the text of files) lead to the same kept value. Nothing
here refuses a value: what is not of its field's kind is kept as it came, and whoever needs it says no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from connector.ports import CrmUser, FieldDescription
from connector.zoho import fields as values
from connector.zoho.bodies import EXACT_BELOW

Column: TypeAlias = Sequence[Any]
Convert: TypeAlias = Callable[[Column], Column]
# The canonical form of each user: {"id", "name", "email"}.
People: TypeAlias = Mapping[str, Mapping[str, Any]]


class Form(StrEnum):
    """How records came: objects of a list, rows of a query, or lines of a file."""

    LIST = "list"
    QUERY = "query"
    FILE = "file"


class Kind(StrEnum):
    """What the kept value of a field is."""

    TEXT = "text"
    NUMBER = "number"
    BIGINT = "bigint"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    LOOKUP = "lookup"
    PERSON = "person"
    CHOICES = "choices"
    TAGS = "tags"
    UNKNOWN = "unknown"


TAG_FIELD = "Tag"  # of every module; its data type says text
MOST_COMBINATIONS = 10_000  # of choices remembered, so that each is taken apart once
COMPUTED = frozenset({"formula", "rollup_summary"})
_KINDS = {
    "integer": Kind.NUMBER, "double": Kind.NUMBER, "currency": Kind.NUMBER, "percent": Kind.NUMBER,
    "number": Kind.NUMBER, "decimal": Kind.NUMBER, "bigint": Kind.BIGINT, "long": Kind.BIGINT,
    "boolean": Kind.BOOLEAN, "datetime": Kind.INSTANT, "lookup": Kind.LOOKUP,
    "multi_module_lookup": Kind.LOOKUP, "consent_lookup": Kind.LOOKUP, "layout": Kind.LOOKUP,
    "ownerlookup": Kind.PERSON, "userlookup": Kind.PERSON, "multiselectpicklist": Kind.CHOICES,
}  # fmt: skip
_NUMERAL = re.compile(r"-?\d+(\.\d+)?\Z", re.ASCII)
_OFFSET = re.compile(r"[+-]\d\d:\d\d\Z", re.ASCII)
LOCAL_TIME = len("2026-01-31T23:59:59")
_FIGURES = re.compile(r"[0-9.\-]*\Z", re.ASCII)
_BOOLEANS: Mapping[Any, bool] = {"true": True, "false": False, "True": True, "False": False}


def kind_of(field: FieldDescription, returns: str | None = None) -> Kind:
    """The kind of a field. ``returns`` is what a computed field gives, if that is known."""
    if field.api_name == TAG_FIELD:
        return Kind.TAGS
    if field.data_type in COMPUTED:
        return _KINDS.get(returns, Kind.TEXT) if returns else Kind.UNKNOWN
    return _KINDS.get(field.data_type, Kind.TEXT)


def canonical_people(users: Mapping[str, CrmUser]) -> People:
    """The kept form of everybody who is known."""
    return {one.id: {"id": one.id, "name": one.name, "email": one.email} for one in users.values()}


def converter(kind: Kind, form: Form, field: FieldDescription, people: People) -> Convert:
    """How a column of this kind, which came in this form, becomes what is kept."""
    if kind is Kind.PERSON:
        return _people(people, form)
    if form is Form.FILE:
        return _choices_of_file(field.picklist or ()) if kind is Kind.CHOICES else _OF_FILE[kind]
    return _OF_OBJECTS[kind]


def joined(ids: Column, names: Column) -> Column:
    """Lookups of a file: the column of ids and the column of the names that were asked for beside it."""
    return [{"id": one, "name": name or None} if one else None for one, name in zip(ids, names, strict=True)]


def _texts(column: Column) -> Column:
    if not set(map(type, column)) <= {str, type(None)}:
        return [_plain(one) for one in column]
    return [one or None for one in column] if "" in column else column


def _plain(value: Any) -> Any:
    """What has no kind of its own: text, as it is in a file too."""
    if value is None or isinstance(value, str | int | float | Decimal):
        return values.text(value)
    if isinstance(value, dict) and len(value) == 1:  # {"RRULE": "FREQ=…"}
        return _plain(next(iter(value.values())))
    return None if value == [] else value


def _numbers(column: Column) -> Column:
    kinds = set(map(type, column))
    if kinds <= {int, type(None)}:
        return column
    if kinds <= {int, float, type(None)}:
        present = [one for one in column if one is not None]
        if min(present) > -EXACT_BELOW and max(present) < EXACT_BELOW:
            return [int(one) if type(one) is float and one.is_integer() else one for one in column]
    return [one if one is None or type(one) is int else _number(one) for one in column]


def _numbers_of_file(column: Column) -> Column:
    if (
        not _FIGURES.match("".join(column))
        or max(map(len, column), default=0) > values.LONGEST_TEXT_IN_DOUBLE
    ):
        return [_number(one) for one in column]
    try:
        return [int(one) if one else None for one in column]
    except ValueError:  # there are fractions
        return [_figure(one) if one else None for one in column]


def _figure(text: str) -> Any:
    try:
        read = float(text)
    except ValueError:
        return text
    return int(read) if read.is_integer() else read


def _number(value: Any) -> Any:
    try:
        return values.number(value)
    except (ValueError, OverflowError):
        return value


def _numerals(column: Column) -> Column:
    """What a computed field gave, when nobody knows of which type it is."""
    return [_number(one) if type(one) is not str or _NUMERAL.match(one) else one or None for one in column]


def _bigints(column: Column) -> Column:
    return [one or None if type(one) is str else _digits(one) for one in column]


def _digits(value: Any) -> Any:
    return str(value) if type(value) is int else _plain(value)


def _booleans(column: Column) -> Column:
    if set(map(type, column)) <= {bool, type(None)}:
        return column
    return [_BOOLEANS.get(one, one or None) if isinstance(one, str) else one for one in column]


def _instants(column: Column) -> Column:
    parse = datetime.fromisoformat
    try:
        ends = {one[LOCAL_TIME:] for one in column if one}
        if len(ends) == 1:  # one offset for all, as is usual: half the work
            (end,) = ends
            offset = _offset(end)
            if offset is not None:
                return [parse(f"{one[:LOCAL_TIME]}+00:00") - offset if one else None for one in column]
        moments = [parse(one) if one else None for one in column]
        if any(one is not None and one.tzinfo is None for one in moments):
            return [_instant(one) for one in column]
        return [one if one is None or one.tzinfo is UTC else one.astimezone(UTC) for one in moments]
    except (ValueError, TypeError, OverflowError):
        return [_instant(one) for one in column]


def _offset(end: str) -> timedelta | None:
    """The offset from UTC with which an instant ends; None when it is none."""
    return datetime.fromisoformat(f"2000-01-01T00:00:00{end}").utcoffset() if _OFFSET.match(end) else None


def _instant(value: Any) -> Any:
    try:
        return values.instant(value)
    except (ValueError, TypeError, OverflowError):
        return _plain(value)


def _lookups(column: Column) -> Column:
    try:
        return [{"id": one["id"], "name": one["name"] or None} if one else None for one in column]
    except (KeyError, TypeError):
        return [_lookup(one) for one in column]


def _lookup(value: Any) -> Any:
    if type(value) is dict and "id" in value:
        name = {"name": value["name"] or None} if "name" in value else {}
        return {"id": value["id"], **name}
    return _lookup_of_file(value) if type(value) in {str, int} else _plain(value)


def _lookup_of_file(value: Any) -> Any:
    return {"id": str(value)} if value else None


def _lookups_of_file(column: Column) -> Column:
    return [{"id": one} if one else None for one in column]


def _people(people: People, form: Form) -> Convert:
    """Whoever is known is written alike everywhere; queries give last names only, files only ids."""
    known = people.get

    def of_file(column: Column) -> Column:
        return [known(one) or {"id": one} if one else None for one in column]

    def of_objects(column: Column) -> Column:
        try:
            return [known(one["id"]) or _stranger(one, form) if one else None for one in column]
        except (KeyError, TypeError):
            return [_person(one, people, form) for one in column]

    return of_file if form is Form.FILE else of_objects


def _person(value: Any, people: People, form: Form) -> Any:
    found = _lookup(value)
    if type(found) is not dict or type(found.get("id")) not in {str, int}:
        return found
    return people.get(str(found["id"])) or _stranger(value if type(value) is dict else found, form)


def _stranger(value: Mapping[str, Any], form: Form) -> Mapping[str, Any]:
    if form is Form.QUERY or "name" not in value:
        return {"id": value["id"]}
    return {"id": value["id"], "name": value["name"] or None, "email": value.get("email") or None}


def _choices(column: Column) -> Column:
    return [_several(one) for one in column]


def _several(value: Any) -> Any:
    if type(value) is not list:
        return [value] if type(value) is str and value else _plain(value)
    return [one for one in value if one is not None and one != ""] or None


def _tags(column: Column) -> Column:
    return [_tag_names(one) if one else None for one in column]


def _tag_names(value: Any) -> Any:
    if type(value) is not list:
        return _tags_of_text(value) if type(value) is str else value
    return [{"name": one["name"]} if type(one) is dict and "name" in one else one for one in value]


def _tags_of_file(column: Column) -> Column:
    return [_tags_of_text(one) if one else None for one in column]


def _tags_of_text(text: str) -> list[dict[str, str]] | None:
    names = (part.strip() for part in text.split(","))
    return [{"name": name} for name in names if name] or None


def _choices_of_file(options: Sequence[str]) -> Convert:
    """Several choices are joined by "," or ";" (Zoho does not say); an option may contain either."""
    known = frozenset(options)
    seen: dict[str, Sequence[str] | None] = {"": None}

    def convert(column: Column) -> Column:
        for one in set(column) - seen.keys():
            if len(seen) >= MOST_COMBINATIONS:
                seen.clear()
                seen[""] = None
            seen[one] = split_choices(one, known)
        return [seen[one] if one in seen else split_choices(one, known) for one in column]

    return convert


def split_choices(text: str, options: frozenset[str]) -> list[str]:
    """The choices in a joined text: options one after another where that is possible."""
    longest = max((2 * sum(map(one.count, ",;")) for one in options), default=0)
    pieces = re.split("([,;])", text)
    # fits[n]: the options that the first n pieces are made of (a separator is a piece too), or None.
    fits: list[list[str] | None] = [None] * (len(pieces) + 2)
    fits[0] = []
    for start in range(0, len(pieces), 2):
        before = fits[start]
        ends = range(min(len(pieces), start + 1 + longest), start, -2)
        for end in ends if before is not None else ():
            option = "".join(pieces[start:end]).strip()
            if option in options and fits[end + 1] is None:
                fits[end + 1] = [*(before or ()), option]
    whole = fits[len(pieces) + 1]
    if whole is not None:
        return whole
    separator = ";" if ";" in text else ","
    return [part for part in (one.strip() for one in text.split(separator)) if part]


_OF_OBJECTS: Mapping[Kind, Convert] = {
    Kind.TEXT: _texts, Kind.NUMBER: _numbers, Kind.BIGINT: _bigints, Kind.BOOLEAN: _booleans,
    Kind.INSTANT: _instants, Kind.LOOKUP: _lookups, Kind.CHOICES: _choices, Kind.TAGS: _tags,
    Kind.UNKNOWN: _numerals,
}  # fmt: skip
_OF_FILE: Mapping[Kind, Convert] = {
    **_OF_OBJECTS,
    Kind.NUMBER: _numbers_of_file,
    Kind.LOOKUP: _lookups_of_file,
    Kind.TAGS: _tags_of_file,
}
