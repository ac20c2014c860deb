"""A digit or a letter for a word, as on a phone: who 2 pitch, ideas 4 Acme, this q, last 30 d.

Only where a number or a letter could not be meant: "top 4 VIPs" are four.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.language.meanings import FieldWord, GrammarWord, Meaning, ProductWord, Role, ValueWord
from bot.language.question import Metric
from bot.language.tokens import Token
from bot.language.vocabulary import Index
from scoring.criteria.tree import Unit

_LENGTH = re.compile(r"\d{1,3}[a-z]", re.IGNORECASE)
_REACH = 4  # words of a phrase on either side
_COUNTS = {Metric.PURCHASES, Metric.OPEN_DEALS, Metric.WON, Metric.LOST, Metric.BUYERS}
_PERIODS = {Role.LAST, Role.PAST, Role.THIS, Role.NEXT}
_SPANNING = {Role.PLACE, Role.LINK, Role.OVER, Role.AT_LEAST, Role.UNDER}
_SHORT = 2  # characters
_LENGTHS = {Role.LAST, Role.PAST, Role.NEXT}
_OFFERED = {Role.OFFER, Role.CARD, Role.WHY}


def spelt_out(parts: Sequence[Token], at: int, index: Index) -> tuple[Token, ...]:
    """The words that a token stands for; none when it is what it looks like."""
    token = parts[at]
    length = _LENGTH.fullmatch(token.text)
    if length is not None:
        return _length(parts, at, index)
    word = _word(parts, at, index)
    return (replace(token, norm=word, kind="word"),) if word else ()


def _length(parts: Sequence[Token], at: int, index: Index) -> tuple[Token, ...]:
    """Last 30d, past 3m: there m is no million; not in 90d, 45d ago."""
    token, words = parts[at], index.lexicon.words
    unit = index.lexicon.unit_letters.get(token.norm[-1])
    behind = words.get(parts[at - 1].norm, ()) if at else ()
    ahead = words.get(parts[at + 1].norm, ()) if at + 1 < len(parts) else ()
    # A number of one digit may be a name in other places: 3D Systems.
    named = token.kind != "word" or len(token.norm) <= _SHORT
    clear = not named and (_plays(behind, _SPANNING) or _plays(ahead, {Role.AGO}))
    if unit is None or not (clear or _plays(behind, _LENGTHS)):
        return ()
    cut = token.end - 1
    number = Token(token.text[:-1], token.norm[:-1], token.start, cut, "number")
    return number, Token(token.text[-1], unit, cut, token.end, "word")


def _word(parts: Sequence[Token], at: int, index: Index) -> str | None:
    token = parts[at]
    numbered = at + 1 < len(parts) and parts[at + 1].kind == "number"
    if numbered and token.norm in index.lexicon.before_a_number:
        return index.lexicon.before_a_number[token.norm]
    if token.norm not in index.lexicon.shorthand:
        return None
    around = _Around(parts, at, index)
    if token.kind == "number" and not token.suffix:
        to, four = index.lexicon.digit_to, index.lexicon.digit_for
        if token.norm == to[0] and around.is_to(to[1]):
            return to[1]
        return four[1] if token.norm == four[0] and around.is_for(four[1]) else None
    unit = index.lexicon.unit_letters.get(token.norm) if token.kind == "word" else None
    return unit if unit is not None and around.is_unit(unit) else None


class _Around:
    """What stands before and after a token."""

    def __init__(self, parts: Sequence[Token], at: int, index: Index) -> None:
        self._words, self._index = index.lexicon.words, index
        self._behind = [one.norm for one in parts[max(0, at - _REACH) : at]]
        self._ahead = [one.norm for one in parts[at + 1 : at + 1 + _REACH]]
        self._number_behind = at > 0 and parts[at - 1].kind == "number"
        self._number_ahead = at + 1 < len(parts) and parts[at + 1].kind == "number"
        said = [one for part in parts[:at] for one in index.lexicon.words.get(part.norm, ())]
        self._offered = _plays(said, {Role.OFFER})

    def is_to(self, to: str) -> bool:
        """Ten 2 twenty, what 2 offer, moved 2 VIP, VIP 2 Loyal, who can I sell GTX Pro 2."""
        if self._number_behind:
            return self._number_ahead
        if not self._ahead:
            return self._offered and _any(self._before(), ProductWord)
        if self._within(to) or self._is_infinitive():
            return True
        before, after = self._before(), self._after()
        if _is_label(after) and (_is_label(before) or _plays(before, {Role.MOVED})):
            return True
        said = self._ends(to)
        small = _plays(said, {Role.FILLER}) and not _plays(said, {Role.MOVED})
        follows = _any(after, ValueWord) or _plays(after, {*_PERIODS, Role.ME}) or self._number_ahead
        return bool(said) and not small and follows

    def _is_infinitive(self) -> bool:
        """Want 2 see, who 2 pitch."""
        asks = _plays(self._before(), {Role.WHO, Role.WHICH_OF, Role.NOUN})
        verb = self._ahead[0] in self._index.lexicon.infinitives
        offers = asks and _plays(self._after(), {Role.OFFER, Role.LATER})
        return bool(self._behind) and (verb or offers)

    def is_for(self, word: str) -> bool:
        """Ideas 4 Acme, revenue 4 VIPs, accounts 4 GTX Pro, anything 4 me."""
        if not self._ahead or self._number_ahead or self._number_behind:
            return False
        before, after = self._before(), self._after()
        if _plays(self._words.get(self._ahead[0], ()), {Role.ME}) or self._within(word):
            return True
        if _plays(after, {Role.NOUN, Role.NOUN_ONE, Role.UNIT}) or _any(after, FieldWord):
            return False
        if _plays(self._ends(word), _OFFERED):
            return True
        metrics = [one for one in before if _is(one, {Role.METRIC, Role.LOOSE_METRIC})]
        figure = any(isinstance(one, GrammarWord) and one.argument not in _COUNTS for one in metrics)
        dated = _plays(after, {*_PERIODS, Role.QUARTER, Role.TODAY})
        if figure and (dated or _any(after, ValueWord)):
            return True
        return _plays(before, {Role.NOUN, Role.NOUN_ONE}) and _any(after, ProductWord)

    def is_unit(self, unit: str) -> bool:
        """This q, per q, last 2 q, last 30 d."""
        behind = self._behind or [""]
        if self._number_behind:
            return len(behind) > 1 and _plays(self._words.get(behind[-2], ()), _LENGTHS)
        each = unit == Unit.QUARTER and _plays(self._words.get(f"{behind[-1]} {unit}", ()), {Role.EVERY})
        return each or _plays(self._words.get(behind[-1], ()), _PERIODS)

    def _within(self, word: str) -> bool:
        """Whether the word makes a phrase with what stands on both sides."""
        return any(
            f"{' '.join(self._behind[-before:])} {word} {' '.join(self._ahead[:after])}" in self._words
            for before in range(1, len(self._behind) + 1)
            for after in range(1, len(self._ahead) + 1)
        )

    def _ends(self, word: str) -> Sequence[Meaning]:
        """What a phrase means that ends with the word."""
        sizes = range(len(self._behind), 0, -1)
        keys = (f"{' '.join(self._behind[-size:])} {word}" for size in sizes)
        return next((self._words[key] for key in keys if key in self._words), ())

    def _before(self) -> Sequence[Meaning]:
        keys = (" ".join(self._behind[-size:]) for size in range(len(self._behind), 0, -1))
        return next((found for key in keys if (found := self._index.meanings(key))), ())

    def _after(self) -> Sequence[Meaning]:
        keys = (" ".join(self._ahead[:size]) for size in range(len(self._ahead), 0, -1))
        return next((found for key in keys if (found := self._index.meanings(key))), ())


def _is(meaning: Meaning, roles: set[Role]) -> bool:
    return isinstance(meaning, GrammarWord) and meaning.role in roles


def _plays(meanings: Sequence[Meaning], roles: set[Role]) -> bool:
    return any(_is(one, roles) for one in meanings)


def _any(meanings: Sequence[Meaning], kind: type[Meaning]) -> bool:
    return any(isinstance(one, kind) for one in meanings)


def _is_label(meanings: Sequence[Meaning]) -> bool:
    return any(isinstance(one, ValueWord) and one.field.partition(".")[0] == "label" for one in meanings)
