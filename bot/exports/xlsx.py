"""XLSX, some rows at a time: what was written leaves memory.

XlsxWriter makes the workbook around them; its way of writing cells, one after the other, takes five times as
long as everything else of an export, so that the rows are written here (``bot.exports.xlsx_cells``).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from io import BytesIO
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from bot.app.exporting_values import Batch, ColumnType, FileForm
from bot.exports.frames import Frames, heads_of
from bot.exports.xlsx_cells import BOLD, cell, cells

# https://support.microsoft.com/office/excel-specifications-and-limits
SHEET_ROWS: Final = 1_048_576
LEVEL: Final = 1  # of 9, as for CSV
_WIDTHS: Final = {ColumnType.TEXT: 24, ColumnType.LIST: 24, ColumnType.INSTANT: 19}
_SHEET: Final = "xl/worksheets/sheet{}.xml"
_DIMENSION: Final = re.compile(rb"<dimension [^>]*>")


def write_xlsx(target: IO[bytes], form: FileForm, batches: Iterable[Batch]) -> None:
    """Write all batches; more rows than a sheet holds go on in a second one."""
    frames = Frames(form, typed=False)
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
        closing(_Sheets(archive, frames, heads_of(form))) as sheets,
    ):
        for batch in batches:
            sheets.write(frames.arrays(batch))


class _Sheets:
    """Writes rows, and begins a new sheet when one is full."""

    def __init__(self, archive: zipfile.ZipFile, frames: Frames, heads: Sequence[str]) -> None:
        self._archive, self._heads = archive, heads
        self._kinds = [one.type for one in frames.columns]
        self._letters = [xl_col_to_name(at) for at in range(len(self._kinds))]
        self._number = 0
        self._begin()

    def write(self, columns: Sequence[Any]) -> None:
        """Some rows, by column."""
        count, at = len(columns[0]), 0
        while at < count:
            if self._row > SHEET_ROWS:
                self._end()
                self._begin()
            some = min(count - at, SHEET_ROWS - self._row + 1)
            self._rows([one.slice(at, some) for one in columns], some)
            at += some

    def close(self) -> None:
        """End the last sheet, and write the workbook around them all."""
        self._end()
        for name, content in _workbook(self._kinds, self._number).items():
            if not name.startswith("xl/worksheets/"):
                self._archive.writestr(name, content)

    def _begin(self) -> None:
        self._number += 1
        name = _SHEET.format(self._number)
        around = _DIMENSION.sub(b"", _workbook(self._kinds, self._number)[name])
        before, _, rest = around.partition(b"<sheetData>")
        self._after = rest[rest.index(b"</sheetData>") :]
        self._sheet = self._archive.open(name, "w", force_zip64=True)
        heads = zip(self._letters, self._heads, strict=True)
        head = "".join(cell(f"{letters}1", one, ColumnType.TEXT, BOLD) for letters, one in heads)
        self._sheet.write(before + f'<sheetData><row r="1">{head}</row>'.encode("utf-8", "replace"))
        self._row = 2

    def _rows(self, columns: Sequence[Any], count: int) -> None:
        numbers = pc.cast(pa.array(range(self._row, self._row + count)), pa.string())
        written = [
            cells(letters, numbers, column, kind)
            for letters, column, kind in zip(self._letters, columns, self._kinds, strict=True)
        ]
        parts = ('<row r="', numbers, '">', *written, "</row>", "")
        rows = pc.binary_join_element_wise(*parts, null_handling="replace", null_replacement="")
        _, edges, content = rows.buffers()
        self._sheet.write(memoryview(content)[: memoryview(edges).cast("i")[count]])
        self._row += count

    def _end(self) -> None:
        self._sheet.write(self._after)
        self._sheet.close()


def _workbook(kinds: Sequence[ColumnType], sheets: int) -> dict[str, bytes]:
    """A workbook with so many sheets without rows, by the names of its parts.

    A style has the number in which it is first used: they are used in the order of ``xlsx_cells``.
    """
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        styles = (
            *({"bold": True}, {"quote_prefix": True}),
            *({"num_format": one} for one in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "#,##0.00")),
        )
        formats = [book.add_format(one) for one in styles]
        for number in range(1, sheets + 1):
            sheet = book.add_worksheet("Accounts" if number == 1 else f"Accounts {number}")
            sheet.freeze_panes(1, 0)
            for at, kind in enumerate(kinds):
                sheet.set_column(at, at, _WIDTHS.get(kind, 14))
            for at, one in enumerate(formats):
                sheet.write_blank(0, at, None, one)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
