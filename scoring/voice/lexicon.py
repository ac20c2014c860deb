"""VADER's word list as features and as the opinion of last resort. It alone is wrong half of the time.

Hutto and Gilbert (2014); compound scores of at least 0.05 are positive, of at most −0.05 negative. On real
complaints it finds under half of the negative ones, so what rests on it alone is told as of low confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from scoring.voice.kinds import Sentiment
from scoring.voice.terms import REMEMBERED

POSITIVE_FROM, NEGATIVE_FROM = 0.05, -0.05
_PARTS = ("compound", "pos", "neg", "neu")
NAMES = (*_PARTS, "is_positive", "is_negative")

Floats = npt.NDArray[np.float64]


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def scores(texts: Sequence[str]) -> Floats:
    """Shape (texts, 4): compound −1 to 1, and the shares positive, negative and neutral."""
    return np.array([_scores(text) for text in texts], dtype=np.float64).reshape(len(texts), len(_PARTS))


@lru_cache(maxsize=REMEMBERED)
def _scores(text: str) -> tuple[float, ...]:
    said = _analyzer().polarity_scores(text)
    return tuple(said[part] for part in _PARTS)


def opinions(scored: Floats) -> list[Sentiment]:
    """What the compound scores say."""
    return [
        Sentiment.POSITIVE
        if compound >= POSITIVE_FROM
        else Sentiment.NEGATIVE
        if compound <= NEGATIVE_FROM
        else Sentiment.NEUTRAL
        for compound in scored[:, 0]
    ]


def lexicon_rows(scored: Floats) -> sparse.csr_matrix:
    """Scores as features: shape (texts, 6), none of them larger than 1 / √6."""
    signs = np.column_stack([scored[:, 0] >= POSITIVE_FROM, scored[:, 0] <= NEGATIVE_FROM])
    return sparse.csr_matrix(np.column_stack([scored, signs]) / np.sqrt(len(NAMES)))
