"""Numbers in words, put together: two and a half million, three hundred thousand, twenty five, fifty k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.language.lexicon import Lexicon
from bot.language.meanings import NumberWord

_HALF = Decimal("0.5")
_HUNDRED, _TEN, _TWENTY = 100, 10, 20
_MOST_WORDS = 10


class NumberWords:
    """The words of one language that numbers are made of."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._small: dict[str, Decimal] = {
            key: one.value
            for key, meanings in lexicon.words.items()
            for one in meanings
            if isinstance(one, NumberWord) and " " not in key and one.value < _HUNDRED
        }
        self._factors: Mapping[str, Decimal] = lexicon.multipliers
        self._loose = lexicon.loose_multipliers
        self._one = lexicon.number_one
        self._joining, self._half = lexicon.number_joining, lexicon.number_half

    def read(self, words: Sequence[str]) -> tuple[int, Decimal] | None:
        """The longest number at the beginning, of two words or more: how many words, and its value."""
        one = len(words) > 1 and words[0] in self._one and words[1] in self._loose
        if not words or (words[0] not in self._small and not one):
            return None
        total, current, at, found = Decimal(0), Decimal(one), int(one), None
        while at < min(len(words), _MOST_WORDS):
            step = self._step(words, at, current)
            if step is None:
                break
            size, current, factor = step
            at += size
            if factor is not None:
                total, current = total + current * factor, Decimal(0)
            found = (at, total + current)
        return found if found is not None and found[0] > 1 else None

    def _step(
        self, words: Sequence[str], at: int, current: Decimal
    ) -> tuple[int, Decimal, Decimal | None] | None:
        """How many words are taken, what has been counted up by then, and what it is multiplied by."""
        word = words[at]
        if word in self._small and self._adds(current, self._small[word]):
            return 1, current + self._small[word], None
        if word in self._loose and current:
            hundred = self._factors[word] == _HUNDRED
            return (1, current * _HUNDRED, None) if hundred else (1, current, self._factors[word])
        return self._joined(words, at, current)

    def _joined(
        self, words: Sequence[str], at: int, current: Decimal
    ) -> tuple[int, Decimal, Decimal | None] | None:
        """Two *and a half* million, two hundred *and fifty*."""
        if words[at] not in self._joining or not current:
            return None
        for half in self._half:
            parts = half.split()
            behind = at + 1 + len(parts)
            factor = words[behind] if behind < len(words) else ""
            if list(words[at + 1 : behind]) == parts and factor in self._loose:
                return behind + 1 - at, current + _HALF, self._factors[factor]
        following = self._small.get(words[at + 1]) if at + 1 < len(words) else None
        if following is not None and current >= _HUNDRED and current % _HUNDRED == 0:
            return 2, current + following, None
        return None

    @staticmethod
    def _adds(current: Decimal, value: Decimal) -> bool:
        """Twenty five is 25, two hundred fifty 250; "two five" is two numbers."""
        if current == 0 or (current >= _HUNDRED and current % _HUNDRED == 0):
            return True
        return current % _TEN == 0 and current % _HUNDRED >= _TWENTY and value < _TEN
