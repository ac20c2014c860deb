"""Which rows of a table an answer shows, and how what it is about is read."""

from __future__ import annotations

from dataclasses import replace

from bot.app.answers import Answer
from bot.app.ask import MOST_LINES, PAGE_LINES
from bot.app.ports import AccountBook
from bot.app.tables import AnswerTable
from bot.language.question import Question
from bot.language.restate import read_as


def rows_of_a_page(question: Question) -> int:
    """How many rows are shown at once."""
    return min(question.limit or PAGE_LINES, MOST_LINES)


def framed(question: Question, empty: Answer, book: AccountBook) -> Answer:
    """The answer that says how the question was read, with nothing in it yet."""
    return replace(empty, kind=question.kind, read_as=read_as(question, book.catalog()))


def with_table(answer: Answer, table: AnswerTable) -> Answer:
    """The same with a table; totals are of its rows."""
    return replace(answer, table=table, total=table.total, shown=len(table.rows))
