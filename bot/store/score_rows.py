"""The rows of scores: read by column, written where they differ, and kept as the history of scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    String,
    bindparam,
    case,
    cast,
    delete,
    false,
    func,
    literal,
    select,
    update,
)

from bot.app.facts import Tally
from bot.store import snapshots
from bot.store.bulk_rows import write_rows
from bot.store.frames import account_columns, alike_tables
from bot.store.kept_standings import Held, KeptStandings
from bot.store.places import SCORE, TABLES
from scoring.account_ids import in_order
from scoring.standing import EPOCH_ORDINAL, MEASURE_PARTS, Standing
from scoring.standings import NO_DAY, NO_LABEL, NOTHING, Integers, Moves, Rows, Standings

_HISTORY, _CHANGE = TABLES["score_history"], TABLES["label_change"]

_STANDING = (
    *("r", "f", "m", "total", "label", "last_purchase", "purchases", "spend_minor"),
    *("measure", "value_minor", "details"),
)
_KEPT = ("r", "f", "m", "measure")
ROWS_AT_ONCE = 50_000
IDS_AT_ONCE = 500  # SQLite takes some thousands of parameters in a statement; PostgreSQL's driver 65,535
_TYPES = {"last_purchase": pa.date32()}
NO_DAY_TEXT = "0001-01-01"  # no purchase is so old


@dataclass(frozen=True)
class Memory:
    """What the process holds, and the number of the last run that was kept before this look began."""

    kept: KeptStandings
    newest: int


def read_standings(
    connection: Connection,
    segmentation: str,
    columns: Sequence[str],
    *,
    details: bool,
    only: Sequence[str] | None = None,
    memory: Memory | None = None,
) -> Standings:
    """What the last run said, by id; with ``only`` of those accounts alone.

    Args:
        connection: to the database.
        segmentation: whose.
        columns: which ones (``scoring.standings.NOTHING``).
        details: whether to read the details too.
        only: ids of accounts.
        memory: what the process holds of earlier looks.
    """
    mine = SCORE.c.segmentation == segmentation
    if only is not None:
        some = [mine & SCORE.c.account_id.in_(ids) for ids in batches(only)]
        return _read_rows(connection, columns, some or [mine & false()], details=details)
    snapshot = None if details else snapshots.run_of(connection, segmentation)
    known = None
    if snapshot is not None and memory is not None:
        known = memory.kept.of(segmentation, snapshot, memory.newest, columns)
    if known is not None:
        run_id, standings = known.newest, known.standings
    elif snapshot is not None and (held := snapshots.read(connection, segmentation, columns)) is not None:
        run_id, standings = held
    else:
        return _read_rows(connection, columns, [mine], details=details)
    later = _read_rows(connection, columns, [mine & (SCORE.c.run_id > run_id)], details=False)
    if len(later):
        standings = snapshots.put_over(standings, later)
    if snapshot is not None and memory is not None:
        memory.kept.keep(segmentation, Held(snapshot, memory.newest, standings))
    return standings


def read_tally(connection: Connection, segmentation: str) -> Tally:
    """How many accounts have which label, and how many have a measure."""
    query = (
        select(SCORE.c.label, func.count(), func.count(SCORE.c.measure))
        .where(SCORE.c.segmentation == segmentation)
        .group_by(SCORE.c.label)
    )
    rows = connection.execute(query).all()
    return Tally({label: many for label, many, _ in rows}, sum(measured for *_, measured in rows))


def _read_rows(
    connection: Connection, columns: Sequence[str], chosen: Sequence[ColumnElement[bool]], *, details: bool
) -> Standings:
    """The rows for which one of the conditions holds; each row is chosen by one of them."""
    named = (select(SCORE.c.label).distinct().where(one) for one in chosen)
    found = {name for query in named for name in connection.execute(query).scalars()}
    labels = tuple(sorted(name for name in found if name is not None))
    asked = [SCORE.c.account_id, _place(labels), *(_stored(name) for name in columns)]
    types = [pa.int64(), *(_TYPES.get(name, pa.int64()) for name in columns)]
    statements = [select(*asked).where(one).order_by(SCORE.c.account_id) for one in chosen]
    table = pa.concat_tables(alike_tables([account_columns(connection, one, types) for one in statements]))
    texts = None
    if details:
        queries = (select(SCORE.c.details).where(one).order_by(SCORE.c.account_id) for one in chosen)
        rows = [text for query in queries for text in connection.execute(query).scalars()]
        table = table.append_column("details", pa.array(rows, pa.string()))
    order = in_order(table.column(0).combine_chunks())
    if order is not None:
        table = table.take(pa.array(order))
    ids, label, *others = (one.combine_chunks() for one in table.columns)
    if details:
        *others, texts = others
    numbers = {name: _numbers(name, column) for name, column in zip(columns, others, strict=True)}
    return Standings(ids, label.to_numpy(), labels, numbers, texts)


def read_one(connection: Connection, segmentation: str, account_id: str) -> Standing | None:
    """What the last run said of one account; None when it takes no part."""
    mine = (SCORE.c.segmentation == segmentation, SCORE.c.account_id == account_id)
    row = connection.execute(select(*(SCORE.c[name] for name in _STANDING)).where(*mine)).one_or_none()
    return None if row is None else Standing(**row._mapping)


def read_column(
    connection: Connection, segmentation: str, column: str, account_ids: Sequence[str]
) -> Mapping[str, Any]:
    """One column of some accounts; those without a value are not among them."""
    place = SCORE.c[column]
    query = select(SCORE.c.account_id, place).where(SCORE.c.segmentation == segmentation, place.is_not(None))
    return {
        account: value
        for some in batches(account_ids)
        for account, value in connection.execute(query.where(SCORE.c.account_id.in_(some)))
    }


def write_scores(connection: Connection, segmentation: str, run_id: int, at: datetime, moves: Moves) -> None:
    """Write the scores that differ, and remove those of accounts that take no part any more."""
    fixed = {"run_id": run_id, "scored_at": at, "segmentation": segmentation}
    after, rows = moves.after, np.concatenate([moves.added, moves.changed])
    for some in _portions(rows):
        columns: dict[str, Sequence[Any]] = {
            "account_id": after.ids_at(some),
            "label": after.labels_at(some),
            "total": after.totals_at(some),
            "details": after.details_at(some),
            **{name: after.values_at(name, some) for name in NOTHING},
        }
        write_rows(connection, SCORE, columns, fixed)
    if len(moves.gone):
        this = (SCORE.c.segmentation == segmentation) & (SCORE.c.account_id == bindparam("this"))
        gone = [{"this": account} for account in moves.before.ids_at(moves.gone)]
        connection.execute(delete(SCORE).where(this), gone)


def with_purchases(moves: Moves, fewest: int) -> set[str]:
    """Those of the accounts that differ which have so many purchases."""
    rows = np.concatenate([moves.added, moves.changed])
    return set(moves.after.ids_at(rows[moves.after.column("purchases")[rows] >= fewest]))


def write_history(connection: Connection, segmentation: str, run_id: int, day: date, moves: Moves) -> None:
    """Keep label and scores from a day on, of every account of which one of them differs.

    A measure counts by its whole numbers: a risk creeps from day to day, and nobody asks for its decimals.
    """
    fixed = {"segmentation": segmentation, "as_of": day, "run_id": run_id}
    after = moves.after
    for some in _portions(np.concatenate([moves.added, _notable(moves)])):
        kept = {name: after.values_at(name, some) for name in _KEPT}
        columns: dict[str, Sequence[Any]] = {
            "account_id": after.ids_at(some),
            "label": after.labels_at(some),
            **kept,
        }
        write_rows(connection, _HISTORY, columns, {**fixed, "gone": False})
    for some in _portions(moves.gone):
        _write_gone(connection, segmentation, run_id, day, moves.before.ids_at(some))


def _write_gone(
    connection: Connection, segmentation: str, run_id: int, day: date, accounts: Sequence[str]
) -> None:
    nothing = {name: [None] * len(accounts) for name in ("label", *_KEPT)}
    fixed = {"segmentation": segmentation, "as_of": day, "run_id": run_id, "gone": True}
    write_rows(connection, _HISTORY, {"account_id": accounts, **nothing}, fixed)


def forget_scores(connection: Connection, segmentation: str, day: date) -> None:
    """Take away everything that a segmentation says now; in the history the accounts are gone from a day on.

    Whoever takes part in what comes after it is written over that.
    """
    mine = select(SCORE.c.account_id).where(SCORE.c.segmentation == segmentation)
    accounts = connection.execute(mine.order_by(SCORE.c.account_id)).scalars().all()
    for start in range(0, len(accounts), ROWS_AT_ONCE):
        _write_gone(connection, segmentation, 0, day, accounts[start : start + ROWS_AT_ONCE])
    connection.execute(delete(SCORE).where(SCORE.c.segmentation == segmentation))
    standing = (_CHANGE.c.segmentation == segmentation, _CHANGE.c.ended_on.is_(None))
    connection.execute(update(_CHANGE).where(*standing).values(ended_on=day))
    snapshots.forget(connection, segmentation)
    for name in ("offer", "learned"):
        table = TABLES[name]
        connection.execute(delete(table).where(table.c.segmentation == segmentation))


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids in portions that fit into one statement."""
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield ids[start : start + IDS_AT_ONCE]


