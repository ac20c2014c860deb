"""A query in two halves gives what it gives in one."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from sqlalchemy import Connection, Select

from bot.store import halves
from bot.store.frames import written_rows
from bot.store.tables import ScoreRow
from connector.cache.engine import Database
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, World, database, shared_postgres  # noqa: F401  (fixtures)

BY_TEXT = BANDS.replace(
    "    scores: 3\n", "    scores: 3\n    transactions: name contains deal or stage != x\n"
)
NOWHERE = ("/nowhere/python",)
FAILING = (sys.executable, "-c", "raise SystemExit(1)")


@pytest.mark.parametrize(
    ("document", "program", "asked_here"),
    [(BANDS, None, 1), (BANDS, NOWHERE, 2), (BANDS, FAILING, 2), (BY_TEXT, None, 1)],
    ids=["two processes", "none to be had", "a failing one", "a function that only we have"],
)
def test_two_halves_are_one_whole(
    database: Database,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    document: str,
    program: tuple[str, ...] | None,
    asked_here: int,
) -> None:
    world = World(database)
    world.publish(document)
    for number in range(9):
        world.account(str(5_000 + number), (number * 20, 300 * number + 50), (number + 1, 700))
    world.run("first")
    whole = {one.account_id: (one.purchases, one.spend_minor, one.label) for one in world.rows(ScoreRow)}
    assert len(whole) == 9
    assert all(purchases == 2 for purchases, _, _ in whole.values())
    asked = []

    def counted(connection: Connection, statement: Select[Any]) -> bytes:
        asked.append(statement)
        return written_rows(connection, statement)

    monkeypatch.setattr(halves, "FEWEST_ACCOUNTS", 2)
    monkeypatch.setattr(halves, "written_rows", counted)
    if program is not None:
        monkeypatch.setattr(halves, "PROGRAM", program)
    assert world.run("command").parts[0].written == 0, "in halves nothing is otherwise"
    assert len(asked) == (asked_here if database.dialect == "sqlite" else 1)
