"""What the purchases of every account come to, out of the blocks, and which accounts there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, select

from bot.store.bodies import read_bodies
from bot.store.deal_blocks.block import Block, block_from
from bot.store.deal_blocks.keeping import BLOCK, are_too_many, held
from bot.store.deal_blocks.reading import marked
from bot.store.frames import alike_tables
from scoring.account_ids import Rows, compact, places
from scoring.days import day_number


@dataclass(frozen=True)
class InBlocks:
    """What blocks say of the accounts that have not changed since.

    Attributes:
        table: account, last day (``date32``), number and sum, a row for each account, with deals or without.
        changed: ids of the accounts whose rows are to be read instead.
    """

    table: pa.Table
    changed: Sequence[str]


def in_blocks(connection: Connection, counted: Collection[str | None], today: date) -> InBlocks | None:
    """What deals in these stages come to up to a day; None where the rows are to be read.

    Args:
        connection: to the cache.
        counted: the stages, None for no stage.
        today: the last day that counts.
    """
    known = held(connection)
    if known is None:
        return None
    _, changed = marked(connection)
    if changed is None or are_too_many(changed, known[1]):
        return None
    bodies = read_bodies(connection, select(BLOCK.c.body).order_by(BLOCK.c.id))
    blocks = (block_from(body) for (body,) in bodies)
    tables = [_summed(one, counted, day_number(today)) for one in blocks if len(one)]
    # On PostgreSQL each statement sees its own moment.
    if not tables or held(connection) != known:
        return None
    return InBlocks(_without(pa.concat_tables(alike_tables(tables)), changed), changed)


def _summed(block: Block, counted: Collection[str | None], day: int) -> pa.Table:
    sums = block.sums(counted, day)
    last = pa.array(sums.last.astype(np.int32)).cast(pa.date32())
    ids = pa.concat_arrays([block.ids, block.ids[:0]])  # a copy: else all of the body would stay in memory
    columns = [ids, last, pa.array(sums.number), pa.array(sums.spend)]
    return pa.Table.from_arrays(columns, [str(place) for place in range(len(columns))])


def _without(table: pa.Table, accounts: Sequence[str]) -> pa.Table:
    """The rows of the other accounts."""
    if not accounts:
        return table
    at = places(compact(accounts), table.column(0).combine_chunks())
    stays = np.ones(len(table), dtype=np.bool_)
    stays[_known(at)] = False
    return table.filter(pa.array(stays))


def _known(at: Rows) -> Rows:
    return at[at >= 0]
