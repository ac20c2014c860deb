"""Records as the CSV file of a bulk read, written row by row into a ZIP on the disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from sandbox.zoho.bulk_desk import result_file
from sandbox.zoho.coql_columns import resolve, stored_reader
from sandbox.zoho.store import Record, Store, Table

FASTEST = 1  # of the levels of compression
SEPARATOR = ";"  # of the options of a multi-select field: undocumented, seen in exports of the web page


@dataclass(frozen=True)
class Written:
    """A finished file: its rows, whether there are more, and the id of the last row."""

    file: IO[bytes]
    count: int
    more: bool
    last: int


def write_table(
    store: Store, table: Table, fields: Sequence[str], chosen: Iterator[Record], name: str, most: int
) -> Written:
    """The first ``most`` of the chosen records as ``{name}.csv`` in a ZIP: the id first, then the fields."""
    readers = [stored_reader(store, resolve(store, table.module, path)) for path in fields]
    file, count, last, more = result_file(), 0, 0, False
    with (
        ZipFile(file, "w", ZIP_DEFLATED, compresslevel=FASTEST) as archive,
        archive.open(f"{name}.csv", "w", force_zip64=True) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as text,
    ):
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(["Id", *fields])
        for record in chosen:
            if count == most:
                more = True
                break
            values = [read(record) for read in readers]
            lines.writerow([record.id, *(TEXTS[type(value)](value) for value in values)])
            count, last = count + 1, record.id
    return Written(file, count, more, last)


def _several(values: list[Any]) -> str:
    """Options between semicolons; tags by their names between commas."""
    if values and isinstance(values[0], dict):
        return ",".join(str(one["name"]) for one in values)
    return SEPARATOR.join(map(str, values))


TEXTS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _value: "",
    str: lambda value: value,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: repr,
    list: _several,
    dict: lambda value: str(value.get("id", "")),
}
