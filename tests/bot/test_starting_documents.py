"""The documents to begin with: each is good, says what it differs in, and its examples work."""

from __future__ import annotations

import re

import pytest

from bot.app.config import STARTING_DOCUMENT, read_document
from bot.app.config_criteria import check_against
from bot.app.starting import Sales, starting_document
from bot.runtime.documents import catalogs_of
from bot.store.tables import ScoreRow
from connector.cache.engine import Database
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)

EXAMPLE = re.compile(r"^# (?=   ?(?: |- name))", re.MULTILINE)


def problems(database: Database, text: str) -> list[str]:  # noqa: F811
    document = read_document(text, "starting.yaml")
    catalogs = catalogs_of(database, document.configuration)
    return [one.message for one in check_against(document.configuration, catalogs)]


def with_examples(text: str) -> str:
    """Every example of a further technique switched on."""
    head, _, rest = text.partition("# More segmentations;")
    examples, _, tail = rest.partition("\n\n")
    return f"{head}# More segmentations;{EXAMPLE.sub('', examples)}\n\n{tail}"


@pytest.mark.parametrize("sales", list(Sales))
def test_every_document_fits_an_organisation_that_is_not_read_yet(
    database: Database,  # noqa: F811
    sales: Sales,
) -> None:
    World(database)
    text = starting_document(sales)
    assert problems(database, text) == []
    assert problems(database, with_examples(text)) == []


@pytest.mark.parametrize("sales", list(Sales))
def test_the_examples_show_every_technique(sales: Sales) -> None:
    configuration = read_document(with_examples(starting_document(sales)), "starting.yaml").configuration
    assert [one.technique for one in configuration.segmentations] == [
        "rfm", "leaving", "firmographics", "engagement", "voice", "recommendations",
    ]  # fmt: skip
    names = [label.name.casefold() for one in configuration.segmentations for label in one.labels]
    assert len(names) == len(set(names)), "a word in a question has to mean one label"


def test_by_deals_the_document_is_the_one_that_is_published_without_any() -> None:
    assert starting_document(Sales.DEALS) == STARTING_DOCUMENT


def test_by_invoices_they_are_the_transactions_and_drafts_do_not_count(database: Database) -> None:  # noqa: F811
    configuration = read_document(starting_document(Sales.INVOICES), "s.yaml").configuration
    mapped = configuration.mapping.transactions
    assert (mapped.module, mapped.fields["amount_minor"]) == ("Invoices", "Grand_Total")
    assert "Deals" not in starting_document(Sales.INVOICES)
    assert "Closed Won" not in starting_document(Sales.INVOICES)
    world = World(database)
    world.publish(starting_document(Sales.INVOICES))
    world.account("a")
    for stage in ("Created", "Approved", "Delivered", "Cancelled"):
        world.deal("a", 5, 100, stage=stage)
    world.run("first")
    assert [(one.purchases, one.spend_minor) for one in world.rows(ScoreRow)] == [(2, 20_000)]
