"""What counts as a purchase is the same for all who read it: leaving, engines, back-tests, history."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.config.published import Published, read_document
from bot.app.recompute import Recompute
from bot.runtime.engines.registry import FILE_ENGINES
from bot.store.backtest_data import SqlPastRecords
from bot.store.evidence import SqlEvidence
from bot.store.label_history import SqlLabelHistory
from bot.store.scores import SqlScores
from bot.store.tables import RunRow, ScoreRow
from connector.cache.engine import Database
from connector.cache.finance_tables import FinanceDocumentRow
from connector.cache.tables import FieldRow
from scoring.config import Configuration
from scoring.criteria.periods import Today
from scoring.leaving.config import LeavingSegmentation
from scoring.purchases_config import WON
from tests.support.buying_world import DOCUMENT, BuyingWorld, counting
from tests.support.leaving_runs import DOCUMENT as LEAVING_RUNS
from tests.support.leaving_runs import world_of
from tests.support.scoring_world import NOON, database, shared_postgres  # noqa: F401  (fixtures)

DEALS = "{from: deals, when: 'stage = \"Closed Won\"'}"
INVOICES = "{from: invoices}"
CREDITS = "{from: credit_notes}"
LEAVING = """\
version: 1
sync: {also: [Orders]}
finance: [{product: books}]
segmentations:
  - name: Purchases
    technique: leaving
    purchases:
