"""The documents to begin with: each is good, says what it differs in, and its examples work."""

from __future__ import annotations

import pytest

from bot.app.config.criteria import check_against
from bot.app.config.published import read_document
from bot.app.config.starting import STARTING_DOCUMENT, Example, Sales, starting_document
from bot.runtime.documents import catalogs_of
from connector.cache.engine import Database
from scoring.enrichment_config import Enrichment
from scoring.rfm_config import RfmSegmentation
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import World, database, shared_postgres  # noqa: F401  (fixtures)


def problems(database: Database, text: str) -> list[str]:  # noqa: F811
    document = read_document(text, "starting.yaml")
    catalogs = catalogs_of(database, document.configuration)
    return [one.message for one in check_against(document.configuration, catalogs)]


@pytest.mark.parametrize("sales", list(Sales))
def test_every_document_fits_an_organisation_that_is_not_read_yet(
    database: Database,  # noqa: F811
    sales: Sales,
) -> None:
    World(database)
    text = starting_document(sales)
    assert problems(database, text) == []
    assert problems(database, starting_document(sales, list(Example))) == []


def test_what_sites_are_made_with_is_kept_where_the_example_is_used() -> None:
    used = read_document(starting_document(Sales.DEALS, [Example.TECHNOLOGIES]), "s.yaml").configuration
    plain = read_document(STARTING_DOCUMENT, "s.yaml").configuration
    assert used.enrichment.fields["technologies"].field == "Technologies"
    assert "technologies" not in plain.enrichment.fields
    assert plain.enrichment == Enrichment(), "it says what holds without it"


@pytest.mark.parametrize("sales", list(Sales))
def test_the_examples_show_every_technique(sales: Sales) -> None:
    configuration = read_document(starting_document(sales, list(Example)), "starting.yaml").configuration
    assert [one.technique for one in configuration.segmentations] == [
        "rfm", "leaving", "firmographics", "engagement", "voice", "recommendations",
    ]  # fmt: skip
    names = [label.name.casefold() for one in configuration.segmentations for label in one.labels]
    assert len(names) == len(set(names)), "a word in a question has to mean one label"


def test_by_deals_the_document_is_the_one_that_is_published_without_any() -> None:
    assert starting_document(Sales.DEALS) == STARTING_DOCUMENT


@pytest.mark.parametrize(
    ("sales", "product", "counted"),
    [
        (Sales.INVOICES, "books", ["invoices", "credit_notes"]),
        (Sales.SUBSCRIPTIONS, "billing", ["invoices"]),
    ],
)
def test_by_invoices_the_documents_of_finance_count(sales: Sales, product: str, counted: list[str]) -> None:
    configuration = read_document(starting_document(sales), "s.yaml").configuration
    assert [one.product for one in configuration.finance] == [product]
    [rfm] = configuration.of(RfmSegmentation)
    assert [one.source for one in rfm.contributions] == counted
    assert ("Renewals" in [one.name for one in configuration.segments]) == (sales is Sales.SUBSCRIPTIONS)
