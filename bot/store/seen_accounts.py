"""A scope in SQL: one condition on accounts, which every query over them for a person has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from bot.app.scope import Scope
from bot.store.places import ACCOUNT, TABLES

TERRITORIES = "Territories"  # the CRM's own field of accounts: a list of objects with id and name
_FIELD = TABLES["crm_field"]


def is_seen(scope: Scope, dialect: str) -> ColumnElement[bool]:
    """That an account is seen.

    Args:
        scope: whose accounts are seen.
        dialect: ``sqlite`` or ``postgresql``.
    """
    if scope.also:
        return and_(is_seen(replace(scope, also=()), dialect), *(is_seen(one, dialect) for one in scope.also))
    if scope.everything:
        return true()
    owned = ACCOUNT.c.owner_id.in_(sorted(scope.users))
    if not scope.territories:
        return owned
    located = _located_sqlite if dialect == "sqlite" else _located_postgresql
    return or_(owned, located(sorted(scope.territories)))


def seen_ids(scope: Scope, dialect: str) -> Select[Any]:
    """The ids of the accounts that are seen, for records that belong to accounts."""
    return select(ACCOUNT.c.id).where(is_seen(scope, dialect))


def knows_territories(connection: Connection, module: str) -> bool:
    """Whether the copy has the territories of accounts: whether their module has the field."""
    field = select(_FIELD.c.api_name).where(_FIELD.c.module == module, _FIELD.c.api_name == TERRITORIES)
    return connection.execute(field).first() is not None


def named_alone(connection: Connection) -> int:
    """How many accounts say their territories by name alone, as files do: nobody sees them by a territory."""
    if connection.dialect.name == "sqlite":
        kinds = [func.json_type(ACCOUNT.c.raw, f"$.{TERRITORIES}{one}") for one in ("", "[0]")]
        text = "text"
    else:
        listed = cast(ACCOUNT.c.raw, JSONB)[TERRITORIES]
        kinds, text = [func.jsonb_typeof(listed), func.jsonb_typeof(listed[0])], "string"
    query = select(func.count()).select_from(ACCOUNT).where(or_(*(one == text for one in kinds)))
    return connection.execute(query).scalar_one()


def _located_sqlite(territories: list[str]) -> ColumnElement[bool]:
    path = f"$.{TERRITORIES}"
    items = func.json_each(ACCOUNT.c.raw, path).table_valued("value", "type")
    # Only of an object is there an id: of a text SQLite would complain that it is no JSON.
    number = case((items.c.type == "object", func.json_extract(items.c.value, "$.id")))
    found = exists(select(1).select_from(items).where(number.in_(territories)).correlate(ACCOUNT))
    return and_(func.json_type(ACCOUNT.c.raw, path) == "array", found)


def _located_postgresql(territories: list[str]) -> ColumnElement[bool]:
    listed = cast(ACCOUNT.c.raw, JSONB)[TERRITORIES]
    return func.coalesce(or_(*(listed.contains([{"id": one}]) for one in territories)), false())
