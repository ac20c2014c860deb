"""Sort keys for lists of accounts: one order on SQLite and PostgreSQL, empty values last, ties broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, case, func, literal, type_coerce

from bot.language.question import Sort
from bot.store.columns import ACCOUNT, AccountColumns
from scoring.criteria.check import field_named
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.values import written_field


def in_order(sort: Sequence[Sort], catalog: Catalog, columns: AccountColumns) -> Iterator[ColumnElement[Any]]:
    """The ORDER BY of a list: the given keys, then name, then id.

    Labels are in the configuration's order; descending puts the best first.

    Raises:
        CriteriaError: an unknown field, or a list field, which has no order.
    """
    for one in sort:
        key = _key(field_named(one.field, catalog), columns)
        yield (key.desc() if one.descending else key.asc()).nulls_last()
    yield without_case(func.nullif(ACCOUNT.c.name, ""), columns.dialect).asc().nulls_last()
    yield ACCOUNT.c.id.asc()


def without_case(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A text as a sort key: A to Z before everything beyond ASCII, capitals and small letters alike.

    Cheap on both databases and the same on both; ``bw_fold`` would call Python for every account.
    """
    if dialect == "sqlite":
        return text.collate("NOCASE")
    return func.lower(type_coerce(text, String).collate("C"))


def _key(field: Field, columns: AccountColumns) -> ColumnElement[Any]:
    column = columns(field)
    if field.type is FieldType.LIST:
        raise CriteriaError(f"Accounts are not sorted by {written_field(field.name)}: it is a list field.")
    if field.values and (field.name == "label" or field.source.startswith("label:")):
        rank = {name: -place for place, name in enumerate(field.values)}
        return case(*((column == literal(name), place) for name, place in rank.items()))
    if field.type is FieldType.TEXT:
        return without_case(func.nullif(column, ""), columns.dialect)
    return column
