"""The facts that scoring reads: one aggregate over the transactions that count, beside every account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Select,
    UnaryExpression,
    and_,
    cast,
    func,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.sql import operators

from bot.app.facts import AccountFacts
from bot.store.catalog import account_catalog, transaction_catalog
from bot.store.columns import TRANSACTION, TransactionColumns
from bot.store.criteria_sql import fields_of, where
from bot.store.frames import columns_of
from bot.store.taking_part import AccountsAsked, taking_part
from scoring.config import Configuration
from scoring.criteria.check import atoms
from scoring.criteria.fields import Catalog
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.segments import resolved
from scoring.criteria.tree import And, Leaf, Node
from scoring.labels import account_fields, read_rules, related_conditions
from scoring.rfm_config import RfmSegmentation

STAGE = "transaction.stage"
_PURCHASE_TYPES = (pa.string(), pa.date32(), pa.int64(), pa.int64())


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
    rules = read_rules(segmentation.labels, accounts)
    transactions = transaction_catalog(connection, configuration, closed=False).open()
    node, dialect = parse(segmentation.transactions, transactions), connection.dialect.name
    counting = which_count(connection, node, transactions, today)
    rows = TransactionColumns(dialect).rows(fields_of(node, transactions))
    chosen = AccountsAsked(segmentation.name, accounts, today)
    fields, related = account_fields(rules, accounts), related_conditions(rules, accounts)
    part = taking_part(connection, chosen, segmentation.accounts, fields, related)
    dated = _dated(today, dialect)
    found = columns_of(connection, _purchases(rows, and_(counting, dated)), _PURCHASE_TYPES)
    return AccountFacts(
        ids=part.ids,
        frame=_frame(part.ids, found, part.frame),
        catalog=accounts,
        uncounted=_count(connection, rows, and_(counting, undated(today))),
    )


def which_count(connection: Connection, node: Node, catalog: Catalog, today: Today) -> ColumnElement[bool]:
    """Which transactions count.

    Conditions on the stage are decided once for each stage that there is: as a list of stages they need no
    function of ours for each row.
    """
    dialect = connection.dialect.name
    parts = node.parts if isinstance(node, And) else (node,)
    about_stage = [one for one in parts if _is_about_stage(one, catalog)]
    others = [one for one in parts if one not in about_stage]
    columns = TransactionColumns(dialect)
    conditions = [where(one, catalog, columns, today, dialect) for one in others]
    if about_stage:
        conditions.append(_of_stages(connection, about_stage, catalog, today))
    return and_(true(), *conditions)


def _is_about_stage(node: Node, catalog: Catalog) -> bool:
    used = list(atoms(resolved(node, catalog), whole=False))
    if not used or not all(isinstance(one, Leaf) for one in used):
        return False
    return {field.source for field in fields_of(node, catalog)} == {STAGE}


def _of_stages(
    connection: Connection, nodes: Sequence[Node], catalog: Catalog, today: Today
) -> ColumnElement[bool]:
    stages: list[str | None] = [None, *_stages(connection)]
    (name,) = {field.name for node in nodes for field in fields_of(node, catalog)}
    frame = pd.DataFrame({name: pd.Series(stages, dtype=object)})
    holds = np.logical_and.reduce([mask(one, frame, catalog, today).to_numpy() for one in nodes])
    wanted = [stage for stage, met in zip(stages, holds, strict=True) if met]
    stage = without_index(TRANSACTION.c.stage, connection.dialect.name)
    listed = stage.in_([one for one in wanted if one is not None])
    return or_(TRANSACTION.c.stage.is_(None), listed) if None in wanted else listed


def without_index(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """The column so that SQLite does not look it up by itself: one walk by account needs no sorting."""
    return UnaryExpression(column, operator=operators.custom_op("+")) if dialect == "sqlite" else column


def _stages(connection: Connection) -> list[str]:
    """Every stage that a transaction has: each by one look into the index behind the one before."""
    found: list[str] = []
    column = TRANSACTION.c.stage
    statement = select(func.min(column)).where(column.is_not(None))
    while (stage := connection.execute(statement).scalar_one_or_none()) is not None:
        found.append(stage)
        statement = select(func.min(column)).where(column > stage)
    return found


def _dated(today: Today, dialect: str) -> ColumnElement[bool]:
    """True or false, never NULL: an account, and a day that has come."""
    day = type_coerce(without_index(TRANSACTION.c.occurred_on, dialect), Date)
    return and_(TRANSACTION.c.account_id.is_not(None), day.is_not(None), day <= today.day)


def undated(today: Today) -> ColumnElement[bool]:
    """The contrary, as alternatives that indexes find."""
    day = TRANSACTION.c.occurred_on
    return or_(TRANSACTION.c.account_id.is_(None), day.is_(None), day > today.day)


def _purchases(rows: FromClause, counted: ColumnElement[bool]) -> Select[Any]:
    amount = func.coalesce(TRANSACTION.c.amount_minor, 0)
    return (
        select(
            TRANSACTION.c.account_id,
            func.max(TRANSACTION.c.occurred_on),
            func.count(),
            # PostgreSQL sums bigint as numeric.
            cast(func.sum(amount), BigInteger),
        )
        .select_from(rows)
        .where(counted)
        .group_by(TRANSACTION.c.account_id)
    )


def _count(connection: Connection, rows: FromClause, condition: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(rows).where(condition)).scalar_one()


def _frame(ids: pa.Array, found: pa.Table, asked: pd.DataFrame) -> pd.DataFrame:
    accounts, days, purchases, spend = (column.combine_chunks() for column in found.columns)
    place = pc.index_in(ids, value_set=accounts)
    frame = pd.DataFrame(
        {
            "last_purchase": days.take(place).to_numpy(zero_copy_only=False),
            "purchases": pc.fill_null(purchases.take(place), 0).to_numpy(),
            "spend_minor": pc.fill_null(spend.take(place), 0).to_numpy(),
        }
    )
    frame["last_purchase"] = frame["last_purchase"].astype("datetime64[s]")
    return frame if asked.empty else pd.concat([frame, asked], axis=1)
