"""Puts together what answers questions: kinds that are no list of accounts, conversations, misses, words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.app.ask import Answerer, Ask
from bot.app.config.publishing import Configuring
from bot.app.errors import ConfigurationError
from bot.app.learned_words import LearnedWords
from bot.app.misses import Missing
from bot.app.ports import Clock
from bot.language.question import Kind
from bot.store.accounts import SqlAccountBook
from bot.store.config_versions import SqlConfigVersions
from bot.store.conversations import SqlConversations
from bot.store.misses import SqlMisses
from connector.cache.engine import Database
from scoring.config import Configuration


def further_answers() -> Mapping[Kind, Answerer]:
    """An answerer for each kind that ``bot.app.ask`` does not answer itself."""
    return {}


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


class AskingParts:
    """Constructs what answers questions, once each."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        book: SqlAccountBook,
        configuration: Callable[[], Configuration],
        documents: PublishedDocuments,
    ) -> None:
        self._database = database
        self._clock = clock
        self._book = book
        self._configuration = configuration
        self._documents = documents

    @cached_property
    def asking(self) -> Ask:
        """Questions."""
        return Ask(
            self._book,
            self._configuration,
            further_answers(),
            conversations=self.conversations,
            missing=self.missing,
        )

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
        """Forget conversations and misses that are old."""
        self.conversations.forget_old()
        self.misses.forget_old()
