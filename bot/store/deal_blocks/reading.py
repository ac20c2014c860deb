"""Accounts and their deals out of the rows, as a block; and which accounts are marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Select, func, select

from bot.store.account_deals import kept_accounts
from bot.store.deal_blocks.block import Block, Numbers, least
from bot.store.deal_blocks.tables import DealBlockMarkRow
from bot.store.frames import account_columns
from bot.store.numbered import check_known, place_among
from bot.store.places import ACCOUNT, TRANSACTION
from bot.store.stages import every_stage
from connector.cache.tables import table_of
from scoring.account_ids import compact, places

MARK = table_of(DealBlockMarkRow)
IDS_AT_ONCE = 2_000
ROWS_AT_ONCE = 250_000


@dataclass(frozen=True, eq=False)
class _Deals:
    """Some deals, each with the row of its account; all in as few bytes as hold them."""

    row: Numbers
    stage: Numbers
    day: Numbers
    amount: Numbers


@dataclass(frozen=True, eq=False)
class ReadBlock:
    """Some accounts, and those that are left out of every block: so large that they are added up elsewhere.

    Whoever keeps the block sees that these have a mark.
    """

    block: Block
    left_out: frozenset[str]


def read_block(
    connection: Connection, accounts: Sequence[str], stages: Sequence[str | None] | None = None
) -> ReadBlock:
    """Those of some accounts that there are, with their deals.

    Args:
        connection: to the cache.
        accounts: ids.
        stages: of ``stages_of``, to spare the look.

    Raises:
        StillChanging: somebody else wrote between two statements.
    """
    known = tuple(stages_of(connection) if stages is None else stages)
    large = _large(connection, accounts)
    added_up = set(kept_accounts(connection)) if large else set()
    left_out = frozenset(large.keys() & added_up)
    portions = list(_portions([one for one in accounts if one not in left_out]))
    there = (select(ACCOUNT.c.id).where(ACCOUNT.c.id.in_(some)) for some in portions)
    ids = compact([one for query in there for one in connection.execute(query).scalars()])
    queries = (query for some in portions for query in _queries(connection, some, known, large))
    parts = [_read(connection, query, ids) for query in queries]
    row, stage, day, amount = (
        np.concatenate([getattr(one, name) for one in parts] or [np.empty(0, dtype=np.int8)])
        for name in ("row", "stage", "day", "amount")
    )
    del parts
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(ids)))]).astype(np.int64)
    if bool((row[1:] < row[:-1]).any()):
        order = np.argsort(row, kind="stable")
        stage, day, amount = stage[order], day[order], amount[order]
    return ReadBlock(Block(ids, starts, known, stage, day, amount), left_out)


def every_account(connection: Connection) -> pa.Array:
    """The ids of all accounts, in their order as texts."""
    ids = account_columns(connection, select(ACCOUNT.c.id), ()).column(0).combine_chunks().cast(pa.string())
    return ids.take(pc.sort_indices(ids))


def stages_of(connection: Connection) -> tuple[str | None, ...]:
    """No stage, and every stage that a deal has."""
    return (None, *every_stage(connection))


def marked(connection: Connection) -> tuple[list[int], list[str] | None]:
    """The numbers of the marks, and the accounts, each once; None instead of these: many."""
    rows = connection.execute(select(MARK.c.id, MARK.c.account)).all()
    accounts = {row.account for row in rows}
    if None in accounts:
        return [row.id for row in rows], None
    return [row.id for row in rows], sorted(accounts)


def _large(connection: Connection, accounts: Sequence[str]) -> dict[str, int]:
    """The accounts whose deals are read in portions, and how many each has."""
    account, many = TRANSACTION.c.account_id, func.count()
    counted = select(account, many).group_by(account).having(many > ROWS_AT_ONCE)
    rows = (
        row
        for some in _portions(accounts)
        for row in connection.execute(counted.where(account.in_(some))).all()
    )
    return {row[0]: row[1] for row in rows}


def _queries(
    connection: Connection, accounts: Sequence[str], stages: Sequence[str | None], large: Mapping[str, int]
) -> Iterator[Select[Any]]:
    """Deals of accounts, in portions that fit into memory: a few accounts may have millions of them."""
    of = TRANSACTION.c
    columns = (
        of.account_id,
        place_among(of.stage, stages),
        of.occurred_on,
        func.coalesce(of.amount_minor, 0),
    )
    query = select(*columns).where(of.occurred_on.is_not(None))
    yield query.where(of.account_id.in_([one for one in accounts if one not in large]))
    for account, count in large.items():
        if account not in accounts:
            continue
        yield from _by_days(connection, query.where(of.account_id == account), count, stages)


def _by_days(
    connection: Connection, query: Select[Any], count: int, stages: Sequence[str | None]
) -> Iterator[Select[Any]]:
    """A large account's deals by stage, of so many days at once as have about ``ROWS_AT_ONCE`` of them."""
    of = TRANSACTION.c
    for stage in stages:
        some = query.where(of.stage.is_(None) if stage is None else of.stage == stage)
        ends = some.with_only_columns(func.min(of.occurred_on), func.max(of.occurred_on))
        first, last = connection.execute(ends).one()
        if first is None:
            continue
        days = (last - first).days + 1
        step = max(1, days * ROWS_AT_ONCE // count)
        for start in range(0, days, step):
            behind = first + timedelta(days=min(start + step, days) - 1)
            yield some.where(of.occurred_on >= first + timedelta(days=start), of.occurred_on <= behind)


def _read(connection: Connection, query: Select[Any], ids: pa.Array) -> _Deals:
    """The deals of a query whose accounts are among these."""
    table = account_columns(connection, query, [pa.int32(), pa.date32(), pa.int64()])
    account, stage, day, amount = (column.combine_chunks() for column in table.columns)
    check_known(stage)
    codes = stage.to_numpy()
    row = places(account, ids)
    at = np.flatnonzero(row >= 0)  # a deal of an account that there is not counts for nobody
    days = pc.cast(day, pa.int32()).to_numpy()
    return _Deals(*(least(one[at]) for one in (row, codes, days, amount.to_numpy())))


def _portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield ids[start : start + IDS_AT_ONCE]
