"""Which table keeps a module's records, and how its rows are written: which columns, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from sqlalchemy import BigInteger, Column, ColumnElement, Date, Integer, Table, true

from connector.cache.tables import AccountRow, ContactRow, ProductRow, RecordRow, TransactionRow, table_of
from connector.cache.types import UtcDateTime
from connector.mapping import COLUMNS, ModuleMapping, Role

TABLES: Mapping[Role, Table] = {
    Role.ACCOUNTS: table_of(AccountRow),
    Role.CONTACTS: table_of(ContactRow),
    Role.PRODUCTS: table_of(ProductRow),
    Role.TRANSACTIONS: table_of(TransactionRow),
    Role.OTHER: table_of(RecordRow),
}


class Kind(Enum):
    """What a column holds, as far as writing it needs to know."""

    TEXT = auto()
    INDEXED_TEXT = auto()
    NUMBER = auto()  # of 32 bits
    BIG_NUMBER = auto()  # of 64 bits
    DAY = auto()
    INSTANT = auto()


@dataclass(frozen=True, slots=True)
class RecordTable:
    """A module's part of a table.

    Attributes:
        module: the module whose rows they are where several share the table; None where one has it alone.
        keys: the columns of the primary key.
        kinds: of the typed columns, in the order of ``CrmRecord.values``.
        columns: of a whole row, in the order in which rows are written: the module if there is one, the id,
            the typed columns, the raw text.
    """

    table: Table
    module: str | None
    keys: tuple[str, ...]
    kinds: tuple[Kind, ...]
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def typed(self) -> tuple[str, ...]:
        """The names of the typed columns, in the order of ``CrmRecord.values``."""
        return self.columns[len(self.keys) : -1]

    @property
    def has_account(self) -> bool:
        """Whether its rows name an account."""
        return "account_id" in self.columns

    @property
    def mine(self) -> ColumnElement[bool]:
        """A condition that holds for this module's rows."""
        return true() if self.module is None else self.table.c.module == self.module


def record_table(mapping: ModuleMapping) -> RecordTable:
    """Where the records of a module are kept."""
    return _record_table(mapping.role, mapping.module if mapping.role is Role.OTHER else None)


def greatest_text(kept: RecordTable, mark: str) -> str:
    """The statement for the driver that finds the last id in the order of texts."""
    where = "" if kept.module is None else f" WHERE module = {mark}"
    return f"SELECT max(id) FROM {kept.name}{where}"  # noqa: S608 -- our own names


@lru_cache(maxsize=1000)
def _record_table(role: Role, module: str | None) -> RecordTable:
    table, typed = TABLES[role], COLUMNS[role]
    indexed = {column.name for index in table.indexes for column in index.columns}
    first = ("id",) if module is None else ("module", "id")
    return RecordTable(
        table,
        module,
        tuple(column.name for column in table.primary_key),
        tuple(_kind(table.c[name], indexed=name in indexed) for name in typed),
        (*first, *typed, "raw"),
    )


def _kind(column: Column[object], *, indexed: bool) -> Kind:
    if isinstance(column.type, Integer):
        return Kind.BIG_NUMBER if isinstance(column.type, BigInteger) else Kind.NUMBER
    if isinstance(column.type, Date):
        return Kind.DAY
    if isinstance(column.type, UtcDateTime):
        return Kind.INSTANT
    return Kind.INDEXED_TEXT if indexed else Kind.TEXT
