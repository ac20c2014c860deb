"""Exports: memory and rows per second, beside pandas and a plain loop over csv.writer, in the same run.

    python -m benchmarks.exports --rows 1000000 --fields 200

Each runs in a process of its own, whose peak of memory is measured. ``csv`` writes CSV in a ZIP from SQLite
as the product does, guard and all, and so do the other formats when they are named. ``loop`` reads the same
rows from the same database with sqlite3 and orjson and writes them with csv.writer, unguarded and not packed.
``pandas`` has its frame in memory before its clock starts, and writes with to_csv, not packed; ``frame`` is
the product's writer, guarded and not packed, over the same frame. A frame of a million rows does not fit in
memory: both get it a piece at a time (--piece), so that their peaks are those of a piece, and their clocks
count the writing alone, of so many rows as are asked for (--frame-rows).

Long texts come before that (--wide-mb): as many megabytes of them in each shape, in every format, and the
product's peak beside the goal.

Then the product's own file is read again with pandas (--check-rows): no cell is one that a spreadsheet could
run, and without the guard every cell says what the CRM's record says.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from bot.app.exporting_values import Batch, ColumnType, ExportColumn, FileForm, Format, Header, Selection
from bot.exports.csv_zip import write_csv
from bot.exports.files import ExportDirectory, new_name
from bot.exports.guard import is_dangerous, unguarded
from bot.store.export_rows import BATCH_ROWS, SqlExportRows
from bot.store.schema import migrate
from connector.cache.engine import open_database
from scoring.config import Configuration
from scoring.criteria.tree import Always
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label

LIMIT_MB: Final = 300
# Fields, and signs in each: short and middling texts in many fields, long ones in few, and records of which
# one alone is more than a batch.
WIDE: Final = ((200, 100), (200, 200), (20, 5_000), (200, 32_000))
PIECE: Final = 20_000  # rows of a frame of pandas
FILLED: Final = 0.8
HALF: Final = 0.5
FIRST_ID: Final = 10**17
DIFFERENT: Final = 97  # records, so that making them takes no time
KINDS: Final = (("text", 6), ("integer", 2), ("date", 1), ("boolean", 1))
WORDS: Final = (
    "alpha",
    "Ämil GmbH",
    "=1+1",
    "a, b",
    'say "hi"',
    "Berlin",
    "medical",
    "x" * 30,
    "Nord-Süd",
    "-5 %",
)
CONFIGURATION: Final = Configuration(
    segmentations=(RfmSegmentation(name="RFM", labels=(Label(name="VIP", when="r >= 4"),)),)
)


Took = tuple[float, float]  # seconds of the wall and of the processor


def clocks() -> Took:
    """Both clocks: that of the processor tells even where others use the machine too."""
    return time.perf_counter(), time.process_time()


def took(since: Took) -> Took:
    """What has passed on both."""
    wall, processor = clocks()
    return wall - since[0], processor - since[1]


class Now:
    """The present."""

    def now(self) -> datetime:
        """Of the machine's clock."""
        return datetime.now(UTC)


def kinds(fields: int) -> list[str]:
    """The CRM type of each field."""
    every = [kind for kind, share in KINDS for _ in range(share)]
    return [every[number % len(every)] for number in range(fields)]


def raws_of(types: Sequence[str]) -> list[str]:
    """The different raw records; a row's is that of its number."""
    source = random.Random(5)
    makers: dict[str, Callable[[], Any]] = {
        "text": lambda: source.choice(WORDS) if source.random() < FILLED else None,
        "integer": lambda: source.randrange(-1_000, 100_000),
        "date": lambda: f"2026-0{source.randrange(1, 10)}-1{source.randrange(10)}",
        "boolean": lambda: source.random() < HALF,
    }
    return [
        orjson.dumps({f"F{number:03}": makers[kind]() for number, kind in enumerate(types)}).decode()
        for _ in range(DIFFERENT)
    ]


