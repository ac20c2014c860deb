"""Words that are English and spelt rightly: they are never taken for another word that was mistyped."""

from __future__ import annotations

from functools import lru_cache

from spellchecker import SpellChecker

# How often a word stands in the 160,000 of pyspellchecker's list (from OpenSubtitles); the rarest
# are names and other errors, as "costumers" is.
_LEAST_OFTEN = 150


@lru_cache(maxsize=1)
def ordinary_words() -> frozenset[str]:
    """About 40,000 words; read once, in half a second."""
    counted = SpellChecker(language="en").word_frequency.dictionary
    return frozenset(word for word, times in counted.items() if times >= _LEAST_OFTEN and word.isalpha())
