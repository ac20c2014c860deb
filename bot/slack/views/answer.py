"""Answers: lists, counts and breakdowns, with the footer that tells how the question was read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.app.answers import AccountLine, Answer
from bot.app.wording import counted, day, money
from bot.language.question import Kind
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.account import account_message
from bot.slack.views.blocks import Json, Message, actions, button, context, run, sentence, table
from bot.slack.views.drawing import Drawing
from bot.slack.views.help import help_message
from bot.slack.views.marks import marked
from bot.slack.views.not_understood import not_understood_message
from bot.slack.views.text import code, data_age, mrkdwn, plain

TABLE_CHARACTERS: Final = 9_000  # leaves room for the rest of the message under limits.MESSAGE_CHARACTERS
CELL: Final = 80
FIRST_NAMES: Final = 3  # in the notification


@dataclass(frozen=True, slots=True)
class Column:
    """How one attribute of a line is headed and written."""

    head: str
    cell: Callable[[AccountLine, Answer, Drawing], str]
    right: bool = False


def _number(value: int | None) -> str:
    return plain(None) if value is None else f"{value:,}"


COLUMNS: Final[Mapping[str, Column]] = {
    "label": Column("Label", lambda line, _answer, drawing: marked(line.label, drawing.marks)),
    "r": Column("R", lambda line, _answer, _drawing: _number(line.r), right=True),
    "f": Column("F", lambda line, _answer, _drawing: _number(line.f), right=True),
    "m": Column("M", lambda line, _answer, _drawing: _number(line.m), right=True),
    "total": Column("RFM", lambda line, _answer, _drawing: _number(line.total), right=True),
    "industry": Column("Industry", lambda line, _answer, _drawing: plain(line.industry, CELL)),
    "city": Column("City", lambda line, _answer, _drawing: plain(line.city, CELL)),
    "state": Column("State", lambda line, _answer, _drawing: plain(line.state, CELL)),
    "country": Column("Country", lambda line, _answer, _drawing: plain(line.country, CELL)),
    "owner": Column("Owner", lambda line, _answer, _drawing: plain(line.owner, CELL)),
    "last_purchase": Column("Last purchase", lambda line, _answer, _drawing: day(line.last_purchase)),
    "purchases": Column("Purchases", lambda line, _answer, _drawing: _number(line.purchases), right=True),
    "spend_minor": Column(
        "Spend", lambda line, answer, _drawing: money(line.spend_minor, answer.currency), right=True
    ),
    "annual_revenue_minor": Column(
        "Revenue",
        lambda line, answer, _drawing: money(line.annual_revenue_minor, answer.currency),
        right=True,
    ),
    "employees": Column("Employees", lambda line, _answer, _drawing: _number(line.employees), right=True),
}


def answer_message(answer: Answer, drawing: Drawing) -> Message:
    """The message for an answer of any kind."""
    if answer.not_understood is not None:
        return not_understood_message(answer.question, answer.not_understood, drawing)
    if answer.kind is Kind.HELP:
        return help_message(answer.help, drawing)
    if answer.kind is Kind.ACCOUNT:
        return account_message(answer, drawing)
    if answer.kind is Kind.COUNT_BY:
        return _breakdown_message(answer, drawing)
    if answer.kind is Kind.COUNT:
        return _count_message(answer, drawing)
    return _list_message(answer, drawing)


def footer(answer: Answer, now: datetime, *facts: str) -> Json:
    """How the question was read, and how old the data is."""
    parts = [f"Read as {code(answer.read_as)}" if answer.read_as else "", *facts, data_age(answer.as_of, now)]
    return context(" · ".join(part for part in parts if part))


def _lead(answer: Answer, what: str) -> Json:
    return sentence(run(what, "bold"), run(f" · {plain(answer.question, 300)}"))


def _notification(answer: Answer, what: str) -> str:
    return f"{what} · {mrkdwn(answer.question, 300)}"


def _with_note(drawing: Drawing, *blocks: Json) -> tuple[Json, ...]:
    return (*blocks, context(drawing.note)) if drawing.note else blocks


def _list_message(answer: Answer, drawing: Drawing) -> Message:
    what = counted(answer.total, "account")
    if not answer.accounts:
        nothing = "No account meets this" if not answer.total else "There are no more accounts"
        blocks = _with_note(drawing, _lead(answer, f"{nothing}."), footer(answer, drawing.now))
        return Message(_notification(answer, f"{nothing}."), blocks)
    columns = [COLUMNS[name] for name in answer.columns if name in COLUMNS][: limits.TABLE_CELLS - 1]
    cells = [
        [plain(line.name, CELL), *(column.cell(line, answer, drawing) for column in columns)]
        for line in answer.accounts
    ]
    rows = fitting(cells)
    drawn = table(
        ["Account", *(column.head for column in columns)], rows, [False, *(c.right for c in columns)]
    )
    pages = _page_buttons(answer, len(rows), drawing)
    place = _place_of_page(answer, len(rows))
    blocks = (_lead(answer, what), drawn, *pages, footer(answer, drawing.now, place))
    first = ", ".join(mrkdwn(line.name, 60) for line in answer.accounts[:FIRST_NAMES])
    return Message(
        _notification(answer, f"{what}: {first}{'…' if answer.total > FIRST_NAMES else ''}"),
        _with_note(drawing, *blocks),
    )


def fitting(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """As many rows as a message may hold beside a head: by number, and by characters."""
    kept: list[Sequence[str]] = []
    room = TABLE_CHARACTERS
    for row in rows[: limits.TABLE_ROWS - 1]:
        room -= sum(map(len, row))
        if room < 0:
            break
        kept.append(row)
    return kept


def _place_of_page(answer: Answer, drawn: int) -> str:
    if answer.offset:
        return f"{answer.offset + 1:,} to {answer.offset + drawn:,} of {answer.total:,}"
    return f"{drawn:,} of {answer.total:,}"


def _page_buttons(answer: Answer, drawn: int, drawing: Drawing) -> tuple[Json, ...]:
    """Buttons to the next page and the first; what they carry is asked again for whoever clicks."""
    after = answer.offset + drawn
    wanted = [("From the start", 0)] if answer.offset else []
    if after < answer.total:
        wanted.append((f"Next {min(max(answer.shown, 1), answer.total - after)}", after))
    buttons = [
        button(text, ids.numbered(ids.PAGE, number), value)
        for number, (text, offset) in enumerate(wanted)
        if len(value := page_value(answer.question, offset)) <= limits.BUTTON_VALUE
    ]
    return (actions(ids.owned("pages", drawing.asker), *buttons),) if buttons else ()


def page_value(question: str, offset: int) -> str:
    """What a page button carries: the whole question and where to go on, so that nothing must be kept."""
    return json.dumps({"q": question, "offset": offset}, ensure_ascii=False, separators=(",", ":"))


def _count_message(answer: Answer, drawing: Drawing) -> Message:
    what = counted(answer.total, "account")
    blocks = (_lead(answer, what), footer(answer, drawing.now))
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
    blocks = (lead, *drawn, footer(answer, drawing.now, left_out))
    return Message(
        _notification(answer, f"{what}: {biggest}" if biggest else what), _with_note(drawing, *blocks)
    )


def _group_name(label: str | None, drawing: Drawing) -> str:
    return marked(label, drawing.marks) if label else "⚪ no label"
