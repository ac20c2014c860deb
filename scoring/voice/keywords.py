"""What an account writes about more than others do: class-based TF-IDF.

Grootendorst (2022), BERTopic, eq. 2: all texts of a class are one document, and a term weighs
tf · ln(1 + A / f), with A the average number of words in a class and f how often all classes have the term.
By definition the keywords of an account depend on what the other accounts write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring.voice.terms import words
from scoring.voice.words import word_list

LEAST_MENTIONS = 2  # of a term by an account; said once is chance
_SHORTEST = 3  # letters

STOP_WORDS = word_list("stop words")


def keywords(
    texts: Sequence[str], classes: npt.NDArray[np.int64], count: int, most: int = 10
) -> list[tuple[str, ...]]:
    """The terms, one or two words long, that set each class apart, best first.

    Args:
        texts: sentences.
        classes: of each text, 0 to ``count`` − 1.
        count: how many classes there are.
        most: so many terms a class at most.
    """
    vocabulary: dict[str, int] = {}
    places = [[vocabulary.setdefault(term, len(vocabulary)) for term in _terms(text)] for text in texts]
    names = np.array(list(vocabulary), dtype=object)
    lengths = np.fromiter(map(len, places), np.int64, len(places))
    terms = np.fromiter((at for row in places for at in row), np.int64, int(lengths.sum()))
    owners = np.repeat(np.asarray(classes, dtype=np.int64), lengths)
    if not len(terms):
        return [()] * count
    pairs, tallies = np.unique(owners * len(names) + terms, return_counts=True)
    owner, term = np.divmod(pairs, len(names))
    often = np.bincount(terms, minlength=len(names))
    size = np.bincount(owners, minlength=count)
    average = size.sum() / max((size > 0).sum(), 1)
    scores = tallies / size[owner] * np.log1p(average / often[term])
    keep = tallies >= LEAST_MENTIONS
    owner, term, scores = owner[keep], term[keep], scores[keep]
    # Equal scores go by the alphabet, so that the order of texts makes no difference.
    alphabet = np.argsort(np.argsort(names))
    order = np.lexsort((alphabet[term], -scores, owner))
    return _best_of_each(owner[order], names[term[order]], count, most)


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
