"""A change of label is found by its account: to walk over every change there is takes a second for each."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from connector.cache.engine import Database
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, World, database, shared_postgres  # noqa: F401  (fixtures)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_changes_of_label_are_found_by_their_account(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(BANDS)
    for account in "123":
        world.account(account, (5, 20_000))
    world.run("first")
    asked: list[tuple[str, Any]] = []

    @event.listens_for(database.reads, "before_cursor_execute")  # where a run begins, on SQLite
    def listen(_connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
        if text.startswith(("UPDATE label_change", "SELECT DISTINCT label_change.account_id")):
            asked.append((text, values[0] if isinstance(values, list) else values))

    world.lose("1", 30)  # its label ends
    world.account("4", (5, 20_000))  # had it one before?
    world.run("change")
    event.remove(database.reads, "before_cursor_execute", listen)
    assert len(asked) >= 2
    with database.reads.connect() as connection:
        for text, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
            assert "ix_label_change_account (account_id=?" in str(plan), text
