"""Marked accounts scored alone, by every technique that can: exactly what a look at everything gives."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update
from sqlmodel import SQLModel, col

from bot.app.config.published import read_configuration
from bot.app.facts import SegmentationRun
from bot.store.account_facts import says_itself
from bot.store.tables import AlertRow, LabelChangeRow, OutboxRow, ScoreRow
from bot.store.technique_tables import LearnedRow, ScoreHistoryRow, StandingSnapshotRow
from connector.cache.engine import Database
from connector.cache.tables import (
    AccountRow,
    ContactRow,
    EngagementEventRow,
    TouchedAccountRow,
    TransactionRow,
    table_of,
)
from scoring.criteria.fields import Field, FieldType
from tests.support.beside import beside, emptied, written  # noqa: F401  (beside is a fixture)
from tests.support.leaving_runs import purchases
from tests.support.postgres import create_tables, postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import World, database, on_sqlite, shared_postgres  # noqa: F401  (fixtures)

ALL = """\
version: 1
segmentations:
  - name: Purchases
    scores: 3
    labels:
      - {name: Top, when: r = 3 and industry = Retail}
      - {name: Good, when: r >= 2}
      - {name: Gone, when: purchases >= 1}
  - name: Leaving
    technique: leaving
    horizon_days: 90
    model: mbg_nbd
    labels:
      - {name: Secure, when: churn_risk < 40%}
      - {name: Retail at risk, when: churn_risk >= 60% and industry = Retail}
      - {name: At risk, when: churn_risk >= 40%}
  - {name: Closeness, technique: engagement}
  - name: Size
    technique: firmographics
    labels:
      - {name: Large, when: employees >= 1000}
      - {name: Retail, when: industry = Retail}
  - {name: Voice, technique: voice, fewest_messages: 2}
alerts:
  routes:
    - {name: Worse, when: worse, channel: "#cs", flood: 3}