PURCHASES
"""


@pytest.fixture
def world(database: Database) -> BuyingWorld:  # noqa: F811
    """Deals, an invoice of one of them, money given back, a foreign amount, and what cannot count."""
    made = BuyingWorld(database)
    made.books()
    made.books("EUR", "billing")
    made.orders()
    made.account("1", (50, 100), (40, 200))
    made.document("1", "invoice", 30, 70, deal_id="d2")
    made.document("1", "credit_note", 1, 20)
    made.account("2", (9, -5))
    made.document("2", "credit_note", 2, None)
    made.account("3", (12, 10))
    made.document("3", "invoice", 11, 500, source="billing")
    made.document(None, "invoice", 5, 1)
    made.account("4")
    return made


FACTS = {"1": (30, 2, 150_00), "2": (None, 0, -5_00), "3": (11, 2, 10_00), "4": (None, 0, 0)}


def configuration_of(text: str) -> Configuration:
    return read_document(text, "b.yaml").configuration


def test_leaving_counts_what_rfm_counts_and_says_what_is_left_out(world: BuyingWorld) -> None:
    assert world.scored(DEALS, INVOICES, CREDITS) == FACTS
    world.publish(counting(DEALS, INVOICES, CREDITS, document=LEAVING))
    world.run("command")
    # Who never bought has no history, so that nothing is said of what was given back.
    assert world.facts() == {**FACTS, "2": (None, 0, 0)}
    told = str(world.rows(RunRow)[-1].warnings)
    assert "later date do not count: 1." in told
    assert "Zoho Billing is in EUR, the CRM in USD" in told


def test_an_invoice_moves_its_account_alone_as_a_look_at_everybody_would(database: Database) -> None:  # noqa: F811
    text = LEAVING_RUNS.replace("    horizon_days", f"    purchases: [{DEALS}, {INVOICES}]\n    horizon_days")
    world = world_of(database, f"{text}finance: [{{product: books}}]\n")
    world.run("first")
    before = {one.account_id: one.last_purchase for one in world.rows(ScoreRow)}
    account = min(one for one, day in before.items() if day is not None and day < world.today())
    billed: dict[str, Any] = {
        "kind": "invoice",
        "id": "f1",
        "counts": True,
        "occurred_on": world.today(),
        "raw": "{}",
    }
    world.add(FinanceDocumentRow(source="books", account_id=account, total_minor=500, **billed))
    world.touch(account)
    assert world.run("change").parts[0].written == 1
    after = {one.account_id: one.last_purchase for one in world.rows(ScoreRow)}
    assert after == before | {account: world.today()}
    assert world.run("command").parts[0].written == 0


@pytest.mark.parametrize("engine", ["database", "duckdb"])
def test_engines_count_what_is_counted_in_process(world: BuyingWorld, engine: str, tmp_path: Path) -> None:
    columns = ("last_purchase", "purchases", "spend_minor", "r", "f", "m", "label")

    def scores() -> dict[str, tuple[object, ...]]:
        return {one.account_id: tuple(getattr(one, name) for name in columns) for one in world.rows(ScoreRow)}

    assert world.scored(DEALS, INVOICES, CREDITS) == FACTS
    expected, warnings = scores(), world.rows(RunRow)[-1].warnings
    world.deal("4", 1, 999)
    where = f", folder: {tmp_path}" if engine == "duckdb" else ""
    text = DOCUMENT.replace("version: 1\n", f"version: 1\nscoring: {{engine: {engine}{where}}}\n")
    world.publish(counting(DEALS, INVOICES, CREDITS, document=text))
    engines = Recompute(
        SqlScores(world.database, FILE_ENGINES), world.configurations, world.clock, lambda _: None
    )
    engines.run("command")
    assert world.facts() == {**FACTS, "4": (1, 1, 999_00)}
    assert {one: row for one, row in scores().items() if one != "4"} == {
        one: row for one, row in expected.items() if one != "4"
    }
    assert world.rows(RunRow)[-1].warnings == warnings


def test_the_past_is_tried_with_the_same_purchases(world: BuyingWorld) -> None:
    configuration = configuration_of(counting(DEALS, INVOICES, CREDITS))
    past = SqlPastRecords(world.database)
    with past.reading("Purchases", configuration, Today(world.today())) as read:
        found = read.purchases(configuration.contributions)
    days = [(world.today() - day).days for day in found["day"].dt.date]
    rows = set(zip(found["account_id"], days, found["amount_minor"], strict=True))
    assert rows == {
        ("1", 50, 100_00), ("1", 30, 70_00), ("1", 1, -20_00),
        ("2", 9, -5_00), ("3", 12, 10_00), ("3", 11, 0),
    }, "a credit note without an amount is neither a purchase nor money"  # fmt: skip


def test_money_of_a_day_is_of_what_counted_until_then(world: BuyingWorld) -> None:
    published = Published(1, configuration_of(counting(DEALS, INVOICES, CREDITS)))
    with SqlLabelHistory(world.database).reading() as past:
        now = past.spent(published, world.today(), NOON)
        assert now == {"1": 150_00, "2": -5_00, "3": 10_00}
        earlier = past.spent(published, world.today() - timedelta(days=35), NOON)
        assert earlier == {"1": 300_00}, "until its invoice comes the deal counts"


@pytest.mark.parametrize(
    ("kinds", "own"),
    [
        ((DEALS,), True),
        ((DEALS, INVOICES, CREDITS), True),
        (("{from: invoices, when: 'balance > 5'}",), True),
        (("{from: invoices, when: 'items has Alpha'}",), False),
        (("{from: deals, when: 'modified after 2026-01-01'}",), False),
        (("{from: deals, date: Renewed, amount: Worth}",), True),
        ((DEALS, "{from: Orders, date: Order_Date, amount: Net}"), False),
    ],
)
def test_accounts_are_scored_alone_where_sync_marks_whatever_counts(
    world: BuyingWorld, kinds: tuple[str, ...], own: bool
) -> None:
    world.add(
        FieldRow(module="Deals", api_name="Renewed", label="Renewed", data_type="date"),
        FieldRow(module="Deals", api_name="Worth", label="Worth", data_type="currency"),
    )
    configuration = configuration_of(counting(*kinds, document=LEAVING))
    [segmentation] = configuration.of(LeavingSegmentation)
    with world.database.reads.begin() as connection:
        evidence = SqlEvidence(connection, "Purchases", configuration, Today(world.today()))
        assert evidence.own("", segmentation.contributions) is own


@pytest.mark.parametrize(
    ("kinds", "won"),
    [
        ((DEALS, INVOICES), 'stage = "Closed Won"'),
        ((INVOICES,), WON),
        (("{from: Deals, when: amount > 5}",), "amount > 5"),
        (
            ("{from: deal, when: amount > 5}", DEALS),
            '(amount > 5) or (stage = "Closed Won")',
        ),
        (("{from: deals, when: amount > 5}", "{from: deals}"), ""),
    ],
)
def test_which_deals_are_won_is_what_counts_of_them(kinds: tuple[str, ...], won: str) -> None:
    assert configuration_of(counting(*kinds)).won == won
