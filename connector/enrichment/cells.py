"""Cells of tables, made such that their lines stay apart when the page's text is taken.

Text puts the cells of a row on one line. What a cell with lines of its own ends with would run into what the
next one begins with; and addresses side by side, row by row, would run into each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

import lxml.html

MOST_CELLS = 5_000  # of a page
MOST_WITHIN = 200  # elements of a cell that are looked at
MOST_COLUMNS, MOST_ROWS = 5, 30
LONGEST_CELL = 100
_LINED = frozenset(("br", "p", "div", "li", "h1", "h2", "h3", "h4"))
_NUMBERED = re.compile(r"^(?=.*\d).*[^\W\d_]{3}")
# What the last line of an address ends with or consists of.
_CODE = re.compile(
    r"\b(?:\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|"
    r"(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT),? \d{4})$|^(?:SE?-)?\d{3} \d{2} \w|^(?:Dublin \d|Co\.? [A-Z])",
    re.IGNORECASE,
)


def part_cells(tree: Any) -> None:
    """Put breaks behind cells that have lines, and addresses of one table's columns below each other."""
    for row in islice(tree.iter("tr"), MOST_CELLS):
        for cell in list(row.iterchildren("td", "th"))[:-1]:
            if any(one.tag in _LINED for one in islice(cell.iter(), MOST_WITHIN)):
                cell.append(lxml.html.Element("br"))
    for table in list(islice(tree.iter("table"), MOST_CELLS)):
        rows = [list(row.iterchildren("td", "th")) for row in islice(table.iter("tr"), MOST_ROWS)]
        if len(rows) < MOST_ROWS and _is_columns(rows) and table.find(".//table") is None:
            _put_below(table, rows)


def _is_columns(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether addresses stand side by side in a table, each line of theirs in a row."""
    width = len(rows[0]) if rows else 0
    if not 2 <= width <= MOST_COLUMNS or len(rows) < 2 or any(len(row) != width for row in rows):  # noqa: PLR2004
        return False
    texts = [[" ".join(cell.text_content()[:LONGEST_CELL].split()) for cell in row] for row in rows]
    return any(
        all(map(_CODE.search, row))
        and any(all(_NUMBERED.search(one) for one in above) for above in texts[:at])
        for at, row in enumerate(texts)
    )


def _put_below(table: Any, rows: Sequence[Sequence[Any]]) -> None:
    for cells in zip(*rows, strict=True):
        for cell in cells:
            line = lxml.html.Element("tr")
            line.append(cell)
            table.append(line)
