"""TF-IDF over words, characters and forms: texts to rows of unit length. Plain arrays, kept as JSON.

Weights are (1 + ln tf) · (ln((1 + n) / (1 + df)) + 1), as Manning, Raghavan and Schütze (2008), 6.4 name
them (lnc/ltc), with the usual smoothing of the document frequency.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scoring.voice.words import word_list

Floats = npt.NDArray[np.float64]
Kind = Literal["words", "characters", "forms"]

# Texts whose parts are kept: while a head is learned each example is taken apart twelve times.
REMEMBERED = 4_096

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|[?!]")
_TOKEN = re.compile(_WORD.pattern.replace("[?!]", "[?!:;,.]"))
_ENDING_OF_FORM = re.compile(r"(?:ing|ed|ly|tion|s|er|al|able|ment)$")
_SHORT_WORD = 4  # letters: what looks like an ending of a shorter word mostly is none
_ADDRESS = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_BEGINNING, _ENDING = "^", "$"


def normalised(text: str) -> str:
    """Folded, with every number, address and link made alike."""
    text = _LINK.sub(" zzlink ", _ADDRESS.sub(" zzmail ", text))
    return _DIGIT.sub("0", text.casefold().replace("\u2019", "'"))


def words(text: str) -> list[str]:
    """The words of a text, with ``?`` and ``!`` as words of their own."""
    return _WORD.findall(normalised(text))


def word_grams(text: str, shortest: int, longest: int) -> Iterator[str]:
    """Runs of words; runs of two and more also see where the text begins and ends."""
    found = words(text)
    if shortest == 1:
        yield from found
    bounded = [_BEGINNING, *found, _ENDING]
    for length in range(max(shortest, 2), longest + 1):
        for at in range(len(bounded) - length + 1):
            yield " ".join(bounded[at : at + length])


def character_grams(text: str, shortest: int, longest: int) -> Iterator[str]:
    """Runs of characters inside each word, whose ends count as a space."""
    for word in words(text):
        padded = f" {word} "
        for length in range(shortest, longest + 1):
            for at in range(len(padded) - length + 1):
                yield padded[at : at + length]


def form_grams(text: str, shortest: int, longest: int) -> Iterator[str]:
    """Runs of forms: how a text is built whatever it is about, with where it begins and ends.

    Words that carry grammar stay; of every other only its ending is left, and whether it is something that
    mail asks for. So "could you send the report" and "could you check the figures" are one form.
    """
    bounded = [_BEGINNING, *map(_form, _TOKEN.findall(normalised(text))), _ENDING]
    for length in range(shortest, longest + 1):
        for at in range(len(bounded) - length + 1):
            yield " ".join(bounded[at : at + length])


def _form(word: str) -> str:
    if word in _grammar() or not word[0].isalnum() or word.startswith("zz"):
        return word
    if word[0] == "0":
        return "0"
    ending = _ENDING_OF_FORM.search(word) if len(word) > _SHORT_WORD else None
    asked = "V" if word in word_list("asked for") else ""
    return f"~{asked}{ending.group() if ending else ''}"


@cache
def _grammar() -> frozenset[str]:
    names = (
        "stop words",
        "polite",
        "question words",
        "auxiliaries",
        "negations",
        "first person",
        "second person",
    )
    return frozenset().union(*(word_list(name) for name in names)) - word_list("asked for")


_GRAMS: dict[Kind, Callable[[str, int, int], Iterator[str]]] = {
    "words": word_grams,
    "characters": character_grams,
    "forms": form_grams,
}


@lru_cache(maxsize=REMEMBERED)
def _tally(kind: Kind, text: str, shortest: int, longest: int) -> Mapping[str, int]:
    return Counter(_GRAMS[kind](text, shortest, longest))


@dataclass(frozen=True)
class Terms:
    """A vocabulary with its weights.

    Attributes:
        kind: what a term is made of.
        shortest: length of the shortest run.
        longest: length of the longest one.
        terms: sorted.
        rarity: the inverse document frequency of each, same order.
    """

    kind: Kind
    shortest: int
    longest: int
    terms: tuple[str, ...]
    rarity: Floats
    _place: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._place.update({term: at for at, term in enumerate(self.terms)})

    @classmethod
    def of(
        cls, texts: Sequence[str], kind: Kind, shortest: int, longest: int, *, least_texts: int = 1
    ) -> Terms:
        """The vocabulary of some texts, without terms that fewer than ``least_texts`` of them have."""
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(_tally(kind, text, shortest, longest).keys())
        terms = tuple(sorted(term for term, count in seen.items() if count >= least_texts))
        counts = np.array([seen[term] for term in terms], dtype=np.float64)
        rarity = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls(kind, shortest, longest, terms, rarity)

    def rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """One row a text, of length 1, or 0 when it has no known term: shape (texts, terms)."""
        columns: list[int] = []
        counts: list[int] = []
        ends = [0]
        place = self._place
        for text in texts:
            tally = _tally(self.kind, text, self.shortest, self.longest)
            known = sorted((place[gram], count) for gram, count in tally.items() if gram in place)
            columns.extend(at for at, _ in known)
            counts.extend(count for _, count in known)
            ends.append(len(columns))
        values = (1 + np.log(np.asarray(counts, dtype=np.float64))) * self.rarity[
            np.asarray(columns, dtype=int)
        ]
        matrix = sparse.csr_matrix((values, columns, ends), shape=(len(texts), len(self.terms)))
        return unit_rows(matrix)


def unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each row divided by its length; rows of nothing stay so."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    return sparse.csr_matrix(sparse.diags(1 / lengths) @ matrix)
