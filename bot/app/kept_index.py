"""The vocabulary of the organisation, built anew beside the questions when its data has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from threading import Lock, Thread
from time import monotonic

from bot.app.ports import AccountBook, OrganisationWords
from bot.app.scope import EVERYTHING, Scope, seen_by
from bot.language.vocabulary import Index, build_index
from scoring.config import Configuration
from scoring.criteria.tree import Always

CHECK_SECONDS = 5.0
MOST_SCOPES = 100  # whose words are kept besides everybody's; those who asked last
_COMMON_FIELDS = ("industry", "state", "country")  # their values are offered, the most common first
# Runs a piece of work now, or beside.
Runner = Callable[[Callable[[], None]], None]


def at_once(work: Callable[[], None]) -> None:
    """Whoever asks waits until it is done: for tests, and for a process that asks once."""
    work()


def beside(work: Callable[[], None]) -> None:
    """Nobody waits."""
    Thread(target=work, name="vocabulary", daemon=True).start()


class KeptIndex:
    """The index of words, one for each version of data and configuration.

    A new configuration counts at once. When only the data has changed the one that there is answers until the
    new one is built, if the runner works beside; then it is also looked only now and then whether it has.
    """

    def __init__(
        self,
        book: AccountBook,
        configuration: Callable[[], Configuration],
        runner: Runner = at_once,
        scope: Scope = EVERYTHING,
    ) -> None:
        """Args: ``scope`` says of whose accounts the words are."""
        self._scope = scope
        self._book = book
        self._configuration = configuration
        self._runner = runner
        self._look_again_seconds = 0.0 if runner is at_once else CHECK_SECONDS
        self._building, self._looking = Lock(), Lock()
        self._known: tuple[Hashable, Configuration, Index] | None = None
        self._looked_at = 0.0

    def current(self) -> Index:
        """The index to read a sentence with."""
        configuration, known = self._configuration(), self._known
        if known is None or known[1] != configuration:
            with self._building, seen_by(self._scope):
                return self._built(configuration)
        due = monotonic() - self._looked_at >= self._look_again_seconds
        if due and self._looking.acquire(blocking=False):
            self._runner(self._look)
        return (self._known or known)[2]

    def _look(self) -> None:
        """Whether the data has changed; one at a time."""
        try:
            with self._building, seen_by(self._scope):
                self._built(self._configuration())
        finally:
            self._looked_at = monotonic()
            self._looking.release()

    def _built(self, configuration: Configuration) -> Index:
        edition, known = self._book.edition(), self._known
        if known is None or known[0] != edition or known[1] != configuration:
            words = self._common_first(self._book.words())
            known = (edition, configuration, build_index(words, self._book.catalog(), configuration))
            self._known = known
        return known[2]

    def _common_first(self, words: OrganisationWords) -> OrganisationWords:
        """The values that are offered when nothing comes near, by how many accounts have them."""
        catalog = self._book.catalog()
        values = dict(words.values)
        for name in _COMMON_FIELDS:
            if name in values and catalog.find(name) is not None:
                counted = [group.value for group in self._book.breakdown(Always(), name) if group.value]
                values[name] = tuple(dict.fromkeys((*counted, *values[name])))
        return replace(words, values=values)


class KeptIndexes:
    """An index for each scope, of its accounts alone: no word of an account that somebody does not see."""

    def __init__(
        self, book: AccountBook, configuration: Callable[[], Configuration], runner: Runner = at_once
    ) -> None:
        self._made_of = book, configuration, runner
        self._all = KeptIndex(book, configuration, runner)
        self._others: OrderedDict[Scope, KeptIndex] = OrderedDict()
        self._choosing = Lock()

    def current(self, scope: Scope) -> Index:
        """The index to read a sentence with, of somebody who sees these accounts."""
        return (self._all if scope.everything else self._of(scope)).current()

    def _of(self, scope: Scope) -> KeptIndex:
        with self._choosing:
            found = self._others.pop(scope, None) or KeptIndex(*self._made_of, scope)
            self._others[scope] = found
            if len(self._others) > MOST_SCOPES:
                self._others.popitem(last=False)
            return found
