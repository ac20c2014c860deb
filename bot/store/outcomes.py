"""What became of each account's transactions: how many are over, how many were won, what they were worth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import BigInteger, Connection, and_, case, cast, false, func, not_, or_, select

from bot.store.catalog import account_catalog, transaction_catalog
from bot.store.columns import TRANSACTION, TransactionColumns, is_open
from bot.store.criteria_sql import fields_of, where
from bot.store.frames import columns_of
from bot.store.taking_part import AccountsAsked, taking_part
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today

_TYPES = (pa.string(), pa.int64(), pa.int64(), pa.int64())
_NAMES = ("account_id", "tried", "won", "spend_minor")


class SqlTold:
    """The port ``Told`` on one connection."""

    def __init__(self, connection: Connection, configuration: Configuration, today: Today) -> None:
        self._connection = connection
        self._configuration = configuration
        self._today = today

    def catalog(self) -> Catalog:
        """The account fields."""
        return account_catalog(self._connection, self._configuration).open()

    def outcomes(self) -> pd.DataFrame:
        """Of every account with a transaction that is over."""
        dialect = self._connection.dialect.name
        catalog = transaction_catalog(self._connection, self._configuration, closed=False).open()
        node, columns = parse(self._configuration.won, catalog), TransactionColumns(dialect)
        # NULL is not won.
        won = func.coalesce(where(node, catalog, columns, self._today, dialect), false())
        amount = func.coalesce(TRANSACTION.c.amount_minor, 0)
        sums = (func.count(), func.sum(case((won, 1), else_=0)), func.sum(case((won, amount), else_=0)))
        statement = (
            select(TRANSACTION.c.account_id, *(cast(one, BigInteger) for one in sums))
            .select_from(columns.rows(fields_of(node, catalog)))
            .where(and_(TRANSACTION.c.account_id.is_not(None), or_(not_(is_open()), won)))
            .group_by(TRANSACTION.c.account_id)
            .order_by(TRANSACTION.c.account_id)
        )
        table = columns_of(self._connection, statement, _TYPES).rename_columns(list(_NAMES))
        found: pd.DataFrame = table.to_pandas()
        return found

    def accounts(self, ids: Sequence[str], fields: Sequence[Field]) -> pd.DataFrame:
        """Some accounts with some of their fields."""
        asked = AccountsAsked(self._configuration.primary.name, self.catalog(), self._today)
        part = taking_part(self._connection, asked, "", fields, only=ids)
        return part.frame.assign(account_id=pc.cast(part.ids, pa.string()).to_pandas())
