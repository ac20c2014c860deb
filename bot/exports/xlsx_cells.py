"""Columns of values as cells of a sheet: XML, a thousand cells at once where nothing is out of the ordinary.

Texts are cells of the type text, which no spreadsheet runs; one that would be a formula if somebody edited it
is also marked as quoted, as a person does with an apostrophe.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bot.app.exporting_values import ColumnType
from bot.exports.guard import dangerous_in, is_dangerous

# https://support.microsoft.com/office/excel-specifications-and-limits
CELL_CHARACTERS: Final = 32_767
LARGEST_EXACT: Final = 2**53  # numbers of a spreadsheet are doubles; a longer one is written as text
CUT: Final = "…"
# The styles of a workbook, by the numbers that its cells name.
PLAIN, BOLD, QUOTED, DAY, INSTANT, MONEY = range(6)
STYLES: Final = {ColumnType.DAY: DAY, ColumnType.INSTANT: INSTANT, ColumnType.MONEY: MONEY}

_TEXTS: Final = (ColumnType.TEXT, ColumnType.LIST)
_MOMENTS: Final = (ColumnType.DAY, ColumnType.INSTANT)
_TEXT: Final = ' t="inlineStr"><is><t xml:space="preserve">'
_TEXT_END, _VALUE, _VALUE_END = "</t></is></c>", "><v>", "</v></c>"
# What XML has signs of its own for, and what it cannot hold: that is written as Excel does, _x0001_
# (ECMA-376 part 1, 22.9.2.19), and so is a text that looks like it.
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SPECIAL: Final = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")
# Excel counts days from 30 December 1899, and has a 29 February 1900, before which it counts from the 31st.
_EPOCH_TO_1970: Final = 25_569
_MARCH_1900: Final = (date(1900, 3, 1) - date(1970, 1, 1)).days
_DAY_SECONDS: Final = 86_400
_FIRST_YEAR: Final = 1900


def cells(letters: str, numbers: Any, column: Any, kind: ColumnType) -> Any:
    """The cells of a column of a sheet, as an Arrow array of XML; null where there is no value.

    Args:
        letters: of the column: ``AB``.
        numbers: of the rows, as an Arrow array of texts.
        column: the values, an Arrow array as ``bot.exports.frames`` makes them for files without types.
        kind: of the column.
    """
    if column.null_count == len(column):
        return pa.nulls(len(column), pa.string())
    start = f'<c r="{letters}'
    if kind in _TEXTS:
        return _text_cells(start, numbers, column)
    values = _MADE.get(kind, _numbers)(column)
    if values is None:  # something is out of the ordinary: each cell for itself
        return pa.array(
            [
                None if value is None else cell(f"{letters}{row}", value, kind)
                for row, value in zip(numbers.to_pylist(), column.to_pylist(), strict=True)
            ],
            pa.string(),
        )
    said = ' t="b"' if kind is ColumnType.TRUTH else _styled(STYLES.get(kind, PLAIN))
    return pc.binary_join_element_wise(start, numbers, f'"{said}{_VALUE}', values, _VALUE_END, "")


def cell(place: str, value: Any, kind: ColumnType, style: int | None = None) -> str:
    """One cell. Days before 1900, which Excel has not, and numbers that it cannot hold are texts."""
    start = f'<c r="{place}"'
    if kind in _TEXTS:
        return _text_cell(start, value, style)
    if kind is ColumnType.TRUTH:
        return f'{start} t="b"{_VALUE}{int(value)}{_VALUE_END}'
    if kind in _MOMENTS:
        if value.year < _FIRST_YEAR:
            return _text_cell(start, str(value))
        return f"{start}{_styled(STYLES[kind])}{_VALUE}{_serial(value)}{_VALUE_END}"
    number = float(value)
    exact = abs(number) <= LARGEST_EXACT or isinstance(value, float)
    if not exact or abs(number) == float("inf") or number != number:  # noqa: PLR0124 - NaN
        return _text_cell(start, str(value))
    return f"{start}{_styled(STYLES.get(kind, PLAIN))}{_VALUE}{number!r}{_VALUE_END}"


def _text_cells(start: str, numbers: Any, texts: Any) -> Any:
    [dangerous] = dangerous_in([texts])
    opening: Any = f'"{_TEXT}'
    if dangerous is not None:
        opening = pc.if_else(dangerous, f'"{_styled(QUOTED)}{_TEXT}', opening)
    if _out_of_the_ordinary(texts):
        texts = pa.array([None if one is None else _written(one) for one in texts.to_pylist()], pa.string())
    return pc.binary_join_element_wise(start, numbers, opening, texts, _TEXT_END, "")


def _text_cell(start: str, text: str, style: int | None = None) -> str:
    own = QUOTED if is_dangerous(text) else PLAIN
    return f"{start}{_styled(own if style is None else style)}{_TEXT}{_written(text)}{_TEXT_END}"


def _styled(style: int) -> str:
    return f' s="{style}"' if style else ""


def _out_of_the_ordinary(texts: Any) -> bool:
    """Whether a text is too long or may have to be written otherwise. A look at the bytes is enough."""
    _, offsets, content = texts.buffers()
    if content is None:
        return False
    edges = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    own = np.frombuffer(content, np.uint8)[edges[0] : edges[-1]]
    return bool(np.diff(edges).max() > CELL_CHARACTERS or _special_bytes()[own].any())


@cache
def _special_bytes() -> Any:
    """For each byte whether something begins with it that may have to be written otherwise."""
    found = np.zeros(256, bool)
    signs = (*map(chr, range(0x20)), *_ENTITIES, "_", "\uffff")
    found[[sign.encode()[0] for sign in signs if sign not in "\t\n"]] = True
    return found


def _written(text: str) -> str:
    return _SPECIAL.sub(_sign, fitting(text))


def _sign(found: re.Match[str]) -> str:
    sign = found.group()
    return _ENTITIES.get(sign) or f"_x{ord(sign):04X}_"


def fitting(text: str) -> str:
    """As much as a cell holds, counted as Excel does; what is cut off shows."""
    if len(text) * 2 <= CELL_CHARACTERS or len(text.encode("utf-16-le")) // 2 <= CELL_CHARACTERS:
        return text
    kept = text.encode("utf-16-le")[: (CELL_CHARACTERS - 1) * 2]
    return kept.decode("utf-16-le", "ignore") + CUT


def _numbers(column: Any) -> Any | None:
    """As texts; None when one is none, has no end, or is too long."""
    doubles = pc.cast(column, pa.float64(), safe=False) if column.type != pa.float64() else column
    sizes = pc.abs(doubles)
    exact = pa.types.is_floating(column.type) or (pc.max(sizes).as_py() or 0) <= LARGEST_EXACT
    finite = pc.all(pc.is_finite(doubles)).as_py()
    return pc.cast(doubles, pa.string()) if exact and finite else None


def _truths(column: Any) -> Any:
    return pc.if_else(column, "1", "0")


def _days(column: Any) -> Any | None:
    days = pc.cast(column, pa.int32())
    if pc.min(days).as_py() < _MARCH_1900:
        return None
    return pc.cast(pc.add(days, _EPOCH_TO_1970), pa.string())


def _instants(column: Any) -> Any | None:
    seconds = pc.cast(column, pa.int64())
    if pc.min(seconds).as_py() < _MARCH_1900 * _DAY_SECONDS:
        return None
    # Whole seconds are added before they are divided: a sum of days and a fraction would lose digits.
    whole = pc.cast(pc.add(seconds, _EPOCH_TO_1970 * _DAY_SECONDS), pa.float64())
    return pc.cast(pc.divide(whole, float(_DAY_SECONDS)), pa.string())


def _serial(moment: date) -> float | int:
    """A day, or an instant of local time, as Excel counts."""
    day = moment.date() if isinstance(moment, datetime) else moment
    days = (day - date(1970, 1, 1)).days
    number = days + _EPOCH_TO_1970 - (days < _MARCH_1900)
    if not isinstance(moment, datetime):
        return number
    seconds = moment.hour * 3_600 + moment.minute * 60 + moment.second
    return (number * _DAY_SECONDS + seconds) / _DAY_SECONDS


_MADE: Final[dict[ColumnType, Callable[[Any], Any | None]]] = {
    ColumnType.TRUTH: _truths,
    ColumnType.DAY: _days,
    ColumnType.INSTANT: _instants,
}
