"""A small organisation in a real database, scored by the real use case; time stands until it is moved."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import Session, SQLModel, col

from bot.app.config.published import PublishedConfigurations
from bot.app.facts import RunSummary
from bot.app.one_run import Cause
from bot.app.recompute import Recompute
from bot.store.config_versions import SqlConfigVersions
from bot.store.scores import SqlScores
from bot.store.tables import AlertRow, LabelChangeRow, OutboxRow, RunRow, ScoreRow
from connector.cache.engine import Database, open_database
from connector.cache.tables import AccountRow, OrganisationRow, TouchedAccountRow, TransactionRow, UserRow
from tests.support.postgres import PostgresServer, create_tables, without_rows

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # noon in New York
DAY = date(2026, 11, 24)

# By bands, so that an account moves by what it does itself.
BANDS = """\
version: 1
segmentations:
  - name: Purchases
    scores: 3
    recency: {method: bands, bands: [{within: last 30 days, score: 3}, {within: last 90 days, score: 2}]}
    frequency: {method: bands, at_least: [3, 6]}
    monetary: {method: bands, at_least: [1000, 10000]}
    labels:
      - {name: Top, when: r = 3 and m = 3}
      - {name: Good, when: r >= 2}
      - {name: Slipping, when: r = 1 and m >= 2}
      - {name: Gone, when: purchases >= 1}
alerts:
  routes:
    - {name: Worse, when: worse, channel: "#cs", flood: 5}
