"""Purchases that were still to come on a day and are not any more, added up by account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from bot.app.moved import Moved, Sums
from bot.store.counted import due_since, stages_that_count, sums
from bot.store.frames import account_columns
from bot.store.places import TABLES
from bot.store.purchases import Purchases
from connector.ports import EVERY_ACCOUNT
from scoring.account_ids import alike, compact, places
from scoring.standing import EPOCH_ORDINAL

_TOUCHED = TABLES["touched_account"].c.account_id
_SUMS = (pa.date32(), pa.int64(), pa.int64())


def moved(connection: Connection, counted: Purchases, since: date) -> Moved:
    """The accounts with such purchases: those to be read again, and what the others have bought since."""
    found = None if stages_that_count(connection, counted) is None else _sums(connection, counted, since)
    if found is not None:
        # PostgreSQL shows each statement what others have committed meanwhile: they marked whose it is.
        marked = connection.execute(select(_TOUCHED)).scalars().all()
        if EVERY_ACCOUNT not in marked:
            return _without(found, marked)
    return Moved(frozenset(connection.execute(due_since(counted, since)).scalars()))


def _sums(connection: Connection, counted: Purchases, since: date) -> Sums | None:
    """Of deals alone; None where a sum leaves 64 bits."""
    try:
        table = account_columns(connection, sums(counted, since), _SUMS)
    except OperationalError as error:
        if "integer overflow" not in str(error.orig):
            raise
        return None
    ids, last, number, spend = (column.combine_chunks() for column in table.columns)
    days = last.cast(pa.int32()).to_numpy().astype(np.int64) + EPOCH_ORDINAL
    return Sums(ids, days, number.to_numpy(), spend.to_numpy())


def _without(found: Sums, marked: Sequence[str]) -> Moved:
    """The marked accounts are to be read again."""
    if not marked or not len(found.ids):
        return Moved(frozenset(), found)
    at = places(*alike(found.ids, compact(marked)))
    again = found.ids.filter(pa.array(at >= 0)).cast(pa.string()).to_pylist()
    rows = np.flatnonzero(at < 0)
    others = Sums(found.ids.take(pa.array(rows)), found.last[rows], found.number[rows], found.spend[rows])
    return Moved(frozenset(again), others)
