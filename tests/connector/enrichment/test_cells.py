"""Cells of tables: their lines stay apart, and addresses side by side are read one by one."""

from __future__ import annotations

import time

import pytest

from connector.enrichment.documents import opened
from connector.enrichment.postal import addresses
from connector.enrichment.values import Page


def lines(body: str) -> tuple[str, ...]:
    document = opened(Page("https://kestrel.com/contact", body))
    assert document is not None
    return document.lines


def table(*rows: str) -> str:
    """Rows whose cells are parted by bars."""
    cells = ("".join(f"<td>{cell}</td>" for cell in row.split("|")) for row in rows)
    return f"<table>{''.join(f'<tr>{one}</tr>' for one in cells)}</table>"


def test_what_a_cell_with_lines_ends_with_is_no_line_with_the_next() -> None:
    assert lines(table("Kestrel<br>Alby|Elm<br>Lund")) == ("Kestrel", "Alby", "Elm", "Lund")
    assert lines(table("Address|14 Alder Road")) == ("Address 14 Alder Road",)


@pytest.mark.parametrize(
    ("site", "rows", "expected"),
    [
        (
            "kestrel.co.uk",
            ("Head Office|Sales Office", "14 Alder Road|7 Mill Lane", "Kelby|Penrith", "GU34 1AB|CA11 1AB"),
            ["14 Alder Road, Kelby", "7 Mill Lane, Penrith"],
        ),
        (
            "kestrel.se",
            ("Alby|Lund", "Ekgatan 1|Bokgatan 7", "123 45 Alby|223 45 Lund"),
            ["Ekgatan 1, Alby", "Bokgatan 7, Lund"],
        ),
        (
            "kestrel.com",
            ("14 Alder Road|7 Mill Lane", "Salem, OR 97301|Reno, NV 89501", "503-555-0101|775-555-0101"),
            ["14 Alder Road, Salem", "7 Mill Lane, Reno"],
        ),
        (
            "kestrel.com.au",
            ("14 Alder Road|7 Mill Lane", "Kelby NSW 2099|Elmby VIC 3099"),
            ["14 Alder Road, Kelby", "7 Mill Lane, Elmby"],
        ),
    ],
)
def test_addresses_in_columns(site: str, rows: tuple[str, ...], expected: list[str]) -> None:
    document = opened(Page(f"https://www.{site}/contact", f"<title>Kestrel</title>{table(*rows)}"))
    assert document is not None
    found = [one.address for one in addresses(document)]
    assert [f"{one.street}, {one.city}" for one in found] == expected


@pytest.mark.parametrize(
    "rows",
    [
        ("Model|Price", "Oak 12|97301", "Elm 14|89501"),
        ("10100|20100", "97301|89501"),
        ("Address|14 Alder Road", "City|Salem, OR 97301"),
        ("14 Alder Road|Salem, OR 97301", "7 Mill Lane|Reno, NV 89501"),
    ],
)
def test_other_tables_keep_their_rows(rows: tuple[str, ...]) -> None:
    assert lines(table(*rows)) == tuple(one.replace("|", " ") for one in rows)


def test_tables_within_tables_take_no_time() -> None:
    began = time.process_time()
    lines("<table><tr><td>a<td>b" * 15_000)
    assert time.process_time() - began < 5
