"""Records as the CSV file of a bulk read, written row by row into a ZIP on the disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from sandbox.zoho.bulk_desk import result_file
from sandbox.zoho.coql_columns import Column, Reader, resolve, stored_reader
from sandbox.zoho.store import Record, Store, Table

TRUTH = {True: "true", False: "false", None: ""}
SEVERAL = frozenset({"multiselectpicklist", "territories"})
STRETCH = 2_000  # rows whose lookups are followed together
FASTEST = 1  # of the levels of compression
SEPARATOR = ";"  # of the options of a multi-select field: undocumented, seen in exports of the web page


@dataclass(frozen=True)
class Written:
    """A finished file: its rows, whether there are more, and the id of the last row."""

    file: IO[bytes]
    count: int
    more: bool
    last: int


def written_table(
    store: Store, table: Table, fields: Sequence[str], chosen: Iterator[Record], name: str, most: int
) -> Generator[None, None, Written]:
    """The first ``most`` of the chosen records as ``{name}.csv`` in a ZIP: the id first, then the fields.

    Stops after each stretch of rows, so that others can be answered in between.
    """
    columns = [resolve(store, table.module, path) for path in fields]
    joins = {at: Joined(store, one) for at, one in enumerate(columns) if _is_join(one)}
    readers = [joins[at].read if at in joins else _text_reader(store, one) for at, one in enumerate(columns)]
    file, count, last, more = result_file(), 0, 0, False
    with (
        ZipFile(file, "w", ZIP_DEFLATED, compresslevel=FASTEST) as archive,
        archive.open(f"{name}.csv", "w", force_zip64=True) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as text,
    ):
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(["Id", *fields])
        while rows := list(islice(chosen, min(STRETCH, most - count))):
            for join in joins.values():
                join.look_up(rows)
            lines.writerows([record.id, *[read(record) for read in readers]] for record in rows)
            count, last = count + len(rows), rows[-1].id
            yield
        more = count == most and next(chosen, None) is not None
    return Written(file, count, more, last)


def _is_join(column: Column) -> bool:
    return len(column.steps) == 1 and column.steps[0].target is not None and column.field.kind == "text"


class Joined:
    """A text of the record that a lookup leads to, looked up for many rows at a time and remembered."""

    def __init__(self, store: Store, column: Column) -> None:
        step = column.steps[0]
        self._step, self._name = step.api_name, column.field.api_name
        self._target = store.tables[str(step.target)]
        self._known: dict[Any, Any] = {None: None}

    def look_up(self, rows: Sequence[Record]) -> None:
        """Learn what these rows need."""
        wanted = {row.values[self._step] for row in rows} - self._known.keys()
        there = [one for one in wanted if one in self._target.records]
        self._known.update(dict.fromkeys(wanted))
        for record in self._target.fetch(there, {self._name}):
            self._known[record.id] = record.values[self._name]

    def read(self, record: Record) -> Any:
        """The text."""
        return self._known[record.values[self._step]]


def _text_reader(store: Store, column: Column) -> Reader:
    """Reads a column as the file shows it; the writer itself knows texts, numbers and nothing."""
    read = stored_reader(store, column)
    if column.field.kind == "boolean":
        return lambda record: TRUTH[read(record)]
    if column.field.kind in SEVERAL or column.field.api_name == "Tag":
        return lambda record: _several(read(record) or ())
    if column.field.data_type == "lookup" and column.field.target is None:  # a role or a profile: no record
        return lambda record: value.get("id") if isinstance(value := read(record), dict) else value
    return read


def _several(values: Sequence[Any]) -> str:
    """Options between semicolons; tags by their names between commas."""
    if values and isinstance(values[0], dict):
        return ",".join(str(one["name"]) for one in values)
    return SEPARATOR.join(map(str, values))