def records(rows: int, types: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Id, name and raw record."""
    raws = raws_of(types)
    for row in range(rows):
        yield f"{FIRST_ID + row}", f"Account {row * 7919 % rows}", raws[row % DIFFERENT]


def make_database(path: Path, rows: int, fields: int) -> None:
    """A copy of a CRM with so many accounts and fields."""
    types = kinds(fields)
    _filled(path, types, records(rows, types))


def make_wide_database(path: Path, rows: int, fields: int, signs: int) -> None:
    """The same where every field has a text of so many signs."""
    source = random.Random(5)
    texts = [" ".join(source.choices(WORDS, k=signs))[:signs] for _ in range(DIFFERENT)]
    names = [f"F{number:03}" for number in range(fields)]
    raws = (orjson.dumps({name: source.choice(texts) for name in names}).decode() for _ in range(rows))
    accounts = ((f"{FIRST_ID + row}", f"Account {row}", raw) for row, raw in enumerate(raws))
    _filled(path, ["textarea"] * fields, accounts)


def _filled(path: Path, types: Sequence[str], accounts: Iterable[tuple[str, str, str]]) -> None:
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    described = [("Accounts", f"F{number:03}", f"Field {number}", kind) for number, kind in enumerate(types)]
    connection.executemany(
        "INSERT INTO crm_field (module, api_name, label, data_type, custom, read_only)"
        " VALUES (?, ?, ?, ?, 0, 0)",
        described,
    )
    connection.executemany("INSERT INTO crm_account (id, name, raw) VALUES (?, ?, ?)", accounts)
    connection.commit()
    connection.close()


def form_of(rows: SqlExportRows, fields: int, kind: Format) -> FileForm:
    """The chosen columns: the CRM's own."""
    chosen = [one for one in rows.columns() if one.name.startswith("F") and one.name[1:].isdigit()][:fields]
    key = ExportColumn("id", "id", "Record id", ColumnType.TEXT)
    return FileForm(kind, Header.LABELS, (key, *chosen), ZoneInfo("UTC"), "USD")


def from_database(path: Path, out: Path, fields: int, kind: Format) -> tuple[Took, int]:
    """As the product does it; seconds and bytes."""
    source = SqlExportRows(open_database(f"sqlite:///{path}"), lambda: CONFIGURATION, Now())
    form = form_of(source, fields, kind)
    selection = Selection(Always(), (), None, tuple(one.name for one in form.columns[1:]))
    started = clocks()
    with source.batches(selection) as batches:
        size = ExportDirectory(out).write(new_name(kind), form, batches)
    return took(started), size


def plain_loop(path: Path, out: Path, fields: int) -> tuple[Took, int]:
    """What somebody would write in ten minutes."""
    names = [f"F{number:03}" for number in range(fields)]
    started = clocks()
    connection = sqlite3.connect(path)
    with (out / "loop.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *names])
        for key, raw in connection.execute(
            "SELECT id, raw FROM crm_account ORDER BY name COLLATE NOCASE, id"
        ):
            record = orjson.loads(raw)
            writer.writerow([key, *(record.get(name) for name in names)])
    return took(started), (out / "loop.csv").stat().st_size


def pieces(rows: int, piece: int, fields: int) -> Iterator[Any]:
    """The same values as frames of pandas, which the other processes need not have."""
    import pandas as pd  # noqa: PLC0415

    different = pd.DataFrame([orjson.loads(raw) for raw in raws_of(kinds(fields))])
    for first in range(0, rows, piece):
        some = range(first, min(first + piece, rows))
        frame = different.iloc[[row % DIFFERENT for row in some]].reset_index(drop=True)
        frame.insert(0, "id", [f"{FIRST_ID + row}" for row in some])
        yield frame


def pandas_to_csv(rows: int, piece: int, out: Path, fields: int) -> tuple[Took, int]:
    """pandas, each frame made before the clock goes on."""
    wall = processor = 0.0
    with (out / "pandas.csv").open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(pieces(rows, piece, fields)):
            started = clocks()
            frame.to_csv(file, index=False, header=number == 0)
            passed = took(started)
            wall, processor = wall + passed[0], processor + passed[1]
    return (wall, processor), (out / "pandas.csv").stat().st_size


def frame_to_csv(rows: int, piece: int, out: Path, fields: int) -> tuple[Took, int]:
    """The product's writer over the values of the same frames, held as columns before the clock goes on."""
    types = {"text": ColumnType.TEXT, "integer": ColumnType.WHOLE, "boolean": ColumnType.TRUTH}
    shown = [types.get(kind, ColumnType.TEXT) for kind in kinds(fields)]
    columns = tuple(
        ExportColumn(f"F{at:03}", f"F{at:03}", f"F{at:03}", kind) for at, kind in enumerate(shown)
    )
    key = ExportColumn("id", "id", "id", ColumnType.TEXT)
    form = FileForm(Format.CSV, Header.NAMES, (key, *columns), ZoneInfo("UTC"), "USD")
    paused = [0.0, 0.0]

    def batches() -> Iterator[Batch]:
        made = pieces(rows, piece, fields)
        while True:
            since = clocks()
            frame = next(made, None)
            held = [] if frame is None else [_plain(frame[name]) for name in frame.columns]
            passed = took(since)
            paused[0], paused[1] = paused[0] + passed[0], paused[1] + passed[1]
            if frame is None:
                return
            for first in range(0, len(held[0]), BATCH_ROWS):
                yield [column[first : first + BATCH_ROWS] for column in held]

    started = clocks()
    with (out / "frame.csv").open("wb") as file:
        write_csv(file, form, batches())
    wall, processor = took(started)
    return (wall - paused[0], processor - paused[1]), (out / "frame.csv").stat().st_size


def _plain(column: Any) -> list[Any]:
    return [None if value != value else value for value in column]  # noqa: PLR0124 - NaN


def check(out: Path, rows: int, fields: int) -> str:
    """Read the product's file with pandas, all of it as text, and compare every cell of so many rows.

    Raises:
        AssertionError: a cell could be run, or does not say what the record says.
    """
    import pandas as pd  # noqa: PLC0415

    [file] = out.iterdir()
    said = [[_as_text(value) for value in orjson.loads(raw).values()] for raw in raws_of(kinds(fields))]
    expected = pd.DataFrame(said, dtype=object)
    checked = guards = 0
    read = pd.read_csv(file, dtype=str, keep_default_na=False, chunksize=PIECE, nrows=rows, compression="zip")
    for frame in read:
        numbers = [(int(one) - FIRST_ID) % DIFFERENT for one in frame["Record id"]]
        for at, name in enumerate(frame.columns[1:]):
            cells = frame[name]
            different = {one: unguarded(one) for one in cells.unique()}
            text = KINDS[0][0] == kinds(fields)[at]
            assert not (text and any(is_dangerous(one) and one == different[one] for one in different)), name
            guards += int((cells.map(different) != cells).sum())
            assert (cells.map(different).to_numpy() == expected[at].take(numbers).to_numpy()).all(), name
        checked += len(frame)
    return f"{checked:,} rows read again with pandas: equal, {guards:,} cells had a guard"


def _as_text(value: Any) -> str:
    """As CSV says it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def measured(name: str, rows: int, work: Any, *arguments: Any) -> float:
    """Run in a process of its own and print; its peak of memory in MB."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        (seconds, processor), size, peak = pool.apply(_run, (work, arguments))
    speed = f"{rows / seconds:>9,.0f} rows/s {size / 1e6:>8,.0f} MB file"
    spent = f"{seconds:>8.1f} s, of the processor {processor:>8.1f} s"
    print(f"{name:<8} {rows:>9,} rows {spent} {speed} {peak:>7,.0f} MB peak")
    sys.stdout.flush()
    return float(peak)


def _run(work: Any, arguments: tuple[Any, ...]) -> tuple[Took, int, float]:
    seconds, size = work(*arguments)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return seconds, size, int(peak.split()[1]) / 1024


def wide(where: Path, megabytes: int) -> float:
    """Every format of every shape of long texts; the highest peak in MB."""
    highest = 0.0
    for fields, signs in WIDE:
        path, rows = where / f"wide-{fields}-{signs}.sqlite", megabytes * 1_000_000 // (fields * signs)
        make_wide_database(path, rows, fields, signs)
        print(f"{rows:,} accounts x {fields} texts of {signs:,} signs", flush=True)
        for kind in Format:
            peak = measured(kind, rows, from_database, path, where / f"wide-{kind}", fields, kind)
            print(f"         {said(peak)}", flush=True)
            highest = max(highest, peak)
        path.unlink()
    return highest


def said(peak: float) -> str:
    """A peak beside the goal."""
    return f"peak of the product: {peak:,.0f} MB, {'under' if peak < LIMIT_MB else 'OVER'} {LIMIT_MB} MB"


def main() -> None:
    """Make the database, and run each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--fields", type=int, default=200)
    parser.add_argument("--frame-rows", type=int, default=100_000, help="written by pandas")
    parser.add_argument("--piece", type=int, default=PIECE, help="rows of a frame")
    parser.add_argument("--check-rows", type=int, default=100_000, help="of the file, read again")
    parser.add_argument("--also", nargs="*", default=[], choices=["parquet", "xlsx"])
    parser.add_argument("--wide-mb", type=int, default=120, help="of long texts in each shape; 0 for none")
    parser.add_argument("--directory", type=Path, default=None, help="where some gigabytes have room")
    chosen = parser.parse_args()
    assert any(is_dangerous(word) for word in WORDS)
    with tempfile.TemporaryDirectory(dir=chosen.directory) as where:
        out, path, fields = Path(where), Path(where) / "copy.sqlite", chosen.fields
        since = clocks()
        make_database(path, chosen.rows, fields)
        size = path.stat().st_size
        made = f"{size / 1e6:,.0f} MB, made in {took(since)[0]:,.0f} s"
        print(f"{chosen.rows:,} accounts x {fields} fields, {made}", flush=True)
        peak = 0.0
        for kind in (Format.CSV, *map(Format, chosen.also)):
            peak = max(peak, measured(kind, chosen.rows, from_database, path, out / kind, fields, kind))
        measured("loop", chosen.rows, plain_loop, path, out, fields)
        few = min(chosen.frame_rows, chosen.rows)
        measured("pandas", few, pandas_to_csv, few, chosen.piece, out, fields)
        measured("frame", few, frame_to_csv, few, chosen.piece, out, fields)
        if chosen.wide_mb:
            peak = max(peak, wide(out, chosen.wide_mb))
        print(check(out / Format.CSV, chosen.check_rows, fields))
    print(said(peak))
    sys.exit(0 if peak < LIMIT_MB else 1)


if __name__ == "__main__":
    main()
