"""Engagement through real runs, on both databases: scored, kept, told, explained; alone as among all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert
from sqlmodel import SQLModel

from bot.app.errors import ConfigurationError
from bot.app.explaining import Explanations
from bot.app.facts import SegmentationRun
from bot.app.notices import notice_from
from bot.app.one_run import Cause
from bot.app.techniques.engagement import ENGAGEMENT, kinds_of
from bot.app.techniques.technique import Learned, Situation
from bot.language.question import Sort
from bot.store.accounts import SqlAccountBook
from bot.store.activity import activity
from bot.store.evidence import SqlEvidence
from bot.store.scores import SqlScores
from bot.store.tables import RunRow, ScoreRow
from bot.store.technique_tables import LearnedRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ContactRow, EngagementEventRow
from scoring.config import Configuration
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.engagement.config import EngagementSegmentation
from scoring.standing import MEASURE_PARTS
from scoring.standings import no_standings
from tests.support.documents import check_document
from tests.support.scoring_world import DAY, NOON, World, database, shared_postgres  # noqa: F401  (fixtures)

DOCUMENT = """\
version: 1
segmentations:
  - name: Purchases
    labels: [{name: Buyer, when: purchases >= 1}]
  - name: Closeness
    technique: engagement
    scale: 50
segments:
  - {name: Near, criteria: engagement >= 60}
alerts:
  routes:
    - {name: Cooler, segmentation: Closeness, when: worse, channel: "#cs", flood: 5}
