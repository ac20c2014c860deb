"""A scope in SQL: one condition on accounts, which every query over them for a person has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from bot.app.scope import Scope
from bot.store.places import ACCOUNT, TABLES
from bot.store.territory_tables import AccountTerritoryRow, are_kept
from connector.cache.tables import table_of

TERRITORIES = "Territories"  # the CRM's own field of accounts: a list of objects with id and name
_FIELD = TABLES["crm_field"]
_TERRITORY = table_of(AccountTerritoryRow)


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
    located = select(_TERRITORY.c.account_id).where(_TERRITORY.c.territory_id.in_(sorted(scope.territories)))
    return or_(owned, ACCOUNT.c.id.in_(located))


def seen_ids(scope: Scope, dialect: str) -> Select[Any]:
    """The ids of the accounts that are seen, for records that belong to accounts."""
    return select(ACCOUNT.c.id).where(is_seen(scope, dialect))


def knows_territories(connection: Connection, module: str) -> bool:
    """Whether the copy has the territories of accounts: whether their module has the field."""
    field = select(_FIELD.c.api_name).where(_FIELD.c.module == module, _FIELD.c.api_name == TERRITORIES)
    return connection.execute(field).first() is not None and are_kept(connection)


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
