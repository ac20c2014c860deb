"""Recommendations in runs, on both kinds of database: what is kept, what is told, what is learned."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from bot.app.notices import notice_from
from bot.language.question import Sort
from bot.store.tables import ScoreRow
from bot.store.technique_tables import LearnedRow, OfferRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ProductRow
from scoring.standing import MEASURE_PARTS
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.recommending_world import DOCUMENT, OFFERS, asked, offers_alone, wholesale
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = wholesale(database, accounts=24)
    found.run("first")
    return found


def offers(world: World, account_id: str | None = None) -> list[OfferRow]:
    return [one for one in world.rows(OfferRow) if account_id in {None, one.account_id}]


def scores(world: World) -> dict[str, ScoreRow]:
    return {one.account_id: one for one in world.rows(ScoreRow) if one.segmentation == OFFERS}


def details(score: ScoreRow) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(score.details or "{}")
    return found


def test_the_first_run_offers_something_to_everybody_and_is_a_baseline(world: World) -> None:
    labels = world.labels(OFFERS)
    assert set(labels.values()) <= {"Hot Prospect", "Warm Prospect", "Cold Prospect"}
    assert {one.account_id for one in offers(world)} == set(labels)
    assert {one.kind for one in offers(world, "A026")} == {"first_buy"}, "it never bought"
    best = offers(world, "A000")[0]
    score = scores(world)["A000"]
    assert (best.place, best.kind) == (1, "repeat_buy")
    assert score.measure == best.probability, "percent in ten-thousandths are millionths"
    assert 90 * MEASURE_PARTS < score.measure <= 100 * MEASURE_PARTS
    single = [one.value_minor for one in offers(world, "A000") if one.kind != "bundle"]
    assert score.value_minor == sum(single)
    assert best.expires_on == date(2027, 2, 28), "the Sunday of the week in which 90 days end"
    assert details(score)["again"] == f"Product {best.product_id}"
    assert {one.baseline for one in world.changes()} == {True}
    assert world.alerts() == []


def test_an_unchanged_run_writes_nothing(world: World) -> None:
    before = [(one.account_id, one.place, one.run_id) for one in offers(world)]
    part = world.run("command").parts[1]
    assert (part.written, part.label_changes) == (0, 0)
    assert [(one.account_id, one.place, one.run_id) for one in offers(world)] == before


def test_only_offers_that_differ_are_written_the_next_day(world: World) -> None:
    [first] = {one.run_id for one in offers(world)}
    world.pass_time(days=1)
    world.run("daily")
    kept = {one.account_id for one in offers(world) if one.run_id == first}
    assert {f"A{number:03}" for number in range(24, 30)} <= kept, "who never bought is offered the same"
    assert {one.run_id for one in offers(world)} > {first}, "time passed for those who buy"


def test_an_account_that_loses_its_deals_is_told_with_reasons_and_money(world: World) -> None:
    before = scores(world)["A000"]
    world.lose("A000", 1_000)
    assert len(world.run("change").parts) == 1, "recommendations follow the next day, or on command"
    part = world.run("command").parts[1]
    changed = [one for one in world.changes() if one.segmentation == OFFERS and not one.baseline]
    assert [(one.account_id, one.old_label, one.new_label) for one in changed] == [
        ("A000", "Hot Prospect", "Cold Prospect")
    ]
    assert part.label_changes == part.alerts == 1
    [payload] = world.payloads()
    told = notice_from(payload)
    again = details(before)["again"]
    assert told.reasons[0] == f"{again} is not expected to be bought again."
    assert "times as likely as for accounts in general (before: " in told.reasons[1]
    assert told.money_minor == before.value_minor
    assert {one.kind for one in offers(world, "A000")} == {"first_buy"}


def test_a_change_of_the_next_day_counts_at_once_for_everybody(world: World) -> None:
    world.lose("A000", 1_000)
    world.run("change")
    assert not [one for one in world.changes() if one.segmentation == OFFERS and not one.baseline]
    world.pass_time(days=1)
    world.touch("A001")
    assert world.run("change").parts[1].label_changes >= 1
    world.publish(DOCUMENT + "# another version\n")
    world.touch("A001")
    assert len(world.run("change").parts) == 2, "a new document is scored by at once"


def test_a_deleted_account_and_one_that_takes_no_part_have_no_offers(world: World) -> None:
    with world.database.writes.begin() as connection:
        connection.execute(delete(AccountRow).where(col(AccountRow.id) == "A001"))
    world.run("command")
    assert offers(world, "A001") == []
    assert "A001" not in scores(world)
    world.publish(DOCUMENT.replace("horizon_days: 90", "horizon_days: 90\n    accounts: industry = Smithy"))
    world.run("command")
    assert {one.account_id for one in offers(world)} == set(scores(world))
    assert all(int(one[1:]) % 2 for one in scores(world))


def test_a_model_is_used_for_a_week_and_learned_again_then(world: World) -> None:
    [first] = world.rows(LearnedRow)
    assert (first.segmentation, first.technique, first.as_of) == (OFFERS, "recommendations", world.today())
    world.pass_time(days=6)
    world.run("daily")
    assert world.rows(LearnedRow)[0].body == first.body
    world.pass_time(days=1)
    world.run("daily")
    [again] = world.rows(LearnedRow)
    assert again.as_of == world.today()
    assert again.body != first.body


def test_an_account_alone_is_offered_what_it_is_offered_among_all(world: World) -> None:
    for account in ("A000", "A013", "A026"):
        alone = offers_alone(world, account)
        assert alone == [
            (one.kind, one.product_id, one.with_product_id, one.probability, one.lift, one.value_minor)
            for one in offers(world, account)
        ]


def test_without_accounts_or_lines_nothing_is_recommended_and_that_is_said(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(DOCUMENT)
    part = world.run("first").parts[1]
    assert (part.accounts, part.written) == (0, 0)
    world.account("a", (5, 100.0))
    part = world.run("command").parts[1]
    assert (part.accounts, part.scored, part.label_changes) == (1, 0, 0)
    assert any(one.startswith("Only 0 accounts with purchases") for one in part.warnings)
    assert world.rows(OfferRow) == []
    assert (scores(world)["a"].measure, scores(world)["a"].details) == (None, None)


def test_products_that_are_not_sold_any_more_are_not_offered(world: World) -> None:
    gone = offers(world, "A000")[0].product_id
    with world.database.writes.begin() as connection:
        connection.execute(
            update(ProductRow).where(col(ProductRow.id) == gone).values(raw='{"Product_Active": false}')
        )
    part = world.run("command").parts[1]
    assert gone not in {one for row in offers(world) for one in (row.product_id, row.with_product_id)}
    assert len(part.warnings) == 1, "it is no trouble"
    with world.database.writes.begin() as connection:
        connection.execute(delete(ProductRow).where(col(ProductRow.id) == gone))
    part = world.run("command").parts[1]
    assert any(
        "name a product that the CRM does not have any more: left out." in one for one in part.warnings
    )


def test_labels_name_products_and_one_that_is_gone_gives_the_label_to_nobody(database: Database) -> None:  # noqa: F811
    document = DOCUMENT.replace("kinds: [repeat_buy], probability: 0.9", "products: [product p04]")
    world = wholesale(database, document, accounts=24)
    world.run("first")
    hot = {account for account, label in world.labels(OFFERS).items() if label == "Hot Prospect"}
    assert hot == {one.account_id for one in offers(world) if "P04" in {one.product_id, one.with_product_id}}
    with world.database.writes.begin() as connection:
        connection.execute(update(ProductRow).where(col(ProductRow.id) == "P04").values(name="Renamed"))
    part = world.run("command").parts[1]
    assert "Hot Prospect" not in world.labels(OFFERS).values()
    assert any("'product p04', which is not sold any more" in one for one in part.warnings)


def test_offers_speak_of_the_day_of_the_run(world: World) -> None:
    world.pass_time(days=200)
    world.run("daily")
    assert {one.expires_on for one in offers(world)} == {date(2027, 9, 12)}
    assert (scores(world)["A000"].measure or 0) < 50 * MEASURE_PARTS, "silent for half a year"


def test_what_an_account_is_offered_is_explained(world: World) -> None:
    [_, told] = scoring_of(world).explanations.of("A000")
    best = offers(world, "A000")[0]
    assert (told.segmentation, told.label) == (OFFERS, "Hot Prospect")
    assert told.measured.startswith("Best chance 9")
    assert told.why[0].startswith(f"Product {best.product_id}: ")
    assert "99 % until 28 Feb 2027, " in told.why[0]
    assert "times, last on" in told.why[0]
    [_, cold] = scoring_of(world).explanations.of("A026")
    assert "Hot Prospect is for a repeat buy with a chance of at least 90 %." in cold.why
    assert any("accounts like it began with it" in one for one in cold.why)
    assert cold.why[-1].startswith("Its best new product is ")


def test_alerts_and_questions_share_the_fields(world: World) -> None:
    rows = scores(world)
    likely = {name for name, one in rows.items() if (one.measure or 0) >= 95 * MEASURE_PARTS}
    assert set(asked(world, "best_probability >= 95")) == likely
    value = sorted(one.value_minor or 0 for one in rows.values())[-3] // 100
    assert len(asked(world, f"recommended_value >= {value}")) >= 3
    lifted = {name for name, one in rows.items() if details(one)["best_lift"] > 5}
    assert set(asked(world, "best_lift.Offers > 5")) == lifted
    assert set(asked(world, "in segment Likely")) == likely
    ordered = asked(world, "best_probability > 0", Sort("best_probability"))
    assert ordered == sorted(ordered, key=lambda name: (-(rows[name].measure or 0), name))
