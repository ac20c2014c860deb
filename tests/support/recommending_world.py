"""A wholesale business in a real database: who buys what, how often, and who never bought."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
from sqlmodel import SQLModel

from bot.app.techniques.recommendations import scored_lines
from bot.app.techniques.technique import Situation
from bot.language.question import Sort
from bot.store.accounts import SqlAccountBook
from bot.store.scores import SqlScores
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ProductRow, TransactionRow
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.recommendations.config import RecommendationSegmentation
from scoring.standings import no_standings
from tests.scoring.recommending.shop import AS_OF, PRODUCTS, firms, shop
from tests.support.scoring_world import World

OFFERS = "Offers"
DOCUMENT = """\
version: 1
segmentations:
  - name: Purchases
    recency: {method: percentile}
    labels:
      - {name: Buyer, when: purchases >= 1}
  - name: Offers
    technique: recommendations
    horizon_days: 90
    firmographics: [industry, employees]
    labels:
      - name: Hot Prospect
        any_of:
          - {kinds: [repeat_buy], probability: 0.9}
      - name: Warm Prospect
        any_of:
          - {kinds: [repeat_buy], products: [Product P00, Product P06], probability: 0.05}
          - {kinds: [cross_sell], lift: 2}
      - name: Cold Prospect
segments:
  - {name: Likely, criteria: best_probability >= 95}
alerts:
  routes:
    - {name: Cooler, when: worse, channel: "#cs", segmentation: Offers, flood: 50}
"""


def wholesale(database: Database, document: str = DOCUMENT, accounts: int = 60) -> World:
    """Accounts with two years of won deals, some without any; published, and not scored yet."""
    world = World(database)
    world.publish(document)
    later = world.today() - AS_OF
    world.add(*_products(), *_accounts(accounts), *_deals(shop(accounts), later))
    return world


def asked(world: World, criteria: str, *sort: Sort) -> list[str]:
    """The ids of accounts that meet criteria, in order."""
    configuration = world.configurations.current().configuration
    book = SqlAccountBook(world.database, lambda: configuration, world.clock, lambda one: None)
    return [line.id for line in book.page(parse(criteria, book.catalog()), sort, 1_000)]


def offers_alone(world: World, account_id: str) -> list[tuple[object, ...]]:
    """What one account is offered when offers are made to nobody else, with what was learned."""
    configuration = world.configurations.current().configuration
    segmentation = configuration.segmentation(OFFERS)
    assert isinstance(segmentation, RecommendationSegmentation)
    with SqlScores(world.database).reading() as transaction:
        today = Today(world.today())
        evidence = transaction.evidence(OFFERS, configuration, today)
        learned = transaction.learned(OFFERS)
        situation = Situation(segmentation, configuration, today, "USD", learned, no_standings())
        found, relearned = scored_lines(evidence, situation, evidence.order_lines(segmentation), [account_id])
    assert not relearned
    rows: list[dict[Any, Any]] = found.frame.to_dict("records")
    return [
        (
            *(str(row["kind"]), row["product_id"], row["with_product_id"]),
            *(round(row["probability"] * 1e6), round(row["lift"] * 1e3), row["value_minor"]),
        )
        for row in rows
    ]


def product_name(product_id: str) -> str:
    return f"Product {product_id}"


def _products() -> list[SQLModel]:
    return [ProductRow(id=one, name=product_name(one), raw="{}") for one in PRODUCTS]


def _accounts(accounts: int) -> list[SQLModel]:
    rows: list[dict[Any, Any]] = firms(accounts).to_dict("records")
    return [
        AccountRow(
            id=row["account_id"],
            name=f"Account {row['account_id']}",
            owner_id="u1",
            industry=row["industry"],
            employees=row["employees"],
            raw="{}",
        )
        for row in rows
    ]


def _deals(lines: pd.DataFrame, later: timedelta) -> list[SQLModel]:
    rows: list[dict[Any, Any]] = lines.to_dict("records")
    return [
        TransactionRow(
            id=f"t{number:05}",
            account_id=row["account_id"],
            product_id=row["product_id"],
            stage="Closed Won",
            occurred_on=row["day"] + later,
            amount_minor=row["amount_minor"],
            raw="{}",
        )
        for number, row in enumerate(rows)
    ]
