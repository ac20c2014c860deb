"""The deals of large accounts added up by stage and day, so that their facts are read without each deal.

Triggers of the database add a row for what a change of deals adds or takes away (``account_deal_triggers``),
so the sum over an account's rows is always what its deals give, whoever writes. An account is added up
wholly or not at all: to have rows is to be added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Select,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.exc import OperationalError

from bot.store.account_deal_triggers import are_watched, watch
from bot.store.counted import stages_that_count
from bot.store.locks import kept_waiting, take_turn, wait_briefly
from bot.store.occurring import occurring
from bot.store.places import TABLES, TRANSACTION
from bot.store.purchase_values import NEVER, halves, whole_of
from bot.store.purchases import Purchases
from bot.store.stages import in_stages
from connector.cache.engine import Database

# With fewer purchases there are hardly less rows by stage and day than deals.
FEWEST = 5_000
MOST_AT_ONCE = 100  # accounts that one transaction adds up
MOST_ROWS = 10_000  # of an account, before they are looked through for several of one stage and day
_SUMS = TABLES["account_deals"]
_NUMBERS = ("deals", "given_back", "upper", "lower")


def added_up(connection: Connection, counted: Purchases) -> tuple[str, ...]:
    """The accounts of which ``sums_of`` gives what ``bot.store.counted.sums`` does; mostly none."""
    return () if stages_that_count(connection, counted) is None else kept_accounts(connection)


def kept_accounts(connection: Connection) -> tuple[str, ...]:
    """The accounts whose deals are added up, and stay so whatever is written."""
    return occurring(connection, _SUMS.c.account_id) if are_watched(connection) else ()


def sums_of(connection: Connection, counted: Purchases, accounts: Sequence[str]) -> Select[Any]:
    """Account, last day, number and sum of what counts; beyond 64 bits the utmost there is.

    Args:
        connection: to the cache.
        counted: deals alone, by stage alone.
        accounts: of ``added_up``.
    """
    stages = stages_that_count(connection, counted)
    if stages is None:
        raise ValueError("what counts is not known by stage and day")
    numbers = (_sum(_SUMS.c[name], name) for name in _NUMBERS)
    days = (
        select(_SUMS.c.account_id, _SUMS.c.day, *numbers)
        .where(_SUMS.c.account_id.in_(accounts), _SUMS.c.day.is_not(None), _SUMS.c.day <= counted.today.day)
        .where(in_stages(_SUMS.c.stage, stages))
        .group_by(_SUMS.c.account_id, _SUMS.c.day)
        .subquery()
    ).c
    bought = days.deals - days.given_back
    last = func.max(case((bought > 0, days.day), else_=null()), type_=Date)
    parts = (
        select(
            days.account_id,
            func.coalesce(last, literal(NEVER, Date), type_=Date).label("day"),
            _sum(bought, "number"),
            _sum(days.upper, "upper"),
            _sum(days.lower, "lower"),
        )
        .group_by(days.account_id)
        .subquery()
    ).c
    return select(parts.account_id, parts.day, parts.number, whole_of(parts.upper, parts.lower))


def _sum(column: ColumnElement[Any], name: str) -> ColumnElement[int]:
    """PostgreSQL sums bigint as numeric, which has no bits."""
    return cast(func.sum(column), BigInteger).label(name)


def add_up(database: Database, accounts: Iterable[str]) -> None:
    """Add up the deals of accounts that were not yet, and rows that have become many.

    Where somebody writes deals on PostgreSQL for longer than is waited, it is left for the next time.
    """
    asked = sorted(set(accounts))[:MOST_AT_ONCE]
    if not asked:
        return
    with database.reads.connect() as connection:
        known = set(kept_accounts(connection))
        many = _with_many_rows(connection, [one for one in asked if one in known])
    wanted = [one for one in asked if one not in known]
    if not wanted and not many:
        return
    try:
        # Each in a transaction: who writes deals holds them before sums, and so does who adds them up.
        for each, work in ((many, _put_together), (wanted, _add_up)):
            if each:
                with database.writes.begin() as connection:
                    take_turn(connection, "account deals")
                    wait_briefly(connection)
                    work(connection, each)
    except OperationalError as error:
        if not kept_waiting(error):
            raise  # else it is left for the next time


def _with_many_rows(connection: Connection, accounts: Sequence[str]) -> list[str]:
    """Those with so many rows that most of them are of a stage and day that have one already."""
    account, mine = _SUMS.c.account_id, _SUMS.c.account_id.in_(accounts)
    many = select(account).where(mine).group_by(account).having(func.count() > MOST_ROWS)
    found = connection.execute(many).scalars().all() if accounts else []
    if not found:
        return []
    held = select(account, func.count().label("rows")).where(account.in_(found))
    each = held.group_by(account, _SUMS.c.stage, _SUMS.c.day).subquery().c
    twice = select(each.account_id).group_by(each.account_id).having(func.sum(each.rows) > 2 * func.count())
    return list(connection.execute(twice).scalars())


def _put_together(connection: Connection, accounts: Sequence[str]) -> None:
    """One row for each stage and day. What others write meanwhile on PostgreSQL stays beside it."""
    mine, names = _SUMS.c.account_id.in_(accounts), ("account_id", "stage", "day", *_NUMBERS)
    if connection.dialect.name == "postgresql":
        gone = delete(_SUMS).where(mine).returning(*_SUMS.c).cte("gone")
        connection.execute(insert(_SUMS).from_select(list(names), _one_for_each(gone.c)))
        return
    last = connection.execute(select(func.max(_SUMS.c.id))).scalar_one()
    rows = _one_for_each(_SUMS.c).where(mine)
    connection.execute(insert(_SUMS).from_select(list(names), rows))
    connection.execute(delete(_SUMS).where(mine, _SUMS.c.id <= last))


def _one_for_each(rows: Any) -> Select[Any]:
    keys = (rows.account_id, rows.stage, rows.day)
    return select(*keys, *(_sum(rows[name], name) for name in _NUMBERS)).group_by(*keys)


def _add_up(connection: Connection, accounts: Sequence[str]) -> None:
    if connection.dialect.name == "postgresql":
        # What others have written and not committed is neither read here nor told to the triggers.
        connection.execute(text("LOCK TABLE crm_transaction IN SHARE ROW EXCLUSIVE MODE"))
    if not are_watched(connection):
        connection.execute(delete(_SUMS))
        watch(connection)
    deals, names = TRANSACTION.c, ("account_id", "stage", "day", *_NUMBERS)
    connection.execute(delete(_SUMS).where(_SUMS.c.account_id.in_(accounts)))
    upper, lower = halves(func.coalesce(deals.amount_minor, literal(0, BigInteger), type_=BigInteger))
    given_back = func.count(case((deals.amount_minor < 0, 1)), type_=BigInteger)
    columns: tuple[ColumnElement[Any], ...] = (deals.account_id, deals.stage, deals.occurred_on)
    rows = select(*columns, func.count(type_=BigInteger), given_back, upper, lower).select_from(TRANSACTION)
    rows = rows.where(deals.account_id.in_(accounts)).group_by(*columns)
    connection.execute(insert(_SUMS).from_select(list(names), rows))
