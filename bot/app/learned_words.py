"""Words that people use and the vocabulary did not know: an administrator keeps one for a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bot.app.config.synonyms import with_synonym
from bot.app.errors import UserError
from bot.app.people import Person, Role
from bot.language.merging import values_of
from bot.language.question import Kind, NotUnderstood, Question
from bot.language.refine import Outcome
from bot.language.tokens import phrase, tokens

LONGEST_WORD: Final = 60
SHORTEST_WORD: Final = 2
NOT_ADMIN: Final = "Only administrators keep words. Ask one of them to."
_NAMED_OTHERWISE: Final = {
    "name",
    "owner",
    "owner_email",
    "website",
    "phone",
}  # people and accounts by their names
PATIENCE_SECONDS: Final = 10.0  # of a click; a run that is under way may hold the configuration for longer


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word is to mean: a value of a field."""

    field: str
    value: str


class Documents(Protocol):
    """The configuration document, to be edited and put in force."""

    def text(self) -> str:
        """The one in force."""
        ...

    def publish(self, text: str, author: str, note: str, seconds: float) -> int:
        """Check and publish; the number of the version in force then.

        Raises:
            UserError, ConfigurationError: it is not good, or a run did not end in time.
        """
        ...


Read = Callable[[str, Person], Outcome]


class LearnedWords:
    """The use case. Whatever a button carries is looked at again."""

    def __init__(self, read: Read, documents: Documents) -> None:
        """Args: ``read`` says how a sentence is read by itself."""
        self._read, self._documents = read, documents

    def offer(self, word: str, reading: str, person: Person) -> str | None:
        """What a word would mean, for a button; None when this person may not keep it, or it means no value.

        Args:
            word: what was not understood.
            reading: what stands in its place in the reading that was chosen.
            person: who chose it.
        """
        if not person.may(Role.ADMIN) or not _is_word(word) or not self._unknown(word, person):
            return None
        meaning = self._meaning(reading, person)
        return None if meaning is None else meaning.value

    def keep(self, word: str, reading: str, person: Person) -> str:
        """Keep a word for a value: publishes an edit of the configuration. Once kept, it stays kept.

        Returns:
            What was done, in a sentence.

        Raises:
            UserError: the person may not, the word means something already, or it cannot be published now.
        """
        if not person.may(Role.ADMIN):
            raise UserError(NOT_ADMIN)
        meaning = self._meaning(reading, person)
        if meaning is None or not _is_word(word):
            raise UserError(f"“{word[:LONGEST_WORD]}” cannot be kept: there is no value that it would mean.")
        if self._meaning(word, person) == meaning:
            return f"“{word}” is a word for {meaning.value} already."
        if not self._unknown(word, person):
            raise UserError(f"“{word}” means something already, so it is not kept for {meaning.value}.")
        text = with_synonym(self._documents.text(), meaning.field, meaning.value, phrase(word))
        note = f"“{word}” is a word for {meaning.value} ({meaning.field})."
        version = self._documents.publish(text, person.name, note, PATIENCE_SECONDS)
        return f"Kept: {note} Configuration version {version} is in force."

    def _unknown(self, word: str, person: Person) -> bool:
        """Whether all of it means nothing: a part that is known is not to be learned anew."""
        read = self._read(word, person)
        if not isinstance(read, NotUnderstood):
            return False
        named = {phrase(one.word) for one in read.words}
        return phrase(word) in named or set(phrase(word).split()) <= {
            part for one in named for part in one.split()
        }

    def _meaning(self, reading: str, person: Person) -> Meaning | None:
        """The one value that a reading stands for; synonyms that share a word stand for the first of them."""
        read = self._read(reading, person)
        if not isinstance(read, Question) or read.kind is not Kind.LIST or read.sort or read.limit:
            return None
        found = values_of(read.criteria)
        if found is None or not found.positive or found.field in _NAMED_OTHERWISE:
            return None
        value = found.values[0]
        return Meaning(found.field, value) if isinstance(value, str) else None


def _is_word(word: str) -> bool:
    """Whether it is something that people say: no number, no sign alone, not a whole sentence."""
    plain = all(one.kind == "word" for one in tokens(word)) and word.isprintable()
    return plain and len(phrase(word)) >= SHORTEST_WORD and len(word) <= LONGEST_WORD
