"""A CRM in memory and its copy in a real database, brought together by the sync."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import SQLModel

from connector.cache import repositories
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, RecordRow, TransactionRow, table_of
from connector.mapping import CrmMapping, ModuleMapping, Role
from connector.ports import Cursor
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.sync.report import ModuleReport, Progress, SyncReport
from tests.support.fake_crm import FakeCrm, SettableClock, standard_crm

MAPPING = CrmMapping(
    (
        ModuleMapping(Role.ACCOUNTS, "Accounts", {"name": "Account_Name", "modified_at": "Modified_Time"}),
        ModuleMapping(
            Role.TRANSACTIONS,
            "Deals",
            {
                "account_id": "Account_Name",
                "name": "Deal_Name",
                "stage": "Stage",
                "occurred_on": "Closing_Date",
                "amount_minor": "Amount",
                "modified_at": "Modified_Time",
            },
        ),
    )
)
ROWS: dict[str, type[SQLModel]] = {"Accounts": AccountRow, "Deals": TransactionRow}
NOT_KEPT = {"subform"}


class Killed(BaseException):
    """As kill -9 is: nobody catches it."""


@dataclass
class World:
    """A CRM and its copy."""

    database: Database
    clock: SettableClock
    crm: FakeCrm
    mapping: CrmMapping = MAPPING
    policy: SyncPolicy = field(default_factory=SyncPolicy)

    def run(
        self,
        *,
        full: bool = False,
        modules: Collection[str] | None = None,
        since: datetime | None = None,
        dry_run: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> SyncReport:
        return self.pipeline().run(progress, full=full, modules=modules, since=since, dry_run=dry_run)

    def sync(self, **how: Any) -> dict[str, ModuleReport]:
        return {one.module: one for one in self.run(**how).modules}

    def pipeline(self) -> Sync:
        return Sync(SqlCopy(self.database), self.crm, self.mapping, self.clock, self.policy)

    def cursor(self, module: str) -> Cursor:
        found = SqlCopy(self.database).cursor(module)
        assert found is not None
        return found

    def copy(self, module: str) -> dict[str, Any]:
        table = table_of(ROWS.get(module, RecordRow))
        statement = select(table.c.id, table.c.raw)
        if module not in ROWS:
            statement = statement.where(table.c.module == module)
        with self.database.reads.connect() as connection:
            return {row.id: json.loads(row.raw) for row in connection.execute(statement)}

    def truth(self, module: str) -> dict[str, Any]:
        held = self.crm.modules_held[module]
        names = ["id", *(one.api_name for one in held.fields if one.data_type not in NOT_KEPT)]
        return {one: {name: row.get(name) for name in names} for one, row in held.records.items()}

    def touched(self) -> set[str]:
        with self.database.writes.begin() as connection:
            found = repositories.touched_accounts(connection)
            repositories.clear_touched(connection, found)
        return {one.account_id for one in found}

    def is_exact(self, *, but: Collection[str] = ()) -> bool:
        return all(self.differing(module, but=but) == {} for module in self.crm.modules_held)

    def differing(self, module: str, *, but: Collection[str] = ()) -> dict[str, Any]:
        """Per id what the copy and the CRM hold, where they differ; names of lookups do not count."""
        mine, theirs = ({key: _bare(row, but) for key, row in rows.items()} for rows in self._both(module))
        return {
            one: (mine.get(one), theirs.get(one))
            for one in mine.keys() | theirs.keys()
            if mine.get(one) != theirs.get(one)
        }

    def _both(self, module: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.copy(module), self.truth(module)

    def asked(self, what: str) -> list[tuple[str, ...]]:
        """The calls of one kind so far."""
        return [one for one in self.crm.asked if one[0] == what]


def new_world(database: Database) -> World:
    clock = SettableClock()
    return World(database, clock, standard_crm(clock))


def emptied(database: Database) -> Database:
    """Without a row of the connector's."""
    with database.writes.begin() as connection:
        for table in SQLModel.metadata.tables.values():
            if table.name.startswith(("crm_", "sync_", "touched_")):
                connection.execute(delete(table))
    return database


def add_account(crm: FakeCrm, name: str = "Konex") -> str:
    return crm.add("Accounts", Account_Name=name, Note="n")


def add_deal(crm: FakeCrm, account: str | None = None, **values: Any) -> str:
    lookup = {"id": account, "name": "x"} if account else None
    return crm.add("Deals", **({"Deal_Name": "d", "Account_Name": lookup, "Stage": "Closed Won"} | values))


def _bare(row: dict[str, Any], but: Collection[str]) -> dict[str, Any]:
    return {
        name: value["id"] if isinstance(value, dict) else value
        for name, value in row.items()
        if name not in but
    }
