"""What the organisation of ``benchmarks.scoring`` is made of, and how it comes into a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import inspect, text

from bot.store.config_versions import SqlConfigVersions
from bot.store.places import TABLES
from bot.store.schema import migrate
from connector.cache.engine import Database

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRANSACTIONS_EACH = 10
DAYS = 3 * 365
DAYS_TO_COME = 5  # some deals are dated ahead, so that accounts move when a day has passed
WON = 0.7  # of the transactions
FIRST_ACCOUNT, FIRST_TRANSACTION = 5 * 10**18, 6 * 10**18
AT_ONCE = 100_000
PLAIN: tuple[str, ...] = ()
LABELS = (
    ("Champion", "r >= 4 and f >= 4 and m >= 4"), ("VIP", "m = 5 and f >= 3"), ("Loyal", "f >= 4"),
    ("New", "r = 5 and f = 1"), ("At Risk", "r <= 2 and m >= 4"), ("Slipping", "r <= 2 and f >= 3"),
    ("Asleep", "r = 1"), ("Other", "r >= 1"),
)  # fmt: skip
DOCUMENT = "version: 1\nsegmentations:\n  - name: RFM\n    labels:\n" + "".join(
    f"      - {{name: {name}, when: '{when}'}}\n" for name, when in LABELS
)


class FixedClock:
    """Noon of the benchmark's day, or of a day so many days later."""

    def __init__(self) -> None:
        self.days = 0

    def now(self) -> datetime:
        """The same instant always."""
        return NOW + timedelta(days=self.days)


def transactions(accounts: int, seed: int) -> Iterator[pa.Table]:
    """Transactions by the ten thousands: a power law of frequencies, log-normal amounts, three years."""
    chance = np.random.default_rng(seed)
    weights = np.cumsum(chance.pareto(1.2, accounts) + 0.1)
    total = accounts * TRANSACTIONS_EACH
    for start in range(0, total, AT_ONCE):
        rows = min(AT_ONCE, total - start)
        account = np.searchsorted(weights, chance.random(rows) * weights[-1])
        ids = pa.array(np.arange(start, start + rows) + FIRST_TRANSACTION).cast(pa.string())
        owners = pa.array(account + FIRST_ACCOUNT).cast(pa.string())
        days = np.datetime64(DAY) - chance.integers(-DAYS_TO_COME, DAYS, rows)
        amounts = np.round(chance.lognormal(8, 1.2, rows) * 100).astype(np.int64)
        stages = np.where(chance.random(rows) < WON, "Closed Won", "Closed Lost")
        yield pa.Table.from_arrays(
            [ids, owners, pa.array(stages), pa.array(days).cast(pa.date32()), pa.array(amounts)],
            ["id", "account_id", "stage", "occurred_on", "amount_minor"],
        )


def fill(database: Database, accounts: int, seed: int) -> None:
    """Every table, the configuration, the accounts and their transactions."""
    migrate(database)
    SqlConfigVersions(database, FixedClock()).publish(DOCUMENT, "benchmark")
    with database.writes.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO crm_organisation (id, name, time_zone, currency, several_currencies) "
                "VALUES ('1', 'B', 'UTC', 'USD', false)"
            )
        )
    ids = pa.array(np.arange(accounts) + FIRST_ACCOUNT).cast(pa.string())
    rows = pa.table({"id": ids, "name": ids, "raw": pa.array(["{}"] * accounts)})
    load(database, "crm_account", [rows])
    # To put ten million rows into an index one by one takes ten times as long as to sort them once.
    with database.writes.begin() as connection:
        known = {one["name"] for one in inspect(connection).get_indexes("crm_transaction")}
        made = [one for one in TABLES["crm_transaction"].indexes if one.name in known]
        for index in made:
            index.drop(connection)
    load(database, "crm_transaction", transactions(accounts, seed))
    with database.writes.begin() as connection:
        for index in made:
            index.create(connection)
        if database.dialect == "sqlite":
            connection.exec_driver_sql("ANALYZE")
    if database.dialect == "postgresql":
        with database.writes.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def load(database: Database, name: str, tables: Iterable[pa.Table], *, raw: bool = True) -> None:
    """Rows past the ORM: COPY, or SQLite's own statement; ``raw``: of a table of records, which has it."""
    with database.writes.begin() as connection:
        driver: Any = connection.connection.driver_connection
        for table in tables:
            full = (
                table
                if not raw or "raw" in table.column_names
                else table.append_column("raw", _empty(len(table)))
            )
            columns = ", ".join(full.column_names)
            if database.dialect == "postgresql":
                with (
                    driver.cursor() as cursor,
                    cursor.copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)") as copy,
                ):
                    sink = pa.BufferOutputStream()
                    pa_csv.write_csv(full, sink, pa_csv.WriteOptions(include_header=False))
                    copy.write(sink.getvalue().to_pybytes())
                continue
            marks = ", ".join("?" for _ in full.column_names)
            values = [
                (column.cast(pa.string()) if pa.types.is_date(column.type) else column).to_pylist()
                for column in full.columns
            ]
            driver.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", zip(*values, strict=True))


def _empty(rows: int) -> pa.Array:
    return pa.array(["{}"] * rows)
