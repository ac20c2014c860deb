"""Labels proposed from an organisation's own accounts: a part of the document that is good as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy import insert
from sqlmodel import SQLModel

from bot.app.errors import UserError
from bot.app.worth import Worth
from bot.runtime.proposals import propose
from connector.cache.engine import Database
from connector.cache.tables import FieldRow
from tests.support.documents import check_document
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)

ACCOUNT, DEAL = (SQLModel.metadata.tables[name] for name in ("crm_account", "crm_transaction"))


def account(number: int, industry: str | None, employees: int | None) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "name": f"Account {number}",
        "industry": industry,
        "employees": employees,
        "raw": f'{{"Purchases_Label": "{"Buyer" if number % 2 else "No"}"}}',
    }


def deals(number: int, won: int, lost: int, cents: int) -> list[dict[str, Any]]:
    shared = {"account_id": f"a{number}", "amount_minor": cents, "occurred_on": None, "raw": "{}"}
    stages = ["Closed Won"] * won + ["Closed Lost"] * lost
    rows = [{"id": f"d{number}-{at}", "stage": stage, **shared} for at, stage in enumerate(stages)]
    return [*rows, {"id": f"d{number}-open", "stage": "Proposal", **shared}]


def organisation(database: Database, *, lost: bool = True) -> World:  # noqa: F811
    """Software wins four in five and is large; retail one in five; half of them bear our own label."""
    world = World(database)
    world.publish()
    world.add(
        FieldRow(module="Accounts", api_name="Purchases_Label", label="Purchases Label", data_type="text")
    )
    accounts, all_deals = [], []
    for number in range(80):
        good = number % 4 < 2
        industry, employees = ("Software", 500 + number) if good else ("Retail", 20 + number)
        accounts.append(account(number, industry, employees))
        won = 4 if good else 1
        all_deals += deals(number, won, 5 - won if lost else 0, 100_000 if good else 5_000)
    with database.writes.begin() as connection:
        connection.execute(insert(ACCOUNT), accounts)
        connection.execute(insert(DEAL), all_deals)
    return world


def proposal(world: World, by: Worth | None = None) -> str:
    return propose(world.database, world.configurations, world.clock, "firmographics", by)


@pytest.mark.parametrize("by", [None, Worth.SPEND])
def test_the_proposal_tells_good_accounts_apart_and_is_good_as_a_document(
    database: Database,  # noqa: F811
    tmp_path: Path,
    by: Worth | None,
) -> None:
    world = organisation(database)
    text = proposal(world, by)
    [part] = YAML(typ="safe").load(text)["segmentations"]
    assert [one["name"] for one in part["labels"]] == ["Best Fit", "Poor Fit"]
    when = part["labels"][0]["when"]
    assert "Software" in when or "employees" in when
    assert "Purchases" not in text, "what we wrote ourselves proves nothing"
    worth = "80% of the deals won" if by is None else "$4,000 each"
    assert f"# 40 accounts, {worth}" in text
    assert "80 accounts and 400 deals that are over" in text
    path = tmp_path / "bellwether.yaml"
    path.write_text(f"version: 1\n{text}", encoding="utf-8")
    check_document(database, path)


def test_it_says_which_fields_tell_most(database: Database) -> None:  # noqa: F811
    text = proposal(organisation(database))
    [line] = [one for one in text.splitlines() if one.startswith("# What tells most")]
    assert "employees (" in line
    assert "industry (" in line


def test_without_lost_deals_accounts_are_told_apart_by_what_they_spend(
    database: Database,  # noqa: F811
) -> None:
    assert "by what accounts spend" in proposal(organisation(database, lost=False))


def test_where_nothing_is_to_be_learned_the_predefined_labels_are_given_with_the_reason(
    database: Database,  # noqa: F811
) -> None:
    world = World(database)
    world.publish()
    text = proposal(world)
    assert "# Only 0 accounts to learn from: two labels need at least 20." in text
    [part] = YAML(typ="safe").load(text)["segmentations"]
    assert [one["name"] for one in part["labels"]][:2] == ["Enterprise", "Mid-Market"]


def test_other_techniques_are_refused_with_what_there_is(database: Database) -> None:  # noqa: F811
    world = World(database)
    with pytest.raises(UserError, match=r"Nothing can be proposed for 'rfm'.*firmographics"):
        propose(database, world.configurations, world.clock, "rfm")
