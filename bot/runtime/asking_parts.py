"""Puts together what answers questions of the kinds that are no list of accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.app.answering.flock import FlockAnswers
from bot.app.answering.held import Holders
from bot.app.answering.moves import Moves
from bot.app.answering.offers import OfferAnswers
from bot.app.answering.why import Why
from bot.app.ask import Answerer
from bot.app.offers import Recommending
from bot.app.ports import FigureBook
from bot.language.question import Kind
from bot.store.accounts import SqlAccountBook
from bot.store.flock import SqlFlock
from bot.store.label_moves import SqlLabelChanges
from bot.store.labels_held import SqlLabelsHeld
from bot.store.last_changes import SqlLastChanges
from connector.cache.engine import Database
from scoring.config import Configuration

_NONE: Mapping[Kind, Answerer] = MappingProxyType({})


def further_answers(past: Mapping[Kind, Answerer] = _NONE) -> Mapping[Kind, Answerer]:
    """An answerer for each kind that ``bot.app.ask`` does not answer itself.

    Args:
        past: of ``past_answers``.
    """
    return {**past}


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
