"""Counted purchases as Parquet files, for engines that read these: dealt by account, kept while unchanged.

The files hold ids, days, amounts and whether money was given back, nothing else of a customer. They go to a
folder or an object store; a part is written only when its rows are others than those that its file holds.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pa_fs
import pyarrow.parquet as pq
from sqlalchemy import BigInteger, Connection, func

from bot.app.errors import ConfigurationError
from bot.store.engines.sources import Sources
from bot.store.frames import columns_of
from scoring.engines.config import Scoring

ACCOUNTS_AT_ONCE = 20_000
COLUMNS = {
    "account_id": pa.string(),
    "occurred_on": pa.date32(),
    "amount_minor": pa.int64(),
    "is_purchase": pa.int64(),
}
MANIFEST = "parts.json"


@dataclass(frozen=True)
class Files:
    """What was written, or was there: paths or URLs, as an engine reads them."""

    purchases: tuple[str, ...]
    accounts: tuple[str, ...]


def written_files(connection: Connection, sources: Sources, segmentation: str, scoring: Scoring) -> Files:
    """The files of a segmentation, as the database stands now.

    Raises:
        ConfigurationError: the folder cannot be written to.
    """
    if scoring.folder is None:  # a document that says so is refused
        raise ConfigurationError("scoring.folder is not set.", "Say where the files go.")
    try:
        folder = _Folder.at(scoring.folder, segmentation)
        with tempfile.TemporaryDirectory(prefix="bellwether-") as staging:
            export = _Export(connection, sources, scoring.parts, Path(staging))
            return _kept(export, folder)
    except (OSError, pa.ArrowInvalid) as error:
        raise ConfigurationError(
            f"The files for scoring cannot be written to {scoring.folder}: {error}",
            "Check scoring.folder, that it can be written to, and that there is room.",
        ) from error


@dataclass(frozen=True)
class _Folder:
    """A segmentation's own place: the file system, its path there, and the name that engines know it by."""

    files: Any
    path: str
    name: str

    @staticmethod
    def at(folder: str, segmentation: str) -> _Folder:
        own = hashlib.sha256(segmentation.encode()).hexdigest()[:16]
        if "://" in folder:
            files, path = pa_fs.FileSystem.from_uri(folder)
            name = folder.rstrip("/")
        else:
            files, path = pa_fs.LocalFileSystem(), str(Path(folder).resolve())
            name = path
        made = _Folder(files, f"{path}/{own}", f"{name}/{own}")
        files.create_dir(made.path, recursive=True)
        return made

    def manifest(self) -> Mapping[str, str]:
        """Which rows each part's file holds; nothing while files are being written."""
        if self.files.get_file_info(f"{self.path}/{MANIFEST}").type != pa_fs.FileType.File:
            return {}
        with self.files.open_input_stream(f"{self.path}/{MANIFEST}") as stream:
            found: Mapping[str, str] = json.loads(stream.read())
        return found

    def take(self, file: Path) -> None:
        with file.open("rb") as source, self.files.open_output_stream(f"{self.path}/{file.name}") as target:
            shutil.copyfileobj(source, target, 1 << 20)


def _kept(export: _Export, folder: _Folder) -> Files:
    """Put what differs in its place. The manifest is away meanwhile: what a crash leaves is written again."""
    made, there = export.made(), folder.manifest()
    changed = [name for name, digest in made.items() if there.get(name) != digest]
    if changed or there.keys() != made.keys():
        if there.keys() != made.keys():
            folder.files.delete_dir_contents(folder.path)
            changed = list(made)
        else:
            folder.files.delete_file(f"{folder.path}/{MANIFEST}")
        for name in changed:
            folder.take(export.staging / name)
        manifest = export.staging / MANIFEST
        manifest.write_text(json.dumps(made))
        folder.take(manifest)
    names = {name: f"{folder.name}/{name}" for name in made}
    accounts = names.pop(_Export.ACCOUNTS)
    return Files(tuple(names.values()), (accounts,))