def _portions(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


def _notable(moves: Moves) -> Rows:
    """Rows of ``after`` that differ in what the history keeps."""
    differs = np.zeros(len(moves.changed), dtype=bool)
    differs[moves.relabelled] = True
    for name in "rfm":
        differs |= moves.before.column(name)[moves.old] != moves.after.column(name)[moves.changed]
    before, after = moves.before.column("measure")[moves.old], moves.after.column("measure")[moves.changed]
    differs |= before // MEASURE_PARTS != after // MEASURE_PARTS
    found: Rows = moves.changed[differs]
    return found


def _place(labels: Sequence[str]) -> ColumnElement[int]:
    if not labels:
        return literal(NO_LABEL)
    return case(*((SCORE.c.label == name, number) for number, name in enumerate(labels)), else_=NO_LABEL)


def _stored(name: str) -> ColumnElement[Any]:
    if name == "last_purchase":
        return func.coalesce(cast(SCORE.c.last_purchase, String), NO_DAY_TEXT)
    # As text: PostgreSQL reads a minus sign by itself, and 2^63 alone leaves 64 bits.
    return func.coalesce(SCORE.c[name], cast(literal(str(NOTHING[name])), BigInteger))


def _numbers(name: str, column: pa.Array) -> Integers:
    if name != "last_purchase":
        whole: Integers = column.to_numpy()
        return whole
    found: npt.NDArray[np.int64] = pc.cast(column, pa.int32()).to_numpy().astype(np.int64) + EPOCH_ORDINAL
    return np.where(found == date.fromisoformat(NO_DAY_TEXT).toordinal(), NO_DAY, found)
