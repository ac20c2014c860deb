"""Puts together what answers questions: kinds that are no list of accounts, conversations, misses, words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.app.answering.figures import FigureAnswers
from bot.app.answering.flock import FlockAnswers
from bot.app.answering.held import Holders
from bot.app.answering.moves import Moves
from bot.app.answering.offers import OfferAnswers
from bot.app.answering.why import Why
from bot.app.answers import Answer
from bot.app.ask import Answerer, Ask
from bot.app.config.publishing import Configuring
from bot.app.errors import ConfigurationError
from bot.app.figure_ports import FigureBook
from bot.app.kept_index import beside
from bot.app.learned_words import LearnedWords
from bot.app.misses import Missing
from bot.app.offers import Recommending
from bot.app.people import Person
from bot.app.ports import Clock
from bot.app.services import Asking
from bot.language.question import Kind
from bot.store.accounts import SqlAccountBook
from bot.store.config_versions import SqlConfigVersions
from bot.store.conversations import SqlConversations
from bot.store.deal_days import bring_up_to_date
from bot.store.figures import SqlFigureBook
from bot.store.flock import SqlFlock
from bot.store.label_moves import SqlLabelChanges
from bot.store.labels_held import SqlLabelsHeld
from bot.store.last_changes import SqlLastChanges
from bot.store.memory.marks import watch
from bot.store.misses import SqlMisses
from connector.cache.engine import Database
from scoring.config import Configuration

ANSWERS_AT_ONCE = 4
ADDED_UP_AT_A_BEAT = 3  # transactions of some days each: sync, which writes too, waits for one at most


def further_answers(
    database: Database,
    book: SqlAccountBook,
    configuration: Callable[[], Configuration],
    clock: Clock,
    recommending: Recommending,
) -> Mapping[Kind, Answerer]:
    """An answerer for each kind that ``bot.app.ask`` does not answer itself."""
    figures = SqlFigureBook(database, configuration, clock, reader=book.reader)
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


@dataclass(frozen=True)
class PublishedDocuments:
    """The configuration document in force, edited by a click."""

    versions: SqlConfigVersions
    configuring: Callable[[], Configuring]

    def text(self) -> str:
        """The one in force.

        Raises:
            ConfigurationError: none was published.
        """
        latest = self.versions.latest()
        if latest is None:
            raise ConfigurationError("No configuration is published.", "Run `bellwether config apply`.")
        return latest[1]

    def publish(self, text: str, author: str, note: str, seconds: float) -> int:
        """Check and publish; the number of the version in force then.

        Raises:
            UserError, ConfigurationError: it is not good, or a run did not end in time.
        """
        configuring = self.configuring()
        draft = configuring.draft(text, "the configuration")
        made = configuring.publish(draft, author, note, confirmed=False, seconds=seconds, place="slack")
        return made.version


class InTurn:
    """The port ``Asking``: so many questions are worked on at once, the others wait.

    More at once would not be answered sooner, as they share the processor, and each one that works keeps
    those waiting who acknowledge.
    """

    def __init__(self, asking: Asking, at_once: int = ANSWERS_AT_ONCE) -> None:
        self._asking = asking
        self._places = threading.Semaphore(at_once)

    def ask(
        self,
        text: str,
        person: Person,
        offset: int = 0,
        *,
        conversation: str = "",
        pressed: bool = False,
    ) -> Answer:
        """Answer a sentence when it is its turn."""
        with self._places:
            return self._asking.ask(text, person, offset, conversation=conversation, pressed=pressed)


class AskingParts:
    """Constructs what answers questions, once each."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        book: SqlAccountBook,
        configuration: Callable[[], Configuration],
        documents: PublishedDocuments,
        recommending: Callable[[], Recommending],
    ) -> None:
        self._recommending = recommending
        self._database = database
        self._clock = clock
        self._book = book
        self._configuration = configuration
        self._documents = documents

    @cached_property
    def asking(self) -> Ask:
        """Questions."""
        configuration = self._book.reader.configuration  # within one answer it is the same one
        return Ask(
            self._book,
            configuration,
            further_answers(self._database, self._book, configuration, self._clock, self._recommending()),
            beside,
            conversations=self.conversations,
            missing=self.missing,
            together=self._book.together,
        )

    @cached_property
    def in_turn(self) -> InTurn:
        """Questions, a few at once: for a process that has more to do than to answer."""
        return InTurn(self.asking)

    @cached_property
    def conversations(self) -> SqlConversations:
        """What was asked where."""
        return SqlConversations(self._database, self._clock, self._book.catalog)

    @cached_property
    def misses(self) -> SqlMisses:
        """What was not understood, as it is kept."""
        return SqlMisses(self._database, self._clock)

    @cached_property
    def missing(self) -> Missing:
        """What was not understood."""
        return Missing(self.misses)

    @cached_property
    def words(self) -> LearnedWords:
        """Keeping words for values."""
        return LearnedWords(self.asking.read, self._documents)

    def keep_house(self) -> None:
        """Add up the deals that have changed, and see that changed accounts are marked."""
        if self._book.as_of() is not None:  # a first sync is quicker without
            bring_up_to_date(self._database, ADDED_UP_AT_A_BEAT)
            watch(self._database)