"""


@pytest.fixture(scope="module")
def shared_postgres(postgres_server: PostgresServer) -> Iterator[Database]:
    """One PostgreSQL database for a module: emptying it takes a tenth of what making one takes."""
    with postgres_server.fresh() as url:
        opened = open_database(url)
        yield opened
        opened.close()


# For a test of what is decided in Python: its SQL runs on both kinds of database in other tests.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with every table and no row, once on each kind."""
    if request.param == "postgresql":
        shared: Database = request.getfixturevalue("shared_postgres")
        with shared.writes.begin() as connection:
            connection.exec_driver_sql(without_rows())
        yield shared
        return
    url = f"sqlite:///{tmp_path / 'bellwether.sqlite'}"
    create_tables(url)
    opened = open_database(url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A database with every table and no row, on SQLite alone."""
    url = f"sqlite:///{tmp_path / 'bellwether.sqlite'}"
    create_tables(url)
    opened = open_database(url)
    yield opened
    opened.close()


@dataclass
class StandingClock:
    """A clock that a test moves."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class World:
    """The database, the clock, and what is done with them."""

    database: Database
    clock: StandingClock = field(default_factory=StandingClock)
    deals_so_far: int = 0
    begins: InitVar[bool] = True  # False: the database holds the organisation already

    def __post_init__(self, begins: bool) -> None:
        self.versions = SqlConfigVersions(self.database, self.clock)
        self.configurations = PublishedConfigurations(self.versions)
        # Two workers take turns, so that what a process holds of earlier runs is now right, now behind.
        one, other = SqlScores(self.database), SqlScores(self.database)
        self._workers = cycle([one, one, other])
        if begins:
            self.add(
                OrganisationRow(id="1", name="Maven", time_zone="America/New_York", currency="USD"),
                UserRow(id="u1", name="Darcel Schlecht", email="darcel@x.example", raw="{}"),
            )

    def add(self, *rows: SQLModel) -> None:
        """Write rows as sync would."""
        with Session(self.database.writes) as session:
            session.add_all(rows)
            session.commit()

    def publish(self, document: str = BANDS) -> None:
        """Publish a configuration."""
        self.versions.publish(document, "Ada", "test")

    def account(self, account_id: str, *deals: tuple[int, float], **columns: Any) -> None:
        """An account with won deals: (days ago, whole dollars)."""
        self.add(*self.rows_of(account_id, *deals, **columns))
        self.touch(account_id)

    def rows_of(self, account_id: str, *deals: tuple[int, float], **columns: Any) -> list[SQLModel]:
        """The rows of an account and its won deals, not written yet."""
        columns = {"name": f"Account {account_id}", "owner_id": "u1", "raw": "{}"} | columns
        won = [self._deal(account_id, days, amount, "Closed Won") for days, amount in deals]
        return [AccountRow(id=account_id, **columns), *won]

    def deal(
        self, account_id: str | None, days: int | None, amount: float | None, stage: str = "Closed Won"
    ) -> None:
        """One deal, so many days ago."""
        self.add(self._deal(account_id, days, amount, stage))
        if account_id is not None:
            self.touch(account_id)

    def _deal(
        self, account_id: str | None, days: int | None, amount: float | None, stage: str
    ) -> TransactionRow:
        self.deals_so_far += 1
        return TransactionRow(
            id=f"d{self.deals_so_far}",
            account_id=account_id,
            stage=stage,
            occurred_on=None if days is None else self.today() - timedelta(days=days),
            amount_minor=None if amount is None else round(amount * 100),
            raw="{}",
        )

    def lose(self, account_id: str, days: int) -> None:
        """Every won deal of the last so many days becomes lost."""
        with self.database.writes.begin() as connection:
            connection.execute(
                update(TransactionRow)
                .where(
                    col(TransactionRow.account_id) == account_id,
                    col(TransactionRow.occurred_on) > self.today() - timedelta(days=days),
                )
                .values(stage="Closed Lost")
            )
        self.touch(account_id)

    def touch(self, account_id: str) -> None:
        """Mark an account as sync does."""
        with Session(self.database.writes) as session:
            session.merge(TouchedAccountRow(account_id=account_id, touched_at=self.clock.now()))
            session.commit()

    def today(self) -> date:
        """The organisation's day (noon in New York is the same day in UTC)."""
        return self.clock.now().date()

    def pass_time(self, **parts: float) -> None:
        """Move the clock."""
        self.clock.moment += timedelta(**parts)

    def recompute(self) -> Recompute:
        """The use case, wired to this database."""
        return Recompute(
            next(self._workers),
            self.configurations,
            self.clock,
            lambda one: f"https://crm.example/{one}",
        )

    def run(self, cause: Cause = "change", segmentation: str | None = None) -> RunSummary:
        """Score."""
        return self.recompute().run(cause, segmentation)

    def rows(self, table: type[SQLModel]) -> list[Any]:
        """Every row of a table, by key."""
        with Session(self.database.reads) as session:
            return list(session.scalars(select(table).order_by(*table.__table__.primary_key.columns)))  # type: ignore[attr-defined]

    def labels(self, segmentation: str = "Purchases") -> dict[str, str | None]:
        """The label of every scored account."""
        return {one.account_id: one.label for one in self.rows(ScoreRow) if one.segmentation == segmentation}

    def changes(self) -> list[LabelChangeRow]:
        return self.rows(LabelChangeRow)

    def alerts(self) -> list[AlertRow]:
        return self.rows(AlertRow)

    def outbox(self) -> list[OutboxRow]:
        return self.rows(OutboxRow)

    def payloads(self, kind: str = "alert", state: str = "pending") -> list[Mapping[str, Any]]:
        """What waits to be sent, of a kind."""
        return [json.loads(one.payload) for one in self.outbox() if (one.kind, one.state) == (kind, state)]

    def counts(self) -> dict[str, int]:
        """How many rows scoring has written."""
        return {
            table.__tablename__: len(self.rows(table))
            for table in (ScoreRow, LabelChangeRow, RunRow, AlertRow, OutboxRow, TouchedAccountRow)
        }


_SCHEMA = "SELECT name, sql FROM sqlite_master ORDER BY name"


@dataclass(frozen=True)
class _Prepared:
    """A world that has been made: its whole database, and what else it knows."""

    rows: sqlite3.Connection
    clock: StandingClock
    deals: int


_MADE: dict[tuple[object, ...], _Prepared] = {}


def prepared(database: Database, make: Callable[[Database], World], *what: str) -> World:
    """What ``make`` makes of a database without a row: on SQLite made once in a test process, then copied.

    Args:
        database: with every table; one that has rows, or is not SQLite's, is given to ``make``.
        make: publishes, writes, scores.
        what: names what is made; the same names are the same world.
    """
    if database.dialect != "sqlite":
        return make(database)
    with _connection(database) as here:
        tables = here.execute(_SCHEMA).fetchall()
        if _has_rows(here, [str(name) for (name,) in here.execute("SELECT name FROM pragma_table_list")]):
            return make(database)
        key = (*what, tuple(tables))
        found = _MADE.get(key)
        if found is not None:
            found.rows.backup(here)
            return World(database, StandingClock(found.clock.moment), found.deals, begins=False)
    world = make(database)
    with _connection(database) as here:
        rows = sqlite3.connect(":memory:", check_same_thread=False)
        here.backup(rows)
    _MADE[key] = _Prepared(rows, StandingClock(world.clock.moment), world.deals_so_far)
    return world


def _has_rows(connection: sqlite3.Connection, names: Sequence[str]) -> bool:
    asked = " OR ".join(f'EXISTS(SELECT 1 FROM "{name}")' for name in names if not name.startswith("sqlite_"))
    return bool(connection.execute(f"SELECT {asked}").fetchone()[0])


@contextmanager
def _connection(database: Database) -> Iterator[sqlite3.Connection]:
    pooled = database.writes.raw_connection()
    try:
        yield cast("sqlite3.Connection", pooled.driver_connection)
    finally:
        pooled.close()


def settled(database: Database) -> World:
    """Six accounts that have been scored once; nothing is waiting."""
    return prepared(database, _settled, "settled")


def _settled(database: Database) -> World:
    world = World(database)
    world.publish()
    accounts: dict[str, list[tuple[int, float]]] = {
        "big": [(days, 2_000) for days in (5, 20, 40, 100, 200, 300)],
        "fair": [(60, 5_000), (200, 400)],
        "small": [(10, 50)],
        "old": [(300, 2_500)],
        "tiny": [(400, 20)],
        "prospect": [],
    }
    world.add(*(row for name, deals in accounts.items() for row in world.rows_of(name, *deals)))
    world.run("first")
    with database.writes.begin() as connection:
        connection.execute(delete(OutboxRow))
    return world
