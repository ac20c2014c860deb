"""Breaking accounts down by a field: which fields have groups, and what a group is called."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, String, case, cast, func

from bot.language.question import DEAL_OWNER, EACH_PRODUCT
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.values import written_field

GROUPED_TYPES = {FieldType.TEXT, FieldType.NUMBER, FieldType.BOOLEAN}
MOST_GROUPS = 10_000
OWNER_FIELD = Field(DEAL_OWNER, FieldType.TEXT, "owner.name", label="Deal owner")
PRODUCT_FIELD = Field(EACH_PRODUCT, FieldType.TEXT, "product.name", label="Product")
# By what records are broken down, and accounts are not.
OF_RECORDS = {DEAL_OWNER: OWNER_FIELD, EACH_PRODUCT: PRODUCT_FIELD}


def check_grouped(field: Field) -> None:
    """That accounts can be counted by a field.

    Raises:
        CriteriaError: they cannot.
    """
    if field.type not in GROUPED_TYPES:
        raise CriteriaError(
            f"Accounts are not counted by {written_field(field.name)}: it is a {field.type.value} field."
        )


def too_many_groups(name: str) -> CriteriaError:
    """What is said of a field with more values than are held in memory."""
    return CriteriaError(
        f"{written_field(name)} has more than {MOST_GROUPS:,} values: ask by another field, or for a list."
    )


def group_name(value: Any, field: Field) -> str | None:
    """What a group is called; None without a value."""
    if field.type is FieldType.BOOLEAN and value is not None:
        value = "yes" if value else "no"
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value in {None, ""} else str(value)


def spelling(value: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A text whose smallest is the first by code points, whatever the server's language."""
    return value if dialect == "sqlite" else value.collate("C")


def one_spelling(value: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A text as the key of a group: texts that differ in case only are one, an empty one is none."""
    some = func.nullif(value, "")
    folded = func.bw_fold(some, type_=String)
    if dialect != "sqlite":
        return folded
    # SQLite's own lower() folds ASCII, and calling Python for every row takes several times as long.
    ascii_only = func.length(some) == func.length(cast(some, LargeBinary))
    return case((ascii_only, func.lower(some)), else_=folded)
