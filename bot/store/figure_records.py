"""The records that a figure is made of, as one query for each kind: purchases, deals, accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    type_coerce,
)
from sqlalchemy import types as sql_types

from bot.language.question import DEAL_OWNER, EACH_PRODUCT, Figure, Metric
from bot.store.account_reading import Reading
from bot.store.counted import counted_purchases
from bot.store.criteria_sql import fields_of
from bot.store.figure_values import Scale
from bot.store.measured_sql import in_fractions
from bot.store.places import TRANSACTION, TransactionColumns
from bot.store.purchases import Purchases
from bot.store.stages import deals_that_meet, is_over
from bot.store.zone_days import days_until
from scoring.criteria.bounds import FRACTION, parts_of
from scoring.criteria.check import field_named
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.tree import Node
from scoring.criteria.values import written_field

PURCHASED = {Metric.REVENUE, Metric.PURCHASES, Metric.AVERAGE_PURCHASE, Metric.BUYERS}
OPEN = {Metric.PIPELINE, Metric.OPEN_DEALS}
NUMERIC = {FieldType.NUMBER, FieldType.MONEY}
Truth = ColumnElement[bool]
KEYS = {DEAL_OWNER: TRANSACTION.c.owner_id, EACH_PRODUCT: TRANSACTION.c.product_id}


@dataclass(frozen=True)
class Records:
    """Rows to count and add up.

    Attributes:
        rows: a query's FROM.
        account: whose they are; None where they stand for those of every account that there is.
        day: None where they have none.
        key: the id of the CRM user who owns a record, or of the product that it sells; None without one.
        one: how many of them are counted, added up.
        part: how many are of the kind that is asked for.
        amount: what is added up, never NULL.
        chosen: what holds of those that count.
        sums: of the amounts, in two halves, where they are added up already.
    """

    rows: FromClause
    account: ColumnElement[str] | None
    day: ColumnElement[Any] | None
    key: ColumnElement[str] | None
    one: ColumnElement[int]
    part: ColumnElement[int]
    amount: ColumnElement[int]
    chosen: tuple[Truth, ...] = ()
    sums: tuple[ColumnElement[int], ColumnElement[int]] | None = None


def purchases_of(reading: Reading, *, one_account: bool = False) -> Purchases:
    """What counts as a purchase where no segmentation is named; ``one_account`` as ``counted_purchases``.

    Raises:
        CriteriaError: the criteria of purchases do not fit the fields any more.
    """
    of, accounts = reading.configuration, reading.catalog.open()
    return counted_purchases(
        reading.connection, of.contributions, of, reading.today, accounts, one_account=one_account
    )


def purchase_records(
    reading: Reading, metric: Metric, by: str | None = None, *, one_account: bool = False
) -> Records:
    """Purchases, and what gives money back.

    Args:
        reading: the look at the database.
        metric: which number is made of them.
        by: by whose owner or by which product, if it is asked.
        one_account: whether they are looked up for one account after another.

    Raises:
        CriteriaError: they are no deals, and so nobody owns them, and it is not known what they sell.
    """
    counted = purchases_of(reading, one_account=one_account)
    keyed = by in KEYS
    found: Any = (_keyed(counted, by or "") if keyed else counted.rows()).subquery("purchase")
    bought = found.c.is_purchase
    buyers = func.count(case((bought == 1, found.c.account_id)).distinct())
    return Records(
        found,
        found.c.account_id,
        found.c.day,
        found.c.key if keyed else None,
        one=func.sum(bought),
        part=buyers if metric is Metric.BUYERS else _none(),
        amount=found.c.amount_minor,
    )


def _keyed(counted: Purchases, by: str) -> Any:
    arms = list(counted.arms())
    if [arm.table for arm in arms] != [TRANSACTION]:
        raise CriteriaError(
            "What counts as a purchase here are not deals alone, so nobody owns it: ask by owner, "
            "which is the owner of the account."
            if by == DEAL_OWNER
            else "What counts as a purchase here are not deals alone, of which alone the product is known."
        )
    return counted.rows().add_columns(KEYS[by].label("key"))


def deal_records(
    reading: Reading, metric: Metric, by: str | None = None, *, one_account: bool = False
) -> Records:
    """Deals by their closing day; ``by`` and ``one_account`` as ``purchase_records``.

    Raises:
        CriteriaError: the criteria of won deals do not fit the fields any more.
    """
    node, catalog = won_deals(reading)
    connection, today = reading.connection, reading.today
    meets = deals_that_meet(connection, node, catalog, today, one_account=one_account)
    won, over = func.coalesce(meets, false()), is_over(connection)  # NULL is not won
    chosen = {
        Metric.LOST: and_(over, not_(won)),
        Metric.WIN_RATE: over | won,
        **dict.fromkeys(OPEN, and_(not_(over), not_(won))),
    }.get(metric, won)
    deals = TRANSACTION.c
    is_cycle = metric is Metric.SALES_CYCLE
    dated = (deals.occurred_on.is_not(None), deals.created_at.is_not(None)) if is_cycle else ()
    return Records(
        TransactionColumns(reading.dialect).rows(fields_of(node, catalog)),
        deals.account_id,
        deals.occurred_on,
        KEYS.get(by or "", deals.owner_id),
        one=func.count(),
        part=func.sum(case((won, 1), else_=0)) if metric is Metric.WIN_RATE else _none(),
        amount=_cycle(reading) if is_cycle else func.coalesce(deals.amount_minor, _whole(0)),
        chosen=(chosen, *dated),
    )


def won_deals(reading: Reading) -> tuple[Node, Catalog]:
    """The criteria of won deals, with the fields that they are read by.

    Raises:
        CriteriaError: they do not fit the fields any more.
    """
    deals = reading.catalog.relation("deals")
    if deals is None:
        raise CriteriaError("There are no deals to count.")
    catalog = deals.catalog.open()
    return parse(reading.configuration.won, catalog), catalog


def _cycle(reading: Reading) -> ColumnElement[int]:
    return days_until(TRANSACTION.c.occurred_on, TRANSACTION.c.created_at, reading.today, reading.dialect)


def field_in_numbers(figure: Figure, reading: Reading) -> Field:
    """The field of accounts that a figure is made of.

    Raises:
        CriteriaError: there is none, or it is no number.
    """
    field = field_named(figure.of or "", reading.catalog)
    if field.type not in NUMERIC:
        raise CriteriaError(
            f"{written_field(field.name)} is a {field.type.value} field, which has no {figure.how or 'sum'}."
        )
    return field


def in_whole_parts(field: Field, reading: Reading) -> tuple[ColumnElement[int], Scale]:
    """A field as whole numbers, and what they are: fractions are ten-thousandths, money is in minor units."""
    column, is_money = reading.columns(field), field.type is FieldType.MONEY
    if isinstance(column.type, sql_types.Integer):
        return type_coerce(column, BigInteger), Scale(1 if is_money else parts_of(field), is_money)
    return in_fractions(column, reading.dialect), Scale(FRACTION, money=False)


def within(day: ColumnElement[Any], first: Any, last: Any) -> Sequence[Truth]:
    """That a day is in a span of days."""
    ends = [] if first is None else [day >= literal(first, Date)]
    return ends if last is None else [*ends, day <= literal(last, Date)]


def account_records(accounts: FromClause) -> Records:
    """Accounts with a value, from a query with ``id`` and ``value``."""
    value = accounts.c.value
    return Records(
        accounts,
        accounts.c.id,
        None,
        None,
        one=func.count(value),
        part=_none(),
        amount=func.coalesce(value, _whole(0)),
        chosen=(value.is_not(None),),
    )


def _whole(value: int) -> ColumnElement[int]:
    return literal(value, BigInteger)


def _none() -> ColumnElement[int]:
    return literal(0, BigInteger)
