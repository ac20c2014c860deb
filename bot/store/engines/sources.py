"""What a pass reads, as queries: the counted purchases and the accounts that take part, by their criteria.

The whole criteria language is understood here, because the database decides these conditions on every engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, FromClause, Select, and_, func, select, type_coerce

from bot.store.account_facts import undated, which_count, without_index
from bot.store.catalog import account_catalog, transaction_catalog
from bot.store.columns import ACCOUNT, TRANSACTION, AccountColumns, TransactionColumns
from bot.store.criteria_sql import fields_of, where
from scoring.config import Configuration
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.rfm_config import RfmSegmentation


@dataclass(frozen=True)
class Sources:
    """Where the database has what a pass reads.

    Attributes:
        purchases: counted transactions: account_id, occurred_on, amount_minor. Some may be of a later day.
        accounts: those that take part: account_id.
        counted: which transactions meet the criteria, of ``rows``.
    """

    purchases: Select[Any]
    accounts: Select[Any]
    counted: ColumnElement[bool]
    rows: FromClause

    def uncounted(self, connection: Connection, today: Today) -> int:
        """Transactions that meet the criteria but have no date or account, or a later date."""
        statement = select(func.count()).select_from(self.rows).where(and_(self.counted, undated(today)))
        return connection.execute(statement).scalar_one()


def read_sources(
    connection: Connection, segmentation: RfmSegmentation, configuration: Configuration, today: Today
) -> Sources:
    """The queries of a segmentation.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    dialect = connection.dialect.name
    transactions = transaction_catalog(connection, configuration, closed=False).open()
    node = parse(segmentation.transactions, transactions)
    counted = which_count(connection, node, transactions, today)
    rows = TransactionColumns(dialect).rows(fields_of(node, transactions))
    day = type_coerce(without_index(TRANSACTION.c.occurred_on, dialect), Date)
    amount = TRANSACTION.c.amount_minor
    purchases = select(TRANSACTION.c.account_id, day.label("occurred_on"), amount).select_from(rows)
    accounts = account_catalog(connection, configuration).open()
    columns = AccountColumns(segmentation.name, dialect)
    condition = where(parse(segmentation.accounts, accounts), accounts, columns, today, dialect)
    taking_part = select(ACCOUNT.c.id.label("account_id")).select_from(columns.rows()).where(condition)
    return Sources(purchases.where(counted), taking_part, counted, rows)
