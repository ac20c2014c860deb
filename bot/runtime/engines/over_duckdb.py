"""RFM's pass by DuckDB over Parquet files: one machine, more transactions than fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from bot.app.errors import ConfigurationError
from scoring.engines.rfm_pass import Pass, Passed, carried_out
from scoring.engines.statements import ACCOUNTS, PURCHASES, Statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def passed_by_duckdb(steps: Pass, purchases: Sequence[str], accounts: Sequence[str]) -> Passed:
    """Run a pass.

    Args:
        steps: the pass, in DuckDB's dialect.
        purchases: Parquet files with account_id, occurred_on, amount_minor, is_purchase.
        accounts: Parquet files with account_id.

    Raises:
        ConfigurationError: DuckDB is not installed, or does not read the files.
    """
    with _opened() as connection:
        for name, files in ((PURCHASES, purchases), (ACCOUNTS, accounts)):
            connection.read_parquet(list(files)).create_view(name)
        return carried_out(steps, lambda statement: _asked(connection, statement))


@contextmanager
def _opened() -> Iterator[DuckDBPyConnection]:
    try:
        import duckdb
    except ImportError:
        raise ConfigurationError(
            "scoring.engine is duckdb, but DuckDB is not installed.",
            "Run `pip install 'bellwether[columnar]'`, or set scoring.engine to process.",
        ) from None
    try:
        with duckdb.connect() as connection:
            yield connection
    except duckdb.Error as error:
        raise ConfigurationError(
            f"DuckDB did not finish: {str(error).splitlines()[0]}",
            "Check that it reads scoring.folder; for an object store it needs its extension httpfs.",
        ) from error


def _asked(connection: DuckDBPyConnection, statement: Statement) -> pa.Table:
    text = statement.written("${}".format, str)
    if statement.keep:
        connection.execute(f"CREATE TEMP TABLE {statement.keep} AS {text}", dict(statement.values))
        return pa.table({})
    return connection.sql(text, params=dict(statement.values)).to_arrow_table()
