"""What counts as a purchase: several kinds of records, each sale once, and whatever is wrong with them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import SQLModel

from bot.app.errors import ConfigurationError
from bot.store.tables import RunRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ProductRow, TransactionRow
from scoring.criteria.bounds import LARGEST, SMALLEST
from tests.support.buying_world import DOCUMENT, BuyingWorld, counting
from tests.support.scoring_world import database, shared_postgres  # noqa: F401  (fixtures)

DEALS = "{from: deals, when: 'stage = \"Closed Won\"'}"
INVOICES = "{from: invoices}"
CREDITS = "{from: credit_notes}"
ORDERS = "{from: sales_orders}"
QUOTES = "{from: estimates}"


@pytest.fixture
def world(database: Database) -> BuyingWorld:  # noqa: F811
    made = BuyingWorld(database)
    made.books()
    made.orders()
    return made


def warnings(world: BuyingWorld) -> str:
    return str(world.rows(RunRow)[-1].warnings)


def test_deals_and_invoices_count_together_and_a_sale_once(world: BuyingWorld) -> None:
    world.account("1", (50, 100), (40, 200), (5, 999))
    world.document("1", "invoice", 30, 70, deal_id="d2")
    world.document("1", "invoice", 20, 30, deal_id="d2")
    world.document("1", "invoice", 10, 5)
    world.document("1", "invoice", 1, 7, deal_id="d3", counts=False, status="draft")
    assert world.scored(DEALS, INVOICES) == {"1": (5, 5, 100_00 + 100_00 + 5_00 + 999_00)}
    assert world.scored(INVOICES) == {"1": (10, 3, 105_00)}
    assert world.scored(DEALS) == {"1": (5, 3, 1_299_00)}


def test_credit_notes_and_negative_amounts_give_money_back_and_are_no_purchase(world: BuyingWorld) -> None:
    world.account("1", (50, 100), (3, -30))
    world.document("1", "credit_note", 1, 20, status="open")
    world.document("1", "credit_note", 1, 500, status="void", counts=False)
    world.account("2")
    world.document("2", "credit_note", 1, 20, status="closed")
    assert world.scored(DEALS, CREDITS) == {"1": (50, 1, 50_00), "2": (None, 0, -20_00)}
    assert world.labels()["2"] is None, "who has only given something back has bought nothing"
    assert world.scored(DEALS) == {"1": (50, 1, 70_00), "2": (None, 0, 0)}


def test_of_an_estimate_an_order_and_their_invoice_the_invoice_counts(world: BuyingWorld) -> None:
    world.account("1")
    world.document("1", "estimate", 9, 1, status="invoiced")
    world.document("1", "estimate", 8, 2, status="accepted", deal_id="d9")
    world.document("1", "sales_order", 7, 4, status="closed")
    world.document("1", "sales_order", 6, 8, status="open", raw='{"invoiced_status": "partially_invoiced"}')
    world.document("1", "sales_order", 5, 16, status="confirmed", deal_id="d9")
    world.document("1", "sales_order", 4, 32, status="open")
    world.document("1", "invoice", 3, 64, deal_id="d9")
    assert world.scored(QUOTES, ORDERS, INVOICES) == {"1": (3, 2, 96_00)}
    assert world.scored(QUOTES, ORDERS) == {"1": (4, 5, (1 + 4 + 8 + 16 + 32) * 100)}


def test_a_record_that_meets_two_entries_counts_by_the_first(world: BuyingWorld) -> None:
    world.account("1", (50, 100), (40, 2_000))
    dear = "{from: deals, when: 'amount > 1000'}"
    assert world.scored(dear, DEALS) == world.scored(DEALS, dear) == world.scored(DEALS)
    cheap = "{from: deals, when: 'amount <= 1000'}"
    assert world.scored(cheap, dear) == {"1": (40, 2, 2_100_00)}


def test_two_finance_products_that_hold_the_same_document(world: BuyingWorld) -> None:
    world.books(source="inventory")
    world.account("1")
    held = world.document("1", "invoice", 5, 10)
    world.document("1", "invoice", 5, 10, source="inventory", id=held)
    world.document("1", "invoice", 4, 20, source="inventory")

    both = DOCUMENT.replace("[{product: books}]", "[{product: books}, {product: inventory}]")
    world.publish(counting(INVOICES, document=both))
    world.run("first")
    assert world.facts() == {"1": (4, 2, 30_00)}


def test_another_currency_counts_without_amounts_and_is_told(world: BuyingWorld) -> None:
    world.books("EUR", "billing")
    world.account("1")
    world.document("1", "invoice", 5, 10)
    world.document("1", "invoice", 4, None, currency="CHF")
    world.document("1", "invoice", 3, 50, source="billing")
    assert world.scored(INVOICES) == {"1": (3, 3, 10_00)}
    told = warnings(world)
    assert "Zoho Billing is in EUR, the CRM in USD, and no rate between them is known" in told
    assert "invoices that count without their amounts: 1." in told
    assert "Invoices of Zoho Books that count without their amounts, because there is none or its" in told


def test_a_module_counts_by_its_own_day_and_amount(world: BuyingWorld) -> None:
    world.account("1")
    world.order("1", Order_Date="2026-11-20", Net=12.34, State="Sent")
    world.order("1", Order_Date="2026-02-31", Net=1, State="Sent")
    world.order("1", Order_Date="0000-01-01", Net=1, State="Sent")
    world.order("1", Order_Date="2026-11-30", Net=1, State="Sent")
    world.order("1", Order_Date="2026-11-21", Net=5, State="New")
    world.order("1", Order_Date="2026-11-19", Net="much", State="Sent")
    world.order("1", Order_Date="2026-11-18", Net=7, State="Sent", Currency="EUR")
    world.order(None, Order_Date="2026-11-18", Net=7, State="Sent")
    orders = "{from: Orders, when: State = Sent, date: Order Date, amount: Net}"
    assert world.scored(orders) == {"1": (4, 3, 12_34)}
    told = warnings(world)
    assert "later date do not count: 4." in told
    assert "Net of Orders is in another currency than USD" in told
    assert world.scored(orders, INVOICES) == {"1": (4, 3, 12_34)}, "no invoice is no trouble"


@pytest.mark.parametrize("kinds", [(DEALS,), (DEALS, INVOICES)])
def test_sums_beyond_64_bits_are_the_utmost_there_is(world: BuyingWorld, kinds: tuple[str, ...]) -> None:
    most = 10**15
    world.account("1", *((day, most) for day in range(1, 95)))
    world.account("2", *((day, -most) for day in range(1, 95)))
    world.account("3", (1, most), (2, -most), (3, 1))
    assert world.scored(*kinds) == {"1": (1, 94, LARGEST), "2": (None, 0, SMALLEST), "3": (1, 2, 1_00)}
    assert world.run("command").parts[0].written == 0


def test_what_cannot_count_is_said(world: BuyingWorld) -> None:
    world.account("1", (-3, 10))
    world.document("1", "invoice", -2, 10)
    world.document("1", "invoice", None, 10)
    world.document(None, "invoice", 5, 10)
    world.document("1", "invoice", 5, 10, counts=False, status="pending_approval")
    assert world.scored(DEALS, INVOICES) == {"1": (None, 0, 0)}
    assert "later date do not count: 4." in warnings(world)


def test_a_source_that_is_not_connected_stops_the_run_with_a_sentence(world: BuyingWorld) -> None:

    world.account("1", (3, 10))
    world.publish(counting(INVOICES, document=DOCUMENT.replace("finance: [{product: books}]\n", "")))
    with pytest.raises(ConfigurationError, match="There are no invoices: no product of Zoho Finance"):
        world.run("first")


def test_what_was_bought_can_be_asked_for(world: BuyingWorld) -> None:
    world.add(ProductRow(id="p1", name="GTX Pro", category="Hardware", raw="{}"))
    world.add(ProductRow(id="p2", name="Alpha", category="Software", raw="{}"))
    world.account("1")
    world.line(world.document("1", "invoice", 5, 10), "GTX Pro", "p1")
    world.account("2", (4, 10))
    world.account("3")
    world.line(world.document("3", "invoice", 5, 10, counts=False), "GTX Pro", "p2")
    asked = {
        'bought "GTX Pro"': ["1"],
        "bought since 10 days ago": ["1", "2"],
        "purchases.count = 0": ["3"],
        "purchases.sum(amount) = 10": ["1", "2"],
        "any product where category = Hardware": ["1"],
        "any purchase where module = deals": ["2"],
        "no purchase": ["3"],
    }
    for criteria, accounts in asked.items():
        chosen = DOCUMENT.replace("    scores: 3\n", f"    scores: 3\n    accounts: '{criteria}'\n")
        world.publish(counting(DEALS, INVOICES, CREDITS, document=chosen))
        world.run("command")
        assert sorted(world.facts()) == accounts, criteria


AMOUNTS = st.integers(-10, 500)
SALES = st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 60), AMOUNTS, st.integers(0, 3)), max_size=14)


def by_hand(sales: list[tuple[int, int, int, int]]) -> dict[str, tuple[int | None, int, int]]:
    """Deals (0), invoices (1), invoices of the deal before (2), credit notes (3)."""
    facts: dict[str, tuple[int | None, int, int]] = {}
    for who in range(4):
        mine = [one for one in sales if one[0] == who and one[1] >= 0]
        bought = [days for _, days, amount, kind in mine if kind != 3 and amount >= 0]
        spent = sum(-abs(amount) if kind == 3 else amount for _, _, amount, kind in mine)
        facts[str(who)] = (min(bought, default=None), len(bought), spent * 100)
    return facts


def settle(world: BuyingWorld, sales: list[tuple[int, int, int, int]]) -> None:
    with world.database.writes.begin() as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            if table.name not in {"crm_organisation", "crm_user", "fin_organisation", "crm_field"}:
                connection.execute(delete(table))
    world.add(*(AccountRow(id=str(who), name=str(who), raw="{}") for who in range(4)))
    for at, (who, days, amount, kind) in enumerate(sales):
        if kind in {0, 2}:
            made = world.today() - timedelta(days=days)
            world.add(
                TransactionRow(
                    id=f"deal{at}", account_id=str(who), stage="Closed Won", occurred_on=made,
                    amount_minor=77_00 if kind == 2 else amount * 100, raw="{}",
                )
            )  # fmt: skip
        if kind:
            named = f"deal{at}" if kind == 2 else None
            world.document(str(who), "credit_note" if kind == 3 else "invoice", days, amount, deal_id=named)


@given(SALES, st.permutations(range(14)), st.sampled_from([1, 100]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_and_division_and_others_change_nobody(
    world: BuyingWorld, sales: list[tuple[int, int, int, int]], order: list[int], scale: int
) -> None:
    """By hand, shuffled, with deals divided in two entries, without an account, and in another scale."""
    expected = by_hand(sales)
    settle(world, sales)
    assert world.scored(DEALS, INVOICES, CREDITS) == expected
    shuffled = [sales[at] for at in order if at < len(sales)]
    settle(world, [one for one in shuffled if one[0] != 3])
    divided = ("{from: deals, when: 'amount < 50'}", CREDITS, INVOICES, "{from: deals, when: 'amount >= 50'}")
    assert world.scored(*divided) == {**expected, "3": (None, 0, 0)}
    settle(world, [(who, days, amount * scale, kind) for who, days, amount, kind in shuffled])
    scaled = world.scored(DEALS, INVOICES, CREDITS)
    assert {who: (day, count, spent // scale) for who, (day, count, spent) in scaled.items()} == expected
