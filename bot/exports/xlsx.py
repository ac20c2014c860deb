"""XLSX, a row at a time: what was written leaves memory.

Texts are cells of the type text, which no spreadsheet runs; one that would be a formula if somebody edited it
is also marked as quoted, as a person does with an apostrophe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final

import xlsxwriter
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from bot.app.exporting_values import Batch, ColumnType, FileForm
from bot.exports.frames import Frames, heads_of
from bot.exports.guard import is_dangerous

# https://support.microsoft.com/office/excel-specifications-and-limits
SHEET_ROWS: Final = 1_048_576
CELL_CHARACTERS: Final = 32_767
LARGEST_EXACT: Final = 2**53  # numbers of a spreadsheet are doubles; a longer one is written as text
CUT: Final = "…"
_WIDTHS: Final = {ColumnType.TEXT: 24, ColumnType.LIST: 24, ColumnType.INSTANT: 19}
_Write = Callable[[int, int, Any], None]


def write_xlsx(target: IO[bytes], form: FileForm, batches: Iterable[Batch], scratch: Path) -> None:
    """Write all batches; more rows than a sheet holds go on in a second one.

    Args:
        target: the file.
        form: of it.
        batches: the rows.
        scratch: a private directory for what is not packed yet.
    """
    frames = Frames(form, typed=False)
    options = {"constant_memory": True, "tmpdir": str(scratch)}
    with xlsxwriter.Workbook(target, options) as book:
        sheets = _Sheets(book, frames, heads_of(form))
        for batch in batches:
            columns = [column.to_pylist() for column in frames.arrays(batch)]
            for row in zip(*columns, strict=True):
                sheets.write(row)


class _Sheets:
    """Writes rows, and begins a new sheet when one is full."""

    def __init__(self, book: Workbook, frames: Frames, heads: list[str]) -> None:
        self._book, self._columns, self._heads = book, frames.columns, heads
        self._quoted = book.add_format({"quote_prefix": True})
        self._bold = book.add_format({"bold": True})
        shown = {
            ColumnType.DAY: "yyyy-mm-dd",
            ColumnType.INSTANT: "yyyy-mm-dd hh:mm:ss",
            ColumnType.MONEY: "#,##0.00",
        }
        self._formats = {kind: book.add_format({"num_format": form}) for kind, form in shown.items()}
        self._names = chain(("Accounts",), (f"Accounts {number}" for number in range(2, SHEET_ROWS)))
        self._begin()

    def _begin(self) -> None:
        sheet: Worksheet = self._book.add_worksheet(next(self._names))
        for number, one in enumerate(self._columns):
            sheet.set_column(number, number, _WIDTHS.get(one.type, 14))
        sheet.freeze_panes(1, 0)
        for number, head in enumerate(self._heads):
            sheet.write_string(0, number, _fitting(head), self._bold)
        self._sheet, self._row = sheet, 1
        self._writers = list(self._writing(sheet))

    def _writing(self, sheet: Worksheet) -> Iterator[_Write]:
        for one in self._columns:
            if one.type in (ColumnType.TEXT, ColumnType.LIST):
                yield self._text_writer(sheet)
            elif one.type in (ColumnType.DAY, ColumnType.INSTANT):
                yield _moment_writer(sheet, self._formats[one.type])
            elif one.type is ColumnType.TRUTH:
                yield lambda row, column, value: _done(sheet.write_boolean(row, column, value))
            else:
                yield _number_writer(sheet, self._formats.get(one.type))

    def _text_writer(self, sheet: Worksheet) -> _Write:
        def write(row: int, column: int, value: str) -> None:
            quoted = self._quoted if is_dangerous(value) else None
            sheet.write_string(row, column, _fitting(value), quoted)

        return write

    def write(self, row: tuple[Any, ...]) -> None:
        """One row."""
        if self._row == SHEET_ROWS:
            self._begin()
        for number, value in enumerate(row):
            if value is not None:
                self._writers[number](self._row, number, value)
        self._row += 1


def _done(_status: int) -> None:
    """XlsxWriter tells trouble by a number, of which none can come here: sizes are checked."""


def _moment_writer(sheet: Worksheet, form: CellFormat) -> _Write:
    """Days as Excel's own; before 1900 it has none, and they are written as text."""

    def write(row: int, column: int, value: Any) -> None:
        if value.year < 1900:  # noqa: PLR2004
            sheet.write_string(row, column, str(value))
        else:
            sheet.write_datetime(row, column, value, form)

    return write


def _number_writer(sheet: Worksheet, form: CellFormat | None) -> _Write:
    def write(row: int, column: int, value: Any) -> None:
        number = float(value)
        exact = abs(number) <= LARGEST_EXACT or isinstance(value, float)
        if exact and abs(number) != float("inf") and number == number:  # noqa: PLR0124 - not NaN
            sheet.write_number(row, column, number, form)
        else:
            sheet.write_string(row, column, str(value))

    return write


def _fitting(text: str) -> str:
    """As much as a cell holds, counted as Excel does; what is cut off shows."""
    if len(text) * 2 <= CELL_CHARACTERS or len(text.encode("utf-16-le")) // 2 <= CELL_CHARACTERS:
        return text
    kept = text.encode("utf-16-le")[: (CELL_CHARACTERS - 1) * 2]
    return kept.decode("utf-16-le", "ignore") + CUT
