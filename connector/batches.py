"""Records of a page held by column: what a page of thousands is made, compared and written as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import attrgetter, lt
from typing import Any, TypeAlias, overload

import pyarrow as pa

from connector.ports import CrmRecord, Value

# Arrow's own allocator keeps segments of 32 MB for each of its threads.
pa.set_memory_pool(pa.system_memory_pool())
# An Arrow array, or a sequence of plain values.
Column: TypeAlias = Any


def plain(column: Column) -> Sequence[Any]:
    """The column as plain values."""
    values: Sequence[Any] = column.to_pylist() if isinstance(column, pa.Array) else column
    return values


def content_of(texts: pa.Array) -> memoryview:
    """The bytes of all texts of an array, which lie one behind the other.

    To look through them at once takes a tenth of the time of a look into each text.
    """
    _, offsets, content = texts.buffers()
    if content is None:
        return memoryview(b"")
    ends = memoryview(offsets).cast("i")
    return memoryview(content)[ends[texts.offset] : ends[texts.offset + len(texts)]]


class RecordBatch(Sequence[CrmRecord]):
    """Records as columns. A record is made only when somebody asks for it.

    Args:
        ids: of each record.
        columns: the typed columns, in the order of ``CrmRecord.values``; as Arrow arrays, days are date32,
            instants timestamps in UTC, whole numbers int64.
        raws: the canonical JSON text of each record.

    Attributes:
        ready: what whoever writes it made of it beforehand; None when nobody did.
    """

    __slots__ = ("_ids", "_raws", "columns", "ready")

    def __init__(self, ids: Column, columns: Sequence[Column], raws: Column) -> None:
        self._ids = ids
        self._raws = raws
        self.columns = tuple(columns)
        self.ready: Any = None

    @property
    def ids(self) -> Sequence[str]:
        """The id of each record."""
        ids = self._ids = plain(self._ids)
        return ids

    @property
    def raws(self) -> Sequence[str]:
        """The canonical JSON text of each record."""
        raws = self._raws = plain(self._raws)  # Arrow's copy of the texts goes
        return raws

    @property
    def raw_column(self) -> Column:
        """The same as it is held."""
        return self._raws

    def taken(self, rows: Sequence[int]) -> RecordBatch:
        """Those of these rows, in this order."""
        columns = [_taken(one, rows) for one in self.columns]
        return RecordBatch(_taken(self._ids, rows), columns, _taken(self._raws, rows))

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, row: int) -> CrmRecord: ...
    @overload
    def __getitem__(self, row: slice) -> RecordBatch: ...
    def __getitem__(self, row: int | slice) -> CrmRecord | RecordBatch:
        if isinstance(row, slice):
            return self.taken(range(*row.indices(len(self))))
        return next(iter(self.taken([range(len(self))[row]])))

    def __iter__(self) -> Iterator[CrmRecord]:
        values = zip(*map(plain, self.columns), strict=True) if self.columns else iter([()] * len(self))
        return map(CrmRecord, self.ids, values, self.raws)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RecordBatch of {len(self)}"


def ids_of(records: Sequence[CrmRecord]) -> Sequence[str]:
    """The id of each record."""
    return records.ids if isinstance(records, RecordBatch) else [one.id for one in records]


def raws_of(records: Sequence[CrmRecord]) -> Sequence[str]:
    """The canonical text of each record."""
    return records.raws if isinstance(records, RecordBatch) else [one.raw for one in records]


def column_of(records: Sequence[CrmRecord], place: int) -> Sequence[Value]:
    """One typed column."""
    if isinstance(records, RecordBatch):
        return plain(records.columns[place])
    return [one.values[place] for one in records]


def has_value(records: Sequence[CrmRecord], place: int) -> bool:
    """Whether a typed column has any."""
    column = records.columns[place] if isinstance(records, RecordBatch) else column_of(records, place)
    if isinstance(column, pa.Array):
        return bool(column.null_count < len(column))
    return any(value is not None for value in column)


def as_batch(records: Sequence[CrmRecord]) -> RecordBatch:
    """The records as columns."""
    if isinstance(records, RecordBatch):
        return records
    columns = list(zip(*map(attrgetter("values"), records), strict=True))
    return RecordBatch(ids_of(records), columns, raws_of(records))


def in_order(batch: RecordBatch) -> RecordBatch:
    """By ascending id, in the order of texts."""
    ids = batch.ids
    if all(map(lt, ids, islice(ids, 1, None))):
        return batch
    ordered = sorted(range(len(ids)), key=ids.__getitem__)
    return batch.taken(ordered)


def _taken(column: Column, rows: Sequence[int]) -> Column:
    if isinstance(column, pa.Array):
        return column.take(pa.array(rows, pa.int64()))
    return [column[row] for row in rows]
