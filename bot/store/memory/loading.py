"""Reading accounts, deals and changes of label into columns: all of them, or those of some accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, Date, Select, and_, case, func, literal, select

from bot.store.frames import account_columns
from bot.store.memory.held import (
    NO_DAY,
    STANDS,
    Changes,
    Coded,
    Column,
    Deals,
    Numbers,
    Small,
    Truths,
    Whole,
    Wholes,
)
from bot.store.memory.marks import TooManyValues
from bot.store.numbered import check_known, place_among
from bot.store.places import ACCOUNT, SCORE, TABLES, TRANSACTION
from scoring.account_ids import compact, in_order
from scoring.days import EPOCH, day_number

CHANGE = TABLES["label_change"]
ACCOUNTS_AT_ONCE, CHANGES_AT_ONCE, IDS_AT_ONCE = 50_000, 500_000, 500
DAYS_AT_ONCE = 31
MOST_VALUES = 20_000  # a text with more of them is not held
MOST_OWNERS = np.iinfo(np.int16).max  # of deals
NO_NAME = np.iinfo(np.uint64).max
PREFIX = 8
TEXTS = ("industry", "city", "state", "country", "kind", "owner_id")
NUMBERS = ("annual_revenue_minor", "employees", "created_at")  # instants in microseconds since 1970
CODED_SCORES = ("label", "last_purchase")
SCORES = ("r", "f", "m", "total", "purchases", "spend_minor")
NEVER_EMPTY = {
    "score.purchases",
    "score.spend_minor",
}  # an account without a score has bought nothing that counts
_WORDS = ("segmentation", "old_label", "new_label", "direction")
_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 31)
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True)
class Read:
    """Accounts as they were read."""

    ids: pa.Array
    columns: dict[str, Column]
    prefix: npt.NDArray[np.uint64]


def read_accounts(connection: Connection, segmentation: str, only: Sequence[str] | None = None) -> Read:
    """Accounts with their scores of one segmentation; with ``only`` of those ids alone."""
    mine = and_(SCORE.c.account_id == ACCOUNT.c.id, SCORE.c.segmentation == segmentation)
    held = [
        *(ACCOUNT.c[one] for one in (*TEXTS, *NUMBERS)),
        *(SCORE.c[one] for one in (*CODED_SCORES, *SCORES)),
    ]
    query = select(ACCOUNT.c.id, ACCOUNT.c.name, *held).select_from(ACCOUNT.outerjoin(SCORE, mine))
    texts = {
        **{f"account.{one}": _Values() for one in TEXTS},
        **{f"score.{one}": _Values() for one in CODED_SCORES},
    }
    wholes = {
        **{f"account.{one}": _Amounts() for one in NUMBERS},
        **{f"score.{one}": _Amounts() for one in SCORES},
    }
    sources = [f"{'account' if one.table is ACCOUNT else 'score'}.{one.name}" for one in held]
    ids: list[str] = []
    prefixes = []
    for rows in _pages(connection, query, ACCOUNT.c.id, only):
        some, names, *values = zip(*rows, strict=True)
        ids += some
        prefixes.append(_prefixes(names))
        for source, column in zip(sources, values, strict=True):
            (texts[source] if source in texts else wholes[source]).add(column)
    found: dict[str, Column] = {source: one.column() for source, one in texts.items() if one.is_held}
    for source, amounts in wholes.items():
        known = amounts.column()
        always = source in NEVER_EMPTY
        found[source] = Wholes(known.values, np.ones(len(ids), dtype=np.bool_)) if always else known
    return Read(compact(ids), found, _joined(prefixes, np.uint64))


def ascending(read: Read) -> Read:
    """The same by id, so that an account is found at once."""
    order = in_order(read.ids)
    if order is None:
        return read
    columns: dict[str, Column] = {}
    for source, one in read.columns.items():
        if isinstance(one, Coded):
            columns[source] = Coded(one.codes[order], one.values)
        else:
            columns[source] = Wholes(one.values[order], one.present[order])
    return Read(read.ids.take(pa.array(order)), columns, read.prefix[order])


def _pages(
    connection: Connection, query: Select[Any], key: ColumnElement[str], only: Sequence[str] | None
) -> Iterator[Sequence[Any]]:
    if only is None:
        streamed = connection.execute(query, execution_options={"stream_results": True})
        yield from streamed.partitions(ACCOUNTS_AT_ONCE)
        return
    for start in range(0, len(only), IDS_AT_ONCE):
        rows = connection.execute(query.where(key.in_(only[start : start + IDS_AT_ONCE]))).all()
        if rows:
            yield rows


class _Values:
    """Values that are told once each."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {None: 0}
        self._codes: list[Numbers] = []

    @property
    def is_held(self) -> bool:
        return len(self._numbers) <= MOST_VALUES

    def add(self, column: Sequence[Any]) -> None:
        if self.is_held:
            numbers = self._numbers
            codes = (numbers.setdefault(one, len(numbers)) for one in column)
            self._codes.append(np.fromiter(codes, np.int32, len(column)))

    def column(self) -> Coded:
        return Coded(_joined(self._codes, np.int32), tuple(self._numbers))


