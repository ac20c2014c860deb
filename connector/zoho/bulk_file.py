"""The table in a bulk job's file, a block of lines at a time, as columns of texts."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from connector.ports import Unreadable

# Arrow reads ahead of us, up to 32 blocks: small ones, several of which are given together. Only a quarter of
# a block is filled, because a sign may have four bytes.
BLOCK_BYTES = 1 << 18
BLOCKS_TOGETHER = 12
LARGEST_BLOCK_BYTES = 1 << 28  # a line that is longer than a block is read with larger blocks, up to this
_WIDER = 16
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines: the columns that were asked for, and the lines that cannot be taken apart."""

    columns: pa.RecordBatch
    broken: tuple[Unreadable, ...]

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return int(self.columns.num_rows) + len(self.broken)


def header_of(archive: zipfile.ZipFile) -> list[str]:
    """The names of the table's columns; none when the file is empty."""
    with _table(archive) as text:
        return next(csv.reader([text.readline()]), [])


def blocks(
    archive: zipfile.ZipFile, names: Sequence[str], wanted: Sequence[str], skip: int
) -> Iterator[Block]:
    """The lines behind the header and the first ``skip`` lines.

    Args:
        archive: the ZIP with the table.
        names: what the columns are called, in their order.
        wanted: those of them that are given.
        skip: how many lines are passed over.

    Raises:
        zipfile.BadZipFile, zlib.error, EOFError, pa.ArrowInvalid: the file is damaged.
    """
    done, block_bytes = skip, BLOCK_BYTES
    while True:
        try:
            for block in _blocks(archive, names, wanted, done, block_bytes):
                done += block.lines
                yield block
        except pa.ArrowInvalid as error:
            block_bytes *= _WIDER
            if "straddling" not in str(error) or block_bytes > LARGEST_BLOCK_BYTES:
                raise
        else:
            return


def _blocks(
    archive: zipfile.ZipFile, names: Sequence[str], wanted: Sequence[str], skip: int, block_bytes: int
) -> Iterator[Block]:
    lines = _Lines()
    with _table(archive) as text:
        text.readline()
        source = _Bytes(text)
        if source.is_empty():
            return
        reader = pa_csv.open_csv(
            pa.PythonFile(source, mode="r"),
            read_options=pa_csv.ReadOptions(
                column_names=list(names), block_size=block_bytes, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=lines.broken
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=list(wanted),
                strings_can_be_null=False,
                check_utf8=False,  # it comes from a decoder
            ),
        )
        for batches in iter(lambda: list(islice(reader, BLOCKS_TOGETHER)), []):
            block = lines.block(pa.concat_batches(batches), skip)
            if block.lines:
                yield block
        rest = lines.block(pa.RecordBatch.from_pydict({name: [] for name in wanted}), skip)
        if rest.lines:
            yield rest


class _Lines:
    """Counts the lines that come as rows, and those that cannot be taken apart and come beside them."""

    def __init__(self) -> None:
        self._line = 0
        self._broken: dict[int, Unreadable] = {}

    def broken(self, row: Any) -> str:
        """A line that has not as many values as there are columns; the parser goes on behind it."""
        first = next(csv.reader([row.text]), [])
        self._broken[row.number - 1] = Unreadable(
            first[0] if first else "?",
            f"Its line in the file has {row.actual_columns} values, not {row.expected_columns}.",
        )
        return "skip"

    def block(self, batch: pa.RecordBatch, skip: int) -> Block:
        """The rows that follow, and the broken lines among them, without the first ``skip`` lines of all."""
        start, end = self._line, self._line + batch.num_rows
        among = {}
        for line in sorted(self._broken):
            if line <= end:  # the parser may be ahead
                among[line] = self._broken.pop(line)
                end += 1
        self._line = end
        skipped = max(0, min(skip, end) - start)
        skipped_broken = sum(line < skip for line in among)
        return Block(
            batch.slice(skipped - skipped_broken), tuple(one for line, one in among.items() if line >= skip)
        )


class _Bytes(io.RawIOBase):
    """The text's bytes, as Arrow reads them, without what no database stores."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._first = text.read(1)

    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not self._first

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes: a sign has up to four, so fewer signs are read."""
        some = self._first + self._text.read(size // 4 if size > 0 else -1)
        self._first = ""
        return (some.replace("\0", _REPLACEMENT) if "\0" in some else some).encode()


def _table(archive: zipfile.ZipFile) -> io.TextIOWrapper:
    """The one table in a ZIP."""
    name = next((one for one in archive.namelist() if one.lower().endswith(".csv")), None)
    if name is None:
        raise zipfile.BadZipFile("no table in it")
    # Bytes that are no UTF-8 spoil their sign only.
    return io.TextIOWrapper(archive.open(name), encoding="utf-8-sig", errors="replace", newline="")
