"""Many rows as columns, on both databases."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from sqlalchemy import func, insert, literal, select, union_all
from sqlalchemy.exc import DBAPIError

from bot.store import frames
from bot.store.frames import columns_of
from connector.cache.engine import Database
from connector.cache.tables import TransactionRow, table_of
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import database, shared_postgres  # noqa: F401  (fixtures)

DEAL = table_of(TransactionRow)
TYPES = (pa.string(), pa.date32(), pa.int64())


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_too_long_for_one_text_of_postgresql_is_copied(
    database: Database,  # noqa: F811
    streamed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the middle of a transaction, which goes on; the connection may be one that streams its rows."""
    rows = (select(literal(one), literal(day)) for one, day in ((5, "2026-11-30"), (6, "2026-12-01")))
    statement: frames.Rows = union_all(*rows)
    with database.writes.begin() as connection:
        connection.execute(insert(DEAL).values(id="1", raw="{}"))
        some = connection.execution_options(stream_results=True) if streamed else connection
        plainly = frames.written_rows(some, statement)
        with monkeypatch.context() as patch:
            patch.setattr(frames, "_line", lambda _statement: func.repeat("x", 2**30))
            copied = frames.written_rows(some, statement)
        assert connection.execute(select(DEAL.c.id)).scalars().all() == ["1"]
    assert plainly.split() == copied.split() == [b"5,2026-11-30", b"6,2026-12-01"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_other_errors_of_postgresql_are_told(database: Database) -> None:  # noqa: F811
    statement: frames.Rows = select(literal(1) / literal(0), literal("x"))  # type: ignore[assignment]
    with database.reads.connect() as connection, pytest.raises(DBAPIError, match="division by zero"):
        frames.written_rows(connection, statement)


def test_rows_come_as_columns(database: Database) -> None:  # noqa: F811
    rows = [
        {"id": str(one), "occurred_on": date(2026, 1, 1 + one), "amount_minor": -(10**15) * one, "raw": "{}"}
        for one in range(5)
    ]
    statement = select(DEAL.c.id, DEAL.c.occurred_on, DEAL.c.amount_minor).order_by(DEAL.c.id)
    with database.writes.begin() as connection:
        assert columns_of(connection, statement, TYPES).num_rows == 0
        connection.execute(insert(DEAL), rows)
        found = columns_of(connection, statement.where(DEAL.c.id.in_(["1", "3"])), TYPES)
    assert found.column_names == ["0", "1", "2"]
    assert [column.to_pylist() for column in found.columns] == [
        ["1", "3"], [date(2026, 1, 2), date(2026, 1, 4)], [-(10**15), -3 * 10**15]
    ]  # fmt: skip
