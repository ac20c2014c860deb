"""What to offer to whom, asked and dismissed by people, on both kinds of database."""

from __future__ import annotations

import json

import pytest

from bot.app.errors import ConfigurationError, UserError
from bot.app.exporting_values import Offered, Selection
from bot.app.offers import because
from bot.store.export_rows import SqlExportRows
from bot.store.technique_tables import DismissalRow, LearnedRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, TouchedAccountRow
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.recommending_world import OFFERS, wholesale
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = wholesale(database, accounts=24)
    found.run("first")
    return found


def test_an_account_is_recommended_products_the_likeliest_first(world: World) -> None:
    found = scoring_of(world).recommending.recommend("account a000")
    assert (found.about, found.segmentation, found.currency) == ("Account A000", OFFERS, "USD")
    chances = [one.probability for one in found.offers]
    assert chances == sorted(chances, reverse=True)
    best = found.as_json()["offers"][0]
    assert best["kind"] == "repeat_buy"
    assert best["owner"] == "Darcel Schlecht"
    assert best["why"].startswith("bought ")
    assert 0.9 < best["probability"] <= 1
    json.dumps(found.as_json(), default=str)


def test_a_product_is_pitched_to_each_account_once(world: World) -> None:
    found = scoring_of(world).recommending.pitch("product p03", 1_000)
    assert found.about == "Product P03"
    assert all("Product P03" in {one.product, one.with_product} for one in found.offers)
    accounts = [one.account_id for one in found.offers]
    assert len(accounts) == len(set(accounts)) > 5
    chances = [one.probability for one in found.offers]
    assert chances == sorted(chances, reverse=True)
    assert len(scoring_of(world).recommending.pitch("P03", 3).offers) == 3


def test_those_to_whom_a_product_is_pitched_are_the_ones_that_are_exported(world: World) -> None:
    parts, configuration = scoring_of(world), world.configurations.current().configuration
    rows = SqlExportRows(world.database, lambda: configuration, world.clock)

    def exported(criteria: str = "") -> list[str]:
        node = parse(criteria, rows.catalog()) if criteria else Always()
        selection = Selection(node, (), None, ("name",), Offered("P03"))
        with rows.batches(selection) as batches:
            found = [one for batch in batches for one in batch[0]]
        assert rows.number(selection) == len(found)
        return sorted(found)

    def pitched() -> list[str]:
        return sorted(one.account_id for one in parts.recommending.pitch("P03", 1_000).offers)

    assert exported() == pitched()
    assert 5 < len(exported()) < 24, "not everybody"
    first = exported()[0]
    assert exported(f'name = "Account {first}"') == [first]
    parts.recommending.dismiss(first, "P03", "they make it", "ada")
    assert exported() == pitched()
    assert first not in exported()


def test_what_was_dismissed_is_not_shown_and_not_found_again_for_a_horizon(world: World) -> None:
    parts = scoring_of(world)
    best = parts.recommending.recommend("Account A000").offers[0]
    said = parts.recommending.dismiss("A000", best.product, "they make it", "ada", keep=False)
    assert said == f"{best.product} would not be offered to Account A000 before 22 Feb 2027."
    assert world.rows(DismissalRow) == []
    said = parts.recommending.dismiss("A000", best.product, " they \n make it ", "ada")
    assert said == f"{best.product} is not offered to Account A000 before 22 Feb 2027."
    assert [(one.by, one.reason) for one in world.rows(DismissalRow)] == [("ada", "they make it")]
    assert [(one.actor, one.action, one.target) for one in parts.audit.lines()] == [
        ("ada", "dismiss_offer", f"A000:{best.product_id}")
    ]

    def offered() -> set[str | None]:
        found = parts.recommending.recommend("Account A000").offers
        return {one for row in found for one in (row.product, row.with_product)}

    assert best.product not in offered(), "at once"
    assert [one.account_id for one in world.rows(TouchedAccountRow)] == ["A000"]
    world.run("change")
    assert best.product not in offered()
    world.pass_time(days=90)
    world.run("daily")
    assert best.product in offered()


def test_everything_that_speaks_for_an_offer_is_told(world: World) -> None:
    parts = scoring_of(world)
    found = parts.recommending.recommend("Account A000")
    why = parts.judging.why("A000", OFFERS, found.offers)
    assert set(why) == {one.product_id for one in found.offers}
    first = why[found.offers[0].product_id]
    assert first[0].startswith("Bought on ")
    assert first[1].startswith("Usually every ")
    assert any(one.startswith("Accounts like it that bought it: Account A") for one in first)
    new = next(one for one in found.offers if one.kind == "cross_sell")
    assert not any(one.startswith("Bought") for one in why[new.product_id])
    assert parts.judging.why("nobody", OFFERS, found.offers) == {}
    assert parts.judging.why("A000", "Purchases", found.offers) == {}
    assert len(world.rows(LearnedRow)) == 1


def test_offers_that_are_over_are_not_shown(world: World) -> None:
    world.pass_time(days=200)
    assert scoring_of(world).recommending.recommend("Account A000").offers == ()


def test_mistakes_are_said_with_what_was_probably_meant(world: World) -> None:
    world.add(AccountRow(id="twin", name="Account A001", raw="{}"))
    recommending = scoring_of(world).recommending
    for call, sentence in (
        (lambda: recommending.recommend("Acount A003"), "There is no account 'Acount A003'. Did you mean"),
        (lambda: recommending.recommend("Account A001"), "2 accounts are called 'Account A001'. Give the id"),
        (lambda: recommending.pitch("Produkt P03", 5), "There is no product 'Produkt P03'. Did you mean"),
        (
            lambda: recommending.recommend("A000", "Ofers"),
            "There is no segmentation 'Ofers' that",
        ),
        (lambda: recommending.dismiss("A000", "P03", " ", "ada"), "A dismissal needs a reason."),
        (lambda: recommending.dismiss("A000", "P03", "x" * 501, "ada"), "The reason is longer than 500"),
    ):
        with pytest.raises(UserError) as refused:
            call()
        assert str(refused.value).startswith(sentence)


def test_without_a_segmentation_that_recommends_one_is_asked_for(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish()
    with pytest.raises(ConfigurationError, match="No segmentation recommends anything"):
        scoring_of(world).recommending.pitch("x", 5)


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        ("repeat_buy", '{"last": "2026-05-03", "times": 1}', "bought once, on 3 May 2026"),
        (
            "repeat_buy",
            '{"last": "2026-05-03", "times": 4, "usual": 1}',
            "bought 4 times, last on 3 May 2026, usually every 1 day",
        ),
        ("cross_sell", '{"goes": 0.1, "like": 0.2}', "accounts like it buy it and goes with what it has"),
        ("cross_sell", "{}", "bought by many of late"),
        ("first_buy", '{"like": 0.2}', "accounts like it began with it"),
        ("first_buy", None, "many accounts began with it"),
        ("bundle", "{}", "often ordered together"),
    ],
)
def test_a_few_words_say_what_speaks_for_an_offer(kind: str, details: str | None, words: str) -> None:
    assert because(kind, details) == words
