"""What Arrow reads of a bulk file is what the reader of lines reads, letter for letter."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.batches import as_batch
from connector.cache.copy_text import copy_text
from connector.cache.record_tables import record_table
from connector.cache.writing_sqlite import made_ready as sqlite_rows
from connector.mapping import Role, standard_mapping
from connector.ports import CrmRecord, Unreadable
from connector.zoho import bulk_file
from connector.zoho.canonical import Form, canonical_people
from connector.zoho.file_records import FileReader
from connector.zoho.records import RecordReader, Surroundings
from tests.support.zoho_records import USERS, selection

FIELDS = selection(
    {
        "Account_Name": "lookup",
        "Contact_Name": "lookup",
        "Owner": "ownerlookup",
        "Deal_Name": "text",
        "Stage": "picklist",
        "Closing_Date": "date",
        "Amount": "currency",
        "Score": "double",
        "Big": "bigint",
        "Currency": "picklist",
        "Exchange_Rate": "double",
        "Created_Time": "datetime",
        "Modified_Time": "datetime",
        "Open": "boolean",
        "Tag": "text",
        "Kinds": "multiselectpicklist",
        "Sum": "formula",
    },
    {
        "account_id": "Account_Name",
        "contact_id": "Contact_Name",
        "owner_id": "Owner",
        "name": "Deal_Name",
        "stage": "Stage",
        "occurred_on": "Closing_Date",
        "amount_minor": "Amount",
        "currency": "Currency",
        "exchange_rate": "Exchange_Rate",
        "created_at": "Created_Time",
        "modified_at": "Modified_Time",
    },
    role=Role.TRANSACTIONS,
)
HEADER = ("id", *FIELDS.names, "Account_Name.Account_Name")
NUMBERS = ("", "0", "7", "-3", "120", "12.5", "12.50", "12.00", "0.07", "-0.5", "1000000", "94527.07")
ODD_NUMBERS = ("-0", "007", "1.005", ".5", "5.", "1e3", "123456789012345.67", "-0.00", "99999999999999999999")
UNUSUAL_WHOLE = ("0x1F", "+7", "-07", " 7", "7 ", "999999999999", "1000000000000", "-9223372036854775808")
INSTANTS = ("", "2026-01-31T23:59:59+00:00", "2026-01-31T23:59:59+05:30", "1969-03-01T00:00:00-08:00")
LATE = "2026-01-31T05:00:00+02:00"
ODD_INSTANTS = ("2026-02-30T00:00:00+00:00", "2026-01-31T23:59:59", "2026-01-31T23:59:59.5+00:00", "soon")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8)


def mostly(usual: Sequence[str], odd: Sequence[str]) -> st.SearchStrategy[str]:
    return st.integers(0, 30).flatmap(lambda one: st.sampled_from(usual if one else [*usual, *odd]))


LINES = st.fixed_dictionaries(
    {
        "id": mostly(["1", "22", "333"], ["", "a b"]),
        "Account_Name": mostly(["", "12", "13"], ["a,b"]),
        "Contact_Name": mostly(["", "14"], ["x" * 40]),
        "Owner": mostly(["", "900", "77"], ["a b"]),
        "Deal_Name": TEXTS,
        "Stage": st.sampled_from(["", "Won", 'Lo"st', "a\\b", "\x7f\n"]),
        "Closing_Date": mostly(["", "2026-01-31", "1999-12-01"], ["2026-02-30", "soon", LATE]),
        "Amount": mostly(NUMBERS, [*ODD_NUMBERS, "much"]),
        "Score": mostly(NUMBERS, [*ODD_NUMBERS, "much"]),
        "Big": mostly(["", "5", "9223372036854775807"], ["x"]),
        "Currency": st.sampled_from(["", "USD", "EUR"]),
        "Exchange_Rate": mostly(["", "1", "1.00", "0.5", "0.333333"], ["-1", "0"]),
        "Created_Time": mostly(INSTANTS, ODD_INSTANTS),
        "Modified_Time": mostly(INSTANTS, ODD_INSTANTS),
        "Open": st.sampled_from(["", "true", "false", "maybe"]),
        "Tag": st.sampled_from(["", "a,b", "VIP"]),
        "Kinds": st.sampled_from(["", "A;B", "A"]),
        "Sum": st.sampled_from(["", "12.5", "text", "7"]),
        "Account_Name.Account_Name": mostly(["", "Konex", 'K"x'], ["\N{SNOWMAN}"]),
    }
)  # fmt: skip


DEALS = record_table(standard_mapping().of(Role.TRANSACTIONS))


def readers() -> tuple[RecordReader, FileReader]:
    around = Surroundings(canonical_people(USERS), {}, "per_home", lambda: "USD")
    reader = RecordReader(FIELDS, Form.FILE, around)
    return reader, FileReader(FIELDS, reader)


PLAIN = dict.fromkeys(HEADER, "") | {"id": "1"}


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=6))
@example([PLAIN | {"Amount": "5.10"}, PLAIN | {"Amount": "-0.10"}, PLAIN | {"Amount": "10.01"}])
@example([PLAIN | {"Score": "0.0"}, PLAIN | {"Score": "100.0"}, PLAIN | {"Score": "100"}])
@example([PLAIN | {"Modified_Time": one} for one in ("2026-01-31", "T23:59:59+00:00")])
@example([PLAIN | {"Modified_Time": one} for one in ("2026-01-31T23:59:59", "+00:00")])
@example([PLAIN | {"Modified_Time": "2026+01+31T23:59:59+00:00"}])
@example([PLAIN | {"id": one} for one in ("\u00e41", "1")])
@example([PLAIN | {"id": "1" * 33}])
@example([PLAIN | {"Currency": "EUR", "Exchange_Rate": "0.5", "Amount": "10"}, PLAIN])
def test_both_readers_read_the_same(lines: list[dict[str, str]]) -> None:
    by_line, by_column = readers()
    expected = by_line.lines(
        [[line[name] for name in HEADER] for line in lines], {name: at for at, name in enumerate(HEADER)}
    )
    block = pa.RecordBatch.from_pydict(
        {name: pa.array([line[name] for line in lines], pa.string()) for name in HEADER}
    )
    records, unreadable = by_column.read(block)
    assert list(records) == list(expected[0])
    assert unreadable == expected[1]
    if records:
        by_column_too, by_record = as_batch(records), as_batch(list(records))
        by_arrow, by_python = copy_text(DEALS, by_column_too), copy_text(DEALS, by_record)
        assert by_arrow.columns == by_python.columns
        assert bytes(by_arrow.content) == bytes(by_python.content)
        assert sqlite_rows(DEALS, by_column_too) == sqlite_rows(DEALS, by_record)


@pytest.mark.parametrize("text", UNUSUAL_WHOLE)
@pytest.mark.parametrize("name", ["Amount", "Score"])
def test_a_whole_number_that_is_written_unusually(text: str, name: str) -> None:
    by_line, by_column = readers()
    lines = [PLAIN | {name: text}, PLAIN | {"id": "2", name: "5"}]
    places = {name: at for at, name in enumerate(HEADER)}
    expected = by_line.lines([[line[one] for one in HEADER] for line in lines], places)
    block = pa.RecordBatch.from_pydict({one: [line[one] for line in lines] for one in HEADER})
    records, unreadable = by_column.read(block)
    assert (list(records), unreadable) == (list(expected[0]), expected[1])


def test_usual_values_are_not_given_to_the_other_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    line = {
        "id": "1", "Account_Name": "12", "Account_Name.Account_Name": "Konex", "Owner": "900",
        "Deal_Name": 'a "b"', "Closing_Date": "2026-01-31", "Created_Time": "2026-01-31T23:59:59+05:30",
        "Amount": "12.50", "Currency": "EUR", "Exchange_Rate": "2", "Score": "1.005",
    }  # fmt: skip
    reader, files = readers()
    monkeypatch.setattr(reader, "lines", lambda *_: pytest.fail("read by lines"))
    block = pa.RecordBatch.from_pydict({name: [(PLAIN | line)[name]] for name in HEADER})
    ((record,), unreadable) = files.read(block)
    assert unreadable == ()
    assert record.values[FIELDS_AT["amount_minor"]] == 625
    assert '"Score":1.005,' in record.raw


FIELDS_AT = {name: at for at, name in enumerate(
    ("account_id", "contact_id", "product_id", "owner_id", "name", "stage", "occurred_on", "amount_minor")
)}  # fmt: skip


def zipped(text: str) -> zipfile.ZipFile:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("Deals_1.csv", text.encode("utf-8", "surrogateescape"))
    return zipfile.ZipFile(content)


def blocks_of(archive: zipfile.ZipFile, skip: int = 0) -> tuple[list[dict[str, str]], list[Unreadable]]:
    names = bulk_file.header_of(archive)
    found = list(bulk_file.blocks(archive, names, names, skip))
    assert all(block.lines for block in found)
    rows = [row for block in found for row in block.columns.to_pylist()]
    return rows, [one for block in found for one in block.broken]


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, st.booleans()), max_size=12),
    skip=st.integers(0, 13),
    block=st.sampled_from([8, 24, 64, 1 << 20]),
)
def test_a_table_comes_in_blocks_whatever_is_in_it(
    rows: list[tuple[str, str, bool]], skip: int, block: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["Id", "A", "B"])
    for number, (one, other, whole) in enumerate(rows):
        writer.writerow([str(number), one, other] if whole else [str(number), one])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk_file, "BLOCK_BYTES", block)
        found, broken = blocks_of(zipped(text.getvalue()), skip)
    rest = list(enumerate(rows))[skip:]
    assert found == [{"Id": str(number), "A": a, "B": b} for number, (a, b, whole) in rest if whole]
    assert [one.id for one in broken] == [str(number) for number, (_, _, whole) in rest if not whole]


def test_what_no_database_stores_is_replaced() -> None:
    rows, _ = blocks_of(zipped("\ufeffId,A\r\n1,a\0b\r\n2,\udcff\r\n"))
    assert [row["A"] for row in rows] == ["a\N{REPLACEMENT CHARACTER}b", "\N{REPLACEMENT CHARACTER}"]


def test_a_line_longer_than_a_block_is_read() -> None:
    long = "x" * (2 * bulk_file.BLOCK_BYTES)
    rows, broken = blocks_of(zipped(f"Id,A\r\n1,short\r\n2,{long}\r\n3,short\r\n"))
    assert ([row["Id"] for row in rows], broken) == (["1", "2", "3"], [])


@pytest.mark.parametrize("text", ["", "Id,A\r\n"])
def test_no_lines_are_no_blocks(text: str) -> None:
    assert blocks_of(zipped(text)) == ([], [])


def test_a_record_is_made_when_it_is_asked_for() -> None:
    _, files = readers()
    block = pa.RecordBatch.from_pydict(
        {name: [(PLAIN | {"id": one})[name] for one in "123"] for name in HEADER}
    )
    records, _ = files.read(block)
    assert isinstance(records[1], CrmRecord)
    assert [one.id for one in records[1:]] == ["2", "3"]
    assert records[-1] == list(records)[2]
    assert "3" in repr(records)