"""
# These ask for other records than the account's own, or leave some accounts out.
RELATED = ALL.replace("employees >= 1000}", "employees >= 1000 or contacts.count >= 2}")
CHOSEN = ALL.replace("technique: firmographics\n", "technique: firmographics\n    accounts: employees >= 5\n")
CHOSEN = CHOSEN.replace("horizon_days: 90\n", "horizon_days: 90\n    accounts: created before 10 days ago\n")
DOCUMENTS = (ALL, RELATED, CHOSEN)

MANY = 40  # accounts that buy, so that there is something to learn from
ACCOUNTS = [str(5_000_000_000_000_000_000 + one) for one in range(5)]
WHO = st.sampled_from(ACCOUNTS)
GOOD, BAD = "Thank you, the new release is wonderful.", "This is unacceptable, the export is broken again."
TEXTS = st.sampled_from([None, GOOD, BAD, "We want to cancel our subscription."])
STEPS = st.one_of(
    st.tuples(st.just("buy"), WHO, st.integers(-6, 200), st.integers(-200, 20_000)),
    st.tuples(st.just("lose"), WHO),
    st.tuples(st.just("happen"), WHO, st.sampled_from(["email_received", "meeting_held"]), TEXTS),
    st.tuples(st.just("forget"), WHO),
    st.tuples(st.just("employ"), WHO, st.sampled_from([None, 3, 2_000])),
    st.tuples(st.just("person"), WHO),
    st.tuples(st.just("come"), st.sampled_from([*ACCOUNTS, "odd", "7"])),
    st.tuples(st.just("go"), WHO),
    st.tuples(st.just("wait"), st.integers(1, 12)),
    st.tuples(st.just("publish"), st.integers(0, len(DOCUMENTS) - 1)),
)
KEPT: dict[type[SQLModel], tuple[str, ...]] = {
    ScoreRow: (
        *("segmentation", "account_id", "label", "r", "f", "m", "last_purchase", "purchases", "spend_minor"),
        *("measure", "value_minor", "digest", "details"),
    ),
    LabelChangeRow: (
        *("segmentation", "account_id", "old_label", "new_label", "direction", "baseline", "as_of", "facts"),
    ),
    ScoreHistoryRow: ("segmentation", "account_id", "as_of", "label", "r", "f", "m", "measure", "gone"),
    AlertRow: ("change_id", "account_id", "route", "channel", "state"),
    OutboxRow: ("kind", "channel", "payload", "state"),
    LearnedRow: ("segmentation", "technique", "as_of", "config_version", "body"),
}
MARKED = {"Leaving", "Closeness", "Size", "Voice"}


class Pair:
    """The same organisation twice: one is scored by what changed, the other always from everything."""

    def __init__(self, mine: Database, other: Database) -> None:
        self.worlds = (World(mine), World(other))
        self.number = 0
        frame = purchases(MANY)
        accounts = [{"id": one, "name": one, "raw": "{}"} for one in frame["account_id"].unique()]
        deals = [
            {"id": f"t{at}", "account_id": account, "occurred_on": day, "amount_minor": minor,
             "stage": "Closed Won", "raw": "{}"}
            for at, (account, day, minor) in enumerate(frame.itertuples(index=False))
        ]  # fmt: skip
        for world in self.worlds:
            world.publish(ALL)
            with world.database.writes.begin() as connection:
                connection.execute(insert(table_of(AccountRow)), accounts)
                connection.execute(insert(table_of(TransactionRow)), deals)
        for account in ACCOUNTS[:4]:
            self.come(account)
            self.buy(account, 20, 500)
            self.happen(account, "email_received", GOOD)
        self.score()

    def buy(self, account: str, days: int, amount: int) -> None:
        for world in self.worlds:
            world.deal(account, days, amount)

    def lose(self, account: str) -> None:
        for world in self.worlds:
            world.lose(account, 60)

    def happen(self, account: str, kind: str, text: str | None) -> None:
        self.number += 1
        for world in self.worlds:
            at = datetime.combine(world.today() - timedelta(days=self.number % 9), time(15), UTC)
            world.add(
                EngagementEventRow(
                    source="crm.emails",
                    raw_id=f"e{self.number}",
                    event_type=kind,
                    occurred_at=at,
                    account_id=account,
                    email=f"ann@{account}.example",
                    text=text,
                )
            )
            world.touch(account)

    def forget(self, account: str) -> None:
        self._change(account, delete(EngagementEventRow).where(col(EngagementEventRow.account_id) == account))

    def employ(self, account: str, many: int | None) -> None:
        this = update(AccountRow).where(col(AccountRow.id) == account)
        self._change(account, this.values(employees=many, industry="Retail" if many == 3 else "Steel"))

    def go(self, account: str) -> None:
        self._change(account, delete(AccountRow).where(col(AccountRow.id) == account))

    def _change(self, account: str, statement: Any) -> None:
        for world in self.worlds:
            with world.database.writes.begin() as connection:
                connection.execute(statement)
            world.touch(account)

    def person(self, account: str) -> None:
        self.number += 1
        for world in self.worlds:
            mail = f"ann@{account}.example"
            world.add(ContactRow(id=f"c{self.number}", account_id=account, email=mail, raw="{}"))
            world.touch(account)

    def come(self, account: str) -> None:
        for world in self.worlds:
            if all(one.id != account for one in world.rows(AccountRow)):
                created = world.clock.now() - timedelta(days=30)
                world.add(AccountRow(id=account, name=account, employees=9, created_at=created, raw="{}"))
                world.touch(account)

    def wait(self, days: int) -> None:
        for world in self.worlds:
            world.pass_time(days=days)
            world.touch(ACCOUNTS[0])

    def publish(self, document: int) -> None:
        for world in self.worlds:
            world.publish(DOCUMENTS[document])

    def score(self) -> None:
        """Everybody in the other world: marked so, a run on a change looks at all."""
        mine, other = self.worlds
        other_marks = bool(mine.rows(TouchedAccountRow))
        summary = mine.run("change")
        if other_marks:
            other.touch("*")
        everything = other.run("change")
        assert [_counted(one) for one in summary.parts] == [_counted(one) for one in everything.parts]

    def kept(self) -> list[dict[str, list[tuple[Any, ...]]]]:
        """What each has written, row by row."""
        return [written(world, KEPT) for world in self.worlds]


def _counted(run: SegmentationRun) -> tuple[Any, ...]:
    return run.segmentation, run.accounts, run.scored, run.written, run.label_changes, run.alerts, run.labels


def walk(mine: Database, other: Database, steps: list[tuple[Any, ...]]) -> None:
    pair = Pair(emptied(mine), emptied(other))
    for name, *arguments in steps:
        getattr(pair, name)(*arguments)
        pair.score()
        one, another = pair.kept()
        for table, rows in one.items():
            assert rows == another[table], f"{table} after {name} {arguments}"


@on_sqlite  # every kind of step is taken on PostgreSQL below
@given(st.lists(STEPS, min_size=4, max_size=10))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_marked_accounts_alone_give_what_everything_gives(
    database: Database,  # noqa: F811
    beside: Database,  # noqa: F811
    steps: list[tuple[Any, ...]],
) -> None:
    walk(database, beside, steps)


def test_every_kind_of_step_gives_what_everything_gives(
    database: Database,  # noqa: F811
    beside: Database,  # noqa: F811
) -> None:
    one, two, three = ACCOUNTS[:3]
    steps: list[tuple[Any, ...]] = [
        ("buy", one, 1, 700),
        ("happen", two, "email_received", BAD),
        ("happen", two, "meeting_held", None),
        ("employ", one, 2_000),
        ("person", two),
        ("come", "odd"),
        ("wait", 1),
        ("lose", one),
        ("forget", two),
        ("go", three),
        ("buy", two, 0, 100),
        ("publish", 1),
        ("person", one),
        ("publish", 2),
        ("employ", one, 3),
        ("wait", 8),
        ("come", three),
    ]
    walk(database, beside, steps)


def test_only_marked_accounts_are_looked_at(database: Database, beside: Database) -> None:  # noqa: F811
    """That is what makes it quick: of who is not marked nothing is read."""
    pair = Pair(emptied(database), emptied(beside))
    one, two = ACCOUNTS[:2]
    for account in (one, two):
        pair.employ(account, 2_000)
        pair.lose(account)
        pair.happen(account, "meeting_held", None)
        pair.happen(account, "email_received", BAD)
    world = pair.worlds[0]
    with world.database.writes.begin() as connection:
        connection.execute(delete(TouchedAccountRow).where(col(TouchedAccountRow.account_id) == two))
    last = max(row.run_id for row in world.rows(ScoreRow))
    world.run("change")
    written = [(row.segmentation, row.account_id) for row in world.rows(ScoreRow) if row.run_id > last]
    assert {name for name, _ in written} >= MARKED
    assert {account for name, account in written if name in MARKED} == {one}
    world.run("command")
    written = [(row.segmentation, row.account_id) for row in world.rows(ScoreRow) if row.run_id > last]
    assert {name for name, account in written if account == two} >= MARKED


@on_sqlite
def test_snapshots_are_kept_only_of_what_reads_them_and_never_wrong(
    database: Database,  # noqa: F811
    beside: Database,  # noqa: F811
) -> None:
    pair = Pair(emptied(database), emptied(beside))
    world = pair.worlds[0]

    def held() -> set[str]:
        return {one.segmentation for one in world.rows(StandingSnapshotRow)}

    assert held() == {"Purchases", "Closeness", "Size", "Voice"}, "leaving reads its details row by row"
    pair.go(ACCOUNTS[0])
    world.run("change")
    assert held() == {"Purchases"}, "one that still has an account that is gone is taken away"
    assert {one.written for one in world.run("command").parts} == {0}


@pytest.mark.parametrize(
    ("source", "itself"),
    [
        ("account.industry", True),
        ("transaction.stage", True),
        ("raw:text:Tier", True),
        ("account.modified_at", False),
        ("raw:instant:Last_Activity_Time", False),
        ("raw:named:Parent_Account", False),
        ("owner.name", False),
        ("label:Size", False),
        ("raw:text:Leaving_Label", False),
    ],
)
def test_only_fields_whose_changes_sync_marks_are_the_records_own(source: str, itself: bool) -> None:
    configuration = read_configuration(ALL + "write_back: {enabled: true}\n", "test")
    label = source.rpartition(":")[2].replace("_", " ")
    assert says_itself(Field("one", FieldType.TEXT, source, label=label), configuration) is itself
