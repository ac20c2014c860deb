"""The copy against the organisation: row for row and field for field, by the sandbox's own word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select

from connector.cache.engine import Database
from connector.cache.tables import (
    AccountRow,
    ContactRow,
    ProductRow,
    RecordRow,
    TransactionRow,
    table_of,
)
from connector.mapping import CrmMapping, Role
from tests.support.zoho_client import ZohoHttp

TABLES = {
    Role.ACCOUNTS: table_of(AccountRow),
    Role.CONTACTS: table_of(ContactRow),
    Role.PRODUCTS: table_of(ProductRow),
    Role.TRANSACTIONS: table_of(TransactionRow),
    Role.OTHER: table_of(RecordRow),
}
ROWS_AT_ONCE = 5_000
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def differences(zoho: ZohoHttp, database: Database, mapping: CrmMapping) -> list[str]:
    """What the copy lacks, has too many, or has otherwise; empty when it is exact.

    A lookup to a record that was deleted is shown empty by the CRM, without a change of the record that has
    it. The copy may keep the id: it leads nowhere there as well.
    """
    records = {one.module: list(truth(zoho, one.module)) for one in mapping.modules}
    alive = {identifier for rows in records.values() for identifier, _, _ in rows}
    return [
        line
        for one in mapping.modules
        for line in _of_module(
            records[one.module], dict(_held(database, one.role, one.module)), one.module, alive
        )
    ]


Truth = tuple[str, str, dict[str, Any]]


def _of_module(
    records: list[Truth], held: dict[str, dict[str, Any]], module: str, alive: set[str]
) -> Iterator[str]:
    for identifier, modified, values in records:
        raw = held.pop(identifier, None)
        if raw is None:
            yield f"{module} {identifier} is missing"
            continue
        if "Modified_Time" in values and _meant(raw.get("Modified_Time")) != _meant(modified):
            yield f"{module} {identifier} was modified {modified}, not {raw.get('Modified_Time')}"
        for name, value in values.items():
            kept = raw.get(name)
            if value is None and isinstance(kept, dict) and kept.get("id") not in alive:
                continue
            if name != "id" and _meant(value) != _meant(kept):
                yield f"{module} {identifier}.{name} is {value!r}, not {kept!r}"
    yield from (f"{module} {identifier} does not exist" for identifier in held)


def truth(zoho: ZohoHttp, module: str) -> Iterator[Truth]:
    """Every record as the organisation has it: id, time of change, values."""
    after: str | None = ""
    while after is not None:
        params = {"after": after, "limit": ROWS_AT_ONCE}
        answer = zoho.call("GET", f"/_sandbox/records/{module}", params=params).json()
        for one in answer["records"]:
            yield str(one["id"]), one["modified"], one["values"]
        after = answer["next"]


def _held(database: Database, role: Role, module: str) -> Iterator[tuple[str, dict[str, Any]]]:
    table = TABLES[role]
    statement = select(table.c.id, table.c.raw)
    if role is Role.OTHER:
        statement = statement.where(table.c.module == module)
    with database.reads.connect() as connection:
        for row in connection.execute(statement):
            yield row.id, orjson.loads(row.raw)


def _meant(value: Any) -> Any:
    """What a value says: a lookup's name belongs to the other record, which may have been renamed since."""
    if isinstance(value, dict) and "id" in value:
        return str(value["id"])
    if isinstance(value, list):
        return [
            one["name"] if isinstance(one, dict) and set(one) >= {"name"} else one for one in value
        ] or None
    if isinstance(value, str) and _INSTANT.match(value):
        return datetime.fromisoformat(value).astimezone(UTC)
    return None if value == "" else value
