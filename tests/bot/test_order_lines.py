"""Order lines from deals, subforms and invoices, on both kinds of database."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from bot.app.order_lines import OrderLines
from bot.store.order_lines import order_lines
from bot.store.sold_products import LONGEST_ID, item_id, sold_products
from connector.cache.engine import Database
from connector.cache.finance import SqlFinance
from connector.cache.finance_tables import (
    FinanceDocumentRow,
    FinanceItemRow,
    FinanceLineRow,
    FinanceOrganisationRow,
)
from connector.cache.tables import FieldRow, ProductRow, RecordRow, TouchedAccountRow, TransactionRow
from connector.finance_ports import DocumentDetail, FinanceLine
from scoring.config import Configuration, Syncing
from scoring.criteria.periods import Today
from scoring.recommendations.config import RecommendationSegmentation
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import DAY, World, database, shared_postgres  # noqa: F401  (fixtures)

SEGMENTATION = RecommendationSegmentation(name="Offers")
CONFIGURATION = Configuration(segmentations=(SEGMENTATION,), sync=Syncing(also=("Deal_Items", "Notes")))
YESTERDAY = DAY - timedelta(days=1)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = World(database)
    found.add(
        ProductRow(id="p1", name="GTX Pro", raw="{}"),
        ProductRow(id="p2", name="MG, Special", raw='{"Product_Active": false}'),
        ProductRow(id="p3", raw="[]"),
    )
    return found


def deal(number: str, product: str | None, day: date | None = YESTERDAY, **columns: Any) -> TransactionRow:
    given: dict[str, Any] = {"account_id": "a", "stage": "Closed Won", "amount_minor": 5_00, "raw": "{}"}
    given |= columns
    return TransactionRow(id=number, product_id=product, occurred_on=day, **given)


def invoice(number: str, *, kind: str = "invoice", **columns: Any) -> FinanceDocumentRow:
    given: dict[str, Any] = {"counts": True, "account_id": "a", "occurred_on": YESTERDAY, "raw": "{}"}
    given |= columns
    return FinanceDocumentRow(source="books", kind=kind, id=number, **given)


def line(document: str, number: str, **columns: Any) -> FinanceLineRow:
    return FinanceLineRow(source="books", kind="invoice", document_id=document, line_id=number, **columns)


def read(world: World) -> OrderLines:
    with world.database.reads.connect() as connection:
        return order_lines(connection, SEGMENTATION, CONFIGURATION, Today(DAY))


def said(found: OrderLines) -> list[tuple[str, float, int]]:
    rows: list[dict[Any, Any]] = found.frame.to_dict("records")
    return sorted((one["product_id"], one["quantity"], one["amount_minor"]) for one in rows)


def test_products_of_deals_that_count_are_lines(world: World) -> None:
    world.add(
        deal("1", "p1"),
        deal("2", "p2", amount_minor=None),
        deal("3", "p1", stage="Closed Lost"),
        deal("4", "p1", DAY + timedelta(days=1)),
        deal("5", "p1", None),
        deal("6", "p1", account_id=None),
        deal("7", None),
        deal("8", "p9"),
    )
    found = read(world)
    assert said(found) == [("p1", 1, 5_00), ("p2", 1, 0)]
    assert found.products == {"p1": "GTX Pro", "p2": "MG, Special", "p3": "Product p3"}
    assert found.withdrawn == {"p2"}
    assert found.left_out == ("1 order line names a product that the CRM does not have any more: left out.",)
    assert set(found.frame["day"].dt.date) == {YESTERDAY}


def test_rows_of_a_subform_stand_for_their_deal(world: World) -> None:
    world.add(
        FieldRow(module="Deal_Items", api_name="Article", data_type="lookup", target="Products"),
        deal("1", "p1"),
        deal("2", "p1"),
        deal("3", "p1", stage="Lost"),
    )
    rows: dict[str, tuple[str, Any]] = {
        "r1": ("1", {"Article": {"id": "p1"}, "Quantity": 2.5, "Net_Total": 12.34, "Total": 99}),
        "r2": ("1", {"Article": {"id": "p2"}, "Quantity": None, "Total": "1e400"}),
        "r3": ("1", {"Article": None}),
        "r4": ("1", [1]),
        "r5": ("3", {"Article": {"id": "p1"}}),
        "r6": ("2", {"Article": {"id": 7}, "Quantity": "x"}),
    }
    world.add(
        *(
            RecordRow(module="Deal_Items", id=key, parent_id=parent, raw=json.dumps(values))
            for key, (parent, values) in rows.items()
        )
    )
    found = read(world)
    assert said(found)[0] == ("p1", 1, 5_00), "the second deal has no row with a product"
    assert said(found)[1] == ("p1", 2.5, 12_34)
    assert len(found.frame) == 3
    orders = found.frame.set_index("product_id")["order_id"]
    assert orders["p2"] in set(orders["p1"]), "both stand on one order"


def test_invoices_count_by_line_instead_of_their_deal(world: World) -> None:
    world.add(
        deal("1", "p1"),
        deal("2", "p1", amount_minor=7_00),
        FinanceItemRow(source="books", id="i1", name="Old name", crm_product_id="p1", raw="{}"),
        FinanceItemRow(source="books", id="i2", name="Only, in Books", status="inactive", raw="{}"),
        invoice("n1", deal_id="1"),
        invoice("n2", counts=False),
        invoice("n3", kind="estimate"),
        invoice("n4", occurred_on=DAY + timedelta(days=1)),
        line("n1", "1", item_id="i1", quantity="2", amount_minor=20_00),
        line("n1", "2", item_id="i2", quantity="abc", amount_minor=10**17),
        line("n1", "3", name="mg, special ", amount_minor=1),
        line("n1", "4", name="  "),
        line("n2", "1", item_id="i1", amount_minor=5),
        line("n4", "1", item_id="i1", amount_minor=5),
    )
    found = read(world)
    only = item_id("Only, in Books")
    assert sorted((row[0], row[2]) for row in said(found)) == [
        (only, 10**16),
        ("p1", 7_00),
        ("p1", 20_00),
        ("p2", 1),
    ]
    assert found.products[only] == "Only, in Books"
    assert found.withdrawn == {"p2", only}
    assert len(found.left_out) == 1, "a line without a name is no product"


def test_amounts_in_another_currency_do_not_count_and_that_is_said(world: World) -> None:
    world.add(
        FinanceOrganisationRow(source="books", id="1", currency="EUR", read_at=world.clock.now()),
        invoice("n1"),
        line("n1", "1", name="GTX Pro", quantity="2", amount_minor=20_00),
    )
    found = read(world)
    assert said(found) == [("p1", 2, 0)]
    [sentence] = found.left_out
    assert sentence.startswith("Lines of invoices in books are in EUR, not in the CRM's currency; they count")


def test_items_of_one_name_are_one_product_whatever_their_length(world: World) -> None:
    assert item_id("Straße ") == item_id("STRASSE")
    long = "x" * 500
    assert len(item_id(long)) <= LONGEST_ID
    assert item_id(long) != item_id(long + "y")
    with world.database.reads.connect() as connection:
        sold = sold_products(connection)
    assert sold.of_item("p1", "whatever") == "p1"
    assert sold.of_item("p404", "gtx pro") == "p1"
    assert sold.of_item(None, None) is None


def test_an_account_whose_invoice_gets_its_lines_is_scored_again(world: World) -> None:
    world.add(invoice("n1", total_minor=5_00), invoice("n2", total_minor=5_00, counts=False, account_id="b"))
    bought = FinanceLine("1", None, "GTX Pro", "2", 5_00)
    with SqlFinance(world.database, "books").writing() as writer:
        for number in ("n1", "n2"):
            detail = DocumentDetail("invoice", number, (bought,), None, None, None)
            writer.save_document_detail(detail, world.clock.now())
    assert [one.account_id for one in world.rows(TouchedAccountRow)] == ["a"]
    assert said(read(world)) == [("p1", 2, 5_00)]
