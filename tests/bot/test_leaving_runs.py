"""The technique leaving through the real use case; what its SQL reads and writes, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col

from bot.app.facts import Accounts
from bot.app.notices import notice_from
from bot.app.techniques import leaving
from bot.app.techniques.leaving import LEAVING
from bot.app.techniques.technique import Situation
from bot.store.evidence import SqlEvidence
from bot.store.scores import SqlScores
from bot.store.tables import ScoreRow
from bot.store.technique_tables import LearnedRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow
from scoring.criteria.periods import Today
from scoring.standings import Standings, no_standings
from tests.support.leaving_runs import DOCUMENT, NAME, details_of, score_of, scored_once
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import DAY, World, database, on_sqlite, shared_postgres  # noqa: F401  (fixtures)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    return scored_once(database)


def learned(world: World) -> LearnedRow:
    (row,) = world.rows(LearnedRow)
    found: LearnedRow = row
    return found


def test_the_first_run_gives_risk_money_and_label_and_keeps_what_it_learned(world: World) -> None:
    steady, prospect = score_of(world, "steady"), score_of(world, "prospect")
    assert steady.label == "Secure"
    assert (steady.purchases, steady.spend_minor) == (30, 30 * 50_000)
    assert steady.last_purchase == DAY - timedelta(days=10)
    assert steady.measure is not None
    assert 0 < steady.measure < 300_000, "ten-thousandths of a percent: less than 30 %"
    recent = len(range(10, 365, 20)) * 50_000
    assert steady.value_minor == round(recent * steady.measure / 1_000_000)
    assert details_of(world, "steady").keys() == {"expected_purchases"}
    assert (prospect.label, prospect.measure, prospect.value_minor, prospect.details) == (None,) * 4
    assert set(world.labels(NAME).values()) == {"Secure", "Watch", "At risk", "Leaving", None}
    assert all(one.baseline for one in world.changes())
    assert (learned(world).technique, learned(world).as_of) == ("leaving", DAY)
    assert json.loads(learned(world).body)["model"]["weights"] == {"mbg_nbd": 1.0}


@on_sqlite
def test_a_run_that_finds_no_difference_writes_nothing(world: World) -> None:
    before = world.counts()
    part = world.run("command").parts[0]
    assert (part.written, part.label_changes, part.alerts) == (0, 0, 0)
    assert world.counts() == before | {"run": before["run"] + 1}
    assert part.scored == sum(one.measure is not None for one in world.rows(ScoreRow))


@on_sqlite
def test_lost_purchases_change_the_label_at_once_and_are_told_with_the_money_at_risk(world: World) -> None:
    before = score_of(world, "steady")
    world.lose("steady", 200)
    part = world.run("change").parts[0]
    assert (part.written, part.label_changes, part.alerts) == (1, 1, 1)
    after = score_of(world, "steady")
    [payload] = world.payloads()
    told = notice_from(payload)
    assert (told.account_id, told.old_label, told.direction) == ("steady", "Secure", "worse")
    assert told.new_label == after.label
    assert told.new_label in {"At risk", "Leaving"}
    assert told.reasons[:2] == (
        "Last purchase moved back from 14 Nov 2026 to 28 Apr 2026.",
        "10 purchases worth $5,000 no longer count.",
    )
    assert before.measure is not None
    assert after.measure is not None
    assert told.reasons[2] == (
        "Risk of no purchase in the next 90 days: "
        f"{before.measure / 10_000:.0f} % → {after.measure / 10_000:.0f} %."
    )
    assert told.money_minor == max(before.value_minor or 0, after.value_minor or 0) > 0
    change = json.loads(world.changes()[-1].facts)
    assert change["after"]["measure"] == after.measure
    assert change["why"] == list(told.reasons)
    world.touch("steady")
    world.run("change")
    assert len(world.alerts()) == 1


def test_only_the_account_that_did_something_is_written(world: World) -> None:
    world.deal("steady", 3, 500)
    part = world.run("change").parts[0]
    assert (part.written, part.label_changes) == (1, 0)
    assert [one.account_id for one in world.rows(ScoreRow) if one.run_id == part.run_id] == ["steady"]


@on_sqlite
def test_a_prospect_that_buys_enters_and_who_loses_everything_has_no_risk(world: World) -> None:
    world.deal("prospect", 1, 900)
    world.lose("steady", 900)
    world.run("change")
    assert {one.account_id: one.direction for one in world.changes()[-2:]} == {
        "prospect": "entered",
        "steady": "worse",
    }
    steady = score_of(world, "steady")
    assert (steady.label, steady.measure, steady.value_minor, steady.details) == (None,) * 4
    [payload] = world.payloads()
    assert notice_from(payload).reasons[0] == (
        "No purchase counts any more; the last one was on 14 Nov 2026."
    )


@on_sqlite
def test_a_deleted_account_leaves_without_ringing(world: World) -> None:
    with world.database.writes.begin() as connection:
        connection.execute(AccountRow.__table__.delete().where(col(AccountRow.id) == "steady"))  # type: ignore[attr-defined]
    world.touch("steady")
    part = world.run("change").parts[0]
    assert "steady" not in world.labels(NAME)
    assert world.alerts() == []
    assert part.warnings[-1] == "Accounts that were deleted or take no part any more: 1."


# ---- labels that wait


def silent_days(world: World, label: str) -> list[tuple[str | None, dict[str, Any]]]:
    """The label of ``steady`` and what waits, after each daily run until it is not this label any more."""
    found: list[tuple[str | None, dict[str, Any]]] = []
    while len(found) < 40 and (not found or found[-1][0] == label):
        world.pass_time(days=1)
        world.run("daily")
        found.append((score_of(world, "steady").label, dict(details_of(world, "steady"))))
    return found


@on_sqlite
def test_a_label_that_moves_by_itself_waits_for_a_second_day(world: World) -> None:
    world.pass_time(days=6)
    world.run("daily")
    seen = silent_days(world, "Secure")
    [first] = [at for at, (label, _) in enumerate(seen) if label != "Secure"][:1]
    waited = seen[first - 1][1]
    day = DAY + timedelta(days=6 + first)
    assert {name: waited[name] for name in waited if name != "expected_purchases"} == {
        "waiting": "Watch",
        "waiting_runs": 1,
        "waiting_day": day.isoformat(),
    }
    assert seen[first][1].keys() == seen[first - 2][1].keys() == {"expected_purchases"}
    [change] = [one for one in world.changes() if one.account_id == "steady" and not one.baseline][:1]
    assert (change.old_label, change.new_label, change.as_of) == ("Secure", "Watch", day + timedelta(days=1))
    why = json.loads(change.facts)["why"]
    silent = (change.as_of - DAY).days + 10
    assert why[0] == f"No purchase for {silent} days, since 14 Nov 2026."
    assert why[1].startswith("Risk of no purchase in the next 90 days: ")
    assert why[2].startswith("At risk is $")


def put_at_rest(world: World, label: str, **details: Any) -> None:
    """As if an earlier run had said so of ``steady``."""
    values = {"expected_purchases": details_of(world, "steady")["expected_purchases"], **details}
    text = json.dumps(values, sort_keys=True)
    with world.database.writes.begin() as connection:
        connection.execute(
            ScoreRow.__table__.update()  # type: ignore[attr-defined]
            .where(col(ScoreRow.account_id) == "steady")
            .values(label=label, details=text, digest=1)
        )


@on_sqlite
def test_repeating_a_days_run_confirms_nothing_and_writes_nothing(world: World) -> None:
    put_at_rest(world, "Watch")
    assert world.run("command").parts[0].written == 1
    assert score_of(world, "steady").label == "Watch"
    assert details_of(world, "steady")["waiting_runs"] == 1
    assert world.run("command").parts[0].written == 0
    world.pass_time(days=1)
    assert world.run("daily").parts[0].label_changes == 1
    assert score_of(world, "steady").label == "Secure"


@on_sqlite
def test_a_purchase_ends_the_waiting(world: World) -> None:
    put_at_rest(world, "Watch")
    world.run("command")
    world.deal("steady", 0, 500)
    world.run("change")
    assert score_of(world, "steady").label == "Secure"
    assert details_of(world, "steady").keys() == {"expected_purchases"}


@on_sqlite
def test_a_run_of_an_earlier_day_begins_to_wait_anew(world: World) -> None:
    put_at_rest(world, "Watch", waiting="Secure", waiting_runs=1, waiting_day="2027-01-01")
    world.run("command")
    assert (score_of(world, "steady").label, details_of(world, "steady")["waiting_day"]) == (
        "Watch",
        DAY.isoformat(),
    )


@on_sqlite
def test_a_changed_configuration_waits_for_nobody(world: World) -> None:
    changed = DOCUMENT.replace("churn_risk < 30%", "churn_risk < 1%")
    world.publish(changed)
    part = world.run("change").parts[0]
    assert (part.baseline, part.alerts) == (True, 0)
    assert score_of(world, "steady").label == "Watch"
    assert not any("waiting" in (one.details or "") for one in world.rows(ScoreRow))


@on_sqlite
def test_without_waiting_a_label_follows_at_once(database: Database) -> None:  # noqa: F811
    world = scored_once(
        database, DOCUMENT.replace("horizon_days: 90", "horizon_days: 90\n    runs_to_agree: 1")
    )
    put_at_rest(world, "Watch")
    world.run("command")
    assert score_of(world, "steady").label == "Secure"


# ---- what is learned


def test_what_was_learned_is_used_for_a_week_and_then_learned_again(world: World) -> None:
    first = learned(world).body
    for _ in range(6):
        world.pass_time(days=1)
        world.run("daily")
        assert (learned(world).as_of, learned(world).body) == (DAY, first)
    world.pass_time(days=1)
    world.touch("steady")
    world.run("change")
    assert learned(world).as_of == DAY, "a change is scored with what there is"
    world.run("daily")
    assert learned(world).as_of == DAY + timedelta(days=7)
    assert learned(world).body != first


@on_sqlite
def test_what_another_release_has_kept_is_learned_again(world: World) -> None:
    with world.database.writes.begin() as connection:
        connection.execute(LearnedRow.__table__.update().values(body='{"form": 0, "model": {}}'))  # type: ignore[attr-defined]
    assert world.run("command").parts[0].written == 0
    assert json.loads(learned(world).body)["form"] == 1


@pytest.mark.parametrize("model", ["auto", "hazard", "bg_nbd", "recency"])
def test_every_model_scores(tmp_path: Path, model: str) -> None:
    from connector.cache.engine import open_database
    from tests.support.postgres import create_tables

    url = f"sqlite:///{tmp_path / 'one.sqlite'}"
    create_tables(url)
    world = scored_once(open_database(url), DOCUMENT.replace("mbg_nbd", model))
    assert score_of(world, "steady").measure is not None
    world.database.close()


# ---- too little to tell


@on_sqlite
def test_without_accounts_there_is_nothing_but_a_sentence(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(DOCUMENT)
    part = world.run("first").parts[0]
    assert (part.accounts, part.written) == (0, 0)
    assert part.warnings == (
        "No account has bought yet, so there is no risk to tell and nobody gets a label.",
    )


@on_sqlite
def test_a_history_shorter_than_the_horizon_gives_no_label(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(DOCUMENT)
    for at in range(60):
        world.account(f"a{at}", (5 + at % 7, 100), (20 + at, 100))
    part = world.run("first").parts[0]
    assert part.warnings == (
        (
            "The purchases go back 79 days, less than the 90 that are looked ahead: nobody gets a risk or a "
            "label. Wait, or choose a smaller horizon_days."
        ),
    )
    assert set(world.labels(NAME).values()) == {None}
    assert {one.measure for one in world.rows(ScoreRow)} == {None}
    assert score_of(world, "a0").purchases == 2, "the facts are known all the same"
    world.pass_time(days=12)
    world.run("daily")
    assert None not in world.labels(NAME).values(), "as soon as there is enough, not a week later"


@on_sqlite
def test_too_few_second_purchases_give_no_label(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(DOCUMENT)
    for at in range(30):
        world.account(f"a{at}", (5 + at, 100), *([(200, 100)] if at < 19 else []))
    assert world.run("first").parts[0].warnings == (
        (
            "Accounts bought again 19 times in all; 20 are needed to know how long they stay silent: nobody "
            "gets a risk or a label."
        ),
    )
    assert set(world.labels(NAME).values()) == {None}


@on_sqlite
def test_the_fallback_says_that_it_is_one(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(DOCUMENT)
    for at in range(30):
        world.account(f"a{at}", (5 + at, 100), (200, 100))
    part = world.run("first").parts[0]
    assert any("falls back on days since the last purchase" in one for one in part.warnings)
    assert None not in world.labels(NAME).values()
    assert world.run("command").parts[0].warnings == part.warnings, "said as long as it is used"


# ---- what does not count, and what is too large


def test_what_does_not_count_is_said_and_what_gives_back_is_no_purchase(world: World) -> None:
    before = score_of(world, "steady")
    world.deal("steady", -1, 500)  # tomorrow
    world.deal("steady", None, 500)
    world.deal(None, 5, 500)
    world.deal("steady", 1, 500, stage="Closed Lost")
    world.deal("steady", 2, -200)
    assert world.run("change").parts[0].warnings == (), "of marked accounts alone"
    part = world.run("command").parts[0]
    after = score_of(world, "steady")
    assert (after.last_purchase, after.purchases) == (before.last_purchase, before.purchases)
    assert after.spend_minor == before.spend_minor - 20_000
    assert "do not count: 3." in part.warnings[-1]


def test_amounts_beyond_64_bits_give_no_risk_and_disturb_nobody(world: World) -> None:
    before = {one.account_id: one.measure for one in world.rows(ScoreRow)}
    world.deal("steady", 5, 10**15)
    world.run("change")
    assert score_of(world, "steady").spend_minor == 10**17 + 1_500_000
    for _ in range(100):
        world.deal("steady", 5, 10**15)
    part = world.run("change").parts[0]
    steady = score_of(world, "steady")
    assert (steady.label, steady.measure, steady.purchases) == (None, None, 0)
    assert part.warnings[-1] == (
        "Accounts whose amounts are too large to be added up get no risk: 1. "
        "Look at the amounts of their purchases."
    )
    others = {one.account_id: one.measure for one in world.rows(ScoreRow)}
    assert others == before | {"steady": None}


# ---- portions, and accounts alone


class Alone(SqlEvidence):
    """Evidence of some accounts only."""

    accounts_asked: Sequence[str] = ()

    def accounts(self, criteria: str, fields: Any = (), related: Any = (), only: Any = None) -> Accounts:
        return super().accounts(criteria, fields, related, self.accounts_asked if only is None else only)


@contextmanager
def evidence(world: World, day: Today, only: Sequence[str]) -> Iterator[Alone]:
    with world.database.reads.begin() as connection:
        found = Alone(connection, NAME, world.configurations.current().configuration, day)
        found.accounts_asked = only
        yield found


def scores_of(standings: Standings) -> dict[str, tuple[Any, ...]]:
    return {standings.id_of(row): (standings.at(row)) for row in range(len(standings))}  # type: ignore[misc]


@on_sqlite
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(later=st.integers(0, 120), choice=st.sets(st.integers(0, 161), min_size=1, max_size=4))
def test_an_account_alone_is_scored_as_among_all(world: World, later: int, choice: set[int]) -> None:
    day = Today(DAY + timedelta(days=later))
    with SqlScores(world.database).transaction() as transaction:
        before = transaction.standings(NAME, LEAVING.columns, details=True)
        kept = transaction.learned(NAME)
    current = world.configurations.current().configuration
    situation: Situation[Any] = Situation(current.segmentations[0], current, day, "USD", kept, before)
    ids = [str(one) for one in before.ids.to_pylist()]
    some = sorted(ids[at] for at in choice)
    with evidence(world, day, ids) as among_all:
        whole = scores_of(LEAVING.score(among_all, situation).standings)
    with evidence(world, day, some) as alone:
        found = scores_of(LEAVING.score(alone, situation).standings)
    assert found == {one: whole[one] for one in some}


def test_portions_and_draws_change_nothing_but_the_memory_they_take(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.app.techniques import leaving_model

    before = {one.account_id: (one.measure, one.digest) for one in world.rows(ScoreRow)}
    body = learned(world).body
    monkeypatch.setattr(leaving, "ACCOUNTS_AT_ONCE", 7)
    assert world.run("command").parts[0].written == 0
    monkeypatch.setattr(leaving_model, "MOST_ACCOUNTS", 50)
    situation_day = Today(DAY)
    with evidence(world, situation_day, [*before]) as found:
        ids = found.accounts("").ids
        current = world.configurations.current().configuration
        again: Situation[Any] = Situation(
            current.segmentations[0], current, situation_day, "USD", None, no_standings()
        )
        drawn = leaving_model.learnt(found, again, ids).body
        assert drawn == leaving_model.learnt(found, again, ids).body
        monkeypatch.setattr(leaving_model, "MOST_ACCOUNTS", len(ids) - 1)
        all_but_one = leaving_model.learnt(found, again, ids).body
    assert drawn is not None
    assert json.loads(json.dumps(drawn)) != json.loads(body)
    assert json.loads(json.dumps(all_but_one)) == json.loads(body), "prospects teach nothing"
