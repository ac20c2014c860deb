"""The facts that scoring reads: one aggregate over the transactions that count, beside every account."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Subquery,
    and_,
    cast,
    func,
    not_,
    select,
)

from bot.app.facts import AccountFacts
from bot.store.catalog import account_catalog, transaction_catalog
from bot.store.columns import ACCOUNT, TRANSACTION, AccountColumns, TransactionColumns
from bot.store.criteria_sql import fields_of, where
from scoring.config import Configuration, RfmSegmentation
from scoring.criteria.canonical import canonical
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import Measured, Related
from scoring.labels import fields_used, related_used

_FACTS = ("account_id", "last_purchase", "purchases", "spend_minor")


def read_facts(
    connection: Connection, segmentation: RfmSegmentation, configuration: Configuration, today: Today
) -> AccountFacts:
    """The facts of every account that takes part, by id.

    Transactions dated after today do not count, so that a run for a day gives the same whenever it is made.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    # Typing errors in values are found when a document is checked, not when it is used.
    accounts = account_catalog(connection, configuration).open()
    counting, transactions = _counting(connection, segmentation, configuration, today)
    dated = _dated(today)
    purchases = _purchases(and_(counting, dated), transactions)
    columns = AccountColumns(segmentation.name, connection.dialect.name)
    extra, related = _fields_of_labels(segmentation, accounts), _related_of_labels(segmentation, accounts)
    taking_part = where(
        parse(segmentation.accounts, accounts), accounts, columns, today, connection.dialect.name
    )
    rows = connection.execute(
        select(
            ACCOUNT.c.id,
            purchases.c.last_purchase,
            func.coalesce(purchases.c.purchases, 0),
            func.coalesce(purchases.c.spend_minor, 0),
            *(columns(field).label(f"extra_{at}") for at, field in enumerate(extra)),
            *(
                where(one, accounts, columns, today, connection.dialect.name).label(f"related_{at}")
                for at, one in enumerate(related)
            ),
        )
        .select_from(columns.rows().outerjoin(purchases, purchases.c.account_id == ACCOUNT.c.id))
        .where(taking_part)
        .order_by(ACCOUNT.c.id)
    ).all()
    return AccountFacts(
        frame=_frame([tuple(row) for row in rows], extra, [canonical(one, accounts) for one in related]),
        catalog=accounts,
        uncounted=_count(connection, and_(counting, not_(dated)), transactions),
    )


def _counting(
    connection: Connection, segmentation: RfmSegmentation, configuration: Configuration, today: Today
) -> tuple[ColumnElement[bool], FromClause]:
    """The condition that makes a transaction count, and the rows that it is a condition of."""
    catalog = transaction_catalog(connection, configuration, closed=False).open()
    dialect = connection.dialect.name
    node = parse(segmentation.transactions, catalog)
    columns = TransactionColumns(dialect)
    return where(node, catalog, columns, today, dialect), columns.rows(fields_of(node, catalog))


def _dated(today: Today) -> ColumnElement[bool]:
    """True or false, never NULL: an account, and a day that has come."""
    day = TRANSACTION.c.occurred_on
    return and_(TRANSACTION.c.account_id.is_not(None), day.is_not(None), day <= today.day)


def _purchases(counted: ColumnElement[bool], transactions: FromClause) -> Subquery:
    amount = func.coalesce(TRANSACTION.c.amount_minor, 0)
    return (
        select(
            TRANSACTION.c.account_id,
            func.max(TRANSACTION.c.occurred_on).label("last_purchase"),
            func.count().label("purchases"),
            # PostgreSQL sums bigint as numeric.
            cast(func.sum(amount), BigInteger).label("spend_minor"),
        )
        .select_from(transactions)
        .where(counted)
        .group_by(TRANSACTION.c.account_id)
        .subquery("purchases")
    )


def _count(connection: Connection, condition: ColumnElement[bool], transactions: FromClause) -> int:
    query = select(func.count()).select_from(transactions).where(condition)
    return connection.execute(query).scalar_one()


def _fields_of_labels(segmentation: RfmSegmentation, catalog: Catalog) -> list[Field]:
    """The account fields that the labels' criteria use; scores come from scoring itself."""
    names = {
        name for label in segmentation.labels for name in fields_used(parse(label.when, catalog), catalog)
    }
    found = (catalog.find(name) for name in sorted(names))
    return [one for one in found if one is not None and not one.source.startswith("score.")]


def _related_of_labels(segmentation: RfmSegmentation, catalog: Catalog) -> list[Measured | Related]:
    """The conditions on related records that the labels' criteria use, each once."""
    rules = (parse(label.when, catalog) for label in segmentation.labels)
    return list(dict.fromkeys(one for rule in rules for one in related_used(rule, catalog)))


def _frame(rows: list[tuple[Any, ...]], extra: Sequence[Field], conditions: Sequence[str]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else []
    at = dict(enumerate(columns))
    frame = pd.DataFrame(
        {
            "account_id": pd.Series(at.get(0, ()), dtype=object),
            "last_purchase": pd.Series(at.get(1, ()), dtype=object),
            "purchases": pd.Series(at.get(2, ()), dtype="int64"),
            "spend_minor": pd.Series(at.get(3, ()), dtype="int64"),
        }
    )
    for number, field in enumerate(extra, start=len(_FACTS)):
        frame[field.name] = _column(field, at.get(number, ()))
    for number, text in enumerate(conditions, start=len(_FACTS) + len(extra)):
        frame[text] = pd.Series(at.get(number, ()), dtype=bool)
    return frame


def _column(field: Field, values: Sequence[Any]) -> pd.Series[Any]:
    if field.type in {FieldType.NUMBER, FieldType.MONEY}:
        whole = all(isinstance(one, int) or one is None for one in values)
        return pd.Series(values, dtype="Int64" if whole else "float64")
    read = _READERS.get(field.type, _as_it_is)
    return pd.Series([read(one) for one in values], dtype=object)


def _day(value: Any) -> Any:
    """Days of the raw record are ISO texts; what is no day of the calendar is no value."""
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
        return None
    return value


def _list(value: Any) -> Any:
    """Lists of the raw record are JSON texts on SQLite; tags and lookups are objects with a name."""
    items = json.loads(value) if isinstance(value, str) else value
    names = (one.get("name") if isinstance(one, dict) else one for one in items or ())
    return None if items is None else [one for one in names if isinstance(one, str)]


def _as_it_is(value: Any) -> Any:
    return value


_READERS: Mapping[FieldType, Callable[[Any], Any]] = {FieldType.DATE: _day, FieldType.LIST: _list}
