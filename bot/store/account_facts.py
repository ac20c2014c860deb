"""The facts that scoring reads: one aggregate over the transactions that count, beside every account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
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
from bot.app.write_back import own_fields
from bot.store.catalog import account_catalog, transaction_catalog
from bot.store.columns import TRANSACTION, TransactionColumns
from bot.store.criteria_sql import fields_of, where
from bot.store.frames import account_columns, alike_tables, read_account_rows
from bot.store.halves import in_parts
from bot.store.score_rows import batches
from bot.store.taking_part import AccountsAsked, taking_part
from connector.sync.compare import NO_NEWS
from scoring.account_ids import Rows, places
from scoring.config import Configuration
from scoring.criteria.check import atoms
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.segments import resolved
from scoring.criteria.tree import And, Leaf, Node
from scoring.labels import account_fields, read_rules, related_conditions
from scoring.rfm_config import RfmSegmentation

TABLE = "transaction."
STAGE = f"{TABLE}stage"
_FACTS = (pa.date32(), pa.int64(), pa.int64())


def read_facts(
    connection: Connection,
    segmentation: RfmSegmentation,
    configuration: Configuration,
    today: Today,
    only: Sequence[str] | None = None,
) -> AccountFacts:
    """The facts of every account that takes part, by id; with ``only`` of those accounts alone.

    Transactions dated after today do not count, so that a run for a day gives the same whenever it is made.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    # Typing errors in values are found when a document is checked, not when it is used.
    accounts = account_catalog(connection, configuration).open()
    rules = read_rules(segmentation.labels, accounts)
    chosen = AccountsAsked(segmentation.name, accounts, today)
    fields, related = account_fields(rules, accounts), related_conditions(rules, accounts)
    part = taking_part(connection, chosen, segmentation.accounts, fields, related, only)
    counted = _Counted(connection, segmentation, configuration, today)
    return AccountFacts(
        ids=part.ids,
        frame=_frame(part.ids, counted.by_account(part.ids, only), part.frame),
        catalog=accounts,
        uncounted=counted.left_out() if only is None else 0,
    )


def moved_since(
    connection: Connection,
    segmentation: RfmSegmentation,
    configuration: Configuration,
    today: Today,
    day: date,
) -> frozenset[str] | None:
    """The accounts with a transaction that was still to come on a day and is not any more.

    None when facts may be others without a mark of sync: criteria that ask for other records than the
    account's or the transaction's own, or for a day while days have passed.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    passed = day != today.day
    asked = (connection, configuration, segmentation.accounts, segmentation.transactions)
    if day > today.day or not asks_own(*asked, passed=passed):
        return None
    if not passed:
        return frozenset()
    due = (
        select(TRANSACTION.c.account_id)
        .distinct()
        .where(
            TRANSACTION.c.occurred_on > day,
            TRANSACTION.c.occurred_on <= today.day,
            TRANSACTION.c.account_id.is_not(None),
        )
    )
    return frozenset(connection.execute(due).scalars())


def asks_own(
    connection: Connection,
    configuration: Configuration,
    accounts: str,
    transactions: str,
    *,
    passed: bool = False,
) -> bool:
    """Whether criteria on accounts and transactions ask only for what these records themselves say.

    With ``passed`` also for no day, because days have passed.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    fields = account_catalog(connection, configuration).open()
    if not _own(accounts, fields, configuration, passed=passed):
        return False
    fields = transaction_catalog(connection, configuration, closed=False).open()
    return _own(transactions, fields, configuration, passed=passed)


def _own(criteria: str, catalog: Catalog, configuration: Configuration, *, passed: bool) -> bool:
    """Whether criteria ask only for what a record itself says, and for no day if days have passed."""
    node = parse(criteria, catalog)
    if not all(isinstance(one, Leaf) for one in atoms(resolved(node, catalog), whole=False)):
        return False
    fields = fields_of(node, catalog)
    if passed and any(field.type is FieldType.DATE for field in fields):
        return False
    return all(says_itself(field, configuration) for field in fields)


def says_itself(field: Field, configuration: Configuration) -> bool:
    """Whether a field is of the account or transaction itself, so that sync marks what changes it.

    It does not for the time of a change, the name of a record that is looked up, and what we write ourselves.
    """
    place, _, name = field.source.partition(".")
    if place in {"account", "transaction"}:
        return name != "modified_at"
    kind, _, rest = field.source.partition(":")
    form, _, name = rest.partition(":")
    ours = {one.label for one in own_fields(configuration)}
    return kind == "raw" and form != "named" and name not in NO_NEWS and field.label not in ours


class _Counted:
    """The transactions that count: added up by account, and how many cannot be."""

    def __init__(
        self,
        connection: Connection,
        segmentation: RfmSegmentation,
        configuration: Configuration,
        today: Today,
    ) -> None:
        catalog = transaction_catalog(connection, configuration, closed=False).open()
        node = parse(segmentation.transactions, catalog)
        self._connection = connection
        self._today = today
        self._rows = TransactionColumns(connection.dialect.name).rows(fields_of(node, catalog))
        self._counting = which_count(connection, node, catalog, today)

    def by_account(self, ids: pa.Array, only: Sequence[str] | None) -> pa.Table:
        """Account, last day, number and sum of the transactions that count."""
        come = dated(self._today, self._connection.dialect.name)
        statement = _purchases(self._rows, and_(self._counting, come))
        if only is None:
            parts = in_parts(self._connection, statement, TRANSACTION.c.account_id, ids)
            return pa.concat_tables(alike_tables([read_account_rows(one, _FACTS) for one in parts]))
        tables = [
            account_columns(self._connection, statement.where(TRANSACTION.c.account_id.in_(some)), _FACTS)
            for some in batches(sorted(set(only)))
        ]
        return pa.concat_tables(alike_tables(tables)) if tables else read_account_rows(b"", _FACTS)

    def left_out(self) -> int:
        """How many have no account, no date, or a date after today."""
        condition = and_(self._counting, undated(self._today))
        query = select(func.count()).select_from(self._rows).where(condition)
        return self._connection.execute(query).scalar_one()


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


def dated(today: Today, dialect: str) -> ColumnElement[bool]:
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


def _frame(ids: pa.Array, found: pa.Table, asked: pd.DataFrame) -> pd.DataFrame:
    accounts, days, purchases, spend = (column.combine_chunks() for column in found.columns)
    place = places(ids, accounts)
    bought = place >= 0
    frame = pd.DataFrame(
        {
            "last_purchase": _taken(days.cast(pa.int32()).to_numpy(), place, bought),
            "purchases": _taken(purchases.to_numpy(), place, bought),
            "spend_minor": _taken(spend.to_numpy(), place, bought),
        },
        copy=False,
    )
    day = frame["last_purchase"].to_numpy().astype("datetime64[D]").astype("datetime64[s]")
    day[~bought] = np.datetime64("NaT")
    frame["last_purchase"] = day
    return frame if asked.empty else pd.concat([frame, asked], axis=1)


def _taken(values: npt.NDArray[Any], place: Rows, bought: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The values at some places; 0 where there is none."""
    if not len(values):
        return np.zeros(len(place), dtype=np.int64)
    return np.where(bought, values[place], 0).astype(np.int64)