"""
LEARNING = DOCUMENT.replace("    scale: 50\n", "")
EVENT, ACCOUNT = (SQLModel.metadata.tables[name] for name in ("engagement_event", "crm_account"))
SEGMENTATION = EngagementSegmentation(name="Closeness", scale=50)


def happened(number: int, account: str | None, kind: str, days: float, **more: Any) -> EngagementEventRow:
    """An event so many days before noon."""
    at = more.pop("at", NOON - timedelta(days=days))
    return EngagementEventRow(
        source="test", raw_id=f"e{number}", event_type=kind, occurred_at=at, account_id=account, **more
    )


def settled(database: Database, document: str = DOCUMENT) -> World:  # noqa: F811
    """Three accounts: a near one, a cooler one, one of which nothing is heard."""
    world = World(database)
    world.publish(document)
    world.add(*(row for name in ("cool", "near", "quiet") for row in world.rows_of(name, (5, 100))))
    world.add(
        ContactRow(id="c1", account_id="near", name="Ann Lee", email="Ann@near.example", raw="{}"),
        ContactRow(id="c2", account_id="near", name="Bob Ray", email="bob@near.example", raw="{}"),
    )
    ann = {"email": "ann@near.example"}
    world.add(
        happened(1, "near", "meeting_held", 1, contact_id="c1"),
        happened(2, "near", "email_received", 2, text="Yes, please", **ann),
        happened(3, "near", "email_received", 9, contact_id="c2", email="bob@near.example"),
        happened(4, "near", "email_received", 3, text="  Out of Office: away", **ann),
        happened(5, "near", "call_received", 7, contact_id="c1"),
        happened(6, "cool", "email_received", 20, email="x@cool.example"),
        happened(7, None, "email_received", 1, email="who@nowhere.example"),
        happened(8, "near", "meeting_held", -3, contact_id="c1"),
        happened(9, "near", "unheard_of", 1),
    )
    world.run("first", None)
    return world


def engagement(world: World, cause: Cause = "change") -> SegmentationRun:
    return next(one for one in world.run(cause).parts if one.segmentation == "Closeness")


def scores(world: World) -> dict[str, ScoreRow]:
    return {one.account_id: one for one in world.rows(ScoreRow) if one.segmentation == "Closeness"}


def details(row: ScoreRow) -> dict[str, Any]:
    assert row.details is not None
    found: dict[str, Any] = json.loads(row.details)
    assert row.details == json.dumps(found, sort_keys=True, separators=(",", ":"))
    return found


def test_the_first_run_scores_everybody_from_their_events_and_is_a_baseline(
    database: Database,  # noqa: F811
) -> None:
    world = settled(database)
    rows = scores(world)
    assert {name: row.label for name, row in rows.items()} == {
        "near": "Engaged",
        "cool": "Cooling",
        "quiet": "Silent",
    }
    assert details(rows["near"]) == {"events": 4, "last_event": "2026-11-23", "people": 2, "points": 70}
    assert details(rows["quiet"]) == {"events": 0, "last_event": None, "people": 0, "points": 0}
    near = rows["near"].measure
    assert near is not None
    assert near % (MEASURE_PARTS // 10) == 0
    assert near / MEASURE_PARTS == pytest.approx(75.4, abs=0.1)
    assert (rows["quiet"].measure, rows["quiet"].value_minor) == (0, None)
    assert world.payloads("alert") == []
    warnings = json.loads(next(one.warnings for one in world.rows(RunRow) if one.technique == "engagement"))
    assert warnings == [
        "Events that machines caused do not count: 1.",
        "Events of people whose account is not known do not count: 1.",
    ]


def test_an_unchanged_run_writes_nothing_and_a_new_event_only_its_own_row(
    database: Database,  # noqa: F811
) -> None:
    world = settled(database)
    assert (engagement(world, "command").written, engagement(world, "command").label_changes) == (0, 0)
    world.add(happened(20, "cool", "task_done", 0))
    world.touch("cool")
    part = engagement(world)
    assert (part.written, part.label_changes) == (1, 0)
    assert details(scores(world)["cool"])["events"] == 2


def test_a_falling_label_is_told_once_with_its_reasons_and_the_money_at_stake(
    database: Database,  # noqa: F811
) -> None:
    world = settled(database)
    world.pass_time(days=60)
    part = engagement(world, "daily")
    assert (part.label_changes, part.alerts) == (2, 2)
    notes = {one.account_id: one for one in map(notice_from, world.payloads("alert"))}
    near = notes["near"]
    assert (near.old_label, near.new_label, near.direction) == ("Engaged", "Interested", "worse")
    assert near.reasons[0] == "Engagement went from 75.4 to 55.1 of 100."
    assert near.reasons[1] == "1 new event, the last on 27 Nov 2026."
    assert (near.money_minor, near.owner_name) == (10_000, "Darcel Schlecht")
    assert notes["cool"].reasons == (
        "Engagement went from 22.3 to 6.1 of 100.",
        "Nothing new since 4 Nov 2026: what happened counts less from day to day.",
    )
    assert engagement(world, "daily").alerts == 0


def test_a_deleted_account_and_its_events_are_gone(database: Database) -> None:  # noqa: F811
    world = settled(database)
    with database.writes.begin() as connection:
        connection.execute(delete(AccountRow).where(AccountRow.id == "near"))  # type: ignore[arg-type]
    world.touch("near")
    part = engagement(world)
    assert (part.accounts, part.label_changes) == (2, 1)
    assert set(scores(world)) == {"cool", "quiet"}


def test_without_any_event_all_are_silent_and_the_run_says_so(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(LEARNING)
    assert engagement(world, "first").warnings == ("No account has points: every score is 0.",)
    world.account("a", (5, 100))
    part = engagement(world)
    assert part.labels[-2:] == (("Silent", 1), (None, 0))


def test_the_scale_is_learned_kept_and_learned_anew_after_a_week(database: Database) -> None:  # noqa: F811
    world = settled(database, LEARNING)
    [first] = world.rows(LearnedRow)
    body = json.loads(first.body)
    assert set(body) == {"scale", "week"}
    assert len(body["week"]) == 168
    near = scores(world)["near"].measure
    assert near == 80 * MEASURE_PARTS, "the busiest account scores 80"
    world.add(*(happened(30 + i, "near", "meeting_held", i / 10, contact_id="c1") for i in range(3)))
    world.touch("near")
    assert engagement(world).written == 1
    raised = scores(world)["near"].measure
    assert raised is not None
    assert raised > 80 * MEASURE_PARTS
    world.pass_time(days=6)
    engagement(world, "daily")
    assert world.rows(LearnedRow)[0].body == first.body
    world.pass_time(days=1)
    engagement(world, "daily")
    assert world.rows(LearnedRow)[0].as_of == first.as_of + timedelta(days=7)
    assert scores(world)["near"].measure == 80 * MEASURE_PARTS


def test_an_account_can_be_asked_for_by_its_engagement(database: Database) -> None:  # noqa: F811
    world = settled(database)
    book = SqlAccountBook(
        database, lambda: world.configurations.current().configuration, world.clock, lambda _id: None
    )
    catalog = book.catalog()

    def found(criteria: str) -> list[str]:
        sort = (Sort("engagement", descending=True),)
        return [one.id for one in book.page(parse(criteria, catalog), sort, 10)]

    assert found("engagement >= 0") == ["near", "cool", "quiet"]
    assert found("engagement > 70 and engaged_people = 2") == ["near"]
    assert found("engagement.Closeness < 30 and engagement_points > 0") == ["cool"]
    assert found("last_engagement after 10 days ago") == ["near"]
    assert found("last_engagement is empty") == ["quiet"]
    assert found('label."Closeness" = Silent') == ["quiet"]
    assert found("in segment Near") == ["near"]


def test_an_account_is_explained_with_the_people_and_when_to_reach_them(
    database: Database,  # noqa: F811
) -> None:
    world = settled(database)
    told = Explanations(SqlScores(database), world.configurations, world.clock)
    near = told.of("near")[1]
    assert (near.segmentation, near.label, near.measured) == ("Closeness", "Engaged", "Engagement 75 of 100")
    assert near.why[0].startswith("70.1 points, 2 people add 6.4 of them; 50.0 points score 63 of 100")
    assert near.why[1] == "+35.3 points: email received, 2 times, the last on 22 Nov 2026."
    assert near.why[2] == "+19.8 points: meeting held, once, on 23 Nov 2026."
    assert "1 event that machines caused does not count." in near.why
    assert any(one.startswith("Highly Engaged begins at 80, ") for one in near.why)
    assert any(one.startswith("If nothing happens, it is Interested on ") for one in near.why)
    assert near.why[-2] == "Ann Lee is best reached on Sundays from 12:00 (3 answers, low confidence)."
    assert near.why[-1].startswith("Bob Ray is best reached on ")
    quiet = told.of("quiet")[1]
    assert quiet.why[0] == "Nothing that counts has happened yet."


def test_hostile_texts_are_read_as_they_are(database: Database) -> None:  # noqa: F811
    world = settled(database)
    strange = 'a,"b"\n\u2028\U0001f600\r'
    world.add(
        happened(40, "cool", "call_received", 1, contact_id=strange),
        happened(41, "cool", "call_received", 1, email=strange),
        happened(42, "cool", "call_received", 1, email="Postmaster@cool.example"),
        happened(43, strange, "call_received", 1),
        happened(44, "cool", "email_opened", 1, object_key=strange, raw='{"count":3}'),
        happened(45, "cool", "email_opened", 1.5, raw='{"count":99999999999999999999}'),
        happened(46, "cool", "email_opened", 1.7, raw="{broken"),
        happened(47, "cool", "ticket_rated", 1, score=-100),
    )
    world.touch("cool")
    engagement(world)
    found = details(scores(world)["cool"])
    assert (found["events"], found["people"]) == (1 + 2 + 3 + 1 + 1 + 1, 2)


KINDS = ("email_opened", "email_received", "email_sent", "meeting_held", "call_made", "ticket_rated")
HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(("a", "b", "c", None)),
        st.sampled_from(KINDS),
        st.integers(-2, 200),
        st.integers(0, 3),
        st.sampled_from(("c1", "c2", None)),
        st.sampled_from(("m1", "m2", None)),
        st.integers(-100, 100) | st.none(),
        st.sampled_from(("exact", "day")),
    ),
    max_size=25,
)


def rows_of(history: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [
        {
            "source": "test",
            "raw_id": str(number),
            "event_type": kind,
            "occurred_at": NOON - timedelta(days=days, seconds=second),
            "account_id": account,
            "contact_id": who,
            "object_key": about,
            "score": rating,
            "quality": quality,
            "raw": "{}",
        }
        for number, (account, kind, days, second, who, about, rating, quality) in enumerate(history)
    ]


def said_of(
    connection: Connection, today: Today, accounts: str, learned: Learned | None
) -> dict[str, tuple[str | None, int | None, str | None]]:
    """Label, measure and details of every account that takes part."""
    segmentation = EngagementSegmentation(name="Closeness", accounts=accounts)
    configuration = Configuration(segmentations=(segmentation,))
    evidence = SqlEvidence(connection, "Closeness", configuration, today)
    situation = Situation(segmentation, configuration, today, "USD", learned, no_standings())
    found = ENGAGEMENT.score(evidence, situation).standings
    rows = ((found.id_of(row), found.at(row)) for row in range(len(found)))
    return {account: (one.label, one.measure, one.details) for account, one in rows}


@given(history=HISTORIES, day=st.integers(-30, 5))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_account_alone_scores_as_among_all(
    database: Database,  # noqa: F811
    history: Sequence[tuple[Any, ...]],
    day: int,
) -> None:
    today = Today(NOON.date() + timedelta(days=day))
    learned = Learned(today.day, 1, {"scale": 40.0, "week": [0.0] * 168})
    with database.writes.connect() as connection:
        connection.execute(insert(ACCOUNT), [{"id": name, "name": name, "raw": "{}"} for name in "abc"])
        if history:
            connection.execute(insert(EVENT), rows_of(history))
        whole = said_of(connection, today, "", learned)
        alone = [said_of(connection, today, f"name = {name}", learned) for name in "abc"]
        connection.rollback()
    assert whole == {name: said for one in alone for name, said in one.items()}
    assert list(whole) == ["a", "b", "c"]


def test_many_accounts_are_read_some_at_a_time(database: Database) -> None:  # noqa: F811
    world = World(database)
    ids = [str(number) for number in range(1, 1_201)]
    world.add(*(AccountRow(id=one, raw="{}") for one in ids))
    world.add(*(happened(int(one), one, "call_made", int(one) / 10) for one in ids))
    with database.reads.connect() as connection:
        read = list(activity(connection, pa.array(ids), kinds_of(SEGMENTATION), at_once=1))
        [whole] = activity(connection, pa.array(ids), kinds_of(SEGMENTATION))
    assert [len(one.ids) for one in read] == [500, 500, 200]
    assert sorted(name for one in read for name in one.ids) == sorted(ids)
    assert [sorted(one.events["account_id"]) for one in read] == [sorted(one.ids) for one in read]
    assert sorted(whole.events["account_id"]) == sorted(ids)
    with database.reads.connect() as connection:
        learned = Learned(DAY, 1, {"scale": 40.0, "week": []})
        found = said_of(connection, Today(DAY), "", learned)
        assert list(found) == ids, "numbers ascend as numbers"
        measures = [one[1] or 0 for one in found.values()]
    assert measures == sorted(measures, reverse=True), "the longer ago the call, the lower the score"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("    accounts: churn = 1\n", "accounts"),
        ("    labels: [{name: A, at_least: 50}, {name: B, at_least: 0}]\n", "there have to be 5 to 10"),
        ("    channels: [{name: e-mail, points: {email_opened: 5000}}]\n", "1000"),
        ("    channels: []\n", "has no channels"),
        ("    labels: [{name: A, when: r > 1}]\n", "at_least"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(
    database: Database,  # noqa: F811
    tmp_path: Path,
    given: str,
    said: str,
) -> None:
    World(database)
    path = tmp_path / "bellwether.yaml"
    path.write_text(DOCUMENT.replace("    scale: 50\n", given), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        check_document(database, path)
    assert f"{path}:" in str(refused.value)
    assert said in str(refused.value)