@dataclass(frozen=True)
class _Export:
    """Everything that is read, written to a folder of this machine first."""

    connection: Connection
    sources: Sources
    parts: int
    staging: Path

    ACCOUNTS = "accounts.parquet"

    def made(self) -> Mapping[str, str]:
        """The files' names with digests of their rows, which no writer's version and no portion changes."""
        rows = self.sources.accounts.subquery()
        ordered = rows.select().order_by(rows.c.account_id)
        ids = columns_of(self.connection, ordered, [pa.string()]).column(0).combine_chunks()
        pq.write_table(pa.table({"account_id": ids}), self.staging / self.ACCOUNTS)
        digest = _Digest()
        digest.add(_hashes(ids))
        with ExitStack() as stack:
            names = (f"part-{number:05}.parquet" for number in range(self.parts))
            parts = [stack.enter_context(_Part(self.staging / name)) for name in names]
            for start in range(0, len(ids), ACCOUNTS_AT_ONCE):
                for number, table, hashes in self._dealt(ids[start : start + ACCOUNTS_AT_ONCE]):
                    parts[number].add(table, hashes)
        return {part.file.name: part.digest.text() for part in parts} | {self.ACCOUNTS: digest.text()}

    def _dealt(self, ids: pa.Array) -> Iterator[tuple[int, pa.Table, Any]]:
        """The purchases of some accounts, which follow each other in the database's order, by part."""
        table = self._purchases(ids[0].as_py(), ids[-1].as_py())
        at = pc.index_in(table.column("account_id").combine_chunks(), value_set=ids)
        table, place = table.filter(at.is_valid()), at.drop_null().to_numpy()
        hashes = _hashes(ids)[place]
        number = (hashes % np.uint64(self.parts)).astype(np.int64)
        order = np.argsort(number, kind="stable")
        table, hashes, number = table.take(pa.array(order)), hashes[order], number[order]
        ends = np.searchsorted(number, np.arange(self.parts + 1))
        for one in range(self.parts):
            first, last = int(ends[one]), int(ends[one + 1])
            if first < last:
                yield one, table.slice(first, last - first), hashes[first:last]

    def _purchases(self, first: str, last: str) -> pa.Table:
        found = self.sources.purchases.subquery()
        account, day, is_purchase = found.c.account_id, found.c.occurred_on, found.c.is_purchase
        amount = func.coalesce(found.c.amount_minor, 0, type_=BigInteger)
        statement = found.select().with_only_columns(account, day, amount, is_purchase)
        statement = statement.where(account >= first, account <= last, day.is_not(None))
        ordered = statement.order_by(account, day, amount, is_purchase)
        return columns_of(self.connection, ordered, list(COLUMNS.values())).rename_columns(list(COLUMNS))


class _Digest:
    """Of columns of numbers, column by column, so that it does not matter in which portions they come."""

    def __init__(self, columns: int = 1) -> None:
        self._columns = [hashlib.blake2b(digest_size=16) for _ in range(columns)]

    def add(self, *columns: Any) -> None:
        """The next rows."""
        for one, values in zip(self._columns, columns, strict=True):
            one.update(np.ascontiguousarray(values).tobytes())

    def text(self) -> str:
        """Of everything."""
        return "".join(one.hexdigest() for one in self._columns)


class _Part:
    """One file that is being written."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.digest = _Digest(len(COLUMNS))
        self._writer = pq.ParquetWriter(file, pa.schema(list(COLUMNS.items())))

    def __enter__(self) -> _Part:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def add(self, table: pa.Table, hashes: Any) -> None:
        """The next rows; ``hashes`` stand for their accounts."""
        self._writer.write_table(table)
        days = table.column("occurred_on").cast(pa.int32()).to_numpy()
        numbers = (table.column(name).to_numpy() for name in ("amount_minor", "is_purchase"))
        self.digest.add(hashes, days, *numbers)


def _hashes(ids: pa.Array) -> Any:
    """The same number for an id today and tomorrow, on this machine and on another."""
    return pd.util.hash_array(np.asarray(ids.to_pylist(), dtype=object), categorize=False)
