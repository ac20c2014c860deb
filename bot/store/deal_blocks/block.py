"""A block: some accounts with stage, day and amount of their deals by column; as bytes; its sums."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bot.store.purchase_values import NEVER
from scoring.criteria.bounds import LARGEST, LOW_BITS, SMALLEST
from scoring.days import day_number

Whole = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]
Numbers = npt.NDArray[Any]  # whole ones, of whatever size
DEALS_AT_ONCE = 500_000  # one account may have millions
_LOW = (1 << LOW_BITS) - 1
_STAGES, _DEALS = b"stages", ("stage", "day", "amount")


@dataclass(frozen=True, eq=False)
class Sums:
    """What counts of each account of a block: ``last`` in days since 1970, ``spend`` in minor units."""

    last: Whole
    number: Whole
    spend: Whole


@dataclass(frozen=True, eq=False)
class Block:
    """Accounts and their deals, one account's after another's.

    Attributes:
        ids: of the accounts, each once; texts, or whole numbers (``scoring.account_ids.compact``).
        starts: where each account's deals begin, and where the last one's end.
        stage: of each deal, its place in ``stages``; ``stages`` may hold None, which is no stage.
        day: days since 1970. Deals without a day never count, and are not here.
        amount: minor units; 0 of one without an amount.
    """

    ids: pa.Array
    starts: Whole
    stages: tuple[str | None, ...]
    stage: Numbers
    day: Numbers
    amount: Numbers

    def __len__(self) -> int:
        return len(self.ids)

    def sums(self, counted: Collection[str | None], day: int) -> Sums:
        """What ``bot.store.counted.sums`` gives: of deals in these stages up to a day.

        A deal below 0 is money given back: it is added, and is no purchase. Sums beyond 64 bits are the
        utmost there is.
        """
        wanted = np.array([one in counted for one in self.stages], dtype=np.bool_)
        last = np.full(len(self), day_number(NEVER), dtype=np.int64)
        number, upper, lower = (np.zeros(len(self), dtype=np.int64) for _ in range(3))
        for start in range(0, len(self.day), DEALS_AT_ONCE):
            some = slice(start, start + DEALS_AT_ONCE)
            stage, days, amount = self.stage[some], self.day[some], self.amount[some]
            accounts, begins = self._within(start, start + len(days))
            counts = wanted[stage] & (days <= day)
            bought = counts & (amount >= 0)
            latest = np.where(bought, days, np.int32(day_number(NEVER)))
            last[accounts] = np.maximum(last[accounts], np.maximum.reduceat(latest, begins))
            number[accounts] += np.add.reduceat(bought, begins, dtype=np.int64)
            # In halves, each of which stays within 64 bits.
            amount = np.where(counts, amount, 0).astype(np.int64)
            upper[accounts] += np.add.reduceat(amount >> LOW_BITS, begins, dtype=np.int64)
            lower[accounts] += np.add.reduceat(amount & _LOW, begins, dtype=np.int64)
        return Sums(last, number, _whole(upper, lower))

    def _within(self, start: int, behind: int) -> tuple[Rows, Whole]:
        """The accounts that have deals among these, and where among them each one's begin."""
        first = np.searchsorted(self.starts, start, side="right") - 1
        rows = np.arange(first, np.searchsorted(self.starts, behind, side="left"))
        rows = rows[self.starts[rows + 1] > self.starts[rows]]  # an empty stretch would give its neighbour
        return rows, np.maximum(self.starts[rows] - start, 0)

    def as_bytes(self) -> bytes:
        """Arrow's stream of one batch: a row for each account, with the list of its deals."""
        columns = [pa.array(least(one)) for one in (self.stage, self.day, self.amount)]
        deals = pa.StructArray.from_arrays(columns, names=list(_DEALS))
        lists = pa.ListArray.from_arrays(pa.array(self.starts.astype(np.int32)), deals)
        table = pa.table({"id": self.ids, "deals": lists})
        table = table.replace_schema_metadata({_STAGES: json.dumps(self.stages)})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        written: bytes = sink.getvalue().to_pybytes()
        return written


def block_from(body: bytes) -> Block:
    """Read a block back. Its arrays are views of the bytes."""
    table = pa.ipc.open_stream(pa.py_buffer(body)).read_all()
    stages = tuple(json.loads(table.schema.metadata[_STAGES]))
    ids, lists = (table.column(name).combine_chunks() for name in ("id", "deals"))
    stage, day, amount = (lists.values.field(name).to_numpy() for name in _DEALS)
    return Block(ids, lists.offsets.to_numpy().astype(np.int64), stages, stage, day, amount)


def joined(parts: Sequence[Block]) -> Block:
    """Blocks as one, in their order; no account is in two of them."""
    parts = [one for one in parts if len(one)] or parts[:1]  # ids of none are of any type
    stages = tuple(dict.fromkeys(name for one in parts for name in one.stages))
    places = {name: place for place, name in enumerate(stages)}
    stage = [np.array([places[name] for name in one.stages], dtype=np.int64)[one.stage] for one in parts]
    ids = [one.ids for one in parts]
    if len({one.type for one in ids}) > 1:
        ids = [one.cast(pa.string()) for one in ids]
    ends = np.cumsum([0, *(one.starts[-1] for one in parts)])
    starts = [one.starts[:-1] + end for one, end in zip(parts, ends[:-1], strict=True)]
    return Block(
        pa.concat_arrays(ids),
        np.concatenate([*starts, ends[-1:]]).astype(np.int64),
        stages,
        np.concatenate(stage),
        np.concatenate([one.day for one in parts]),
        np.concatenate([one.amount for one in parts]),
    )


def chosen(block: Block, rows: Rows) -> Block:
    """Some of a block's accounts, in the order of these rows."""
    many = np.diff(block.starts)[rows]
    starts = np.concatenate([[0], np.cumsum(many)]).astype(np.int64)
    deals = np.repeat(block.starts[rows] - starts[:-1], many) + np.arange(starts[-1])
    return Block(
        block.ids.take(pa.array(rows)),
        starts,
        block.stages,
        block.stage[deals],
        block.day[deals],
        block.amount[deals],
    )


def least(values: Numbers) -> Numbers:
    """The same numbers in as few bytes as hold them all."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind, copy=False)
    return values.astype(np.int64, copy=False)


def _whole(upper: Whole, lower: Whole) -> Whole:
    """The sums of halves; beyond 64 bits the utmost there is (``bot.store.purchase_values.whole_of``)."""
    high, limit = upper + (lower >> LOW_BITS), 1 << (63 - LOW_BITS)
    within = np.clip(high, -limit, limit - 1)
    found = (within << LOW_BITS) + (lower & _LOW)
    found[high >= limit] = LARGEST
    found[high < -limit] = SMALLEST
    return found
