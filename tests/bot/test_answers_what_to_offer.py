"""What to offer to whom, as answers: recommendations of a real run, on both kinds of database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from bot.app.offers import CHANCE_PARTS, expected_on
from bot.language.question import Kind, Question
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ProductRow
from scoring.criteria.errors import CriteriaError
from scoring.criteria.tree import Compare, Operator
from tests.support.past_questions import answered, criteria, rows_of
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.recommending_world import wholesale
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = wholesale(database, accounts=24)
    found.run("first")
    return found


def test_an_account_is_offered_what_the_command_recommends(world: World) -> None:
    offers = scoring_of(world).recommending.recommend("A000").offers
    answer = answered(world, Question(Kind.OFFERS, account_id="A000", limit=3))
    assert answer.table is not None
    assert [one.key for one in answer.table.columns] == [
        *("product", "kind", "chance", "value", "expected", "until", "because"),
    ]
    rows = rows_of(answer)
    assert [row[0] for row in rows] == [one.what for one in offers[:3]]
    assert [row[2] for row in rows] == [Decimal(one.probability) / CHANCE_PARTS for one in offers[:3]]
    best = rows[0]
    assert best[1] == "repeat buy"
    assert best[4] is not None, "it has a rhythm"
    assert best[5] > world.today()
    assert best[6].startswith("bought ")
    assert (answer.total, answer.shown) == (len(offers), 3)
    assert answer.said.startswith(f"{len(offers)} offers for Account A000; the likeliest is {best[0]}: ")
    assert answer.read_as == "what to offer the account Account A000"
    later = answered(world, Question(Kind.OFFERS, account_id="A000", limit=3), offset=3)
    assert [row[0] for row in rows_of(later)] == [one.what for one in offers[3:6]]


def test_a_product_is_pitched_to_the_accounts_that_meet_criteria(world: World) -> None:
    every = scoring_of(world).recommending.pitch("P03", 1_000)
    answer = answered(world, Question(Kind.PROSPECTS, product="P03"))
    assert [row[0] for row in rows_of(answer)] == [one.account for one in every.offers[:10]]
    assert (answer.total, answer.shown) == (every.total, 10) == (len(every.offers), 10)
    assert answer.said == f"Product P03 is recommended for {every.total} accounts, the likeliest first."
    assert answer.read_as == "accounts to offer Product P03 to"
    digit = every.offers[0].account[-1]
    among = criteria(world, f"name ends with {digit}")
    some = Question(Kind.PROSPECTS, product="P03", criteria=among, limit=50)
    named = [one.account for one in every.offers if one.account.endswith(digit)]
    answer = answered(world, some)
    assert [row[0] for row in rows_of(answer)] == named
    assert 0 < answer.total == len(named) < every.total
    assert "ends with" in answer.read_as
    page = answered(world, Question(Kind.PROSPECTS, product="P03", limit=2), offset=2)
    assert [row[0] for row in rows_of(page)] == [one.account for one in every.offers[2:4]]
    assert (page.total, page.shown, page.offset) == (every.total, 2, 2)


def test_nobody_and_nothing_are_sentences(world: World) -> None:
    nobody = Question(Kind.PROSPECTS, product="P03", criteria=criteria(world, "name = nobody"))
    assert answered(world, nobody).said == (
        "Product P03 is recommended for no account that meets the criteria now."
    )
    assert answered(world, Question(Kind.PROSPECTS, product="P99")).said == (
        "That product is not in the copy of the CRM any more."
    )
    assert answered(world, Question(Kind.OFFERS, account_id="A999")).said == (
        "That account is not in the copy of the CRM any more."
    )
    wrong = Question(Kind.PROSPECTS, product="P03", criteria=Compare("colour", Operator.EQ, "red"))
    with pytest.raises(CriteriaError, match="colour"):
        answered(world, wrong)
    world.pass_time(days=200)
    answer = answered(world, Question(Kind.OFFERS, account_id="A000"))
    assert (answer.said, answer.total) == ("Nothing is recommended for Account A000 now.", 0)


def test_accounts_that_are_gone_are_not_shown_and_products_keep_their_names(world: World) -> None:
    first = scoring_of(world).recommending.pitch("P03", 1).offers[0].account_id
    with world.database.writes.begin() as connection:
        connection.execute(delete(AccountRow).where(col(AccountRow.id) == first))
        connection.execute(update(ProductRow).where(col(ProductRow.id) == "P03").values(name=None))
    answer = answered(world, Question(Kind.PROSPECTS, product="P03", limit=50))
    assert f"Account {first}" not in {row[0] for row in rows_of(answer)}
    assert all("Product P03" in row[2] for row in rows_of(answer))


def test_without_a_segmentation_that_recommends_it_is_said_how_to_add_one(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish()
    world.account("big", (5, 100))
    for question in (Question(Kind.OFFERS, account_id="big"), Question(Kind.PROSPECTS, product="P03")):
        answer = answered(world, question)
        assert answer.said.startswith("No segmentation recommends anything. Add one of the technique")
        assert (answer.kind, answer.total, answer.table) == (question.kind, 0, None)


def test_a_product_is_due_after_its_rhythm() -> None:
    details = '{"last": "2026-05-03", "times": 4, "usual": 30}'
    due = expected_on("repeat_buy", details)
    assert due is not None
    assert due - timedelta(days=30) == due.replace(month=5, day=3)
    assert expected_on("repeat_buy", '{"last": "2026-05-03", "times": 1}') is None
    assert expected_on("cross_sell", details) is expected_on("first_buy", None) is None