class _Amounts:
    """Whole numbers that may be missing."""

    def __init__(self) -> None:
        self._values: list[Whole] = []
        self._present: list[Truths] = []

    def add(self, column: Sequence[int | datetime | None]) -> None:
        self._values.append(np.fromiter((_whole(one) for one in column), np.int64, len(column)))
        self._present.append(np.fromiter((one is not None for one in column), np.bool_, len(column)))

    def column(self) -> Wholes:
        return Wholes(_joined(self._values, np.int64), _joined(self._present, np.bool_))


def _whole(value: int | datetime | None) -> int:
    return (value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value or 0


def _joined(parts: Sequence[npt.NDArray[Any]], kind: Any) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def _prefixes(names: Iterable[str | None]) -> npt.NDArray[np.uint64]:
    """The first bytes of names as numbers that ascend as the names do: A to Z as a to z, as lists are."""
    known = [(one or "").encode("utf-8", "surrogatepass")[:PREFIX].lower() for one in names]
    found = np.array(known, dtype=f"S{PREFIX}").view(">u8").astype(np.uint64)
    return np.where(np.array([not one for one in known]), NO_NAME, found).astype(np.uint64)


def read_deals(
    connection: Connection,
    stages: Sequence[str | None],
    owners: Sequence[str | None],
    numbered: Any,
    only: Sequence[str] | None = None,
) -> tuple[Deals, tuple[str | None, ...]]:
    """Deals of accounts that there are, and the ids of their owners, behind those that are known.

    Args:
        connection: to the cache.
        stages: every one that occurs, the first of which is None.
        owners: those that have a number already, the first of which is None.
        numbered: gives the numbers of accounts, -1 of those that there are not.
        only: ids of accounts.

    Raises:
        TooManyValues: of owners.
    """
    of = TRANSACTION.c
    day = func.coalesce(of.occurred_on, literal(_FIRST, Date))
    amount_minor, owner = func.coalesce(of.amount_minor, 0), func.coalesce(of.owner_id, "")
    query = select(of.account_id, place_among(of.stage, stages), day, amount_minor, owner)
    types = [pa.int16(), pa.date32(), pa.int64(), pa.dictionary(pa.int32(), pa.string())]
    known = {one or "": number for number, one in enumerate(owners)}
    accounts, kinds, owned, days, amounts = [], [], [], [], []
    for one in _spans(connection, query.where(of.account_id.is_not(None)), only):
        table = account_columns(connection, one, types)
        ids, stage, dated, amount, whose = (column.combine_chunks() for column in table.columns)
        number = numbered(ids)
        at = np.flatnonzero(number >= 0)
        check_known(stage)
        on = pc.cast(dated, pa.int32()).to_numpy()[at].astype(np.int64)
        on[on == day_number(_FIRST)] = NO_DAY
        order = np.argsort(on, kind="stable")
        at, on = at[order], on[order]
        accounts.append(number[at].astype(np.int32))
        kinds.append(stage.to_numpy()[at].astype(np.int16))
        owned.append(_codes(whose, known)[at])
        days.append(on.astype(np.int32))
        amounts.append(amount.to_numpy()[at].astype(np.int64))
    deals = deals_by_day(
        _joined(accounts, np.int32),
        _joined(kinds, np.int16),
        _joined(owned, np.int16),
        _joined(days, np.int32),
        _joined(amounts, np.int64),
    )
    return deals, tuple(one or None for one in known)


def _codes(values: pa.DictionaryArray, known: dict[str, int]) -> Small:
    """The numbers of texts; those that are not known get the next ones."""
    numbers = [known.setdefault(one, len(known)) for one in values.dictionary.to_pylist()]
    if len(known) > MOST_OWNERS:
        raise TooManyValues
    found: Small = np.array(numbers, dtype=np.int16)[values.indices.to_numpy()]
    return found


def deals_by_day(account: Numbers, stage: Small, owner: Small, day: Numbers, amount: Whole) -> Deals:
    """Deals in the order of their days."""
    if len(day) and bool((day[1:] < day[:-1]).any()):
        order = np.argsort(day, kind="stable")
        account, stage, owner = account[order], stage[order], owner[order]
        day, amount = day[order], amount[order]
    begins = (
        np.flatnonzero(np.concatenate([[True], day[1:] != day[:-1]])) if len(day) else np.empty(0, np.int64)
    )
    starts = np.append(begins, len(day)).astype(np.int64)
    return Deals(account, stage, owner, amount, day[begins].astype(np.int64), starts)


def _spans(connection: Connection, query: Select[Any], only: Sequence[str] | None) -> Iterator[Select[Any]]:
    """The query for some accounts, or for some days at once, in their order; no day first."""
    of = TRANSACTION.c
    if only is not None:
        for start in range(0, len(only), IDS_AT_ONCE):
            yield query.where(of.account_id.in_(only[start : start + IDS_AT_ONCE]))
        return
    yield query.where(of.occurred_on.is_(None))
    known = of.occurred_on.is_not(None)
    first = connection.execute(select(func.min(of.occurred_on)).where(known)).scalar()
    last = connection.execute(select(func.max(of.occurred_on)).where(known)).scalar()
    while first is not None and last is not None and first <= last:
        behind = (
            first + timedelta(days=DAYS_AT_ONCE) if first <= _LAST - timedelta(days=DAYS_AT_ONCE) else None
        )
        some = query.where(of.occurred_on >= literal(first, Date))
        yield some if behind is None else some.where(of.occurred_on < literal(behind, Date))
        if behind is None:
            return
        # Over days without deals.
        first = connection.execute(
            select(func.min(of.occurred_on)).where(of.occurred_on >= literal(behind, Date))
        ).scalar()


def read_words(
    connection: Connection, known: Sequence[str | None], only: Sequence[str] | None = None
) -> tuple[str | None, ...]:
    """Labels, segmentations and courses that occur in changes, behind those that are known; None first."""
    found: dict[str | None, None] = dict.fromkeys(known or (None,))
    portions = (
        [None] if only is None else [only[at : at + IDS_AT_ONCE] for at in range(0, len(only), IDS_AT_ONCE)]
    )
    for some in portions:
        query = select(*(CHANGE.c[one] for one in _WORDS)).distinct()
        for row in connection.execute(query if some is None else query.where(CHANGE.c.account_id.in_(some))):
            found.update(dict.fromkeys(row))
    return tuple(found)


def read_changes(
    connection: Connection, words: Sequence[str | None], numbered: Any, only: Sequence[str] | None = None
) -> Changes:
    """Changes of label of accounts that there are; arguments as ``read_deals``."""
    of = CHANGE.c
    query = select(
        of.account_id,
        of.id,
        *(place_among(of[one], words) for one in _WORDS),
        case((of.baseline.is_(True), 1), else_=0),
        of.as_of,
        func.coalesce(of.ended_on, literal(_LAST, Date)),
    )
    types = [pa.int64(), *[pa.int16()] * len(_WORDS), pa.int8(), pa.date32(), pa.date32()]
    tables = [account_columns(connection, one, types) for one in _portions(connection, query, only)]
    columns: list[list[Any]] = [[] for _ in range(9)]
    for table in tables:
        number = numbered(table.column(0).combine_chunks())
        at = np.flatnonzero(number >= 0)
        columns[0].append(number[at].astype(np.int32))
        for column in table.columns[2 : 2 + len(_WORDS)]:
            check_known(column)
        for place, column in enumerate(table.columns[1:], 1):
            whole = pc.cast(column, pa.int32()) if pa.types.is_date(column.type) else column
            columns[place].append(whole.to_numpy()[at])
    kinds = (np.int32, np.int64, np.int16, np.int16, np.int16, np.int16, np.int8, np.int32, np.int32)
    account, own, segmentation, old, new, course, baseline, as_of, ended = (
        _joined(one, kind) for one, kind in zip(columns, kinds, strict=True)
    )
    stands = ended == day_number(_LAST)
    return Changes(
        *(own, account, segmentation, old, new, course, baseline.astype(np.bool_), as_of),
        np.where(stands, STANDS, ended).astype(np.int32),
    )


def _portions(
    connection: Connection, query: Select[Any], only: Sequence[str] | None
) -> Iterator[Select[Any]]:
    if only is not None:
        for start in range(0, len(only), IDS_AT_ONCE):
            yield query.where(CHANGE.c.account_id.in_(only[start : start + IDS_AT_ONCE]))
        return
    last = connection.execute(select(func.max(CHANGE.c.id))).scalar() or 0
    for start in range(0, last + 1, CHANGES_AT_ONCE):
        yield query.where(CHANGE.c.id >= start, CHANGE.c.id < start + CHANGES_AT_ONCE)


def as_day(number: int) -> date | None:
    """A day of deals; None for none."""
    return None if number == NO_DAY else EPOCH + timedelta(days=number)
