"""The days on which accounts bought, against adding up by hand, on both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.app.config.published import read_configuration
from bot.app.facts import LeftOut, PurchaseDays
from bot.store.purchase_days import purchases_left_out, read_purchase_days
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, TransactionRow, table_of
from scoring.criteria.periods import Today
from scoring.days import day_of
from scoring.leaving.config import LeavingSegmentation
from tests.support.leaving_runs import DOCUMENT
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import DAY, World, database, shared_postgres  # noqa: F401  (fixtures)

CONFIGURATION = read_configuration(DOCUMENT, "leaving.yaml")
(LEAVES,) = CONFIGURATION.of(LeavingSegmentation)
Deal = tuple[str | None, int | None, int | None, str]
DEALS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "b2", "c", None]),
        st.one_of(st.none(), st.integers(-3, 12)),
        st.one_of(st.none(), st.integers(-(10**6), 10**6), st.sampled_from([10**17, -(10**17), 2**20])),
        st.sampled_from(["Closed Won", "closed won", "Closed Lost"]),
    ),
    max_size=25,
)


def read(
    database: Database,  # noqa: F811
    only: Sequence[str] | None = None,
    between: tuple[str, str] | None = None,
) -> PurchaseDays:
    with database.reads.begin() as connection:
        return read_purchase_days(connection, LEAVES, CONFIGURATION, Today(DAY), only, between)


def rows(found: PurchaseDays) -> dict[tuple[str, date], tuple[int, bool]]:
    history = found.history
    assert list(history.accounts) == sorted(history.accounts)
    places = list(zip(history.account.tolist(), history.day.tolist(), strict=True))
    assert places == sorted(set(places)), "one row for an account and day, in order"
    return {
        (str(history.accounts[account]), day_of(day)): (minor, bought)
        for (account, day), minor, bought in zip(
            places, history.minor.tolist(), history.bought.tolist(), strict=True
        )
    }


def by_hand(deals: Sequence[Deal]) -> dict[tuple[str, date], tuple[int, bool]]:
    found: dict[tuple[str, date], list[int]] = defaultdict(list)
    for account, days, minor, stage in deals:
        if account is not None and days is not None and days >= 0 and stage.lower() == "closed won":
            found[account, DAY - timedelta(days=days)].append(minor or 0)
    return {key: (sum(some), max(some) >= 0) for key, some in found.items()}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deals=DEALS)
def test_days_are_added_up_exactly(database: Database, deals: list[Deal]) -> None:  # noqa: F811
    world = World.__new__(World)
    world.database = database
    with database.writes.begin() as connection:
        connection.execute(delete(table_of(TransactionRow)))
    world.add(
        *(
            TransactionRow(
                id=str(at),
                account_id=account,
                occurred_on=None if days is None else DAY - timedelta(days=days),
                amount_minor=minor,
                stage=stage,
                raw="{}",
            )
            for at, (account, days, minor, stage) in enumerate(deals)
        )
    )
    expected = by_hand(deals)
    assert rows(read(database)) == expected
    assert rows(read(database, only=["b", "c"])) == {k: v for k, v in expected.items() if k[0] in "bc"}
    assert rows(read(database, between=("a", "b"))) == {k: v for k, v in expected.items() if k[0] in "ab"}
    assert rows(read(database, only=[])) == {}
    undated = sum(
        stage.lower() == "closed won" and (account is None or days is None or days < 0)
        for account, days, _, stage in deals
    )
    with database.reads.begin() as connection:
        assert purchases_left_out(connection, LEAVES, CONFIGURATION, Today(DAY)) == LeftOut(undated)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_account_whose_amounts_leave_64_bits_is_left_out_alone(
    database: Database,  # noqa: F811
    sign: int,
) -> None:
    world = World(database)
    world.add(AccountRow(id="large", raw="{}"), AccountRow(id="small", raw="{}"))
    for _ in range(60):
        world.deal("large", 5, sign * 10**15)
        world.deal("large", 6, -sign * 10**15)
    world.deal("small", 5, 1)
    found = read(database)
    assert found.too_large == 1, "its sum is nothing, but its days are too much"
    assert rows(found) == {("small", DAY - timedelta(days=5)): (100, True)}


def test_more_accounts_than_a_statement_takes_are_read_in_several(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.add(*(row for at in range(1_100) for row in world.rows_of(f"{at:04}", (3, at))))
    asked = [f"{at:04}" for at in range(0, 1_100, 2)]
    assert len(rows(read(database, only=asked))) == 550
