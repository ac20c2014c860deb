"""A batch of rows as Arrow columns: the same values for every kind of file, each written its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from bot.app.exporting_values import (
    CURRENCY_COLUMN,
    MONEY_DECIMALS,
    Batch,
    ColumnType,
    ExportColumn,
    FileForm,
    Header,
)

LIST_SEPARATOR: Final = "; "
# Whole units before the point: as many as 64 bits of minor units can be, and more.
_MONEY_DIGITS: Final = 24
_CURRENCY: Final = ExportColumn(CURRENCY_COLUMN, CURRENCY_COLUMN, "Currency of amounts", ColumnType.TEXT)
_PLAIN: Final[Mapping[ColumnType, Any]] = MappingProxyType(
    {
        ColumnType.TEXT: pa.string(),
        ColumnType.WHOLE: pa.int64(),
        ColumnType.NUMBER: pa.float64(),
        ColumnType.DAY: pa.date32(),
        ColumnType.TRUTH: pa.bool_(),
    }
)


def columns_of(form: FileForm) -> tuple[ExportColumn, ...]:
    """The columns of a file: those chosen, and which currency amounts are in if there are any."""
    has_money = any(one.type is ColumnType.MONEY for one in form.columns)
    return (*form.columns, _CURRENCY) if has_money else form.columns


def heads_of(form: FileForm) -> list[str]:
    """What stands above the columns, each once: of like labels the later ones say their names too."""
    taken: set[str] = set()
    heads: list[str] = []
    for one in columns_of(form):
        head = _whole_text((one.label if form.header is Header.LABELS else one.api_name) or one.name)
        further = (f"{head} ({name})" for name in (one.api_name, one.name) if name != head)
        tries = (head, *further)
        free = next((each for each in tries if each.casefold() not in taken), "")
        number = 2
        while not free:
            candidate, number = f"{head} ({number})", number + 1
            free = "" if candidate.casefold() in taken else candidate
        taken.add(free.casefold())
        heads.append(free)
    return heads


class Frames:
    """Makes Arrow columns of batches.

    Args:
        form: of the file.
        typed: for a file that keeps types: lists stay lists, and instants are instants and not local time.
    """

    def __init__(self, form: FileForm, *, typed: bool) -> None:
        self._form = form
        self._typed = typed
        self.columns = columns_of(form)
        self.types = [self._type(one.type) for one in self.columns]

    def arrays(self, batch: Batch) -> list[Any]:
        """A column for each list of values, and the currency's if there is one."""
        found = [self._array(values, one.type) for values, one in zip(batch, self.columns, strict=False)]
        if len(found) < len(self.columns):
            found.append(pa.array([self._form.currency] * len(batch[0]), pa.string()))
        return found

    def _type(self, kind: ColumnType) -> Any:
        if kind is ColumnType.MONEY:
            return pa.decimal128(_MONEY_DIGITS, MONEY_DECIMALS)
        if kind is ColumnType.INSTANT:
            return pa.timestamp("s", tz="UTC") if self._typed else pa.timestamp("s")
        if kind is ColumnType.LIST:
            return pa.list_(pa.string()) if self._typed else pa.string()
        return _PLAIN[kind]

    def _array(self, values: Sequence[Any], kind: ColumnType) -> Any:
        if (prepare := self._preparing(kind)) is not None:
            values = [None if one is None else prepare(one) for one in values]
        try:
            return pa.array(values, self._type(kind))
        except UnicodeEncodeError:  # half of a pair of UTF-16, which is no text
            return pa.array([_whole_text(one) for one in values], self._type(kind))

    def _preparing(self, kind: ColumnType) -> Callable[[Any], Any] | None:
        if kind is ColumnType.MONEY:
            return lambda minor: Decimal(minor).scaleb(-MONEY_DECIMALS)
        if kind is ColumnType.INSTANT:
            return _second if self._typed else self._local
        if kind is ColumnType.LIST and not self._typed:
            return LIST_SEPARATOR.join
        return None

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self._form.zone).replace(tzinfo=None, microsecond=0)


def _second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _whole_text(value: Any) -> Any:
    """A text, or a tuple of them, with a question mark for each half of a pair of UTF-16."""
    if isinstance(value, tuple):
        return tuple(_whole_text(one) for one in value)
    return None if value is None else str(value).encode("utf-8", "replace").decode()
