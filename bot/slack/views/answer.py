"""Answers: lists, counts and breakdowns, with the footer that tells how the question was read."""

from __future__ import annotations

from typing import Final

from bot.app.answers import AccountLine, Answer
from bot.app.columns import cells_of, columns_of
from bot.app.wording import counted, isolated
from bot.language.question import Kind
from bot.slack.views import limits
from bot.slack.views.account import account_message
from bot.slack.views.blocks import Json, Message, context, run, sentence, table
from bot.slack.views.controls import controls
from bot.slack.views.drawing import Drawing
from bot.slack.views.help import help_message
from bot.slack.views.marks import marked
from bot.slack.views.not_understood import not_understood_message
from bot.slack.views.rows import CELL, HEAD, RIGHT, cell_text, fitting, footer, remarks, rows_message
from bot.slack.views.text import mrkdwn, plain

FIRST_NAMES: Final = 3  # in the notification


def answer_message(answer: Answer, drawing: Drawing) -> Message:
    """The message for an answer of any kind."""
    if answer.not_understood is not None:
        return not_understood_message(answer.question, answer.not_understood, drawing)
    if answer.kind is Kind.HELP:
        return help_message(answer.help, drawing)
    if answer.table is not None or answer.said:
        return rows_message(answer, drawing)
    draw = {
        Kind.ACCOUNT: account_message,
        Kind.COUNT_BY: _breakdown_message,
        Kind.COUNT: _count_message,
    }.get(answer.kind or Kind.LIST, _list_message)
    return draw(answer, drawing)


def _lead(answer: Answer, what: str) -> Json:
    return sentence(run(what, "bold"), run(f" · {isolated(plain(answer.question, 300))}"))


def _notification(answer: Answer, what: str) -> str:
    return f"{what} · {mrkdwn(answer.question, 300)}"


def _with_note(drawing: Drawing, *blocks: Json) -> tuple[Json, ...]:
    return (*blocks, context(drawing.note)) if drawing.note else blocks


def _list_message(answer: Answer, drawing: Drawing) -> Message:
    what = counted(answer.total, "account")
    if not answer.accounts:
        nothing = "No account meets this" if not answer.total else "There are no more accounts"
        turned = controls(answer, 0, drawing)
        blocks = (_lead(answer, f"{nothing}."), *turned, footer(answer, drawing))
        return Message(_notification(answer, f"{nothing}."), _with_note(drawing, *blocks))
    columns = columns_of(answer)[: limits.TABLE_CELLS - 1]
    rows = fitting([_cells(line, answer, drawing)[: limits.TABLE_CELLS] for line in answer.accounts])
    heads = ["Account", *(plain(one.head, HEAD) for one in columns)]
    drawn = table(heads, rows, [False, *(one.type in RIGHT for one in columns)])
    place = _place_of_page(answer, len(rows))
    blocks = (
        _lead(answer, what),
        drawn,
        *remarks(answer.remarks),
        *controls(answer, len(rows), drawing),
        footer(answer, drawing, place),
    )
    first = ", ".join(mrkdwn(line.name, 60) for line in answer.accounts[:FIRST_NAMES])
    said = f"{what}: {first}{'…' if answer.total > FIRST_NAMES else ''}"
    return Message(_notification(answer, said), _with_note(drawing, *blocks))


def _cells(line: AccountLine, answer: Answer, drawing: Drawing) -> list[str]:
    values = zip(cells_of(line, answer), columns_of(answer), strict=True)
    cells = (cell_text(value, column.type, answer.currency, drawing) for value, column in values)
    return [plain(line.name, CELL), *cells]


def _place_of_page(answer: Answer, drawn: int) -> str:
    if answer.offset:
        return f"{answer.offset + 1:,} to {answer.offset + drawn:,} of {answer.total:,}"
    return f"{drawn:,} of {answer.total:,}"


def _count_message(answer: Answer, drawing: Drawing) -> Message:
    what = counted(answer.total, "account")
    blocks = (_lead(answer, what), footer(answer, drawing))
    return Message(_notification(answer, what), _with_note(drawing, *blocks))


def _breakdown_message(answer: Answer, drawing: Drawing) -> Message:
    what = counted(answer.total, "account")
    by = answer.group_by or "value"
    cells = [
        [
            _group_name(group.value, drawing) if by == "label" else plain(group.value or "none", CELL),
            f"{group.count:,}",
            f"{group.count / answer.total:.0%}" if answer.total else plain(None),
        ]
        for group in answer.groups
    ]
    rows = fitting(cells)
    lead = _lead(answer, f"{what} by {plain(by.replace('_', ' '), 60)}")
    left_out = "" if len(rows) == len(cells) else f"{len(rows)} of {len(cells)} values"
    head = plain(by.replace("_", " "), 60).capitalize()
    drawn = (table([head, "Accounts", "Share"], rows, [False, True, True]),) if rows else ()
    biggest = ", ".join(
        f"{mrkdwn(group.value or 'none', 60)} {group.count:,}" for group in answer.groups[:FIRST_NAMES]
    )
    pressed = controls(answer, len(rows), drawing)
    blocks = (lead, *drawn, *pressed, footer(answer, drawing, left_out))
    return Message(
        _notification(answer, f"{what}: {biggest}" if biggest else what), _with_note(drawing, *blocks)
    )


def _group_name(label: str | None, drawing: Drawing) -> str:
    return marked(label, drawing.marks) if label else "⚪ no label"
