"""The values of an indexed column are found without reading its rows."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store.occurring import occurring
from bot.store.places import ACCOUNT
from connector.cache.engine import Database
from connector.cache.tables import AccountRow
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)

ROWS = 2_000
VALUES = ("Banking", "Retail", "Software")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_value_is_one_step_behind_the_one_before(database: Database) -> None:  # noqa: F811
    named = (None, "", *VALUES)
    World(database).add(
        *(AccountRow(id=f"a{n}", industry=named[n % len(named)], raw="{}") for n in range(ROWS))
    )
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with database.reads.connect() as connection:
        file: Any = connection.connection.dbapi_connection
        file.set_progress_handler(count, 1)  # each instruction of SQLite's machine
        try:
            assert occurring(connection, ACCOUNT.c.industry) == VALUES
        finally:
            file.set_progress_handler(None, 0)
    assert 0 < steps < ROWS, "a row alone takes several"
