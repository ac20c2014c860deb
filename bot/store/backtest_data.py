"""The records that a back-test looks at, one query for each kind: the port ``PastRecords``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, null, or_, select

from bot.app.facts import Accounts, OrganisationFacts
from bot.store.catalog import transaction_catalog
from bot.store.columns import TRANSACTION, TransactionColumns
from bot.store.counted import counted_purchases
from bot.store.criteria_sql import fields_of, where
from bot.store.evidence import SqlEvidence
from bot.store.frames import columns_of
from bot.store.places import EVENT
from bot.store.scores import SqlScoringTransaction
from connector.cache.engine import Database
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import Measured, Related
from scoring.engagement.events import SENT
from scoring.purchases_config import Contribution

ROWS_AT_ONCE = 10_000
TEXT_LETTERS = 60  # by its first words an answering machine is known
_EVENT_COLUMNS = (
    *("account_id", "contact", "event_type", "occurred_at"),
    *("quality", "score", "object_key", "email", "text"),
)
# Of a few hundred values each: kept once.
_CATEGORIES = ("account_id", "contact", "event_type", "quality", "email")


class SqlPastRecords:
    """The local copy."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def organisation(self) -> OrganisationFacts:
        """Time zone and currency."""
        with self._database.reads.begin() as connection:
            return SqlScoringTransaction(connection).organisation()

    @contextmanager
    def reading(self, segmentation: str, configuration: Configuration, today: Today) -> Iterator[SqlPast]:
        """Read as of one moment."""
        with self._database.reads.begin() as connection:
            yield SqlPast(connection, segmentation, configuration, today)


class SqlPast:
    """Reading on one connection, for one segmentation: the port ``Past``."""

    def __init__(
        self, connection: Connection, segmentation: str, configuration: Configuration, today: Today
    ) -> None:
        self._connection = connection
        self._configuration = configuration
        self._today = today
        self._evidence = SqlEvidence(connection, segmentation, configuration, today)

    def catalog(self) -> Catalog:
        """The account fields, without closed sets."""
        return self._evidence.catalog()

    def accounts(
        self,
        criteria: str,
        fields: Sequence[Field] = (),
        related: Sequence[Measured | Related] = (),
    ) -> Accounts:
        """The accounts that take part."""
        return self._evidence.accounts(criteria, fields, related)

    def purchases(self, contributions: Sequence[Contribution]) -> pd.DataFrame:
        """What counts, in no order: as it is known now, whichever day is tried.

        What gives money back is negative; without money it says nothing, and is not there.
        """
        counted = counted_purchases(
            self._connection, contributions, self._configuration, self._today, self.catalog()
        )
        found = counted.rows().subquery("purchase").c
        says_something = or_(found.is_purchase == 1, found.amount_minor < 0)
        statement = select(found.account_id, found.day, found.amount_minor).where(says_something)
        table = columns_of(self._connection, statement, (pa.string(), pa.date32(), pa.int64()))
        return _frame(table.rename_columns(["account_id", "day", "amount_minor"]))

    def lines(self, criteria: str) -> pd.DataFrame:
        """The products of transactions that count, one piece each."""
        amount = func.coalesce(TRANSACTION.c.amount_minor, 0)
        columns = {
            "amount_minor": (amount, pa.int64()),
            "product_id": (TRANSACTION.c.product_id, pa.string()),
            "order_id": (TRANSACTION.c.id, pa.string()),
        }
        found = self._transactions(criteria, columns, TRANSACTION.c.product_id.is_not(None))
        return found.assign(quantity=1)

    def events(self, kinds: Sequence[str], with_text: Sequence[str]) -> pd.DataFrame:
        """Events of accounts; the sending that betrays a mail gateway among them."""
        text = case(
            (EVENT.c.event_type.in_(with_text), func.substr(EVENT.c.text, 1, TEXT_LETTERS)), else_=null()
        )
        statement = select(
            EVENT.c.account_id,
            func.coalesce(EVENT.c.contact_id, EVENT.c.email),
            EVENT.c.event_type,
            EVENT.c.occurred_at,
            EVENT.c.quality,
            EVENT.c.score,
            EVENT.c.object_key,
            EVENT.c.email,
            text,
        ).where(EVENT.c.account_id.is_not(None), EVENT.c.event_type.in_([*kinds, SENT]))
        return _events(self._connection, statement)

    def _transactions(
        self,
        criteria: str,
        columns: dict[str, tuple[ColumnElement[Any], pa.DataType]],
        *conditions: ColumnElement[bool],
    ) -> pd.DataFrame:
        catalog = transaction_catalog(self._connection, self._configuration, closed=False).open()
        node, dialect = parse(criteria, catalog), self._connection.dialect.name
        placed = TransactionColumns(dialect)
        day = TRANSACTION.c.occurred_on
        counted = and_(
            where(node, catalog, placed, self._today, dialect),
            TRANSACTION.c.account_id.is_not(None),
            day.is_not(None),
            day <= self._today.day,
            *conditions,
        )
        asked = [TRANSACTION.c.account_id, day, *(column for column, _ in columns.values())]
        statement = select(*asked).select_from(placed.rows(fields_of(node, catalog))).where(counted)
        types = [pa.string(), pa.date32(), *(kind for _, kind in columns.values())]
        table = columns_of(self._connection, statement, types).rename_columns(["account_id", "day", *columns])
        return _frame(table)


def _frame(table: pa.Table) -> pd.DataFrame:
    """Days as datetime64; an id that stands in many rows is one object."""
    columns = {
        name: table.column(name).dictionary_encode().to_pandas().astype(object)
        if pa.types.is_string(table.column(name).type)
        else table.column(name).to_pandas(date_as_object=False)
        for name in table.column_names
    }
    columns["day"] = columns["day"].astype("datetime64[s]")
    return pd.DataFrame(columns)


def _events(connection: Connection, statement: Select[Any]) -> pd.DataFrame:
    rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement)
    parts = [
        pd.DataFrame(list(part), columns=list(_EVENT_COLUMNS), dtype=object) for part in rows.partitions()
    ]
    if not parts:
        parts = [pd.DataFrame({name: pd.Series(dtype=object) for name in _EVENT_COLUMNS})]
    frame = pd.concat(parts, ignore_index=True)
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], utc=True)
    frame["score"] = pd.to_numeric(frame["score"])
    return frame.astype(dict.fromkeys(_CATEGORIES, "category"))
