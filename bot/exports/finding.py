"""Whether a file of an export has certain records in it. Rather once too often than once too seldom."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from typing import IO, BinaryIO, Final
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from bot.app.exporting_values import Format

_CHUNK: Final = 1 << 20
_OVERLAP: Final = 4_096  # bytes; more than an id or a name with what stands around it
_SHEETS: Final = "xl/worksheets/"


def holds(file: BinaryIO, form: Format, ids: Sequence[str], named: Sequence[str] = ()) -> bool:
    """Whether one of these records is in the file: the record's id is the first column of every export.

    Args:
        file: of an export.
        form: of the file.
        ids: of records; without any the answer is no.
        named: names that are looked for in every text.

    Raises:
        OSError, zipfile.BadZipFile, pyarrow.ArrowInvalid: it cannot be read.
    """
    if not ids:
        return False
    if form is Format.PARQUET:
        return _in_parquet(file, set(ids), set(named))
    quoted = _either(ids)
    around = (rb"(?:^|\n)[\"']*(?:%b)\"?[,\r\n]" if form is Format.CSV else rb">(?:%b)</t>") % quoted
    written = [one.replace('"', '""') if form is Format.CSV else escape(one) for one in named]
    pattern = re.compile(rb"%b|%b" % (around, _either(written)) if written else around)
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if form is Format.XLSX and not name.startswith(_SHEETS):
                continue
            with archive.open(name) as member:
                if _found(pattern, member):
                    return True
    return False


def _either(texts: Sequence[str]) -> bytes:
    return b"|".join(re.escape(one.encode()) for one in texts)


def _in_parquet(file: BinaryIO, ids: set[str], named: set[str]) -> bool:
    whole = parquet.ParquetFile(file)
    first, *others = whole.schema_arrow
    texts = [one.name for one in others if named and pa.types.is_string(one.type)]
    return any(
        not wanted.isdisjoint(pc.cast(column, "string").to_pylist())
        for batch in whole.iter_batches(columns=[first.name, *texts])
        for column, wanted in zip(batch.columns, (ids, *(named for _ in texts)), strict=True)
    )


def _found(pattern: re.Pattern[bytes], member: IO[bytes]) -> bool:
    before = b""
    while chunk := member.read(_CHUNK):
        if pattern.search(before + chunk):
            return True
        before = chunk[-_OVERLAP:] if len(chunk) >= _OVERLAP else (before + chunk)[-_OVERLAP:]
    return False
