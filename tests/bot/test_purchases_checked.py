"""Purchases of several kinds in a configuration document: every mistake with its line and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app.config.published import read_document
from bot.app.errors import ConfigurationError
from connector.cache.engine import Database
from scoring.rfm_config import RfmSegmentation
from tests.support.buying_world import DOCUMENT, BuyingWorld, counting
from tests.support.documents import check_document
from tests.support.scoring_world import database, shared_postgres  # noqa: F401  (fixtures)

FIRST_LINE = 1 + DOCUMENT[: DOCUMENT.index("PURCHASES")].count("\n")
MISTAKES = {
    "{from: invoces}": (
        'from: There are no records "invoces" that can count as purchases: write deals, invoices, estimates, '
        "sales_orders, purchase_orders, credit_notes, payments, subscriptions, Orders, or a module that "
        "sync.also names. Did you mean invoices or"
    ),
    "{from: contacts}": 'from: There are no records "contacts" that can count as purchases: write deals, ',
    "{from: open_deals}": 'from: There are no records "open_deals" that can count as purchases: write',
    "{from: invoices, when: statu = paid}": (
        "when: There is no field statu. Did you mean status? (at 'statu = paid')"
    ),
    "{from: invoices, date: sent_on}": "date: There is no field sent_on.",
    "{from: invoices, date: amount}": "date: amount is a money field; choose a date.",
    "{from: invoices, date: created}": (
        "date: created is a moment, which is on one day here and on another there; choose a date."
    ),
    "{from: Orders, date: Sent_At, amount: Net}": "date: Sent_At is a moment, which is on one day here and",
    "{from: Orders, amount: Net}": "date: Say which field of Orders is the day of a purchase.",
    "{from: Orders, date: Order_Date}": "amount: Say which field of Orders is the money of a purchase.",
    "{from: Orders, date: Order_Dat, amount: Net}": (
        "date: There is no field Order_Dat. Did you mean Order_Date"
    ),
    "{from: Orders, date: Order_Date, amount: State}": (
        "amount: State is a text field; choose one with money or a number."
    ),
}


@pytest.fixture
def world(database: Database) -> BuyingWorld:  # noqa: F811
    made = BuyingWorld(database)
    made.orders()
    made.account("1", (3, 100))
    return made


def complaint(world: BuyingWorld, file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        check_document(world.database, file)
    return str(caught.value)


def test_every_mistake_is_told_at_its_line(world: BuyingWorld, tmp_path: Path) -> None:
    for purchase, said in MISTAKES.items():
        text = counting('{from: deals, when: stage = "Closed Won"}', purchase)
        found = complaint(world, tmp_path / "bellwether.yaml", text)
        assert f"bellwether.yaml:{FIRST_LINE + 1}: {said}" in found, purchase
        assert len(found.splitlines()) == 1, found


def test_deals_are_checked_with_the_stages_that_there_are(world: BuyingWorld, tmp_path: Path) -> None:
    text = counting("{from: deals, when: stage = Closd Won}")
    assert "Did you mean" in complaint(world, tmp_path / "bellwether.yaml", text)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["{from: invoices}", "{from: payments}"], "payments and invoices speak of the same sales"),
        (["{from: deals}", "{from: payments}"], "payments and deals speak of the same sales"),
        (["{from: subscriptions}", "{from: invoices}"], "subscriptions and invoices speak of the same sales"),
        (["{from: credit_notes}"], "credit notes only take away"),
    ],
)
def test_what_would_count_twice_or_never_is_refused(
    world: BuyingWorld, tmp_path: Path, kinds: list[str], said: str
) -> None:
    found = complaint(world, tmp_path / "bellwether.yaml", counting(*kinds))
    assert f"bellwether.yaml:{FIRST_LINE - 1}: {said}" in found


def test_finance_that_is_not_connected_is_told(world: BuyingWorld, tmp_path: Path) -> None:
    text = counting("{from: invoices}", document=DOCUMENT.replace("finance: [{product: books}]\n", ""))
    found = complaint(world, tmp_path / "bellwether.yaml", text)
    assert "from: There are no invoices: no product of Zoho Finance is connected." in found


def test_both_forms_at_once_and_misspelt_keys() -> None:
    both = counting("{from: deals}").replace("    scores: 3\n", "    scores: 3\n    transactions: ''\n")
    with pytest.raises(ConfigurationError, match="transactions and purchases both say what counts"):
        read_document(both, "b.yaml")
    with pytest.raises(ConfigurationError, match=r"key 'form' is not known here. Did you mean 'from'\?"):
        read_document(counting("{form: deals}"), "b.yaml")


def test_a_document_that_fits_is_taken_and_the_short_form_means_deals(
    world: BuyingWorld, tmp_path: Path
) -> None:
    good = counting("{from: Deals, when: amount > 5}", "{from: invoice, amount: balance, date: due_on}")
    file = tmp_path / "bellwether.yaml"
    file.write_text(good)
    check_document(world.database, file)
    [short] = RfmSegmentation(name="R", labels=(), transactions="amount > 5").contributions
    assert (short.source, short.when) == ("deals", "amount > 5")
