"""The days on which accounts bought: one row for each account and day, added up by the database.

What counts is decided in ``bot.store.purchases``; here it is account, day, amount and whether it is a
purchase: what gives money back is none, and what has no amount is worth 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import BigInteger, Connection, Select, cast, func, literal_column, select

from bot.app.facts import LeftOut, PurchaseDays
from bot.store.catalog import account_catalog
from bot.store.counted import counted_purchases, left_out
from bot.store.frames import columns_of
from bot.store.purchases import Purchases
from scoring.config import Configuration
from scoring.criteria.bounds import LARGEST, LOW_BITS
from scoring.criteria.periods import Today
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.history import Floats, History, Integers

IDS_AT_ONCE = 500  # SQLite takes some thousands of parameters in a statement
_TYPES = (pa.string(), pa.date32(), pa.int64(), pa.int64(), pa.int64())


def read_purchase_days(
    connection: Connection,
    segmentation: LeavingSegmentation,
    configuration: Configuration,
    today: Today,
    only: Sequence[str] | None = None,
    between: tuple[str, str] | None = None,
) -> PurchaseDays:
    """The days with money of accounts, up to today.

    Args:
        connection: to the cache.
        segmentation: what counts as a purchase.
        configuration: the mapping of its fields.
        today: the last day that counts.
        only: of these accounts.
        between: of the accounts from one id to another, in the database's order of texts.

    Raises:
        CriteriaError: criteria that do not fit the fields.
    """
    purchases = _counted(connection, segmentation, configuration, today).rows()
    tables = [columns_of(connection, one, _TYPES) for one in _portions(_by_day(purchases), only, between)]
    found = pa.concat_tables(tables) if tables else _no_rows()
    return _history(*(column.combine_chunks() for column in found.columns))


def purchases_left_out(
    connection: Connection, segmentation: LeavingSegmentation, configuration: Configuration, today: Today
) -> LeftOut:
    """What meets the criteria but has no account, no day or a later one; amounts without a rate."""
    return left_out(connection, _counted(connection, segmentation, configuration, today))


def _counted(
    connection: Connection, segmentation: LeavingSegmentation, configuration: Configuration, today: Today
) -> Purchases:
    # Typing errors in values are found when a document is checked, not when it is used.
    accounts = account_catalog(connection, configuration).open()
    return counted_purchases(connection, segmentation.contributions, configuration, today, accounts)


def _by_day(purchases: Select[Any]) -> Select[Any]:
    """Sums by account and day, in two halves, because whole ones may leave 64 bits."""
    one = purchases.subquery().c
    high = one.amount_minor.op(">>", return_type=BigInteger())(literal_column(str(LOW_BITS)))
    low = one.amount_minor.op("&", return_type=BigInteger())(literal_column(str((1 << LOW_BITS) - 1)))
    return select(
        one.account_id,
        one.day,
        # PostgreSQL sums bigint as numeric.
        cast(func.sum(high), BigInteger),
        cast(func.sum(low), BigInteger),
        func.max(one.is_purchase),
    ).group_by(one.account_id, one.day)


def _portions(
    statement: Select[Any], only: Sequence[str] | None, between: tuple[str, str] | None
) -> Iterator[Select[Any]]:
    account = statement.selected_columns[0]
    if between is not None:
        statement = statement.where(account.between(*between))
    if only is None:
        yield statement
        return
    ids = sorted(set(only))
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield statement.where(account.in_(ids[start : start + IDS_AT_ONCE]))


def _no_rows() -> pa.Table:
    return pa.Table.from_arrays(
        [pa.array([], kind) for kind in _TYPES], [str(at) for at in range(len(_TYPES))]
    )


def _history(
    account: pa.Array, day: pa.Array, high: pa.Array, low: pa.Array, bought: pa.Array
) -> PurchaseDays:
    accounts, place = _by_text(account)
    days = day.cast(pa.int32()).to_numpy().astype(np.int64)
    order = np.lexsort((days, place))
    halves = high.to_numpy()[order], low.to_numpy()[order]
    fits = _fits(place[order], *halves, len(accounts))
    whole = (halves[0] << LOW_BITS) + halves[1]  # of what fits; the rest is left out
    history = History(accounts, place[order], days[order], whole, bought.to_numpy()[order] > 0)
    return PurchaseDays(history if fits.all() else history.of(fits), int((~fits).sum()))


def _by_text(account: pa.Array) -> tuple[npt.NDArray[np.object_], Integers]:
    """The distinct ids in the order of their text, and the place of each row's among them."""
    encoded = account.dictionary_encode()
    ids = np.asarray(encoded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(ids.astype(str), kind="stable") if len(ids) else np.zeros(0, np.int64)
    rank = np.empty(len(ids), dtype=np.int64)
    rank[order] = np.arange(len(ids))
    return ids[order], rank[encoded.indices.to_numpy()]


def _fits(place: Integers, high: Integers, low: Integers, accounts: int) -> npt.NDArray[np.bool_]:
    """Whether each account's amounts, all taken as positive, stay within 64 bits."""
    sizes: Floats = np.abs(high.astype(np.float64) * (1 << LOW_BITS) + low)
    total = np.bincount(place, sizes, accounts)
    return total < float(LARGEST) * (1 - 1e-6)  # doubles are that exact, and more
