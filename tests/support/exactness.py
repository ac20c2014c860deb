"""The copy against the organisation: row for row and field for field, by the sandbox's own word."""

from __future__ import annotations

from collections.abc import Iterator
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


def differences(zoho: ZohoHttp, database: Database, mapping: CrmMapping) -> list[str]:
    """What the copy lacks, has too many, or has otherwise; empty when it is exact."""
    return [line for one in mapping.modules for line in _of_module(zoho, database, one.role, one.module)]


def _of_module(zoho: ZohoHttp, database: Database, role: Role, module: str) -> Iterator[str]:
    held = dict(_held(database, role, module))
    for identifier, modified, values in truth(zoho, module):
        raw = held.pop(identifier, None)
        if raw is None:
            yield f"{module} {identifier} is missing"
            continue
        if "Modified_Time" in values and _meant(raw.get("Modified_Time")) != _meant(modified):
            yield f"{module} {identifier} was modified {modified}, not {raw.get('Modified_Time')}"
        for name, value in values.items():
            if name != "id" and _meant(value) != _meant(raw.get(name)):
                yield f"{module} {identifier}.{name} is {value!r}, not {raw.get(name)!r}"
    yield from (f"{module} {identifier} does not exist" for identifier in held)


def truth(zoho: ZohoHttp, module: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
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
    return None if value == "" else value
