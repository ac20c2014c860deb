"""Whether a file of an export has certain records in it. Rather once too often than once too seldom."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from typing import IO, BinaryIO, Final

import pyarrow.compute as pc
from pyarrow import parquet

from bot.app.exporting_values import Format

_CHUNK: Final = 1 << 20
_OVERLAP: Final = 256  # more than an id with what stands around it
_SHEETS: Final = "xl/worksheets/"


def holds(file: BinaryIO, form: Format, ids: Sequence[str]) -> bool:
    """Whether one of these records is in the file: the record's id is the first column of every export.

    Raises:
        OSError, zipfile.BadZipFile, pyarrow.ArrowInvalid: it cannot be read.
    """
    if form is Format.PARQUET:
        whole = parquet.ParquetFile(file)
        first = whole.schema_arrow.names[0]
        wanted = set(ids)
        return any(
            not wanted.isdisjoint(pc.cast(batch.column(0), "string").to_pylist())
            for batch in whole.iter_batches(columns=[first])
        )
    quoted = b"|".join(re.escape(one.encode()) for one in ids)
    around = (rb"(?:^|\n)[\"']*(?:%b)\"?[,\r\n]" if form is Format.CSV else rb">(?:%b)</t>") % quoted
    pattern = re.compile(around)
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if form is Format.XLSX and not name.startswith(_SHEETS):
                continue
            with archive.open(name) as member:
                if _found(pattern, member):
                    return True
    return False


def _found(pattern: re.Pattern[bytes], member: IO[bytes]) -> bool:
    before = b""
    while chunk := member.read(_CHUNK):
        if pattern.search(before + chunk):
            return True
        before = chunk[-_OVERLAP:] if len(chunk) >= _OVERLAP else (before + chunk)[-_OVERLAP:]
    return False
