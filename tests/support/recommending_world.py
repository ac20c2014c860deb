"""A wholesale business in a real database: who buys what, how often, and who never bought."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
from sqlmodel import SQLModel

from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ProductRow, TransactionRow
from tests.scoring.recommending.shop import AS_OF, PRODUCTS, firms, shop
from tests.support.scoring_world import World

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
