"""Sentences that were not understood: counted without who typed them, and listed for administrators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.app.people import Person
from bot.app.ports import Miss, Misses
from bot.language.question import NotUnderstood

LONGEST_TEXT: Final = 300
LONGEST_REASON: Final = 500
MOST_WORDS: Final = 20


@dataclass(frozen=True)
class Missing:
    """The use case."""

    misses: Misses

    def count(self, text: str, problem: NotUnderstood, person: Person) -> None:
        """Count a sentence that somebody typed; never fails."""
        folded = folded_text(text)
        if folded:
            words = dict.fromkeys(folded_text(one.word)[:LONGEST_TEXT] for one in problem.words)
            self.misses.count(folded, tuple(words)[:MOST_WORDS], impersonal(problem.reason, person))

    def recent(self, limit: int) -> tuple[Miss, ...]:
        """Those that were typed most often."""
        return self.misses.recent(limit)

    def forget(self, miss_id: int, *, keep: bool = True) -> bool:
        """Forget one; False when there is none of that number. Without ``keep`` only look."""
        return self.misses.forget(miss_id, keep=keep)


def folded_text(text: str) -> str:
    """One spelling for sentences that differ in case, spaces and closing signs; at most 300 characters."""
    return " ".join(_printable(text).casefold().split()).strip(" .?!,;")[:LONGEST_TEXT].strip()


def impersonal(reason: str, person: Person) -> str:
    """The reason without who asked: ``my`` is refused with the asker's e-mail."""
    said = reason
    for one in (person.email, person.name):
        if one:
            said = said.replace(one, "…")
    return _printable(said)[:LONGEST_REASON]


def _printable(text: str) -> str:
    """Without signs that a database does not take."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def words_by_count(misses: Iterable[Miss]) -> list[tuple[str, int]]:
    """Each word that meant nothing, with how often it was typed; the most frequent first."""
    counted: Counter[str] = Counter()
    for one in misses:
        counted.update(dict.fromkeys(one.words, one.count))
    return sorted(counted.items(), key=lambda found: (-found[1], found[0]))
