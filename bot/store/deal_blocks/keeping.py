"""Writing blocks: all of them anew, or some with the accounts that have changed since.

Who writes blocks holds a name, so that nobody else does. Whoever reads them meanwhile sees by ``made`` that
they were changed, and reads the rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa
import structlog
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import OperationalError

from bot.store.bodies import read_body
from bot.store.deal_blocks.block import Block, block_from, chosen, joined
from bot.store.deal_blocks.reading import (
    MARK,
    every_account,
    marked,
    read_block,
    stages_of,
)
from bot.store.deal_blocks.tables import DealBlockRow, DealBlocksRow
from bot.store.deal_blocks.triggers import TRIGGERS, are_watched
from bot.store.locks import kept_waiting, take_turn, wait_briefly
from bot.store.memory.marks import StillChanging
from bot.store.places import ACCOUNT, TABLES
from bot.store.watching import begin_to_watch
from connector.cache.engine import Database
from connector.cache.statements import upsert
from connector.cache.tables import table_of
from scoring.account_ids import compact, places

BLOCK, BLOCKS = table_of(DealBlockRow), table_of(DealBlocksRow)
NAME = "deal blocks"
FEWEST_ACCOUNTS = 50_000  # with fewer of them the database adds the rows up in less than a second
ACCOUNTS_EACH = 8_192  # of a block
MOST_MARKED_PERCENT = 5  # of the accounts: with more of them the rows of all are read
FEWEST_MARKS = 1_000
BLOCKS_AT_ONCE = 16  # that one transaction writes
MARKS_AT_ONCE = 2_000  # SQLite takes some thousands of parameters in a statement
_ONE = 1  # the key of the one row of ``deal_blocks``
log = structlog.get_logger(__name__)


def keep(database: Database, fewest: int = FEWEST_ACCOUNTS, fewest_marks: int = FEWEST_MARKS) -> None:
    """Bring the blocks up to date, or make them where they are worth it: part of keeping house.

    Args:
        database: the deployment's.
        fewest: with fewer accounts there are no blocks.
        fewest_marks: with fewer marks the accounts are read beside their blocks, and nothing is done.
    """
    try:
        _keep(database, fewest, fewest_marks)
    except StillChanging:
        log.info("deal_blocks_later", reason="a stage is new")
    except OperationalError as error:
        if not kept_waiting(error):
            raise
        log.info("deal_blocks_later", reason="somebody writes them")


def _keep(database: Database, fewest: int, fewest_marks: int) -> None:
    with database.reads.connect() as connection:
        known = held(connection)
        if known is None:
            worth_it = _is_scored(connection) and _accounts(connection) >= fewest
        else:
            marks, changed = marked(connection)
            worth_it = changed is None or are_too_many(changed, known[1])
    if worth_it:
        _make(database)
    elif known is not None and len(marks) >= fewest_marks:
        for some in _by_block(database, changed or ()):
            with database.writes.begin() as connection:
                absorb(connection, some)


def _is_scored(connection: Connection) -> bool:
    """Whether a run was made: a first sync is quicker without triggers."""
    return connection.execute(select(TABLES["run"].c.id).limit(1)).first() is not None


def _accounts(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(ACCOUNT)).scalar_one()


def are_too_many(changed: Sequence[str], accounts: int) -> bool:
    """Whether so many of the accounts have changed that their blocks save nothing."""
    return len(changed) * 100 > accounts * MOST_MARKED_PERCENT


def held(connection: Connection) -> tuple[int, int] | None:
    """``made``, and how many accounts the blocks have; None where there are none that hold."""
    if not are_watched(connection):
        return None
    row = connection.execute(select(BLOCKS.c.made, BLOCKS.c.accounts)).one_or_none()
    return None if row is None or row.accounts is None else (row.made, row.accounts)


def _make(database: Database) -> None:
    """Every block anew, each in a transaction of its own; they hold from the last one on."""
    if not begin_to_watch(database, TRIGGERS, _nothing_holds):
        return  # the next time
    made = _begin(database)
    with database.reads.connect() as connection:
        ids = every_account(connection)
        stages = stages_of(connection)
    for start in range(0, max(1, len(ids)), ACCOUNTS_EACH):
        some = ids[start : start + ACCOUNTS_EACH].to_pylist()
        with database.reads.connect() as connection:
            read = read_block(connection, some, stages)
        with database.writes.begin() as connection:
            take_turn(connection, NAME)
            if _made(connection) != made:
                return  # somebody else began meanwhile
            first = some[0] if start else ""
            connection.execute(insert(BLOCK).values(first=first, body=read.block.as_bytes()))
            if read.left_out:
                connection.execute(insert(MARK), [{"account": one} for one in sorted(read.left_out)])
    with database.writes.begin() as connection:
        take_turn(connection, NAME)
        mine = update(BLOCKS).where(BLOCKS.c.made == made)
        connection.execute(mine.values(made=made + 1, accounts=len(ids)))


def _begin(database: Database) -> int:
    """Nothing holds, and from now on every change is marked: what was written before is read afterwards."""
    with database.writes.begin() as connection:
        wait_briefly(connection)
        take_turn(connection, NAME)
        connection.execute(delete(BLOCK))
        connection.execute(delete(MARK))
        made = _made(connection) + 1
        values = {"id": _ONE, "made": made, "accounts": None}
        connection.execute(upsert(BLOCKS, connection.dialect.name, frozenset(values)), values)
        return made


def _nothing_holds(connection: Connection) -> None:
    """Also of what somebody is making: nobody knows what changed before it was marked."""
    connection.execute(update(BLOCKS).values(made=BLOCKS.c.made + 1, accounts=None))


def _made(connection: Connection) -> int:
    return connection.execute(select(BLOCKS.c.made)).scalar_one_or_none() or 0


def _by_block(database: Database, accounts: Sequence[str]) -> Iterator[list[str]]:
    """The accounts in portions of a few blocks."""
    with database.reads.connect() as connection:
        firsts = [first for _, first in _places(connection)]
    placed = groupby(sorted(accounts), lambda one: bisect_right(firsts, one) // BLOCKS_AT_ONCE)
    for _, some in placed:
        yield list(some)


def _places(connection: Connection) -> list[tuple[int, str]]:
    """The blocks in order: their numbers, and from which id on."""
    rows = connection.execute(select(BLOCK.c.id, BLOCK.c.first)).all()
    return sorted(((row.id, row.first) for row in rows), key=lambda one: one[1])


def absorb(connection: Connection, accounts: Sequence[str]) -> None:
    """Take these accounts into their blocks as they are now, or out of them if they are gone.

    Args:
        connection: in a transaction that writes.
        accounts: any; where no blocks hold, nothing is done.

    Raises:
        StillChanging: somebody else wrote between two statements.
    """
    take_turn(connection, NAME)
    known = held(connection)
    if known is None:
        return
    wanted = set(accounts)
    # Before the rows: who writes them later marks them again.
    rows = connection.execute(select(MARK.c.id, MARK.c.account)).all()
    marks = [(row.account, row.id) for row in rows if row.account in wanted]
    blocks, stages, more = _places(connection), stages_of(connection), 0
    firsts = [first for _, first in blocks]
    by_block = defaultdict(list)
    for one in sorted(wanted):
        by_block[bisect_right(firsts, one) - 1].append(one)
    left_out: set[str] = set()
    for place, some in by_block.items():
        number, first = blocks[place]
        read = read_block(connection, some, stages)
        left_out |= read.left_out
        more += _renew(connection, number, first, read.block, some)
    stay = {account: number for account, number in marks if account in left_out}  # one of each
    numbers = [number for account, number in marks if stay.get(account) != number]
    for start in range(0, len(numbers), MARKS_AT_ONCE):
        connection.execute(delete(MARK).where(MARK.c.id.in_(numbers[start : start + MARKS_AT_ONCE])))
    connection.execute(update(BLOCKS).values(made=known[0] + 1, accounts=known[1] + more))


def _renew(connection: Connection, number: int, first: str, now: Block, accounts: Sequence[str]) -> int:
    """Write a block with some of its accounts as they are now; by how many it has become more."""
    before = block_from(*(read_body(connection, select(BLOCK.c.body).where(BLOCK.c.id == number)) or ()))
    stays = np.ones(len(before), dtype=np.bool_)
    there = places(compact(accounts), before.ids)
    stays[there[there >= 0]] = False
    after = joined([chosen(before, np.flatnonzero(stays)), now])
    for part, begin in _parts(after, first):
        body = {"first": begin, "body": part.as_bytes()}
        if begin == first:
            connection.execute(update(BLOCK).where(BLOCK.c.id == number).values(body))
        else:
            connection.execute(insert(BLOCK).values(body))
    return len(after) - len(before)


def _parts(block: Block, first: str) -> Iterator[tuple[Block, str]]:
    """The block, or two halves of it when it has become large, and from which id on each is."""
    if len(block) <= 2 * ACCOUNTS_EACH:
        yield block, first
        return
    ids = block.ids.cast(pa.string()).to_pylist()
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.intp)
    lower, upper = np.array_split(order, 2)
    yield chosen(block, lower), first
    yield chosen(block, upper), ids[upper[0]]
