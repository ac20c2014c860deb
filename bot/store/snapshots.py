"""The standings of a run in one piece, so that the next run reads a million of them in a moment.

A snapshot is a copy of what stands in ``score``, with the number of the run that it was made in. Rows that
later runs wrote are read from there and put over it; when there are many of them, or when an account has
gone, a new one is made. Without a snapshot the rows themselves are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, delete, func, select

from bot.store.bodies import read_body
from bot.store.places import TABLES
from connector.cache.statements import upsert
from scoring.account_ids import places
from scoring.standings import Integers, Moves, Standings

_SNAPSHOT, _RUN = TABLES["standing_snapshot"], TABLES["run"]
# With so many rows of later runs in a hundred, a new snapshot costs less than to put them over the old one.
MOST_LATER_PERCENT = 4
_SMALL: Mapping[str, pa.DataType] = {
    "last_purchase": pa.int32(),
    **dict.fromkeys("rfm", pa.int8()),
}
_LABEL, _IDS = "label", "ids"


def read(connection: Connection, segmentation: str, columns: Sequence[str]) -> tuple[int, Standings] | None:
    """The newest snapshot with these columns, and the number of its run."""
    query = select(_SNAPSHOT.c.run_id, _SNAPSHOT.c.body).where(_SNAPSHOT.c.segmentation == segmentation)
    row = read_body(connection, query)
    if row is None:
        return None
    run_id, body = row
    table = pa.ipc.open_stream(pa.py_buffer(body)).read_all()
    if not {*columns} <= {*table.column_names}:
        return None
    names = tuple(json.loads(table.schema.metadata[b"labels"]))
    ids = _one(table, _IDS)
    return run_id, Standings(
        pa.concat_arrays([ids, ids[:0]]),  # a copy: else all of the body would stay in memory
        _whole(table, _LABEL),
        names,
        {name: _whole(table, name) for name in columns},
    )


def run_of(connection: Connection, segmentation: str) -> int | None:
    """The number of the run that the snapshot was made in; None where there is none."""
    query = select(_SNAPSHOT.c.run_id).where(_SNAPSHOT.c.segmentation == segmentation)
    return connection.execute(query).scalar_one_or_none()


def renew(connection: Connection, segmentation: str, run_id: int, moves: Moves, *, everybody: bool) -> None:
    """Make a snapshot if the one that there is has become too old; take it away if it became wrong.

    Of a segmentation that reads its details there is none: rows are read for it.

    Args:
        connection: in the transaction that wrote the scores of the run.
        segmentation: whose.
        run_id: of the run.
        moves: what the run said.
        everybody: whether it said it of all accounts.
    """
    gone = bool(len(moves.gone))
    if not everybody:
        if gone:
            forget(connection, segmentation)
    elif len(moves) and moves.before.details is None:
        _keep(connection, segmentation, run_id, moves.after, gone=gone)


def _keep(connection: Connection, segmentation: str, run_id: int, after: Standings, *, gone: bool) -> None:
    held = connection.execute(
        select(_SNAPSHOT.c.run_id, _SNAPSHOT.c.accounts).where(_SNAPSHOT.c.segmentation == segmentation)
    ).one_or_none()
    if held is not None and not gone and _few_later(connection, segmentation, held.run_id, len(after)):
        return
    values: dict[str, Any] = {
        "segmentation": segmentation,
        "run_id": run_id,
        "accounts": len(after),
        "body": _written(after),
    }
    connection.execute(upsert(_SNAPSHOT, connection.dialect.name, frozenset(values)), values)


def forget(connection: Connection, segmentation: str) -> None:
    """Take it away."""
    connection.execute(delete(_SNAPSHOT).where(_SNAPSHOT.c.segmentation == segmentation))


def put_over(standings: Standings, later: Standings) -> Standings:
    """Standings with those of some accounts replaced, and new ones added in their places."""
    at = places(later.ids, standings.ids)
    label = standings.label.copy()
    names = tuple(dict.fromkeys((*standings.names, *later.names)))
    theirs = np.array([*(names.index(one) for one in later.names), -1], dtype=np.int64)[later.label]
    known = at >= 0
    label[at[known]] = theirs[known]
    columns: dict[str, Integers] = {}
    for name, values in standings.columns.items():
        columns[name] = values.copy()
        columns[name][at[known]] = later.columns[name][known]
    if known.all():
        return Standings(standings.ids, label, names, columns)
    return _with_new(Standings(standings.ids, label, names, columns), later, theirs, ~known)


def _with_new(standings: Standings, later: Standings, theirs: Integers, new: Any) -> Standings:
    ids = pa.concat_arrays([*_alike(standings.ids, later.ids.filter(pa.array(new)))])
    order = np.asarray(pa.compute.sort_indices(ids))
    columns = {
        name: np.concatenate([values, later.columns[name][new]])[order]
        for name, values in standings.columns.items()
    }
    label = np.concatenate([standings.label, theirs[new]])[order]
    return Standings(ids.take(pa.array(order)), label, standings.names, columns)


def _alike(one: pa.Array, other: pa.Array) -> tuple[pa.Array, pa.Array]:
    if one.type == other.type:
        return one, other
    return one.cast(pa.string()), other.cast(pa.string())


def _few_later(connection: Connection, segmentation: str, run_id: int, accounts: int) -> bool:
    """By what later runs wrote, at most: to count the rows takes longer, and some are written again."""
    later = select(func.sum(_RUN.c.written), func.count(), func.count(_RUN.c.written))
    mine = later.where(_RUN.c.segmentation == segmentation, _RUN.c.id > run_id)
    written, runs, counted = connection.execute(mine).one()
    return runs == counted and (written or 0) * 100 <= accounts * MOST_LATER_PERCENT


def _written(standings: Standings) -> bytes:
    columns = {
        _IDS: standings.ids,
        _LABEL: pa.array(standings.label.astype(np.int16)),
        **{
            name: pa.array(values).cast(_SMALL.get(name, pa.int64()))
            for name, values in standings.columns.items()
        },
    }
    table = pa.table(columns).replace_schema_metadata({"labels": json.dumps(standings.names)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _one(table: pa.Table, name: str) -> pa.Array:
    return table.column(name).combine_chunks()


def _whole(table: pa.Table, name: str) -> Integers:
    whole: Integers = _one(table, name).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return whole
