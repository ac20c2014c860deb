"""RFM's pass in the database itself, SQLite or PostgreSQL: the portable statements over our own tables.

Nothing here depends on which PostgreSQL it is: a distributed one gets the same statements. The facts stay in
a temporary table for the time of the pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Date,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    insert,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.store.engines.sources import Sources
from bot.store.frames import columns_of
from scoring.engines.rfm_pass import MEASURES, Pass, Passed, carried_out
from scoring.engines.statements import ACCOUNTS, FACTS, PURCHASES, Statement, Value

ID = "account_id"
_FACTS = Table(
    FACTS,
    MetaData(),
    Column(ID, String(32), primary_key=True),
    *(Column(name, BigInteger) for name in MEASURES),
)
# SQLite joins by the key, and the aggregate comes in its order; PostgreSQL hashes and needs none.
_KEPT_IN = {
    "sqlite": "CREATE TEMPORARY TABLE bw_facts (account_id TEXT PRIMARY KEY, r BIGINT, f BIGINT, m BIGINT) "
    "WITHOUT ROWID",
    "postgresql": "CREATE TEMPORARY TABLE bw_facts (account_id TEXT, r BIGINT, f BIGINT, m BIGINT) "
    "ON COMMIT DROP",
}


class _Portable(FunctionElement[Any]):
    """A statement of the pass as rows to select from; values of it and of the sources are bound together."""

    inherit_cache = False
    name = "portable"

    def __init__(self, statement: Statement, sources: Sources) -> None:
        super().__init__()
        self.statement = statement
        self.sources = {PURCHASES: sources.purchases, ACCOUNTS: sources.accounts}
        self.values = {name: _bound(name, value) for name, value in statement.values.items()}

    def rows(self) -> Select[Any]:
        """Its rows, in its columns."""
        columns = self.statement.columns
        found = self.table_valued(*columns, name="passed")
        return select(*(found.c[name] for name in columns))


@compiles(_Portable)
def _written(element: _Portable, compiler: SQLCompiler, **options: Any) -> str:
    def value(name: str) -> str:
        return str(compiler.process(element.values[name], **options))

    def relation(name: str) -> str:
        return f"({compiler.process(element.sources[name], **options)})"

    return f"({element.statement.written(value, relation)})"


def passed_in_database(connection: Connection, steps: Pass, sources: Sources) -> Passed:
    """Run a pass on a connection, within its transaction."""
    with _facts_table(connection):
        return carried_out(steps, lambda statement: _asked(connection, statement, sources))


@contextmanager
def _facts_table(connection: Connection) -> Iterator[None]:
    connection.execute(text(_KEPT_IN[connection.dialect.name]))
    yield
    # After an error the transaction is undone, and the table with it.
    connection.execute(text("DROP TABLE bw_facts"))


def _bound(name: str, value: Value) -> BindParameter[Any]:
    return bindparam(name, value, Date() if isinstance(value, date) else BigInteger(), unique=True)


def _asked(connection: Connection, statement: Statement, sources: Sources) -> pa.Table:
    rows = _Portable(statement, sources).rows()
    if statement.keep:
        connection.execute(insert(_FACTS).from_select(list(statement.columns), rows))
        return pa.table({})
    types = [pa.string() if name == ID else pa.int64() for name in statement.columns]
    return columns_of(connection, rows, types).rename_columns(list(statement.columns))
