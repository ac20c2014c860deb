"""Deals added up by closing day, stage and owner, so that a figure over all of them reads sums.

Triggers of the database mark every day whose deals change (``deal_day_triggers``). ``bring_up_to_date`` adds
marked days up again; until it has, ``summed_deals`` reads the deals of these days themselves: what it gives
is always what the deals give.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    union_all,
)

from bot.store.deal_day_triggers import are_watched, watch
from bot.store.locks import take_turn
from bot.store.places import ACCOUNT, TABLES, TRANSACTION
from bot.store.purchase_values import halves
from connector.cache.engine import Database

DAYS_AT_ONCE = 20  # so that a transaction that adds up stays short
MOST_MARKED = 40  # more marked days than that are not worth the sums
_SUMS, _MARK = TABLES["deal_day"], TABLES["deal_day_mark"]
_NAMES = ("day", "stage", "owner_id", "deals", "given_back", "upper", "lower", "alone", "unpriced")


def summed_deals(connection: Connection, *, by_owner: bool) -> Subquery | None:
    """A query with ``day stage owner_id`` and the sums of ``DealDayRow``; None where there are none yet.

    Args:
        connection: to the cache.
        by_owner: with the owners; without them ``owner_id`` says nothing.
    """
    if not are_watched(connection):
        return None
    marked = connection.execute(select(_MARK.c.day).distinct().limit(MOST_MARKED + 1)).scalars().all()
    none = connection.execute(select(_SUMS.c.id).limit(1)).first() is None
    if none or len(marked) > MOST_MARKED:
        return None
    summed = select(*(_SUMS.c[name] for name in _NAMES)).where(_SUMS.c.by_owner.is_(by_owner))
    if not marked:
        return summed.subquery("summed")
    kept = summed.where(not_(_on(_SUMS.c.day, marked)))
    return union_all(kept, _added_up(marked, by_owner=by_owner)).subquery("summed")


def bring_up_to_date(database: Database, most: int | None = None) -> int:
    """Add marked days up again, some in each transaction.

    Args:
        database: the deployment's.
        most: transactions; None: until no day is marked.

    Returns:
        How many days were added up; 0 where somebody writes deals, so that it is left for the next time.
    """
    with database.reads.connect() as connection:
        watched = are_watched(connection)
        if watched and not is_behind(connection):
            return 0
    if not watched and not watch(database):
        return 0
    done = turns = 0
    while most is None or turns < most:
        with database.writes.begin() as connection:
            take_turn(connection, "deal days")
            days = _some_days_again(connection)
        done, turns = done + days, turns + 1
        if days < DAYS_AT_ONCE:
            break
    return done


def is_behind(connection: Connection) -> bool:
    """Whether a day is marked."""
    return connection.execute(select(_MARK.c.id).limit(1)).first() is not None


def _some_days_again(connection: Connection) -> int:
    days = connection.execute(select(_MARK.c.day).distinct().limit(DAYS_AT_ONCE)).scalars().all()
    if not days:
        return 0
    # Only the marks that stand before the deals are read: another may come while they are.
    marks = connection.execute(select(_MARK.c.id).where(_on(_MARK.c.day, days))).scalars().all()
    connection.execute(delete(_SUMS).where(_on(_SUMS.c.day, days)))
    added = _added_up(days, by_owner=True)
    columns = [true().label("by_owner"), *added.selected_columns]
    statement = added.with_only_columns(*columns, maintain_column_froms=True)
    connection.execute(insert(_SUMS).from_select(["by_owner", *_NAMES], statement))
    connection.execute(insert(_SUMS).from_select(["by_owner", *_NAMES], _of_all_owners(days)))
    for start in range(0, len(marks), 500):
        connection.execute(delete(_MARK).where(_MARK.c.id.in_(marks[start : start + 500])))
    return len(days)


def _on(day: ColumnElement[Any], days: Sequence[date | None]) -> ColumnElement[bool]:
    """That a day is one of these; None is no day."""
    listed = and_(day.is_not(None), day.in_([one for one in days if one is not None]))
    return or_(day.is_(None), listed) if None in days else listed


def _added_up(days: Sequence[date | None], *, by_owner: bool) -> Select[Any]:
    deals, is_known = TRANSACTION.c, ACCOUNT.c.id.is_not(None)
    owner = deals.owner_id if by_owner else null().label("owner_id")
    amount = case((is_known, func.coalesce(deals.amount_minor, 0)), else_=literal(0, BigInteger))
    upper, lower = halves(amount)
    keys = (deals.occurred_on, deals.stage, *((deals.owner_id,) if by_owner else ()))
    return (
        select(
            deals.occurred_on.label("day"),
            deals.stage.label("stage"),
            owner,
            func.count(ACCOUNT.c.id).label("deals"),
            _number(and_(is_known, deals.amount_minor < 0)).label("given_back"),
            upper.label("upper"),
            lower.label("lower"),
            _number(deals.account_id.is_(None)).label("alone"),
            _number(deals.amount_minor.is_(None)).label("unpriced"),
        )
        .select_from(TRANSACTION.outerjoin(ACCOUNT, ACCOUNT.c.id == deals.account_id))
        .where(_on(deals.occurred_on, days))
        .group_by(*keys)
    )


def _of_all_owners(days: Sequence[date | None]) -> Select[Any]:
    """The sums that stand by owner, without the owners: to read the deals again takes longer."""
    summed = (func.sum(_SUMS.c[name]).label(name) for name in _NAMES[3:])
    return (
        select(false().label("by_owner"), _SUMS.c.day, _SUMS.c.stage, null().label("owner_id"), *summed)
        .where(_SUMS.c.by_owner.is_(True), _on(_SUMS.c.day, days))
        .group_by(_SUMS.c.day, _SUMS.c.stage)
    )


def _number(holds: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((holds, 1)), type_=BigInteger)
