"""What a pass reads, as queries: the counted purchases and the accounts that take part, by their criteria.

The whole criteria language is understood here, because the database decides these conditions on every engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from bot.store.columns import ACCOUNT, AccountColumns
from bot.store.criteria_sql import where
from bot.store.purchases import Purchases
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.rfm_config import RfmSegmentation


@dataclass(frozen=True)
class Sources:
    """Where the database has what a pass reads.

    Attributes:
        purchases: what counts: account_id, occurred_on, amount_minor (negative: given back), is_purchase.
        accounts: those that take part: account_id.
    """

    purchases: Select[Any]
    accounts: Select[Any]


def read_sources(segmentation: RfmSegmentation, accounts: Catalog, counted: Purchases) -> Sources:
    """The queries of a segmentation.

    Args:
        segmentation: which accounts take part.
        accounts: the account fields, open (``account_catalog``).
        counted: what counts as a purchase.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    found = counted.rows().subquery("purchase").c
    purchases = select(
        found.account_id, found.day.label("occurred_on"), found.amount_minor, found.is_purchase
    )
    columns = AccountColumns(segmentation.name, counted.dialect)
    condition = where(
        parse(segmentation.accounts, accounts), accounts, columns, counted.today, counted.dialect
    )
    taking_part = select(ACCOUNT.c.id.label("account_id")).select_from(columns.rows()).where(condition)
    return Sources(purchases, taking_part)
