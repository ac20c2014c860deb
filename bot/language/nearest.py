"""Words that are spelt nearly alike: what was probably meant, and what else comes near."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

# Up to this many letters a word must be written exactly, or with two neighbours swapped; then one, two and
# three errors are forgiven. Four out of five human typing errors are a single one (Damerau, CACM 1964).
EXACT_LETTERS = 4
ONE_ERROR_LETTERS = 7
TWO_ERRORS_LETTERS = 12
_LEAST_SIMILARITY = 68.0  # of 100; below it a suggestion looks random to a reader


def forgiven(word: str) -> int:
    """How many typing errors are forgiven in a word of this length."""
    if len(word) <= EXACT_LETTERS:
        return 0
    return 1 if len(word) <= ONE_ERROR_LETTERS else 2 if len(word) <= TWO_ERRORS_LETTERS else 3


# Up to this many phrases of a likely length are compared whatever their first letter is; of more, only those
# with the same first letter, which typing errors seldom hit. It keeps a miss among 100,000 names cheap.
_MOST_COMPARED = 5_000


def _lacks_one(word: str, whole: str) -> bool:
    """Whether a word is another one without one of its letters."""
    return any(whole[:at] + whole[at + 1 :] == word for at in range(1, len(whole)))


class Nearest:
    """Phrases kept by length and first letter, so that only those that can come near are compared."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._kept: dict[int, dict[str, list[str]]] = {}
        for one in phrases:
            if one:
                self._kept.setdefault(len(one), {}).setdefault(one[0], []).append(one)

    def _choices(self, first: str, lengths: range) -> list[str]:
        """The phrases that are worth comparing."""
        kept = [self._kept[length] for length in lengths if length in self._kept]
        if sum(len(some) for by_letter in kept for some in by_letter.values()) <= _MOST_COMPARED:
            return [one for by_letter in kept for some in by_letter.values() for one in some]
        return [one for by_letter in kept for one in by_letter.get(first, ())]

    def misspelt(self, word: str, errors: int) -> tuple[str, ...]:
        """The phrases at the smallest distance within the given number of errors; several when they tie.

        An error is a letter too many, missing or wrong, or two neighbours swapped.
        """
        if not word:
            return ()
        if errors == 0:
            return self._swapped(word)
        choices = self._choices(word[0], range(max(1, len(word) - errors), len(word) + errors + 1))
        found = process.extract(
            word, choices, scorer=OSA.distance, score_cutoff=errors, limit=16, processor=None
        )
        closest = min((distance for _, distance, _ in found), default=0)
        best = [phrase for phrase, distance, _ in found if distance == closest]
        same_start = [phrase for phrase in best if phrase[0] == word[0]]
        return tuple(sorted(same_start or best))

    def _swapped(self, word: str) -> tuple[str, ...]:
        """Short words forgive only two neighbours swapped, or a letter left out behind the first."""
        if len(word) != EXACT_LETTERS:
            return ()
        longer = self._kept.get(len(word) + 1, {}).get(word[0], ())
        swaps = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)} - {word}
        known = self._kept.get(len(word), {})
        swapped = sorted(one for one in swaps if one in known.get(one[0], ()))
        return tuple(swapped or sorted(one for one in longer if _lacks_one(word, one)))

    def similar(self, word: str, count: int = 3) -> tuple[str, ...]:
        """Phrases that look alike, best first, however far; for suggestions only."""
        if not word:
            return ()
        choices = self._choices(word[0], range(max(2, len(word) // 2), len(word) * 2 + 1))
        found = process.extract(word, choices, scorer=fuzz.ratio, score_cutoff=_LEAST_SIMILARITY, limit=count)
        return tuple(phrase for phrase, _, _ in sorted(found, key=lambda one: (-one[1], one[0])))
