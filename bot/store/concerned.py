"""What alerts ask of accounts: names, owners, last contacts, whom they concern, which meet criteria."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, true

from bot.app.alert_addresses import CrmContact
from bot.app.facts import Concerned, NamedOwner
from bot.store.columns import AccountColumns
from bot.store.criteria_sql import where
from bot.store.places import ACCOUNT
from bot.store.score_rows import batches
from connector.cache.engine import Database
from connector.cache.tables import EngagementEventRow, FieldRow, UserRow, table_of
from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.criteria.tree import Node

_USER = table_of(UserRow)
_EVENT = table_of(EngagementEventRow)
_FIELD = table_of(FieldRow)
_USER_TYPES = frozenset({"ownerlookup", "userlookup"})


def names(
    connection: Connection, account_ids: Sequence[str], until: datetime | None
) -> dict[str, NamedOwner]:
    """Names, owners and last contacts of accounts that the cache still holds.

    An appointment is no contact before it has come, so nothing after ``until`` counts; None: everything.
    """
    past = true() if until is None else _EVENT.c.occurred_at <= until
    contact = (
        select(func.max(_EVENT.c.occurred_at))
        .where(_EVENT.c.account_id == ACCOUNT.c.id, past)
        .correlate(ACCOUNT)
        .scalar_subquery()
    )
    query = select(
        ACCOUNT.c.id, ACCOUNT.c.name, _USER.c.name.label("owner"), contact.label("contact")
    ).join_from(ACCOUNT, _USER, _USER.c.id == ACCOUNT.c.owner_id, isouter=True)
    return {
        row.id: NamedOwner(
            row.name or f"Account {row.id}", row.owner, row.contact.date() if row.contact else None
        )
        for some in batches(account_ids)
        for row in connection.execute(query.where(ACCOUNT.c.id.in_(some)))
    }


def concerned(
    connection: Connection, account_ids: Sequence[str], fields: Sequence[str]
) -> dict[str, Concerned]:
    """The owner of accounts, the owner's manager, and who stands in lookup fields."""
    query = select(ACCOUNT.c.id, ACCOUNT.c.owner_id, _USER.c.manager_id, ACCOUNT.c.raw).join_from(
        ACCOUNT, _USER, _USER.c.id == ACCOUNT.c.owner_id, isouter=True
    )
    return {
        row.id: Concerned(row.owner_id, row.manager_id, _users_in(row.raw, fields))
        for some in batches(account_ids)
        for row in connection.execute(query.where(ACCOUNT.c.id.in_(some)))
    }


def meeting(
    connection: Connection,
    criteria: Node,
    catalog: Catalog,
    segmentation: str,
    today: Today,
    account_ids: Sequence[str],
) -> set[str]:
    """Those of some accounts that meet criteria, as they are now.

    Args:
        connection: to the cache and the scores.
        criteria: a checked tree that speaks of accounts alone.
        catalog: the fields.
        segmentation: whose scores and labels are meant where none is named.
        today: for relative days.
        account_ids: the accounts.
    """
    dialect = connection.dialect.name
    columns = AccountColumns(segmentation, dialect)
    condition = where(criteria, catalog, columns, today, dialect)
    query = select(ACCOUNT.c.id).select_from(columns.rows()).where(condition)
    return {
        account
        for some in batches(account_ids)
        for account in connection.execute(query.where(ACCOUNT.c.id.in_(some))).scalars()
    }


def user_fields(connection: Connection, module: str) -> tuple[str, ...] | None:
    """The fields of a module that hold a CRM user, by API name; None while its fields are not known."""
    query = select(_FIELD.c.api_name, _FIELD.c.data_type).where(_FIELD.c.module == module)
    rows = connection.execute(query.order_by(_FIELD.c.api_name)).all()
    return tuple(row.api_name for row in rows if row.data_type in _USER_TYPES) if rows else None


def _users_in(raw: str, fields: Iterable[str]) -> Mapping[str, str | None]:
    """Who stands in lookup fields: Zoho gives an object with ``id`` and ``name``."""
    wanted = tuple(fields)
    if not wanted:
        return {}
    try:
        record: Any = json.loads(raw)
    except ValueError:
        record = None
    values = record if isinstance(record, dict) else {}
    return {name: _id_of(values.get(name)) for name in wanted}


def _id_of(value: Any) -> str | None:
    found = value.get("id") if isinstance(value, dict) else None
    return str(found) if found else None


class SqlCrmUsers:
    """The port ``CrmUsers``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def contact(self, user_id: str) -> CrmContact | None:
        """Name and e-mail; without an e-mail that another active user has as well."""
        same = _USER.alias()
        with self._database.reads.begin() as connection:
            row = connection.execute(select(_USER).where(_USER.c.id == user_id)).mappings().first()
            if row is None:
                return None
            email = (row["email"] or "").strip()
            others = (
                select(func.count())
                .select_from(same)
                .where(func.lower(same.c.email) == email.lower(), same.c.active, same.c.id != user_id)
            )
            alone = bool(email) and not connection.execute(others).scalar_one()
        return CrmContact(row["name"] or "A CRM user", email if alone else None, row["active"])
