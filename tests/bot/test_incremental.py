"""What is scored from the last run and what changed since is exactly what a look at everything gives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlmodel import Session, SQLModel, col

from bot.store.deal_blocks import keeping
from bot.store.tables import AlertRow, HeldBackRow, LabelChangeRow, OutboxRow, ScoreRow
from bot.store.technique_tables import ScoreHistoryRow, StandingSnapshotRow
from connector.cache.engine import Database
from connector.cache.finance import SqlFinance
from connector.cache.finance_tables import FinanceContactRow, FinanceDocumentRow
from connector.cache.tables import AccountRow, TransactionRow
from connector.finance_ports import FinanceDocument
from connector.sync.finance_decide import page_changes
from tests.support.beside import beside, emptied, written  # noqa: F401  (beside is a fixture)
from tests.support.postgres import create_tables, postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, World, database, shared_postgres  # noqa: F401  (fixtures)

RANKS = """\
version: 1
segmentations:
  - name: Purchases
    scores: 3
    labels:
      - {name: Top, when: r = 3 and m = 3}
      - {name: Sleeping, when: r = 1 and last_purchase before 90 days ago}
      - {name: Good, when: r >= 2 or f = 3}
      - {name: Gone, when: purchases >= 1}
alerts:
  routes:
    - {name: Worse, when: worse, channel: "#cs", flood: 3}
    - {name: Again, when: any, to: owner, cooldown: 20 days, again: if worse, thread: true, otherwise: "#cs"}
    - name: Noon
      criteria: label left Top and total_spend > 100
      channel: "#n"
      quiet: {from: "11:00", to: "13:00"}
    - {name: Daily, criteria: at_stake >= 50 and label is not empty, channel: "#d", digest: daily at 08:30}
"""
# These ask for what the last run has not kept, or for days: a change is then scored from everything.
BY_FIELD = RANKS.replace("when: r = 3 and m = 3", "when: r = 3 and industry = Retail")
BY_DAY = RANKS.replace("    scores: 3\n", "    scores: 3\n    accounts: created before 40 days ago\n")
WITH_BOOKS = RANKS.replace(
    "    scores: 3\n",
    """\
    scores: 3
    purchases:
      - {from: deals, when: 'stage = "Closed Won"'}
      - {from: invoices, when: amount < 150}
      - {from: credit_notes}
