"""Puts together what answers questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.app.answering.figures import FigureAnswers
from bot.app.answering.flock import FlockAnswers
from bot.app.answering.held import Holders
from bot.app.answering.moves import Moves
from bot.app.answering.offers import OfferAnswers
from bot.app.answering.why import Why
from bot.app.ask import Answerer, Ask
from bot.app.kept_index import beside
from bot.app.offers import Recommending
from bot.app.ports import Clock, FigureBook
from bot.language.question import Kind
from bot.store.accounts import SqlAccountBook
from bot.store.figures import SqlFigureBook
from bot.store.flock import SqlFlock
from bot.store.label_moves import SqlLabelChanges
from bot.store.labels_held import SqlLabelsHeld
from bot.store.last_changes import SqlLastChanges
from connector.cache.engine import Database
from scoring.config import Configuration


def asking(
    database: Database,
    book: SqlAccountBook,
    configuration: Callable[[], Configuration],
    clock: Clock,
    recommending: Recommending,
) -> Ask:
    """The use case of a question; its vocabulary is built anew beside the questions."""
    further = further_answers(database, book, configuration, clock, recommending)
    return Ask(book, configuration, further, beside)


def further_answers(
    database: Database,
    book: SqlAccountBook,
    configuration: Callable[[], Configuration],
    clock: Clock,
    recommending: Recommending,
) -> Mapping[Kind, Answerer]:
    """An answerer for each kind that ``bot.app.ask`` does not answer itself."""
    figures = SqlFigureBook(database, configuration, clock)
    return {
        Kind.FIGURE: FigureAnswers(book, figures, configuration),
        **past_answers(database, book, configuration, recommending, figures),
    }


def past_answers(
    database: Database,
    book: SqlAccountBook,
    configuration: Callable[[], Configuration],
    recommending: Recommending,
    figures: FigureBook | None = None,
) -> Mapping[Kind, Answerer]:
    """What answers who moved, who was, why, what to offer, how the flock is; without figures no revenue."""
    offers = OfferAnswers(recommending, book)
    return {
        Kind.MOVED: Moves(SqlLabelChanges(book.reading), book, configuration).answer,
        Kind.HISTORY: Holders(SqlLabelsHeld(book.reading), book, configuration).answer,
        Kind.OFFERS: offers.offers,
        Kind.PROSPECTS: offers.prospects,
        Kind.WHY: Why(book, SqlLastChanges(database)).answer,
        Kind.FLOCK: FlockAnswers(SqlFlock(book.reading), book, configuration, figures).answer,
    }
