"""Rows that belong to accounts, read by the accounts' criteria: changes of label, offers, scores of a day."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, and_

from bot.language.question import Sort
from bot.store.account_reading import Reading
from bot.store.columns import ACCOUNT, OWNER, SCORE, AccountColumns
from bot.store.criteria_sql import fields_of
from bot.store.ordering import in_order
from scoring.criteria.check import field_named
from scoring.criteria.tree import Node


def beside_accounts(rows: FromClause, account_id: ColumnElement[str], columns: AccountColumns) -> FromClause:
    """Rows that belong to accounts, joined with these as ``AccountColumns.rows`` has them.

    Rows of accounts that the CRM has no more fall away.
    """
    scored = and_(SCORE.c.account_id == ACCOUNT.c.id, SCORE.c.segmentation == columns.segmentation)
    owned = rows.join(ACCOUNT, ACCOUNT.c.id == account_id).outerjoin(OWNER, OWNER.c.id == ACCOUNT.c.owner_id)
    return owned.outerjoin(SCORE, scored)


def needed_beside(
    rows: FromClause,
    account_id: ColumnElement[str],
    reading: Reading,
    criteria: Node,
    sort: Sequence[Sort] = (),
) -> FromClause:
    """The same with nothing joined that neither criteria nor sort keys need."""
    fields = fields_of(criteria, reading.catalog)
    sources = [one.source for one in fields]
    sources += [field_named(one.field, reading.catalog).source for one in sort]
    found = rows.join(ACCOUNT, ACCOUNT.c.id == account_id)
    if any(one.startswith("owner.") for one in sources):
        found = found.outerjoin(OWNER, OWNER.c.id == ACCOUNT.c.owner_id)
    if any(one.startswith("score.") for one in sources):
        mine = SCORE.c.segmentation == reading.columns.segmentation
        found = found.outerjoin(SCORE, and_(SCORE.c.account_id == ACCOUNT.c.id, mine))
    return found


def first_keys(reading: Reading, sort: Sequence[Sort]) -> tuple[ColumnElement[object], ...]:
    """The given sort keys, without those that break ties between accounts.

    Raises:
        CriteriaError: an unknown field, or one that has no order.
    """
    return tuple(in_order(sort, reading.catalog, reading.columns))[: len(sort)]
