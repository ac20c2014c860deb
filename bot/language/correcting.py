"""What was probably misspelt, put right: a word by itself, or together with its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from bot.language.meanings import (
    AccountWord,
    FieldWord,
    GrammarWord,
    Item,
    Meaning,
    NumberWord,
    Role,
    Unknown,
)
from bot.language.nearest import (
    EXACT_LETTERS,
    ONE_ERROR_LETTERS,
    forgiven,
    is_inflected,
    lacks_or_swaps,
    word_by_word,
)
from bot.language.tokens import phrase, tokens
from bot.language.vocabulary import Index

# More unknown words than this are not a sentence with typing errors; they are named as they are.
MOST_CORRECTED = 6
_SHORTEST_NEAR = 3
_DATES = {Role.MONTH, Role.UNIT, Role.WEEKDAY}
_BEFORE_A_PART = {Role.CONTAINING, Role.STARTING, Role.ENDING}
# Without a word that asks for one account, a name is put right only where one is likely to stand.
_BEFORE_A_NAME = {Role.PLACE, Role.LINK, Role.FROM_LABEL, Role.TO_LABEL, Role.VERSUS, Role.BY}
_BEFORE_A_FIELD = {Role.BY, Role.PER, Role.SORT_BY}
_BEFORE_A_UNIT = {Role.LAST, Role.THIS, Role.NEXT, Role.PAST}


def _is_unit(meanings: Sequence[Meaning]) -> bool:
    return any(isinstance(one, GrammarWord) and one.role is Role.UNIT for one in meanings)


def _roles(item: Item) -> set[Role]:
    return {one.role for one in item.options if isinstance(one, GrammarWord)}


def _is_field(meanings: Sequence[Meaning]) -> bool:
    return any(isinstance(one, FieldWord) for one in meanings)


def _near_words(
    word: str, words: Mapping[str, tuple[Meaning, ...]], wanted: Callable[[Sequence[Meaning]], bool]
) -> list[str]:
    """The words of one sort that only lack a letter, or have one too many, or two of them swapped."""
    lengths = range(max(_SHORTEST_NEAR, len(word) - 1), len(word) + 2)
    likely = [key for key in words if key[:1] == word[:1] and len(key) in lengths]
    return [key for key in likely if wanted(words[key]) and lacks_or_swaps(word, key)]


def _digits(text: str) -> list[str]:
    """A number is not put right: GTK 503 is not GTK 500."""
    return [char for char in text if char.isdigit()]


def is_one_word(item: Item) -> bool:
    """Whether one written word was put right by one word of the language or the organisation."""
    correction = item.correction or ""
    whole = item.text.isalpha() and " " not in correction
    return whole and not any(isinstance(one, AccountWord) for one in item.options)


@dataclass(frozen=True)
class Corrector:
    """Puts the words of one sentence right.

    Attributes:
        accounts, card: as of ``Lexer``.
    """

    index: Index
    text: str
    accounts: bool
    card: bool

    def corrected(self, items: list[Item]) -> tuple[Item, ...]:
        """The items with the unknown ones replaced by what was meant, where that is certain enough."""
        unknown = [item for item in items if isinstance(item.meaning, Unknown)]
        if len(unknown) <= MOST_CORRECTED:
            for one in unknown:
                items = self._correct(items, one)
        return tuple(items)

    def _correct(self, items: list[Item], one: Item) -> list[Item]:
        """Replace an unknown word, alone or with its neighbours, by what was probably meant."""
        legal = phrase(one.text) in self.index.lexicon.legal_forms
        if one not in items or legal or not any(char.isalpha() for char in one.text):
            return items
        at = items.index(one)
        if at and _roles(items[at - 1]) & _BEFORE_A_PART:
            return items  # starting with Z: a part of a name may be anything
        unit = self._expected(items, at)
        if unit is not None:
            return [*items[:at], replace(one, options=unit[0], correction=unit[1]), *items[at + 1 :]]
        for first, last in ((at, at + 1), (at - 1, at + 1), (at, at + 2), (at - 1, at + 2)):
            if first < 0 or last > len(items):
                continue
            run = items[first:last]
            names = first > 0 and bool(_roles(items[first - 1]) & _BEFORE_A_NAME)
            text = " ".join(
                item.correction if item.correction and is_one_word(item) else item.text for item in run
            )
            ordinary = phrase(one.text) in self.index.ordinary
            fixed = self._misspelt(text, several=len(run) > 1, names=names, ordinary=ordinary)
            if fixed is not None:
                whole = Item(self.text[run[0].start : run[-1].end], run[0].start, run[-1].end, *fixed)
                return [*items[:first], whole, *items[last:]]
        return items

    def _expected(self, items: Sequence[Item], at: int) -> tuple[tuple[Meaning, ...], str] | None:
        """Last moth, by stae: where a unit of time or a field must stand, a short one forgives an error."""
        before = items[at - 1] if at else None
        word = phrase(items[at].text)
        if before is None or len(word) < _SHORTEST_NEAR:
            return None
        found: list[str] = []
        if before.role() in _BEFORE_A_UNIT or isinstance(before.meaning, NumberWord):
            found = _near_words(word, self.index.lexicon.words, _is_unit)
        elif before.role() in _BEFORE_A_FIELD:
            found = _near_words(word, self.index.words, _is_field)
        meant = {self.index.meanings(one) for one in found}
        return (next(iter(meant)), found[0]) if len(meant) == 1 else None

    def _credible(self, written: str, meant: str) -> bool:
        """Whether a correction may be made unasked.

        A short grammar word is near to many words that mean something: "small" is not "shall", "north" not
        "worth". There a letter may be missing, doubled or swapped, but not another one, and never the first.
        """
        if not (word_by_word(written, meant) and _digits(written) == _digits(meant)) or self._changes_known(
            written, meant
        ):
            return False
        if abs(len(written) - len(meant)) > 1 and (written.endswith(meant) or meant.endswith(written)):
            return False  # "assigned" is not "unassigned"
        grammar = self.index.lexicon.words.get(meant, ())
        dated = any(isinstance(one, GrammarWord) and one.role in _DATES for one in grammar)
        if dated and OSA.distance(written, meant) > 1:
            return False  # a date is not guessed
        organisation = any(not isinstance(one, FieldWord) for one in self.index.words.get(meant, ()))
        if organisation or len(written) > ONE_ERROR_LETTERS:
            return True
        if len(written) == EXACT_LETTERS and len(meant) > len(written):
            return False  # "cold" is not "could"
        replaced = len(written) == len(meant) and sorted(written) != sorted(meant)
        return written[0] == meant[0] and not replaced

    def _changes_known(self, written: str, meant: str) -> bool:
        """Whether a word that means something as it is would become another one: "that made", "what made"."""
        pairs = list(zip(written.split(), meant.split(), strict=False))
        if len(pairs) == 1 or len(written.split()) != len(meant.split()):
            return False
        return any(one.strip("s") != other.strip("s") and self.index.meanings(one) for one, other in pairs)

    def _misspelt(
        self, text: str, *, several: bool, names: bool, ordinary: bool
    ) -> tuple[tuple[Meaning, ...], str] | None:
        key = " ".join(token.norm for token in tokens(text))
        keys = self.index.near.misspelt(key, forgiven(key))
        if ordinary:
            keys = tuple(one for one in keys if is_inflected(key, one))
        if several:
            keys = tuple(one for one in keys if " " in one)
        keys = tuple(one for one in keys if self._credible(key, one))
        options = tuple(dict.fromkeys(one for found in keys for one in self.index.meanings(found)))
        if options:
            return options, " / ".join(keys)
        named = (
            self.index.accounts.misspelt(key)
            if self.accounts and (self.card or (names and not ordinary))
            else ()
        )
        if not named and self.accounts and self.card and not several:
            named = self.index.accounts.with_word(key)
        return (named, " / ".join(one.name for one in named)) if named else None
