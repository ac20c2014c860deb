"""Which deals count, quickly: conditions on the stage are decided once for each stage that there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, UnaryExpression, and_, false, func, or_, select, true
from sqlalchemy.sql import operators

from bot.store.criteria_sql import fields_of, where
from bot.store.places import CLOSED_STAGE, TRANSACTION, TransactionColumns
from connector.cache.folding import fold
from scoring.criteria.check import atoms
from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.criteria.segments import resolved
from scoring.criteria.tree import And, Leaf, Node

STAGE = "transaction.stage"


def deals_that_meet(
    connection: Connection, node: Node, catalog: Catalog, today: Today, *, one_account: bool = False
) -> ColumnElement[bool]:
    """The condition for deals that meet criteria: as a list of stages it needs no function of ours a row.

    ``one_account``: whether they are looked up for one account after another, in an index with the stage.
    """
    dialect = connection.dialect.name
    parts = node.parts if isinstance(node, And) else (node,)
    about_stage = [one for one in parts if _is_about_stage(one, catalog)]
    others = [one for one in parts if one not in about_stage]
    columns = TransactionColumns(dialect)
    conditions = [where(one, catalog, columns, today, dialect) for one in others]
    if about_stage:
        wanted = _wanted(connection, about_stage, catalog, today)
        stage = TRANSACTION.c.stage if one_account else without_index(TRANSACTION.c.stage, dialect)
        conditions.append(in_stages(stage, wanted))
    return and_(true(), *conditions)


def is_over(connection: Connection) -> ColumnElement[bool]:
    """The contrary of ``places.is_open``, never NULL, as a list of the stages that there are."""
    stage = without_index(TRANSACTION.c.stage, connection.dialect.name)
    return func.coalesce(stage.in_(stages_over(connection)), false())


def stages_over(connection: Connection) -> list[str]:
    """The stages in which a deal is over."""
    return [one for one in every_stage(connection) if fold(one).startswith(CLOSED_STAGE)]


def stages_that_meet(
    connection: Connection, node: Node, catalog: Catalog, today: Today
) -> list[str | None] | None:
    """The stages, None for no stage, whose deals meet criteria; None where these ask for more."""
    parts = node.parts if isinstance(node, And) else (node,)
    if not all(_is_about_stage(one, catalog) for one in parts):
        return None
    return _wanted(connection, parts, catalog, today)


def in_stages(stage: ColumnElement[Any], wanted: Sequence[str | None]) -> ColumnElement[bool]:
    """That a stage is one of these; NULL of no stage that is not among them."""
    listed = stage.in_([one for one in wanted if one is not None])
    return or_(stage.is_(None), listed) if None in wanted else listed


def without_index(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """The column so that SQLite does not look it up by itself: one walk by account needs no sorting."""
    return UnaryExpression(column, operator=operators.custom_op("+")) if dialect == "sqlite" else column


def none_if_any(connection: Connection) -> tuple[None, ...]:
    """None, once, if there are deals without a stage: not to ask for them lets an index find the others.

    They stand at the end of the index where each database puts them; statistics may speak against a look for
    them, and for reading every deal.
    """
    column = TRANSACTION.c.stage
    end = column.asc() if connection.dialect.name == "sqlite" else column.desc()
    first = connection.execute(select(column).order_by(end).limit(1)).first()
    return (None,) if first is not None and first.stage is None else ()


def _is_about_stage(node: Node, catalog: Catalog) -> bool:
    used = list(atoms(resolved(node, catalog), whole=False))
    if not used or not all(isinstance(one, Leaf) for one in used):
        return False
    return {field.source for field in fields_of(node, catalog)} == {STAGE}


def _wanted(
    connection: Connection, nodes: Sequence[Node], catalog: Catalog, today: Today
) -> list[str | None]:
    import numpy as np
    import pandas as pd

    from scoring.criteria.mask import mask

    stages: list[str | None] = [None, *every_stage(connection)]
    (name,) = {field.name for node in nodes for field in fields_of(node, catalog)}
    frame = pd.DataFrame({name: pd.Series(stages, dtype=object)})
    holds = np.logical_and.reduce([mask(one, frame, catalog, today).to_numpy() for one in nodes])
    return [stage for stage, met in zip(stages, holds, strict=True) if met]


def every_stage(connection: Connection) -> list[str]:
    """Every stage that a transaction has: each by one look into the index behind the one before."""
    found: list[str] = []
    column = TRANSACTION.c.stage
    statement = select(func.min(column)).where(column.is_not(None))
    while (stage := connection.execute(statement).scalar_one_or_none()) is not None:
        found.append(stage)
        statement = select(func.min(column)).where(column > stage)
    return found
