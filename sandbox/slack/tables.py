"""The rules for blocks that carry data: rich text, tables, charts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack import limits
from sandbox.slack.check import Check

Json = dict[str, Any]
_RICH_PARTS = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
_RICH_LEAVES = {"text", "link", "user", "channel", "usergroup", "emoji", "date", "broadcast", "color", "team"}


def rich_text(check: Check, at: str, block: Json) -> None:
    """A rich_text block, or a rich_text cell."""
    check.keys(at, block, ("type", "block_id", "elements"))
    check.needed(at, block, "elements")
    for place, part in check.items(at, block, "elements", limits.TEXT, least=1):
        _rich_part(check, place, part)


def _rich_part(check: Check, at: str, part: Json) -> None:
    kind = str(part.get("type"))
    if kind not in _RICH_PARTS:
        check.wrong(f"{at}/type", f"unsupported element type in rich text: {kind}")
        return
    check.number(at, part, "indent", 0, 8)
    for place, leaf in check.items(at, part, "elements", limits.TEXT, least=0):
        if kind == "rich_text_list":
            _rich_part(check, place, leaf)
        elif str(leaf.get("type")) not in _RICH_LEAVES:
            check.wrong(f"{place}/type", f"unsupported element type in rich text: {leaf.get('type')}")
        elif leaf["type"] == "text":
            check.needed(place, leaf, "text")
            check.string(place, leaf, "text", limits.MESSAGE_TEXT, least=1)


def table(check: Check, at: str, block: Json) -> None:
    """A table: rows of cells, none of them empty."""
    check.keys(at, block, ("type", "block_id", "rows", "column_settings"))
    check.needed(at, block, "rows")
    for place, cell in _cells(check, at, block, limits.TABLE_ROWS, 1):
        _cell(check, place, cell)
    columns = block.get("column_settings")
    if isinstance(columns, list) and len(columns) > limits.TABLE_COLUMNS:
        check.wrong(f"{at}/column_settings", f"no more than {limits.TABLE_COLUMNS} items allowed")
    for column, setting in enumerate(columns if isinstance(columns, list) else ()):
        if isinstance(setting, dict):
            check.keys(f"{at}/column_settings/{column}", setting, ("align", "is_wrapped"))
            check.one_of(f"{at}/column_settings/{column}", setting, "align", ("left", "center", "right"))


def _cells(check: Check, at: str, block: Json, most_rows: int, least_rows: int) -> Iterator[tuple[str, Json]]:
    rows = block.get("rows")
    if not isinstance(rows, list):
        return
    if not least_rows <= len(rows) <= most_rows:
        check.wrong(f"{at}/rows", f"must have {least_rows} to {most_rows} rows")
    for place, row in enumerate(rows):
        yield from check.items(f"{at}/rows", {str(place): row}, str(place), limits.TABLE_COLUMNS)
    if len({len(row) for row in rows if isinstance(row, list)}) > 1:
        check.wrong(f"{at}/rows", "all rows must have the same number of cells")


def _cell(check: Check, at: str, cell: Json) -> None:
    kind = cell.get("type")
    if kind == "rich_text":
        rich_text(check, at, cell)
    elif kind == "raw_text":
        check.keys(at, cell, ("type", "text"))
        check.needed(at, cell, "text")
        check.string(at, cell, "text", limits.MESSAGE_TEXT, least=1)
    elif kind == "raw_number":
        check.keys(at, cell, ("type", "value", "text"))
        if isinstance(cell.get("value"), bool) or not isinstance(cell.get("value"), int | float):
            check.wrong(f"{at}/value", "must provide a number")
    else:
        check.wrong(f"{at}/type", f"unsupported cell type: {kind}")


def data_table(check: Check, at: str, block: Json) -> None:
    """A data_table: a header and rows that people can sort."""
    check.keys(at, block, ("type", "block_id", "rows", "page_size", "caption", "row_header_column_index"))
    check.needed(at, block, "rows", "caption")
    check.number(at, block, "page_size", 1, limits.PAGE_SIZE)
    content = 0
    for place, cell in _cells(check, at, block, limits.DATA_TABLE_ROWS, 2):
        _cell(check, place, cell)
        content += len(str(cell.get("text", "")))
        if place.startswith(f"{at}/rows/0/") and cell.get("type") == "rich_text":
            check.wrong(place, "header cells must not be rich_text")
    if content > limits.DATA_TABLE_TEXT:
        check.wrong(f"{at}/rows", f"must be less than {limits.DATA_TABLE_TEXT + 1} characters in all")


def data_visualization(check: Check, at: str, block: Json) -> None:
    """A chart."""
    check.keys(at, block, ("type", "block_id", "title", "chart"))
    check.needed(at, block, "title", "chart")
    check.string(at, block, "title", limits.CHART_TITLE)
    if (chart := check.object(at, block, "chart")) is None:
        return
    check.one_of(f"{at}/chart", chart, "type", ("pie", "bar", "line", "area"))
    if chart.get("type") == "pie":
        _pie(check, f"{at}/chart", chart)
    else:
        _series(check, f"{at}/chart", chart)


def _pie(check: Check, at: str, chart: Json) -> None:
    check.needed(at, chart, "segments")
    for place, segment in check.items(at, chart, "segments", limits.CHART_SERIES):
        check.string(place, segment, "label", limits.CHART_LABEL)
        value = segment.get("value")
        if not isinstance(value, int | float) or value <= 0:
            check.wrong(f"{place}/value", "must be greater than 0")


def _series(check: Check, at: str, chart: Json) -> None:
    check.needed(at, chart, "series")
    for place, series in check.items(at, chart, "series", limits.CHART_SERIES):
        check.string(place, series, "name", limits.CHART_LABEL)
        check.needed(place, series, "data")
        for point_at, point in check.items(place, series, "data", limits.CHART_POINTS):
            check.string(point_at, point, "label", limits.CHART_LABEL)
    axis = check.object(at, chart, "axis_config") or {}
    for name in ("x_label", "y_label"):
        check.string(f"{at}/axis_config", axis, name, limits.CHART_TITLE)
    categories = axis.get("categories")
    if categories is None:
        return
    if not isinstance(categories, list) or not 1 <= len(categories) <= limits.CHART_POINTS:
        check.wrong(f"{at}/axis_config/categories", f"must have 1 to {limits.CHART_POINTS} items")
    elif any(not isinstance(one, str) or len(one) > limits.CHART_LABEL for one in categories):
        check.wrong(f"{at}/axis_config/categories", f"must be less than {limits.CHART_LABEL + 1} characters")
