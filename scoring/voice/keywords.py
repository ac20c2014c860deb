"""What an account writes about more than others do: class-based TF-IDF.

Grootendorst (2022), BERTopic, eq. 2: all texts of a class are one document, and a term weighs
tf · ln(1 + A / f), with A the average number of words in a class and f how often all classes have the term.
By definition the keywords of an account depend on what the other accounts write. That part, the background,
can be kept: with the same one an account's keywords depend on nothing but its own texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.voice.terms import words
from scoring.voice.words import word_list

LEAST_MENTIONS = 2  # of a term by an account; said once is chance
MOST_TERMS = 20_000  # that a background keeps; one that is not kept counts as said by the account alone
_SHORTEST = 3  # letters

STOP_WORDS = word_list("stop words")


@dataclass(frozen=True, slots=True)
class Background:
    """How all accounts write: the average words of one that writes, and how often terms are said."""

    average: float
    often: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """JSON values, for keeping."""
        return {"average": self.average, "often": dict(self.often)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Background:
        """A background that was kept."""
        return cls(float(kept["average"]), {str(term): int(many) for term, many in kept["often"].items()})


@dataclass(frozen=True)
class _Counted:
    """How often each class says each term; sizes are the words of a class."""

    names: npt.NDArray[np.object_]
    owner: npt.NDArray[np.int64]
    term: npt.NDArray[np.int64]
    tallies: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]


def background_of(texts: Sequence[str], classes: npt.NDArray[np.int64], count: int) -> Background:
    """How all classes together write.

    Args:
        texts: sentences.
        classes: of each text, 0 to ``count`` − 1.
        count: how many classes there are.
    """
    found = _counted(texts, classes, count)
    often = np.bincount(found.term, weights=found.tallies, minlength=len(found.names)).astype(np.int64)
    average = float(found.size.sum() / max((found.size > 0).sum(), 1))
    ranked = np.lexsort((found.names.astype(str), -often))[:MOST_TERMS]
    told = [int(at) for at in ranked if often[at] >= LEAST_MENTIONS]
    return Background(average, {str(found.names[at]): int(often[at]) for at in told})


def keywords(
    texts: Sequence[str],
    classes: npt.NDArray[np.int64],
    count: int,
    most: int = 10,
    background: Background | None = None,
) -> list[tuple[str, ...]]:
    """The terms, one or two words long, that set each class apart, best first.

    Args:
        texts: sentences.
        classes: of each text, 0 to ``count`` − 1.
        count: how many classes there are.
        most: so many terms a class at most.
        background: what they are set apart from; these classes themselves when not given.
    """
    found = _counted(texts, classes, count)
    if not len(found.term):
        return [()] * count
    if background is None:
        background = background_of(texts, classes, count)
    owner, term, tallies = found.owner, found.term, found.tallies
    often = np.fromiter((background.often.get(name, 0) for name in found.names), np.int64, len(found.names))
    said = np.maximum(often[term], tallies)
    scores = tallies / found.size[owner] * np.log1p(background.average / said)
    keep = tallies >= LEAST_MENTIONS
    owner, term, scores = owner[keep], term[keep], scores[keep]
    # Equal scores go by the alphabet, so that the order of texts makes no difference.
    alphabet = np.argsort(np.argsort(found.names))
    order = np.lexsort((alphabet[term], -scores, owner))
    return _best_of_each(owner[order], found.names[term[order]], count, most)


def _counted(texts: Sequence[str], classes: npt.NDArray[np.int64], count: int) -> _Counted:
    vocabulary: dict[str, int] = {}
    places = [[vocabulary.setdefault(term, len(vocabulary)) for term in _terms(text)] for text in texts]
    names = np.array(list(vocabulary), dtype=object)
    lengths = np.fromiter(map(len, places), np.int64, len(places))
    terms = np.fromiter((at for row in places for at in row), np.int64, int(lengths.sum()))
    owners = np.repeat(np.asarray(classes, dtype=np.int64), lengths)
    pairs, tallies = np.unique(owners * max(len(names), 1) + terms, return_counts=True)
    owner, term = np.divmod(pairs, max(len(names), 1))
    return _Counted(names, owner, term, tallies.astype(np.int64), np.bincount(owners, minlength=count))


def _best_of_each(
    owner: npt.NDArray[np.int64], terms: npt.NDArray[np.object_], count: int, most: int
) -> list[tuple[str, ...]]:
    begins = np.searchsorted(owner, np.arange(count), side="left")
    ends = np.searchsorted(owner, np.arange(count), side="right")
    return [_without_parts(list(terms[start:end]), most) for start, end in zip(begins, ends, strict=True)]


def _without_parts(terms: Sequence[str], most: int) -> tuple[str, ...]:
    """The best terms, each word in one of them only: what a better pair or word has said is not repeated."""
    kept: list[str] = []
    said: Counter[str] = Counter()
    for term in terms:
        parts = term.split()
        if len(kept) == most:
            break
        if not any(said[part] for part in parts):
            kept.append(term)
            said.update(parts)
    return tuple(kept)


def _terms(text: str) -> list[str]:
    found: list[str] = []
    before = ""
    for word in words(text):
        telling = len(word) >= _SHORTEST and word not in STOP_WORDS and not word.startswith("0")
        if telling:
            found.append(word)
            if before:
                found.append(f"{before} {word}")
        before = word if telling else ""
    return found
