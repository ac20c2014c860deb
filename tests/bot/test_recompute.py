"""Scoring in a real database, on both kinds: once, all or nothing, and told to whom it concerns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from bot.app.config.published import PublishedConfigurations
from bot.app.errors import ConfigurationError, UserError
from bot.app.notices import notice_from
from bot.app.recompute import Recompute
from bot.app.scoring_ports import ScoringTransaction
from bot.store.scores import SqlScores
from bot.store.tables import AlertRow, LabelChangeRow, OutboxRow, RunRow, ScoreRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, FieldRow, TouchedAccountRow
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, DAY, World, database, settled, shared_postgres  # noqa: F401  (fixtures)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    return settled(database)


def test_the_first_run_scores_everybody_and_is_a_baseline(world: World) -> None:
    assert world.labels() == {
        "big": "Top",
        "fair": "Good",
        "small": "Good",
        "old": "Slipping",
        "tiny": "Gone",
        "prospect": None,
    }
    big = next(one for one in world.rows(ScoreRow) if one.account_id == "big")
    assert (big.r, big.f, big.m, big.total) == (3, 3, 3, 9)
    assert (big.last_purchase, big.purchases, big.spend_minor) == (DAY - timedelta(days=5), 6, 1_200_000)
    prospect = next(one for one in world.rows(ScoreRow) if one.account_id == "prospect")
    assert (prospect.r, prospect.total, prospect.last_purchase, prospect.purchases) == (None, None, None, 0)
    assert {(one.direction, one.baseline) for one in world.changes()} == {("entered", True)}
    assert len(world.changes()) == 5, "an account that gets no label has not changed"
    assert world.alerts() == []


def test_a_baseline_is_told_once_in_each_channel(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(BANDS + '    - {name: Also, channel: "#cs"}\n    - {name: Other, channel: "#sales"}\n')
    world.account("big", (5, 20_000))
    summary = world.run("first")
    assert [(one.kind, one.channel) for one in world.outbox()] == [
        ("alert_summary", "#cs"),
        ("alert_summary", "#sales"),
    ]
    payload = world.payloads("alert_summary")[0]
    assert payload["title"].startswith("First scores of Purchases: 1 Top.")
    assert (payload["lines"], payload["total"], payload["currency"]) == ([], 0, "USD")
    assert (summary.parts[0].baseline, summary.parts[0].alerts, summary.parts[0].summaries) == (True, 0, 2)


def test_nothing_touched_is_nothing_to_do(world: World) -> None:
    before = world.counts()
    summary = world.run("change")
    assert summary.parts == ()
    assert world.counts() == before


def test_a_run_that_finds_no_difference_writes_only_that_it_ran(world: World) -> None:
    before = world.counts()
    part = world.run("command").parts[0]
    assert (part.written, part.label_changes, part.alerts, part.summaries) == (0, 0, 0, 0)
    assert world.counts() == before | {"run": before["run"] + 1}


def test_losing_a_big_accounts_deals_is_told_once_with_reason_owner_and_money(world: World) -> None:
    world.lose("big", 120)
    summary = world.run("change")
    assert summary.label_changes == 1
    [alert] = world.alerts()
    [payload] = world.payloads()
    told = notice_from(payload)
    assert (told.alert_id, told.account_id, told.account_name) == (alert.id, "big", "Account big")
    assert (told.old_label, told.new_label, told.direction) == ("Top", "Slipping", "worse")
    assert told.reasons == (
        "Last purchase moved back from 19 Nov 2026 to 8 May 2026.",
        "4 purchases worth $8,000 no longer count.",
        "Recency score 3 → 1 (last purchase 200 days ago).",
    )
    assert (told.money_minor, told.currency, told.owner_name) == (1_200_000, "USD", "Darcel Schlecht")
    assert (told.crm_url, told.last_purchase) == ("https://crm.example/big", date(2026, 5, 8))
    change = world.changes()[-1]
    facts = json.loads(change.facts)
    assert facts["before"]["label"] == "Top"
    assert facts["after"] | {"total": None} == {
        "last_purchase": "2026-05-08",
        "purchases": 2,
        "spend_minor": 400_000,
        "r": 1,
        "f": 1,
        "m": 2,
        "total": None,
        "label": "Slipping",
    }
    assert facts["why"] == list(told.reasons)
    world.touch("big")
    world.run("change")
    world.run("daily")
    assert len(world.alerts()) == len(world.payloads()) == 1


def test_only_the_rows_that_differ_are_written(world: World) -> None:
    world.deal("fair", 55, 100)
    part = world.run("change").parts[0]
    assert (part.written, part.label_changes) == (1, 0)
    assert {one.account_id for one in world.rows(ScoreRow) if one.run_id == part.run_id} == {"fair"}


def test_only_the_marks_that_were_read_are_taken_away(world: World) -> None:
    world.touch("small")
    scores = SqlScores(world.database)
    with scores.transaction() as transaction:
        read = transaction.touched()
    world.pass_time(seconds=1)
    world.touch("small")
    world.touch("fair")
    with scores.transaction() as transaction:
        transaction.clear_touched(read)
    assert {one.account_id for one in world.rows(TouchedAccountRow)} == {"small", "fair"}
    world.run("change")
    assert world.rows(TouchedAccountRow) == []


def test_a_failure_in_the_middle_leaves_nothing_behind(world: World) -> None:
    class Interrupted(Exception):
        pass

    class FailingScores(SqlScores):
        @contextmanager
        def transaction(self) -> Iterator[ScoringTransaction]:
            with super().transaction() as transaction:
                yield transaction
                raise Interrupted

    world.lose("big", 120)
    before, labels = world.counts(), world.labels()
    broken = Recompute(FailingScores(world.database), world.configurations, world.clock, lambda _: None)
    with pytest.raises(Interrupted):
        broken.run("change")
    assert world.counts() == before
    assert world.labels() == labels
    world.run("change")
    assert len(world.payloads()) == 1


def test_two_runs_at_once_tell_a_change_once(world: World) -> None:
    world.lose("big", 120)
    world.lose("small", 120)
    with ThreadPoolExecutor(4) as pool:
        summaries = list(pool.map(lambda _: world.run("command"), range(4)))
    assert sum(one.label_changes for one in summaries) == 2
    assert sorted(one.account_id for one in world.alerts()) == ["big", "small"]
    assert len(world.payloads()) == 2
    assert len({one.dedupe_key for one in world.outbox()}) == 2


def test_a_flood_becomes_one_summary(world: World) -> None:
    for number in range(6):
        world.account(f"n{number}", (5, 20_000 + number))
    world.run("change")
    for number in range(6):
        world.lose(f"n{number}", 30)
    part = world.run("change").parts[0]
    assert (part.label_changes, part.alerts, part.summaries) == (6, 0, 1)
    assert world.alerts() == []
    [payload] = world.payloads("alert_summary")
    assert payload["title"] == "6 accounts changed their label in Purchases at once (Worse)"
    assert [one["name"] for one in payload["lines"]] == [f"Account n{number}" for number in range(5, -1, -1)]
    assert payload["total"] == 6


def test_as_many_alerts_as_the_limit_are_still_told_one_by_one(world: World) -> None:
    for number in range(5):
        world.account(f"n{number}", (5, 20_000))
    world.run("change")
    for number in range(5):
        world.lose(f"n{number}", 30)
    part = world.run("change").parts[0]
    assert (part.alerts, part.summaries) == (5, 0)


def test_a_changed_segmentation_is_a_baseline_and_other_changes_are_not(world: World) -> None:
    world.publish(BANDS.replace("r = 3 and m = 3", "r = 3 and m = 3 and f = 5"))
    part = world.run("command").parts[0]
    assert (part.baseline, part.label_changes, part.alerts, part.summaries) == (True, 1, 0, 1)
    assert world.payloads("alert_summary")[0]["title"].startswith("The configuration of Purchases changed:")
    assert world.changes()[-1].baseline
    again = world.run("command").parts[0]
    assert (again.baseline, again.summaries) == (False, 0)


def test_a_published_segmentation_is_used_at_the_next_occasion_and_then_no_more(world: World) -> None:
    world.publish(BANDS.replace("r = 3 and m = 3", "r = 3 and m = 3 and f = 5"))
    assert world.run("change").parts[0].label_changes == 1
    assert world.run("change").parts == ()


def test_a_run_before_there_were_accounts_is_not_what_later_ones_are_compared_with(
    database: Database,  # noqa: F811
) -> None:
    world = World(database)
    world.publish(BANDS.replace("when: worse", "when: any"))
    world.run("daily")
    world.account("big", (5, 20_000))
    part = world.run("change").parts[0]
    assert (part.baseline, part.alerts, part.summaries) == (True, 0, 1)
    assert world.payloads("alert_summary")[-1]["title"].startswith("First scores of Purchases: 1 Top.")
    assert not world.run("command").parts[0].baseline


def test_words_and_routes_can_be_changed_without_swallowing_an_alert(world: World) -> None:
    world.publish(BANDS + "synonyms:\n  - {field: industry, same: [medical, health]}\n")
    world.lose("big", 120)
    part = world.run("change").parts[0]
    assert (part.baseline, part.alerts) == (False, 1)


def test_a_changed_segmentation_that_moves_nobody_says_nothing(world: World) -> None:
    world.publish(BANDS.replace("at_least: [3, 6]", "at_least: [3, 7]"))
    part = world.run("command").parts[0]
    assert (part.baseline, part.label_changes, part.summaries) == (True, 0, 0)


PERCENTILES = """\
version: 1
segmentations:
  - name: Purchases
    scores: 2
    labels:
      - {name: Upper, when: m = 2}
      - {name: Lower, when: m = 1}
