"""Answers that are a sentence with a table below it: figures, changes, the past, offers, reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.app.answers import Answer
from bot.app.tables import Cell, CellType, TableColumn
from bot.app.wording import isolated, one_line, written
from bot.slack.views import limits
from bot.slack.views.blocks import Json, Message, bullets, context, line, rich_text, run, sentence, table
from bot.slack.views.controls import controls
from bot.slack.views.drawing import Drawing
from bot.slack.views.marks import marked
from bot.slack.views.text import clip, code, data_age, mrkdwn, plain

TABLE_CHARACTERS: Final = 9_000  # leaves room for the rest of the message under limits.MESSAGE_CHARACTERS
CELL: Final = 80
HEAD: Final = 60
SAID: Final = 500
REMARK: Final = 300
MOST_REMARKS: Final = 8
RIGHT: Final = frozenset({CellType.NUMBER, CellType.MONEY, CellType.PERCENT, CellType.DAYS})


def rows_message(answer: Answer, drawing: Drawing) -> Message:
    """The sentence, the table, the remarks, what can be pressed, and how the question was read."""
    said = plain(answer.said or "Nothing was found.", SAID)
    drawn, shown = drawn_table(answer, drawing)
    left_out = _left_out(answer, shown)
    blocks = (
        sentence(run(isolated(said), "bold"), run(f" · {plain(answer.question, 300)}")),
        *drawn,
        *remarks(answer.remarks),
        *controls(answer, shown, drawing),
        footer(answer, drawing, left_out),
        *((context(drawing.note),) if drawing.note else ()),
    )
    return Message(f"{mrkdwn(said, SAID)} · {mrkdwn(answer.question, 300)}", blocks)


def footer(answer: Answer, drawing: Drawing, *facts: str) -> Json:
    """How the question was read, and how old the data is."""
    read = f"Read as {code(answer.read_as)}" if answer.read_as else ""
    parts = [read, *facts, data_age(answer.as_of, drawing.now)]
    return context(" · ".join(part for part in parts if part))


def drawn_table(answer: Answer, drawing: Drawing) -> tuple[tuple[Json, ...], int]:
    """The table's block, if it has a row, and how many rows are in it."""
    if answer.table is None or not answer.table.rows or not answer.table.columns:
        return (), 0
    columns = answer.table.columns[: limits.TABLE_CELLS]
    room = TABLE_CHARACTERS - sum(min(len(one), REMARK) for one in answer.remarks[:MOST_REMARKS])
    cells = [row_of(row, columns, answer.currency, drawing) for row in answer.table.rows]
    rows = fitting(cells, room)
    heads = [plain(one.head, HEAD) for one in columns]
    return (table(heads, rows, [one.type in RIGHT for one in columns]),), len(rows)


def row_of(row: Sequence[Cell], columns: Sequence[TableColumn], currency: str, drawing: Drawing) -> list[str]:
    """A row as texts, each a line that is cut visibly where it is long."""
    return [
        cell_text(cell, column.type, currency, drawing) for cell, column in zip(row, columns, strict=False)
    ]


def cell_text(cell: Cell, kind: CellType, currency: str, drawing: Drawing) -> str:
    """One value; labels with their marks."""
    if kind is CellType.LABEL:
        return marked(cell if isinstance(cell, str) else None, drawing.marks)
    return plain(written(cell, kind, currency), CELL)


def fitting(rows: Sequence[Sequence[str]], room: int = TABLE_CHARACTERS) -> list[Sequence[str]]:
    """As many rows as a message may hold beside a head: by number, and by characters."""
    kept: list[Sequence[str]] = []
    for row in rows[: limits.TABLE_ROWS - 1]:
        room -= sum(map(len, row))
        if room < 0:
            break
        kept.append(row)
    return kept


def remarks(sentences: Sequence[str]) -> tuple[Json, ...]:
    """Sentences below a table; how many more there are is said."""
    shown = [line(run(plain(one, REMARK))) for one in sentences[:MOST_REMARKS] if one_line(one)]
    if len(sentences) > MOST_REMARKS:
        shown.append(line(run(f"… and {len(sentences) - MOST_REMARKS} more", "italic")))
    return (rich_text(bullets(shown)),) if shown else ()


def _left_out(answer: Answer, shown: int) -> str:
    rows = answer.table
    if rows is None or not shown or shown >= rows.total:
        return ""
    place = f"{answer.offset + 1:,} to {answer.offset + shown:,}" if answer.offset else f"{shown:,}"
    return clip(f"{place} of {rows.total:,} rows", HEAD)
