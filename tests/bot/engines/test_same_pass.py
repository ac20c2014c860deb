"""Every engine gives the scores, cuts, labels and warnings of the pass in process, on random data."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import BigInteger, Column, Date, Engine, MetaData, String, Table, create_engine, select

from bot.runtime.engines.over_duckdb import passed_by_duckdb
from bot.runtime.engines.over_spark import passed_in_session, session
from bot.store.engines.in_database import passed_in_database
from bot.store.engines.sources import Sources
from scoring.engines.dialects import DIALECTS, DUCKDB, SPARK
from scoring.engines.rfm_pass import Passed, rfm_pass
from tests.support.engine_cases import Case, cases, found, reference
from tests.support.postgres import PostgresServer
from tests.support.spark import needs_spark

METADATA = MetaData()
PURCHASE = Table(
    "engine_purchase",
    METADATA,
    Column("account_id", String),
    Column("occurred_on", Date),
    Column("amount_minor", BigInteger),
    Column("is_purchase", BigInteger),
)
ACCOUNT = Table("engine_account", METADATA, Column("account_id", String))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database with two tables."""
    if request.param == "sqlite":
        opened = create_engine("sqlite://")
        METADATA.create_all(opened)
        yield opened
        opened.dispose()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.fresh("template1") as url:
        opened = create_engine(url)
        METADATA.create_all(opened)
        yield opened
        opened.dispose()


def in_database(engine: Engine, case: Case) -> Passed:
    with engine.connect() as connection:
        for table, rows in ((PURCHASE, case.purchase_table()), (ACCOUNT, case.account_table())):
            connection.execute(table.delete())
            if len(rows):
                connection.execute(table.insert(), rows.to_pylist())
        steps = rfm_pass(case.plan(DIALECTS[engine.dialect.name]))
        return passed_in_database(connection, steps, Sources(select(PURCHASE), select(ACCOUNT)))


@given(cases())
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_the_database(engine: Engine, case: Case) -> None:
    assert found(in_database(engine, case)) == reference(case)


@contextmanager
def files(case: Case) -> Iterator[tuple[list[str], list[str]]]:
    """Purchases in two files, accounts in one."""
    folder = Path(tempfile.mkdtemp(prefix="bw-engines-"))
    try:
        whole, half = case.purchase_table(), len(case.purchases) // 2
        for at, part in enumerate((whole.slice(0, half), whole.slice(half))):
            pq.write_table(part, folder / f"purchases-{at}.parquet")
        pq.write_table(case.account_table(), folder / "accounts.parquet")
        yield [str(one) for one in sorted(folder.glob("purchases-*"))], [str(folder / "accounts.parquet")]
    finally:
        shutil.rmtree(folder)


@given(cases())
@settings(deadline=None, max_examples=25)
def test_by_duckdb(case: Case) -> None:
    with files(case) as (purchases, accounts):
        assert found(passed_by_duckdb(rfm_pass(case.plan(DUCKDB)), purchases, accounts)) == reference(case)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """One session of two threads."""
    with session("local[2]", 2) as opened:
        yield opened


@needs_spark
@pytest.mark.timeout(600)
@given(cases())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_by_spark(spark: Any, case: Case) -> None:
    with files(case) as (purchases, accounts):
        passed = passed_in_session(spark, rfm_pass(case.plan(SPARK)), purchases, accounts)
    assert found(passed) == reference(case)
