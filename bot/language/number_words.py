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
        self._parts = {tuple(key.split()): value for key, value in lexicon.number_fractions.items()}
        self._pairs = {tuple(key.split()): value for key, value in lexicon.number_pairs.items()}
        self._begins = {key[0] for key in (*self._parts, *self._pairs)}
        self._longest_part = max(len(key) for key in (*self._parts, *self._pairs))

    def read(self, words: Sequence[str]) -> tuple[int, Decimal] | None:
        """The longest number at the beginning, of two words or more: how many words, and its value."""
        part = self._part(words) if words and words[0] in self._begins else None
        if part is not None:
            return part
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
                half = self._and_a_half(words, at)
                total, at = (total + factor * _HALF, at + half) if half else (total, at)
            found = (at, total + current)
        return found if found is not None and found[0] > 1 else None

    def _part(self, words: Sequence[str]) -> tuple[int, Decimal] | None:
        """A quarter of a million, half a mil, a couple hundred k."""
        for size in range(min(self._longest_part, len(words) - 1), 0, -1):
            key = tuple(words[:size])
            part, pair = self._parts.get(key), self._pairs.get(key)
            if part is None and pair is None:
                continue
            at, value = size, part if part is not None else pair or Decimal(0)
            while at < len(words) and words[at] in self._loose:
                factor = self._factors[words[at]]
                if part is not None and factor == _HUNDRED:
                    return None
                value, at = value * factor, at + 1
            return (at, value) if at > size else None
        return None

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

    def _and_a_half(self, words: Sequence[str], at: int) -> int:
        """How many words "and a half" behind a million is; 0 when it is not there."""
        for half in self._half:
            parts = half.split()
            behind = at + 1 + len(parts)
            following = words[behind] if behind < len(words) else ""
            joined = at < len(words) and words[at] in self._joining
            if joined and list(words[at + 1 : behind]) == parts and following not in self._loose:
                return 1 + len(parts)
        return 0

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
