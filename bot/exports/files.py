"""The directory of exports: readable by us alone, names that nobody can guess, whole files or none."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, BinaryIO, Final
from zipfile import BadZipFile

import pyarrow as pa

from bot.app.exporting_values import Batch, FileForm, Format
from bot.exports.csv_zip import write_csv_zip
from bot.exports.finding import holds
from bot.exports.parquet import write_parquet
from bot.exports.xlsx import write_xlsx

PRIVATE_DIRECTORY, PRIVATE_FILE = 0o700, 0o600
BEGINNING, PART = "bellwether-", ".part"  # of the name of a directory for what is not whole
_NAME: Final = re.compile(r"[0-9a-f]{64}\.(zip|xlsx|parquet)")
_PART: Final = re.compile(rf"{BEGINNING}\w+{re.escape(PART)}")


def new_name(form: Format) -> str:
    """A file's name in the directory: 256 random bits."""
    return f"{secrets.token_hex(32)}.{form.extension}"


@dataclass(frozen=True)
class ExportDirectory:
    """The port ``ExportFiles``. The directory is made when the first file is written."""

    path: Path

    def write(self, name: str, form: FileForm, batches: Iterable[Batch]) -> int:
        """Write a file; its size in bytes. It has its name only when it is whole.

        Raises:
            OSError: the disk is full, or the directory cannot be written.
        """
        target = self._place(name)
        self.path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        self.path.chmod(PRIVATE_DIRECTORY)
        return write_whole(target, form, batches)

    def exists(self, name: str) -> bool:
        """Whether the file is there and whole."""
        return _NAME.fullmatch(name) is not None and (self.path / name).is_file()

    def open(self, name: str) -> BinaryIO:
        """Read it.

        Raises:
            FileNotFoundError: there is none of that name.
        """
        # Never through a link that somebody has put there.
        return os.fdopen(os.open(self._place(name), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")

    def remove(self, name: str) -> bool:
        """Remove it; False when it was not there."""
        try:
            self._place(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def holds(self, name: str, form: Format, ids: Sequence[str], named: Sequence[str] = ()) -> bool:
        """Whether one of these records or names is in the file; also True when that cannot be found out."""
        try:
            with self.open(name) as file:
                return holds(file, form, ids, named)
        except FileNotFoundError:
            return False
        except (OSError, BadZipFile, pa.ArrowInvalid):
            return True

    def sweep(self, known: frozenset[str], before: datetime) -> int:
        """Remove what killed processes left: files and directories that nobody knows and that are old."""
        removed = 0
        for entry in self.path.iterdir() if self.path.is_dir() else ():
            ours = _NAME.fullmatch(entry.name) or _PART.fullmatch(entry.name)
            if ours is None or entry.name in known:
                continue
            with suppress(FileNotFoundError):  # another process sweeps too
                if datetime.fromtimestamp(entry.lstat().st_mtime, UTC) < before:
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
                    removed += 1
        return removed

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return self.path / name


def write_whole(target: Path, form: FileForm, batches: Iterable[Batch]) -> int:
    """Write a file beside its place and put it there when it is whole; its size in bytes.

    What is not whole is in a new directory of ours alone: whatever else is there may be somebody's own. One
    that a killed process leaves among exports is swept away later.

    Raises:
        OSError: it cannot be written.
    """
    with TemporaryDirectory(PART, BEGINNING, target.parent, ignore_cleanup_errors=True) as part:
        place = Path(part) / target.name
        with _created(place) as file:
            _write(file, form, batches)
            file.flush()
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
        place.replace(target)
    return size


def _created(place: Path) -> IO[bytes]:
    return os.fdopen(os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "w+b")


def _write(file: IO[bytes], form: FileForm, batches: Iterable[Batch]) -> None:
    if form.format is Format.CSV:
        write_csv_zip(file, form, batches)
    elif form.format is Format.XLSX:
        write_xlsx(file, form, batches)
    else:
        write_parquet(file, form, batches)
