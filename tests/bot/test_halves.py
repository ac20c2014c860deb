"""A query in two halves gives what it gives in one."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from sqlalchemy import Connection, Select, func, literal, select

from bot.store import halves
from bot.store.frames import written_rows
from bot.store.places import TABLES
from bot.store.tables import ScoreRow
from connector.cache.engine import Database
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, World, database, shared_postgres  # noqa: F401  (fixtures)

BY_TEXT = BANDS.replace(
    "    scores: 3\n", "    scores: 3\n    transactions: name contains deal or stage != x\n"
)
DEALS = TABLES["crm_transaction"].c
COUNTED = select(DEALS.account_id, func.count()).group_by(DEALS.account_id)
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


def test_rows_are_divided_where_half_of_them_are_and_not_half_of_the_accounts(
    database: Database,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(database)
    world.publish(BANDS)
    world.account("1000", *((day, 100) for day in range(1, 61)))
    for number in range(20):
        world.account(str(5_000 + number), (number + 1, 700))
    monkeypatch.setattr(halves, "FEWEST_ACCOUNTS", 2)
    with database.reads.connect() as connection:
        if database.dialect == "sqlite":
            assert halves._dividing(connection, DEALS.account_id) == "1000"
            assert halves._middle(connection, 21) == "5008"
            assert halves._dividing(connection, select(literal("1")).subquery().c[0]) is None
        with halves.in_parts(connection, COUNTED, DEALS.account_id) as under_way:
            parts = under_way.rows()
    assert len(parts) == (2 if database.dialect == "sqlite" else 1)
    assert b"".join(parts).count(b"50") >= 20, "every account is in one of them"


def test_what_was_begun_ends_with_what_fails_beside_it(
    database: Database,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(database)
    world.publish(BANDS)
    for number in range(9):
        world.account(str(5_000 + number), (number + 1, 700))
    begun: list[Any] = []
    asked = halves._asked_elsewhere
    monkeypatch.setattr(halves, "FEWEST_ACCOUNTS", 2)

    def kept(question: bytes) -> Any:
        begun.append(asked(question))
        return begun[-1]

    monkeypatch.setattr(halves, "_asked_elsewhere", kept)
    with (
        database.reads.connect() as connection,
        pytest.raises(ZeroDivisionError),
        halves.in_parts(connection, COUNTED, DEALS.account_id),
    ):
        _ = 1 / 0
    assert [one.returncode is None for one in begun] == ([False] if database.dialect == "sqlite" else [])
