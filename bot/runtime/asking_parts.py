"""Puts together what answers questions of the kinds that are no list of accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.app.answering.figures import FigureAnswers
from bot.app.ask import Answerer, Ask
from bot.app.kept_index import beside
from bot.app.ports import AccountBook, Clock
from bot.language.question import Kind
from bot.store.figures import SqlFigureBook
from connector.cache.engine import Database
from scoring.config import Configuration


def asking(
    database: Database, book: AccountBook, configuration: Callable[[], Configuration], clock: Clock
) -> Ask:
    """The use case of a question; its vocabulary is built anew beside the questions."""
    return Ask(book, configuration, further_answers(database, book, configuration, clock), beside)


def further_answers(
    database: Database, book: AccountBook, configuration: Callable[[], Configuration], clock: Clock
) -> Mapping[Kind, Answerer]:
    """An answerer for each kind that ``bot.app.ask`` does not answer itself."""
    figures = SqlFigureBook(database, configuration, clock)
    return {
        Kind.FIGURE: FigureAnswers(book, figures, configuration),
    }