alerts:
  routes:
    - {name: All, when: any, channel: "#cs"}
"""


def test_accounts_that_only_others_moved_are_recorded_but_do_not_ring(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(PERCENTILES)
    for number in range(4):
        world.account(f"a{number}", (5, 100 * (number + 1)))
    world.run("first")
    assert world.labels() == {"a0": "Lower", "a1": "Lower", "a2": "Upper", "a3": "Upper"}
    world.deal("a0", 1, 10_000)
    part = world.run("change").parts[0]
    assert world.labels() == {"a0": "Upper", "a1": "Lower", "a2": "Lower", "a3": "Upper"}
    assert [one.account_id for one in world.alerts()] == ["a0"]
    assert (part.label_changes, part.alerts, dict(part.held)) == (2, 1, {"neighbour": 1})
    pushed = next(one for one in world.changes() if one.account_id == "a2" and not one.baseline)
    assert json.loads(pushed.facts)["own"] is False
    assert world.run("change").parts == ()


def test_on_a_new_day_everybody_moves_by_itself(world: World) -> None:
    world.pass_time(days=31)
    part = world.run("daily").parts[0]
    assert part.as_of == DAY + timedelta(days=31)
    assert world.labels()["big"] == "Good"
    assert world.labels()["fair"] == "Slipping"
    assert {one.account_id for one in world.alerts()} == {"big", "fair"}
    assert notice_from(world.payloads()[0]).reasons == (
        "Its own purchases did not change; time passed or other accounts moved.",
        "Recency score 3 → 2 (last purchase 36 days ago).",
    )


def test_a_newer_change_takes_the_place_of_an_alert_that_was_not_sent(world: World) -> None:
    world.lose("big", 30)
    world.run("change")
    assert notice_from(world.payloads()[0]).new_label == "Good"
    world.lose("big", 120)
    world.run("change")
    world.lose("big", 400)
    world.run("change")
    assert [one.state for one in world.outbox()] == ["superseded", "superseded", "pending"]
    [payload] = world.payloads()
    told = notice_from(payload)
    assert (told.old_label, told.new_label, told.money_minor) == ("Top", None, 1_200_000)
    [alert] = world.alerts()
    assert alert.id == told.alert_id
    assert len([one for one in world.changes() if not one.baseline]) == 3, "the history keeps every step"


def test_an_alert_that_was_not_sent_is_withdrawn_when_the_account_comes_back(world: World) -> None:
    world.lose("big", 30)
    world.run("change")
    world.deal("big", 1, 9_000)
    part = world.run("change").parts[0]
    assert (part.label_changes, part.alerts) == (1, 0)
    assert [one.state for one in world.outbox()] == ["superseded"]
    assert world.alerts() == []


@pytest.mark.parametrize("begun", ["lease_until", "first_attempt_at"])
def test_an_alert_that_is_being_sent_is_left_alone(world: World, begun: str) -> None:
    world.lose("big", 30)
    world.run("change")
    with world.database.writes.begin() as connection:
        connection.execute(update(OutboxRow).values({begun: world.clock.now()}))
    world.lose("big", 120)
    world.run("change")
    assert [one.state for one in world.outbox()] == ["pending", "pending"]
    assert [notice_from(one).old_label for one in world.payloads()] == ["Top", "Good"]


def snoozed(world: World) -> None:
    world.lose("big", 30)
    world.run("change")
    until = world.clock.now() + timedelta(days=7)
    with world.database.writes.begin() as connection:
        connection.execute(update(OutboxRow).values(state="sent"))
        connection.execute(update(AlertRow).values(state="snoozed", snoozed_until=until))


def test_a_snoozed_account_does_not_ring_again_unless_it_gets_worse(world: World) -> None:
    snoozed(world)
    world.deal("big", 1, 9_000)
    world.run("change")
    assert world.labels()["big"] == "Top"
    world.lose("big", 30)
    part = world.run("change").parts[0]
    assert (part.label_changes, part.alerts, dict(part.held)) == (1, 0, {"snoozed": 1})
    world.lose("big", 120)
    part = world.run("change").parts[0]
    assert (part.label_changes, part.alerts) == (1, 1)
    assert notice_from(world.payloads()[0]).new_label == "Slipping"


def test_a_snooze_ends(world: World) -> None:
    snoozed(world)
    world.deal("big", 1, 9_000)
    world.run("change")
    world.pass_time(days=8)
    world.lose("big", 30)
    assert world.run("change").parts[0].alerts == 1


def test_losing_the_only_purchases_is_worse_and_coming_back_is_better(world: World) -> None:
    world.lose("small", 400)
    world.run("change")
    told = notice_from(world.payloads()[0])
    assert (told.old_label, told.new_label, told.direction) == ("Good", None, "worse")
    assert told.reasons[0] == "No purchase counts any more; the last one was on 14 Nov 2026."
    world.deal("small", 1, 70)
    world.deal("prospect", 1, 70)
    world.run("change")
    directions = {one.account_id: one.direction for one in world.changes()[-2:]}
    assert directions == {"small": "better", "prospect": "entered"}


def test_an_account_that_was_deleted_leaves_the_scores_without_ringing(world: World) -> None:
    with world.database.writes.begin() as connection:
        connection.execute(AccountRow.__table__.delete().where(col(AccountRow.id) == "big"))  # type: ignore[attr-defined]
    world.touch("big")
    part = world.run("change").parts[0]
    assert "big" not in world.labels()
    assert world.alerts() == []
    assert json.loads(world.changes()[-1].facts)["gone"] is True
    assert part.warnings == ("Accounts that were deleted or take no part any more: 1.",)


def test_only_accounts_that_meet_the_criteria_take_part(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(BANDS.replace("scores: 3", "scores: 3\n    accounts: industry = medical"))
    world.account("in", (5, 20_000), industry="Medical")
    world.account("out", (5, 20_000), industry="retail")
    assert world.run("first").parts[0].accounts == 1
    assert world.labels() == {"in": "Top"}


def test_labels_can_use_account_fields_and_crm_fields(database: Database) -> None:  # noqa: F811
    world = World(database)
    first = (
        "      - {name: Key, when: owner = 'Darcel Schlecht' and annual_revenue >= 1M and open_deals = 1}\n"
    )
    world.publish(BANDS.replace("    labels:\n", "    labels:\n" + first))
    world.account("key", (5, 20_000), annual_revenue_minor=100_000_000)
    world.account("poor", (5, 20_000), annual_revenue_minor=99_999_999)
    world.deal("key", -30, 1, stage="Negotiation/Review")
    world.deal("poor", -30, 1, stage="Negotiation/Review")
    world.run("first")
    assert world.labels() == {"key": "Key", "poor": "Top"}


def test_labels_can_use_every_kind_of_crm_field(database: Database) -> None:  # noqa: F811
    world = World(database)
    kinds = {
        "Tier": "picklist",
        "Due": "date",
        "Marks": "multiselectpicklist",
        "Nps": "double",
        "Vip": "boolean",
    }
    world.add(
        *(
            FieldRow(module="Accounts", api_name=name, label=name, data_type=kind)
            for name, kind in kinds.items()
        )
    )
    one = "Tier = Gold and Due before today and Marks has renewal and Nps >= 8.5 and Vip = yes"
    world.publish(BANDS.replace("    labels:\n", f"    labels:\n      - {{name: Key, when: {one}}}\n"))
    raw = {"Tier": "gold", "Due": "2026-11-01", "Marks": ["Renewal", 1], "Nps": 9.5, "Vip": True}
    other_values: dict[str, object] = {
        "Tier": None,
        "Due": "2026-02-31",
        "Marks": [],
        "Nps": "9",
        "Vip": False,
    }
    world.account("key", (5, 20_000), raw=json.dumps(raw))
    for name, value in other_values.items():
        world.account(f"no {name}", (5, 20_000), raw=json.dumps(raw | {name: value}))
    world.account("empty", (5, 20_000))
    world.run("first")
    assert {account for account, label in world.labels().items() if label == "Key"} == {"key"}
    assert len(world.labels()) == 7


def test_what_does_not_count_is_said(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish()
    world.account("a", (5, 100))
    world.deal("a", -1, 100)  # tomorrow
    world.deal("a", None, 100)
    world.deal(None, 5, 100)
    world.deal("a", 5, None)  # counts, and is worth nothing
    world.deal("a", 5, 100, stage="Closed Lost")
    part = world.run("first").parts[0]
    score = world.rows(ScoreRow)[0]
    assert (score.purchases, score.spend_minor) == (2, 10_000)
    assert part.warnings == (
        "Purchases without an account, without a date or with a later date do not count: 3.",
    )


def test_two_segmentations_are_scored_and_alone_one_takes_no_marks_away(database: Database) -> None:  # noqa: F811
    world = World(database)
    second = BANDS.partition("segmentations:\n")[2].partition("alerts:")[0].replace("Purchases", "Second")
    world.publish(BANDS.replace("alerts:", second + "alerts:"))
    world.account("a", (5, 20_000))
    assert [one.segmentation for one in world.run("first").parts] == ["Purchases", "Second"]
    assert world.labels() == world.labels("Second") == {"a": "Top"}
    world.lose("a", 30)
    assert [one.segmentation for one in world.run("command", "second").parts] == ["Second"]
    assert [one.account_id for one in world.rows(TouchedAccountRow)] == ["a"]
    assert [one.label_changes for one in world.run("change").parts] == [1, 0]
    assert [notice_from(one).segmentation for one in world.payloads()] == ["Second", "Purchases"]


def test_the_day_is_the_organisations_own(world: World) -> None:
    world.pass_time(hours=11)  # 04:00 UTC of the next day is 23:00 in New York
    assert world.run("command").parts[0].as_of == DAY
    world.pass_time(hours=2)
    assert world.run("command").parts[0].as_of == DAY + timedelta(days=1)


def test_a_run_keeps_its_thresholds_and_version(world: World) -> None:
    [run] = world.rows(RunRow)
    assert (run.cause, run.as_of, run.accounts, run.changed, run.config_version) == ("first", DAY, 6, 5, 1)
    assert json.loads(run.thresholds)["monetary"] == {"cuts": [100_000, 1_000_000], "reached": True}


def test_the_summary_can_be_read_and_stored(world: World) -> None:
    world.lose("big", 120)
    summary = world.run("change")
    assert summary.sentences() == (
        "Purchases: 6 accounts, 5 with purchases; 1 label changed.",
        "Alerts: 1; summaries: 0.",
    )
    stored = json.loads(json.dumps(summary.as_json()))
    assert stored["parts"][0]["labels"][0] == ["Top", 0]
    assert stored["cause"] == "change"


def test_what_cannot_be_scored_says_what_to_do(database: Database) -> None:  # noqa: F811
    world = World(database)
    with pytest.raises(ConfigurationError, match="No configuration is published"):
        world.run("first")
    world.publish()
    with pytest.raises(UserError, match=r"There is no segmentation .Purchase.\. Did you mean .Purchases"):
        world.run("command", "Purchase")
    world.publish(BANDS.replace("r = 3 and m = 3", "recentness = 3"))
    with pytest.raises(ConfigurationError, match="The criteria of 'Purchases' do not fit"):
        world.run("first")
    assert world.rows(RunRow) == []


def test_a_version_that_cannot_be_read_any_more_is_a_baseline(world: World) -> None:
    with world.database.writes.begin() as connection:
        connection.exec_driver_sql("UPDATE config_version SET document = 'old: form'")
    world.publish()
    world.configurations = PublishedConfigurations(world.versions)
    assert world.run("command").parts[0].baseline


def test_more_accounts_than_fit_into_one_statement_are_scored_and_compared(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish()
    with world.database.writes.begin() as connection:
        connection.execute(
            AccountRow.__table__.insert(),  # type: ignore[attr-defined]
            [{"id": f"{at:05}", "name": f"A{at}", "raw": "{}"} for at in range(3_000)],
        )
    world.deal("00007", 5, 20_000)
    part = world.run("first").parts[0]
    assert (part.accounts, part.scored, part.written) == (3_000, 1, 3_000)
    assert len(world.rows(LabelChangeRow)) == 1
