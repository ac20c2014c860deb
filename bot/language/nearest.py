"""Words that are spelt nearly alike: what was probably meant, and what else comes near."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

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


_MOST_TIED = 16
_MOST_KEPT = 400
_SHORTEST_PART = 2
_INDEX_BYTES = 4
_ENDINGS = {"s", "es", "d", "ed", "ing"}
_LAST = "\U0010ffff"  # comes after every letter


def _lacks_one(word: str, whole: str) -> bool:
    """Whether a word is another one without one of its letters."""
    return any(whole[:at] + whole[at + 1 :] == word for at in range(1, len(whole)))


def lacks_or_swaps(written: str, meant: str) -> bool:
    """Whether a letter is missing, doubled or swapped behind the first; none is another one."""
    if written[0] != meant[0] or OSA.distance(written, meant, score_cutoff=1) > 1:
        return False
    return len(written) != len(meant) or sorted(written) == sorted(meant)


def is_inflected(written: str, meant: str) -> bool:
    """Whether the words are the same but for an ending: who spends, accounts that need attention."""
    pairs = list(zip(written.split(), meant.split(), strict=False))
    if len(written.split()) != len(meant.split()):
        return False
    return all(
        one == other or one.removeprefix(other) in _ENDINGS or other.removeprefix(one) in _ENDINGS
        for one, other in pairs
    )


def word_by_word(written: str, meant: str) -> bool:
    """Whether each word by itself is near enough: "charge of" is not "share of"."""
    pairs = list(zip(written.split(), meant.split(), strict=False))
    if len(written.split()) != len(meant.split()) or len(pairs) == 1:
        return True
    return all(OSA.distance(one, other) <= max(1, forgiven(one), forgiven(other)) for one, other in pairs)


class Nearest:
    """Phrases kept by length and first letter, so that only those that can come near are compared."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._kept: dict[int, dict[str, list[str]]] = {}
        self._some: dict[tuple[int, int, str], list[str]] = {}  # what was chosen before: few lengths come up
        for one in phrases:
            if one:
                self._kept.setdefault(len(one), {}).setdefault(one[0], []).append(one)

    def _choices(self, first: str, lengths: range) -> list[str]:
        """The phrases that are worth comparing."""
        key = (lengths.start, lengths.stop, first)
        if key not in self._some and len(self._some) < _MOST_KEPT:
            self._some[key] = self._chosen(first, lengths)
        return self._some[key] if key in self._some else self._chosen(first, lengths)

    def _chosen(self, first: str, lengths: range) -> list[str]:
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
        return _closest(word, choices, errors)

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
        return _alike(word, self._choices(word[0], range(max(2, len(word) // 2), len(word) * 2 + 1)), count)


def _closest(word: str, choices: Sequence[str], errors: int) -> tuple[str, ...]:
    """The choices at the smallest distance within so many errors; those with the same first letter first."""
    found = process.extract(
        word, choices, scorer=OSA.distance, score_cutoff=errors, limit=_MOST_TIED, processor=None
    )
    closest = min((distance for _, distance, _ in found), default=0)
    best = {phrase for phrase, distance, _ in found if distance == closest}
    return tuple(sorted({one for one in best if one[0] == word[0]} or best))


def _alike(word: str, choices: Sequence[str], count: int) -> tuple[str, ...]:
    found = process.extract(word, choices, scorer=fuzz.ratio, score_cutoff=_LEAST_SIMILARITY, limit=count)
    return tuple(dict.fromkeys(phrase for phrase, _, _ in sorted(found, key=lambda one: (-one[1], one[0]))))


class NearestOfMany:
    """A million names in two orders: by their beginnings and by their ends.

    However a name is mistyped, one of the parts that the errors leave whole is nearly always its beginning or
    its end, so only names with the same one are compared. It takes 12 bytes for each name.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted(one for one in names if one)
        many = len(self._names) > _MOST_COMPARED
        ends = sorted(range(len(self._names)), key=self._backwards) if many else ()
        self._by_end = array("L" if array("I").itemsize < _INDEX_BYTES else "I", ends)

    def _backwards(self, at: int) -> str:
        return self._names[at][::-1]

    def misspelt(self, word: str, errors: int) -> tuple[str, ...]:
        """As of ``Nearest``; an error in the beginning and another one in the end are too many."""
        if not word or errors == 0:
            return ()
        part = max(_SHORTEST_PART, len(word) // (errors + 1))
        return _closest(word, self._choices(word, part), errors)

    def similar(self, word: str, count: int = 3) -> tuple[str, ...]:
        """Names that look alike, best first; for suggestions only."""
        return _alike(word, self._choices(word, max(_SHORTEST_PART, len(word) // 2)), count) if word else ()

    def _choices(self, word: str, part: int) -> Sequence[str]:
        """The names that begin or end as the word does, in so many letters; in more where these are many."""
        if len(self._names) <= _MOST_COMPARED:
            return self._names
        return [*self._beginning(word, part), *self._ending(word[::-1], part)]

    def _beginning(self, word: str, part: int) -> Sequence[str]:
        for size in range(part, len(word) + 1):
            first = bisect_left(self._names, word[:size])
            last = bisect_left(self._names, word[:size] + _LAST)
            if last - first <= _MOST_COMPARED:
                return self._names[first:last]
        return ()

    def _ending(self, backwards: str, part: int) -> Sequence[str]:
        for size in range(part, len(backwards) + 1):
            first = bisect_left(self._by_end, backwards[:size], key=self._backwards)
            last = bisect_left(self._by_end, backwards[:size] + _LAST, key=self._backwards)
            if last - first <= _MOST_COMPARED:
                return [self._names[at] for at in self._by_end[first:last]]
        return ()