""",
).replace("version: 1\n", "version: 1\nfinance: [{product: books}]\n")
DOCUMENTS = (RANKS, BANDS, BY_FIELD, BY_DAY, WITH_BOOKS)

ACCOUNTS = [str(5_000_000_000_000_000_000 + one) for one in range(6)]
WHO = st.sampled_from(ACCOUNTS)
WHICH = st.integers(0, 30)
STEPS = st.one_of(
    st.tuples(st.just("buy"), WHO, st.integers(-6, 200), st.integers(-200, 20_000)),
    st.tuples(st.just("undo"), WHICH),
    st.tuples(st.just("move"), WHICH, WHO),
    st.tuples(st.just("lose"), WHICH),
    st.tuples(st.just("come"), st.sampled_from([*ACCOUNTS, "odd", "7"])),
    st.tuples(st.just("go"), WHO),
    st.tuples(st.just("wait"), st.integers(1, 45)),
    st.tuples(st.just("publish"), st.integers(0, len(DOCUMENTS) - 1)),
)
SOLD = st.tuples(WHO, st.integers(-6, 200), st.integers(-200, 20_000))
STEPS_OF_BOOKS = st.one_of(
    STEPS,
    st.tuples(st.just("bill"), SOLD, st.none() | st.integers(1, 8)),
    st.tuples(st.just("credit"), SOLD),
    st.tuples(st.just("amend"), st.integers(1, 8), st.booleans(), st.none() | st.integers(1, 8)),
    st.tuples(st.just("unbill"), st.integers(1, 8)),
    st.tuples(st.just("belong"), WHO, WHO),
)
KEPT: dict[type[SQLModel], tuple[str, ...]] = {
    ScoreRow: (
        *("account_id", "label", "r", "f", "m", "total"),
        *("last_purchase", "purchases", "spend_minor"),
    ),
    LabelChangeRow: ("account_id", "old_label", "new_label", "direction", "baseline", "as_of", "facts"),
    ScoreHistoryRow: ("account_id", "as_of", "label", "r", "f", "m", "gone"),
    AlertRow: ("change_id", "account_id", "route", "channel", "state"),
    HeldBackRow: ("change_id", "route", "place", "reason", "announced_in"),
    OutboxRow: ("kind", "channel", "payload", "state"),
}


class Pair:
    """The same organisation twice: one is scored by what changed, the other always from everything."""

    def __init__(self, mine: Database, other: Database) -> None:
        self.worlds = (World(mine), World(other))
        self.deals = self.documents = 0
        for world in self.worlds:
            world.publish(RANKS)
        for account in ACCOUNTS[:4]:
            self.come(account)
            self.buy(account, 20, 500)
        self.score()

    def buy(self, account: str, days: int, amount: int) -> None:
        self.deals += 1
        for world in self.worlds:
            world.deal(account, days, amount)

    def undo(self, which: int) -> None:
        self._to_deal(which, delete(TransactionRow))

    def move(self, which: int, account: str) -> None:
        self._to_deal(which, update(TransactionRow).values(account_id=account), account)

    def lose(self, which: int) -> None:
        self._to_deal(which, update(TransactionRow).values(stage="Closed Lost"))

    def _to_deal(self, which: int, statement: Any, *further: str) -> None:
        for world in self.worlds:
            this = next((one for one in world.rows(TransactionRow) if one.id == f"d{which}"), None)
            if this is None:
                continue
            with world.database.writes.begin() as connection:
                connection.execute(statement.where(col(TransactionRow.id) == this.id))
            for account in (this.account_id, *further):
                world.touch(account)

    def come(self, account: str) -> None:
        for world in self.worlds:
            if all(one.id != account for one in world.rows(AccountRow)):
                created = world.clock.now() - timedelta(days=30)
                industry = "Retail" if account[-1] in "024" else "Steel"
                world.add(
                    AccountRow(id=account, name=account, industry=industry, created_at=created, raw="{}")
                )
                world.touch(account)

    def go(self, account: str) -> None:
        for world in self.worlds:
            with world.database.writes.begin() as connection:
                connection.execute(delete(AccountRow).where(col(AccountRow.id) == account))
            world.touch(account)

    def wait(self, days: int) -> None:
        for world in self.worlds:
            world.pass_time(days=days)
            world.touch(ACCOUNTS[0])

    def publish(self, document: int) -> None:
        for world in self.worlds:
            world.publish(DOCUMENTS[document])

    def bill(self, sold: tuple[str, int, int], deal: int | None) -> None:
        """An invoice to a Finance contact, of a deal or of none."""
        self._write("invoice", sold, deal)

    def credit(self, sold: tuple[str, int, int]) -> None:
        self._write("credit_note", sold, None)

    def _write(self, kind: str, sold: tuple[str, int, int], deal: int | None) -> None:
        contact, days, amount = sold
        self.documents += 1
        for world in self.worlds:
            named = None if deal is None else f"d{deal}"
            day = world.today() - timedelta(days=days)
            keep(world, kind, document_of(kind, f"f{self.documents}", contact, named, day, amount))

    def amend(self, which: int, counts: bool, deal: int | None) -> None:
        """A document becomes void, or counts again; or names another deal."""
        for world in self.worlds:
            for held in self._documents(world, which):
                named = None if deal is None else f"d{deal}"
                day, amount = held.occurred_on, held.total_minor
                made = document_of(held.kind, held.id, held.contact_id, named, day, amount, counts=counts)
                keep(world, held.kind, made)

    def unbill(self, which: int) -> None:
        for world in self.worlds:
            for held in self._documents(world, which):
                keep(world, held.kind, deletes=(held.id,))

    def _documents(self, world: World, which: int) -> list[FinanceDocumentRow]:
        return [one for one in world.rows(FinanceDocumentRow) if one.id == f"f{which}"]

    def belong(self, contact: str, account: str) -> None:
        """A contact of Finance turns out to be of another account."""
        for world in self.worlds:
            with Session(world.database.writes) as session:
                session.merge(FinanceContactRow(source="books", id=contact, crm_account_id=account, raw="{}"))
                session.commit()
            with SqlFinance(world.database, "books").writing() as writer:
                writer.link(world.clock.now())

    def score(self) -> None:
        mine, other = self.worlds
        mine.run("change")
        if other.rows(ScoreRow) and not mine.rows(ScoreRow):
            other.touch(ACCOUNTS[0])
        other.run("command")

    def kept(self) -> list[dict[str, list[tuple[Any, ...]]]]:
        """What each has written, row by row."""
        return [written(world, KEPT) for world in self.worlds]


class ByColumn(Pair):
    """Both are scored from everything, one of them by column where that pays."""

    def score(self) -> None:
        mine, other = self.worlds
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keeping, "MOST_MARKED_PERCENT", 100)
            mine.run("command")
            keeping.keep(mine.database, fewest=1, fewest_marks=3)
        other.run("command")


def document_of(
    kind: str,
    key: str,
    contact: str | None,
    deal: str | None,
    day: date | None,
    amount: int | None,
    *,
    counts: bool = True,
) -> FinanceDocument:
    """A document as the reader of Finance gives it."""
    row = dict.fromkeys(FinanceDocument.__dataclass_fields__)
    said = {"kind": kind, "id": key, "contact_id": contact, "deal_id": deal, "occurred_on": day}
    money = {"total_minor": amount, "counts": counts, "raw": f"{contact} {deal} {day} {amount} {counts}"}
    return FinanceDocument(**(row | said | money))  # type: ignore[arg-type]


def keep(world: World, kind: str, *upserts: FinanceDocument, deletes: tuple[str, ...] = ()) -> None:
    """Write as sync does; it marks the accounts itself."""
    with SqlFinance(world.database, "books").writing() as writer:
        held = writer.held(kind, [*deletes, *(one.id for one in upserts)])
        writer.apply(kind, page_changes(upserts, deletes, held), world.clock.now())


def walk(mine: Database, other: Database, steps: list[tuple[Any, ...]], pairing: type[Pair] = Pair) -> None:
    pair = pairing(emptied(mine), emptied(other))
    for name, *arguments in steps:
        getattr(pair, name)(*arguments)
        pair.score()
        one, another = pair.kept()
        assert one == another, f"after {name} {arguments}"


@pytest.mark.parametrize("pairing", [Pair, ByColumn])
@given(st.lists(STEPS, min_size=4, max_size=12))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_change_gives_what_everything_gives(
    database: Database,  # noqa: F811
    beside: Database,  # noqa: F811
    pairing: type[Pair],
    steps: list[tuple[Any, ...]],
) -> None:
    if database.dialect == "postgresql":
        steps = steps[:5]
    walk(database, beside, steps, pairing)


@given(st.lists(STEPS_OF_BOOKS, min_size=6, max_size=14))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_change_of_books_gives_what_everything_gives(
    database: Database,  # noqa: F811
    beside: Database,  # noqa: F811
    steps: list[tuple[Any, ...]],
) -> None:
    if database.dialect == "postgresql":
        steps = steps[:6]
    known = [("belong", one, one) for one in ACCOUNTS]
    walk(database, beside, [("publish", len(DOCUMENTS) - 1), *known[:4], *steps])


def test_only_marked_accounts_are_read_again(database: Database) -> None:  # noqa: F811
    """That is what makes it quick: who is not marked is as the last run left it."""
    world = World(database)
    world.publish(BANDS)
    world.account("1", (5, 20_000))
    world.account("2", (5, 20_000))
    world.run("first")
    world.lose("1", 30)
    world.lose("2", 30)
    with database.writes.begin() as connection:
        connection.exec_driver_sql("DELETE FROM touched_account WHERE account_id = '2'")
    world.run("change")
    assert world.labels() == {"1": None, "2": "Top"}
    world.run("command")
    assert world.labels() == {"1": None, "2": None}


def test_a_deal_of_tomorrow_counts_tomorrow_without_a_mark(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(BANDS)
    world.account("1", (200, 500))
    world.account("2", (-1, 20_000))
    world.run("first")
    world.pass_time(days=1)
    world.touch("1")
    world.run("change")
    assert world.labels() == {"1": "Gone", "2": "Top"}


def test_a_snapshot_is_a_copy_of_the_rows(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish(BANDS)
    for account in range(60):
        world.account(str(1_000 + account), (account, 100 * account))
    world.run("first")
    [made] = world.rows(StandingSnapshotRow)
    world.deal("1003", 1, 50_000)
    world.run("change")
    [held] = world.rows(StandingSnapshotRow)
    assert held.run_id == made.run_id, "one row of sixty does not make a new one"
    with database.writes.begin() as connection:
        connection.execute(delete(AccountRow).where(col(AccountRow.id) == "1007"))
    world.touch("1007")
    world.run("change")
    [renewed] = world.rows(StandingSnapshotRow)
    assert renewed.run_id > made.run_id, "an account that has gone does"
    labels = world.labels()
    assert "1007" not in labels
    assert world.run("command").parts[0].written == 0, "what is read from it agrees with the rows"


def test_a_label_that_the_document_had_before_is_forgotten(database: Database) -> None:  # noqa: F811
    """A snapshot may still name it, though no account has it any more."""
    world = World(database)
    world.publish(BY_FIELD.replace("name: Top", "name: Best"))
    for account in range(60):
        world.account(str(1_000 + account), (account, 100 * account), industry="Steel")
    world.account("2000", (1, 90_000), industry="Retail")
    world.run("first")
    assert world.labels()["2000"] == "Best"
    world.publish(BY_FIELD)
    world.touch("2000")
    world.run("change")
    world.deal("1003", 1, 50_000)
    world.run("change")
    assert world.labels()["2000"] == "Top"
    assert world.run("command").parts[0].written == 0
