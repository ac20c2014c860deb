"""An organisation with two years of purchases, scored by a leaving segmentation through the real use case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import delete, insert

from bot.store.tables import OutboxRow, ScoreRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, TransactionRow, table_of
from tests.support.leaving_world import END, transactions
from tests.support.scoring_world import DAY, World, prepared

NAME = "Who leaves"
DOCUMENT = """\
version: 1
segmentations:
  - name: Who leaves
    technique: leaving
    horizon_days: 90
    model: mbg_nbd
    labels:
      - {name: Secure, when: churn_risk < 30%}
      - {name: Watch, when: churn_risk < 60%}
      - {name: At risk, when: churn_risk < 85%}
      - {name: Leaving, when: churn_risk >= 85%}
alerts:
  routes:
    - {name: Leaving, when: worse, channel: "#cs", flood: 50}
"""


@cache
def purchases(accounts: int = 160, seed: int = 7) -> pd.DataFrame:
    """Two years that end on the day of the run."""
    frame = transactions(accounts, seed)
    return frame.assign(day=[day + (DAY - END) for day in frame["day"]])


def world_of(database: Database, document: str = DOCUMENT, accounts: int = 160) -> World:
    """Accounts with purchases; nothing is scored yet."""
    world = World(database)
    world.publish(document)
    frame = purchases(accounts)
    held = [{"id": one, "name": one, "owner_id": "u1", "raw": "{}"} for one in frame["account_id"].unique()]
    deals = [
        {"id": f"t{at}", "account_id": account, "occurred_on": day, "amount_minor": minor,
         "stage": "Closed Won", "raw": "{}"}
        for at, (account, day, minor) in enumerate(frame.itertuples(index=False))
    ]  # fmt: skip
    with database.writes.begin() as connection:
        connection.execute(insert(table_of(AccountRow)), held)
        connection.execute(insert(table_of(TransactionRow)), deals)
    return world


def scored_once(database: Database, document: str = DOCUMENT) -> World:
    """The same, scored once; no message waits."""
    return prepared(database, lambda empty: _scored_once(empty, document), "leaving", document)


def _scored_once(database: Database, document: str) -> World:
    world = world_of(database, document)
    world.account("steady", *((days, 500) for days in range(10, 600, 20)), name="Steady")
    world.account("prospect", name="Prospect")
    world.run("first")
    with database.writes.begin() as connection:
        connection.execute(delete(OutboxRow))
    return world


def score_of(world: World, account_id: str) -> ScoreRow:
    """One account's row."""
    found: list[ScoreRow] = [one for one in world.rows(ScoreRow) if one.account_id == account_id]
    return found[0]


def details_of(world: World, account_id: str) -> Mapping[str, Any]:
    """What else is kept of it."""
    found: dict[str, Any] = json.loads(score_of(world, account_id).details or "{}")
    return found
